package mongo_test

import (
	"fmt"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"housecall/internal/apptest/engine"
	"housecall/internal/docstore"
	"housecall/internal/docstore/mongo"
	"housecall/internal/event"
)

// plan is what the server's profiler notes of a command.
type plan struct {
	Op      string `bson:"op"`
	Summary string `bson:"planSummary"`
	Keys    int    `bson:"keysExamined"`
	Docs    int    `bson:"docsExamined"`
	Sorted  bool   `bson:"hasSortStage"`
	Command bson.M `bson:"command"`
}

func TestReadsWalkIndexesAndLookAtNoMoreThanTheyAnswer(t *testing.T) {
	t.Parallel()
	server := engine.Mongod(t)
	s, err := mongo.Open(t.Context(), server.Database("plans"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Declare(t.Context(), "parcel", []string{"by_owner"}); err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		r := docstore.Record{
			ID: fmt.Sprintf("prc_%03d", i), Version: 1, Body: []byte(`{}`),
			Keys: map[string]docstore.Key{"by_owner": {Equal: fmt.Sprint("owner", i%2), Order: "same"}},
		}
		if i%100 == 0 {
			r.Timers = []docstore.Timer{{Kind: "parcel.late"}}
			r.Outbox = []event.Event{{ID: r.ID, Kind: "parcel.packed"}}
		}
		if err := s.Insert(t.Context(), "parcel", r); err != nil {
			t.Fatal(err)
		}
	}
	profile(t, server)

	read(t, s)

	for _, p := range plans(t, server) {
		t.Logf("%s %s keys %d docs %d", p.Op, p.Summary, p.Keys, p.Docs)
		if p.Summary == "COLLSCAN" || p.Sorted || p.Keys > 25 || p.Docs > 25 {
			t.Errorf("%v: plan %q, %d keys, %d documents, sorted %v", p.Command, p.Summary, p.Keys, p.Docs, p.Sorted)
		}
	}
}

// read does every kind of read there is, each in the middle of what it reads.
func read(t *testing.T, s docstore.Store) {
	t.Helper()
	if _, err := s.Get(t.Context(), "parcel", "prc_150"); err != nil {
		t.Fatal(err)
	}
	for _, descending := range []bool{false, true} {
		q := docstore.Query{Index: "by_owner", Equal: "owner0", From: "a", Until: "z", Limit: 20, Descending: descending, Cursor: docstore.Cursor("same", "prc_150")}
		if found, err := s.Find(t.Context(), "parcel", q); err != nil || len(found.Records) != 20 {
			t.Fatalf("found %d, %v", len(found.Records), err)
		}
	}
	waiting, err := s.Waiting(t.Context(), 100)
	if err != nil || len(waiting) != 3 {
		t.Fatalf("waiting %v, %v", waiting, err)
	}
	if err := s.Published(t.Context(), waiting); err != nil {
		t.Fatal(err)
	}
	if waiting, err = s.Waiting(t.Context(), 100); err != nil || len(waiting) != 0 {
		t.Fatalf("still waiting %v, %v", waiting, err)
	}
	if timers, _, err := s.Timers(t.Context(), "", 100); err != nil || len(timers) != 3 {
		t.Fatalf("timers %v, %v", timers, err)
	}
}

func database(t *testing.T, server *engine.MongoServer) *driver.Database {
	t.Helper()
	client, err := driver.Connect(options.Client().ApplyURI(server.URI))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(t.Context()) })
	return client.Database("plans")
}

func profile(t *testing.T, server *engine.MongoServer) {
	t.Helper()
	if err := database(t, server).RunCommand(t.Context(), bson.D{{Key: "profile", Value: 2}}).Err(); err != nil {
		t.Fatal(err)
	}
}

func plans(t *testing.T, server *engine.MongoServer) []plan {
	t.Helper()
	cursor, err := database(t, server).Collection("system.profile").Find(t.Context(), bson.D{{Key: "planSummary", Value: bson.D{{Key: "$exists", Value: true}}}})
	if err != nil {
		t.Fatal(err)
	}
	var all []plan
	if err := cursor.All(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	if len(all) < 8 || !slices.ContainsFunc(all, func(p plan) bool { return p.Op == "update" }) {
		t.Fatalf("only %d commands were noted", len(all))
	}
	return all
}
