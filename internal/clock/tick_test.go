package clock_test

import (
	"context"
	"testing"
	"time"

	"housecall/internal/clock"
)

func TestAtComesWithTheClockAndNotBefore(t *testing.T) {
	t.Parallel()
	fake := clock.NewFake(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	due := clock.At(t.Context(), fake, fake.Now().Add(10*time.Second))

	fake.Advance(9 * time.Second)
	select {
	case <-due:
		t.Fatal("came a second early")
	default:
	}
	fake.Advance(time.Second)
	<-due
	<-clock.At(t.Context(), fake, fake.Now()) // what is past comes at once
}

func TestAtFollowsAFasterClock(t *testing.T) {
	t.Parallel()
	fast := clock.NewScaled(clock.NewReal(), 1000)

	<-clock.At(t.Context(), fast, fast.Now().Add(10*time.Second))
}

func TestAtIsLetGoWithItsContext(t *testing.T) {
	t.Parallel()
	fake := clock.NewFake(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	ctx, cancel := context.WithCancel(t.Context())
	due := clock.At(ctx, fake, fake.Now().Add(time.Second))

	cancel()
	fake.Advance(time.Minute)

	select {
	case <-due:
		t.Error("came after its context had ended")
	default:
	}
}

func TestScaledClockShowsTheMomentAtItsWallTime(t *testing.T) {
	t.Parallel()
	for _, speed := range []int{1, 7, 60} {
		base := clock.NewFake(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
		fast := clock.NewScaled(base, speed)
		due := fast.Now().Add(25*time.Second + 3*time.Millisecond)

		base.Advance(fast.Wall(due).Sub(base.Now()))

		if got := fast.Now(); got.Before(due) || got.Sub(due) >= time.Duration(speed)*time.Millisecond {
			t.Errorf("at speed %d the clock shows %s, want %s or just after", speed, got, due)
		}
	}
}
