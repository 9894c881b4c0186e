package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"housecall/internal/docstore"
)

// read is what is read of a document; Keys only holds the index that was walked.
type read struct {
	ID      string         `bson:"_id"`
	Version int64          `bson:"v"`
	Body    bson.Raw       `bson:"body"`
	Keys    map[string]key `bson:"k"`
}

func (r read) record() (docstore.Record, error) {
	body, err := toJSON(r.Body)
	if err != nil {
		return docstore.Record{}, fmt.Errorf("decode %s: %w", r.ID, err)
	}
	return docstore.Record{ID: r.ID, Version: r.Version, Body: body}, nil
}

// Get implements docstore.Store.
func (s *Store) Get(ctx context.Context, collection, id string) (docstore.Record, error) {
	r, err := current(ctx, s, func() (docstore.Record, error) { return s.gets.ask(ctx, collection, id) })
	if err == nil {
		s.last.saw(collection, r)
	}
	return r, err
}

// getAll reads documents in one command.
func (s *Store) getAll(ctx context.Context, collection string, ids []string) []answer[docstore.Record] {
	out := make([]answer[docstore.Record], len(ids))
	if len(ids) == 1 {
		out[0].value, out[0].err = s.get(ctx, collection, ids[0])
		return out
	}
	found, err := s.getThese(ctx, collection, ids)
	for i, id := range ids {
		switch r, there := found[id]; {
		case err != nil:
			out[i].err = err
		case there:
			out[i] = r
		default:
			out[i].err = docstore.ErrNotFound
		}
	}
	return out
}

func (s *Store) getThese(ctx context.Context, collection string, ids []string) (map[string]answer[docstore.Record], error) {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	opts := options.Find().SetHint("_id_").SetProjection(bson.D{{Key: "v", Value: 1}, {Key: "body", Value: 1}})
	cursor, err := s.db.Collection(collection).Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: slices.Compact(ids)}}}}, opts)
	if err != nil {
		return nil, err
	}
	var all []read
	if err := cursor.All(ctx, &all); err != nil {
		return nil, err
	}
	found := make(map[string]answer[docstore.Record], len(all))
	for _, r := range all {
		record, err := r.record()
		found[r.ID] = answer[docstore.Record]{record, err}
	}
	return found, nil
}

func (s *Store) get(ctx context.Context, collection, id string) (docstore.Record, error) {
	var r read
	only := options.FindOne().SetProjection(bson.D{{Key: "v", Value: 1}, {Key: "body", Value: 1}})
	err := s.db.Collection(collection).FindOne(ctx, bson.D{{Key: "_id", Value: id}}, only).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return docstore.Record{}, docstore.ErrNotFound
	}
	if err != nil {
		return docstore.Record{}, err
	}
	return r.record()
}

// Scan implements docstore.Store.
func (s *Store) Scan(ctx context.Context, collection, after string, limit int) ([]docstore.Record, error) {
	opts := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(limit)).
		SetProjection(bson.D{{Key: "v", Value: 1}, {Key: "body", Value: 1}})
	cursor, err := s.db.Collection(collection).Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: after}}}}, opts)
	if err != nil {
		return nil, err
	}
	var all []read
	if err := cursor.All(ctx, &all); err != nil {
		return nil, err
	}
	out := make([]docstore.Record, 0, len(all))
	for _, r := range all {
		record, err := r.record()
		if err != nil {
			return nil, err
		}
		out = append(out, record)
	}
	return out, nil
}

// Find implements docstore.Store: one walk along the index from one place to another, which no
// number of documents or ties makes longer.
func (s *Store) Find(ctx context.Context, collection string, q docstore.Query) (docstore.Found, error) {
	q, err := q.Normal()
	if err != nil {
		return docstore.Found{}, err
	}
	from, until, err := bounds(q)
	if err != nil || until.order != "" && from.order >= until.order && !from.before(until) {
		return docstore.Found{}, err
	}
	direction := 1
	if q.Descending {
		direction = -1
	}
	k := "k." + q.Index
	opts := options.Find().SetHint(k).SetSort(along(q.Index, direction)).SetLimit(int64(q.Limit) + 1).
		SetMin(from.key(k, q.Equal)).SetMax(until.key(k, q.Equal)).
		SetProjection(bson.D{{Key: "v", Value: 1}, {Key: "body", Value: 1}, {Key: k + ".o", Value: 1}})
	all, err := current(ctx, s, func() (all []read, err error) {
		cursor, err := s.db.Collection(collection).Find(ctx, bson.D{{Key: k + ".e", Value: q.Equal}}, opts)
		if err == nil {
			err = cursor.All(ctx, &all)
		}
		return all, err
	})
	if err != nil {
		return docstore.Found{}, err
	}
	return collect(all, q)
}

// edge is a place in an index: before the document id of that order, or, without id, before all of
// that order. open is after everything.
type edge struct {
	order, id string
	open      bool
}

// bounds are where the walk of a query begins (included) and ends (not included).
func bounds(q docstore.Query) (from, until edge, err error) {
	from, until = edge{order: q.From}, edge{order: q.Until, open: q.Until == ""}
	if q.Cursor == "" {
		return from, until, nil
	}
	order, id, err := docstore.ParseCursor(q.Cursor)
	if err != nil {
		return from, until, err
	}
	at := edge{order: order, id: id}
	if q.Descending && (until.open || at.before(until)) {
		until = at
	}
	after := edge{order: order, id: id + "\x00"} // the next id that there could be
	if !q.Descending && from.before(after) {
		from = after
	}
	return from, until, nil
}

func (e edge) before(other edge) bool {
	switch {
	case e.open || other.open:
		return !e.open
	case e.order != other.order:
		return e.order < other.order
	}
	return e.id < other.id
}

func (e edge) key(k, equal string) bson.D {
	var order, id any = e.order, e.id
	if e.open {
		order, id = bson.MaxKey{}, bson.MaxKey{}
	}
	return bson.D{{Key: k + ".e", Value: equal}, {Key: k + ".o", Value: order}, {Key: "_id", Value: id}}
}

func collect(all []read, q docstore.Query) (docstore.Found, error) {
	var found docstore.Found
	for i, r := range all {
		if i == q.Limit {
			last := all[i-1]
			found.Next = docstore.Cursor(last.Keys[q.Index].Order, last.ID)
			break
		}
		record, err := r.record()
		if err != nil {
			return docstore.Found{}, err
		}
		found.Records = append(found.Records, record)
	}
	return found, nil
}
