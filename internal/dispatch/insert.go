package dispatch

import "slices"

// spot is where a task would go: in an existing bundle, or in a new one before bundle `at`.
type spot struct {
	rider  int32
	at     int32
	inside int32 // place in the bundle; nobody: a new bundle
	delta  float64
}

// insert puts a task where it costs least; false when there is no place for it.
func (s *search) insert(t int32) bool {
	x := &s.tasks[t]
	best := spot{rider: nobody, delta: x.penalty}
	if x.stays {
		return s.insertHeld(t)
	}
	for _, r := range s.atShop[x.shop] {
		s.tryBundles(t, r, &best)
	}
	shop := &s.shops[x.shop]
	for _, r := range shop.near {
		c := &s.riders[r]
		if x.fits>>c.vehicle&1 == 0 {
			continue
		}
		if s.floor(c, x, s.soonest(r, x.shop)) >= best.delta {
			break
		}
		if s.random.IntN(64) != 0 {
			s.tryNew(t, r, &best)
		}
	}
	if len(s.busy) <= 400 {
		for _, r := range s.busy {
			s.tryLast(t, r, &best)
		}
	}
	if best.rider == nobody {
		return false
	}
	s.place(t, best)
	return true
}

// floor is what a task costs at the least when its courier is at the counter at that second.
func (s *search) floor(c *rider, x *task, at int32) float64 {
	_ = c
	return s.weights.arrival(max(at+s.counterBefore, x.ready)+s.counterAfter+s.doorBefore, x) - s.weights.most
}

// insertHeld puts a task that may not be taken from its courier back with them.
func (s *search) insertHeld(t int32) bool {
	r := s.tasks[t].holder
	if s.riders[r].locked() == 0 || s.routes[r].bundles[0].n >= maxBundle {
		return false
	}
	s.place(t, spot{rider: r, at: 0, inside: s.routes[r].bundles[0].n})
	return true
}

// tryBundles looks for a place in the bundles that a rider has at the shop of a task.
func (s *search) tryBundles(t, r int32, best *spot) {
	x, rt := &s.tasks[t], &s.routes[r]
	if s.shunned(r, t) {
		return
	}
	for i := range rt.bundles {
		b := &rt.bundles[i]
		if b.shop != x.shop || b.n == 0 || b.n >= s.riders[r].takes || i == 0 && s.riders[r].asked {
			continue
		}
		for k := int32(0); k <= b.n; k++ {
			s.scratch = append(s.scratch[:0], rt.bundles...)
			s.scratch[i].insert(k, t)
			s.offer(r, int32(i), k, best)
		}
	}
}

// tryNew looks for a place for a bundle of its own in the route of a rider.
func (s *search) tryNew(t, r int32, best *spot) {
	x, rt, c := &s.tasks[t], &s.routes[r], &s.riders[r]
	if s.shunned(r, t) {
		return
	}
	if c.bound && c.shop == x.shop && rt.bundles[0].n == 0 {
		s.scratch = append(s.scratch[:0], rt.bundles...)
		s.scratch[0].insert(0, t)
		s.offer(r, 0, 0, best)
	}
	for i := c.locked(); i <= len(rt.bundles); i++ {
		s.scratch = append(s.scratch[:0], rt.bundles...)
		s.scratch = slices.Insert(s.scratch, i, bundle{shop: x.shop, n: 1, tasks: [maxBundle]int32{t}})
		s.offer(r, int32(i), nobody, best)
	}
}

// tryLast looks at the end of a rider's route, without walking all of it again.
func (s *search) tryLast(t, r int32, best *spot) {
	x, rt, c := &s.tasks[t], &s.routes[r], &s.riders[r]
	if rt.last == nobody || x.fits>>c.vehicle&1 == 0 {
		return
	}
	at := rt.end + s.onwardWay(c.vehicle, rt.last, x.shop)
	pick := max(at+s.counterBefore, x.ready)
	if pick > c.end || s.weights.arrival(pick+s.counterAfter+s.doorBefore, x)-s.weights.most >= best.delta {
		return
	}
	if s.shunned(r, t) {
		return
	}
	s.scratch = append(s.scratch[:0], rt.bundles...)
	s.scratch = append(s.scratch, bundle{shop: x.shop, n: 1, tasks: [maxBundle]int32{t}})
	s.offer(r, int32(len(rt.bundles)), nobody, best)
}

// offer prices the route in scratch and keeps the spot if it is the best so far.
func (s *search) offer(r, at, inside int32, best *spot) {
	cost, _ := s.price(r, s.scratch)
	if delta := cost - s.routes[r].cost; delta < best.delta-1e-9 {
		*best = spot{r, at, inside, delta}
	}
}

// place carries an insertion out.
func (s *search) place(t int32, at spot) {
	r := at.rider
	s.save(r)
	s.unbook(r)
	rt := &s.routes[r]
	if at.inside == nobody {
		rt.bundles = slices.Insert(rt.bundles, int(at.at), bundle{shop: s.tasks[t].shop, n: 1, tasks: [maxBundle]int32{t}})
	} else {
		rt.bundles[at.at].shop = s.tasks[t].shop
		rt.bundles[at.at].insert(at.inside, t)
	}
	s.holder[t] = r
	cost, end := s.price(r, rt.bundles)
	rt.cost, rt.end, rt.last = cost, end.at, end.last
	s.book(r)
}
