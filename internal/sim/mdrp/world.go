package mdrp

import (
	"fmt"
	"slices"

	"housecall/internal/id"
)

// doing is what a courier of the world does.
type doing int

const (
	idle       doing = iota // waits where last seen
	toShop                  // rides to a shop, or stands at its counter with orders to collect
	delivering              // has bags on board
)

// rider is a courier as the world knows them.
type rider struct {
	*Courier
	at        string // "0", a shop or an order
	x, y      int
	doing     doing
	shop      int   // toShop: which
	orders    []int // toShop: what to collect there, in the sequence of the doors
	arrived   int   // toShop: when at the counter; idle at a shop: since when
	changed   int   // toShop: when the set of orders was last changed
	free      int   // delivering: when done
	idleSince int
	delivered int
	moves     []Movement
}

// world plays a day and refuses what the rules forbid.
type world struct {
	in     *Instance
	now    int
	riders []rider
	rider  map[id.Account]int
	order  map[id.Job]int
	shop   map[id.Pharmacy]int
	holder []int // by order: the rider who goes for it, -1 nobody
	picked []bool
	drop   []int // when delivered, by order
	out    Solution
}

func newWorld(in *Instance) *world {
	w := &world{
		in: in, rider: map[id.Account]int{}, order: map[id.Job]int{}, shop: map[id.Pharmacy]int{},
		holder: make([]int, len(in.Orders)), picked: make([]bool, len(in.Orders)), drop: make([]int, len(in.Orders)),
	}
	for i := range in.Couriers {
		c := &in.Couriers[i]
		w.riders = append(w.riders, rider{Courier: c, at: "0", x: c.X, y: c.Y, arrived: c.On, idleSince: c.On})
		w.rider[id.Account(c.ID)] = i
	}
	for i, o := range in.Orders {
		w.order[id.Job(o.ID)] = i
		w.holder[i] = -1
	}
	for i, s := range in.Shops {
		w.shop[id.Pharmacy(s.ID)] = i
	}
	return w
}

// advance moves the world to a minute: who is done becomes idle, who came to a shop for nothing too.
func (w *world) advance(to int) {
	w.now = to
	for i := range w.riders {
		r := &w.riders[i]
		switch {
		case r.doing == delivering && r.free <= to:
			r.doing, r.idleSince = idle, r.free
		case r.doing == toShop && len(r.orders) == 0 && r.arrived <= to:
			r.doing, r.idleSince = idle, to
		}
	}
}

// known tells whether an order has been placed and is still to be collected.
func (w *world) known(o int) bool { return w.in.Orders[o].Placed <= w.now && !w.picked[o] }

// send has an idle courier on shift ride to a shop; standing there already takes no time.
func (w *world) send(r *rider, shop int) error {
	if r.doing != idle || w.now < r.On || w.now > r.Off {
		return fmt.Errorf("courier %s is not there to be sent at %d", r.ID, w.now)
	}
	s := w.in.Shops[shop]
	r.doing, r.shop, r.orders, r.changed = toShop, shop, nil, w.now
	if r.at == s.ID {
		return nil // r.arrived stands from when they came
	}
	r.moves = append(r.moves, Movement{r.ID, w.now, r.at, s.ID})
	r.arrived = w.now + w.in.Minutes(r.x, r.y, s.X, s.Y)
	r.at, r.x, r.y = s.ID, s.X, s.Y
	return nil
}

// give changes what a courier bound to a shop is going to collect there. It takes the orders from
// whoever had them.
func (w *world) give(ri int, orders []int) error {
	r := &w.riders[ri]
	if r.doing != toShop {
		return fmt.Errorf("courier %s is not bound to a shop at %d", r.ID, w.now)
	}
	for n, o := range orders {
		switch {
		case !w.known(o):
			return fmt.Errorf("order %s is not there to be given at %d", w.in.Orders[o].ID, w.now)
		case w.in.Orders[o].Shop != r.shop:
			return fmt.Errorf("order %s is not of the shop %s", w.in.Orders[o].ID, w.in.Shops[r.shop].ID)
		case slices.Contains(orders[:n], o):
			return fmt.Errorf("order %s is given twice", w.in.Orders[o].ID)
		}
	}
	if slices.Equal(orders, r.orders) {
		return nil
	}
	for _, o := range r.orders {
		if w.holder[o] == ri {
			w.holder[o] = -1
		}
	}
	for _, o := range orders {
		if h := w.holder[o]; h >= 0 {
			other := &w.riders[h]
			other.orders = slices.DeleteFunc(other.orders, func(x int) bool { return x == o })
			other.changed = w.now
		}
		w.holder[o] = ri
	}
	r.orders, r.changed = slices.Clone(orders), w.now
	return nil
}

// collect has every courier pick up whose whole bundle is ready and who has stood at the counter for
// half the service. From there on nothing can be changed.
func (w *world) collect() {
	for i := range w.riders {
		r := &w.riders[i]
		if r.doing != toShop || len(r.orders) == 0 || w.now < r.arrived+w.in.HalfPick || w.now > r.Off {
			continue
		}
		if slices.ContainsFunc(r.orders, func(o int) bool { return w.in.Orders[o].Ready > w.now }) {
			continue
		}
		w.deliver(r)
	}
}

// deliver plays a bundle to its last door.
func (w *world) deliver(r *rider) {
	a := Assignment{At: r.changed, Pickup: w.now, Courier: r.ID}
	at := w.now + w.in.HalfPick
	for _, o := range r.orders {
		x := &w.in.Orders[o]
		r.moves = append(r.moves, Movement{r.ID, at, r.at, x.ID})
		drop := at + w.in.Minutes(r.x, r.y, x.X, x.Y) + w.in.HalfDrop
		at = drop + w.in.HalfDrop
		r.at, r.x, r.y = x.ID, x.X, x.Y
		a.Orders = append(a.Orders, x.ID)
		w.picked[o], w.drop[o] = true, drop
		w.out.Deliveries = append(w.out.Deliveries, Delivery{x.ID, x.Placed, x.Ready, w.now, drop, r.ID})
	}
	r.delivered += len(r.orders)
	r.doing, r.free, r.orders = delivering, at, nil
	w.out.Assignments = append(w.out.Assignments, a)
}

// done tells whether nothing can happen any more: every order is collected, or nobody is on shift.
func (w *world) done() bool {
	for o := range w.in.Orders {
		if !w.picked[o] {
			return w.now > w.lastOff()
		}
	}
	return true
}

func (w *world) lastOff() int {
	last := 0
	for i := range w.riders {
		last = max(last, w.riders[i].Off)
	}
	return last
}

func (w *world) solution() *Solution {
	for i := range w.riders {
		w.out.Movements = append(w.out.Movements, w.riders[i].moves...)
	}
	return &w.out
}
