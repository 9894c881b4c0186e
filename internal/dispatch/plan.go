package dispatch

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"housecall/internal/geo"
	"housecall/internal/id"
)

// Job is a delivery job that waits for a courier.
type Job struct {
	ID         id.Job
	Pharmacy   geo.Point
	Door       geo.Point
	ReadyAt    time.Time // when the bag is packed, as far as is known
	Deadline   time.Time
	ColdChain  bool
	Controlled bool
	Shuns      []id.Account // couriers who said no, or nothing, a moment ago
}

// Courier is a courier on shift.
type Courier struct {
	ID        id.Account
	At        geo.Point
	SeenAt    time.Time // of the position
	Free      bool      // holds no offer and no job
	Vehicle   Vehicle
	IdleSince time.Time
}

// Travel tells how long a way takes.
type Travel interface {
	Time(v Vehicle, from, to geo.Point) time.Duration
}

// Crow travels by great circle, the vehicle's circuity and its speed.
type Crow struct{}

// Time implements Travel.
func (Crow) Time(v Vehicle, from, to geo.Point) time.Duration {
	t := Of(v)
	return time.Duration(geo.Metres(from, to) * t.Circuity / t.Speed * float64(time.Second)).Truncate(time.Millisecond)
}

// State is all that a plan may look at. Seed and Budget (iterations) are for plans that search.
type State struct {
	Zone     id.Zone
	Jobs     []Job
	Couriers []Courier
	Travel   Travel // nil: Crow
	Seed     uint64
	Budget   int
}

// Proposal is one exclusive offer to make.
type Proposal struct {
	Job     id.Job
	Courier id.Account
	Pickup  time.Time // when the courier would stand at the counter
	Arrival time.Time // and at the door
	Why     string
}

// Hold is a job for which nobody is sent now.
type Hold struct {
	Job id.Job
	Why string
}

// Decision is what a plan says, the most pressing first.
type Decision struct {
	Offers []Proposal
	Holds  []Hold
}

const (
	// Silent is how long a phone may say nothing before others are asked first: phones stop the
	// position of a locked screen, so silence alone takes nothing away.
	Silent = 60 * time.Second
	// Gone is how long before a courier who says nothing is asked no more.
	Gone = 15 * time.Minute
	// counter and door are the minutes a hand-over takes.
	counter = time.Minute
	door    = 2 * time.Minute
)

// Plan gives every job, the tightest deadline first, the nearest free courier. It does not keep or
// change its argument; the order of jobs and couriers in it makes no difference.
func Plan(s State, now time.Time) Decision {
	travel := s.Travel
	if travel == nil {
		travel = Crow{}
	}
	jobs := slices.Clone(s.Jobs)
	slices.SortFunc(jobs, func(a, b Job) int {
		return cmp.Or(a.Deadline.Compare(b.Deadline), a.ReadyAt.Compare(b.ReadyAt), cmp.Compare(a.ID, b.ID))
	})
	free := slices.DeleteFunc(slices.Clone(s.Couriers), func(c Courier) bool { return !c.Free })
	var d Decision
	seen := map[id.Job]bool{}
	for _, j := range jobs {
		if seen[j.ID] {
			continue
		}
		seen[j.ID] = true
		best, why := nearest(j, free, travel, now)
		if best < 0 {
			d.Holds = append(d.Holds, Hold{j.ID, why})
			continue
		}
		d.Offers = append(d.Offers, propose(j, free[best], travel, now))
		taken := free[best].ID
		free = slices.DeleteFunc(free, func(c Courier) bool { return c.ID == taken })
	}
	return d
}

// nearest is the index of who is at the counter first; -1 with the reason when there is nobody.
func nearest(j Job, free []Courier, travel Travel, now time.Time) (int, string) {
	best := -1
	shunned, unfit, gone := 0, 0, 0
	for i, c := range free {
		switch {
		case now.Sub(c.SeenAt) > Gone:
			gone++
		case slices.Contains(j.Shuns, c.ID):
			shunned++
		case j.ColdChain && !Of(c.Vehicle).ColdChain:
			unfit++
		case best < 0 || closer(j, c, free[best], travel, now):
			best = i
		}
	}
	switch {
	case best >= 0:
		return best, ""
	case len(free) == 0:
		return -1, "no courier is free"
	}
	return -1, fmt.Sprintf("of %d free couriers %d declined a moment ago, %d can't carry it, %d have not been seen for %d minutes",
		len(free), shunned, unfit, gone, int(Gone.Minutes()))
}

// closer tells whether a goes before b: seen lately, then sooner at the counter, then longer idle.
func closer(j Job, a, b Courier, travel Travel, now time.Time) bool {
	silent := func(c Courier) int {
		if now.Sub(c.SeenAt) > Silent {
			return 1
		}
		return 0
	}
	way := func(c Courier) time.Duration { return travel.Time(c.Vehicle, c.At, j.Pharmacy) }
	return cmp.Or(cmp.Compare(silent(a), silent(b)), cmp.Compare(way(a), way(b)),
		a.IdleSince.Compare(b.IdleSince), cmp.Compare(a.ID, b.ID)) < 0
}

func propose(j Job, c Courier, travel Travel, now time.Time) Proposal {
	way := travel.Time(c.Vehicle, c.At, j.Pharmacy)
	p := Proposal{Job: j.ID, Courier: c.ID, Pickup: now.Add(way)}
	p.Arrival = Arrival(now, way, travel.Time(c.Vehicle, j.Pharmacy, j.Door), j.ReadyAt)
	promise := fmt.Sprintf("%d min before the promised time", int(j.Deadline.Sub(p.Arrival).Minutes()))
	if p.Arrival.After(j.Deadline) {
		promise = fmt.Sprintf("%d min late, and nobody is sooner", int(p.Arrival.Sub(j.Deadline).Minutes())+1)
	}
	p.Why = fmt.Sprintf("nearest free courier: %.1f min to the counter, at the door %s", way.Minutes(), promise)
	return p
}

// Arrival is when a bag is in the patient's hand: the way to the counter or the packing, whichever
// takes longer, then the counter, the way and the door.
func Arrival(now time.Time, toCounter, toDoor time.Duration, readyAt time.Time) time.Time {
	at := now.Add(toCounter)
	if readyAt.After(at) {
		at = readyAt
	}
	return at.Add(counter + toDoor + door)
}

// DoorTime is what the hand-over at the door takes.
func DoorTime() time.Duration { return door }
