package city

import (
	"math"
	"slices"
	"time"

	"housecall/internal/dispatch"
	"housecall/internal/geo"
	"housecall/internal/id"
)

type state int

const (
	idle state = iota
	toCounter
	standing // at the counter
	toDoor
	knocking
	bringingBack
	broken
)

// courier is one who rides.
type courier struct {
	sim    *sim
	id     id.Account
	number int
	state  state

	from, to   geo.Point // the present way; the same point when standing
	left, come time.Time // of the way
	turn       int       // counts changes of mind: what was to happen before one does not

	asked *Order
	jobs  []*Order // accepted, not collected: the counter of the first is the next
	bags  []*Order // on board, in the sequence of their doors
	shop  int
	back  []int // pharmacies whose bags were not handed over: they go back after the last door

	idleSince time.Time
	busy      time.Duration
	since     time.Time // busy since
	metres    float64
	done      int
}

func (c *courier) free() bool {
	return c.state == idle && c.asked == nil && len(c.jobs) == 0 && len(c.bags) == 0
}

// at is where the courier is now.
func (c *courier) at() geo.Point {
	now := c.sim.now
	if !now.Before(c.come) || c.from == c.to {
		return c.to
	}
	if !now.After(c.left) {
		return c.from
	}
	f := float64(now.Sub(c.left)) / float64(c.come.Sub(c.left))
	return geo.Point{Lat: c.from.Lat + f*(c.to.Lat-c.from.Lat), Lon: c.from.Lon + f*(c.to.Lon-c.from.Lon)}
}

// go sets out for a place; then is done there, unless the courier changes their mind before.
func (c *courier) set(to geo.Point, as state, chance float64, then func()) {
	c.halt()
	way := c.sim.ride(c.from, to, chance)
	c.to, c.left, c.come, c.state = to, c.sim.now, c.sim.now.Add(way), as
	c.metres += geo.Metres(c.from, to) * dispatch.Of(dispatch.Scooter).Circuity
	c.later(way, then)
}

// halt stops where the courier is; a way not ridden to its end does not count.
func (c *courier) halt() {
	here := c.at()
	c.metres -= geo.Metres(here, c.to) * dispatch.Of(dispatch.Scooter).Circuity
	c.from, c.to, c.come = here, here, c.sim.now
	c.turn++
}

// later does something after a while, unless the courier changes their mind before.
func (c *courier) later(d time.Duration, then func()) {
	turn := c.turn
	c.sim.after(d, func() {
		if c.turn == turn {
			then()
		}
	})
}

// accept takes a job: the first sets out for the counter, another is collected with it.
func (c *courier) accept(o *Order) {
	o.stage, o.courier, o.accepted = taken, c, c.sim.now
	c.jobs = append(c.jobs, o)
	if len(c.jobs) > 1 {
		c.serve()
		return
	}
	if len(c.bags) == 0 {
		c.since = c.sim.now
	}
	if c.state != knocking {
		c.collect(o)
	}
}

// collect sets out for the counter of a job.
func (c *courier) collect(o *Order) {
	c.shop = o.Pharmacy
	counter := c.sim.pharmacies[o.Pharmacy].at
	if o.breaks && o.breakAt < 1 {
		o.breaks = false
		way := c.sim.ride(c.at(), counter, o.road)
		c.set(counter, toCounter, o.road, c.arrive)
		c.later(time.Duration(float64(way)*o.breakAt), c.breakDown)
		return
	}
	c.set(counter, toCounter, -o.road, c.arrive)
}

func (c *courier) arrive() {
	c.state = standing
	c.serve()
	c.sim.stir()
}

// serve has the bags change hands once all of them are ready: the pharmacy types a code for each.
func (c *courier) serve() {
	if c.state != standing || len(c.here()) == 0 || slices.ContainsFunc(c.jobs, func(o *Order) bool { return o.stage == serving }) {
		return
	}
	if !c.allReady() {
		if len(c.here()) == 0 {
			c.next()
		}
		return
	}
	if o := c.asked; o != nil && o.Pharmacy == c.shop { // off with what there is: the offer is taken back
		c.sim.unasked(o, 0)
	}
	var took time.Duration
	for _, o := range c.here() {
		o.stage = serving
		took += atCounter.minutes(o.counter)
	}
	c.turn++
	c.later(took, c.leave)
}

// here are the jobs collected at the counter that the courier goes to or stands at.
func (c *courier) here() []*Order {
	var out []*Order
	for _, o := range c.jobs {
		if o.Pharmacy == c.shop {
			out = append(out, o)
		}
	}
	return out
}

