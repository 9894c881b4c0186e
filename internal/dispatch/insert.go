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
	for _, r := range s.shops[x.shop].near {
		c := &s.riders[r]
		if x.fits>>c.vehicle&1 == 0 {
			continue
		}
		soon := s.soonest(r, x.shop)
		if s.floor(soon, x, s.toDoor(c, t))-s.most >= best.delta {
			break
		}
		if s.random.Uint32()&63 != 0 {
			s.tryNew(t, r, soon, &best)
		}
	}
	there := s.atShop[x.shop] // after the new ones, whose best spares most of these
	if s.many {
		there = there[max(0, len(there)-5):]
	}
	for _, r := range there {
		s.tryBundles(t, r, &best)
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

// floor is what a task costs at the least when its courier comes to the counter at that second.
func (s *search) floor(come int32, x *task, way int32) float64 {
	return s.weights.arrival(max(come+s.counterBefore, x.ready)+s.counterAfter+way+s.doorBefore, x)
}

// toDoor is the way from the counter to the door.
func (s *search) toDoor(c *rider, t int32) int32 { return s.doorWay(c.vehicle, t) }

// insertHeld puts a task that may not be taken from its courier back with them.
func (s *search) insertHeld(t int32) bool {
	r := s.tasks[t].holder
	if s.riders[r].locked() == 0 || s.riders[r].bound && s.riders[r].shop != s.tasks[t].shop {
		return false
	}
	first := s.routes[r].bundles[0]
	if first.n >= maxBundle || first.n > 0 && first.shop != s.tasks[t].shop {
		return false
	}
	s.scratch = append(s.scratch[:0], s.routes[r].bundles...)
	s.scratch[0].shop = s.tasks[t].shop
	s.scratch[0].insert(first.n, t)
	if s.price(r, s.scratch) >= far {
		return false
	}
	s.place(t, spot{rider: r, at: 0, inside: first.n})
	return true
}

// tryBundles looks for a place in the bundles that a rider has at the shop of a task.
func (s *search) tryBundles(t, r int32, best *spot) {
	x, rt, c := &s.tasks[t], &s.routes[r], &s.riders[r]
	if s.shunned(r, t) {
		return
	}
	way := s.toDoor(c, t)
	for i := range rt.bundles {
		b := &rt.bundles[i]
		if b.shop != x.shop || b.n == 0 || b.n >= c.takes || i == 0 && c.asked {
			continue
		}
		if s.floor(rt.marks[i].pick-s.counterBefore, x, way)-c.bonus >= best.delta {
			continue
		}
		first := int32(0)
		if s.many {
			first = b.n
		}
		for k := first; k <= b.n; k++ {
			s.scratch = append(s.scratch[:0], rt.bundles...)
			s.scratch[i].insert(k, t)
			s.offer(r, int32(i), k, best)
		}
	}
}

// tryNew looks for a place for a bundle of its own in the route of a rider.
func (s *search) tryNew(t, r, soon int32, best *spot) {
	x, rt, c := &s.tasks[t], &s.routes[r], &s.riders[r]
	way := s.toDoor(c, t)
	if s.floor(soon, x, way)-c.bonus >= best.delta || s.shunned(r, t) {
		return
	}
	if c.bound && c.shop == x.shop && rt.bundles[0].n == 0 {
		s.scratch = append(s.scratch[:0], rt.bundles...)
		s.scratch[0].insert(0, t)
		s.offer(r, 0, 0, best)
	}
	first := c.locked()
	if s.many { // at the end only: of thousands of jobs some come sooner elsewhere
		first = len(rt.bundles)
	}
	for i := first; i <= len(rt.bundles); i++ {
		if i > 0 && rt.marks[i-1].last != nobody {
			m := rt.marks[i-1]
			if s.floor(m.at+s.onwardWay(c.vehicle, m.last, x.shop), x, way)-c.bonus >= best.delta {
				break // later ones are later still
			}
		}
		s.scratch = append(s.scratch[:0], rt.bundles...)
		s.scratch = slices.Insert(s.scratch, i, bundle{shop: x.shop, n: 1, tasks: [maxBundle]int32{t}})
		s.offer(r, int32(i), nobody, best)
	}
}

// tryLast looks at the end of a rider's route, without walking all of it again.
func (s *search) tryLast(t, r int32, best *spot) {
	x, rt, c := &s.tasks[t], &s.routes[r], &s.riders[r]
	m := rt.marks[len(rt.marks)-1]
	if m.last == nobody || x.fits>>c.vehicle&1 == 0 {
		return
	}
	come := m.at + s.onwardWay(c.vehicle, m.last, x.shop)
	if come+s.counterBefore > c.end || s.floor(come, x, s.toDoor(c, t))-c.bonus >= best.delta || s.shunned(r, t) {
		return
	}
	s.scratch = append(s.scratch[:0], rt.bundles...)
	s.scratch = append(s.scratch, bundle{shop: x.shop, n: 1, tasks: [maxBundle]int32{t}})
	s.offer(r, int32(len(rt.bundles)), nobody, best)
}

// offer prices the route in scratch and keeps the spot if it is the best so far.
func (s *search) offer(r, at, inside int32, best *spot) {
	if delta := s.price(r, s.scratch) - s.routes[r].cost; delta < best.delta-1e-9 {
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
	s.reprice(r)
	s.book(r)
}
