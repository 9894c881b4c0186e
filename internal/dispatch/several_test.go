package dispatch_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"housecall/internal/dispatch"
	"housecall/internal/geo"
	"housecall/internal/id"
)

// neighbours are two pharmacies side by side, each with a bag for the same far street.
func neighbours() (a, b dispatch.Job) {
	a, b = job(1), job(2)
	a.From, b.From = "phm_a", "phm_b"
	b.Pharmacy.Lon, b.Door.Lon = 10.001, 10.001
	a.ReadyAt, b.ReadyAt = noon, noon
	a.Door.Lat, b.Door.Lat = 50.02, 50.02
	return a, b
}

func TestOneRideCollectsAtTwoCountersBesideEachOther(t *testing.T) {
	t.Parallel()
	a, b := neighbours()
	state := dispatch.State{Jobs: []dispatch.Job{a, b}, Couriers: []dispatch.Courier{courier(1, 50)}, Counters: dispatch.MostCounters}

	got := dispatch.Plan(state, noon)

	if len(got.Offers) != 1 || len(got.Offers[0].Stops) != 2 || len(got.Offers[0].Ask) != 2 || len(got.Late) != 0 {
		t.Fatalf("offers = %+v, want both bags in one ride", got.Offers)
	}
	first := map[id.Pharmacy]id.Job{"phm_a": "job_1", "phm_b": "job_2"}[got.Offers[0].From]
	if got.Offers[0].Ask[0] != first {
		t.Errorf("asked for %v first, want the job of the first counter, %s", got.Offers[0].Ask, first)
	}
	state.Counters = 0
	if alone := dispatch.Plan(state, noon); len(alone.Offers) != 1 || len(alone.Offers[0].Stops) != 1 {
		t.Errorf("at one counter: offers = %+v, want one bag", alone.Offers)
	}
}

func TestWhoHasABagOnBoardIsAskedForOneOnTheWay(t *testing.T) {
	t.Parallel()
	a, b := neighbours()
	a.Courier, a.Stage = "acc_1", dispatch.Aboard
	rides := courier(1, 50)
	rides.Phase, rides.FreeAt = dispatch.Riding, noon
	state := dispatch.State{Jobs: []dispatch.Job{a, b}, Couriers: []dispatch.Courier{rides}, Counters: dispatch.MostCounters}

	got := dispatch.Plan(state, noon)

	if len(got.Bundles) != 1 || !slices.Equal(got.Bundles[0].Ask, []id.Job{"job_2"}) || got.Bundles[0].From != "phm_b" || len(got.Bundles[0].Stops) != 2 {
		t.Fatalf("bundles = %+v, want the second bag asked for, and both doors", got.Bundles)
	}
	state.Jobs[1].Courier, state.Jobs[1].Stage = "acc_1", dispatch.Offered
	if again := dispatch.Plan(state, noon); len(again.Bundles) != 0 {
		t.Errorf("while the answer is awaited: bundles = %+v, want none", again.Bundles)
	}
}

func TestABagOnBoardThatHasNoTimeLeftGoesFirst(t *testing.T) {
	t.Parallel()
	a, b := neighbours()
	a.Courier, a.Stage, a.Deadline = "acc_1", dispatch.Aboard, noon.Add(13*time.Minute)
	rides := courier(1, 50)
	rides.Phase, rides.FreeAt = dispatch.Riding, noon
	b.ReadyAt = noon.Add(4 * time.Minute)

	got := dispatch.Plan(dispatch.State{Jobs: []dispatch.Job{a, b}, Couriers: []dispatch.Courier{rides}, Counters: dispatch.MostCounters}, noon)

	if len(got.Bundles) != 0 || len(got.Holds) != 1 {
		t.Errorf("bundles = %+v, holds = %+v; want the second bag held: it would break the promise of the first", got.Bundles, got.Holds)
	}
}

