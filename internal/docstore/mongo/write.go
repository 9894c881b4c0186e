package mongo

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"housecall/internal/docstore"
)

// stored is what stands in the database for one document.
type stored struct {
	ID      string         `bson:"_id"`
	Version int64          `bson:"v"`
	Body    bson.Raw       `bson:"body"`
	Keys    map[string]key `bson:"k"`
	Outbox  []waiting      `bson:"ob,omitempty"`
	Timers  []timer        `bson:"tm,omitempty"`
}

type key struct {
	Equal string `bson:"e"`
	Order string `bson:"o"`
}

type timer struct {
	Kind string `bson:"kind"`
	Due  int64  `bson:"due"` // milliseconds since 1970
}

func encode(r docstore.Record) (stored, error) {
	body, err := toBSON(r.Body)
	if err != nil {
		return stored{}, fmt.Errorf("encode %s: %w", r.ID, err)
	}
	out := stored{ID: r.ID, Version: r.Version, Body: body, Keys: make(map[string]key, len(r.Keys))}
	for name, k := range r.Keys {
		out.Keys[name] = key(k)
	}
	for _, t := range r.Timers {
		out.Timers = append(out.Timers, timer{string(t.Kind), t.Due.UnixMilli()})
	}
	for _, e := range r.Outbox {
		out.Outbox = append(out.Outbox, waitingOf(e))
	}
	return out, nil
}

// Insert implements docstore.Store. When ctx ends before the write begins nothing is written; once it
// has begun, the answer is what became of it, whatever ctx says.
func (s *Store) Insert(ctx context.Context, collection string, r docstore.Record) error {
	doc, err := encode(r)
	if err != nil {
		return err
	}
	err = s.insert(ctx, collection, doc)
	s.after(collection, r, err)
	return err
}

// aloneFrom is the size from which a document is written alone: one that is too large must not keep back others.
const aloneFrom = 512 << 10

func (s *Store) insert(ctx context.Context, collection string, doc stored) error {
	raw, err := bson.Marshal(doc)
	if err != nil {
		return fmt.Errorf("encode %s: %w", doc.ID, err)
	}
	if len(raw) < aloneFrom {
		_, err = s.inserts.ask(ctx, collection, raw)
		return err
	}
	return s.write(ctx, func(ctx context.Context) error {
		_, err := s.db.Collection(collection).InsertOne(ctx, raw)
		return err
	})
}

// insertAll writes new documents in one command, each by itself: one that can't be written keeps back no other.
func (s *Store) insertAll(ctx context.Context, collection string, docs []bson.Raw) []answer[struct{}] {
	return shares(len(docs), toItsEnd(ctx, func(ctx context.Context) error {
		if len(docs) == 1 {
			_, err := s.db.Collection(collection).InsertOne(ctx, docs[0])
			return err
		}
		_, err := s.db.Collection(collection).InsertMany(ctx, docs, options.InsertMany().SetOrdered(false))
		return err
	}))
}

// shares gives each of a group what became of its own part.
func shares(parts int, err error) []answer[struct{}] {
	out := make([]answer[struct{}], parts)
	var each mongo.BulkWriteException
	if !errors.As(err, &each) {
		for i := range out {
			out[i].err = translate(err)
		}
		return out
	}
	for i := range out {
		if each.WriteConcernError != nil {
			out[i].err = translate(mongo.WriteException{WriteConcernError: each.WriteConcernError, Labels: each.Labels})
		}
	}
	for _, refused := range each.WriteErrors {
		out[refused.Index].err = translate(mongo.WriteException{WriteErrors: mongo.WriteErrors{refused.WriteError}, Labels: each.Labels})
	}
	return out
}

