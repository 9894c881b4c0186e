package bus

import (
	"context"
	"fmt"
	"time"
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
		if info.NumPending > 0 || info.NumAckPending > 0 {
			return false, nil
		}
	}
	return true, nil
}