func TestWhoStandsAtADoorIsAskedAfterIt(t *testing.T) {
	t.Parallel()
	a, b := neighbours()
	a.Courier, a.Stage = "acc_1", dispatch.Aboard
	knocks := courier(1, 50)
	knocks.Phase, knocks.FreeAt = dispatch.Riding, noon.Add(time.Minute)

	got := dispatch.Plan(dispatch.State{Jobs: []dispatch.Job{a, b}, Couriers: []dispatch.Courier{knocks}, Counters: dispatch.MostCounters}, noon)

	if len(got.Bundles) != 0 || len(got.Holds) != 1 || got.Holds[0].Job != "job_2" || got.Holds[0].Courier != "acc_1" {
		t.Errorf("bundles = %+v, holds = %+v; want the second bag held for them", got.Bundles, got.Holds)
	}
}

func TestABagOnBoardStaysWithACourierOfWhomNothingIsHeard(t *testing.T) {
	t.Parallel()
	a, _ := neighbours()
	a.Courier, a.Stage = "acc_9", dispatch.Aboard

	got := dispatch.Plan(dispatch.State{Jobs: []dispatch.Job{a}, Couriers: []dispatch.Courier{courier(1, 50)}, Counters: dispatch.MostCounters}, noon)

	if len(got.Offers)+len(got.Rematches)+len(got.Nothing) != 0 || len(got.Late) != 1 {
		t.Errorf("decision = %+v, want nothing but the lateness told", got)
	}
}

func TestRidesOverSeveralCountersKeepEveryRule(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		state := anyRides(t)

		got := dispatch.Plan(state, noon)

		if again := dispatch.Plan(shuffled(state, 7), noon); !reflect.DeepEqual(again, got) {
			t.Fatal("another sequence of the input gives another plan")
		}
		for _, p := range slices.Concat(got.Offers, got.Bundles) {
			checkRide(t, state, p)
		}
		for _, m := range got.Rematches {
			if jobIn(state, m.Job).Stage != dispatch.Accepted {
				t.Fatalf("%s is taken from %s, who may keep it", m.Job, m.From)
			}
		}
		checkStanding(t, state, got)
	})
}

func checkRide(t *rapid.T, state dispatch.State, p dispatch.Proposal) {
	c := state.Couriers[slices.IndexFunc(state.Couriers, func(c dispatch.Courier) bool { return c.ID == p.Courier })]
	first, counters := jobIn(state, p.Stops[0].Job), map[id.Pharmacy]bool{}
	for _, x := range p.Stops {
		j := jobIn(state, x.Job)
		switch {
		case j.Stage == dispatch.Aboard && j.Courier != p.Courier:
			t.Fatalf("%s is on board of %s, and %s is to bring it", j.ID, j.Courier, p.Courier)
		case j.ColdChain != first.ColdChain || j.Controlled && len(p.Stops) > 1:
			t.Fatalf("%s and %s must not share a ride", j.ID, first.ID)
		case x.Slack < 0 && !slices.ContainsFunc(p.Stops, func(y dispatch.Stop) bool { return jobIn(state, y.Job).Courier != p.Courier }):
		case x.Slack < 0 && j.Stage == dispatch.Aboard && !straight(c, j).After(j.Deadline):
			t.Fatalf("%s is on board and in time, and this ride breaks its promise", j.ID)
		}
		if j.Stage != dispatch.Aboard {
			counters[j.From] = true
		}
	}
	if len(counters) > state.Counters || len(p.Stops) > dispatch.Of(c.Vehicle).Bags {
		t.Fatalf("a ride of %d bags from %d counters on a %q", len(p.Stops), len(counters), c.Vehicle)
	}
	for _, name := range p.Ask {
		if j := jobIn(state, name); j.Courier == p.Courier || j.Stage == dispatch.Aboard || slices.Contains(j.Shuns, p.Courier) {
			t.Fatalf("%s is asked for %s (%q of %q)", p.Courier, j.ID, j.Stage, j.Courier)
		}
	}
}

// straight is when a courier who rides to one door and nowhere else is there.
func straight(c dispatch.Courier, j dispatch.Job) time.Time {
	at := noon
	if c.FreeAt.After(at) {
		at = c.FreeAt
	}
	return at.Add(dispatch.Crow{}.Time(c.Vehicle, c.At, j.Door) + dispatch.DefaultHands.DoorBefore + time.Second)
}