// allReady tells whether the courier can go. A bag that is not ready when the others have to leave goes
// back to the board.
func (c *courier) allReady() bool {
	var ready []dispatch.Drop
	var waiting []*Order
	for _, o := range c.bags {
		ready = append(ready, dispatch.Drop{Door: o.Home, Deadline: o.Placed.Add(Promised - dispatch.Margin)})
	}
	for _, o := range c.here() {
		if o.Ready.IsZero() {
			waiting = append(waiting, o)
			continue
		}
		ready = append(ready, dispatch.Drop{Door: o.Home, Deadline: o.Placed.Add(Promised - dispatch.Margin)})
	}
	for _, o := range waiting {
		until := c.sim.job(o).ReadyAt
		more := dispatch.Drop{Door: o.Home, Deadline: o.Placed.Add(Promised)}
		if !dispatch.BetterLeave(dispatch.Scooter, c.sim.travel(), c.at(), c.sim.now, ready, until, more) {
			return false
		}
		c.jobs = slices.DeleteFunc(c.jobs, func(x *Order) bool { return x == o })
		o.stage, o.courier = open, nil
		c.sim.words["split"]++
	}
	return len(c.here()) > 0
}

// leave rides out with the bags.
func (c *courier) leave() {
	all := c.bags
	for _, o := range c.here() {
		o.stage, o.Collected = aboard, c.sim.now
		delete(c.sim.open, o)
		all = append(all, o)
	}
	c.jobs = slices.DeleteFunc(c.jobs, func(o *Order) bool { return o.stage == aboard })
	var drops []dispatch.Drop
	for _, o := range all {
		drops = append(drops, dispatch.Drop{Door: o.Home, Deadline: o.Placed.Add(Promised)})
	}
	c.bags = nil
	for _, i := range dispatch.DoorOrder(dispatch.Scooter, c.sim.travel(), c.at(), c.sim.now, drops) {
		o := all[i]
		o.bundled = o.bundled || len(all) > 1
		c.bags = append(c.bags, o)
	}
	c.sim.stir()
	c.next()
}

// next rides to the next door, or is free.
func (c *courier) next() {
	if len(c.jobs) > 0 {
		c.collect(c.jobs[0])
		return
	}
	if len(c.bags) == 0 && len(c.back) > 0 {
		to := c.back[0]
		c.back = c.back[1:]
		c.set(c.sim.pharmacies[to].at, bringingBack, 0, func() { c.later(atCounter.minutes(0), c.next) })
		return
	}
	if len(c.bags) == 0 {
		c.rest()
		return
	}
	o := c.bags[0]
	way := c.sim.ride(c.at(), o.Home, o.road)
	c.set(o.Home, toDoor, o.road, c.knock)
	if o.breaks {
		o.breaks = false
		c.later(time.Duration(float64(way)*(o.breakAt-1)), c.breakDown)
	}
}

func (c *courier) knock() {
	c.state = knocking
	o := c.bags[0]
	c.later(atDoor.minutes(o.door), func() {
		c.bags = c.bags[1:]
		if o.wrong {
			c.back = append(c.back, o.Pharmacy)
			c.sim.end(o, false, "wrong_address")
		} else {
			c.done++
			c.sim.end(o, true, "")
		}
		c.next()
	})
}

// rest is free again.
func (c *courier) rest() {
	c.busy += c.sim.now.Sub(c.since)
	c.halt()
	c.state, c.idleSince = idle, c.sim.now
	c.sim.stir()
}

// breakDown stops the courier for an hour: what is not collected goes to another, what is on board comes late or never.
func (c *courier) breakDown() {
	c.halt()
	c.state = broken
	for _, o := range c.jobs {
		o.stage, o.courier = open, nil
	}
	c.jobs = nil
	for _, o := range c.bags {
		c.sim.end(o, false, "breakdown")
	}
	c.bags, c.back = nil, nil
	if c.asked != nil {
		c.sim.unasked(c.asked, dispatch.ShunDeclined)
	}
	c.later(repair, c.rest)
	c.sim.stir()
}

// drop takes a job away from a courier who has not collected it.
func (c *courier) drop(o *Order) {
	i := slices.Index(c.jobs, o)
	if i < 0 || o.stage == serving {
		return
	}
	c.jobs = slices.Delete(c.jobs, i, i+1)
	o.stage, o.courier = open, nil
	if c.state == knocking {
		return
	}
	if len(c.jobs) == 0 && len(c.bags) == 0 {
		c.rest()
		return
	}
	if len(c.here()) == 0 {
		c.next()
		return
	}
	c.serve()
}

func halved(d, half time.Duration) float64 { return math.Exp2(-float64(d) / float64(half)) }
