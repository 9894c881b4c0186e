package bus

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"housecall/internal/clock"
	"housecall/internal/event"
)

// clockTimers fires when a clock is advanced, so that a story of days passes in milliseconds.
type clockTimers struct {
	bus   *Bus
	clock *clock.Fake

	mu  sync.Mutex // guards set
	set map[string]event.Event
}

func newClockTimers(b *Bus, c *clock.Fake) *clockTimers {
	t := &clockTimers{bus: b, clock: c, set: map[string]event.Event{}}
	c.OnAdvance(func(now time.Time) { t.fire(context.Background(), now) })
	return t
}

// Schedule implements Scheduler.
func (t *clockTimers) Schedule(ctx context.Context, e event.Event) error {
	t.mu.Lock()
	delete(t.set, event.TimerID(e.Doc, e.Kind))
	if !e.Cancelled {
		t.set[event.TimerID(e.Doc, e.Kind)] = e
	}
	t.mu.Unlock()
	t.fire(ctx, t.clock.Now())
	return nil
}

// fire publishes what is due, in the order of the times.
func (t *clockTimers) fire(ctx context.Context, now time.Time) {
	select {
	case <-t.bus.stopping:
		return // the clock of a test outlives the bus
	default:
	}
	t.mu.Lock()
	var due []event.Event
	for id, e := range t.set {
		if !e.Due.After(now) {
			due = append(due, e)
			delete(t.set, id)
		}
	}
	t.mu.Unlock()
	slices.SortFunc(due, func(a, b event.Event) int {
		return cmp.Or(a.Due.Compare(*b.Due), cmp.Compare(a.ID, b.ID))
	})
	for _, e := range due {
		if err := t.bus.publishFired(ctx, e); err != nil {
			t.bus.log.ErrorContext(ctx, "fired timer was not published", "event_id", e.ID, "error", err)
		}
	}
}
