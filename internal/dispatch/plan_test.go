package dispatch_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"housecall/internal/dispatch"
	"housecall/internal/geo"
	"housecall/internal/id"
)

func TestAPlanHoldsInEveryCity(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		state := anyCity(t)
		before := fmt.Sprintf("%+v", state)

		got := dispatch.Plan(state, noon)

		if fmt.Sprintf("%+v", state) != before {
			t.Fatal("the plan changed its argument")
		}
		if again := dispatch.Plan(state, noon); !cmp.Equal(got, again) {
			t.Fatalf("two plans of one state differ: %s", cmp.Diff(got, again))
		}
		if again := dispatch.Plan(shuffled(state, rapid.Uint64().Draw(t, "shuffle")), noon); !cmp.Equal(got, again) {
			t.Fatalf("the order of the input matters: %s", cmp.Diff(got, again))
		}
		checkPlan(t, state, got)
		next := state // the plan handed back is a state as good as any
		next.Standing = got.Standing
		checkPlan(t, next, dispatch.Plan(next, noon.Add(time.Minute)))
	})
}

func TestNobodyAndNothingAreNoTrouble(t *testing.T) {
	t.Parallel()
	away := courier(1, 50)
	away.Phase = dispatch.Away
	tests := []struct {
		name             string
		state            dispatch.State
		offers, nothings int
	}{
		{"an empty city", dispatch.State{}, 0, 0},
		{"jobs and nobody on shift", dispatch.State{Jobs: []dispatch.Job{job(1), job(2)}}, 0, 2},
		{"jobs and all couriers off", dispatch.State{Jobs: []dispatch.Job{job(1)}, Couriers: []dispatch.Courier{away}}, 0, 1},
		{"couriers and no jobs", dispatch.State{Couriers: []dispatch.Courier{courier(1, 50)}}, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got := dispatch.Plan(tt.state, noon)

			if len(got.Offers) != tt.offers || len(got.Nothing) != tt.nothings {
				t.Errorf("offers = %+v, nothing = %+v", got.Offers, got.Nothing)
			}
		})
	}
}

func TestOneCourierAndAThousandJobs(t *testing.T) {
	t.Parallel()
	state := dispatch.State{Couriers: []dispatch.Courier{courier(1, 50.001)}, Budget: 20}
	for n := range 1000 {
		j := job(n)
		j.ReadyAt = noon
		j.Door.Lat += float64(n) / 100_000
		state.Jobs = append(state.Jobs, j)
	}

	got := dispatch.Plan(state, noon)

	if len(got.Offers) != 1 {
		t.Fatalf("offers = %d, want one", len(got.Offers))
	}
	decided := len(got.Offers[0].Stops) + len(got.Holds) + len(got.Nothing)
	if decided != 1000 {
		t.Errorf("%d jobs decided of 1000", decided)
	}
	if len(got.Late) < 900 {
		t.Errorf("%d late jobs told, and one courier brings a handful in time", len(got.Late))
	}
}

func TestACourierLeavesAtTheLastMinuteThatIsInTime(t *testing.T) {
	t.Parallel()
	state := dispatch.State{Jobs: []dispatch.Job{job(1)}, Couriers: []dispatch.Courier{courier(1, 50.001)}}

	early := dispatch.Plan(state, noon)
	due := dispatch.Plan(state, noon.Add(9*time.Minute+50*time.Second))

	if len(early.Offers) != 0 || len(early.Holds) != 1 || early.Holds[0].Courier != "acc_1" || early.Holds[0].Why == "" {
		t.Errorf("ten minutes before the bag is ready: offers %+v, holds %+v; want it held for acc_1", early.Offers, early.Holds)
	}
	if len(due.Offers) != 1 || due.Offers[0].Courier != "acc_1" {
		t.Errorf("ten seconds before the bag is ready: offers %+v, want one", due.Offers)
	}
	state.Ahead = 10 * time.Minute
	if got := dispatch.Plan(state, noon); len(got.Offers) != 1 {
		t.Errorf("where offers are made ten minutes ahead: %+v, want one", got.Offers)
	}
}

