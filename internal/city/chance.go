package city

import (
	"fmt"
	"math/rand/v2"
	"time"

	"housecall/internal/geo"
	"housecall/internal/id"
)

// Order is one order from placing to its end, with all that chance has in store for it.
type Order struct {
	ID     id.Order
	Job    id.Job
	Number int
	Home   geo.Point
	Placed time.Time

	review, pack, counter, door, road float64 // standard normal
	wrong, breaks                     bool
	breakAt                           float64 // when on the two ways, 0 to 2

	Pharmacy   int
	Told       Told
	Accepted   time.Time // by the pharmacist
	Ready      time.Time
	Collected  time.Time
	Ended      time.Time
	Delivered  bool
	Why        string // of one that was not delivered
	Declines   int
	Ideal      time.Duration // with a courier at the counter the minute it is ready
	readyKnown knowledge
	courier    *courier
	stage      stage
	offers     int
	left       []leaving
	riskSeen   bool
	bundled    bool
	accepted   time.Time // by the courier
}

// Told is what the patient was told before paying, in whole minutes as it is shown.
type Told struct{ Median, P90 time.Duration }

// knowledge is what the product knows of when a bag is ready: since when, and how long it typically takes
// from then.
type knowledge struct {
	since  time.Time
	median time.Duration
}

// leaving is a courier who said no, or nothing.
type leaving struct {
	courier *courier
	at      time.Time
	long    time.Duration
}

type stage int

const (
	open stage = iota
	offered
	taken
	serving // changing hands at the counter
	aboard
	over
)

// sow draws the whole day before it begins, so that the same seed has the same day whoever plans it.
func sow(c Config) (pharmacies []geo.Point, orders []*Order, starts []geo.Point) {
	r := rand.New(rand.NewPCG(c.Seed, 0x686f757365)) //nolint:gosec // chance, not a secret
	spot := func() geo.Point { return place(r.Float64()*Side, r.Float64()*Side) }
	for range c.Pharmacies {
		pharmacies = append(pharmacies, spot())
	}
	for range c.Couriers {
		starts = append(starts, spot())
	}
	profile := c.Profile
	if profile == nil {
		profile = DefaultProfile()
	}
	end := begin.Add(time.Duration(c.Hours) * time.Hour)
	most := 0.0
	for _, p := range profile {
		most = max(most, p*c.OrdersPerHour)
	}
	r = rand.New(rand.NewPCG(c.Seed, 0x6f7264657273)) //nolint:gosec // as above
	for at := begin; most > 0; {
		at = at.Add(time.Duration(r.ExpFloat64() / most * float64(time.Hour)))
		if !at.Before(end) {
			break
		}
		if r.Float64()*most > profile[at.Hour()]*c.OrdersPerHour {
			continue // thinned out: this hour is quieter than the loudest
		}
		o := &Order{Number: len(orders), Placed: at.Truncate(time.Millisecond), Home: spotOf(r)}
		o.ID = id.Order(fmt.Sprintf("ord_%06d", o.Number))
		o.Job = id.JobOf(o.ID, 1)
		o.review, o.pack, o.counter, o.door, o.road = r.NormFloat64(), r.NormFloat64(), r.NormFloat64(), r.NormFloat64(), r.NormFloat64()
		o.wrong, o.breaks, o.breakAt = r.Float64() < wrongDoor, r.Float64() < breaks, 2*r.Float64()
		orders = append(orders, o)
	}
	return pharmacies, orders, starts
}

func spotOf(r *rand.Rand) geo.Point { return place(r.Float64()*Side, r.Float64()*Side) }

// answer is what a courier says to the nth offer of an order: it depends on nothing else.
func (s *sim) answer(o *Order) (says bool, yes bool) {
	r := rand.New(rand.NewPCG(s.Seed, uint64(o.Number)<<16|uint64(o.offers))) //nolint:gosec // chance, not a secret
	x := r.Float64()
	return x >= silence, x >= silence+declines
}
