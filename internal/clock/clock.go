// Package clock is the only way housecall learns the time: UTC, whole milliseconds, never going
// back. Tests hold a Fake and advance it; a demo may run faster than the wall.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time of the service.
type Clock interface {
	// Now is the present moment, UTC, in whole milliseconds.
	Now() time.Time
	// Wall is the moment of the machine's clock at which this clock will show t. An engine
	// outside the process (JetStream's schedules) is given this one.
	Wall(t time.Time) time.Time
}

// Real follows the machine's clock, but never shows less than it has shown: a machine set back
// must not make a used code or an expired session good again.
type Real struct {
	mu   sync.Mutex // guards last
	last time.Time
}

// NewReal returns a clock that follows the machine.
func NewReal() *Real { return &Real{} }

// Now implements Clock.
func (c *Real) Now() time.Time {
	now := time.Now().UTC().Truncate(time.Millisecond)
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Before(c.last) {
		return c.last
	}
	c.last = now
	return now
}

// Wall implements Clock.
func (c *Real) Wall(t time.Time) time.Time { return t }

// Scaled runs faster than another clock from the moment it was made.
type Scaled struct {
	base  Clock
	start time.Time
	speed int
}

// NewScaled returns a clock that shows `speed` seconds for each second of base; speed is 1 or more.
func NewScaled(base Clock, speed int) *Scaled {
	if speed < 1 {
		panic("clock: speed below 1")
	}
	return &Scaled{base: base, start: base.Now(), speed: speed}
}

// Speed is how many seconds it shows for one of base.
func (c *Scaled) Speed() int { return c.speed }

// Now implements Clock.
func (c *Scaled) Now() time.Time {
	elapsed := c.base.Now().Sub(c.start)
	return c.start.Add(elapsed * time.Duration(c.speed)).Truncate(time.Millisecond)
}

// Wall implements Clock. It rounds up to the millisecond in which this clock shows t: an engine that
// wakes us by it must never be early, since a timer that is not due yet does nothing.
func (c *Scaled) Wall(t time.Time) time.Time {
	step := time.Duration(c.speed) * time.Millisecond
	steps := (t.Sub(c.start) + step - 1) / step
	return c.base.Wall(c.start.Add(steps * time.Millisecond))
}

// Fake stands still until it is advanced.
type Fake struct {
	mu      sync.Mutex // guards now, watches
	now     time.Time
	watches []func(time.Time)
}

// NewFake returns a clock that shows t.
func NewFake(t time.Time) *Fake { return &Fake{now: t.UTC().Truncate(time.Millisecond)} }

// Now implements Clock.
func (c *Fake) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Wall implements Clock.
func (c *Fake) Wall(t time.Time) time.Time { return t }

// Advance moves the clock on and tells every watcher, in the order they came.
func (c *Fake) Advance(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	now, watches := c.now, append([]func(time.Time){}, c.watches...)
	c.mu.Unlock()
	for _, w := range watches {
		w(now)
	}
}

// OnAdvance calls f after each Advance, outside the lock.
func (c *Fake) OnAdvance(f func(now time.Time)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watches = append(c.watches, f)
}
