package httpapi

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"housecall/internal/clock"
	"housecall/internal/fault"
)

// Limits say how much one caller may ask. The zero value limits nothing.
type Limits struct {
	PerSecond float64 // steady requests a second for each signed-in account
	Burst     int
	Nobody    float64 // the same for an address that has not signed in
}

// limiter counts for each caller. Callers that have been silent are forgotten, so that it can't grow.
type limiter struct {
	limits Limits
	clock  clock.Clock

	mu      sync.Mutex // guards callers, swept
	callers map[string]*caller
	swept   time.Time
}

type caller struct {
	bucket *rate.Limiter
	seen   time.Time
}

const silent = 5 * time.Minute

func newLimiter(l Limits, clk clock.Clock) *limiter {
	return &limiter{limits: l, clock: clk, callers: map[string]*caller{}}
}

func (l *limiter) allow(i *info) error {
	if l.limits.PerSecond == 0 {
		return nil
	}
	key, perSecond := string(i.actor.Account), l.limits.PerSecond
	if key == "" {
		key, perSecond = "at "+i.remote, l.limits.Nobody
	}
	now := l.clock.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	c, known := l.callers[key]
	if !known {
		c = &caller{bucket: rate.NewLimiter(rate.Limit(perSecond), l.limits.Burst)}
		l.callers[key] = c
	}
	c.seen = now
	if c.bucket.AllowN(now, 1) {
		return nil
	}
	return fault.New(fault.Limited, "Too many requests at once. Wait a moment, then go on.").Coded("too-many").After(time.Second)
}

func (l *limiter) sweep(now time.Time) {
	if now.Sub(l.swept) < silent {
		return
	}
	l.swept = now
	for key, c := range l.callers {
		if now.Sub(c.seen) > silent {
			delete(l.callers, key)
		}
	}
}
