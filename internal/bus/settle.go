package bus

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"housecall/internal/event"
)

// Settle waits until nothing waits in documents and no consumer of this process has anything to do:
// what has happened has had its effects. Timers that are not due do not count. For tests.
func (b *Bus) Settle(ctx context.Context) error {
	for {
		before := b.moved.Load()
		quiet, err := b.quiet(ctx)
		if err != nil {
			return err
		}
		if quiet && before == b.moved.Load() {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until all is handled: %w", ctx.Err())
		case <-b.stopping:
			return nil
		case <-time.After(time.Millisecond):
		}
	}
}

func (b *Bus) quiet(ctx context.Context) (bool, error) {
	waiting, err := b.store.Waiting(ctx, 1)
	if err != nil {
		return false, fmt.Errorf("list waiting events: %w", err)
	}
	if len(waiting) > 0 {
		select {
		case b.kick <- struct{}{}:
		default:
		}
		return false, nil
	}
	b.mu.Lock()
	consumers := b.consumers
	b.mu.Unlock()
	for _, c := range consumers {
		if c.held.Load() > 0 {
			return false, nil
		}
	}
	for _, c := range consumers {
		info, err := c.durable.Info(ctx)
		if err != nil {
			return false, fmt.Errorf("look at consumer %s: %w", c.name, err)
		}
		// A consumer learns a moment after the stream of a new event: its own count may still say none.
		if info.NumPending > 0 || info.NumAckPending > 0 || info.AckFloor.Stream < b.newestFor(c) {
			return false, nil
		}
	}
	return true, nil
}

// took notes where an event stands in the stream.
func (b *Bus) took(kind event.Kind, ack *jetstream.PubAck) {
	if ack.Stream != eventsStream {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	subject := "ev." + string(kind)
	b.newest[subject] = max(b.newest[subject], ack.Sequence)
}

// newestFor is the place of the newest event that a consumer must have handled.
func (b *Bus) newestFor(c *consumer) (seq uint64) {
	if c.stream != b.events {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for subject, place := range b.newest {
		for _, f := range c.filters {
			if matches(f, subject) {
				seq = max(seq, place)
			}
		}
	}
	return seq
}

// matches tells whether a subject passes a filter: "*" is one token, ">" all that follow.
func matches(filter, subject string) bool {
	for {
		want, filterRest, filterGoesOn := strings.Cut(filter, ".")
		have, subjectRest, subjectGoesOn := strings.Cut(subject, ".")
		if want == ">" {
			return true
		}
		if want != "*" && want != have {
			return false
		}
		if !filterGoesOn || !subjectGoesOn {
			return filterGoesOn == subjectGoesOn
		}
		filter, subject = filterRest, subjectRest
	}
}