// checkStanding finds every job once: with its courier from now on, with another, or left to nobody.
func checkStanding(t *rapid.T, state dispatch.State, got dispatch.Decision) {
	with := map[id.Job]id.Account{}
	for _, q := range got.Standing {
		for k, bundle := range q.Bundles {
			for _, name := range bundle {
				j := jobIn(state, name)
				if with[name] != "" || j.Stage == dispatch.Aboard && (j.Courier != q.Courier || k > 0) {
					t.Fatalf("%s (%q of %q) stands with %s, ride %d, and with %q", name, j.Stage, j.Courier, q.Courier, k, with[name])
				}
				with[name] = q.Courier
			}
		}
	}
	late := map[id.Job]bool{}
	for _, l := range got.Late {
		late[l.Job] = true
	}
	for _, j := range state.Jobs {
		nothing := slices.ContainsFunc(got.Nothing, func(h dispatch.Hold) bool { return h.Job == j.ID })
		if with[j.ID] == "" && !nothing && !late[j.ID] {
			t.Fatalf("%s (%q of %q) is forgotten", j.ID, j.Stage, j.Courier)
		}
	}
}

func jobIn(s dispatch.State, name id.Job) dispatch.Job {
	return s.Jobs[slices.IndexFunc(s.Jobs, func(j dispatch.Job) bool { return j.ID == name })]
}

// anyRides is a city in which couriers have bags on board, some of them on the way to one more counter.
func anyRides(t *rapid.T) dispatch.State {
	s := anyCity(t)
	s.Counters = rapid.IntRange(2, 3).Draw(t, "counters")
	for i := range s.Couriers {
		c := &s.Couriers[i]
		if c.Phase != dispatch.Riding && c.Phase != dispatch.Bound || c.Vehicle == dispatch.Drone {
			continue // a drone takes one bag
		}
		cold := rapid.Bool().Draw(t, "cold box")
		for n := range rapid.IntRange(0, 2).Draw(t, "on board") {
			j := job(100 + 10*i + n)
			j.ID = id.Job(fmt.Sprintf("job_%d_%d", i, n))
			j.From, j.Pharmacy = s.Places[0].ID, s.Places[0].At
			j.Door = geo.Point{Lat: rapid.Float64Range(50, 50.06).Draw(t, "lat"), Lon: rapid.Float64Range(10, 10.06).Draw(t, "lon")}
			j.Deadline = noon.Add(time.Duration(rapid.IntRange(-5, 30).Draw(t, "deadline")) * time.Minute)
			j.Courier, j.Stage, j.ColdChain = c.ID, dispatch.Aboard, cold
			s.Jobs = append(s.Jobs, j)
		}
	}
	return s
}

func TestWhoIsOnTheWayIsTurnedRoundWithoutRidingToTheCounterFirst(t *testing.T) {
	t.Parallel()
	far := geo.Point{Lat: 50.03, Lon: 10}
	held, other := job(1), job(2)
	held.From, other.From = "phm_far", "phm_near"
	held.Pharmacy, held.Door, held.ReadyAt = far, geo.Point{Lat: 50.031, Lon: 10}, noon
	other.ReadyAt, other.Deadline = noon, noon.Add(9*time.Minute)
	held.Courier, held.Stage = "acc_1", dispatch.Accepted
	rider := courier(1, 50.001) // a minute's ride from the near counter, thirteen from the far one
	rider.Phase, rider.To = dispatch.Bound, held.From
	rider.ArriveAt = noon.Add(dispatch.Crow{}.Time(dispatch.Scooter, rider.At, far))

	got := dispatch.Plan(dispatch.State{Jobs: []dispatch.Job{held, other}, Couriers: []dispatch.Courier{rider, courier(2, 50.029)}}, noon)

	if len(got.Rematches) != 1 || got.Rematches[0].To != "acc_2" {
		t.Fatalf("rematches = %+v, want the far bag for who is close to it", got.Rematches)
	}
	for _, h := range got.Holds {
		if h.Job == other.ID && (h.Courier != "acc_1" || h.Arrival.After(other.Deadline)) {
			t.Errorf("hold = %+v, want the near bag in time by who turns round", h)
		}
	}
	if len(got.Late) != 0 {
		t.Errorf("late = %+v, want neither", got.Late)
	}
}
