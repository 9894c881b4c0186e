package identity

import (
	"sync"
	"time"

	"housecall/internal/clock"
	"housecall/internal/fault"
)

// limiter counts what comes from one network address in a window of fifteen minutes. It is a brake
// on one node, not the defence: codes and guesses are counted in documents.
type limiter struct {
	clock clock.Clock
	mu    sync.Mutex // guards began, counts
	began time.Time
	count map[string]int
}

const (
	window     = 15 * time.Minute
	maxRemotes = 100_000
)

func newLimiter(c clock.Clock) *limiter { return &limiter{clock: c, count: map[string]int{}} }

// take counts one try of this sort, or refuses it. An empty remote (the service itself) is free.
func (l *limiter) take(sort, remote string, most int) error {
	if remote == "" {
		return nil
	}
	now := l.clock.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.began) >= window || len(l.count) > maxRemotes {
		l.began, l.count = now, map[string]int{}
	}
	l.count[sort+" "+remote]++
	if l.count[sort+" "+remote] <= most {
		return nil
	}
	return fault.New(fault.Limited, "Too many tries from here. Wait a little, then try again.").Coded("too-many-tries").
		After(l.began.Add(window).Sub(now))
}
