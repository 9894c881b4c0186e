package mongo_test

import (
	"maps"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"housecall/internal/apptest/engine"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/docstore/mongo"
	"housecall/internal/event"
	"housecall/internal/id"

	"github.com/google/go-cmp/cmp"
)

type parcel struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
	Sent          int `json:"sent"`
}

func (p *parcel) DocID() string { return p.ID }

// A server's processor goes to the number of commands more than to what they do: those of one step are held here.
func TestAStepCostsAReadAWriteAndTakingItsEventsOut(t *testing.T) {
	t.Parallel()
	server := engine.Mongod(t)
	s, err := mongo.Open(t.Context(), server.Database("plans"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for _, name := range []string{"orders", "fills", "jobs"} { // a look at each of them would cost as much as a command
		if err := s.Declare(t.Context(), name, nil); err != nil {
			t.Fatal(err)
		}
	}
	parcels, err := docstore.Open(t.Context(), s, clock.NewReal(), docstore.Spec[parcel]{Name: "parcels"})
	if err != nil {
		t.Fatal(err)
	}
	if err := parcels.Insert(t.Context(), id.Request{}, &parcel{ID: "prc_1"}); err != nil {
		t.Fatal(err)
	}
	before := commands(t, server)

	if _, err := parcels.Get(t.Context(), "prc_1"); err != nil { // who asks whether this person may
		t.Fatal(err)
	}
	for range 2 {
		if _, err := parcels.Update(t.Context(), "prc_1", docstore.On{}, func(p *parcel) error {
			p.Sent++
			p.Emit(event.Event{Kind: "parcel.sent"})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	waiting, err := s.Written(t.Context(), 100)
	if err != nil || len(waiting) != 2 {
		t.Fatalf("waiting %v, %v", waiting, err)
	}
	if err := s.Published(t.Context(), waiting); err != nil {
		t.Fatal(err)
	}
	_, err = s.Written(t.Context(), 100) // nothing more
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Written(t.Context(), 100) // where nothing was left nobody looks
	if err != nil {
		t.Fatal(err)
	}

	got := commands(t, server)
	maps.DeleteFunc(got, func(name string, n int64) bool { got[name] = n - before[name]; return got[name] == 0 })
	if diff := cmp.Diff(map[string]int64{"find": 1, "update": 3, "aggregate": 2}, got); diff != "" {
		t.Error(diff)
	}
}

// commands counts those that a server has been sent, by name; not what servers and drivers tell each other.
func commands(t *testing.T, server *engine.MongoServer) map[string]int64 {
	t.Helper()
	var status struct {
		Metrics struct {
			Commands map[string]any `bson:"commands"`
		} `bson:"metrics"`
	}
	if err := database(t, server).RunCommand(t.Context(), bson.D{{Key: "serverStatus", Value: 1}}).Decode(&status); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	for _, name := range []string{"find", "getMore", "aggregate", "count", "insert", "update", "delete", "findAndModify", "bulkWrite", "commitTransaction"} {
		for _, of := range asDocument(status.Metrics.Commands[name]) {
			if n, is := of.Value.(int64); is && of.Key == "total" {
				counts[name] = n
			}
		}
	}
	return counts
}

func asDocument(v any) bson.D {
	d, _ := v.(bson.D)
	return d
}
