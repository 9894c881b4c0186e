package dispatch

import (
	"math"
	"slices"

	"housecall/internal/geo"
)

// ways remembers travel times already asked for, in seconds; unasked ones are -1.
type ways struct {
	toShop  []int32 // rider, shop
	soon    []int32 // rider, shop: when one who is bound elsewhere could be there
	onward  []int32 // vehicle, task, shop
	toDoor  []int32 // vehicle, task
	between []int32 // vehicle, block of the shop
	// of rides over several counters
	cross    []int32 // vehicle, task, task
	fromShop []int32 // vehicle, task, shop
	shops    []int32 // vehicle, shop, shop
	perBlock int32
}

func (w *ways) prepare(p *problem) {
	riders, shops, tasks, kinds := len(p.riders), len(p.shops), len(p.tasks), len(p.vehicles)
	block := int32(0)
	for i := range p.shops {
		p.shops[i].block = block
		block += int32(len(p.shops[i].tasks) * len(p.shops[i].tasks))
	}
	w.perBlock = block
	unasked := func(n int) []int32 {
		out := make([]int32, n)
		for i := range out {
			out[i] = -1
		}
		return out
	}
	w.toShop, w.soon, w.onward = unasked(riders*shops), unasked(riders*shops), unasked(kinds*tasks*shops)
	if p.several() {
		w.cross, w.fromShop, w.shops = unasked(kinds*tasks*tasks), unasked(kinds*tasks*shops), unasked(kinds*shops*shops)
	}
	w.toDoor, w.between = unasked(kinds*tasks), unasked(kinds*int(block))
}

func (p *problem) ride(vehicle int32, from, to geo.Point) int32 {
	return seconds(p.Travel.Time(p.vehicles[vehicle], from, to))
}

// shopWay is the way of a rider from where they are to a shop.
func (p *problem) shopWay(r, s int32) int32 {
	at := &p.ways.toShop[int(r)*len(p.shops)+int(s)]
	if *at < 0 {
		*at = p.ride(p.riders[r].vehicle, p.riders[r].at, p.shops[s].at)
	}
	return *at
}

// onwardWay is the way from the door of a task to a shop.
func (p *problem) onwardWay(v, t, s int32) int32 {
	at := &p.ways.onward[(int(v)*len(p.tasks)+int(t))*len(p.shops)+int(s)]
	if *at < 0 {
		*at = p.ride(v, p.jobs[t].Door, p.shops[s].at)
	}
	return *at
}

// doorWay is the way from the shop of a task to its door.
func (p *problem) doorWay(v, t int32) int32 {
	at := &p.ways.toDoor[int(v)*len(p.tasks)+int(t)]
	if *at < 0 {
		*at = p.ride(v, p.shops[p.tasks[t].shop].at, p.jobs[t].Door)
	}
	return *at
}

// shopToShop is the way from one counter to another.
func (p *problem) shopToShop(v, a, b int32) int32 {
	return p.memo(p.ways.shops, (int(v)*len(p.shops)+int(a))*len(p.shops)+int(b), v, p.shops[a].at, p.shops[b].at)
}

// fromShop is the way from a counter, its own or another, to the door of a task.
func (p *problem) fromShop(v, s, t int32) int32 {
	if p.tasks[t].shop == s {
		return p.doorWay(v, t)
	}
	return p.memo(p.ways.fromShop, (int(v)*len(p.tasks)+int(t))*len(p.shops)+int(s), v, p.shops[s].at, p.jobs[t].Door)
}

// memo is a way that may be remembered; where too many would have to be, it is asked for each time.
func (p *problem) memo(at []int32, i int, v int32, from, to geo.Point) int32 {
	if i >= len(at) {
		return p.ride(v, from, to)
	}
	if at[i] < 0 {
		at[i] = p.ride(v, from, to)
	}
	return at[i]
}

// betweenWay is the way between the doors of two tasks.
func (p *problem) betweenWay(v, a, b int32) int32 {
	if p.tasks[a].shop != p.tasks[b].shop {
		return p.memo(p.ways.cross, (int(v)*len(p.tasks)+int(a))*len(p.tasks)+int(b), v, p.jobs[a].Door, p.jobs[b].Door)
	}
	s := &p.shops[p.tasks[a].shop]
	n := int32(len(s.tasks))
	at := &p.ways.between[v*p.ways.perBlock+s.block+p.tasks[a].within*n+p.tasks[b].within]
	if *at < 0 {
		*at = p.ride(v, p.jobs[a].Door, p.jobs[b].Door)
	}
	return *at
}

