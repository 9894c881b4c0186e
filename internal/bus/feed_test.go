package bus_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"housecall/internal/bus"
	"housecall/internal/fault"
)

func follow(t *testing.T, w *world, after uint64, topics ...string) (<-chan bus.FeedItem, func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	items, err := w.bus.Feed(ctx, topics, after)
	if err != nil {
		t.Fatal(err)
	}
	return items, func() {
		cancel()
		for range items {
		}
	}
}

func TestFeedResumesWithoutLosingOrDoubling(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	items, end := follow(t, w, 0, "acc_1", "operators")
	if first := next(t, items); !first.Reset {
		t.Fatalf("a new feed begins with %+v, want a reset", first)
	}
	const n = 40
	for i := range n {
		// Each goes to both topics of this reader, in turn named first, and to a stranger.
		to := []string{"acc_1", "operators", "acc_2"}
		if i%2 == 1 {
			to = []string{"operators", "acc_2", "acc_1"}
		}
		w.ring("bell_1", emit("bell.rung", fmt.Sprint(i), to...))
	}

	var got []string
	var last uint64
	for len(got) < n {
		item := next(t, items)
		got, last = append(got, item.Event.Data["n"]), item.Seq
		if len(got)%7 == 0 { // the network drops
			end()
			items, end = follow(t, w, last, "acc_1", "operators")
		}
	}
	defer end()

	for i, s := range got {
		if s != fmt.Sprint(i) {
			t.Fatalf("item %d is %s: %v", i, s, got)
		}
	}
}

// ringOften has one change announce many things at once.
func (w *world) ringOften(from, until int, to ...string) {
	w.ring("bell_1", func(b *bell) {
		for n := from; n < until; n++ {
			emit("bell.rung", fmt.Sprint(n), to...)(b)
		}
	})
}

// rungUntil reads until this one came, and answers what came, and the last place.
func rungUntil(t *testing.T, items <-chan bus.FeedItem, last string) (got []string, at uint64) {
	t.Helper()
	for len(got) == 0 || got[len(got)-1] != last {
		item := next(t, items)
		if item.Reset {
			t.Fatal("begun anew")
		}
		got, at = append(got, item.Event.Data["n"]), item.Seq
	}
	return got, at
}

func inTurn(t *testing.T, got []string, from int) {
	t.Helper()
	for i, s := range got {
		if s != fmt.Sprint(from+i) {
			t.Fatalf("item %d is %s, want %d", i, s, from+i)
		}
	}
}

func TestFeedResumesFromWhatIsNoLongerAtHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.bus.KeepAtHand(10)
	items, end := follow(t, w, 0, "acc_1")
	next(t, items)
	w.ringOften(0, 1, "acc_1")
	_, begin := rungUntil(t, items, "0")
	w.ringOften(1, 200, "acc_2", "acc_1")
	rungUntil(t, items, "199")
	end()

	items, end = follow(t, w, begin, "acc_1")
	defer end()
	w.ringOften(200, 220, "acc_1")

	got, _ := rungUntil(t, items, "219")
	inTurn(t, got, 1)
}

func TestSlowReaderIsLetGoAndMissesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	items, _ := follow(t, w, 0, "acc_1")
	next(t, items)
	watcher, end := follow(t, w, 0, "acc_1")
	defer end()
	next(t, watcher)
	const n = 6000
	for i := 0; i < n; i += 500 {
		w.ringOften(i, i+500, "acc_1")
		rungUntil(t, watcher, fmt.Sprint(i+499)) // who reads along hears all of it
	}

	var got []string
	var last uint64
	for item := range items { // until it is closed
		got, last = append(got, item.Event.Data["n"]), item.Seq
	}
	again, end := follow(t, w, last, "acc_1")
	defer end()
	rest, _ := rungUntil(t, again, fmt.Sprint(n-1))

	inTurn(t, append(got, rest...), 0)
}

func TestThousandsOfScreensFollowAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const screens = 3000
	all := make([]<-chan bus.FeedItem, 0, screens)
	for i := range screens {
		items, err := w.bus.Feed(t.Context(), []string{fmt.Sprint("acc_", i), "operators"}, 0)
		if err != nil {
			t.Fatalf("screen %d: %v", i, err)
		}
		next(t, items)
		all = append(all, items)
	}

	w.ring("bell_1", emit("bell.rung", "1", "operators"))

	for i, items := range all {
		if got := next(t, items); got.Event.Data["n"] != "1" {
			t.Fatalf("screen %d heard %v", i, got.Event.Data)
		}
	}
}

