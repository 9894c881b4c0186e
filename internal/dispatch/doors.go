package dispatch

import (
	"math"
	"slices"
	"time"

	"housecall/internal/geo"
)

// Drop is a bag on board: where it goes and until when.
type Drop struct {
	Door     geo.Point
	Deadline time.Time
}

// DoorOrder is the sequence in which a courier who sets out from a place visits the doors: the one by which the
// fewest bags are likely to be late, and soon. One that is late whatever is done does not make another late.
// It answers indexes of drops.
func DoorOrder(v Vehicle, travel Travel, from geo.Point, now time.Time, drops []Drop) []int {
	if len(drops) < 2 || len(drops) > 6 {
		return counted(len(drops))
	}
	order, _ := orderOf(v, travel, from, now, drops)
	return order
}

// BetterLeave tells whether a courier who stands at a counter with these bags does better to ride now
// than to wait until a moment for one more: waiting would make it likelier that they are late.
func BetterLeave(v Vehicle, travel Travel, counter geo.Point, now time.Time, bags []Drop, until time.Time, more Drop) bool {
	if len(bags) == 0 {
		return false
	}
	hand := DefaultHands.CounterAfter
	_, soon := orderOf(v, travel, counter, now.Add(hand), bags)
	all := append(slices.Clone(bags), more)
	all[len(bags)].Deadline = all[len(bags)].Deadline.Add(24 * time.Hour) // how late the one more is does not count
	_, late := orderOf(v, travel, counter, until.Add(2*hand), all)
	return late > soon+bearable
}

const (
	// A bag that is expected at the promised time is as likely late as not; what people and roads do to it is
	// mostly within unpunctual.
	unpunctual = 1.5 // minutes
	optimism   = 0.5 // minutes: hand-overs take longer than their median as often as not, and some very long
	aLateBag   = 20  // minutes of other bags' waiting that one bag in time is worth
	bearable   = 0.2 // of the same, that a bag more may cost those in hand
)

// dread is what a bag that is expected so many minutes after the promised time costs: mostly whether it is late.
func dread(over float64) float64 {
	u := (over + optimism) / unpunctual
	return aLateBag*0.5*(1+u/math.Sqrt(1+u*u)) + 0.5*max(0, over)
}

// counted are the numbers below n.
func counted(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// orderOf answers the best sequence, and what is to be dreaded of it.
func orderOf(v Vehicle, travel Travel, from geo.Point, now time.Time, drops []Drop) (order []int, feared float64) {
	if travel == nil {
		travel = Crow{}
	}
	best := math.Inf(1)
	var try func(done, rest []int, at geo.Point, t time.Time, fear, wait float64)
	try = func(done, rest []int, at geo.Point, t time.Time, fear, wait float64) {
		if len(rest) == 0 {
			if cost := fear + wait/4; cost < best {
				order, best, feared = slices.Clone(done), cost, fear
			}
			return
		}
		for i, next := range rest {
			there := t.Add(travel.Time(v, at, drops[next].Door) + DoorTime())
			others := slices.Concat(rest[:i], rest[i+1:])
			try(append(slices.Clone(done), next), others, drops[next].Door, there,
				fear+dread(there.Sub(drops[next].Deadline).Minutes()), wait+there.Sub(now).Minutes())
		}
	}
	try(nil, counted(len(drops)), from, now, 0, 0)
	return order, feared
}
