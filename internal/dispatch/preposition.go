package dispatch

import (
	"fmt"
	"math"
	"slices"

	"housecall/internal/geo"
)

// preposition spreads the riders who have nothing to do over the city as demand is spread, with as
// little riding as that takes, and sends those who would have to go some way.
func (s *search) preposition(d *Decision) {
	k := &s.weights
	var free []int32
	for r := range s.riders {
		c := &s.riders[r]
		if s.couriers[r].Phase == Free && c.from <= 0 && s.isBusy[r] < 0 && !c.silent && c.end > 15*60 {
			free = append(free, int32(r))
		}
	}
	slots := s.slots(len(free))
	if len(slots) == 0 {
		return
	}
	to := assignAny(s.waits(free, slots), len(slots))
	for i, r := range free {
		if to[i] == nobody {
			continue
		}
		shop := slots[to[i]]
		way := s.shopWay(r, shop)
		if c := &s.riders[r]; c.shop == shop || way < int32(k.restless*60) || c.idle < k.rest {
			continue
		}
		d.Prepositions = append(d.Prepositions, Preposition{
			Courier: s.couriers[r].ID, To: s.shops[shop].id, At: s.shops[shop].at,
			Why: fmt.Sprintf("nothing to carry here; %.0f jobs an hour are expected %.0f min from here", math.Ceil(s.shops[shop].demand), math.Ceil(float64(way)/60)),
		})
	}
}

const (
	nearPlaces = 12 // to wait at, that are looked at for a rider
	alike      = 8  // slots at one place, which are all the same
)

// waits lists, for each rider, the slots at the places around them. In a metropolis not every rider is held
// against every slot.
func (s *search) waits(free, slots []int32) [][]edge {
	var places []int32 // distinct; the slots of places[i] are from first[i] on, up to first[i+1]
	var first []int
	for n, i := range slots {
		if n == 0 || slots[n-1] != i {
			places, first = append(places, i), append(first, n)
		}
	}
	first = append(first, len(slots))
	points := make([]geo.Point, len(places))
	for i, shop := range places {
		points[i] = s.shops[shop].at
	}
	g, out := newGrid(points), make([][]edge, 0, len(free))
	for at, r := range free {
		var row []edge
		for _, i := range g.nearest(s.riders[r].at, nearPlaces) {
			way := float64(s.shopWay(r, places[i])) / 60
			if way > s.weights.reach {
				continue
			}
			n := first[i+1] - first[i]
			for k := range min(n, alike) {
				row = append(row, edge{int32(first[i] + (at*alike+k)%n), way})
			}
		}
		out = append(out, row)
	}
	return out
}

// slots are n shops to wait at, as many near each other as the share of demand there.
func (s *search) slots(n int) []int32 {
	total := 0.0
	left := make([]float64, len(s.shops))
	var places []int32
	for i := range s.shops {
		if s.shops[i].demand > 0 {
			places = append(places, int32(i))
			left[i] = s.shops[i].demand
			total += left[i]
		}
	}
	if n == 0 || total == 0 || len(s.vehicles) == 0 {
		return nil
	}
	around := s.around(places)
	felt := make([]float64, len(places)) // demand around a place, the nearer the more
	for i := range places {
		for _, x := range around[i] {
			felt[x.column] += left[places[i]] * x.felt
		}
	}
	share := total / float64(n)
	var out []int32
	for range n {
		best := 0
		for i := range places {
			if felt[i] > felt[best] {
				best = i
			}
		}
		out = append(out, places[best])
		want := share
		for _, x := range around[best] {
			at := &left[places[x.column]]
			took := min(want, *at)
			*at -= took
			for _, y := range around[x.column] {
				felt[y.column] -= took * y.felt
			}
			if want -= took; want <= 0 {
				break
			}
		}
	}
	slices.Sort(out)
	return out
}

// neighbour is another place: how far, and how much of its demand is felt.
type neighbour struct {
	column int32
	way    int32
	felt   float64
}

// around lists, for each place, the places around it, the nearest first.
func (s *search) around(places []int32) [][]neighbour {
	points := make([]geo.Point, len(places))
	for i, a := range places {
		points[i] = s.shops[a].at
	}
	g, out := newGrid(points), make([][]neighbour, len(places))
	for i := range places {
		for _, n := range g.nearest(points[i], 24) {
			way := s.ride(0, points[i], points[n])
			out[i] = append(out[i], neighbour{n, way, math.Exp(-float64(way) / 60 / s.weights.spread)})
		}
	}
	return out
}

// assignAny assigns rows to columns, as many as each, at the least cost.
func assignAny(edges [][]edge, columns int) []int32 {
	full := make([][]edge, len(edges))
	for i := range edges { // a column of their own for those who find none
		full[i] = append([]edge{{int32(columns + i), 1e6}}, edges[i]...)
	}
	to := assign(full, columns+len(edges))
	for i := range to {
		if to[i] >= int32(columns) {
			to[i] = nobody
		}
	}
	return to
}
