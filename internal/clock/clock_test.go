package clock

import (
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// box is a machine whose time is set by hand.
type box struct {
	wall time.Time
	ran  time.Duration
}

func (b *box) Read() (time.Time, time.Duration) { return b.wall, b.ran }

func (b *box) passes(d time.Duration) { b.wall, b.ran = b.wall.Add(d), b.ran+d }

func TestClockOfAMachineThatIsSetBackGoesOnSlowlyAndNeverBack(t *testing.T) {
	t.Parallel()
	m := &box{wall: noon}
	c := NewRealOn(m)
	before := c.Now()

	m.wall = m.wall.Add(-20 * time.Minute)
	at := c.Now()
	m.passes(10 * time.Second)
	later := c.Now()
	ahead := c.Ahead()

	if !at.Equal(before) {
		t.Errorf("set back, it shows %v, want %v as before", at, before)
	}
	if want := before.Add(9 * time.Second); !later.Equal(want) {
		t.Errorf("ten seconds later it shows %v, want nine more", later)
	}
	if want := 20*time.Minute - time.Second; ahead != want {
		t.Errorf("it is ahead by %v, want %v", ahead, want)
	}
}

func TestClockOfAMachineThatWasSetBackMeetsItAgain(t *testing.T) {
	t.Parallel()
	m := &box{wall: noon}
	c := NewRealOn(m)
	c.Now()
	m.wall = m.wall.Add(-20 * time.Minute)
	last := c.Now()

	for range 201 {
		m.passes(time.Minute)
		now := c.Now()
		if now.Before(last) {
			t.Fatalf("after %v came %v", last, now)
		}
		last = now
	}

	if c.Ahead() != 0 || !last.Equal(m.wall) {
		t.Errorf("after 201 minutes it is ahead by %v", c.Ahead())
	}
}

func TestClockFollowsAMachineThatIsSetForward(t *testing.T) {
	t.Parallel()
	m := &box{wall: noon}
	c := NewRealOn(m)
	c.Now()

	m.wall = m.wall.Add(time.Hour)

	if got := c.Now(); !got.Equal(noon.Add(time.Hour)) || c.Ahead() != 0 {
		t.Errorf("it shows %v, ahead by %v", got, c.Ahead())
	}
}

func TestClockThatIsAskedOftenWhileItIsSlowedStillGoesOn(t *testing.T) {
	t.Parallel()
	m := &box{wall: noon}
	c := NewRealOn(m)
	start := c.Now()
	m.wall = m.wall.Add(-time.Minute)

	for range 10_000 {
		m.passes(100 * time.Microsecond)
		c.Now()
	}

	if got := c.Now().Sub(start); got != 900*time.Millisecond {
		t.Errorf("in a second of many questions it went on by %v, want 900ms", got)
	}
}

func TestRealClockShowsUTCInWholeMilliseconds(t *testing.T) {
	t.Parallel()
	c := NewReal()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			last := c.Now()
			for range 1000 {
				now := c.Now()
				if now.Before(last) || now.Location() != time.UTC || now.Nanosecond()%int(time.Millisecond) != 0 {
					t.Errorf("after %v came %v", last, now)
					return
				}
				last = now
			}
		})
	}
	all.Wait()
}

func TestScaledClockRunsFasterAndKnowsTheWall(t *testing.T) {
	t.Parallel()
	base := NewFake(noon)
	c := NewScaled(base, 10)

	base.Advance(6 * time.Second)

	if got, want := c.Now(), noon.Add(time.Minute); !got.Equal(want) {
		t.Errorf("now = %v, want %v", got, want)
	}
	if got, want := c.Wall(noon.Add(2*time.Minute)), noon.Add(12*time.Second); !got.Equal(want) {
		t.Errorf("wall = %v, want %v", got, want)
	}
}

func TestFakeClockStandsUntilAdvancedAndTellsWhoWatches(t *testing.T) {
	t.Parallel()
	c := NewFake(noon.Add(1500 * time.Microsecond))
	var told []time.Time
	c.OnAdvance(func(now time.Time) { told = append(told, now, c.Now()) })
	start := c.Now()

	c.Advance(time.Minute)

	if !start.Equal(noon.Add(time.Millisecond)) {
		t.Errorf("start = %v, want whole milliseconds", start)
	}
	if want := start.Add(time.Minute); len(told) != 2 || !told[0].Equal(want) || !told[1].Equal(want) {
		t.Errorf("told %v, want %v twice", told, want)
	}
}
