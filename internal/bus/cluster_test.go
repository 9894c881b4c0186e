package bus_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"housecall/internal/bus"
	"housecall/internal/event"
)

// outside is a NATS server as another process would run it.
func outside(t *testing.T) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server did not start")
	}
	return s.ClientURL()
}

// twoNodes are two processes on one store and one engine.
func twoNodes(t *testing.T) (a, b *world) {
	t.Helper()
	url := outside(t)
	a = newWorld(t, func(w *world) {
		w.cfg.Dir, w.cfg.URL, w.cfg.Replicas, w.cfg.Node, w.cfg.LeaseTTL = "", url, 1, "node_a", 600*time.Millisecond
	})
	second := *a
	b = &second
	b.cfg.Node = "node_b"
	b.open()
	return a, b
}

func TestNodesOfAClusterShareTheWorkAndHandleEachEventInOrder(t *testing.T) {
	t.Parallel()
	a, b := twoNodes(t)
	ear := newEar()
	a.listen("orders", ear)
	b.listen("orders", ear)

	for i := range 40 {
		a.ring("bell_1", emit("bell.rung", string(rune('A'+i))))
	}

	for i := range 40 {
		if got := next(t, ear.news); got.Data["n"] != string(rune('A'+i)) {
			t.Fatalf("event %d is %q", i, got.Data["n"])
		}
	}
}

func TestWorkOfANodeThatStopsGoesToAnother(t *testing.T) {
	t.Parallel()
	a, b := twoNodes(t)
	var onA atomic.Int64
	heard := newEar()
	a.subscribe("orders", func(context.Context, event.Event) error { onA.Add(1); return errors.New("this node is broken") })
	a.ring("bell_1", emit("bell.rung", "1"))
	for onA.Load() == 0 {
		<-time.After(time.Millisecond)
	}
	b.listen("orders", heard)
	stop(t, a.bus)

	a.ring("bell_1", emit("bell.rung", "2"))

	first := next(t, heard.news)
	if first.Data["n"] == "1" { // the broken node may have had time for all its tries
		first = next(t, heard.news)
	} else if letters, err := b.bus.Dead(t.Context()); err != nil || len(letters) != 1 {
		t.Errorf("the first event is lost: %v, %v", letters, err)
	}
	if first.Data["n"] != "2" {
		t.Errorf("heard %q, want 2", first.Data["n"])
	}
}

func TestTimersAndFeedsReachEveryNode(t *testing.T) {
	t.Parallel()
	a, b := twoNodes(t)
	fired := newEar()
	b.listen("timers", fired, "bell.silent")
	items, end := follow(t, b, 0, "acc_1")
	defer end()
	next(t, items)
	heard := make(chan string, 1)
	quit, err := b.bus.Listen("session.revoked", func(data []byte) { heard <- string(data) })
	if err != nil {
		t.Fatal(err)
	}
	defer quit()

	a.ring("bell_1", func(x *bell) { x.SetTimer("bell.silent", a.clock.Now().Add(300*time.Millisecond)) })
	a.ring("bell_1", emit("bell.rung", "1", "acc_1"))
	if err := a.bus.Broadcast("session.revoked", []byte("ses_1")); err != nil {
		t.Fatal(err)
	}

	if got := next(t, items); got.Event.Data["n"] != "1" {
		t.Errorf("feed: %+v", got)
	}
	if got := next(t, fired.news); got.Doc != "bell_1" {
		t.Errorf("timer: %+v", got)
	}
	if got := next(t, heard); got != "ses_1" {
		t.Errorf("broadcast: %q", got)
	}
}

func TestLeaseOfANodeThatDiedIsFreeAfterItsTime(t *testing.T) {
	t.Parallel()
	a, b := twoNodes(t)
	if _, err := a.bus.Lease(t.Context(), "zone_1", "node_a"); err != nil {
		t.Fatal(err)
	}
	a.bus.Vanish()

	for begun := time.Now(); ; {
		theirs, err := b.bus.Lease(t.Context(), "zone_1", "node_b")
		if err == nil {
			theirs.Release()
			return
		}
		if !errors.Is(err, bus.ErrHeld) || time.Since(begun) > 5*time.Second {
			t.Fatal(err)
		}
		<-time.After(20 * time.Millisecond)
	}
}

func TestWorkOfANodeThatDiedIsTakenUpWithinSeconds(t *testing.T) {
	t.Parallel()
	url := outside(t)
	a := newWorld(t, func(w *world) { w.cfg.Dir, w.cfg.URL, w.cfg.Replicas, w.cfg.Node = "", url, 1, "node_a" })
	second := *a
	b := &second
	b.cfg.Node = "node_b"
	b.open()
	onA, onB := newEar(), newEar()
	a.listen("orders", onA)
	a.ring("bell_1", emit("bell.rung", "1"))
	next(t, onA.news)
	b.listen("orders", onB)
	a.bus.Vanish()

	begun := time.Now()
	b.ring("bell_1", emit("bell.rung", "2"))

	for e := next(t, onB.news); e.Data["n"] != "2"; e = next(t, onB.news) { // the first may come again
	}
	if took := time.Since(begun); took > 8*time.Second {
		t.Errorf("it took %s", took)
	}
}
