package city

import (
	"cmp"
	"slices"
	"time"

	"housecall/internal/dispatch"
	"housecall/internal/estimate"
	"housecall/internal/geo"
	"housecall/internal/id"
)

// stir has the zone planned at once, but not within a second of the last plan.
func (s *sim) stir() {
	at := s.planned.Add(dispatch.AtMost)
	if at.Before(s.now) {
		at = s.now
	}
	if s.due.After(s.now) && !s.due.After(at) {
		return // it will be
	}
	s.due = at
	s.after(at.Sub(s.now), func() {
		switch {
		case !s.due.Equal(s.now) || s.planned.Equal(s.now):
		case s.now.Sub(s.planned) < dispatch.AtMost:
			s.stir()
		default:
			s.plan()
		}
	})
}

// tick plans every ten seconds in any case.
func (s *sim) tick() {
	s.watch()
	if s.now.Sub(s.planned) >= dispatch.InAnyCase {
		s.plan()
	}
	s.after(dispatch.InAnyCase, s.tick)
}

// plan asks the engine and does what it says.
func (s *sim) plan() {
	s.planned = s.now
	if len(s.open) == 0 {
		return
	}
	for _, c := range s.couriers {
		c.serve()
	}
	state := s.picture()
	var began time.Duration
	if s.Watch != nil {
		began = s.Watch()
	}
	d := s.Plan(state, s.now)
	if s.Watch != nil {
		s.took = append(s.took, s.Watch()-began)
	}
	s.standing = d.Standing
	jobs, couriers := s.byID()
	for _, r := range d.Rematches {
		if o := jobs[r.Job]; o != nil && o.courier != nil && o.courier.id == r.From && o.stage == taken {
			s.words["rematch"]++
			o.courier.drop(o)
		}
	}
	for _, p := range slices.Concat(d.Bundles, d.Offers) {
		if c := couriers[p.Courier]; c != nil {
			s.offer(c, p, jobs)
		}
	}
	for _, p := range d.Prepositions {
		if c := couriers[p.Courier]; c != nil && c.free() && c.to != p.At {
			s.words["preposition"]++
			c.set(p.At, idle, 0, func() {})
		}
	}
}

func (s *sim) byID() (map[id.Job]*Order, map[id.Account]*courier) {
	jobs, couriers := make(map[id.Job]*Order, len(s.open)), make(map[id.Account]*courier, len(s.couriers))
	for o := range s.open {
		jobs[o.Job] = o
	}
	for _, c := range s.couriers {
		couriers[c.id] = c
	}
	return jobs, couriers
}

// offer makes one exclusive offer: of a bundle, the first job that can be offered. The next follows once
// this one is answered.
func (s *sim) offer(c *courier, p dispatch.Proposal, jobs map[id.Job]*Order) {
	for _, job := range p.Ask {
		o := jobs[job]
		if o == nil || o.stage != open || !c.takes(o) {
			continue
		}
		o.stage, o.courier, c.asked = offered, c, o
		o.offers++
		says, yes := s.answer(o)
		if !says {
			s.after(dispatch.OfferTime, func() { s.answered(c, o, false, dispatch.ShunSilent) })
			return
		}
		s.after(answersAfter, func() { s.answered(c, o, yes, dispatch.ShunDeclined) })
		return
	}
}

// takes tells whether a courier can be asked for this job now: with what they have to collect and have on
// board it must be a ride that may be. Nobody is asked while they stand at a door.
func (c *courier) takes(o *Order) bool {
	switch {
	case c.asked != nil || len(c.back) > 0 || len(c.jobs)+len(c.bags) >= dispatch.MostBags:
		return false
	case len(c.bags) == 0 && len(c.jobs) == 0:
		return c.state == idle
	case len(c.bags) > 0 && c.sim.Counters == 1 || c.state == broken || c.state == knocking:
		return false
	}
	elsewhere := map[int]bool{o.Pharmacy: true}
	for _, x := range c.jobs {
		if x.stage == serving {
			return false
		}
		elsewhere[x.Pharmacy] = true
	}
	return len(elsewhere) <= c.sim.Counters
}

func (s *sim) answered(c *courier, o *Order, yes bool, shun time.Duration) {
	if c.asked != o || o.stage != offered || o.courier != c {
		return // taken away meanwhile
	}
	if !yes {
		s.unasked(o, shun)
		if c.state == standing {
			c.serve()
		}
		s.stir()
		return
	}
	c.asked = nil
	c.accept(o)
	s.stir()
}

// unasked takes an offer back.
func (s *sim) unasked(o *Order, shun time.Duration) {
	c := o.courier
	o.stage, o.courier, c.asked = open, nil, nil
	o.Declines++
	o.left = append(o.left, leaving{c, s.now, shun})
}

