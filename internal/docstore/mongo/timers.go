package mongo

import (
	"cmp"
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"housecall/internal/docstore"
	"housecall/internal/event"
)

// Timers implements docstore.Store.
func (s *Store) Timers(ctx context.Context, cursor string, limit int) ([]docstore.LiveTimer, string, error) {
	after, err := docstore.ParseTimerCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	var out []docstore.LiveTimer
	for _, collection := range s.declared() {
		if collection < after.Collection {
			continue
		}
		from := ""
		if collection == after.Collection {
			from = after.Doc
		}
		found, err := s.timersIn(ctx, collection, from, limit-len(out)+1)
		if err != nil {
			return nil, "", err
		}
		for _, t := range found {
			if collection == after.Collection && t.Doc == after.Doc && t.Kind <= after.Kind {
				continue
			}
			if out = append(out, t); len(out) == limit {
				return out, docstore.TimerCursor(t), nil
			}
		}
	}
	return out, "", nil
}

// timersIn lists the timers of up to so many documents of a collection, from that id on, by id and kind.
func (s *Store) timersIn(ctx context.Context, collection, from string, documents int) ([]docstore.LiveTimer, error) {
	filter := bson.D{
		{Key: "_id", Value: bson.D{{Key: "$gte", Value: from}}},
		{Key: "tm.kind", Value: bson.D{{Key: "$exists", Value: true}}},
	}
	opts := options.Find().SetHint("tm").SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(documents)).
		SetProjection(bson.D{{Key: "tm", Value: 1}})
	cursor, err := s.db.Collection(collection).Find(ctx, filter, opts)
	if err != nil {
		return nil, err
	}
	var docs []struct {
		ID     string  `bson:"_id"`
		Timers []timer `bson:"tm"`
	}
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, err
	}
	var out []docstore.LiveTimer
	for _, d := range docs {
		slices.SortFunc(d.Timers, func(a, b timer) int { return cmp.Compare(a.Kind, b.Kind) })
		for _, t := range d.Timers {
			out = append(out, docstore.LiveTimer{
				Collection: collection, Doc: d.ID,
				Timer: docstore.Timer{Kind: event.Kind(t.Kind), Due: moment(t.Due)},
			})
		}
	}
	return out, nil
}
