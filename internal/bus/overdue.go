package bus

import (
	"context"
	"fmt"
	"time"

	"housecall/internal/clock"
	"housecall/internal/event"
)

const (
	overdueEvery = 2 * time.Second
	// setBack is how far the machine must have been set back before this is worth a look.
	setBack = time.Second
)

// fireOverdue fires what the engine would fire late because the machine's clock was set back: it waits for a wall
// time that the machine shows once more only much later, while our clock has gone on. The engine's own firing
// then comes a second time and finds nothing to do.
func (b *Bus) fireOverdue() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tick := time.NewTicker(overdueEvery)
	defer tick.Stop()
	for {
		select {
		case <-b.stopping:
			return
		case <-tick.C:
		}
		if clock.Ahead(b.clock) < setBack {
			continue
		}
		if err := b.fireDue(ctx); err != nil {
			b.log.ErrorContext(ctx, "overdue timers were not fired", "error", err)
		}
	}
}

// fireDue publishes every live timer whose time has come by our clock.
func (b *Bus) fireDue(ctx context.Context) error {
	const page = 500
	for cursor := ""; ; {
		live, next, err := b.store.Timers(ctx, cursor, page)
		if err != nil {
			return fmt.Errorf("list live timers: %w", err)
		}
		now := b.clock.Now()
		for _, t := range live {
			if t.Due.After(now) {
				continue
			}
			due := t.Due
			e := event.Event{ID: fmt.Sprintf("%s.%s.%d", t.Doc, t.Kind, due.UnixMilli()), Kind: t.Kind, Doc: t.Doc, At: due, Due: &due}
			if err := b.publishFired(ctx, e); err != nil {
				return err
			}
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}
