package dispatcher_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/delivery"
	"housecall/internal/dispatch"
	"housecall/internal/geo"
	"housecall/internal/id"
)

// river is a road map on which whoever is north of the counter has to go round by a bridge an hour away.
type river struct {
	mu    sync.Mutex // guards asked, dead
	asked int
	dead  bool
}

func (r *river) Table(_ context.Context, v dispatch.Vehicle, from, to []geo.Point) (dispatch.Table, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	t := dispatch.Table{Times: map[dispatch.Leg]time.Duration{}}
	if r.dead {
		return t, errors.New("no answer")
	}
	for _, a := range from {
		for _, b := range to {
			took := 5 * time.Minute
			if (a.Lat > counter.Lat) != (b.Lat > counter.Lat) && a.Lat-counter.Lat < 0.005 {
				took = time.Hour
			}
			t.Times[dispatch.Leg{Vehicle: v, From: a, To: b}] = took
		}
	}
	return t, nil
}

func (r *river) questions() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked
}

func TestWhoIsNearByRoadIsSentAndNotWhoIsNearAcrossTheRiver(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	across := c.courier(t, 1) // 110 metres north
	far := c.courier(t, -9)   // a kilometre south
	source := &river{}
	c.dispatchBy(t, c.Service, nil, source)

	job := c.order(t, 1)

	c.until(t, "the offer", func() bool { return c.job(t, job).State == delivery.Offered })
	if got := c.job(t, job).Courier; got != far.Account {
		t.Errorf("offered to %s, want %s: %s has to go round by the bridge", got, far.Account, across.Account)
	}
	if source.questions() == 0 {
		t.Error("nobody asked for the ways by road")
	}
}

func TestAZoneIsPlannedByDistanceWhereTheRoadServerIsSilent(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	near := c.courier(t, 1)
	c.courier(t, 9)
	c.dispatchBy(t, c.Service, nil, &river{dead: true})

	job := c.order(t, 1)

	c.until(t, "the offer", func() bool { return c.job(t, job).Courier == near.Account })
}

func TestAnIdleCourierIsAskedToWaitWhereSomethingWasOrdered(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.courier(t, 0)
	idle := c.courier(t, 9)
	c.clock.Advance(11 * time.Minute)
	for _, n := range []int{0, 9} { // both are still heard
		at := counter
		at.Lat += float64(n) * 0.001
		_, err := c.Report(t.Context(), access.Actor{Account: id.Account(fmt.Sprintf("acc_c%d", n)), Role: access.Courier}, []delivery.Position{{At: c.clock.Now(), Point: at}})
		must(t, err)
	}
	c.dispatch(t, nil)

	c.order(t, 1)

	c.until(t, "a place to wait", func() bool {
		shifts, err := c.Shifts(t.Context(), house, c.zone)
		must(t, err)
		for _, h := range shifts {
			if h.Courier == idle.Account && h.WaitAt == counter {
				return true
			}
		}
		return false
	})
}
