package journey

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/estimate"
	"housecall/internal/event"
	"housecall/internal/id"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
)

// gain is by how much another pharmacy must be sooner before an order in danger is taken from its own.
const gain = time.Minute

// rescue sends an order whose promise is in danger to another pharmacy, if that still helps: the bag would
// be at the door in time, and sooner than from where it is now. A courier who is too slow is matched anew
// by the dispatcher, which hears of the danger too.
func (j *Journeys) rescue(ctx context.Context, a access.Actor, e event.Event) error {
	o, err := j.Order.Get(ctx, a, orderOf(e))
	if err != nil || o.Attempt != attemptOf(e) || !o.Promise.AtRisk || o.Fulfilment != order.Courier {
		return err
	}
	if o.State != order.Placed && o.State != order.Reviewing && o.State != order.Preparing {
		return nil // the bag is packed: nothing is sooner than to ride
	}
	f, err := j.Pharmacy.Fill(ctx, a, o.Fill())
	if err != nil || f.Paused != nil { // somebody owes an answer, which another pharmacy would need as well
		return err
	}
	next, found, err := j.Pharmacy.Next(ctx, j.elsewhere(o), append(append([]id.Pharmacy{}, o.Tried...), o.Pharmacy))
	if err != nil || !found {
		return err
	}
	now := e.At
	there := now.Add(time.Duration(next.MedianMinutes) * time.Minute)
	if there.After(o.Promise.Due) || !there.Before(asItStands(o, f, now).Add(-gain)) {
		return nil
	}
	q := Quote(next, o.Fulfilment)
	q.CourierPay, q.ColdChain, q.Budgets = o.Quote.CourierPay, o.Quote.ColdChain, o.Quote.Budgets
	return j.Order.Reroute(ctx, a, o.ID, o.Attempt, q, "in_danger")
}

// elsewhere asks for the same medicine at the same door, within what was authorised.
func (j *Journeys) elsewhere(o *order.Order) pharmacy.QuoteRequest {
	r := pharmacy.QuoteRequest{Part: o.Part, Door: o.Address.Point, Zone: o.Zone, Fulfilment: string(o.Fulfilment), Within: o.Authorised}
	for _, l := range o.Quote.Lines {
		r.Lines = append(r.Lines, pharmacy.Line{Product: l.Product, Quantity: l.Quantity})
	}
	return r
}

// asItStands is when the bag would be at the door from where it is: who has been at it for long will be
// at it for longer.
func asItStands(o *order.Order, f *pharmacy.Fill, now time.Time) time.Time {
	b := o.Quote.Budgets
	if o.State == order.Preparing {
		return estimate.Ready(f.Began, b.Pack*2/3, now).Add(b.Ride)
	}
	return estimate.Ready(f.Began, b.Review*2/3, now).Add(b.Pack + b.Ride)
}
