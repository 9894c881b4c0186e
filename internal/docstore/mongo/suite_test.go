package mongo_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"housecall/internal/apptest/engine"
	"housecall/internal/docstore"
	"housecall/internal/docstore/docstoretest"
	"housecall/internal/docstore/mongo"
)

// databases numbers those that tests make on one server.
var databases atomic.Int64

func target(server *engine.MongoServer) docstoretest.Target {
	return docstoretest.Target{
		New: func(tb testing.TB) string {
			tb.Helper()
			return server.Database(fmt.Sprint("housecall", databases.Add(1)))
		},
		Open: open,
	}
}

func open(ctx context.Context, at string) (docstore.Store, error) { return mongo.Open(ctx, at) }

func TestMain(m *testing.M) { os.Exit(docstoretest.Main(m, docstoretest.Target{Open: open})) }

func TestReplicaSetKeepsEveryPromise(t *testing.T) {
	t.Parallel()
	docstoretest.Run(t, target(engine.Mongod(t)))
}

func TestStandAloneServerKeepsEveryPromise(t *testing.T) {
	t.Parallel()
	docstoretest.Run(t, target(engine.LoneMongod(t)))
}

func BenchmarkStore(b *testing.B) { docstoretest.Bench(b, target(engine.Mongod(b))) }

func TestServerKilledInMidWriteHasKeptAllItAcknowledged(t *testing.T) {
	t.Parallel()
	server := engine.Mongod(t)
	s, err := mongo.Open(t.Context(), server.Database("kill"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Declare(t.Context(), "parcel", []string{"by_owner"}); err != nil {
		t.Fatal(err)
	}
	var acknowledged [8][]string
	done := make(chan struct{})
	written := make(chan struct{}, 1000)
	for w := range acknowledged {
		go func() {
			defer func() { done <- struct{}{} }()
			for n := 0; ; n++ {
				r := docstore.Record{
					ID: fmt.Sprintf("prc_%d_%d", w, n), Version: 1, Body: []byte(`{"whole":true}`),
					Keys: map[string]docstore.Key{"by_owner": {Equal: "ann"}},
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				err := s.Insert(ctx, "parcel", r)
				cancel()
				if err != nil {
					return
				}
				acknowledged[w] = append(acknowledged[w], r.ID)
				select {
				case written <- struct{}{}:
				default:
				}
				if n == 400 {
					return
				}
			}
		}()
	}
	for range 100 {
		<-written
	}

	server.Kill(t)
	server.Start(t) // the driver retries what was under way
	for range acknowledged {
		<-done
	}

	total := 0
	for _, ids := range acknowledged {
		for _, id := range ids {
			total++
			if r, err := s.Get(t.Context(), "parcel", id); err != nil || string(r.Body) != `{"whole":true}` {
				t.Errorf("%s was acknowledged; get = %s, %v", id, r.Body, err)
			}
		}
	}
	t.Logf("%d acknowledged", total)
}

func TestOpenSaysWhatToDoAboutServerThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	server := engine.LoneMongod(t)
	host := strings.TrimPrefix(strings.TrimSuffix(server.URI, "/"), "mongodb://")
	tests := []struct {
		name, uri, want string
	}{
		{"nobody listens", "mongodb://127.0.0.1:1/housecall?serverSelectionTimeoutMS=500", "can't be reached"},
		{"wrong password", "mongodb://ann:secret@" + host + "/housecall?authSource=admin", "refuses this user name and password"},
		{"no URI", "localhost/housecall", "read the address"},
		{"another replica set", server.URI + "housecall?replicaSet=other&serverSelectionTimeoutMS=500", "can't be reached"},
	}
	for _, tt := range tests {
		s, err := mongo.Open(t.Context(), tt.uri)

		if err == nil {
			_ = s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: open = %v, want %q and no password", tt.name, err, tt.want)
		}
	}
}

func TestNumberThatCannotBeKeptIsRefused(t *testing.T) {
	t.Parallel()
	s, err := mongo.Open(t.Context(), engine.LoneMongod(t).Database("numbers"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()

	for _, body := range []string{`{"n":18446744073709551615}`, `{"n":0.1000000000000000055511151231257827}`, `[1]`, `{"n":1}{}`, `{`} {
		err := s.Insert(t.Context(), "parcel", docstore.Record{ID: "prc_1", Version: 1, Body: []byte(body)})
		if err == nil || errors.Is(err, docstore.ErrExists) {
			t.Errorf("insert of %s = %v, want a refusal", body, err)
		}
	}
}

func TestServerThatIsAwayIsToldFromAnythingElse(t *testing.T) {
	t.Parallel()
	server := engine.Mongod(t)
	s, err := mongo.Open(t.Context(), server.Database("away")+"&serverSelectionTimeoutMS=300")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Declare(t.Context(), "parcel", []string{"by_owner"}); err != nil {
		t.Fatal(err)
	}
	server.Kill(t)

	_, got := s.Get(t.Context(), "parcel", "prc_1")
	_, found := s.Find(t.Context(), "parcel", docstore.Query{Index: "by_owner", Equal: "ann", Limit: 1})
	inserted := s.Insert(t.Context(), "parcel", docstore.Record{ID: "prc_1", Version: 1, Body: []byte(`{}`)})
	replaced := s.Replace(t.Context(), "parcel", docstore.Record{ID: "prc_1", Version: 2, Body: []byte(`{}`)})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, left := s.Get(gone, "parcel", "prc_1")

	for what, err := range map[string]error{"get": got, "find": found, "insert": inserted, "replace": replaced, "ping": s.Ping(t.Context())} {
		if !errors.Is(err, docstore.ErrAway) {
			t.Errorf("%s = %v, want ErrAway", what, err)
		}
	}
	if !errors.Is(left, context.Canceled) || errors.Is(left, docstore.ErrAway) {
		t.Errorf("who has left is told %v", left)
	}
}