func TestFeedShowsNothingOfStrangers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	items, end := follow(t, w, 0, "acc_1")
	defer end()
	next(t, items)

	w.ring("bell_1", emit("bell.rung", "theirs", "acc_2"))
	w.ring("bell_1", emit("bell.rung", "nobody's"))
	w.ring("bell_1", emit("bell.rung", "mine", "acc_1"))

	if got := next(t, items); got.Event.Data["n"] != "mine" {
		t.Errorf("heard %v", got.Event.Data)
	}
}

func TestFeedSaysWhenItCantResume(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)

	items, end := follow(t, w, 4711, "acc_1") // from a stream that was lost since
	defer end()

	if got := next(t, items); !got.Reset {
		t.Errorf("got %+v, want a reset", got)
	}
}

func TestFeedResumesAcrossARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	items, _ := follow(t, w, 0, "acc_1")
	next(t, items)
	w.ring("bell_1", emit("bell.rung", "1", "acc_1"))
	seen := next(t, items)
	stop(t, w.bus)
	w.ring("bell_1", emit("bell.rung", "2", "acc_1"))

	w.open()
	items, end := follow(t, w, seen.Seq, "acc_1")
	defer end()

	if got := next(t, items); got.Reset || got.Event.Data["n"] != "2" {
		t.Errorf("got %+v, want 2", got)
	}
}

func TestFeedsEndBeforeTheBusDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	items, _ := follow(t, w, 0, "acc_1")
	next(t, items)

	w.bus.EndFeeds()

	if item, open := <-items; open {
		t.Errorf("got %+v, want the end", item)
	}
	if _, err := w.bus.Feed(t.Context(), []string{"acc_1"}, 0); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a new feed: %v", err)
	}
	heard := newEar()
	w.listen("still", heard)
	w.ring("bell_1", emit("bell.rung", "1"))
	next(t, heard.news)
}

func TestLeaseHasOneHolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) { w.cfg.LeaseTTL = 300 * time.Millisecond })
	mine, err := w.bus.Lease(t.Context(), "zone_1", "node_a")
	if err != nil {
		t.Fatal(err)
	}

	_, err = w.bus.Lease(t.Context(), "zone_1", "node_b")
	if !errors.Is(err, bus.ErrHeld) {
		t.Fatalf("second holder: %v", err)
	}
	select {
	case <-mine.Lost():
		t.Fatal("lost while renewed")
	case <-time.After(700 * time.Millisecond): // longer than the time to live
	}
	if _, err = w.bus.Lease(t.Context(), "zone_1", "node_b"); !errors.Is(err, bus.ErrHeld) {
		t.Fatalf("second holder after the time to live: %v", err)
	}
	mine.Release()
	<-mine.Lost()
	theirs, err := w.bus.Lease(t.Context(), "zone_1", "node_b")
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	theirs.Release()
}

func TestHolderThatComesBackTakesItsLeaseFromItsOldSelf(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) { w.cfg.LeaseTTL = 300 * time.Millisecond })
	old, err := w.bus.Lease(t.Context(), "zone_1", "node_a")
	if err != nil {
		t.Fatal(err)
	}

	again, err := w.bus.Lease(t.Context(), "zone_1", "node_a")
	if err != nil {
		t.Fatal(err)
	}
	next(t, closed(old.Lost()))
	select {
	case <-again.Lost():
		t.Error("the new self lost it too")
	default:
	}
}

func closed(c <-chan struct{}) <-chan bool {
	out := make(chan bool, 1)
	go func() { <-c; out <- true }()
	return out
}

func TestBroadcastReachesWhoListens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	heard := make(chan string, 1)
	end, err := w.bus.Listen("session.revoked", func(data []byte) { heard <- string(data) })
	if err != nil {
		t.Fatal(err)
	}
	defer end()

	if err := w.bus.Broadcast("session.revoked", []byte("ses_1")); err != nil {
		t.Fatal(err)
	}

	if got := next(t, heard); got != "ses_1" {
		t.Errorf("heard %q", got)
	}
}
