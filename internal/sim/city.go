package sim

import (
	"math"
	"math/rand/v2"

	"housecall/internal/delivery"
	"housecall/internal/geo"
	"housecall/internal/id"
	cash "housecall/internal/money"
)

// Lampford is an invented town on a bank in the North Sea: nobody lives there, and no map has it.
// Everything in it is counted out in metres from the market place.
var lampford = geo.Point{Lat: 54.60, Lon: 2.10}

const (
	halfTown       = 3000.0 // metres from the market place to the edge of the zone
	metresADegree  = 111_320.0
	demoCurrency   = "CNY"
	promiseMinutes = 30
)

var lampfordZone = id.Derive[id.Zone](seeding("zone").Key)

// inTown is the point so many metres east and north of the market place.
func inTown(east, north float64) geo.Point {
	return geo.Point{
		Lat: round5(lampford.Lat + north/metresADegree),
		Lon: round5(lampford.Lon + east/(metresADegree*math.Cos(lampford.Lat*math.Pi/180))),
	}
}

// fromMarket is how many metres east and north of the market place a point is.
func fromMarket(p geo.Point) (east, north float64) {
	return (p.Lon - lampford.Lon) * metresADegree * math.Cos(lampford.Lat*math.Pi/180), (p.Lat - lampford.Lat) * metresADegree
}

func round5(x float64) float64 { return math.Round(x*1e5) / 1e5 }

// somewhere is a random point on a street of the town; streets run every 100 metres.
func somewhere() geo.Point {
	street := func() float64 { return float64(rand.IntN(45)-22) * 100 } //nolint:gosec // a place, not a secret
	return inTown(street(), street())
}

// land is what differs where another jurisdiction's rules hold.
type land struct{ country, state, zone, emergency string }

var lands = map[string]land{
	"house": {"XX", "", "Europe/London", "112"}, "cn": {"CN", "", "Asia/Shanghai", "120"}, "us": {"US", "NY", "America/New_York", "911"},
	"eu": {"FR", "", "Europe/Paris", "112"}, "de": {"DE", "", "Europe/Berlin", "112"},
}

func lampfordContent(jurisdiction string) delivery.ZoneContent {
	l := lands[jurisdiction]
	return delivery.ZoneContent{
		Name:         "Lampford",
		Polygon:      geo.Polygon{inTown(-halfTown, -halfTown), inTown(halfTown, -halfTown), inTown(halfTown, halfTown), inTown(-halfTown, halfTown)},
		Jurisdiction: jurisdiction, Country: l.country, State: l.state, TimeZone: l.zone, Emergency: l.emergency,
		DeliveryFee: cash.Of(800, demoCurrency), CourierPay: cash.Of(650, demoCurrency), Promise: promiseMinutes,
		Budgets: delivery.Budgets{Review: 4, Pack: 6, Ride: 20},
	}
}

// counter is a pharmacy of the town.
type counter struct {
	name, street string
	east, north  float64
	allNight     bool
}

var counters = []counter{
	{"Market Place Pharmacy", "1 Market Place", 0, 100, true},
	{"Harbour Lights Pharmacy", "12 Quay Street", 1900, -1500, true},
	{"Old Mill Pharmacy", "40 Mill Lane", -1700, -900, true},
	{"Station Pharmacy", "3 Station Road", 1000, 900, true},
	{"Larkhill Pharmacy", "77 Larkhill Rise", -1200, 1800, true},
	{"Green Cross Pharmacy", "18 Orchard Way", 600, -700, true},
	{"Bellfield Pharmacy", "9 Bellfield Square", 2100, 1700, true},
	{"Saltmarsh Pharmacy", "25 Saltmarsh Road", -2300, 300, false},
}

func (c counter) id() id.Pharmacy { return id.Derive[id.Pharmacy]("demo", c.name) }

func (c counter) at() geo.Point { return inTown(c.east, c.north) }
