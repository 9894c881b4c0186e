package dispatch

import "slices"

// maxCounters is at how many counters a ride ever collects, whatever State allows.
const maxCounters = 3

// trip is how the counters of a bundle are visited, one after the other, before its doors.
type trip struct {
	shops [maxCounters]int32
	alone [maxCounters]int32 // when who goes for the bags of that counter only is off with them
	n     int32
	lead  int32 // seconds ridden to the first
	more  int32 // seconds ridden from there to the last
	pick  int32 // when the first bags change hands; where all are on board already: when the rider sets out
	off   int32 // when the rider is off from the first, with all bags of it
	ends  int32 // when the last bags change hands, which is not after the shift's end
	leave int32 // when the rider is off to the doors
}

// counters lists where a bundle is collected, its shop first. What is on board is collected no more.
func (p *problem) counters(b *bundle) (shops [maxCounters]int32, n int32) {
	for _, t := range b.list() {
		x := &p.tasks[t]
		switch {
		case x.aboard || slices.Contains(shops[:min(n, maxCounters)], x.shop):
			continue
		case n >= maxCounters:
		case x.shop == b.shop:
			copy(shops[1:n+1], shops[:n])
			shops[0] = x.shop
		default:
			shops[n] = x.shop
		}
		n++
	}
	return shops, n
}

// at tells whether a bundle has bags to collect at a shop.
func (p *problem) at(b *bundle, shop int32) bool {
	return slices.ContainsFunc(b.list(), func(t int32) bool { return !p.tasks[t].aboard && p.tasks[t].shop == shop })
}

// collect visits the counters of a bundle, which are not more than maxCounters.
func (p *problem) collect(r int32, w *walkState, b *bundle) trip {
	c, tr := &p.riders[r], trip{}
	if tr.shops, tr.n = p.counters(b); tr.n == 0 {
		tr.pick, tr.off, tr.leave = c.from, c.from, c.from
		return tr
	}
	for k, s := range tr.shops[:tr.n] {
		ready, more := int32(-never), -p.counterEach
		for _, t := range b.list() {
			if x := &p.tasks[t]; x.shop == s && !x.aboard {
				ready, more = max(ready, x.ready), more+p.counterEach
			}
		}
		come := p.come(r, *w, s)
		tr.ends = max(w.at, come+p.counterBefore, ready)
		tr.alone[k] = tr.ends + p.counterAfter
		if k == 0 {
			tr.lead, tr.pick, tr.off, tr.leave = max(0, come-w.at), tr.ends, tr.alone[0]+more, tr.alone[0]+more
			continue
		}
		way := p.shopToShop(c.vehicle, tr.shops[k-1], s)
		tr.ends = max(tr.leave+way+p.counterBefore, ready)
		tr.leave, tr.more = tr.ends+p.counterAfter+more, tr.more+way
	}
	return tr
}

// door is the way to the kth door of a bundle.
func (p *problem) door(r int32, b *bundle, tr *trip, k int) int32 {
	c, t := &p.riders[r], b.tasks[k]
	switch {
	case k > 0:
		return p.betweenWay(c.vehicle, b.tasks[k-1], t)
	case tr.n == 0:
		return p.tasks[t].here
	}
	return p.fromShop(c.vehicle, tr.shops[tr.n-1], t)
}

// aloneAt is when a bag would be in the patient's hand if its rider went for nothing but what is at its counter.
func (p *problem) aloneAt(c *rider, tr *trip, t int32) int32 {
	x := &p.tasks[t]
	if x.aboard {
		return c.from + x.here + p.doorBefore
	}
	k := slices.Index(tr.shops[:tr.n], x.shop)
	return tr.alone[k] + p.doorWay(c.vehicle, t) + p.doorBefore
}