func TestTwoBagsForOneStreetRideTogetherOnlyWhileBothAreInTime(t *testing.T) {
	t.Parallel()
	both := func(deadline time.Duration) dispatch.Decision {
		a, b := job(1), job(2)
		a.ReadyAt, b.ReadyAt = noon, noon
		b.Door.Lat += 0.0001
		a.Deadline, b.Deadline = noon.Add(deadline), noon.Add(deadline)
		return dispatch.Plan(dispatch.State{Jobs: []dispatch.Job{a, b}, Couriers: []dispatch.Courier{courier(1, 50)}}, noon)
	}

	loose, tight := both(30*time.Minute), both(9*time.Minute)

	if len(loose.Offers) != 1 || len(loose.Offers[0].Stops) != 2 {
		t.Errorf("offers = %+v, want one of both bags", loose.Offers)
	}
	if len(tight.Offers) != 1 || len(tight.Offers[0].Stops) != 1 {
		t.Errorf("offers = %+v, want one bag alone: the second would break its promise", tight.Offers)
	}
	if len(tight.Late) != 1 {
		t.Errorf("late = %+v, want the other bag, plainly", tight.Late)
	}
}

func TestABundleMayHoldWhatIsLateAnyhowButBreaksNoPromiseItself(t *testing.T) {
	t.Parallel()
	plan := func(deadline time.Time) dispatch.Decision {
		late, other := job(1), job(2)
		late.ReadyAt, other.ReadyAt = noon, noon
		late.Deadline, other.Deadline = noon.Add(-time.Minute), deadline
		late.Door.Lat += 0.0001 // in the same street
		return dispatch.Plan(dispatch.State{Jobs: []dispatch.Job{late, other}, Couriers: []dispatch.Courier{courier(1, 50)}}, noon)
	}
	both, alone := plan(noon.Add(30*time.Minute)), plan(noon.Add(9*time.Minute))

	if len(both.Offers) != 1 || len(both.Offers[0].Stops) != 2 || len(both.Late) != 1 {
		t.Errorf("offers = %+v, late = %+v; want both bags together, and the late one said", both.Offers, both.Late)
	}
	if len(alone.Offers) != 1 || alone.Offers[0].Stops[0].Job != "job_2" || alone.Offers[0].Stops[0].Slack < 0 {
		t.Errorf("offers = %+v, want the bag that can still be in time there first", alone.Offers)
	}
}

func TestCooledAndControlledBagsTravelApart(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*dispatch.Job){
		func(j *dispatch.Job) { j.ColdChain = true },
		func(j *dispatch.Job) { j.Controlled = true },
	} {
		a, b := job(1), job(2)
		a.ReadyAt, b.ReadyAt = noon, noon
		change(&a)

		got := dispatch.Plan(dispatch.State{Jobs: []dispatch.Job{a, b}, Couriers: []dispatch.Courier{courier(1, 50)}}, noon)

		if len(got.Offers) != 1 || len(got.Offers[0].Stops) != 1 {
			t.Errorf("offers = %+v, want one bag alone", got.Offers)
		}
	}
}

func TestAJobGoesToAFreedCourierWhoIsMuchNearer(t *testing.T) {
	t.Parallel()
	held := job(1)
	held.ReadyAt, held.Courier, held.Stage = noon, "acc_1", dispatch.Accepted
	far := courier(1, 50.1)
	far.Phase, far.To, far.ArriveAt = dispatch.Bound, held.From, noon.Add(28*time.Minute)
	state := dispatch.State{Jobs: []dispatch.Job{held}, Couriers: []dispatch.Courier{far, courier(2, 50)}}

	got := dispatch.Plan(state, noon)

	if len(got.Rematches) != 1 || got.Rematches[0].From != "acc_1" || got.Rematches[0].To != "acc_2" {
		t.Fatalf("rematches = %+v, want from acc_1 to acc_2", got.Rematches)
	}
	state.Jobs[0].Stage = dispatch.Fixed
	if got := dispatch.Plan(state, noon); len(got.Rematches) != 0 || len(got.Late) != 1 {
		t.Errorf("a job that is fixed: rematches = %+v, late = %+v; want none, and the lateness told", got.Rematches, got.Late)
	}
}

