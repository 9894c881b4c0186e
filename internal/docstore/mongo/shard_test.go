package mongo_test

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"housecall/internal/apptest/engine"
	"housecall/internal/docstore"
	"housecall/internal/docstore/mongo"
	"housecall/internal/event"
)

// No registry of packages has a mongos, so no test has met a router. What one needs of a write is held here instead:
// that it names its document by the shard key, and so is sent to one shard.
func TestWritesNameTheirDocumentSoThatARouterSendsEachToOneShard(t *testing.T) {
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
	profile(t, server)

	write(t, s)

	for _, w := range written(t, server) {
		if w.Collection() == "gone" && w.Op == "remove" { // never spread: what is empty in it is swept away
			continue
		}
		if _, named := w.Command.Query["_id"].(string); !named {
			t.Errorf("%s in %s asks every shard: %v", w.Op, w.NS, w.Command.Query)
		}
	}
}

// write does every kind of write there is.
func write(t *testing.T, s docstore.Store) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	r := docstore.Record{ID: "prc_1", Version: 1, Body: []byte(`{}`), Outbox: []event.Event{{ID: "one", Kind: "parcel.packed"}}, Keys: map[string]docstore.Key{"by_owner": {Equal: "ann"}}}
	must(s.Insert(t.Context(), "parcel", r))
	r.Version, r.Timers, r.Outbox = 2, []docstore.Timer{{Kind: "parcel.late"}}, []event.Event{{ID: "two", Kind: "parcel.sent"}}
	must(s.Replace(t.Context(), "parcel", r))
	must(s.Rekey(t.Context(), "parcel", r))
	must(s.Delete(t.Context(), "parcel", r.ID, 2))
	must(s.Insert(t.Context(), "parcel", docstore.Record{ID: "prc_2", Version: 1, Body: []byte(`{}`), Outbox: []event.Event{{ID: "three", Kind: "parcel.packed"}}}))
	waiting, err := s.Waiting(t.Context(), 100)
	must(err)
	if len(waiting) != 3 {
		t.Fatalf("%d events wait, want 3", len(waiting))
	}
	must(s.Published(t.Context(), waiting))
	must(s.Ping(t.Context()))
}

// change is a write as the server's profiler notes it.
type change struct {
	Op      string `bson:"op"`
	NS      string `bson:"ns"`
	Command struct {
		Query bson.M `bson:"q"`
	} `bson:"command"`
}

// Collection is the name without the database's.
func (c change) Collection() string {
	_, name, _ := strings.Cut(c.NS, ".")
	return name
}

func written(t *testing.T, server *engine.MongoServer) []change {
	t.Helper()
	only := bson.D{{Key: "op", Value: bson.D{{Key: "$in", Value: bson.A{"update", "remove"}}}}}
	cursor, err := database(t, server).Collection("system.profile").Find(t.Context(), only)
	if err != nil {
		t.Fatal(err)
	}
	var all []change
	if err := cursor.All(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	if len(all) < 6 {
		t.Fatalf("only %d writes were noted: %v", len(all), all)
	}
	return all
}
