package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/delivery"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/phi"
)

// Zones are the routes of the places that are covered.
func Zones(deliveries *delivery.Service) []Route {
	r := zoneRoutes{deliveries}
	return []Route{
		post("/coverage", "zone.cover", "Ask whether a place is covered", r.cover).keyless(),
		get("/zones", "zone.list", "List the zones", r.list),
		get("/zones/{id}", "zone.list", "Read a zone", r.read),
		post("/zones", "zone.manage", "Draw a zone", r.draw).created(),
		put("/zones/{id}", "zone.manage", "Change a zone", r.change),
		post("/zones/{id}/weather", "zone.manage", "Say whether it rains in a zone", r.weather),
		get("/zones/{id}/slots", "zone.slots", "See how full the slots of a zone are", r.slots),
		post("/zones/{id}/withdraw", "zone.manage", "End the cover of a zone", r.withdraw),
	}
}

type zoneRoutes struct{ deliveries *delivery.Service }

// ZoneBody is what an operator says of a zone.
type ZoneBody struct {
	Name           string       `json:"name" minLength:"1" maxLength:"80"`
	Polygon        []geo.Point  `json:"polygon" minItems:"3" maxItems:"500" nullable:"false" doc:"The zone's line on the map; it need not be closed."`
	Jurisdiction   string       `json:"jurisdiction" minLength:"1" maxLength:"20" doc:"Policy pack that holds there, for example house, cn, us, eu, de."`
	Country        string       `json:"country" minLength:"2" maxLength:"2" doc:"ISO 3166-1 code."`
	State          string       `json:"state,omitempty" maxLength:"10" doc:"State or province, where its law differs."`
	TimeZone       string       `json:"time_zone" minLength:"1" maxLength:"64" doc:"IANA name, for example Asia/Shanghai."`
	Emergency      string       `json:"emergency_number" minLength:"2" maxLength:"20"`
	DeliveryFee    money.Amount `json:"delivery_fee"`
	CourierPay     money.Amount `json:"courier_pay" doc:"What a courier earns for one job."`
	PromiseMinutes int          `json:"promise_minutes" minimum:"5" maximum:"240"`
	ReviewMinutes  int          `json:"review_minutes" minimum:"1" maximum:"120"`
	PackMinutes    int          `json:"pack_minutes" minimum:"1" maximum:"120"`
	RideMinutes    int          `json:"ride_minutes" minimum:"1" maximum:"240"`

	Windows   []delivery.Window `json:"windows,omitempty" maxItems:"50" doc:"Hours in which couriers ride there by appointment."`
	SlotsOnly bool              `json:"slots_only,omitempty" doc:"They ride there in those hours alone: nothing is promised at once."`

	OneCounter bool `json:"one_counter,omitempty" doc:"A courier collects at one pharmacy and brings that before the next job. Otherwise at two, and one more on the way."`
}

// DeliverySlotView is when a courier can come by appointment.
type DeliverySlotView struct {
	From   time.Time `json:"from" doc:"What an order names as its slot."`
	Until  time.Time `json:"until"`
	Places int       `json:"places,omitempty" doc:"How many are free."`
}

// ZoneView is a zone as it is answered.
type ZoneView struct {
	ID id.Zone `json:"id"`
	ZoneBody
	Withdrawn bool `json:"withdrawn"`
	Rain      bool `json:"rain" doc:"Couriers ride at three quarters of their speed; estimates and plans go by it."`

	Raining *RainView `json:"raining,omitempty" doc:"Who said that it rains, and until when."`
}

// RainView is what an operator said of the weather.
type RainView struct {
	By    id.Account `json:"by"`
	Name  phi.Text   `json:"name,omitempty"`
	Since time.Time  `json:"since"`
	Until *time.Time `json:"until,omitempty" doc:"Then it is dry by itself; absent: when somebody says so."`
}

func rainView(r *delivery.Rain) *RainView {
	if r == nil {
		return nil
	}
	v := &RainView{By: r.By, Name: r.Name, Since: r.Since}
	if !r.Until.IsZero() {
		v.Until = &r.Until
	}
	return v
}

// CoverageView tells what holds at a place.
type CoverageView struct {
	Covered        bool               `json:"covered"`
	Otherwise      string             `json:"otherwise,omitempty" doc:"What there is instead, where it is not covered."`
	Zone           id.Zone            `json:"zone,omitempty"`
	Name           string             `json:"name,omitempty"`
	Emergency      string             `json:"emergency_number,omitempty"`
	TimeZone       string             `json:"time_zone,omitempty"`
	Jurisdiction   string             `json:"jurisdiction,omitempty"`
	DeliveryFee    *money.Amount      `json:"delivery_fee,omitempty"`
	PromiseMinutes int                `json:"promise_minutes,omitempty" doc:"Absent where couriers come by appointment alone."`
	Slots          []DeliverySlotView `json:"slots" nullable:"false" doc:"When a courier can come by appointment, the soonest first."`
}

func (b ZoneBody) content() delivery.ZoneContent {
	return delivery.ZoneContent{
		Name: b.Name, Polygon: b.Polygon, Jurisdiction: b.Jurisdiction, Country: b.Country, State: b.State, TimeZone: b.TimeZone,
		Emergency: b.Emergency, DeliveryFee: b.DeliveryFee, CourierPay: b.CourierPay, Promise: delivery.Minutes(b.PromiseMinutes),
		Budgets: delivery.Budgets{Review: delivery.Minutes(b.ReviewMinutes), Pack: delivery.Minutes(b.PackMinutes), Ride: delivery.Minutes(b.RideMinutes)},
		Windows: b.Windows, SlotsOnly: b.SlotsOnly, OneCounter: b.OneCounter,
	}
}