func TestWhoIsBelowTheGuaranteeIsPreferred(t *testing.T) {
	t.Parallel()
	paid, owed := courier(1, 50), courier(2, 50.0005)
	paid.Guarantee, paid.Done, paid.ShiftEnd = 4, 9, noon.Add(time.Hour)
	owed.Guarantee, owed.Done, owed.ShiftEnd = 4, 1, noon.Add(time.Hour)
	j := job(1)
	j.ReadyAt = noon

	got := dispatch.Plan(dispatch.State{Jobs: []dispatch.Job{j}, Couriers: []dispatch.Courier{paid, owed}}, noon)

	if len(got.Offers) != 1 || got.Offers[0].Courier != "acc_2" {
		t.Errorf("offers = %+v, want the one whose guarantee is not earned yet", got.Offers)
	}
}

func TestIdleCouriersAreSentWhereJobsHaveBeen(t *testing.T) {
	t.Parallel()
	c := courier(1, 50.008)
	c.IdleSince = noon.Add(-time.Hour)
	place := dispatch.Place{ID: "phm_a", At: geo.Point{Lat: 50, Lon: 10}, Demand: 6}

	got := dispatch.Plan(dispatch.State{Couriers: []dispatch.Courier{c}, Places: []dispatch.Place{place}}, noon)

	if len(got.Prepositions) != 1 || got.Prepositions[0].To != "phm_a" || got.Prepositions[0].Why == "" {
		t.Errorf("prepositions = %+v, want one to the pharmacy, with a reason", got.Prepositions)
	}
}

func shuffled(s dispatch.State, seed uint64) dispatch.State {
	r := rand.New(rand.NewPCG(1, seed))
	s.Jobs, s.Couriers = slices.Clone(s.Jobs), slices.Clone(s.Couriers)
	s.Places, s.Standing = slices.Clone(s.Places), slices.Clone(s.Standing)
	r.Shuffle(len(s.Jobs), func(i, j int) { s.Jobs[i], s.Jobs[j] = s.Jobs[j], s.Jobs[i] })
	r.Shuffle(len(s.Couriers), func(i, j int) { s.Couriers[i], s.Couriers[j] = s.Couriers[j], s.Couriers[i] })
	r.Shuffle(len(s.Places), func(i, j int) { s.Places[i], s.Places[j] = s.Places[j], s.Places[i] })
	r.Shuffle(len(s.Standing), func(i, j int) { s.Standing[i], s.Standing[j] = s.Standing[j], s.Standing[i] })
	return s
}

// book follows what a decision gives to whom.
type book struct {
	jobs     map[id.Job]dispatch.Job
	couriers map[id.Account]dispatch.Courier
	said     map[id.Job]int
	late     map[id.Job]bool
	promise  bool
}

func checkPlan(t *rapid.T, state dispatch.State, got dispatch.Decision) {
	b := book{map[id.Job]dispatch.Job{}, map[id.Account]dispatch.Courier{}, map[id.Job]int{}, map[id.Job]bool{}, state.Objective == dispatch.Promise}
	for _, j := range state.Jobs {
		b.jobs[j.ID] = j
	}
	for _, c := range state.Couriers {
		b.couriers[c.ID] = c
	}
	for _, l := range got.Late {
		b.late[l.Job] = true
	}
	asked := map[id.Account]int{}
	for _, p := range got.Offers {
		asked[p.Courier]++
		if c := b.couriers[p.Courier]; c.Phase != dispatch.Free || asked[p.Courier] > 1 {
			t.Fatalf("%s (%q) is offered %d bundles", p.Courier, c.Phase, asked[p.Courier])
		}
		b.proposal(t, p)
	}
	for _, p := range got.Bundles {
		if c := b.couriers[p.Courier]; c.Phase != dispatch.Bound || c.To != p.From {
			t.Fatalf("%s (%q, to %q) is to collect at %q too", p.Courier, c.Phase, c.To, p.From)
		}
		b.proposal(t, p)
	}
	for _, h := range slices.Concat(got.Holds, got.Nothing) {
		b.said[h.Job]++
		if h.Why == "" {
			t.Fatalf("%s is held without a word", h.Job)
		}
		if !h.Arrival.IsZero() && h.Arrival.After(b.jobs[h.Job].Deadline) && !b.late[h.Job] {
			t.Fatalf("%s will be late and the plan does not say so", h.Job)
		}
	}
	b.everyJobOnce(t, got)
	b.standing(t, got)
}

