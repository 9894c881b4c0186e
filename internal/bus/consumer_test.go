package bus_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"housecall/internal/bus"
	"housecall/internal/clock"
	"housecall/internal/event"
	"housecall/internal/fault"
)

func TestEventReachesEveryConsumerThatNamesItsKind(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	one, all, none := newEar(), newEar(), newEar()
	w.listen("one", one, "bell.rung")
	w.listen("all", all)
	w.listen("none", none, "bell.cracked", "other.*")

	w.ring("bell_1", emit("bell.rung", "1"))
	w.settle()

	got := one.all()
	if len(got) != 1 || got[0].Doc != "bell_1" || got[0].Kind != "bell.rung" || got[0].Data["n"] != "1" || got[0].ID == "" {
		t.Errorf("one heard %+v", got)
	}
	if len(all.all()) != 1 || len(none.all()) != 0 {
		t.Errorf("all heard %d, none heard %d", len(all.all()), len(none.all()))
	}
}

func TestEventsOfOneDocumentAreHandledInOrderUnderLoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const docs, each = 8, 25
	var wrong atomic.Int64
	last := map[string]*atomic.Int64{}
	for d := range docs {
		last[fmt.Sprintf("bell_%d", d)] = &atomic.Int64{}
	}
	ear := newEar()
	w.subscribe("order", func(ctx context.Context, e event.Event) error {
		var n int64
		_, _ = fmt.Sscan(e.Data["n"], &n)
		if n%9 == 0 && last[e.Doc].CompareAndSwap(n-1, -n) {
			return errors.New("not now") // tried again, and nothing overtakes it
		}
		if was := last[e.Doc].Swap(n); was != n-1 && was != -n {
			wrong.Add(1)
		}
		return ear.hear(ctx, e)
	})

	done := make(chan struct{})
	for d := range docs {
		go func() {
			defer func() { done <- struct{}{} }()
			for n := 1; n <= each; n += 5 {
				w.ring(fmt.Sprintf("bell_%d", d), func(b *bell) {
					for i := range 5 {
						b.Emit(event.Event{Kind: "bell.rung", Data: map[string]string{"n": fmt.Sprint(n + i)}})
					}
				})
			}
		}()
	}
	for range docs {
		<-done
	}
	w.settle()

	if len(ear.all()) != docs*each || wrong.Load() != 0 {
		t.Errorf("heard %d of %d, %d out of order", len(ear.all()), docs*each, wrong.Load())
	}
}

func TestFailingDocumentDoesNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) { w.cfg.Backoff = []time.Duration{time.Hour} })
	heard := newEar()
	w.subscribe("some", func(ctx context.Context, e event.Event) error {
		if e.Doc == "bell_bad" {
			return errors.New("no")
		}
		return heard.hear(ctx, e)
	})

	for range 20 {
		w.ring("bell_bad", emit("bell.rung", "x"))
	}
	w.ring("bell_good", emit("bell.rung", "1"))

	if got := next(t, heard.news); got.Doc != "bell_good" {
		t.Errorf("heard %v", got)
	}
}

func TestEventThatCantBeHandledBecomesADeadLetterThatCanBeReplayed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var tries, other atomic.Int64
	broken := atomic.Bool{}
	broken.Store(true)
	heard := newEar()
	w.subscribe("shaky", func(ctx context.Context, e event.Event) error {
		tries.Add(1)
		if broken.Load() && e.Data["n"] == "1" {
			return errors.New("pay_77 is not there")
		}
		return heard.hear(ctx, e)
	})
	w.subscribe("other", func(context.Context, event.Event) error { other.Add(1); return nil })

	w.ring("bell_1", emit("bell.rung", "1"))
	w.ring("bell_1", emit("bell.rung", "2"))
	w.settle()

	letters, err := w.bus.Dead(t.Context())
	if err != nil || len(letters) != 1 {
		t.Fatalf("dead letters = %v, %v", letters, err)
	}
	if l := letters[0]; l.Consumer != "shaky" || l.Event.Data["n"] != "1" || l.Tries != 3 || l.Cause != "pay_77 is not there" {
		t.Errorf("dead letter = %+v", l)
	}
	if got := heard.all(); len(got) != 1 || got[0].Data["n"] != "2" {
		t.Errorf("the next event was not handled: %v", got)
	}

	broken.Store(false)
	if err := w.bus.Replay(t.Context(), letters[0].Seq); err != nil {
		t.Fatal(err)
	}
	w.settle()

	if got := heard.all(); len(got) != 2 || got[1].Data["n"] != "1" {
		t.Errorf("after replay heard %v", got)
	}
	if other.Load() != 2 {
		t.Errorf("the replay went to a consumer that had handled it: %d", other.Load())
	}
	letters, _ = w.bus.Dead(t.Context())
	if err := w.bus.Replay(t.Context(), 1); len(letters) != 0 || !fault.Is(err, fault.NotFound) {
		t.Errorf("left %v; second replay: %v", letters, err)
	}
}

