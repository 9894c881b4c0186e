package bus_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"housecall/internal/bus"
	"housecall/internal/docstore"
	"housecall/internal/event"
)

func TestWhatAPromiseWaitsForGoesAheadOfWhatCameBeforeIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) { w.cfg.Ahead = []event.Kind{"gong.*", "bell.cracked"} })
	stop(t, w.bus)
	for i := range 40 {
		w.ring(fmt.Sprintf("bell_%02d", i), emit("bell.rung", "1"))
	}
	w.ring("bell_00", emit("bell.cracked", "2")) // waits for what happened to it before
	w.ring("bell_last", emit("bell.cracked", "1"))
	w.open()
	ear := newEar()
	if err := w.bus.Subscribe(bus.Consumer{Name: "one_by_one", AtOnce: 1, Handle: ear.hear}); err != nil {
		t.Fatal(err)
	}

	w.settle()

	heard := ear.all()
	if len(heard) != 42 || heard[0].Doc != "bell_last" {
		t.Fatalf("%d heard, the first of %s; want 42, that of bell_last first", len(heard), heard[0].Doc)
	}
	n := ""
	for _, e := range heard {
		if e.Doc == "bell_00" {
			n += e.Data["n"]
		}
	}
	if n != "12" {
		t.Errorf("of one bell was heard %s, want 12", n)
	}
}

// forgetful is a store that can't take events out of documents for a while.
type forgetful struct {
	docstore.Store
	fails atomic.Int64
}

func (s *forgetful) Published(ctx context.Context, events []docstore.Outgoing) error {
	if s.fails.Add(-1) >= 0 {
		return errors.New("not now")
	}
	return s.Store.Published(ctx, events)
}

func TestEventsThatStayInTheirDocumentsAreSentAgainAndHeardOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	stop(t, w.bus)
	store := &forgetful{Store: w.store}
	store.fails.Store(2)
	w.store = store
	w.open()
	ear := newEar()
	w.listen("all", ear)

	for n := 1; n <= 3; n++ {
		for i := range 20 {
			w.ring(fmt.Sprintf("bell_%d", i), emit("bell.rung", fmt.Sprint(n)))
		}
	}
	w.settle()

	last := map[string]string{}
	for _, e := range ear.all() {
		last[e.Doc] += e.Data["n"]
	}
	for doc, n := range last {
		if n != "123" {
			t.Errorf("%s was heard as %s, want 123", doc, n)
		}
	}
	left, err := w.store.Waiting(t.Context(), 1)
	if len(last) != 20 || len(left) != 0 || err != nil {
		t.Errorf("%d bells heard, %d events left, %v; want 20 and none", len(last), len(left), err)
	}
}
