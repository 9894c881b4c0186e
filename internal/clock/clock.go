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

// Machine is what a machine knows of time.
type Machine interface {
	// Read answers what its clock shows, which somebody may set, and how long it has run, which nobody can.
	Read() (wall time.Time, ran time.Duration)
}

// Real follows the machine's clock, but never shows less than it has shown: a machine set back must not make a
// used code or an expired session good again. Nor does it stand still until the machine has caught up, or for all
// that time no offer would end and nothing be planned: it goes on by how long the machine has run, a tenth slower,
// until the two meet.
type Real struct {
	machine Machine

	mu   sync.Mutex    // guards both
	base time.Time     // what was shown when it last followed the machine
	ran  time.Duration // and how long the machine had run then
}

// NewReal returns a clock that follows the machine.
func NewReal() *Real { return NewRealOn(&host{start: time.Now()}) }

// NewRealOn returns a clock that follows another machine, as tests of one whose time is set need it.
func NewRealOn(m Machine) *Real { return &Real{machine: m} }

// host is the machine that this process runs on.
type host struct{ start time.Time }

// Read implements Machine.
func (h *host) Read() (time.Time, time.Duration) {
	now := time.Now()
	return now, now.Sub(h.start) // by Go's monotonic reading
}

// Now implements Clock.
func (c *Real) Now() time.Time {
	now, _ := c.read()
	return now
}

// Ahead is how far this clock is before the machine's, which was set back.
func (c *Real) Ahead() time.Duration {
	now, wall := c.read()
	return now.Sub(wall)
}

// read answers what is shown, and what the machine's clock shows.
func (c *Real) read() (now, wall time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	wall, ran := c.machine.Read()
	wall = wall.UTC().Truncate(time.Millisecond)
	if least := c.base.Add((ran - c.ran) / 10 * 9).Truncate(time.Millisecond); !c.base.IsZero() && wall.Before(least) {
		return least, wall
	}
	c.base, c.ran = wall, ran
	return wall, wall
}

// Wall implements Clock. A moment has the same name on the machine, also while this clock is ahead of it: what the
// engine wakes for then comes late, which is looked after where Ahead is asked; early it would be lost.
func (c *Real) Wall(t time.Time) time.Time { return t }

// Ahead is how far a clock is before that of its machine, which was set back; zero for one that can't be.
func Ahead(c Clock) time.Duration {
	if a, can := c.(interface{ Ahead() time.Duration }); can {
		return a.Ahead()
	}
	return 0
}

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

// Ahead is that of the clock it runs by.
func (c *Scaled) Ahead() time.Duration { return Ahead(c.base) }

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
