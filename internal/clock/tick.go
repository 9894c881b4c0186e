package clock

import (
	"context"
	"sync"
	"time"
)

// At returns a channel that is closed once c shows t. Nothing comes when ctx ends first; end it to
// let go of the wait.
func At(ctx context.Context, c Clock, t time.Time) <-chan struct{} {
	due := make(chan struct{})
	if fake, ok := c.(*Fake); ok {
		var once sync.Once
		see := func(now time.Time) {
			if !now.Before(t) && ctx.Err() == nil {
				once.Do(func() { close(due) })
			}
		}
		fake.OnAdvance(see)
		see(c.Now())
		return due
	}
	go func() {
		for now := c.Now(); now.Before(t); now = c.Now() {
			wait := time.NewTimer(max(c.Wall(t).Sub(c.Wall(now)), time.Millisecond))
			select {
			case <-ctx.Done():
				wait.Stop()
				return
			case <-wait.C:
			}
		}
		close(due)
	}()
	return due
}
