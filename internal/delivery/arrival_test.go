package delivery_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"housecall/internal/delivery"
	"housecall/internal/dispatch"
	"housecall/internal/geo"
	"housecall/internal/roads"
)

// hills is a road map on which every way takes twenty minutes, until it is closed.
type hills struct {
	mu     sync.Mutex // guards closed, asked
	closed bool
	asked  int
}

func (r *hills) Table(_ context.Context, v dispatch.Vehicle, from, to []geo.Point) (dispatch.Table, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	t := dispatch.Table{Times: map[dispatch.Leg]time.Duration{}}
	if r.closed {
		return t, errors.New("no answer")
	}
	for _, a := range from {
		for _, b := range to {
			t.Times[dispatch.Leg{Vehicle: v, From: a, To: b}] = 20 * time.Minute
		}
	}
	return t, nil
}

// byRoad is a second node over the same store that knows the roads.
func (w *world) byRoad(t *testing.T, source roads.Source) *delivery.Service {
	t.Helper()
	s, err := delivery.New(t.Context(), delivery.Deps{
		Store: w.store, Clock: w.clock, Guard: w.guard, Vetting: w, Names: w, Roads: roads.NewBook(source, w.clock),
		Secret: []byte("0123456789abcdef0123456789abcdef"),
	})
	must(t, err)
	return s
}

func TestWhoWaitsIsToldAnArrivalTimeByRoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.to(t, delivery.Collected)
	source := &hills{}
	node := w.byRoad(t, source)

	crow, err := w.Track(t.Context(), mum, order1)
	must(t, err)
	first, err := node.Track(t.Context(), mum, order1)
	must(t, err)
	again, err := node.Track(t.Context(), mum, order1)
	must(t, err)

	want := w.clock.Now().Add(20*time.Minute + dispatch.DoorTime())
	if !first.Arrives.Equal(want) || !again.Arrives.Equal(want) || crow.Arrives.Equal(want) {
		t.Errorf("by road they come at %s and %s, by distance at %s; want %s by road alone", first.Arrives, again.Arrives, crow.Arrives, want)
	}
	if source.asked != 1 {
		t.Errorf("the road server was asked %d times for two looks, want once", source.asked)
	}
}

func TestWhoWaitsIsToldByDistanceWhileTheRoadServerIsSilent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.to(t, delivery.Accepted)
	node := w.byRoad(t, &hills{closed: true})
	want, err := w.Track(t.Context(), mum, order1)
	must(t, err)

	got, err := node.Track(t.Context(), mum, order1)

	if err != nil || !got.Arrives.Equal(want.Arrives) {
		t.Errorf("arrives = %v (%v), want %s, by distance", got, err, want.Arrives)
	}
}

func TestACourierWhoIsNearIsMeasuredToTheStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.to(t, delivery.Collected)
	w.clock.Advance(3 * time.Minute)
	near := delivery.Position{At: w.clock.Now(), Point: geo.Point{Lat: doorAt.Lat - 0.001, Lon: doorAt.Lon}}
	_, err := w.Report(t.Context(), w.as(ann), []delivery.Position{near})
	must(t, err)
	want, err := w.Track(t.Context(), mum, order1)
	must(t, err)

	got, err := w.byRoad(t, &hills{}).Track(t.Context(), mum, order1)

	if err != nil || !got.Arrives.Equal(want.Arrives) {
		t.Errorf("a hundred metres from the door they come at %v (%v), want %s", got, err, want.Arrives)
	}
}
