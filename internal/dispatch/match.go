package dispatch

import (
	"math"
	"slices"
)

// match gives whole sequences to other riders where that is better for all of them together: a
// min-cost assignment of what follows each locked bundle.
func (s *search) match() {
	if len(s.busy) == 0 {
		return
	}
	var rows []int32 // riders whose tail is a row
	for _, r := range s.busy {
		if len(s.routes[r].bundles) > s.riders[r].locked() {
			rows = append(rows, r)
		}
	}
	slices.Sort(rows)
	if len(rows) == 0 {
		return
	}
	base := make([]float64, len(s.riders)) // what each rider's locked part costs alone
	for r := range s.riders {
		base[r] = s.price(int32(r), s.routes[r].bundles[:s.riders[r].locked()])
	}
	edges := make([][]edge, len(rows))
	for i, r := range rows {
		edges[i] = s.edgesOf(r, base)
	}
	to := assign(edges, len(s.riders))
	tails := make([][]bundle, len(rows))
	for i, r := range rows {
		tails[i] = slices.Clone(s.routes[r].bundles[s.riders[r].locked():])
		if to[i] != r {
			s.unbook(r)
			s.routes[r].bundles = s.routes[r].bundles[:s.riders[r].locked()]
			s.book(r)
		}
	}
	for i, r := range rows {
		q := to[i]
		if q == r {
			continue
		}
		s.unbook(q)
		s.routes[q].bundles = append(s.routes[q].bundles[:s.riders[q].locked()], tails[i]...)
		for k := range tails[i] {
			for _, t := range tails[i][k].list() {
				s.holder[t] = q
			}
		}
		s.book(q)
	}
	for i, r := range rows {
		if to[i] != r {
			s.reprice(r)
			s.reprice(to[i])
		}
	}
}

// reprice walks a rider's route anew.
func (s *search) reprice(r int32) {
	rt := &s.routes[r]
	rt.marks = rt.marks[:0]
	rt.cost = s.walk(r, rt.bundles, &rt.marks)
	for len(rt.marks) < len(rt.bundles) { // where it can't be ridden nothing can follow
		rt.marks = append(rt.marks, mark{never, never, nobody})
	}
}

// edgesOf prices the tail of one rider for those who are near its first counter, and for themselves.
func (s *search) edgesOf(r int32, base []float64) []edge {
	tail := s.routes[r].bundles[s.riders[r].locked():]
	var out []edge
	try := func(q int32) {
		for k := range tail {
			for _, t := range tail[k].list() {
				if s.shunned(q, t) {
					return
				}
			}
		}
		s.scratch = append(s.scratch[:0], s.routes[q].bundles[:s.riders[q].locked()]...)
		s.scratch = append(s.scratch, tail...)
		if cost := s.price(q, s.scratch); cost < far {
			out = append(out, edge{q, cost - base[q]})
		}
	}
	out = append(out, edge{r, s.routes[r].cost - base[r]})
	for _, q := range s.shops[tail[0].shop].near {
		if q != r {
			try(q)
		}
	}
	return out
}

// edge is what a row costs with a column.
type edge struct {
	column int32
	cost   float64
}

// assign gives every row a column of its own at the least cost in all, by shortest augmenting paths.
// Every row's first edge is to a column that no other row's first edge is to, so there is a solution.
func assign(edges [][]edge, columns int) []int32 {
	a := assignment{edges: edges, row: make([]int32, columns), price: make([]float64, columns), column: make([]int32, len(edges))}
	for c := range a.row {
		a.row[c] = nobody
	}
	a.distance, a.from, a.done = make([]float64, columns), make([]int32, columns), make([]bool, columns)
	for c := range a.distance {
		a.distance[c] = math.Inf(1)
	}
	var rest []int32
	for i := range edges {
		best := 0
		for k, e := range edges[i] {
			if e.cost < edges[i][best].cost {
				best = k
			}
		}
		a.column[i] = nobody
		if c := edges[i][best].column; a.row[c] == nobody {
			a.row[c], a.column[i] = int32(i), c
			continue
		}
		rest = append(rest, int32(i))
	}
	for _, i := range rest {
		a.augment(i)
	}
	return a.column
}

type assignment struct {
	edges    [][]edge
	row      []int32 // by column
	column   []int32 // by row
	price    []float64
	distance []float64
	from     []int32 // row before, by column
	done     []bool
	heap     []reached
}

type reached struct {
	at     float64
	column int32
}

// value is the least of a row's reduced costs: of an assigned row the one of its own column.
func (a *assignment) value(i int32) float64 {
	if c := a.column[i]; c != nobody {
		for _, e := range a.edges[i] {
			if e.column == c {
				return e.cost - a.price[c]
			}
		}
	}
	low := math.Inf(1)
	for _, e := range a.edges[i] {
		low = min(low, e.cost-a.price[e.column])
	}
	return low
}

// augment finds the cheapest way to give one more row a column.
func (a *assignment) augment(start int32) {
	var seen []int32
	a.heap = a.heap[:0]
	at, i, end := 0.0, start, nobody
	for end == nobody {
		value := a.value(i)
		for _, e := range a.edges[i] {
			if a.done[e.column] {
				continue
			}
			if d := at + e.cost - a.price[e.column] - value; d < a.distance[e.column]-1e-12 {
				if math.IsInf(a.distance[e.column], 1) {
					seen = append(seen, e.column)
				}
				a.distance[e.column], a.from[e.column] = d, i
				a.push(reached{d, e.column})
			}
		}
		next := a.pop()
		for a.done[next.column] || next.at > a.distance[next.column] {
			next = a.pop()
		}
		a.done[next.column], at = true, next.at
		if a.row[next.column] == nobody {
			end = next.column
			break
		}
		i = a.row[next.column]
	}
	for _, c := range seen {
		if a.done[c] {
			a.price[c] += a.distance[c] - at
		}
	}
	for c := end; ; {
		i := a.from[c]
		a.row[c] = i
		c, a.column[i] = a.column[i], c
		if i == start {
			break
		}
	}
	for _, c := range seen {
		a.distance[c], a.done[c] = math.Inf(1), false
	}
}

func (a *assignment) push(x reached) {
	a.heap = append(a.heap, x)
	i := len(a.heap) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !sooner(a.heap[i], a.heap[up]) {
			break
		}
		a.heap[i], a.heap[up] = a.heap[up], a.heap[i]
		i = up
	}
}

func (a *assignment) pop() reached {
	top, last := a.heap[0], len(a.heap)-1
	a.heap[0] = a.heap[last]
	a.heap = a.heap[:last]
	for i := 0; ; {
		low := 2*i + 1
		if low >= last {
			break
		}
		if low+1 < last && sooner(a.heap[low+1], a.heap[low]) {
			low++
		}
		if !sooner(a.heap[low], a.heap[i]) {
			break
		}
		a.heap[i], a.heap[low] = a.heap[low], a.heap[i]
		i = low
	}
	return top
}

func sooner(x, y reached) bool { return x.at < y.at || x.at == y.at && x.column < y.column }
