package dispatch

import (
	"slices"
	"time"

	"housecall/internal/geo"
)

// What holds for offers and plans wherever they are made, in the product and in the simulated city.
const (
	// OfferTime is how long a courier has to answer.
	OfferTime = 25 * time.Second
	// ShunDeclined and ShunSilent are how long a courier is not asked again for a job they declined, or
	// did not answer for. Without penalty: other jobs come at once.
	ShunDeclined = 3 * time.Minute
	ShunSilent   = time.Minute
	// InAnyCase is how often a zone is planned though nothing was heard; AtMost the least time between
	// two plans of it.
	InAnyCase = 10 * time.Second
	AtMost    = time.Second
	// Margin is how long before the promised time a bag is meant to be there: people and roads are not
	// punctual.
	Margin = 3 * time.Minute
	// MostBags is how many bags a courier is given for one ride, whatever the vehicle holds.
	MostBags = 3
	// MostCounters is at how many counters they collect before it.
	MostCounters = 2
)

const (
	answering = 15 * time.Second // an offer, and the wait for the plan after it
	early     = 15 * time.Minute
)

// Ahead is how long before the last moment to set out an offer is made. Where there are more free couriers
// than jobs nobody is taken from another by asking early, and who declines does so while it costs nothing.
func Ahead(free, open int) time.Duration {
	if free >= open {
		return early
	}
	return answering
}

// Drop is a bag on board: where it goes and until when.
type Drop struct {
	Door     geo.Point
	Deadline time.Time
}

// DoorOrder is the sequence in which a courier who sets out from a place visits the doors: the one with
// the least lateness, then the one that is done soonest. It answers indexes of drops.
func DoorOrder(v Vehicle, travel Travel, from geo.Point, now time.Time, drops []Drop) []int {
	if travel == nil {
		travel = Crow{}
	}
	rest := make([]int, len(drops))
	for i := range rest {
		rest[i] = i
	}
	if len(drops) < 2 || len(drops) > 6 {
		return rest
	}
	best, _ := doorOrder(v, travel, from, now, drops, rest)
	return best
}

// BetterLeave tells whether a courier who stands at a counter with these bags does better to ride now
// than to wait until a moment for one more: waiting would make them later than they are promised.
func BetterLeave(v Vehicle, travel Travel, counter geo.Point, now time.Time, bags []Drop, until time.Time, more Drop) bool {
	if travel == nil {
		travel = Crow{}
	}
	if len(bags) == 0 {
		return false
	}
	rest := func(n int) []int {
		out := make([]int, n)
		for i := range out {
			out[i] = i
		}
		return out
	}
	hand := DefaultHands.CounterAfter
	_, soon := doorOrder(v, travel, counter, now.Add(hand), bags, rest(len(bags)))
	all := append(slices.Clone(bags), more)
	all[len(bags)].Deadline = all[len(bags)].Deadline.Add(24 * time.Hour) // how late the one more is does not count
	_, late := doorOrder(v, travel, counter, until.Add(2*hand), all, rest(len(all)))
	return late > soon
}

// doorOrder answers the best sequence and its lateness.
func doorOrder(v Vehicle, travel Travel, from geo.Point, now time.Time, drops []Drop, rest []int) ([]int, time.Duration) {
	var best []int
	var bestLate, bestSum time.Duration
	var try func(done, rest []int, at geo.Point, t time.Time, late, sum time.Duration)
	try = func(done, rest []int, at geo.Point, t time.Time, late, sum time.Duration) {
		if len(rest) == 0 {
			if best == nil || late < bestLate || late == bestLate && sum < bestSum {
				best, bestLate, bestSum = slices.Clone(done), late, sum
			}
			return
		}
		for i, next := range rest {
			there := t.Add(travel.Time(v, at, drops[next].Door) + DoorTime())
			others := slices.Concat(rest[:i], rest[i+1:])
			try(append(slices.Clone(done), next), others, drops[next].Door, there,
				late+max(0, there.Sub(drops[next].Deadline)), sum+there.Sub(now))
		}
	}
	try(nil, rest, from, now, 0, 0)
	return best, bestLate
}
