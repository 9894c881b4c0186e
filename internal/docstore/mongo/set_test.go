package mongo_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"housecall/internal/apptest/engine"
	"housecall/internal/docstore"
	"housecall/internal/docstore/docstoretest"
	"housecall/internal/docstore/mongo"
)

func TestReplicaSetOfThreeKeepsEveryPromise(t *testing.T) {
	t.Parallel()
	set := engine.MongodSet(t)
	docstoretest.Run(t, docstoretest.Target{
		New: func(tb testing.TB) string {
			tb.Helper()
			return set.Database(fmt.Sprint("housecall", databases.Add(1)))
		},
		Open: open,
	})
}

// hand is one of those who use the store while its primary changes.
type hand struct {
	store *mongo.Store
	n     int
	count int // operations that went well
	worst time.Duration
}

// work inserts, reads, replaces and lists until the time is over.
func (h *hand) work(ctx context.Context) error {
	for ctx.Err() == nil {
		h.count++
		r := docstore.Record{
			ID: fmt.Sprintf("prc_%d_%d", h.n, h.count), Version: 1, Body: []byte(`{"n":1}`),
			Keys: map[string]docstore.Key{"by_owner": {Equal: fmt.Sprint(h.n), Order: docstore.ByNumber(int64(h.count))}},
		}
		for _, step := range []func() error{
			func() error { return h.store.Insert(context.WithoutCancel(ctx), "parcel", r) },
			func() error {
				r.Version, r.Body = 2, []byte(`{"n":2}`)
				return h.store.Replace(context.WithoutCancel(ctx), "parcel", r)
			},
			func() error {
				got, err := h.store.Get(context.WithoutCancel(ctx), "parcel", r.ID)
				if err == nil && string(got.Body) != `{"n":2}` {
					err = fmt.Errorf("read %s after it was replaced", got.Body)
				}
				return err
			},
			func() error {
				_, err := h.store.Find(context.WithoutCancel(ctx), "parcel", docstore.Query{Index: "by_owner", Equal: fmt.Sprint(h.n), Limit: 5, Descending: true})
				return err
			},
		} {
			begun := time.Now()
			if err := step(); err != nil {
				return fmt.Errorf("operation on %s: %w", r.ID, err)
			}
			h.worst = max(h.worst, time.Since(begun))
		}
	}
	return nil
}

func TestLossOfThePrimaryIsLatencyAndNothingElse(t *testing.T) {
	t.Parallel()
	set := engine.MongodSet(t)
	s, err := mongo.Open(t.Context(), set.Database("primary"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Declare(t.Context(), "parcel", []string{"by_owner"}); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	defer end()
	hands := make([]*hand, 8)
	var all sync.WaitGroup
	for i := range hands {
		hands[i] = &hand{store: s, n: i}
		all.Go(func() {
			if err := hands[i].work(ctx); err != nil {
				t.Errorf("hand %d: %v", i, err)
			}
		})
	}

	for _, lose := range []func(m *engine.MongoServer){
		func(m *engine.MongoServer) { m.Kill(t); set.Primary(t); set.Revive(t, m) },
		func(m *engine.MongoServer) {
			m.Pause(t)
			<-time.After(5 * time.Second) // its connections stay open and nobody answers on them
			m.Resume(t)
		},
	} {
		<-time.After(500 * time.Millisecond)
		lose(set.Primary(t))
		if err := s.Ping(t.Context()); err != nil {
			t.Errorf("ping = %v", err)
		}
	}
	<-time.After(500 * time.Millisecond)
	end()
	all.Wait()

	total, worst := 0, time.Duration(0)
	for _, h := range hands {
		total, worst = total+h.count, max(worst, h.worst)
	}
	t.Logf("%d rounds of four operations, the slowest took %s", total, worst)
}

func TestReadHeldUpByAPrimaryThatStoodStillShowsWhatWasWrittenMeanwhile(t *testing.T) {
	t.Parallel()
	set := engine.MongodSet(t)
	opened := func() *mongo.Store {
		s, err := mongo.Open(t.Context(), set.Database("still"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		if err := s.Declare(t.Context(), "parcel", []string{"by_owner"}); err != nil {
			t.Fatal(err)
		}
		return s
	}
	reader := opened()
	r := docstore.Record{ID: "prc_1", Version: 1, Body: []byte(`{"n":1}`)}
	if err := reader.Insert(t.Context(), "parcel", r); err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Get(t.Context(), "parcel", r.ID); err != nil {
		t.Fatal(err)
	}
	still := set.Primary(t)
	still.Pause(t)
	var replaced atomic.Bool
	read := make(chan string, 8)
	for range cap(read) {
		go func() {
			got, err := reader.Get(context.WithoutCancel(t.Context()), "parcel", r.ID)
			if !replaced.Load() { // where others are slow, the driver has given up waiting and asked the new primary before
				read <- "early"
				return
			}
			read <- fmt.Sprint(string(got.Body), err)
		}()
	}

	set.Succeeded(t, still)
	r.Version, r.Body = 2, []byte(`{"n":2}`)
	if err := opened().Replace(t.Context(), "parcel", r); err != nil { // by somebody who knows the new primary alone
		t.Fatal(err)
	}
	replaced.Store(true)
	still.Resume(t)

	for range cap(read) {
		if got := <-read; got != `{"n":2}<nil>` && got != "early" {
			t.Errorf("read %s after it was replaced", got)
		}
	}
}
