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
	edges := make([][]edge, 0, len(free))
	for _, r := range free {
		row := make([]edge, 0, len(slots)+1)
		for n, i := range slots {
			if way := float64(s.shopWay(r, i)) / 60; way <= k.reach {
				row = append(row, edge{int32(n), way})
			}
		}
		edges = append(edges, row)
	}
	to := assignAny(edges, len(slots))
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
