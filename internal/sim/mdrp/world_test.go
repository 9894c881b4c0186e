package mdrp

import (
	"slices"
	"testing"
)

// twoShops is a tiny town: two shops, a courier at each, three orders.
func twoShops() *Instance {
	return &Instance{
		Name: "town", Speed: 100, HalfPick: 2, HalfDrop: 2, Target: 40, Unserved: 90, PerOrder: 10, PerHour: 15,
		Shops:    []Shop{{"r1", 0, 0}, {"r2", 1000, 0}},
		Couriers: []Courier{{"c1", 0, 500, 10, 100}, {"c2", 1000, 500, 0, 30}},
		Orders:   []Order{{"o1", 500, 0, 12, 0, 20}, {"o2", 600, 0, 15, 0, 25}, {"o3", 1500, 0, 12, 1, 20}},
	}
}

func TestTheWorldRefusesWhatTheRulesForbid(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		act  func(w *world) error
	}{
		{"a courier moved before the shift", func(w *world) error { w.advance(9); return w.send(&w.riders[0], 0) }},
		{"a courier moved after the shift", func(w *world) error { w.advance(31); return w.send(&w.riders[1], 0) }},
		{"a courier diverted under way", func(w *world) error {
			w.advance(12)
			_ = w.send(&w.riders[0], 0)
			return w.send(&w.riders[0], 1)
		}},
		{"an order given before it is placed", func(w *world) error {
			w.advance(12)
			_ = w.send(&w.riders[0], 0)
			return w.give(0, []int{1})
		}},
		{"an order of another shop", func(w *world) error {
			w.advance(12)
			_ = w.send(&w.riders[0], 0)
			return w.give(0, []int{2})
		}},
		{"an order twice in one bundle", func(w *world) error {
			w.advance(12)
			_ = w.send(&w.riders[0], 0)
			return w.give(0, []int{0, 0})
		}},
		{"an order for a courier who goes nowhere", func(w *world) error { w.advance(12); return w.give(0, []int{0}) }},
		{"an order that is on board already", func(w *world) error {
			ride(w, 12, 30)
			_ = w.send(&w.riders[1], 0)
			return w.give(1, []int{0})
		}},
		{"a courier sent away with bags on board", func(w *world) error { ride(w, 12, 21); return w.send(&w.riders[0], 1) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(twoShops())

			if err := tt.act(w); err == nil {
				t.Error("it was done")
			}
		})
	}
}

// ride has the first courier go for the first order and plays on to a minute.
func ride(w *world, from, to int) {
	w.advance(from)
	_ = w.send(&w.riders[0], 0)
	_ = w.give(0, []int{0})
	for minute := from; minute <= to; minute++ {
		w.advance(minute)
		w.collect()
	}
}

func TestADayGoesByTheBenchmarksMinutes(t *testing.T) {
	t.Parallel()
	w := newWorld(twoShops())

	ride(w, 12, 40)

	want := Delivery{Order: "o1", Placed: 12, Ready: 20, Pickup: 20, Dropoff: 29, Courier: "c1"} // 20, 2 after, 5 of way, 2 before
	if got := w.out.Deliveries; !slices.Equal(got, []Delivery{want}) {
		t.Errorf("deliveries = %+v, want %+v", got, want)
	}
	if r := w.riders[0]; r.free != 31 || r.doing != idle {
		t.Errorf("free at %d and doing %d, want idle from 31", r.free, r.doing)
	}
	if got := w.riders[0].moves; !slices.Equal(got, []Movement{{"c1", 12, "0", "r1"}, {"c1", 22, "r1", "o1"}}) {
		t.Errorf("movements = %+v", got)
	}
}

func TestNothingIsCollectedAfterTheShiftsEnd(t *testing.T) {
	t.Parallel()
	in := twoShops()
	in.Orders[2].Ready = 31 // c2 goes off at 30
	w := newWorld(in)
	w.advance(12)
	_ = w.send(&w.riders[1], 1)
	_ = w.give(1, []int{2})

	for minute := 12; minute < 60; minute++ {
		w.advance(minute)
		w.collect()
	}

	if len(w.out.Deliveries) != 0 {
		t.Errorf("deliveries = %+v, want none", w.out.Deliveries)
	}
}

func TestAnOrderReadyLaterIsNotSeenWhereReadyTimesAreNoisy(t *testing.T) {
	t.Parallel()
	in := twoShops()
	in.Orders[1].Ready = 75 // 60 minutes of preparation; o1 has 8: a mean of 34
	v, w := newView(in, Rules{NoisyReady: true}), newWorld(in)
	w.advance(15)

	if got := v.ready(w, &in.Orders[1]); got != 15+34 {
		t.Errorf("ready = %d, want placement and the shop's mean", got)
	}
	w.advance(60)
	if got := v.ready(w, &in.Orders[1]); got != 61 {
		t.Errorf("ready = %d, want the next minute: overdue, and nothing else known", got)
	}
	w.advance(75)
	if got := v.ready(w, &in.Orders[1]); got != 75 {
		t.Errorf("ready = %d, want what it is", got)
	}
}

func TestWhereOnlyTheMeanIsKnownMostOrdersAreCountedOnSooner(t *testing.T) {
	t.Parallel()
	in := twoShops()
	in.Orders[1].Ready = 75 // 60 minutes of preparation; o1 has 8: a mean of 34
	noisy, plain, w := newView(in, Rules{NoisyReady: true}), newView(in, Rules{}), newWorld(in)
	for _, x := range []struct{ now, want int }{{15, 15 + 31}, {48, 49}, {75, 75}} {
		w.advance(x.now)
		if got := noisy.expected(w, &in.Orders[1]); got != x.want {
			t.Errorf("at %d the order is counted on at %d, want %d", x.now, got, x.want)
		}
	}
	if got := plain.expected(w, &in.Orders[1]); got != 75 {
		t.Errorf("where ready times are known %d is counted on, want 75", got)
	}
}
