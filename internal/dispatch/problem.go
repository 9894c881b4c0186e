package dispatch

import (
	"cmp"
	"math"
	"slices"
	"time"

	"housecall/internal/geo"
	"housecall/internal/id"
)

// never is later than every time of a plan; far is the cost of what can't be done.
const (
	never  = math.MaxInt32 / 4
	far    = 1e15
	nobody = int32(-1)
)

// task is a job as the search sees it: numbers only, seconds from now.
type task struct {
	shop    int32
	within  int32 // its index among the tasks of its shop
	ready   int32
	due     int32
	placed  int32
	grams   int32
	class   uint8 // what may share a bundle
	alone   bool
	fits    uint32 // bit by vehicle
	holder  int32  // the rider who has it, nobody
	stays   bool   // may not be taken from its holder
	aboard  bool   // collected
	here    int32  // of one on board: the way to its door from where its courier is
	shuns   []int32
	penalty float64 // of leaving it to nobody
}

// rider is a courier as the search sees them.
type rider struct {
	vehicle int32
	at      geo.Point
	from    int32 // not before
	end     int32 // no counter after
	bound   bool  // the first bundle is of this shop
	asked   bool  // the first bundle is what they are asked now
	turns   bool  // bound, and free where they are once they go for nothing there
	loaded  bool  // has bags on board, which are in the first bundle
	shop    int32 // bound, or standing at; nobody
	arrive  int32 // at shop
	reach   float64
	need    float64 // how much the pay guarantee still wants a delivery, 0..
	short   float64 // deliveries below the guarantee
	idle    float64 // minutes idle
	silent  bool
	bonus   float64 // what can be taken off at the most for a delivery of theirs
	takes   int32   // bags
	payload int32
}

// shopAt is a counter.
type shopAt struct {
	id     id.Pharmacy
	at     geo.Point
	demand float64
	tasks  []int32
	near   []int32 // riders who can be here soonest
	nearby []int32 // shops, the nearest first, itself among them
	block  int32   // where the ways between its doors begin
}

// problem is a State made ready for searching: sorted, so that the order of its lists is forgotten.
type problem struct {
	State
	now      time.Time
	weights  weights
	many     bool // so many jobs that only the likeliest places are looked at
	jobs     []Job
	couriers []Courier
	tasks    []task
	riders   []rider
	shops    []shopAt
	vehicles []Vehicle
	traits   []Traits

	counterBefore, counterAfter, counterEach, doorBefore, doorAfter int32

	margin int32

	ways ways
}

// manyJobs is from how many open jobs on a plan is made in a hurry.
const manyJobs = 2000

// soonEnough is how far ahead a courier must be free to be planned with.
const soonEnough = 75 * time.Minute

func newProblem(s State, now time.Time) *problem {
	s = s.withDefaults()
	p := &problem{State: s, now: now, weights: weightsOf(s.Objective)}
	if p.many = len(s.Jobs) > manyJobs; p.many {
		p.weights.candidates = 20
	}
	p.counterBefore, p.counterAfter, p.counterEach = seconds(s.Hands.CounterBefore), seconds(s.Hands.CounterAfter), seconds(s.Hands.CounterEach)
	p.margin = seconds(s.Margin)
	p.doorBefore, p.doorAfter = seconds(s.Hands.DoorBefore), seconds(s.Hands.DoorAfter)
	p.jobs = sortedOnce(s.Jobs, func(a, b Job) int { return cmp.Compare(a.ID, b.ID) })
	p.couriers = sortedOnce(s.Couriers, func(a, b Courier) int { return cmp.Compare(a.ID, b.ID) })
	p.couriers = slices.DeleteFunc(p.couriers, func(c Courier) bool {
		return c.Phase == Away || c.FreeAt.Sub(now) > soonEnough || c.Phase == Free && !c.SeenAt.IsZero() && now.Sub(c.SeenAt) > Gone
	})
	if !p.short() {
		p.weights.busy = 0
	}
	p.addShops()
	p.addRiders()
	p.addTasks()
	p.ways.prepare(p)
	p.addNeighbours()
	return p
}