func TestPanicInAHandlerIsAnErrorThatTellsNothingOfAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.subscribe("jumpy", func(context.Context, event.Event) error { panic("Zhang Wei, born 1951") })

	w.ring("bell_1", emit("bell.rung", "1"))
	w.settle()

	letters, err := w.bus.Dead(t.Context())
	if err != nil || len(letters) != 1 || letters[0].Cause != "panic with a string" {
		t.Errorf("dead letters = %+v, %v", letters, err)
	}
}

func TestTwoConsumersCantShareAName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.listen("mail", newEar())

	err := w.bus.Subscribe(bus.Consumer{Name: "mail", Handle: newEar().hear})

	if err == nil {
		t.Error("a second consumer of the same name was accepted")
	}
}

func TestStopWaitsForHandlersAndLeavesNothingRunning(t *testing.T) {
	w := newWorld(t, nil)
	begun, finish := make(chan struct{}), make(chan struct{})
	var handled atomic.Bool
	w.subscribe("slow", func(context.Context, event.Event) error {
		close(begun)
		<-finish
		handled.Store(true)
		return nil
	})
	feed, err := w.bus.Feed(t.Context(), []string{"acc_1"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.bus.Lease(t.Context(), "zone", "me"); err != nil {
		t.Fatal(err)
	}
	w.ring("bell_1", emit("bell.rung", "1"))
	<-begun

	time.AfterFunc(20*time.Millisecond, func() { close(finish) })
	stop(t, w.bus)

	if !handled.Load() {
		t.Error("stop did not wait for the handler")
	}
	for range feed {
	}
	if left := ours(); left != "" {
		t.Errorf("goroutines are left:\n%s", left)
	}
	if err := w.bus.Subscribe(bus.Consumer{Name: "late", Handle: newEar().hear}); err == nil {
		t.Error("a stopped bus took a consumer")
	}
}

// ours lists goroutines of a bus or its engine. Tests that run beside this one have theirs, so it is the
// one test that is not parallel: it runs before those.
func ours() string {
	for try := 0; ; try++ {
		buf := make([]byte, 1<<20)
		var left []string
		for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if strings.Contains(g, "testing.tRunner") || strings.Contains(g, "docstore/sqlite") {
				continue
			}
			if strings.Contains(g, "housecall/internal/bus") || strings.Contains(g, "nats-io") {
				left = append(left, g)
			}
		}
		if len(left) == 0 || try == 100 {
			return strings.Join(left, "\n\n")
		}
		<-time.After(10 * time.Millisecond)
	}
}

func TestStopThatCantWaitCutsHandlersShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	begun := make(chan struct{})
	w.subscribe("stuck", func(ctx context.Context, _ event.Event) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	})
	w.ring("bell_1", emit("bell.rung", "1"))
	<-begun

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	err := w.bus.Stop(ctx)

	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("stop = %v", err)
	}
}

func TestEventNotHandledBeforeAStopIsHandledAfterTheStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) { w.cfg.Backoff = []time.Duration{time.Hour} })
	tried := make(chan struct{}, 10)
	w.subscribe("later", func(context.Context, event.Event) error { tried <- struct{}{}; return errors.New("not yet") })
	w.ring("bell_1", emit("bell.rung", "1"))
	next(t, tried)
	w.ring("bell_1", emit("bell.rung", "2"))
	stop(t, w.bus)
	w.ring("bell_1", emit("bell.rung", "3"))

	w.open()
	heard := newEar()
	w.listen("later", heard)
	w.settle()

	got := heard.all()
	if len(got) != 3 || got[0].Data["n"] != "1" || got[1].Data["n"] != "2" || got[2].Data["n"] != "3" {
		t.Errorf("heard %v, want 1 2 3", got)
	}
}

