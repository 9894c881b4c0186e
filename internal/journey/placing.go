package journey

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/billing"
	"housecall/internal/delivery"
	"housecall/internal/estimate"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
)

// placing: from the choice of a pharmacy to the clock's start. What one step holds is let go by
// order.cancelled when another can't be done.
func (j *Journeys) placing() []step {
	return []step{
		{order.EventPlacing, j.hold},
		{order.EventPaying, j.authorise},
		{order.EventPlaced, j.begin},
		{order.EventSlotWanted, j.moveSlot},
		{order.EventSlotMoved, j.slotMoved},
		{order.EventSlotNear, j.begin},
		{order.EventRerouted, j.beginAgain},
		{order.EventReaddressed, j.redirect},
		{order.EventCancelled, j.letGo},
		{order.EventAtRisk, j.rescue},
		{order.EventBroken, j.compensate},
	}
}

// hold claims the prescription and has the stock set aside.
func (j *Journeys) hold(ctx context.Context, a access.Actor, e event.Event) error {
	o, err := j.Order.Get(ctx, a, orderOf(e))
	if err != nil || o.State != order.Unpaid {
		return err
	}
	err = j.Prescribing.Claim(ctx, a, o.Part, o.ID)
	if err == nil {
		err = j.Limits.Within(ctx, a, o)
	}
	if err == nil {
		err = j.reserve(ctx, a, o)
	}
	if err == nil && o.Slot != nil {
		err = j.takeSlot(ctx, apart(a, e, "slot"), j.Delivery.TakeSlot, placeOf(o, *o.Slot))
	}
	switch {
	case err == nil:
		return j.Order.Hold(ctx, a, o.ID)
	case fault.Is(err, fault.NotFound), refusal(err):
		return j.Order.GiveUp(ctx, a, o.ID, codeOf(err, "not_available"))
	}
	return err
}

func (j *Journeys) reserve(ctx context.Context, a access.Actor, o *order.Order) error {
	r := pharmacy.Reservation{
		Fill: o.Fill(), Order: o.ID, Attempt: o.Attempt, Pharmacy: o.Pharmacy, Prescription: o.Prescription, Part: o.Part,
		Patient: o.Patient, Fulfilment: string(o.Fulfilment), Within: o.Quote.Medicine,
	}
	if o.Slot != nil {
		at := appointment(*o.Slot)
		r.Slot = &at
	}
	for _, l := range o.Quote.Lines {
		r.Lines = append(r.Lines, pharmacy.Line{Product: l.Product, Quantity: l.Quantity})
	}
	return j.Pharmacy.Reserve(ctx, a, r)
}

// authorise asks for the money of the order; a second time, for a dearer pharmacy, in place of the first.
func (j *Journeys) authorise(ctx context.Context, a access.Actor, e event.Event) error {
	o, err := j.Order.Get(ctx, a, orderOf(e))
	if err != nil || string(o.Payment) != e.Data["payment"] {
		return err
	}
	quote := o.Quote
	if o.Question != nil && o.Question.Accepted && o.Question.Quote != nil {
		quote = *o.Question.Quote
	}
	if o.Payments > 1 {
		if err := overtaken(j.Billing.Release(ctx, a, string(o.ID), "paid_anew")); err != nil {
			return err
		}
	}
	c := billing.Charge{
		Payment: o.Payment, Subject: string(o.ID), Patient: o.Patient, Payer: o.PlacedBy, Zone: string(o.Zone),
		Coupon: o.Coupon, Method: o.Method,
		Lines: []billing.Line{{Kind: billing.Medicine, Amount: quote.Medicine, Payee: string(quote.Pharmacy)}},
	}
	if !quote.DeliveryFee.IsZero() {
		c.Lines = append(c.Lines, billing.Line{Kind: billing.DeliveryFee, Amount: quote.DeliveryFee})
	}
	if err := j.Billing.Authorise(ctx, a, c); err != nil {
		if refusal(err) {
			return j.Order.PaymentRefused(ctx, a, o.ID, o.Payment, codeOf(err, "refused"))
		}
		return err
	}
	return nil
}

// begin shows the order to the pharmacy and plans its courier, who is sent before the bag is ready. Of one that
// comes by appointment the pharmacy is told, and it waits for its time.
func (j *Journeys) begin(ctx context.Context, a access.Actor, e event.Event) error {
	o, err := j.Order.Get(ctx, a, orderOf(e))
	if err != nil || o.Attempt != attemptOf(e) || order.Moves.Ended(o.State) {
		return err
	}
	if o.Slot != nil {
		if err := j.Pharmacy.Expect(ctx, apart(a, e, "expect"), o.Fill(), appointment(*o.Slot)); err != nil {
			return err
		}
	}
	if o.Waits() {
		return nil
	}
	if err := j.Pharmacy.Offer(ctx, apart(a, e, "offer"), o.Fill()); err != nil && !fault.Is(err, fault.Conflict) {
		return err
	}
	if o.Fulfilment != order.Courier {
		return nil
	}
	ready, err := j.readyFrom(ctx, a, o, e.At)
	if err != nil {
		return err
	}
	r := delivery.Request{
		Job: o.Job(), ReadyAt: ready, Order: o.ID, Attempt: o.Attempt, Fill: o.Fill(), Pharmacy: o.Pharmacy, PharmacyAt: o.Quote.PharmacyAt,
		Door: o.Address.Point, Where: whereOf(o.Address), Zone: o.Zone, Patient: o.Patient, Placed: o.WorkFrom(), Deadline: o.Promise.Due,
		Pay: o.Quote.CourierPay, ColdChain: o.Quote.ColdChain,
	}
	if o.Slot != nil {
		r.Slot = &delivery.Span{From: o.Slot.From, Until: o.Slot.Until}
	}
	return j.Delivery.Plan(ctx, a, r)
}

