package dispatch

import "slices"

// spot is where a task would go: in an existing bundle, or in a new one before bundle `at`.
type spot struct {
	rider  int32
	at     int32
	inside int32 // place in the bundle; nobody: a new bundle
	delta  float64
	first  bool // its counter becomes the bundle's first
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
	if s.several() && !x.alone && len(s.busy) <= 400 {
		for _, r := range s.busy {
			s.tryDetours(t, r, &best)
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
	b, ok := s.held(r, t)
	if !ok {
		return false
	}
	s.scratch = append(s.scratch[:0], s.routes[r].bundles...)
	s.scratch[0] = b
	if s.price(r, s.scratch) >= far {
		return false
	}
	s.place(t, spot{rider: r, at: 0, inside: b.n - 1})
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
		if !s.at(b, x.shop) || b.n >= c.takes || i == 0 && c.asked {
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

// tryDetours looks for a place in the bundles that a rider collects elsewhere: the counter of the task is then
// the last of the bundle's, or the first.
func (s *search) tryDetours(t, r int32, best *spot) {
	x, rt, c := &s.tasks[t], &s.routes[r], &s.riders[r]
	if x.fits>>c.vehicle&1 == 0 || s.shunned(r, t) {
		return
	}
	for i := range rt.bundles {
		b := &rt.bundles[i]
		if b.n == 0 || b.n >= c.takes || i == 0 && c.asked || s.tasks[b.tasks[0]].class != x.class || s.at(b, x.shop) {
			continue
		}
		shops, n := s.counters(b)
		if n >= s.limit() {
			continue
		}
		come := s.soonest(r, x.shop)
		if i > 0 && rt.marks[i-1].last != nobody {
			come = rt.marks[i-1].at + s.onwardWay(c.vehicle, rt.marks[i-1].last, x.shop)
		}
		if n > 0 && i >= c.locked() {
			s.tryDetour(t, spot{rider: r, at: int32(i), first: true}, come, best)
		}
		if n > 0 {
			come = rt.marks[i].pick + s.counterAfter + s.shopToShop(c.vehicle, shops[n-1], x.shop)
		}
		s.tryDetour(t, spot{rider: r, at: int32(i)}, come, best)
	}
}

// tryDetour tries each sequence of the doors, where coming to the counter then is not too late already.
func (s *search) tryDetour(t int32, at spot, come int32, best *spot) {
	x, rt, c := &s.tasks[t], &s.routes[at.rider], &s.riders[at.rider]
	if s.floor(come, x, s.toDoor(c, t))-c.bonus >= best.delta {
		return
	}
	for at.inside = 0; at.inside <= rt.bundles[at.at].n; at.inside++ {
		s.scratch = append(s.scratch[:0], rt.bundles...)
		s.scratch[at.at].insert(at.inside, t)
		if at.first {
			s.scratch[at.at].shop = x.shop
		}
		if at.delta = s.price(at.rider, s.scratch) - rt.cost; at.delta < best.delta-1e-9 {
			*best = at
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
		*best = spot{rider: r, at: at, inside: inside, delta: delta}
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
		if b := &rt.bundles[at.at]; at.first || b.n == 0 {
			b.shop = s.tasks[t].shop
		}
		rt.bundles[at.at].insert(at.inside, t)
	}
	s.holder[t] = r
	s.reprice(r)
	s.book(r)
}
