package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// hall is where people ask; each command waits until it is let through.
type hall struct {
	together[int, string]
	through chan struct{}
	all     sync.WaitGroup

	mu     sync.Mutex // guards groups
	groups [][]int
}

func newHall(begun bool) *hall {
	h := &hall{through: make(chan struct{})}
	h.begun = begun
	h.do = func(_ context.Context, collection string, all []int) []answer[string] {
		<-h.through
		h.mu.Lock()
		h.groups = append(h.groups, all)
		h.mu.Unlock()
		out := make([]answer[string], len(all))
		for i, n := range all {
			out[i].value = fmt.Sprint(collection, n)
			if n < 0 {
				out[i] = answer[string]{err: errors.New("not that")}
			}
			if n == 1313 {
				panic("broken")
			}
		}
		return out
	}
	return h
}

// ask has somebody ask, and stand where they will stand. What they heard can be read when all is over.
func (h *hall) ask(ctx context.Context, n int) *answer[string] {
	heard := &answer[string]{}
	h.all.Go(func() {
		defer func() { _ = recover() }()
		heard.value, heard.err = h.together.ask(ctx, "parcel", n)
	})
	synctest.Wait()
	return heard
}

// over lets every command through and waits until all have been answered.
func (h *hall) over() {
	close(h.through)
	h.all.Wait()
}

func TestWhoComesWhileACommandIsUnderWayGoesWithTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall(false)
		heard := make([]*answer[string], 101)
		for n := range heard {
			heard[n] = h.ask(t.Context(), n)
		}
		refused := h.ask(t.Context(), -1)

		h.over()

		sizes := []int{}
		for _, g := range h.groups {
			sizes = append(sizes, len(g))
		}
		if !slices.Equal(sizes, []int{1, mostTogether, 101 - mostTogether}) {
			t.Errorf("commands for %v", sizes)
		}
		for n, a := range heard {
			if a.err != nil || a.value != fmt.Sprint("parcel", n) {
				t.Errorf("%d heard %q, %v", n, a.value, a.err)
			}
		}
		if refused.err == nil {
			t.Error("what was refused to one was not")
		}
	})
}

func TestWhoIsAloneOrElsewhereWaitsForNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall(false)
		h.ask(t.Context(), 1)
		elsewhere := make(chan string)
		go func() {
			s, _ := h.together.ask(t.Context(), "order", 2)
			elsewhere <- s
		}()
		synctest.Wait()
		h.through <- struct{}{}
		h.through <- struct{}{}
		if got := <-elsewhere; got != "order2" {
			t.Errorf("another collection answered %q", got)
		}
		h.over()

		if n := len(h.groups); n != 2 {
			t.Errorf("%d commands, want two", n)
		}
	})
}

func TestWhoGoesBeforeTheirTurnIsNotAskedForAndKeepsBackNobody(t *testing.T) {
	t.Parallel()
	for _, begun := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			h := newHall(begun)
			first := h.ask(t.Context(), 1)
			gone, leave := context.WithCancel(t.Context())
			left := h.ask(gone, 2)
			stays := h.ask(t.Context(), 3)
			leave()
			synctest.Wait()

			h.over()

			if !errors.Is(left.err, context.Canceled) || first.err != nil || stays.value != "parcel3" || len(h.groups) != 2 || slices.Contains(h.groups[1], 2) {
				t.Errorf("heard %v, %v, %v, asked for %v", first, left, stays, h.groups)
			}
		})
	}
}

func TestWhoGoesWhenItHasBegunHearsOfAWriteWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	for _, begun := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			h := newHall(begun)
			h.ask(t.Context(), 1)
			leader, leaderLeaves := context.WithCancel(t.Context())
			follower, followerLeaves := context.WithCancel(t.Context())
			leads, follows, stays := h.ask(leader, 2), h.ask(follower, 3), h.ask(t.Context(), 4)
			h.through <- struct{}{}
			synctest.Wait() // the second command is under way
			leaderLeaves()
			followerLeaves()
			synctest.Wait()

			h.over()

			if leads.value != "parcel2" || stays.value != "parcel4" || begun != (follows.value == "parcel3") || begun == errors.Is(follows.err, context.Canceled) {
				t.Errorf("begun %v: heard %v, %v, %v", begun, leads, follows, stays)
			}
		})
	}
}

func TestPanicOfOneCommandEndsItForAllItWasForAndTheNextGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall(true)
		h.ask(t.Context(), 1)
		h.ask(t.Context(), 1313)
		with := h.ask(t.Context(), 2)
		h.through <- struct{}{}
		synctest.Wait()
		next := h.ask(t.Context(), 3)

		h.over()

		if !errors.Is(with.err, errBroken) || next.value != "parcel3" || next.err != nil {
			t.Errorf("heard %v with it and %v after", with, next)
		}
	})
}

func TestCommandThatHangsKeepsNobodyBackForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall(true)
		do, hung := h.do, atomic.Bool{}
		h.do = func(ctx context.Context, collection string, all []int) []answer[string] {
			if hung.CompareAndSwap(false, true) {
				return do(ctx, collection, all)
			}
			return []answer[string]{{value: "elsewhere"}}
		}
		hangs := h.ask(t.Context(), 1)
		later, last := h.ask(t.Context(), 2), h.ask(t.Context(), 3)
		<-time.After(patience + time.Millisecond)
		synctest.Wait()

		if later.value != "elsewhere" || last.value != "elsewhere" || hangs.value != "" {
			t.Errorf("heard %v and %v while the first %v", later, last, hangs)
		}
		h.over()
		if hangs.value != "parcel1" {
			t.Errorf("the first heard %v", hangs)
		}
	})
}
