package city

import (
	"errors"
	"fmt"
	"math"
	"time"

	"housecall/internal/dispatch"
	"housecall/internal/geo"
)

// Config is a city. Default is the one that figures are told of.
type Config struct {
	Couriers      int
	Pharmacies    int
	OrdersPerHour float64 // in the mean over a day
	Hours         int
	Seed          uint64
	Rain          bool // 0.75 of the speed

	// Slower and SlowFrom make review and packing so many times slower from an hour on; 0 is never.
	Slower   float64
	SlowFrom int
	// Profile is the demand of each hour of the day against the mean; nil is DefaultProfile.
	Profile []float64
	// Plan decides who rides where; nil is dispatch.Plan.
	Plan func(dispatch.State, time.Time) dispatch.Decision
	// Budget is how long a plan may search, in iterations; 0 as dispatch has it.
	Budget int
	// Counters is at how many counters a ride may collect before its doors; 0: as in the product.
	Counters int
	// Film keeps where everybody was, for the plot.
	Film bool
	// Learned is what earlier days have taught; nil begins with nothing known.
	Learned *Knowledge
	// Watch reads a stop watch, for the decision times; nil: they are not measured.
	Watch func() time.Duration
}

// Default is the fixed city of the figures.
func Default() Config {
	return Config{Couriers: 25, Pharmacies: 8, OrdersPerHour: 60, Hours: 24, Seed: 1, Counters: dispatch.MostCounters}
}

// DefaultProfile has peaks of 1.8 times the mean at 11 to 13 and 18 to 21, and the rest of the day alike.
func DefaultProfile() []float64 {
	const peak, peaks = 1.8, 5.0
	p := make([]float64, 24)
	for h := range p {
		p[h] = (24 - peak*peaks) / (24 - peaks)
		if h == 11 || h == 12 || h >= 18 && h < 21 {
			p[h] = peak
		}
	}
	return p
}

// Side is the length of the city's square, in metres.
const Side = 6000.0

// Promised is within how long an order is to be there.
const Promised = 30 * time.Minute

// What chance does in the city. A pair is the median and the value that nine of ten are below, in minutes.
var (
	reviewing = lognormal(2.5, 5)
	packing   = lognormal(4, 8)
	atCounter = lognormal(1, 2)
	atDoor    = lognormal(2, 4)
	onTheRoad = spreadOf{0, 0.12} // a factor of every way
)

const (
	declines     = 0.08
	silence      = 0.02 // never answered
	answersAfter = 8 * time.Second
	breaks       = 0.005 // of jobs: the vehicle
	wrongDoor    = 0.01  // of jobs: the address
	repair       = time.Hour

	// What a courier earns: so much a job, and no less than so much an hour of the shift.
	payJob, payHour = 10.0, 15.0
)

// spreadOf is a lognormal: the mean and deviation of the logarithm.
type spreadOf struct{ mean, dev float64 }

func lognormal(median, ninth float64) spreadOf {
	const z90 = 1.2815515655446004
	return spreadOf{math.Log(median), math.Log(ninth/median) / z90}
}

func (s spreadOf) at(z float64) float64 { return math.Exp(s.mean + s.dev*z) }

func (s spreadOf) minutes(z float64) time.Duration {
	return time.Duration(s.at(z) * float64(time.Minute)).Truncate(time.Millisecond)
}

// Check refuses a city that can't be.
func (c Config) Check() error {
	switch {
	case c.Couriers < 0 || c.Couriers > 5000:
		return fmt.Errorf("couriers: %d; say 0 to 5000", c.Couriers)
	case c.Pharmacies < 1 || c.Pharmacies > 500:
		return fmt.Errorf("pharmacies: %d; say 1 to 500", c.Pharmacies)
	case !(c.OrdersPerHour >= 0 && c.OrdersPerHour <= 5000):
		return fmt.Errorf("orders an hour: %v; say 0 to 5000", c.OrdersPerHour)
	case c.Hours < 1 || c.Hours > 24*31:
		return fmt.Errorf("hours: %d; say 1 to %d", c.Hours, 24*31)
	case c.Counters < 0 || c.Counters > dispatch.MostCounters:
		return fmt.Errorf("counters: %d; say 1 to %d", c.Counters, dispatch.MostCounters)
	case c.Profile != nil && len(c.Profile) != 24:
		return errors.New("profile: say it for each of 24 hours")
	}
	return nil
}

// begin is the midnight at which every simulation starts.
var begin = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// corner is the south-west corner of the city, in an empty sea.
var corner = geo.Point{Lat: 54.57, Lon: 2.05}

const metresADegree = 111_194.9 // of latitude, on the sphere that geo measures on

// place is the point so many metres east and north of the corner.
func place(east, north float64) geo.Point {
	return geo.Point{
		Lat: corner.Lat + north/metresADegree,
		Lon: corner.Lon + east/(metresADegree*math.Cos((corner.Lat+Side/2/metresADegree)*math.Pi/180)),
	}
}

// metres is how far east and north of the corner a point is.
func metres(p geo.Point) (east, north float64) {
	return (p.Lon - corner.Lon) * metresADegree * math.Cos((corner.Lat+Side/2/metresADegree)*math.Pi/180), (p.Lat - corner.Lat) * metresADegree
}
