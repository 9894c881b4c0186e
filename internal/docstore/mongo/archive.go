package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"housecall/internal/docstore"
	"housecall/internal/event"
)

var _ docstore.Archive = (*Store)(nil)

// names lists the collections that hold something of ours.
func (s *Store) names(ctx context.Context) ([]string, error) {
	all, err := s.db.ListCollectionNames(ctx, bson.D{{Key: "type", Value: "collection"}})
	if err != nil {
		return nil, fmt.Errorf("list collections: %w", err)
	}
	all = slices.DeleteFunc(all, func(name string) bool { return name == probe || strings.HasPrefix(name, "system.") })
	slices.Sort(all)
	return all, nil
}

// Empty implements docstore.Archive.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	all, err := s.names(ctx)
	if err != nil {
		return false, err
	}
	for _, name := range all {
		err := s.db.Collection(name).FindOne(ctx, bson.D{}, options.FindOne().SetProjection(bson.D{{Key: "_id", Value: 1}})).Err()
		if err == nil {
			return false, nil
		}
		if !errors.Is(err, mongo.ErrNoDocuments) {
			return false, err
		}
	}
	return true, nil
}

const (
	codeIllegalOperation = 20
	codeSnapshotTooOld   = 239
	codeNoSnapshot       = 246
	codeInvalidOptions   = 72
)

// Export implements docstore.Archive: a snapshot session reads everything as of its first read.
func (s *Store) Export(ctx context.Context, document func(string, docstore.Record) error, loose func(event.Event) error) error {
	all, err := s.names(ctx)
	if err != nil {
		return err
	}
	session, err := s.client.StartSession(options.Session().SetSnapshot(true))
	if err != nil {
		return fmt.Errorf("begin to read at one moment: %w", err)
	}
	defer session.EndSession(context.WithoutCancel(ctx))
	ctx = mongo.NewSessionContext(ctx, session)
	for _, name := range all {
		if err := s.exportOne(ctx, name, document, loose); err != nil {
			return fmt.Errorf("read collection %s: %w", name, snapshotAdvice(err))
		}
	}
	return nil
}

// snapshotAdvice says what to do where the server can't show one moment for so long.
func snapshotAdvice(err error) error {
	var server mongo.ServerError
	if !errors.As(err, &server) {
		return err
	}
	switch {
	case server.HasErrorCode(codeSnapshotTooOld):
		return fmt.Errorf("the backup took longer than the server keeps one moment: raise its minSnapshotHistoryWindowInSeconds for the time of the backup: %w", err)
	case server.HasErrorCode(codeIllegalOperation), server.HasErrorCode(codeNoSnapshot), server.HasErrorCode(codeInvalidOptions):
		return fmt.Errorf("a backup reads everything as of one moment, which a stand-alone server can't show: make it a replica set, of one node if need be: %w", err)
	}
	return err
}

// whole is all of a stored document.
type whole struct {
	ID      string         `bson:"_id"`
	Version int64          `bson:"v"`
	Body    bson.Raw       `bson:"body"`
	Keys    map[string]key `bson:"k"`
	Outbox  []waiting      `bson:"ob"`
	Timers  []timer        `bson:"tm"`
}

func (s *Store) exportOne(ctx context.Context, name string, document func(string, docstore.Record) error, loose func(event.Event) error) error {
	cursor, err := s.db.Collection(name).Find(ctx, bson.D{}, options.Find().SetBatchSize(1000))
	if err != nil {
		return err
	}
	defer func() { _ = cursor.Close(context.WithoutCancel(ctx)) }()
	for cursor.Next(ctx) {
		var w whole
		if err := cursor.Decode(&w); err != nil {
			return err
		}
		if name == gone {
			for _, e := range w.Outbox {
				if err := loose(e.event()); err != nil {
					return err
				}
			}
			continue
		}
		r, err := w.record()
		if err == nil {
			err = document(name, r)
		}
		if err != nil {
			return err
		}
	}
	return cursor.Err()
}

func (w whole) record() (docstore.Record, error) {
	body, err := toJSON(w.Body)
	if err != nil {
		return docstore.Record{}, fmt.Errorf("decode %s: %w", w.ID, err)
	}
	r := docstore.Record{ID: w.ID, Version: w.Version, Body: body, Keys: make(map[string]docstore.Key, len(w.Keys))}
	for name, k := range w.Keys {
		r.Keys[name] = docstore.Key(k)
	}
	for _, t := range w.Timers {
		r.Timers = append(r.Timers, docstore.Timer{Kind: event.Kind(t.Kind), Due: moment(t.Due)})
	}
	for _, e := range w.Outbox {
		r.Outbox = append(r.Outbox, e.event())
	}
	return r, nil
}
