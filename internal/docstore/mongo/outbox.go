package mongo

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"housecall/internal/docstore"
	"housecall/internal/event"
)

// waiting is an event in its document.
type waiting struct {
	ID        string            `bson:"id"`
	Kind      string            `bson:"kind"`
	Doc       string            `bson:"doc"`
	At        int64             `bson:"at"` // milliseconds since 1970
	By        string            `bson:"by,omitempty"`
	Data      map[string]string `bson:"data,omitempty"`
	To        []string          `bson:"to,omitempty"`
	Due       *int64            `bson:"due,omitempty"`
	Cancelled bool              `bson:"cancelled,omitempty"`
}

func waitingOf(e event.Event) waiting {
	w := waiting{
		ID: e.ID, Kind: string(e.Kind), Doc: e.Doc, At: e.At.UnixMilli(), By: e.By,
		Data: e.Data, To: e.To, Cancelled: e.Cancelled,
	}
	if e.Due != nil {
		w.Due = new(e.Due.UnixMilli())
	}
	return w
}

func (w waiting) event() event.Event {
	e := event.Event{
		ID: w.ID, Kind: event.Kind(w.Kind), Doc: w.Doc, At: moment(w.At), By: w.By,
		Data: w.Data, To: w.To, Cancelled: w.Cancelled,
	}
	if w.Due != nil {
		e.Due = new(moment(*w.Due))
	}
	return e
}

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// Waiting implements docstore.Store: one command over all declared collections, along an index of
// those documents in which something waits.
func (s *Store) Waiting(ctx context.Context, limit int) ([]docstore.Outgoing, error) {
	return s.waitingAmong(ctx, append([]string{gone}, s.declared()...), limit)
}

// left are the collections in which this process has left events, since it last looked.
type left struct {
	mu sync.Mutex // guards in
	in map[string]bool
}

func (l *left) note(collections ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.in == nil {
		l.in = map[string]bool{}
	}
	for _, c := range collections {
		l.in[c] = true
	}
}

// take lists them and forgets them.
func (l *left) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := slices.Sorted(maps.Keys(l.in))
	clear(l.in)
	return all
}

// Written implements docstore.Store: it looks where this process has left something. A server spends on each
// collection that it is asked for, and there are sixty.
func (s *Store) Written(ctx context.Context, limit int) ([]docstore.Outgoing, error) {
	names := s.left.take()
	if len(names) == 0 {
		return nil, nil
	}
	out, err := s.waitingAmong(ctx, names, limit)
	if err != nil || len(out) == limit {
		s.left.note(names...)
		return out, err
	}
	for _, o := range out { // until they are taken out
		s.left.note(o.Collection)
	}
	return out, nil
}

func (s *Store) waitingAmong(ctx context.Context, names []string, limit int) ([]docstore.Outgoing, error) {
	pipeline := waitingIn(names[0], limit)
	for _, name := range names[1:] {
		pipeline = append(pipeline, bson.D{{Key: "$unionWith", Value: bson.D{
			{Key: "coll", Value: name}, {Key: "pipeline", Value: waitingIn(name, limit)},
		}}})
	}
	pipeline = append(pipeline, bson.D{{Key: "$limit", Value: limit}})
	cursor, err := s.db.Collection(names[0]).Aggregate(ctx, pipeline)
	if err != nil {
		return nil, err
	}
	var docs []struct {
		ID         string    `bson:"_id"`
		Collection string    `bson:"c"`
		Outbox     []waiting `bson:"ob"`
	}
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, err
	}
	var out []docstore.Outgoing
	for _, d := range docs {
		for _, w := range d.Outbox {
			if len(out) == limit {
				return out, nil
			}
			out = append(out, docstore.Outgoing{Collection: d.Collection, Doc: d.ID, Event: w.event()})
		}
	}
	return out, nil
}

func waitingIn(collection string, limit int) mongo.Pipeline {
	return mongo.Pipeline{
		{{Key: "$match", Value: bson.D{{Key: "ob.id", Value: bson.D{{Key: "$exists", Value: true}}}}}},
		{{Key: "$limit", Value: limit}},
		{{Key: "$project", Value: bson.D{{Key: "ob", Value: 1}, {Key: "c", Value: bson.D{{Key: "$literal", Value: collection}}}}}},
	}
}

// Published implements docstore.Store: one command for each collection.
func (s *Store) Published(ctx context.Context, events []docstore.Outgoing) error {
	type document struct{ collection, id string }
	ids := map[document][]string{}
	for _, o := range events {
		d := document{o.Collection, o.Doc}
		ids[d] = append(ids[d], o.Event.ID)
	}
	pulls := map[string][]mongo.WriteModel{}
	for d, of := range ids {
		pull := bson.D{{Key: "$pull", Value: bson.D{{Key: "ob", Value: bson.D{{Key: "id", Value: bson.D{{Key: "$in", Value: of}}}}}}}}
		pulls[d.collection] = append(pulls[d.collection],
			mongo.NewUpdateOneModel().SetFilter(bson.D{{Key: "_id", Value: d.id}}).SetUpdate(pull))
	}
	if len(pulls[gone]) > 0 {
		pulls[gone] = append(pulls[gone], mongo.NewDeleteManyModel().SetFilter(bson.D{{Key: "ob", Value: bson.D{{Key: "$size", Value: 0}}}}))
	}
	return s.write(ctx, func(ctx context.Context) error {
		for collection, models := range pulls {
			ordered := options.BulkWrite().SetOrdered(collection == gone)
			if _, err := s.db.Collection(collection).BulkWrite(ctx, models, ordered); err != nil {
				return err
			}
		}
		return nil
	})
}