// addNeighbours finds, for each shop with tasks, the riders who can be there soonest and the shops
// around it, over a grid.
func (p *problem) addNeighbours() {
	riders := make([]geo.Point, len(p.riders))
	for i, r := range p.riders {
		riders[i] = r.at
		if r.bound {
			riders[i] = p.shops[r.shop].at
		}
	}
	g := newGrid(riders)
	var busy []geo.Point
	var which []int32
	for i, s := range p.shops {
		if len(s.tasks) > 0 {
			busy, which = append(busy, s.at), append(which, int32(i))
		}
	}
	shops := newGrid(busy)
	for _, i := range which {
		s := &p.shops[i]
		s.near = g.nearest(s.at, 2*p.weights.candidates)
		soon := make([]int32, len(p.riders))
		for _, r := range s.near {
			soon[r] = p.soonest(r, i)
		}
		slices.SortFunc(s.near, func(a, b int32) int {
			if soon[a] != soon[b] {
				return int(soon[a] - soon[b])
			}
			return int(a - b)
		})
		s.near = s.near[:min(len(s.near), p.weights.candidates)]
		for _, n := range shops.nearest(s.at, 10) {
			s.nearby = append(s.nearby, which[n])
		}
	}
}

// soonest is when a rider without other work could be at a shop.
func (p *problem) soonest(r, s int32) int32 {
	c := &p.riders[r]
	if !c.bound {
		return c.from + p.shopWay(r, s)
	}
	at := &p.ways.soon[int(r)*len(p.shops)+int(s)]
	if *at < 0 {
		*at = max(0, c.arrive)
		switch {
		case c.shop == s:
		case c.turns:
			*at = min(*at+p.shopToShop(c.vehicle, c.shop, s), p.released(r)+p.shopWay(r, s))
		default:
			*at += p.ride(c.vehicle, p.shops[c.shop].at, p.shops[s].at)
		}
	}
	return *at
}

// grid finds the nearest of many points without looking at all of them.
type grid struct {
	points           []geo.Point
	cells            map[[2]int32][]int32
	size, lat0, lon0 float64
	rings            int32
	stretch          float64
}

func newGrid(points []geo.Point) *grid {
	g := &grid{points: points, cells: map[[2]int32][]int32{}, size: 1, stretch: 1}
	if len(points) == 0 {
		return g
	}
	low, high := geo.Point{Lat: math.Inf(1), Lon: math.Inf(1)}, geo.Point{Lat: math.Inf(-1), Lon: math.Inf(-1)}
	for _, q := range points {
		low = geo.Point{Lat: min(low.Lat, q.Lat), Lon: min(low.Lon, q.Lon)}
		high = geo.Point{Lat: max(high.Lat, q.Lat), Lon: max(high.Lon, q.Lon)}
	}
	g.lat0, g.lon0 = low.Lat, low.Lon
	g.stretch = max(0.01, math.Cos((low.Lat+high.Lat)/2*math.Pi/180))
	wide, tall := (high.Lon-low.Lon)*g.stretch, high.Lat-low.Lat
	g.size = max(1e-6, math.Sqrt(max(1e-12, wide*tall)*3/float64(len(points))), max(wide, tall)/1000)
	g.rings = int32(max(wide, tall)/g.size) + 2
	for i, q := range points {
		c := g.cell(q)
		g.cells[c] = append(g.cells[c], int32(i))
	}
	return g
}

func (g *grid) cell(q geo.Point) [2]int32 {
	index := func(x float64) int32 { return int32(min(1e6, max(-1e6, math.Floor(x/g.size)))) }
	return [2]int32{index((q.Lat - g.lat0)), index((q.Lon - g.lon0) * g.stretch)}
}

// nearest is up to n points, the nearest first.
func (g *grid) nearest(q geo.Point, n int) []int32 {
	if !q.Valid() || len(g.points) == 0 {
		return nil
	}
	mid := g.cell(q)
	mid[0], mid[1] = min(g.rings, max(-1, mid[0])), min(g.rings, max(-1, mid[1]))
	var out []int32
	enough := int32(math.MaxInt32)
	for ring := int32(0); ring <= g.rings+1 && ring <= enough; ring++ {
		for a := -ring; a <= ring; a++ {
			step := int32(1)
			if a != -ring && a != ring {
				step = max(1, 2*ring)
			}
			for b := -ring; b <= ring; b += step {
				out = append(out, g.cells[[2]int32{mid[0] + a, mid[1] + b}]...)
			}
		}
		if len(out) >= n && enough == math.MaxInt32 {
			enough = ring + 1
		}
	}
	type far struct {
		d float64
		i int32
	}
	sorted := make([]far, len(out))
	for k, i := range out {
		dy, dx := g.points[i].Lat-q.Lat, (g.points[i].Lon-q.Lon)*g.stretch
		sorted[k] = far{dy*dy + dx*dx, i}
	}
	slices.SortFunc(sorted, func(a, b far) int {
		switch {
		case a.d < b.d:
			return -1
		case a.d > b.d:
			return 1
		}
		return int(a.i - b.i)
	})
	out = out[:0]
	for _, f := range sorted[:min(n, len(sorted))] {
		out = append(out, f.i)
	}
	return out
}
