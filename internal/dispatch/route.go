package dispatch

import "slices"

// maxBundle is how many bags ever go in one bundle, whatever the vehicle takes.
const maxBundle = 6

// bundle is one ride: what is collected, at one counter or at several in a row, and delivered before anything
// else is. The first bundle of a loaded rider has what is on board as well.
type bundle struct {
	shop  int32 // the first counter
	n     int32
	tasks [maxBundle]int32
}

func (b *bundle) list() []int32 { return b.tasks[:b.n] }

func (b *bundle) insert(at int32, t int32) {
	copy(b.tasks[at+1:b.n+1], b.tasks[at:b.n])
	b.tasks[at] = t
	b.n++
}

func (b *bundle) remove(t int32) {
	if i := slices.Index(b.list(), t); i >= 0 {
		copy(b.tasks[i:], b.tasks[i+1:b.n])
		b.n--
	}
}

// route is what one rider is meant to do. The first bundle of a bound, asked or loaded rider is always there,
// empty when they go for nothing.
type route struct {
	bundles []bundle
	cost    float64
	marks   []mark // by bundle
}

// mark is when a bundle is collected, and when and where the rider is after it.
type mark struct{ pick, at, last int32 }

// locked is how many bundles at the front may not be preceded by another.
func (r *rider) locked() int {
	if r.bound || r.asked || r.loaded {
		return 1
	}
	return 0
}

// walkState is a rider on the way through a route.
type walkState struct {
	at   int32 // seconds
	last int32 // task at whose door, nobody: still at the start
	shop int32 // at whose counter without having collected, nobody
	way  int32 // seconds ridden, for the range
	// ridden are the seconds under way, waiting left out: who leaves late can be used for something else
	ridden int32
}

func (p *problem) begin(r int32, bundles []bundle) walkState {
	c := &p.riders[r]
	w := walkState{at: c.from, last: nobody, shop: nobody}
	switch {
	case c.bound && c.turns && (len(bundles) == 0 || bundles[0].n == 0):
		w.at = p.released(r)
	case c.bound:
		w.at, w.shop, w.way = max(0, c.arrive), c.shop, max(0, c.arrive)
	}
	return w
}

// released is from when a rider who goes for nothing any more can be sent elsewhere from where they are.
func (p *problem) released(r int32) int32 {
	c := &p.riders[r]
	return max(0, c.arrive-p.shopWay(r, c.shop))
}

// come answers when the rider is at a counter.
func (p *problem) come(r int32, w walkState, s int32) int32 {
	c := &p.riders[r]
	switch {
	case w.last != nobody:
		return w.at + p.onwardWay(c.vehicle, w.last, s)
	case w.shop == s:
		return c.arrive
	case w.shop != nobody:
		return w.at + p.shopToShop(c.vehicle, w.shop, s)
	case c.shop == s && !c.bound: // stands there already
		return c.arrive
	}
	return w.at + p.shopWay(r, s)
}

// price walks a route and answers what it costs; far when it can't be ridden.
func (p *problem) price(r int32, bundles []bundle) float64 { return p.walk(r, bundles, nil) }

// walk is price, noting the marks of each bundle where somebody wants them.
func (p *problem) walk(r int32, bundles []bundle, marks *[]mark) (cost float64) {
	c := &p.riders[r]
	w := p.begin(r, bundles)
	count, asked := int32(0), false
	for i := range bundles {
		b := &bundles[i]
		if b.n == 0 {
			if marks != nil {
				*marks = append(*marks, mark{w.at, w.at, w.last})
			}
			continue
		}
		if !p.fits(c, b) || i > 0 && (c.bound || c.loaded) && p.holds(r, b) {
			return far
		}
		tr := p.collect(r, &w, b)
		if tr.n > 0 && tr.ends > c.end {
			return far
		}
		if i > 0 || !c.bound {
			w.ridden += tr.lead
		}
		w.way += tr.lead + tr.more
		cost += p.ridden(r, &w, b, &tr)
		w.ridden += w.at - tr.off
		count += b.n
		asked = asked || tr.n > 0
		if marks != nil {
			*marks = append(*marks, mark{tr.pick, w.at, w.last})
		}
	}
	switch {
	case count == 0:
		return 0
	case c.reach > 0 && float64(w.way)*p.traits[c.vehicle].Speed > c.reach && asked:
		return far
	}
	return cost + p.closing(c, w.ridden, count)
}

// ridden adds up the doors of a bundle, from leaving the last counter on.
func (p *problem) ridden(r int32, w *walkState, b *bundle, tr *trip) float64 {
	c, cost, late := &p.riders[r], 0.0, false
	w.at = tr.leave
	for k, t := range b.list() {
		x, way := &p.tasks[t], p.door(r, b, tr, k)
		w.way += way
		w.at += way + p.doorBefore
		cost += p.weights.arrival(w.at, x)
		late = late || w.at > x.due && p.breaks(w.at, x.due, p.aloneAt(c, tr, t))
		w.at += p.doorAfter
		w.last = t
		if x.holder != nobody && x.holder != r {
			cost += p.weights.rematch
		}
	}
	w.shop = nobody
	if late && b.n > 1 && p.weights.promise && !p.inherited(r, b) {
		cost += p.weights.brokenBundle
	}
	return cost
}

// breaks tells whether a bag comes too late because of its bundle. A promise that would not hold for the bag alone
// either is not broken by that; but one too late only by the margin may not be made later than was promised.
func (p *problem) breaks(at, due, alone int32) bool {
	return alone <= due || at > due+p.margin && alone <= due+p.margin
}

// inherited tells whether the rider has all of the bundle already.
func (p *problem) inherited(r int32, b *bundle) bool {
	for _, t := range b.list() {
		if p.tasks[t].holder != r {
			return false
		}
	}
	return true
}

// holds tells whether the rider goes for any of the bundle now: that is not put off behind another.
func (p *problem) holds(r int32, b *bundle) bool {
	for _, t := range b.list() {
		if p.tasks[t].holder == r {
			return true
		}
	}
	return false
}

// fits tells whether a rider may carry a bundle. What is on board already is, fitting or not.
func (p *problem) fits(c *rider, b *bundle) bool {
	_, counters := p.counters(b)
	if counters == 0 {
		return true
	}
	if b.n > c.takes || counters > maxCounters {
		return false
	}
	grams, class := int32(0), p.tasks[b.tasks[0]].class
	for _, t := range b.list() {
		x := &p.tasks[t]
		if x.fits>>c.vehicle&1 == 0 || x.class != class || x.alone && b.n > 1 {
			return false
		}
		grams += x.grams
	}
	return grams <= c.payload
}

// shunned tells whether a rider has just declined a task.
func (p *problem) shunned(r, t int32) bool { return slices.Contains(p.tasks[t].shuns, r) }
