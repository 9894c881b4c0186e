package mongo

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/event"
)

// turn keeps reads from showing what was before a write that somebody was told of, when the primary changes. The new
// one shows what a majority had by its last word of it, which may be older than what the one before has acknowledged,
// until a write of its own turn has gone through; and the one before, if it only stood still, answers what it was
// asked with what it knew. So after a change one write goes first, and a read during which it changed is made again.
type turn struct {
	changes atomic.Int64 // of the primary, that this process has heard of or supposes
	sure    atomic.Int64 // the change since which a write has gone through

	mu      sync.Mutex // guards primary
	primary string

	writing sync.Mutex // held by the one who writes for all
}

// monitor hears of changes. It is called while the driver lets nobody choose a server, so none is chosen before.
func (t *turn) monitor() *event.ServerMonitor {
	return &event.ServerMonitor{TopologyDescriptionChanged: func(e *event.TopologyDescriptionChangedEvent) {
		for _, s := range e.NewDescription.Servers {
			if s.Kind == "RSPrimary" {
				t.is(s.Addr.String() + " " + s.ElectionID.Hex())
			}
		}
	}}
}

func (t *turn) is(primary string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.primary == primary {
		return
	}
	t.primary = primary
	t.changes.Add(1)
}

// settled answers once a write has gone through since the last change, and which that was.
func (t *turn) settled(ctx context.Context, write func(context.Context) error) (int64, error) {
	n := t.changes.Load()
	if t.sure.Load() >= n {
		return n, nil
	}
	t.writing.Lock()
	defer t.writing.Unlock()
	if n = t.changes.Load(); t.sure.Load() >= n {
		return n, nil
	}
	if err := write(ctx); err != nil {
		return n, err
	}
	t.sure.Store(n)
	return n, nil
}

// mostAgain is how often a read is made again: a set that changes its primary more often has other troubles.
const mostAgain = 3

// heldUp is how long a read takes that may have waited at a primary that stood still while another was chosen: a set
// takes longer to choose, and a read of a set that is well much less.
const heldUp = time.Second

// current reads what holds: no older than what anybody was told before it began.
func current[T any](ctx context.Context, s *Store, read func() (T, error)) (T, error) {
	doubted := false
	for tries := 0; ; tries++ {
		n, err := s.turn.settled(ctx, s.ping)
		if err != nil {
			var none T
			return none, told(ctx, err)
		}
		began := time.Now() //nolint:forbidigo // how long the set took, whatever time the service shows
		out, err := read()
		if !doubted && time.Since(began) > heldUp { //nolint:forbidigo // as above; it may answer before this process has heard who took over
			doubted = true
			s.turn.changes.CompareAndSwap(n, n+1)
		}
		if s.turn.changes.Load() == n || tries == mostAgain { // that it is not there may be old, too
			return out, told(ctx, err)
		}
	}
}

// told is what who asked hears of a read that failed: that their own time is over, or what the store says.
func told(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return translate(err)
}