// short tells whether more jobs wait than couriers are free: then a courier's time is worth a later bag.
func (p *problem) short() bool {
	free, open := 0, 0
	for _, c := range p.couriers {
		if c.Phase == Free {
			free++
		}
	}
	for _, j := range p.jobs {
		if j.Stage == Open {
			open++
		}
	}
	return open > free
}

// sortedOnce is a sorted copy in which each thing stands once: of doubles the first.
func sortedOnce[T any](in []T, order func(a, b T) int) []T {
	out := slices.Clone(in)
	slices.SortStableFunc(out, order)
	return slices.CompactFunc(out, func(a, b T) bool { return order(a, b) == 0 })
}

// fewJobs is up to how many open jobs rides over several counters are looked for.
const fewJobs = 700

// limit is at how many counters a ride may collect.
func (p *problem) limit() int32 { return int32(min(maxCounters, max(1, p.Counters))) }

// several tells whether rides over more counters than one are looked for.
func (p *problem) several() bool { return p.limit() > 1 && len(p.tasks) <= fewJobs }

func seconds(d time.Duration) int32 {
	return int32(min(never, max(-never, (d+time.Second-1)/time.Second)))
}

// since is seconds from now; a missing time is the fallback.
func (p *problem) since(t time.Time, fallback int32) int32 {
	if t.IsZero() {
		return fallback
	}
	return int32(min(never, max(-never, math.Ceil(t.Sub(p.now).Seconds()))))
}

func (p *problem) addShops() {
	for _, j := range p.jobs {
		p.shops = append(p.shops, shopAt{id: j.From, at: j.Pharmacy})
	}
	for _, x := range p.Places {
		p.shops = append(p.shops, shopAt{id: x.ID, at: x.At, demand: x.Demand})
	}
	for _, c := range p.couriers {
		if c.To != "" && (c.Phase == Bound || c.Phase == Free) {
			p.shops = append(p.shops, shopAt{id: c.To, at: geo.Point{Lat: math.NaN()}})
		}
	}
	slices.SortFunc(p.shops, func(a, b shopAt) int {
		return cmp.Or(cmp.Compare(a.id, b.id), -cmp.Compare(a.at.Lat, b.at.Lat), -cmp.Compare(a.at.Lon, b.at.Lon), -cmp.Compare(a.demand, b.demand))
	})
	kept := p.shops[:0]
	for _, s := range p.shops { // one shop for each id; without an id one for each place
		if n := len(kept); n > 0 && kept[n-1].id == s.id && (s.id != "" || kept[n-1].at == s.at) {
			kept[n-1].demand = max(kept[n-1].demand, s.demand)
			if math.IsNaN(kept[n-1].at.Lat) {
				kept[n-1].at = s.at
			}
			continue
		}
		kept = append(kept, s)
	}
	p.shops = kept
	for _, c := range p.couriers { // nobody says where it is: where its courier is
		if i := p.shopOf(c.To, c.At); i != nobody && math.IsNaN(p.shops[i].at.Lat) {
			p.shops[i].at = c.At
		}
	}
}

// shopOf is the index of a shop; nobody when it is not among them.
func (p *problem) shopOf(name id.Pharmacy, at geo.Point) int32 {
	i, ok := slices.BinarySearchFunc(p.shops, name, func(s shopAt, n id.Pharmacy) int { return cmp.Compare(s.id, n) })
	if !ok {
		return nobody
	}
	for name == "" && i+1 < len(p.shops) && p.shops[i].id == "" && p.shops[i].at != at {
		i++
	}
	return int32(i)
}