// picture is what the engine may look at: what the product knows, no more.
func (s *sim) picture() dispatch.State {
	state := dispatch.State{
		Zone: zone, Travel: s.travel(), Standing: s.standing, Seed: s.Seed, Budget: s.Budget, Counters: s.Counters, Margin: dispatch.Margin, Ahead: dispatch.Ahead(s.freeAndOpen()),
	}
	state.Jobs, state.Couriers = make([]dispatch.Job, 0, len(s.open)), make([]dispatch.Courier, 0, len(s.couriers))
	for o := range s.open {
		state.Jobs = append(state.Jobs, s.job(o))
	}
	for _, c := range s.couriers {
		for _, o := range c.onBoard() {
			j := s.job(o)
			j.Courier, j.Stage = c.id, dispatch.Aboard
			state.Jobs = append(state.Jobs, j)
		}
	}
	slices.SortFunc(state.Jobs, func(a, b dispatch.Job) int { return cmp.Compare(a.ID, b.ID) })
	for _, c := range s.couriers {
		state.Couriers = append(state.Couriers, c.picture())
	}
	s.fade()
	for _, p := range s.pharmacies {
		state.Places = append(state.Places, dispatch.Place{ID: p.id, At: p.at, Demand: s.last[p.id]})
	}
	return state
}

// freeAndOpen counts who holds nothing, and jobs that nobody holds.
func (s *sim) freeAndOpen() (free, open int) {
	r := s.riders()
	return r.Free, r.Waiting
}

func (s *sim) job(o *Order) dispatch.Job {
	p := s.pharmacies[o.Pharmacy]
	j := dispatch.Job{
		ID: o.Job, From: p.id, Pharmacy: p.at, Door: o.Home, PlacedAt: o.Placed, ReadyAt: o.Ready, Deadline: o.Placed.Add(Promised - dispatch.Margin),
	}
	if o.Ready.IsZero() {
		j.ReadyAt = estimate.Ready(o.readyKnown.since, o.readyKnown.median, s.now)
	}
	for _, l := range o.left {
		if s.now.Sub(l.at) < l.long {
			j.Shuns = append(j.Shuns, l.courier.id)
		}
	}
	if o.courier != nil {
		j.Courier = o.courier.id
		j.Stage = firmly[o.stage]
	}
	return j
}

// firmly is how the engine calls the stages of a job.
var firmly = [...]dispatch.Stage{open: dispatch.Open, offered: dispatch.Offered, taken: dispatch.Accepted, serving: dispatch.Fixed, over: dispatch.Fixed}

func (c *courier) picture() dispatch.Courier {
	s := c.sim
	out := dispatch.Courier{ID: c.id, At: c.at(), SeenAt: s.now, Vehicle: dispatch.Scooter, IdleSince: c.idleSince, Done: c.done}
	switch {
	case c.state == broken:
		out.Phase = dispatch.Away
	case c.state == knocking && len(c.jobs) > 0: // asked on the way to that door
		out.Phase, out.To = dispatch.Bound, s.pharmacies[c.jobs[0].Pharmacy].id
		out.ArriveAt = s.now.Add(c.handing() + s.travel().Time(dispatch.Scooter, c.at(), s.pharmacies[c.jobs[0].Pharmacy].at))
	case len(c.onBoard()) > 0 && (c.state == toDoor || c.state == knocking):
		out.Phase, out.FreeAt = dispatch.Riding, s.now
		if c.state == knocking {
			out.FreeAt = s.now.Add(c.handing())
		}
	case c.state == toDoor || c.state == knocking:
		out.Phase = dispatch.Riding
		out.At, out.FreeAt = c.doneAt()
	case c.state == bringingBack:
		out.Phase, out.At = dispatch.Riding, c.to
		out.FreeAt = s.now.Add(s.travel().Time(dispatch.Scooter, c.at(), c.to) + time.Minute)
	case len(c.jobs) > 0:
		out.Phase, out.To = dispatch.Bound, s.pharmacies[c.shop].id
		out.ArriveAt = s.now.Add(s.travel().Time(dispatch.Scooter, c.at(), s.pharmacies[c.shop].at))
	case c.asked != nil:
		out.Phase = dispatch.Asked
	}
	return out
}

// onBoard are the bags whose doors the engine plans, with what may be collected before: all but the one that
// is being handed over.
func (c *courier) onBoard() []*Order {
	switch {
	case c.sim.Counters == 1 || len(c.back) > 0 || len(c.bags) == 0:
		return nil
	case c.state == knocking:
		return c.bags[1:]
	}
	return c.bags
}

// handing is how long the hand-over at the present door still takes, as far as the product can tell.
func (c *courier) handing() time.Duration {
	return max(20*time.Second, dispatch.DoorTime()-c.sim.now.Sub(c.come))
}

// doneAt is where and when a courier is done with what is on board, as far as the product can tell.
func (c *courier) doneAt() (at geo.Point, t time.Time) {
	s := c.sim
	at, t = c.at(), s.now
	for i, o := range c.bags {
		if i > 0 || c.state == toDoor {
			t = t.Add(s.travel().Time(dispatch.Scooter, at, o.Home))
		}
		hand := dispatch.DoorTime()
		if i == 0 && c.state == knocking {
			hand = c.handing()
		}
		t, at = t.Add(hand), o.Home
	}
	return at, t
}
