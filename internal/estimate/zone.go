package estimate

import (
	"math"
	"slices"
	"time"
)

// Zone is what has been learned in a zone beside the pace of its pharmacies.
type Zone struct {
	Rides []Ride  `json:"rides,omitempty"` // the latest last
	Doors Tracker `json:"doors"`           // of what is brought
	Bags  Tracker `json:"bags"`            // of what waits at the counter
	Done  []Done  `json:"done,omitempty"`  // orders taken in, so that none counts twice
}

// Ride is what it took from the ready bag to the patient's hand, and how long the courier had the job.
type Ride struct {
	Job     string        `json:"job"`
	Metres  float64       `json:"metres"`
	Brought time.Duration `json:"brought"`
	Busy    time.Duration `json:"busy"`
}

// Done is an order that has come to its end: what it took, and what the patient was told.
type Done struct {
	Order     string        `json:"order"`
	Told      Span          `json:"told"`
	Took      time.Duration `json:"took"`
	Delivered bool          `json:"delivered"`
	Courier   bool          `json:"courier"`
	PlacedAt  time.Time     `json:"placed_at"` // in the zone's local time
}

// LearnRide takes in a ride, once.
func (z *Zone) LearnRide(r Ride) {
	if r.Brought <= 0 || slices.ContainsFunc(z.Rides, func(x Ride) bool { return x.Job == r.Job }) {
		return
	}
	z.Rides = append(z.Rides, r)
	if extra := len(z.Rides) - ridesKept; extra > 0 {
		z.Rides = slices.Delete(z.Rides, 0, extra)
	}
}

// LearnDone holds what was told against what came, once for an order.
func (z *Zone) LearnDone(d Done) {
	if d.Told.P90 <= 0 || slices.ContainsFunc(z.Done, func(x Done) bool { return x.Order == d.Order }) {
		return
	}
	z.Done = append(z.Done, Done{Order: d.Order})
	if extra := len(z.Done) - doneKept; extra > 0 {
		z.Done = slices.Delete(z.Done, 0, extra)
	}
	t := &z.Bags
	if d.Courier {
		t = &z.Doors
	}
	t.learn(d.PlacedAt, !d.Delivered || d.Took > d.Told.Median, !d.Delivered || d.Took > d.Told.P90)
}

// What a ride takes until it is learned: a scooter at 18 km/h over roads 1.35 times as long as the
// straight line, and five minutes at both ends, waiting for the courier included.
const (
	priorEnds  = 5.0       // minutes
	priorPace  = 4.5       // minutes a kilometre
	priorRides = 12.0      // as many rides as these count for
	recent     = 30.0      // rides after which one counts half
	priorBusy  = 16.0      // minutes that one job takes a courier
	kilometre  = 1000.0    // metres
	halving    = math.Ln2  //
	middle     = 1.5       // kilometres, where the prior has its weight
	spread2    = 0.8 * 0.8 // square kilometres that it is spread over
)

// tail is the median from the ready bag to the hand: a line over the distance, the latest rides first.
func (z *Zone) tail(metres float64) time.Duration {
	w, mx, my := priorRides, priorRides*middle, priorRides*(priorEnds+priorPace*middle)
	weights := make([]float64, len(z.Rides))
	for i, r := range z.Rides {
		weights[i] = math.Exp(-halving * float64(len(z.Rides)-1-i) / recent)
		w += weights[i]
		mx += weights[i] * r.Metres / kilometre
		my += weights[i] * r.Brought.Minutes()
	}
	mx, my = mx/w, my/w
	down := priorRides * (spread2 + (middle-mx)*(middle-mx))
	up := priorRides * (priorPace*spread2 + (middle-mx)*(priorEnds+priorPace*middle-my))
	for i, r := range z.Rides {
		dx := r.Metres/kilometre - mx
		up += weights[i] * dx * (r.Brought.Minutes() - my)
		down += weights[i] * dx * dx
	}
	pace := max(1, up/down)
	return minutes(max(1, my+pace*(metres/kilometre-mx)))
}

// shortage is how long it takes until a courier is found when more jobs wait than couriers are free.
func (z *Zone) shortage(r Riders) time.Duration {
	short := r.Waiting + 1 - r.Free
	if short <= 0 || r.On == 0 && len(z.Rides) == 0 { // a zone where nothing has happened yet: its couriers are still to come
		return 0
	}
	busy := priorBusy * priorRides
	for _, x := range z.Rides[max(0, len(z.Rides)-60):] {
		busy += x.Busy.Minutes()
	}
	busy /= priorRides + float64(min(60, len(z.Rides)))
	if r.On == 0 {
		return minutes(3 * busy) // nobody rides: honest is that nobody knows
	}
	return minutes(busy * float64(short) / float64(r.On))
}

// parts is how many parts of the day are judged apart.
const parts = 8

// Tracker follows the factors by which a base must be multiplied so that half of all orders are below
// the one and nine of ten below the other. The whole day has one, each three hours a correction.
type Tracker struct {
	Median Steps        `json:"median"`
	Bound  Steps        `json:"bound"`
	Parts  [parts]Steps `json:"parts"` // corrections of the bound
	Seen   int          `json:"seen"`
}

// Steps is a logarithm that is stepped up and down.
type Steps struct {
	X float64 `json:"x"`
}

const (
	priorBound = 0.45 // e^0.45 = 1.57: nine of ten take no more than that times the typical
	step       = 0.03
	quick      = 0.12 // of the first orders
)

func (t *Tracker) factors(at time.Time) (median, bound float64) {
	return factor(t.Median.X), factor(priorBound + t.Bound.X + t.Parts[part(at)].X)
}

// learn steps towards the level at which the wrong side has its share: a late order weighs nine times
// as much as one in time.
func (t *Tracker) learn(at time.Time, overMedian, overBound bool) {
	t.Seen++
	size := step + (quick-step)/(1+float64(t.Seen)/20)
	move := func(s *Steps, over bool, share, size float64) {
		if over {
			s.X += size * (1 - share)
			return
		}
		s.X -= size * share
	}
	move(&t.Median, overMedian, 0.5, size)
	move(&t.Bound, overBound, 0.1, size)
	move(&t.Parts[part(at)], overBound, 0.1, size)
}

func part(at time.Time) int { return at.Hour() * parts / 24 }
