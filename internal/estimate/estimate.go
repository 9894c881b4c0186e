// Package estimate says honestly how long an order will take, before it is paid: half of all orders
// are sooner than the median, nine of ten sooner than the bound. It learns from what happened, told in
// the events of the service and in nothing else: how long each pharmacy takes with so many orders
// before this one, how long a ready bag takes to a door so far away, how long a courier is on one job.
// What remains is measured by its own mistakes: each order that came later than its bound lifts the
// bound of the next ones, each that came sooner lowers it a ninth of that, so that it holds for nine of
// ten whatever the world does. Nothing here knows a clock or a store; internal/forecast keeps it, and
// the simulated city runs it on the events that the product would tell.
package estimate

import (
	"math"
	"slices"
	"time"
)

// Span is an honest duration: half the time less than Median, nine times in ten less than P90.
type Span struct {
	Median time.Duration `json:"median"`
	P90    time.Duration `json:"p90"`
}

// Question is what is known of an order before it is placed.
type Question struct {
	At      time.Time     // in the zone's local time: the hours of the day differ
	Review  time.Duration // the zone's budget, which a pharmacy that nobody knows is judged by
	Pack    time.Duration
	Queue   int     // orders that the pharmacy has before this one
	Metres  float64 // from the counter to the door
	Courier bool    // brought by courier; else until the bag is ready
	Pace    float64 // of couriers today against a dry day, for rain; 0 is 1
	Riders  Riders
}

// Riders are the couriers of the zone now, and those expected while the bag is packed.
type Riders struct {
	On      int // on shift
	Free    int
	Waiting int // jobs for which nobody has been found yet
}

// Of answers how long an order takes, as far as pharmacy and zone are known.
func Of(p *Pharmacy, z *Zone, q Question) Span {
	prep := p.preparation(q)
	if !q.Courier {
		m, bound := z.Bags.factors(q.At)
		return Span{Median: scale(prep, m), P90: scale(prep, max(bound, m))}
	}
	tail := z.tail(q.Metres) + slower(q)
	// A courier is looked for while the bag is packed: only what takes longer than that is waited for.
	wait := max(0, z.shortage(q.Riders)-prep)
	base := prep + tail + wait
	m, bound := z.Doors.factors(q.At)
	return Span{Median: scale(base, m), P90: scale(base, max(bound, m))}
}

// slower is what the weather adds to both ways of a courier. Rides of days like this one make the rest of
// the estimate learn it too; then what was too much is unlearned by its own mistakes.
func slower(q Question) time.Duration {
	if q.Pace <= 0 || q.Pace >= 1 {
		return 0
	}
	return minutes(2 * priorPace * q.Metres / kilometre * (1/q.Pace - 1))
}

func scale(d time.Duration, factor float64) time.Duration {
	return time.Duration(float64(d) * factor).Truncate(time.Millisecond)
}

// Pharmacy is how fast one pharmacy has worked of late.
type Pharmacy struct {
	Bags []Bag `json:"bags,omitempty"` // the latest last
}

// Bag is how long a bag took from the pharmacist's screen to the seal, and how many were before it.
type Bag struct {
	Fill   string        `json:"fill"`
	Took   time.Duration `json:"took"`
	Review time.Duration `json:"review"` // the part of it until the pharmacist said yes
	Queue  int           `json:"queue"`
}

const (
	bagsKept  = 32
	ridesKept = 240
	doneKept  = 600
)

// Learn takes in a bag, once.
func (p *Pharmacy) Learn(b Bag) {
	if b.Took <= 0 || slices.ContainsFunc(p.Bags, func(x Bag) bool { return x.Fill == b.Fill }) {
		return
	}
	p.Bags = append(p.Bags, b)
	if extra := len(p.Bags) - bagsKept; extra > 0 {
		p.Bags = slices.Delete(p.Bags, 0, extra)
	}
}

// preparation is the median until the bag is ready: what the pharmacy has needed, a prior of half the
// zone's budgets where it has done little, and for each order before it what that has cost here.
func (p *Pharmacy) preparation(q Question) time.Duration {
	typical := (q.Review + q.Pack).Minutes() * 0.65
	each := p.perOrder(max(q.Review, q.Pack).Minutes() / 4)
	own := make([]float64, 0, len(p.Bags)+priorBags)
	for _, x := range []float64{0.7, 0.9, 1.1, 1.4} {
		own = append(own, typical*x)
	}
	for _, b := range p.Bags {
		own = append(own, max(0, b.Took.Minutes()-each*float64(b.Queue)))
	}
	return minutes(median(own) + each*float64(q.Queue))
}

const priorBags = 4

// Packing is the median from the pharmacist's yes to the seal, as far as it is known.
func (p *Pharmacy) Packing(budget time.Duration) time.Duration {
	own := make([]float64, 0, len(p.Bags)+priorBags)
	for _, x := range []float64{0.5, 0.6, 0.7, 0.9} {
		own = append(own, budget.Minutes()*x)
	}
	for _, b := range p.Bags {
		if b.Review > 0 {
			own = append(own, (b.Took - b.Review).Minutes())
		}
	}
	return minutes(median(own))
}

// Preparation is the median from the pharmacist's screen to the seal.
func (p *Pharmacy) Preparation(q Question) time.Duration { return p.preparation(q) }

// spread is that of the logarithm of how long people take for one thing.
const spread = 0.5

// Ready is when something is done that began at a moment and takes a median, seen from now, when it is
// not done yet: the longer it has taken the longer it still takes.
func Ready(began time.Time, median time.Duration, now time.Time) time.Time {
	gone := now.Sub(began)
	if gone <= 0 || median <= 0 {
		return began.Add(max(median, 0))
	}
	tail := math.Erfc(math.Log(gone.Seconds()/median.Seconds())/spread/math.Sqrt2) / 2 // the share that takes longer still
	if tail < 1e-4 {
		return now.Add(gone / 4)
	}
	z := math.Sqrt2 * math.Erfcinv(tail) // half of those are done by then
	done := time.Duration(float64(median) * math.Exp(spread*z)).Truncate(time.Millisecond)
	return began.Add(max(done, gone))
}

// perOrder is the minutes that one order in the queue costs: a line through what was seen, drawn to a
// prior as long as little was.
func (p *Pharmacy) perOrder(prior float64) float64 {
	if len(p.Bags) == 0 {
		return prior
	}
	var mx, my float64
	for _, b := range p.Bags {
		mx += float64(b.Queue)
		my += b.Took.Minutes()
	}
	n := float64(len(p.Bags))
	mx, my = mx/n, my/n
	const strength = 30 // as if the prior had been seen over thirty squared orders of queue
	up, down := prior*strength, float64(strength)
	for _, b := range p.Bags {
		dx := float64(b.Queue) - mx
		up += dx * (b.Took.Minutes() - my)
		down += dx * dx
	}
	return max(0, up/down)
}

func minutes(m float64) time.Duration { return time.Duration(m * float64(time.Minute)) }

func median(x []float64) float64 {
	slices.Sort(x)
	n := len(x)
	if n%2 == 1 {
		return x[n/2]
	}
	return (x[n/2-1] + x[n/2]) / 2
}

// factor is exp, kept within what can be believed.
func factor(x float64) float64 { return math.Exp(max(-2, min(2, x))) }
