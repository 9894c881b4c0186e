package app

import (
	"context"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/delivery"
	"housecall/internal/dispatch"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/journey"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
	"housecall/internal/prescribing"
	"housecall/internal/promise"
)

// forOrder is what orders ask of prescriptions, pharmacies and zones.
type forOrder struct{ *Services }

// Fillable implements order.Scripts. Prescribing asks its own policy for the actor; whether the part
// can be claimed is decided when it is.
func (f forOrder) Fillable(ctx context.Context, a access.Actor, part id.Part) (order.Script, error) {
	rx, p, err := f.Prescribing.Part(ctx, a, part)
	if err != nil {
		return order.Script{}, err
	}
	if p.State != prescribing.Signed {
		return order.Script{}, fault.New(fault.Conflict, "This prescription can't be ordered now: it is "+string(p.State)+".").Coded("rx-" + string(p.State))
	}
	s := order.Script{Prescription: rx.ID, Patient: rx.Patient}
	for _, l := range p.Lines {
		s.Lines = append(s.Lines, order.Line{Product: l.Product, Quantity: l.Quantity})
	}
	return s, nil
}

// Quote implements order.Quotes.
func (f forOrder) Quote(ctx context.Context, a access.Actor, w order.Wanted, s order.Script, at time.Time) (order.Quote, error) {
	door := w.Address.Point
	bars, err := f.barred(ctx, a, sale{part: w.Part, door: door, warned: s.Warned})
	if err != nil {
		return order.Quote{}, err
	}
	if d, barred := bars[w.Fulfilment]; barred {
		return order.Quote{}, forbidden(d)
	}
	r := pharmacy.QuoteRequest{Part: w.Part, Door: door, Fulfilment: string(w.Fulfilment), At: at}
	for _, l := range s.Lines {
		r.Lines = append(r.Lines, pharmacy.Line{Product: l.Product, Quantity: l.Quantity})
	}
	if r.Zone, err = f.ZoneOf(ctx, door); err != nil {
		return order.Quote{}, err
	}
	q, err := f.Pharmacy.Quote(ctx, a, w.Pharmacy, r)
	if err != nil {
		return order.Quote{}, err
	}
	if w.Fulfilment == order.Courier && !slices.Contains(q.Fulfilments, pharmacy.ByCourier) {
		return order.Quote{}, fault.New(fault.Conflict, "A courier comes here at set hours. Choose a time that this pharmacy is open for.").Coded("slot-needed")
	}
	if !q.InStock {
		return order.Quote{}, fault.New(fault.Conflict, "This pharmacy does not have all of it now. Choose another.").Coded("out-of-stock")
	}
	out := journey.Quote(q, w.Fulfilment)
	for _, l := range s.Lines {
		p, known := f.Formulary.Product(l.Product)
		out.ColdChain = out.ColdChain || (known && p.Cold)
	}
	if r.Zone != "" {
		z, err := f.Delivery.Zone(ctx, r.Zone)
		if err != nil {
			return order.Quote{}, err
		}
		out.CourierPay = z.CourierPay
		out.Budgets = budgets(z, out.PharmacyAt, door)
	}
	return out, nil
}

// budgets are the zone's stages, and the way from this counter to this door by scooter.
func budgets(z *delivery.Zone, from, to geo.Point) promise.Budgets {
	way := dispatch.Crow{}.Time(dispatch.Scooter, from, to)
	return promise.Budgets{
		Review: z.Budgets.Review.Duration(), Pack: z.Budgets.Pack.Duration(),
		Ride: min(dispatch.Arrival(time.Time{}, 0, way, time.Time{}).Sub(time.Time{}), z.Budgets.Ride.Duration()),
	}
}

// Slot implements order.Slots.
func (f forOrder) Slot(ctx context.Context, zone id.Zone, from time.Time) (order.Slot, error) {
	s, err := f.Delivery.Slot(ctx, zone, from)
	return orderSlot(s), err
}

// Keeping implements order.Slots.
func (f forOrder) Keeping(ctx context.Context, zone id.Zone, ph id.Pharmacy) ([]order.Slot, error) {
	free, err := f.Delivery.Slots(ctx, zone)
	if err != nil {
		return nil, err
	}
	var out []order.Slot
	for _, s := range free {
		open, err := f.Pharmacy.OpenAt(ctx, ph, s.Begins)
		if err != nil {
			return nil, err
		}
		if open {
			out = append(out, orderSlot(s))
		}
	}
	return out, nil
}

func orderSlot(s delivery.Slot) order.Slot {
	return order.Slot{From: s.From, Until: s.Until, Begins: s.Begins, Leaves: s.Leaves, TimeZone: s.TimeZone}
}

// AtOnce implements order.Slots.
func (f forOrder) AtOnce(ctx context.Context, zone id.Zone) (bool, error) {
	z, err := f.Delivery.Zone(ctx, zone)
	if err != nil {
		return false, err
	}
	return !z.SlotsOnly, nil
}

// ZoneOf implements order.Zones.
func (f forOrder) ZoneOf(ctx context.Context, door geo.Point) (id.Zone, error) {
	if door.IsZero() {
		return "", nil
	}
	z, err := f.Delivery.ZoneAt(ctx, door)
	if fault.Is(err, fault.NotFound) || (err == nil && z == nil) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return z.ID, nil
}