// Replace implements docstore.Store; ctx is treated as Insert does.
func (s *Store) Replace(ctx context.Context, collection string, r docstore.Record) error {
	doc, err := encode(r)
	if err != nil {
		return err
	}
	set := bson.D{{Key: "v", Value: doc.Version}, {Key: "body", Value: doc.Body}, {Key: "k", Value: doc.Keys}}
	change := bson.D{}
	if len(doc.Timers) > 0 {
		set = append(set, bson.E{Key: "tm", Value: doc.Timers})
	} else {
		change = append(change, bson.E{Key: "$unset", Value: bson.D{{Key: "tm", Value: ""}}})
	}
	change = append(change, bson.E{Key: "$set", Value: set})
	if len(doc.Outbox) > 0 {
		change = append(change, bson.E{Key: "$push", Value: bson.D{{Key: "ob", Value: bson.D{{Key: "$each", Value: doc.Outbox}}}}})
	}
	err = s.write(ctx, func(ctx context.Context) error {
		result, err := s.db.Collection(collection).UpdateOne(ctx, at(r.ID, r.Version-1), change)
		if err != nil || result.MatchedCount == 1 {
			return err
		}
		return s.unmatched(ctx, collection, r.ID)
	})
	s.after(collection, r, err)
	return err
}

// Rekey implements docstore.Store.
func (s *Store) Rekey(ctx context.Context, collection string, r docstore.Record) error {
	keys := make(map[string]key, len(r.Keys))
	for name, k := range r.Keys {
		keys[name] = key(k)
	}
	return s.write(ctx, func(ctx context.Context) error {
		result, err := s.db.Collection(collection).UpdateOne(ctx, at(r.ID, r.Version), bson.D{{Key: "$set", Value: bson.D{{Key: "k", Value: keys}}}})
		if err != nil || result.MatchedCount == 1 {
			return err
		}
		return s.unmatched(ctx, collection, r.ID)
	})
}

// at matches a document of this version.
func at(id string, version int64) bson.D {
	return bson.D{{Key: "_id", Value: id}, {Key: "v", Value: version}}
}

// unmatched says why no document of a version was there.
func (s *Store) unmatched(ctx context.Context, collection, id string) error {
	only := options.FindOne().SetProjection(bson.D{{Key: "_id", Value: 1}})
	err := s.db.Collection(collection).FindOne(ctx, bson.D{{Key: "_id", Value: id}}, only).Err()
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return docstore.ErrNotFound
	case err != nil:
		return err
	}
	return docstore.ErrStale
}

// after remembers what was written, and wakes who sends the events that were left with it.
func (s *Store) after(collection string, r docstore.Record, err error) {
	if err != nil {
		s.last.forget(collection, r.ID)
		return
	}
	s.last.saw(collection, r)
	if len(r.Outbox) == 0 {
		return
	}
	s.left.note(collection)
	select {
	case s.wake <- struct{}{}:
	default: // a signal waits already
	}
}

// Delete implements docstore.Store. The events that wait are written to `gone` first: a crash between
// the two leaves them twice, with the same ids, never lost.
func (s *Store) Delete(ctx context.Context, collection, id string, version int64) error {
	s.last.forget(collection, id)
	return s.write(ctx, func(ctx context.Context) error {
		var doc struct {
			Outbox []waiting `bson:"ob"`
		}
		only := options.FindOne().SetProjection(bson.D{{Key: "ob", Value: 1}})
		err := s.db.Collection(collection).FindOne(ctx, at(id, version), only).Decode(&doc)
		if errors.Is(err, mongo.ErrNoDocuments) {
			return s.unmatched(ctx, collection, id)
		}
		if err != nil {
			return err
		}
		left := bson.D{{Key: "_id", Value: collection + "/" + id + "/" + fmt.Sprint(version)}}
		if len(doc.Outbox) > 0 {
			put := append(left, bson.E{Key: "ob", Value: doc.Outbox})
			if _, err := s.db.Collection(gone).ReplaceOne(ctx, left, put, options.Replace().SetUpsert(true)); err != nil {
				return err
			}
			s.left.note(gone)
		}
		result, err := s.db.Collection(collection).DeleteOne(ctx, at(id, version))
		if err != nil || result.DeletedCount == 1 {
			return err
		}
		if _, err := s.db.Collection(gone).DeleteOne(ctx, left); err != nil {
			return err
		}
		return s.unmatched(ctx, collection, id)
	})
}
