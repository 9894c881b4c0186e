package delivery

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a zone's local time must not depend on what the machine has installed

	"housecall/internal/dispatch"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/money"
)

// Zone is a place that housecall covers, drawn on the map, with what holds there.
type Zone struct {
	ID            id.Zone `json:"id"`
	docstore.Meta `json:"meta"`
	ZoneContent
	Withdrawn bool `json:"withdrawn,omitempty"`
	// Rain is said by operators: couriers ride slower, and what is promised and planned goes by that.
	Rain    bool  `json:"rain,omitempty"`
	Raining *Rain `json:"raining,omitempty"` // who said so, and until when; nil where it was said before that was asked
}

// Travel is how couriers move there today.
func (z *Zone) Travel() dispatch.Travel { return dispatch.Crow{Pace: z.Pace()} }

// Pace is the couriers' speed there today against that of a dry day.
func (z *Zone) Pace() float64 {
	if z.Rain {
		return dispatch.RainPace
	}
	return 1
}

// ZoneContent is what an operator says of a zone.
type ZoneContent struct {
	Name         string       `json:"name" minLength:"1" maxLength:"80"`
	Polygon      geo.Polygon  `json:"polygon" minItems:"3" maxItems:"500" doc:"The zone's line on the map; it need not be closed."`
	Jurisdiction string       `json:"jurisdiction" maxLength:"20" doc:"Name of the policy pack that holds there (house, cn, us, eu, de)."`
	Country      string       `json:"country" minLength:"2" maxLength:"2" doc:"ISO 3166-1 code."`
	State        string       `json:"state,omitempty" maxLength:"10" doc:"State or province, where its law differs."`
	TimeZone     string       `json:"time_zone" maxLength:"64" doc:"IANA name, for example Asia/Shanghai."`
	Emergency    string       `json:"emergency_number" minLength:"2" maxLength:"20"`
	DeliveryFee  money.Amount `json:"delivery_fee"`
	CourierPay   money.Amount `json:"courier_pay" doc:"What a courier earns for one job."`
	Promise      Minutes      `json:"promise_minutes" minimum:"5" maximum:"240"`
	Budgets      Budgets      `json:"budgets"`
	// Windows are hours in which couriers ride there by appointment; SlotsOnly: then alone, nothing is promised at once.
	Windows   []Window `json:"windows,omitempty" maxItems:"50"`
	SlotsOnly bool     `json:"slots_only,omitempty"`
	// OneCounter keeps a ride to one pharmacy.
	OneCounter bool `json:"one_counter,omitempty" doc:"A courier collects at one pharmacy and brings that before the next job. Otherwise at two, and one more on the way."`
}

// Counters is at how many pharmacies a courier collects for one ride.
func (c *ZoneContent) Counters() int {
	if c.OneCounter {
		return 1
	}
	return dispatch.MostCounters
}

// Minutes is a span that operators set in whole minutes.
type Minutes int

// Duration is the span as a duration.
func (m Minutes) Duration() time.Duration { return time.Duration(m) * time.Minute }

// Budgets are the stages' shares of the promise.
type Budgets struct {
	Review Minutes `json:"review_minutes" minimum:"1" maximum:"120"`
	Pack   Minutes `json:"pack_minutes" minimum:"1" maximum:"120"`
	Ride   Minutes `json:"ride_minutes" minimum:"1" maximum:"240"`
}

// Currency is what is paid with in the zone.
func (c *ZoneContent) Currency() string { return c.DeliveryFee.Currency }

// DocID implements docstore.Document.
func (z *Zone) DocID() string { return string(z.ID) }

// check refuses a zone that could not work, with a pointer to each field.
func (c *ZoneContent) check() error {
	f := fault.New(fault.Invalid, "This zone can't work as it is. Correct the marked fields.")
	wrong := f
	mark := func(bad bool, pointer, message string) {
		if bad {
			wrong = wrong.With(pointer, message)
		}
	}
	mark(strings.TrimSpace(c.Name) == "", "/name", "Give the zone a name.")
	mark(len(c.Polygon) < 3, "/polygon", "Draw at least three points.")
	for i, p := range c.Polygon {
		mark(!p.Valid() || p.IsZero(), fmt.Sprintf("/polygon/%d", i), "This point is not on the map.")
	}
	mark(c.Jurisdiction == "", "/jurisdiction", "Name the policy pack that holds there.")
	mark(len(c.Country) != 2, "/country", "Give the country's two letters.")
	_, err := time.LoadLocation(c.TimeZone)
	mark(c.TimeZone == "" || c.TimeZone == "Local" || err != nil, "/time_zone", "Give an IANA name, for example Asia/Shanghai.")
	mark(c.Emergency == "", "/emergency_number", "Give the number to call in an emergency there.")
	mark(len(c.DeliveryFee.Currency) != 3 || c.DeliveryFee.Minor < 0, "/delivery_fee", "Give a fee of zero or more, with its currency.")
	mark(c.CourierPay.Currency != c.DeliveryFee.Currency || c.CourierPay.Minor < 0, "/courier_pay", "Give a pay of zero or more, in the zone's currency.")
	mark(c.Promise < 5 || c.Promise > 240, "/promise_minutes", "Promise 5 to 240 minutes.")
	b := c.Budgets
	mark(b.Review < 1 || b.Pack < 1 || b.Ride < 1 || b.Review+b.Pack+b.Ride > c.Promise, "/budgets",
		"Each stage needs a minute or more, and together they must fit the promise.")
	for i, w := range c.Windows {
		mark(w.wrong() != "", fmt.Sprintf("/windows/%d", i), w.wrong())
		mark(slices.ContainsFunc(c.Windows[:i], func(x Window) bool { return x.Day == w.Day && x.From == w.From }), fmt.Sprintf("/windows/%d", i), "Two begin at the same time. Make them one.")
	}
	mark(c.SlotsOnly && len(c.Windows) == 0, "/windows", "Say when couriers ride there.")
	if len(wrong.Fields) > 0 {
		return wrong
	}
	return nil
}

// box is the rectangle around a polygon: most points are outside, and this says so at once.
type box struct{ south, west, north, east float64 }

func boxOf(g geo.Polygon) box {
	b := box{90, 180, -90, -180}
	for _, p := range g {
		b.south, b.north = min(b.south, p.Lat), max(b.north, p.Lat)
		b.west, b.east = min(b.west, p.Lon), max(b.east, p.Lon)
	}
	return b
}

func (b box) holds(p geo.Point) bool {
	return p.Lat >= b.south && p.Lat <= b.north && p.Lon >= b.west && p.Lon <= b.east
}