// readyFrom is when the bag of an order that its pharmacy sees from a moment on is likely to be packed, by
// what that pharmacy has needed of late and how many orders it has before this one.
func (j *Journeys) readyFrom(ctx context.Context, a access.Actor, o *order.Order, from time.Time) (time.Time, error) {
	f, err := j.Pharmacy.Fill(ctx, a, o.Fill())
	if err != nil {
		return from, err
	}
	b := o.Quote.Budgets
	takes, err := j.Paces.Preparation(ctx, o.Pharmacy, estimate.Question{At: from, Review: b.Review, Pack: b.Pack, Queue: f.Queue})
	return from.Add(takes), err
}

// beginAgain ends what the attempt before has left and begins the new one: at the pharmacy the order
// was sent to, or, where that has too little now, at the next.
func (j *Journeys) beginAgain(ctx context.Context, a access.Actor, e event.Event) error {
	o, err := j.Order.Get(ctx, a, orderOf(e))
	if err != nil || o.State != order.Placed {
		return err
	}
	before := o.Attempt - 1
	if err := overtaken(j.Delivery.Cancel(ctx, a, id.JobOf(o.ID, before), "rerouted")); err != nil {
		return err
	}
	if err := overtaken(j.Pharmacy.Release(ctx, a, id.FillOf(o.ID, before), "rerouted")); err != nil {
		return err
	}
	if err := j.slotAgain(ctx, apart(a, e, "slot"), o); err != nil {
		return err
	}
	err = j.reserve(ctx, a, o)
	if refusal(err) {
		return j.reroute(ctx, a, o.ID, o.Attempt, codeOf(err, "out_of_stock"))
	}
	if err != nil {
		return err
	}
	e.Data["attempt"] = attemptText(o.Attempt)
	return j.begin(ctx, a, e)
}

// reroute sends an order that lost its pharmacy to the next best, or ends it where none is left.
func (j *Journeys) reroute(ctx context.Context, a access.Actor, oid id.Order, attempt int, reason string) error {
	o, err := j.Order.Get(ctx, a, oid)
	if err != nil || o.Attempt != attempt {
		return err
	}
	r := pharmacy.QuoteRequest{Part: o.Part, Door: o.Address.Point, Zone: o.Zone, Fulfilment: string(o.Fulfilment)}
	for _, l := range o.Quote.Lines {
		r.Lines = append(r.Lines, pharmacy.Line{Product: l.Product, Quantity: l.Quantity})
	}
	if o.Slot != nil {
		r.At = o.WorkFrom()
	}
	tried := append(append([]id.Pharmacy{}, o.Tried...), o.Pharmacy)
	r.Within = o.Authorised
	next, found, err := j.Pharmacy.Next(ctx, r, tried)
	if err == nil && !found { // a dearer one is better than none: the patient is asked
		r.Within.Minor = 0
		next, found, err = j.Pharmacy.Next(ctx, r, tried)
	}
	if err != nil {
		return err
	}
	if !found {
		return j.Order.GiveUp(ctx, a, oid, "no_pharmacy_left")
	}
	q := Quote(next, o.Fulfilment)
	q.CourierPay = o.Quote.CourierPay
	return j.Order.Reroute(ctx, a, oid, attempt, q, reason)
}

func (j *Journeys) redirect(ctx context.Context, a access.Actor, e event.Event) error {
	o, err := j.Order.Get(ctx, a, orderOf(e))
	if err != nil || o.Fulfilment != order.Courier || o.State == order.Unpaid || o.Waits() {
		return err
	}
	return overtaken(j.Delivery.Redirect(ctx, a, o.Job(), delivery.Door{Point: o.Address.Point, Where: whereOf(o.Address)}))
}

// letGo gives back all that a cancelled order holds.
func (j *Journeys) letGo(ctx context.Context, a access.Actor, e event.Event) error {
	reason := e.Data["reason"]
	o, err := j.Order.Get(ctx, a, orderOf(e))
	if err != nil {
		return err
	}
	if o.Slot != nil {
		if err := overtaken(j.Delivery.GiveSlot(ctx, a, placeOf(o, *o.Slot))); err != nil {
			return err
		}
	}
	if err := overtaken(j.Delivery.Cancel(ctx, a, id.JobOf(orderOf(e), attemptOf(e)), reason)); err != nil {
		return err
	}
	if err := overtaken(j.Pharmacy.Release(ctx, a, fillOf(e), reason)); err != nil {
		return err
	}
	if err := overtaken(j.Prescribing.Unclaim(ctx, a, id.Part(e.Data["part"]), orderOf(e), reason)); err != nil {
		return err
	}
	err = j.Billing.Release(ctx, a, string(orderOf(e)), reason)
	if fault.Is(err, fault.Conflict) { // collected once, and brought back
		return j.Billing.Refund(ctx, a, string(orderOf(e)), nil, "undelivered")
	}
	return err
}

// compensate gives the delivery fee back at once when the promise is broken.
func (j *Journeys) compensate(ctx context.Context, a access.Actor, e event.Event) error {
	return j.Billing.Refund(ctx, a, string(orderOf(e)), []string{string(billing.DeliveryFee)}, "promise_broken")
}

func whereOf(at order.Address) delivery.Where {
	return delivery.Where{Street: at.Text, Entrance: at.Entrance, Floor: at.Floor, Flat: at.Door, Receiver: at.Receiver, Note: at.Note}
}
