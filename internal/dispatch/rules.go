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
	// Ahead is what answering an offer, and the wait for the plan after it, take.
	Ahead = 15 * time.Second
	// MostBags is how many bags a courier is given at one counter, whatever the vehicle holds.
	MostBags = 3
)

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
	return best
}
