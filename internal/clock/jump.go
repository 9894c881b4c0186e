package clock

import "time"

// Jump is a clock that goes wrong once, as that of a machine does whose time somebody sets: for drills.
type Jump struct {
	base Clock
	by   time.Duration
	at   time.Time
}

// NewJump shows what base shows, and from some time after now on so much more.
func NewJump(base Clock, by, after time.Duration) *Jump {
	return &Jump{base, by, base.Now().Add(after)}
}

// Now implements Clock.
func (c *Jump) Now() time.Time {
	now := c.base.Now()
	if now.Before(c.at) {
		return now
	}
	return now.Add(c.by)
}

// Ahead is that of the clock it goes by.
func (c *Jump) Ahead() time.Duration { return Ahead(c.base) }

// Wall implements Clock: the machine itself is wrong.
func (c *Jump) Wall(t time.Time) time.Time { return c.base.Wall(t) }
