package httpapi

import (
	"context"
	"sync"
	"time"
)

// timeLimit is a context with a deadline that starts no clock before somebody waits for it: a request
// that is answered from memory and one read asks only whether its time is over, and is spared the timer.
type timeLimit struct {
	context.Context //nolint:containedctx // it is one
	until           time.Time

	mu     sync.Mutex      // guards waited, cancel, over
	waited context.Context //nolint:containedctx // the one that it became
	cancel context.CancelFunc
	over   bool
}

// Deadline implements context.Context.
func (t *timeLimit) Deadline() (time.Time, bool) {
	if until, earlier := t.Context.Deadline(); earlier && until.Before(t.until) {
		return until, true
	}
	return t.until, true
}

// Done implements context.Context.
func (t *timeLimit) Done() <-chan struct{} { return t.started().Done() }

// Err implements context.Context. Once somebody waits, it says what they are told, never more.
func (t *timeLimit) Err() error {
	t.mu.Lock()
	waited := t.waited
	t.mu.Unlock()
	if waited != nil {
		return waited.Err()
	}
	if err := t.Context.Err(); err != nil {
		return err
	}
	if !time.Now().Before(t.until) { //nolint:forbidigo // how long the machine took, whatever time the service shows
		return t.started().Err()
	}
	return nil
}

// Value implements context.Context. Package context looks for a parent that it knows after it has asked for
// Done: by the started one it needs no goroutine to watch this.
func (t *timeLimit) Value(key any) any {
	t.mu.Lock()
	waited := t.waited
	t.mu.Unlock()
	if waited != nil {
		return waited.Value(key)
	}
	return t.Context.Value(key)
}

func (t *timeLimit) started() context.Context {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waited == nil {
		t.waited, t.cancel = context.WithDeadline(t.Context, t.until) //nolint:gosec // stop cancels it
		if t.over {
			t.cancel()
		}
	}
	return t.waited
}

// stop ends it with its request.
func (t *timeLimit) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	if t.cancel != nil {
		t.cancel()
	}
}
