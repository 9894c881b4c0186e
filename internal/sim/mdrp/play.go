package mdrp

import (
	"fmt"
	"math"
	"time"

	"housecall/internal/dispatch"
	"housecall/internal/geo"
	"housecall/internal/id"
)

// Rules are how a day is played.
type Rules struct {
	Plan  func(dispatch.State, time.Time) dispatch.Decision
	Every int // minutes between two calls
	// NoisyReady hides an order's ready time until it is ready: only its shop's mean preparation time
	// is known before.
	NoisyReady bool
	Budget     int
	Seed       uint64
	// Watch reads a stop watch, for how long decisions take; it decides nothing.
	Watch func() time.Duration
}

// Played is a day and how long its decisions took.
type Played struct {
	Solution *Solution
	Took     []time.Duration
}

// midnight is when minute zero is; any day does.
var midnight = time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC)

func at(minute int) time.Time { return midnight.Add(time.Duration(minute) * time.Minute) }

// place writes metres as degrees, for an engine that knows the earth; plane reads them back.
func place(x, y int) geo.Point {
	return geo.Point{Lat: float64(y) / metresADegree, Lon: float64(x) / metresADegree}
}

const metresADegree = 100_000

// plane is the benchmark's travel: straight, whole minutes, rounded up.
type plane struct{ in *Instance }

// Time implements dispatch.Travel.
func (p plane) Time(_ dispatch.Vehicle, from, to geo.Point) time.Duration {
	dx, dy := math.Round((from.Lon-to.Lon)*metresADegree), math.Round((from.Lat-to.Lat)*metresADegree)
	return time.Duration(math.Ceil(math.Sqrt(dx*dx+dy*dy)/p.in.Speed)) * time.Minute
}

// Play plays a day from its first minute until nothing is left to do.
func Play(in *Instance, r Rules) (*Played, error) {
	w, out := newWorld(in), &Played{}
	view := newView(in, r)
	for minute := 0; ; minute++ {
		w.advance(minute)
		if w.done() {
			break
		}
		if minute%r.Every == 0 {
			state := view.of(w)
			if len(state.Jobs) > 0 || len(state.Places) > 0 {
				began := r.Watch()
				decision := r.Plan(state, at(minute))
				out.Took = append(out.Took, r.Watch()-began)
				view.standing = decision.Standing
				if err := w.obey(decision); err != nil {
					return nil, fmt.Errorf("%s, minute %d: %w", in.Name, minute, err)
				}
			}
		}
		w.collect()
	}
	out.Solution = w.solution()
	return out, nil
}

// obey carries a decision out: couriers set out, sets of orders change.
func (w *world) obey(d dispatch.Decision) error {
	for _, m := range d.Rematches {
		if err := w.release(m); err != nil {
			return err
		}
	}
	for _, p := range d.Offers {
		ri := w.rider[p.Courier]
		if err := w.send(&w.riders[ri], w.shop[p.From]); err != nil {
			return err
		}
		if err := w.give(ri, w.ordersOf(p)); err != nil {
			return err
		}
	}
	for _, p := range d.Bundles {
		if err := w.give(w.rider[p.Courier], w.ordersOf(p)); err != nil {
			return err
		}
	}
	if err := w.resequence(d.Standing); err != nil {
		return err
	}
	for _, m := range d.Prepositions {
		if err := w.send(&w.riders[w.rider[m.Courier]], w.shop[m.To]); err != nil {
			return err
		}
	}
	return nil
}

