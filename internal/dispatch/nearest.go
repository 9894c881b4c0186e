package dispatch

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"housecall/internal/id"
)

const (
	// Silent is how long a phone may say nothing before others are asked first: phones stop the
	// position of a locked screen, so silence alone takes nothing away.
	Silent = 60 * time.Second
	// Gone is how long before a courier who says nothing is asked no more.
	Gone = 15 * time.Minute
)

// NearestFree gives every open job, the tightest deadline first, the nearest free courier who can
// carry it, at once. It never waits, bundles or re-matches: the baseline that Plan is measured against.
func NearestFree(s State, now time.Time) Decision {
	s = s.withDefaults()
	jobs := slices.DeleteFunc(slices.Clone(s.Jobs), func(j Job) bool { return j.Stage != Open })
	slices.SortFunc(jobs, func(a, b Job) int {
		return cmp.Or(a.Deadline.Compare(b.Deadline), a.ReadyAt.Compare(b.ReadyAt), cmp.Compare(a.ID, b.ID))
	})
	free := slices.DeleteFunc(slices.Clone(s.Couriers), func(c Courier) bool { return c.Phase != Free || c.FreeAt.After(now) })
	var d Decision
	seen := map[id.Job]bool{}
	for _, j := range jobs {
		if seen[j.ID] {
			continue
		}
		seen[j.ID] = true
		best, why := nearest(s, j, free, now)
		if best < 0 {
			d.Nothing = append(d.Nothing, Hold{Job: j.ID, Why: why})
			d.Late = append(d.Late, Lateness{Job: j.ID, By: max(0, now.Sub(j.Deadline))})
			continue
		}
		p := nearestProposal(s, j, free[best], now)
		d.Offers = append(d.Offers, p)
		if late := -p.Stops[0].Slack; late > 0 {
			d.Late = append(d.Late, Lateness{j.ID, p.Stops[0].Arrival, late})
		}
		taken := free[best].ID
		free = slices.DeleteFunc(free, func(c Courier) bool { return c.ID == taken })
	}
	return d
}

// withDefaults fills in what the caller left out.
func (s State) withDefaults() State {
	if s.Travel == nil {
		s.Travel = Crow{}
	}
	if s.Hands == (Hands{}) {
		s.Hands = DefaultHands
	}
	return s
}

// nearest is the index of who is at the counter first; -1 with the reason when there is nobody.
func nearest(s State, j Job, free []Courier, now time.Time) (int, string) {
	best := -1
	shunned, unfit, gone := 0, 0, 0
	for i, c := range free {
		switch {
		case now.Sub(c.SeenAt) > Gone:
			gone++
		case slices.Contains(j.Shuns, c.ID):
			shunned++
		case !Of(c.Vehicle).carries(j) || !inShift(s, j, c, now):
			unfit++
		case best < 0 || closer(s, j, c, free[best], now):
			best = i
		}
	}
	switch {
	case best >= 0:
		return best, ""
	case len(free) == 0:
		return -1, "no courier is free"
	}
	return -1, fmt.Sprintf("of %d free couriers %d declined a moment ago, %d can't carry it or end their shift, %d have not been seen for %d minutes",
		len(free), shunned, unfit, gone, int(Gone.Minutes()))
}

// inShift tells whether the courier collects the job before the shift ends.
func inShift(s State, j Job, c Courier, now time.Time) bool {
	return c.ShiftEnd.IsZero() || !pickup(s, j, c, now).After(c.ShiftEnd)
}

// pickup is when the bag changes hands at the counter if the courier sets out now.
func pickup(s State, j Job, c Courier, now time.Time) time.Time {
	at := now.Add(s.Travel.Time(c.Vehicle, c.At, j.Pharmacy) + s.Hands.CounterBefore)
	if j.ReadyAt.After(at) {
		return j.ReadyAt
	}
	return at
}

// closer tells whether a goes before b: seen lately, then sooner at the counter, then longer idle.
func closer(s State, j Job, a, b Courier, now time.Time) bool {
	silent := func(c Courier) int {
		if now.Sub(c.SeenAt) > Silent {
			return 1
		}
		return 0
	}
	way := func(c Courier) time.Duration { return s.Travel.Time(c.Vehicle, c.At, j.Pharmacy) }
	return cmp.Or(cmp.Compare(silent(a), silent(b)), cmp.Compare(way(a), way(b)),
		a.IdleSince.Compare(b.IdleSince), cmp.Compare(a.ID, b.ID)) < 0
}

func nearestProposal(s State, j Job, c Courier, now time.Time) Proposal {
	p := Proposal{Courier: c.ID, From: j.From, Ask: []id.Job{j.ID}, Leave: now, Pickup: pickup(s, j, c, now)}
	arrival := p.Pickup.Add(s.Hands.CounterAfter + s.Travel.Time(c.Vehicle, j.Pharmacy, j.Door) + s.Hands.DoorBefore)
	slack := j.Deadline.Sub(arrival)
	p.Stops = []Stop{{j.ID, arrival, slack}}
	promise := fmt.Sprintf("%d min before the promised time", int(slack.Minutes()))
	if slack < 0 {
		promise = fmt.Sprintf("%d min late, and nobody is sooner", int((-slack).Minutes())+1)
	}
	p.Why = fmt.Sprintf("nearest free courier: %.1f min to the counter, at the door %s",
		s.Travel.Time(c.Vehicle, c.At, j.Pharmacy).Minutes(), promise)
	return p
}

// Arrival is when a bag is in the patient's hand: the way to the counter or the packing, whichever
// takes longer, then the counter, the way and the door.
func Arrival(now time.Time, toCounter, toDoor time.Duration, readyAt time.Time) time.Time {
	h := DefaultHands
	at := now.Add(toCounter + h.CounterBefore)
	if readyAt.After(at) {
		at = readyAt
	}
	return at.Add(h.CounterAfter + toDoor + h.DoorBefore)
}

// DoorTime is what the hand-over at the door takes.
func DoorTime() time.Duration { return DefaultHands.DoorBefore + DefaultHands.DoorAfter }