func (p *problem) addRiders() {
	kinds := make(map[Vehicle]int32, len(Vehicles))
	for _, v := range Vehicles { // in their own order, whatever the couriers' is
		for _, c := range p.couriers {
			if c.Vehicle == v {
				kinds[v] = int32(len(p.vehicles))
				p.vehicles, p.traits = append(p.vehicles, v), append(p.traits, Of(v))
				break
			}
		}
	}
	for _, c := range p.couriers {
		if _, ok := kinds[c.Vehicle]; !ok {
			kinds[c.Vehicle] = int32(len(p.vehicles))
			p.vehicles, p.traits = append(p.vehicles, c.Vehicle), append(p.traits, Of(c.Vehicle))
		}
	}
	for _, c := range p.couriers {
		p.riders = append(p.riders, p.riderOf(c, kinds[c.Vehicle]))
	}
}

func (p *problem) riderOf(c Courier, kind int32) rider {
	t := p.traits[kind]
	r := rider{
		vehicle: kind, at: c.At, from: max(0, p.since(c.FreeAt, 0)), end: p.since(c.ShiftEnd, never), shop: nobody,
		reach: c.Range, idle: max(0, p.now.Sub(c.IdleSince).Minutes()), silent: p.now.Sub(c.SeenAt) > Silent && !c.SeenAt.IsZero(),
		takes: int32(min(t.Bags, p.weights.bags)), payload: int32(t.Payload),
	}
	if r.reach == 0 {
		r.reach = t.Range
	}
	if c.IdleSince.IsZero() || c.Phase != Free {
		r.idle = 0
	}
	switch c.Phase {
	case Bound:
		r.bound, r.shop, r.arrive, r.from = true, p.shopOf(c.To, c.At), max(-never, p.since(c.ArriveAt, 0)), 0
		r.bound = r.shop != nobody
		r.turns = r.bound && p.weights.promise
	case Asked:
		r.asked = true
	case Free:
		if c.To != "" {
			r.shop, r.arrive = p.shopOf(c.To, c.At), p.since(c.ArriveAt, 0)
		}
	case Riding:
		r.from = max(30, r.from) // said to be free by now, and is not
	case Away:
	}
	r.short = max(0, c.Guarantee-float64(c.Done))
	if r.short > 0 {
		hours := max(0.25, (float64(r.end)-float64(r.from))/3600)
		r.need = r.short / hours
	}
	r.bonus = p.weights.pay*min(2, r.need/1.5) + p.weights.idle*min(1, r.idle/60) + p.weights.ending
	return r
}

func (p *problem) addTasks() {
	index := map[id.Account]int32{}
	for i, c := range p.couriers {
		index[c.ID] = int32(i)
	}
	for i, j := range p.jobs {
		t := task{
			shop: p.shopOf(j.From, j.Pharmacy), ready: p.since(j.ReadyAt, 0), due: p.since(j.Deadline, never),
			placed: p.since(j.PlacedAt, 0), grams: int32(min(j.grams(), never)), holder: nobody, alone: j.Controlled,
		}
		if j.ColdChain {
			t.class |= 1
		}
		if j.Controlled {
			t.class |= 2
		}
		for v, tr := range p.traits {
			if tr.carries(j) && v < 32 {
				t.fits |= 1 << v
			}
		}
		for _, who := range j.Shuns {
			if r, ok := index[who]; ok {
				t.shuns = append(t.shuns, r)
			}
		}
		r, ok := index[j.Courier]
		if ok && j.Stage != Open {
			t.holder, t.stays = r, j.Stage != Accepted
			t.stays = t.stays || p.riders[r].asked
		}
		if t.aboard = j.Stage == Aboard; t.aboard {
			t.stays = true // nobody else can have it, also where its courier is not heard of
			if ok {
				p.riders[r].loaded, t.here = true, p.ride(p.riders[r].vehicle, p.riders[r].at, j.Door)
			}
		}
		t.penalty = p.weights.unserved
		s := &p.shops[t.shop]
		t.within = int32(len(s.tasks))
		s.tasks = append(s.tasks, int32(i))
		p.tasks = append(p.tasks, t)
	}
}