// resequence takes the sequence of the doors from the plan, for couriers who have not left the counter.
func (w *world) resequence(standing []dispatch.Sequence) error {
	for _, q := range standing {
		ri := w.rider[q.Courier]
		r := &w.riders[ri]
		if r.doing != toShop || len(r.orders) < 2 || len(q.Bundles) == 0 {
			continue
		}
		orders := make([]int, 0, len(q.Bundles[0]))
		for _, j := range q.Bundles[0] {
			if o := w.order[j]; w.holder[o] == ri {
				orders = append(orders, o)
			}
		}
		if len(orders) != len(r.orders) {
			return fmt.Errorf("the plan has courier %s collect %d orders of %d", r.ID, len(orders), len(r.orders))
		}
		if err := w.give(ri, orders); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) ordersOf(p dispatch.Proposal) []int {
	var out []int
	for _, s := range p.Stops {
		out = append(out, w.order[s.Job])
	}
	return out
}

// release takes an order from who goes for it; they keep the shop.
func (w *world) release(m dispatch.Rematch) error {
	o, ri := w.order[m.Job], w.rider[m.From]
	if w.holder[o] != ri {
		return fmt.Errorf("order %s is not %s's to be taken", m.Job, m.From)
	}
	var left []int
	for _, x := range w.riders[ri].orders {
		if x != o {
			left = append(left, x)
		}
	}
	return w.give(ri, left)
}

// view is what the engine may see of a world.
type view struct {
	in       *Instance
	rules    Rules
	standing []dispatch.Sequence
	prep     []int // by shop: mean preparation time, for noisy ready times
}

func newView(in *Instance, r Rules) *view {
	v := &view{in: in, rules: r, prep: make([]int, len(in.Shops))}
	n := make([]int, len(in.Shops))
	for _, o := range in.Orders {
		v.prep[o.Shop] += o.Ready - o.Placed
		n[o.Shop]++
	}
	for s := range v.prep {
		if n[s] > 0 {
			v.prep[s] = int(math.Round(float64(v.prep[s]) / float64(n[s])))
		}
	}
	return v
}

// hands are the benchmark's: half a service before the bag changes hands, half after.
func (v *view) hands() dispatch.Hands {
	pick, drop := time.Duration(v.in.HalfPick)*time.Minute, time.Duration(v.in.HalfDrop)*time.Minute
	return dispatch.Hands{CounterBefore: pick, CounterAfter: pick, DoorBefore: drop, DoorAfter: drop}
}

func (v *view) of(w *world) dispatch.State {
	s := dispatch.State{
		Zone: id.Zone(v.in.Name), Travel: plane{v.in}, Hands: v.hands(), Objective: dispatch.ClickToDoor,
		Standing: v.standing, Seed: v.rules.Seed, Budget: v.rules.Budget,
	}
	for o := range v.in.Orders {
		if w.known(o) {
			s.Jobs = append(s.Jobs, v.job(w, o))
		}
	}
	for i := range w.riders {
		if r := &w.riders[i]; w.now <= r.Off {
			s.Couriers = append(s.Couriers, v.courier(w, r))
		}
	}
	s.Places = v.places(w)
	return s
}

func (v *view) job(w *world, o int) dispatch.Job {
	x := &v.in.Orders[o]
	shop := v.in.Shops[x.Shop]
	j := dispatch.Job{
		ID: id.Job(x.ID), From: id.Pharmacy(shop.ID), Pharmacy: place(shop.X, shop.Y), Door: place(x.X, x.Y),
		PlacedAt: at(x.Placed), ReadyAt: at(v.expected(w, x)), Deadline: at(x.Placed + v.in.Target),
	}
	if h := w.holder[o]; h >= 0 {
		j.Courier, j.Stage = id.Account(w.riders[h].ID), dispatch.Accepted
	}
	return j
}

// ready is when an order will be ready, as far as may be known now.
func (v *view) ready(w *world, x *Order) int {
	if !v.rules.NoisyReady || x.Ready <= w.now {
		return x.Ready
	}
	return max(w.now+1, x.Placed+v.prep[x.Shop])
}

// usual is what most orders take of the mean: a few that take very long lift it.
const usual = 0.9

// expected is when to count on an order: where only the mean is known, when most are ready.
func (v *view) expected(w *world, x *Order) int {
	known := v.ready(w, x)
	if !v.rules.NoisyReady || x.Ready <= w.now {
		return known
	}
	return max(w.now+1, x.Placed+int(math.Round(usual*float64(known-x.Placed))))
}

func (v *view) courier(w *world, r *rider) dispatch.Courier {
	c := dispatch.Courier{
		ID: id.Account(r.ID), At: place(r.x, r.y), SeenAt: at(w.now), Vehicle: dispatch.Car,
		ShiftEnd: at(r.Off), IdleSince: at(r.idleSince), Done: r.delivered,
		Guarantee: v.in.PerHour * float64(r.Off-r.On) / 60 / v.in.PerOrder,
	}
	switch r.doing {
	case toShop:
		c.Phase, c.To, c.ArriveAt = dispatch.Bound, id.Pharmacy(v.in.Shops[r.shop].ID), at(r.arrived)
	case delivering:
		c.Phase, c.FreeAt = dispatch.Riding, at(r.free)
	case idle:
		c.FreeAt = at(max(w.now, r.On))
		if r.at != "0" && v.isShop(w, r.at) {
			c.To, c.ArriveAt = id.Pharmacy(r.at), at(r.arrived)
		}
	}
	return c
}

func (v *view) isShop(w *world, at string) bool {
	_, ok := w.shop[id.Pharmacy(at)]
	return ok
}

// places are the shops with what was ordered from them in the last hour: nothing of the future.
func (v *view) places(w *world) []dispatch.Place {
	const window = 60
	demand := make([]float64, len(v.in.Shops))
	for i := range v.in.Orders {
		if o := &v.in.Orders[i]; o.Placed <= w.now && o.Placed > w.now-window {
			demand[o.Shop]++
		}
	}
	var out []dispatch.Place
	for i, s := range v.in.Shops {
		if demand[i] > 0 {
			out = append(out, dispatch.Place{ID: id.Pharmacy(s.ID), At: place(s.X, s.Y), Demand: demand[i]})
		}
	}
	return out
}