func zoneView(z *delivery.Zone) ZoneView {
	return ZoneView{ID: z.ID, Withdrawn: z.Withdrawn, Rain: z.Rain, Raining: rainView(z.Raining), ZoneBody: ZoneBody{
		Name: z.Name, Polygon: z.Polygon, Jurisdiction: z.Jurisdiction, Country: z.Country, State: z.State, TimeZone: z.TimeZone,
		Emergency: z.Emergency, DeliveryFee: z.DeliveryFee, CourierPay: z.CourierPay, PromiseMinutes: int(z.Promise),
		ReviewMinutes: int(z.Budgets.Review), PackMinutes: int(z.Budgets.Pack), RideMinutes: int(z.Budgets.Ride),
		Windows: z.Windows, SlotsOnly: z.SlotsOnly, OneCounter: z.OneCounter,
	}}
}

func zoneAnswered(z *delivery.Zone, err error) (*Reply[ZoneView], error) {
	if err != nil {
		return nil, err
	}
	return reply(z.Version, zoneView(z)), nil
}

// coverIn carries the place in the body: where somebody lives never stands in an address of ours.
type coverIn struct {
	Body struct {
		Point geo.Point `json:"point"`
	}
}

func (r zoneRoutes) cover(ctx context.Context, _ access.Actor, in *coverIn) (*Reply[CoverageView], error) {
	c, err := r.deliveries.Coverage(ctx, in.Body.Point)
	if err != nil {
		return nil, err
	}
	v := CoverageView{Covered: c.Covered, Otherwise: c.Otherwise, Slots: []DeliverySlotView{}}
	for _, s := range c.Slots {
		v.Slots = append(v.Slots, DeliverySlotView{s.From, s.Until, s.Places})
	}
	if z := c.Zone; z != nil {
		v.Zone, v.Name, v.Emergency, v.TimeZone, v.Jurisdiction = z.ID, z.Name, z.Emergency, z.TimeZone, z.Jurisdiction
		v.DeliveryFee = &z.DeliveryFee
		if c.Covered {
			v.PromiseMinutes = int(z.Promise)
		}
	}
	return reply(0, v), nil
}

func (r zoneRoutes) list(ctx context.Context, _ access.Actor, _ *none) (*Reply[ListOf[ZoneView]], error) {
	zones, err := r.deliveries.Zones(ctx)
	if err != nil {
		return nil, err
	}
	return listed(zones, "", zoneView), nil
}

func (r zoneRoutes) read(ctx context.Context, _ access.Actor, in *ByID) (*Reply[ZoneView], error) {
	return zoneAnswered(r.deliveries.Zone(ctx, id.Zone(in.ID)))
}

type drawZoneIn struct{ Body ZoneBody }

func (r zoneRoutes) draw(ctx context.Context, a access.Actor, in *drawZoneIn) (*Reply[ZoneView], error) {
	return zoneAnswered(r.deliveries.DrawZone(ctx, a, in.Body.content()))
}

type changeZoneIn struct {
	ByID
	Edit
	Body ZoneBody
}

func (r zoneRoutes) change(ctx context.Context, a access.Actor, in *changeZoneIn) (*Reply[ZoneView], error) {
	return zoneAnswered(r.deliveries.ChangeZone(ctx, a, id.Zone(in.ID), in.Version(), in.Body.content()))
}

// SlotFullView is how full a slot is.
type SlotFullView struct {
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	Places int       `json:"places" doc:"How many orders its window brings; 0: the window was taken away, what was booked stands."`
	Taken  int       `json:"taken" doc:"More than places only where an order is brought again, or the window was made smaller."`
}

func (r zoneRoutes) slots(ctx context.Context, a access.Actor, in *ByID) (*Reply[ListOf[SlotFullView]], error) {
	all, err := r.deliveries.Fullness(ctx, a, id.Zone(in.ID))
	if err != nil {
		return nil, err
	}
	return reply(0, ListOf[SlotFullView]{Items: each(all, func(f delivery.Fullness) SlotFullView { return SlotFullView(f) })}), nil
}

type weatherIn struct {
	ByID
	Body struct {
		Rain    bool `json:"rain"`
		Minutes int  `json:"minutes,omitempty" minimum:"15" maximum:"1440" doc:"For how long; absent: until somebody says otherwise."`
	}
}

func (r zoneRoutes) weather(ctx context.Context, a access.Actor, in *weatherIn) (*Reply[ZoneView], error) {
	return zoneAnswered(r.deliveries.Weather(ctx, a, id.Zone(in.ID), in.Body.Rain, time.Duration(in.Body.Minutes)*time.Minute))
}

func (r zoneRoutes) withdraw(ctx context.Context, a access.Actor, in *ByID) (*Reply[ZoneView], error) {
	if err := r.deliveries.WithdrawZone(ctx, a, id.Zone(in.ID), 0); err != nil {
		return nil, err
	}
	return zoneAnswered(r.deliveries.Zone(ctx, id.Zone(in.ID)))
}
