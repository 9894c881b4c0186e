package dispatch_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"housecall/internal/dispatch"
	"housecall/internal/geo"
)

// drop is a bag for a door so many minutes north of the counter (south: below zero), due so many minutes after noon.
func drop(north, due float64) dispatch.Drop {
	const minute = 60 * 5.0 / 1.35 / 111_194.9 // degrees that a scooter rides in one
	return dispatch.Drop{
		Door:     geo.Point{Lat: 50 + north*minute, Lon: 10},
		Deadline: noon.Add(time.Duration(due * float64(time.Minute))),
	}
}

func TestALateBagMakesNoOtherLate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		drops []dispatch.Drop
		want  []int
	}{
		{"with time enough the nearer door is first", []dispatch.Drop{drop(6, 60), drop(-2, 60)}, []int{1, 0}},
		{"the one that would be late otherwise is first", []dispatch.Drop{drop(6, 10), drop(-2, 60)}, []int{0, 1}},
		{"one that is late by far waits for one that can be in time", []dispatch.Drop{drop(4, -20), drop(-4, 8)}, []int{1, 0}},
		{"in time by a hair is not in time: the other has minutes to spare", []dispatch.Drop{drop(3, 30), drop(-4, 15.5)}, []int{1, 0}},
		{"nothing on board", nil, []int{}},
		{"one bag", []dispatch.Drop{drop(1, 1)}, []int{0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got := dispatch.DoorOrder(dispatch.Scooter, nil, geo.Point{Lat: 50, Lon: 10}, noon, tt.drops)

			if !slices.Equal(got, tt.want) {
				t.Errorf("order = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestEveryDoorIsVisitedOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var drops []dispatch.Drop
		for range rapid.IntRange(0, 8).Draw(t, "bags") {
			drops = append(drops, drop(rapid.Float64Range(-20, 20).Draw(t, "north"), rapid.Float64Range(-60, 60).Draw(t, "due")))
		}

		got := dispatch.DoorOrder(dispatch.Scooter, nil, geo.Point{Lat: 50, Lon: 10}, noon, drops)

		slices.Sort(got)
		for i, n := range got {
			if i != n || len(got) != len(drops) {
				t.Fatalf("order of %d bags = %v", len(drops), got)
			}
		}
	})
}

func TestABagInHandWaitsForAnotherOnlyWhileThatIsNoDanger(t *testing.T) {
	t.Parallel()
	counter, soon := geo.Point{Lat: 50, Lon: 10}, noon.Add(2*time.Minute)
	tests := []struct {
		name string
		bags []dispatch.Drop
		want bool
	}{
		{"with nothing in hand there is nothing to leave with", nil, false},
		{"twenty minutes to spare", []dispatch.Drop{drop(3, 30)}, false},
		{"two minutes to spare", []dispatch.Drop{drop(3, 8)}, true},
		{"it would be late by as much as can be expected", []dispatch.Drop{drop(3, 6)}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got := dispatch.BetterLeave(dispatch.Scooter, nil, counter, noon, tt.bags, soon, drop(-3, 20))

			if got != tt.want {
				t.Errorf("leaves at once = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestWhatIsLateOnlyByTheMarginIsNotMadeLaterThanPromised(t *testing.T) {
	t.Parallel()
	plan := func(margin time.Duration, late bool) dispatch.Decision {
		tight, other := job(1), job(2)
		tight.ReadyAt, other.ReadyAt = noon, noon
		other.Door.Lat += 0.0001 // in the same street
		alone := dispatch.Plan(dispatch.State{Jobs: []dispatch.Job{tight}, Couriers: []dispatch.Courier{courier(1, 50)}}, noon)
		if len(alone.Offers) != 1 {
			t.Fatalf("offers = %+v, want one", alone.Offers)
		}
		tight.Deadline = alone.Offers[0].Stops[0].Arrival.Add(-150 * time.Second) // a second bag takes one more minute
		if late {
			tight.Deadline = tight.Deadline.Add(-time.Minute)
		}
		return dispatch.Plan(dispatch.State{Jobs: []dispatch.Job{tight, other}, Couriers: []dispatch.Courier{courier(1, 50)}, Margin: margin}, noon)
	}

	kept, lost, none := plan(3*time.Minute, false), plan(3*time.Minute, true), plan(0, false)

	if len(kept.Offers) != 1 || len(kept.Offers[0].Stops) != 1 || kept.Offers[0].Stops[0].Job != "job_1" {
		t.Errorf("half a minute before what was promised: offers = %+v, want that bag alone", kept.Offers)
	}
	for _, d := range []dispatch.Decision{lost, none} {
		if len(d.Offers) != 1 || len(d.Offers[0].Stops) != 2 {
			t.Errorf("promised or not, it is late alone too: offers = %+v, want both bags together", d.Offers)
		}
	}
}

func TestNoMoreBagsArePlannedForARideThanMayBeAsked(t *testing.T) {
	t.Parallel()
	state := dispatch.State{Couriers: []dispatch.Courier{courier(1, 50)}}
	for n := range dispatch.MostBags + 2 {
		j := job(n)
		j.ReadyAt, j.Deadline = noon, noon.Add(2*time.Hour)
		j.Door.Lat += float64(n) / 10_000
		state.Jobs = append(state.Jobs, j)
	}

	got := dispatch.Plan(state, noon)

	if len(got.Offers) != 1 || len(got.Offers[0].Stops) != dispatch.MostBags {
		t.Errorf("offers = %+v, want one of %d bags of the %d in one street", got.Offers, dispatch.MostBags, len(state.Jobs))
	}
	if len(got.Holds) != 2 {
		t.Errorf("holds = %+v, want the others meant for the ride after it", got.Holds)
	}
}

func TestEveryBagOfACounterTakesItsCode(t *testing.T) {
	t.Parallel()
	a, b := job(1), job(2)
	a.ReadyAt, b.ReadyAt = noon, noon
	b.Door = a.Door
	plan := func(jobs ...dispatch.Job) dispatch.Stop {
		d := dispatch.Plan(dispatch.State{Jobs: jobs, Couriers: []dispatch.Courier{courier(1, 50)}}, noon)
		if len(d.Offers) != 1 || len(d.Offers[0].Stops) != len(jobs) {
			t.Fatalf("offers = %+v, want one of all bags", d.Offers)
		}
		return d.Offers[0].Stops[0]
	}

	if one, two := plan(a), plan(a, b); two.Arrival.Sub(one.Arrival) != time.Minute {
		t.Errorf("the first door of one bag at %s, of two at %s; want a minute between them", one.Arrival, two.Arrival)
	}
}