func TestTimersOfDaysFireAtOnceWhenTheClockOfATestIsAdvanced(t *testing.T) {
	t.Parallel()
	fake := clock.NewFake(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))
	w := newWorld(t, func(w *world) { w.clock, w.cfg.ClockTimers = fake, fake })
	heard := newEar()
	w.listen("timers", heard, "bell.silent", "bell.old")
	w.ring("bell_1", func(b *bell) {
		b.SetTimer("bell.old", fake.Now().Add(72*time.Hour))
		b.SetTimer("bell.silent", fake.Now().Add(time.Hour))
	})
	w.settle()

	fake.Advance(59 * time.Minute)
	w.settle()
	if len(heard.all()) != 0 {
		t.Fatalf("fired early: %v", heard.all())
	}
	fake.Advance(100 * time.Hour)
	w.settle()

	got := heard.all()
	if len(got) != 2 || got[0].Kind != "bell.silent" || got[1].Kind != "bell.old" {
		t.Errorf("heard %v", got)
	}
}

func TestStopDoesNotWaitForALongBacklogAndNothingOfItIsLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const docs, each, inHand = 300, 10, 8
	begun, release := make(chan struct{}, docs*each), make(chan struct{})
	first := newEar()
	w.subscribe("slow", func(ctx context.Context, e event.Event) error {
		begun <- struct{}{}
		<-release
		return first.hear(ctx, e)
	})
	for d := range docs {
		w.ring(fmt.Sprintf("bell_%d", d), func(b *bell) {
			for n := range each {
				b.Emit(event.Event{Kind: "bell.rung", Data: map[string]string{"n": fmt.Sprintf("%d/%d", d, n)}})
			}
		})
	}
	for range inHand {
		next(t, begun)
	}
	screen, err := w.bus.Feed(t.Context(), []string{"operators"}, 0)
	if err != nil {
		t.Fatal(err)
	}

	stopped := make(chan struct{})
	go func() { defer close(stopped); stop(t, w.bus) }()
	for range screen {
	}
	close(release)
	<-stopped

	if n := len(first.all()); n < inHand || n > docs*each/2 {
		t.Errorf("%d of %d were handled before the stop, want those in hand and few more", n, docs*each)
	}
	second := newEar()
	w.open()
	w.listen("slow", second)
	w.settle()
	times := map[string]int{}
	for _, e := range append(first.all(), second.all()...) {
		times[e.Data["n"]]++
	}
	if len(times) != docs*each {
		t.Errorf("%d of %d were ever handled", len(times), docs*each)
	}
}

// warnings counts what an operator would read of events that were refused.
type warnings struct {
	slog.Handler
	n *atomic.Int64
}

func (h warnings) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }
func (h warnings) WithAttrs([]slog.Attr) slog.Handler           { return h }

func (h warnings) Handle(context.Context, slog.Record) error {
	h.n.Add(1)
	return nil
}

func TestEventThatComesTooEarlyIsTriedAgainWithoutAWarning(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		early int64 // tries
		warns bool
	}{
		{"what it stands on comes a moment later", 3, false},
		{"what it stands on does not come", 5, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var warned, tries atomic.Int64
			w := newWorld(t, func(w *world) {
				w.log = slog.New(warnings{slog.DiscardHandler, &warned})
				w.cfg.Backoff = slices.Repeat([]time.Duration{time.Millisecond}, 8)
			})
			heard := newEar()
			w.subscribe("door", func(ctx context.Context, e event.Event) error {
				if tries.Add(1) <= c.early {
					return bus.Early(errors.New("it has not left yet"))
				}
				return heard.hear(ctx, e)
			})

			w.ring("bell_1", emit("bell.rung", "1"))
			next(t, heard.news)

			if warned.Load() > 0 != c.warns {
				t.Errorf("an operator was warned %d times", warned.Load())
			}
		})
	}
}
