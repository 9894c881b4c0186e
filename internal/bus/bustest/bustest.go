// Package bustest starts a real bus for the tests of others: JetStream in the process, timers that fire
// when the test's clock is advanced, short pauses between tries.
package bustest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"housecall/internal/bus"
	"housecall/internal/clock"
	"housecall/internal/docstore"
)

// Start starts a bus on the store and stops it with the test. Timers fire when c is advanced; call
// Settle to have all effects of what has happened.
func Start(t testing.TB, store docstore.Store, c *clock.Fake) *bus.Bus {
	t.Helper()
	b, err := bus.Start(t.Context(), bus.Config{
		Dir: t.TempDir(), ClockTimers: c,
		Backoff: []time.Duration{time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond},
	},
		bus.Deps{Store: store, Clock: c, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("start bus: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := b.Stop(ctx); err != nil {
			t.Errorf("stop bus: %v", err)
		}
	})
	return b
}

// Settle waits until all that has happened has had its effects; what became a dead letter fails the test.
func Settle(t testing.TB, b *bus.Bus) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := b.Settle(ctx); err != nil {
		t.Fatalf("settle: %v", err)
	}
	letters, err := b.Dead(ctx)
	if err != nil {
		t.Fatalf("list dead letters: %v", err)
	}
	for _, l := range letters {
		t.Errorf("dead letter of %s: %s of %s: %s", l.Consumer, l.Event.Kind, l.Event.Doc, l.Cause)
	}
}