func (b *book) proposal(t *rapid.T, p dispatch.Proposal) {
	v, grams := dispatch.Of(b.couriers[p.Courier].Vehicle), 0
	if p.Why == "" || len(p.Stops) == 0 || len(p.Stops) > v.Bags {
		t.Fatalf("proposal %+v for a %+v", p, v)
	}
	for _, x := range p.Stops {
		j := b.jobs[x.Job]
		b.said[x.Job]++
		grams += max(j.Grams, 1)
		first := b.jobs[p.Stops[0].Job]
		switch {
		case j.From != first.From || j.ColdChain != first.ColdChain || j.Controlled && len(p.Stops) > 1:
			t.Fatalf("%s and %s must not share a bundle", j.ID, first.ID)
		case j.ColdChain && !v.ColdChain || j.Controlled && !v.Controlled:
			t.Fatalf("%s can't be carried by a %q", j.ID, b.couriers[p.Courier].Vehicle)
		case slices.Contains(j.Shuns, p.Courier) && j.Courier != p.Courier:
			t.Fatalf("%s was declined by %s a moment ago", j.ID, p.Courier)
		case x.Slack < 0 && !b.late[x.Job]:
			t.Fatalf("%s will be late and the plan does not say so", x.Job)
		case x.Slack < 0 && len(p.Stops) > 1 && !b.all(p) && b.promise && !b.alone(p, j).After(j.Deadline):
			t.Fatalf("the bundle breaks the promise of %s", x.Job)
		}
	}
	if grams > v.Payload {
		t.Fatalf("%d g on a %+v", grams, v)
	}
	if end := b.couriers[p.Courier].ShiftEnd; !end.IsZero() && p.Pickup.After(end) {
		t.Fatalf("%s collects after the shift's end", p.Courier)
	}
}

// alone is when a job of a bundle would be there if it were brought first, straight from the counter.
func (b *book) alone(p dispatch.Proposal, j dispatch.Job) time.Time {
	v := b.couriers[p.Courier].Vehicle
	return p.Pickup.Add(dispatch.DefaultHands.CounterAfter + dispatch.DefaultHands.DoorBefore + dispatch.Crow{}.Time(v, j.Pharmacy, j.Door) + time.Second)
}

// all tells whether the courier goes for the whole bundle already.
func (b *book) all(p dispatch.Proposal) bool {
	return !slices.ContainsFunc(p.Stops, func(x dispatch.Stop) bool { return b.jobs[x.Job].Courier != p.Courier })
}

func (b *book) everyJobOnce(t *rapid.T, got dispatch.Decision) {
	moved := map[id.Job]bool{}
	for _, m := range got.Rematches {
		moved[m.Job] = true
		if j := b.jobs[m.Job]; j.Courier != m.From || j.Stage != dispatch.Accepted {
			t.Fatalf("%s (%q) is taken from %s, whose it is not to be taken from", m.Job, j.Stage, m.From)
		}
	}
	for name, j := range b.jobs {
		n := b.said[name]
		kept := j.Stage != dispatch.Open && b.couriers[j.Courier].ID != "" && !moved[name]
		if n > 1 || n == 0 && !kept {
			t.Fatalf("job %s (%q of %q) is decided %d times", name, j.Stage, j.Courier, n)
		}
	}
}

func (b *book) standing(t *rapid.T, got dispatch.Decision) {
	seen := map[id.Job]bool{}
	for _, q := range got.Standing {
		for _, bundle := range q.Bundles {
			for _, j := range bundle {
				if seen[j] {
					t.Fatalf("job %s stands twice in the plan", j)
				}
				seen[j] = true
			}
		}
	}
	for _, h := range got.Nothing {
		if seen[h.Job] {
			t.Fatalf("job %s is nobody's and stands in the plan", h.Job)
		}
	}
}

