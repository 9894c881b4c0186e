package bus_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"housecall/internal/clock"
)

func TestTimerFiresAsAnEventAtItsTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	heard := newEar()
	w.listen("timers", heard, "bell.silent")
	due := w.clock.Now().Add(400 * time.Millisecond)

	w.ring("bell_1", func(b *bell) { b.SetTimer("bell.silent", due) })

	got := next(t, heard.news)
	if got.Doc != "bell_1" || got.Kind != "bell.silent" || got.Due == nil || !got.Due.Equal(due) {
		t.Errorf("heard %+v", got)
	}
	if now := w.clock.Now(); now.Before(due) {
		t.Errorf("fired %v early", due.Sub(now))
	}
}

// setBack is a machine whose clock is off by so much, until somebody sets it right.
type setBack struct {
	start time.Time
	off   atomic.Int64
}

func (m *setBack) Read() (time.Time, time.Duration) {
	now := time.Now()
	return now.Add(time.Duration(m.off.Load())), now.Sub(m.start)
}

func TestTimersThatTheEngineWouldFireTwentyMinutesLateComeInTimeAfterTheMachineIsSetBack(t *testing.T) {
	t.Parallel()
	m := &setBack{start: time.Now()}
	m.off.Store(int64(20 * time.Minute))
	w := newWorld(t, func(w *world) { w.clock = clock.NewRealOn(m) })
	heard := newEar()
	w.listen("timers", heard, "bell.silent", "bell.later")
	due := w.clock.Now().Add(2 * time.Second)
	w.ring("bell_1", func(b *bell) {
		b.SetTimer("bell.silent", due)
		b.SetTimer("bell.later", due.Add(10*time.Minute))
	})
	w.settle()

	m.off.Store(0)

	got := next(t, heard.news)
	if got.Kind != "bell.silent" || got.Due == nil || !got.Due.Equal(due) {
		t.Errorf("heard %+v, want the timer that is due", got)
	}
	if now := w.clock.Now(); now.Before(due) {
		t.Errorf("fired %v early", due.Sub(now))
	}
}

func TestTimerSetAgainFiresOnceAndClearedOnesNever(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	heard := newEar()
	w.listen("timers", heard, "bell.silent", "bell.old", "bell.end")
	soon, later := w.clock.Now().Add(300*time.Millisecond), w.clock.Now().Add(700*time.Millisecond)

	w.ring("bell_1", func(b *bell) { b.SetTimer("bell.silent", soon); b.SetTimer("bell.old", soon) })
	w.settle()
	w.ring("bell_1", func(b *bell) { b.SetTimer("bell.silent", later); b.ClearTimer("bell.old") })
	w.ring("bell_2", func(b *bell) { b.SetTimer("bell.end", later.Add(300*time.Millisecond)) })

	first, second := next(t, heard.news), next(t, heard.news)
	if first.Kind != "bell.silent" || !first.Due.Equal(later) || second.Kind != "bell.end" {
		t.Errorf("heard %v at %v, then %v", first.Kind, first.Due, second.Kind)
	}
}

func TestLiveTimersAreSetAgainWhenTheirStreamIsLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	due := w.clock.Now().Add(time.Second)
	w.ring("bell_1", func(b *bell) { b.SetTimer("bell.silent", due); b.SetTimer("bell.never", due) })
	w.ring("bell_1", func(b *bell) { b.ClearTimer("bell.never") })
	w.settle()
	stop(t, w.bus)
	if err := os.RemoveAll(w.cfg.Dir); err != nil {
		t.Fatal(err)
	}

	w.open()
	heard := newEar()
	w.listen("timers", heard, "bell.*")

	if got := next(t, heard.news); got.Kind != "bell.silent" || got.Doc != "bell_1" {
		t.Errorf("heard %v", got)
	}
}

func TestTimerThatCameDueWhileStoppedFiresAfterTheStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.ring("bell_1", func(b *bell) { b.SetTimer("bell.silent", w.clock.Now().Add(30*time.Millisecond)) })
	w.settle()
	stop(t, w.bus)

	w.open()
	heard := newEar()
	w.listen("timers", heard, "bell.silent")

	if got := next(t, heard.news); got.Doc != "bell_1" {
		t.Errorf("heard %v", got)
	}
}

func TestAThousandTimersDueAtOnceAllFire(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	heard := newEar()
	w.listen("timers", heard, "bell.silent")
	const n = 1000
	due := w.clock.Now().Add(1500 * time.Millisecond)

	done := make(chan struct{})
	for worker := range 20 {
		go func() {
			defer func() { done <- struct{}{} }()
			for i := worker; i < n; i += 20 {
				w.ring(fmt.Sprintf("bell_%d", i), func(b *bell) { b.SetTimer("bell.silent", due) })
			}
		}()
	}
	for range 20 {
		<-done
	}

	seen := map[string]bool{}
	for len(seen) < n {
		seen[next(t, heard.news).Doc] = true
	}
	t.Logf("the last of %d was %v late", n, w.clock.Now().Sub(due))
}

// A copy of the folder taken while the engine runs is what a killed process leaves behind.
func TestKilledEngineLosesNothingThatItTook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	due := w.clock.Now().Add(time.Second)
	for i := range 50 {
		w.ring(fmt.Sprintf("bell_%d", i), emit("bell.rung", "1"))
	}
	w.ring("bell_t", func(b *bell) { b.SetTimer("bell.silent", due) })
	w.settle()
	left := filepath.Join(w.dir, "left")
	if err := os.CopyFS(left, os.DirFS(w.cfg.Dir)); err != nil {
		t.Fatal(err)
	}
	stop(t, w.bus)

	w.cfg.Dir = left
	w.open()
	heard := newEar()
	w.listen("late", heard)

	rung := map[string]bool{}
	for len(rung) < 51 {
		rung[next(t, heard.news).Doc] = true
	}
}
