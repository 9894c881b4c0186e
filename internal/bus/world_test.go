package bus_test

import (
	"cmp"
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"housecall/internal/apptest/engine"
	"housecall/internal/apptest/scratch"
	"housecall/internal/bus"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/event"
	"housecall/internal/id"
)

// bell is a document that announces.
type bell struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
	Rung          int `json:"rung"`
}

func (b *bell) DocID() string { return b.ID }

// world is a store, a bus on it and a collection to change.
type world struct {
	t     *testing.T
	dir   string
	store docstore.Store
	clock clock.Clock
	bells *docstore.Collection[bell, *bell]
	bus   *bus.Bus
	cfg   bus.Config
	log   *slog.Logger // nil: nobody reads it
}

// onCluster names the tests whose worlds are on a cluster of NATS servers, each in an account of its own,
// and not on an engine in the process.
var onCluster sync.Map

func newWorld(t *testing.T, adjust func(*world)) *world {
	t.Helper()
	w := &world{t: t, dir: scratch.Folder(t), clock: clock.NewReal()}
	w.cfg = bus.Config{Dir: filepath.Join(w.dir, "nats"), Backoff: []time.Duration{time.Millisecond, 2 * time.Millisecond}}
	root, _, _ := strings.Cut(t.Name(), "/")
	if c, on := onCluster.Load(root); on {
		c := c.(*engine.NATSCluster)
		w.cfg.Dir, w.cfg.URL, w.cfg.CA, w.cfg.Creds = "", c.URL, c.CA, c.Credentials(t)
	}
	if adjust != nil {
		adjust(w)
	}
	store, err := sqlite.Open(t.Context(), filepath.Join(w.dir, "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	w.store = store
	t.Cleanup(func() { _ = w.store.Close() })
	w.bells, err = docstore.Open[bell](t.Context(), store, w.clock, docstore.Spec[bell]{Name: "bells"})
	if err != nil {
		t.Fatal(err)
	}
	w.open()
	return w
}

func (w *world) open() {
	w.t.Helper()
	deps := bus.Deps{Store: w.store, Clock: w.clock, Log: cmp.Or(w.log, slog.New(slog.DiscardHandler))}
	b, err := bus.Start(w.t.Context(), w.cfg, deps)
	for tries := 0; err != nil && w.cfg.URL != "" && tries < 10; tries++ { // as serve does: on a busy machine a server may seem to be away
		<-time.After(500 * time.Millisecond)
		b, err = bus.Start(w.t.Context(), w.cfg, deps)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.bus = b
	w.t.Cleanup(func() { stop(w.t, b) })
}

func stop(t *testing.T, b *bus.Bus) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second) // as long as serve takes
	defer cancel()
	if err := b.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// ring makes the bell if it is new and changes it.
func (w *world) ring(name string, change func(*bell)) {
	w.t.Helper()
	b := &bell{ID: name}
	change(b)
	err := w.bells.Insert(w.t.Context(), id.Request{}, b)
	if err == nil {
		return
	}
	if _, err := w.bells.Update(w.t.Context(), name, docstore.On{}, func(b *bell) error { change(b); return nil }); err != nil {
		w.t.Fatal(err)
	}
}

func emit(kind event.Kind, n string, to ...string) func(*bell) {
	return func(b *bell) { b.Emit(event.Event{Kind: kind, Data: map[string]string{"n": n}, To: to}) }
}

func (w *world) settle() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	if err := w.bus.Settle(ctx); err != nil {
		w.t.Fatal(err)
	}
}

// ear keeps what a consumer heard.
type ear struct {
	mu    sync.Mutex // guards heard
	heard []event.Event
	news  chan event.Event
}

func newEar() *ear { return &ear{news: make(chan event.Event, 100_000)} }

func (e *ear) hear(_ context.Context, ev event.Event) error {
	e.mu.Lock()
	e.heard = append(e.heard, ev)
	e.mu.Unlock()
	e.news <- ev
	return nil
}

func (e *ear) all() []event.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]event.Event{}, e.heard...)
}

func (w *world) listen(name string, e *ear, kinds ...event.Kind) {
	w.t.Helper()
	w.subscribe(name, e.hear, kinds...)
}

func (w *world) subscribe(name string, handle func(context.Context, event.Event) error, kinds ...event.Kind) {
	w.t.Helper()
	if err := w.bus.Subscribe(bus.Consumer{Name: name, Kinds: kinds, Handle: handle}); err != nil {
		w.t.Fatal(err)
	}
}

func next[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v, open := <-from:
		if !open {
			t.Fatal("channel closed")
		}
		return v
	case <-time.After(10 * time.Second):
		t.Fatal("nothing came within 10 s")
		panic("unreachable")
	}
}
