package clock

import (
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestRealClockNeverGoesBack(t *testing.T) {
	t.Parallel()
	c := NewReal()
	ahead := c.Now().Add(time.Hour)
	c.last = ahead // the machine was an hour ahead and has been set back

	if got := c.Now(); !got.Equal(ahead) {
		t.Errorf("now = %v, want it to stand at %v", got, ahead)
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