func anyCity(t *rapid.T) dispatch.State {
	point := rapid.Custom(func(t *rapid.T) geo.Point {
		return geo.Point{Lat: rapid.Float64Range(50, 50.06).Draw(t, "lat"), Lon: rapid.Float64Range(10, 10.06).Draw(t, "lon")}
	})
	minutes := func(name string, low, high int) time.Time {
		return noon.Add(time.Duration(rapid.IntRange(low, high).Draw(t, name)) * time.Minute)
	}
	s := dispatch.State{Seed: rapid.Uint64().Draw(t, "seed"), Budget: 30}
	for n := range rapid.IntRange(1, 4).Draw(t, "pharmacies") {
		s.Places = append(s.Places, dispatch.Place{
			ID: id.Pharmacy(fmt.Sprintf("phm_%d", n)), At: point.Draw(t, "pharmacy"), Demand: rapid.Float64Range(0, 9).Draw(t, "demand"),
		})
	}
	place := func() dispatch.Place { return rapid.SampledFrom(s.Places).Draw(t, "place") }
	for n := range rapid.IntRange(0, 9).Draw(t, "couriers") {
		c := courier(n, 50)
		c.At, c.Vehicle = point.Draw(t, "at"), rapid.SampledFrom(dispatch.Vehicles).Draw(t, "vehicle")
		c.Phase = rapid.SampledFrom([]dispatch.Phase{dispatch.Free, dispatch.Free, dispatch.Asked, dispatch.Bound, dispatch.Riding, dispatch.Away}).Draw(t, "phase")
		c.SeenAt, c.ShiftEnd = minutes("seen", -20, 0), minutes("ends", 5, 90)
		c.Guarantee, c.Done = rapid.Float64Range(0, 5).Draw(t, "guarantee"), rapid.IntRange(0, 5).Draw(t, "done")
		switch c.Phase {
		case dispatch.Bound:
			c.To, c.ArriveAt = place().ID, minutes("arrives", -3, 12)
		case dispatch.Riding:
			c.FreeAt = minutes("free", 0, 20)
		case dispatch.Free, dispatch.Asked, dispatch.Away:
		}
		s.Couriers = append(s.Couriers, c)
	}
	for n := range rapid.IntRange(0, 12).Draw(t, "jobs") {
		s.Jobs = append(s.Jobs, anyJob(t, s, n, place(), point, minutes))
	}
	return s
}

func anyJob(t *rapid.T, s dispatch.State, n int, from dispatch.Place, point *rapid.Generator[geo.Point], minutes func(string, int, int) time.Time) dispatch.Job {
	j := job(n)
	j.From, j.Pharmacy, j.Door = from.ID, from.At, point.Draw(t, "door")
	j.ReadyAt, j.Deadline = minutes("ready", -5, 20), minutes("deadline", -5, 50)
	j.ColdChain, j.Controlled = rapid.IntRange(0, 3).Draw(t, "cold") == 0, rapid.IntRange(0, 3).Draw(t, "controlled") == 0
	j.Grams = rapid.IntRange(1, 9000).Draw(t, "grams")
	for _, c := range s.Couriers {
		held := c.Phase == dispatch.Asked || c.Phase == dispatch.Bound && c.To == j.From
		switch {
		case rapid.IntRange(0, 5).Draw(t, "shuns") == 0:
			j.Shuns = append(j.Shuns, c.ID)
		case j.Courier == "" && held && !taken(s, c.ID) && carries(c, j) && rapid.Bool().Draw(t, "held"):
			j.Courier, j.Stage = c.ID, dispatch.Accepted
			if c.Phase == dispatch.Asked {
				j.Stage = dispatch.Offered
			}
		}
	}
	return j
}

func taken(s dispatch.State, c id.Account) bool {
	return slices.ContainsFunc(s.Jobs, func(j dispatch.Job) bool { return j.Courier == c })
}

func carries(c dispatch.Courier, j dispatch.Job) bool {
	v := dispatch.Of(c.Vehicle)
	return (v.ColdChain || !j.ColdChain) && (v.Controlled || !j.Controlled) && v.Payload >= j.Grams
}
