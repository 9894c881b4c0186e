package journey

import (
	"context"
	"fmt"
	"slices"

	"housecall/internal/access"
	"housecall/internal/billing"
	"housecall/internal/event"
	"housecall/internal/id"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
)

// filling: the order follows its pharmacy, which loses it when it refuses or does not answer.
func (j *Journeys) filling() []step {
	return []step{
		{pharmacy.KindReviewing, j.follow((*order.Service).Reviewing)},
		{pharmacy.KindAccepted, j.follow((*order.Service).Preparing)},
		{pharmacy.KindReady, j.ready},
		{pharmacy.KindCollected, j.left},
		{pharmacy.KindParcelDelivered, j.parcelDelivered},
		{pharmacy.KindRefused, j.lost},
		{pharmacy.KindExpired, j.lost},
	}
}

func (j *Journeys) follow(to func(*order.Service, context.Context, access.Actor, id.Order, int) error) func(context.Context, access.Actor, event.Event) error {
	return func(ctx context.Context, a access.Actor, e event.Event) error {
		return to(j.Order, ctx, a, orderOf(e), attemptOf(e))
	}
}

// ready tells the courier's job that there is a bag to collect, and its seal.
func (j *Journeys) ready(ctx context.Context, a access.Actor, e event.Event) error {
	if err := j.Order.Ready(ctx, a, orderOf(e), attemptOf(e)); err != nil {
		return err
	}
	f, err := j.Pharmacy.Fill(ctx, a, id.Fill(e.Doc))
	if err != nil || order.Fulfilment(f.Fulfilment) != order.Courier {
		return err
	}
	o, err := j.Order.Get(ctx, a, orderOf(e))
	if err != nil {
		return err
	}
	return overtaken(j.Delivery.Ready(ctx, a, id.JobOf(orderOf(e), attemptOf(e)), f.Seal, o.RideFrom(e.At)))
}

// left captures the money: the bag is with the courier, the carrier or the patient. A pick-up is
// delivered with it.
func (j *Journeys) left(ctx context.Context, a access.Actor, e event.Event) error {
	o, err := j.Order.Get(ctx, a, orderOf(e))
	if err != nil {
		return err
	}
	if o.Fulfilment == order.Pickup {
		err = j.delivered(ctx, a, o.ID, attemptOf(e), o.Part)
	} else {
		err = j.Order.Collected(ctx, a, o.ID, attemptOf(e))
	}
	if err != nil {
		return err
	}
	return j.takeMoney(ctx, a, o, fillOf(e))
}

// takeMoney captures what the bag cost, for the pharmacy that packed it. A second bag, after the
// first came back, is the house's to pay: the patient has paid.
func (j *Journeys) takeMoney(ctx context.Context, a access.Actor, o *order.Order, fill id.Fill) error {
	f, err := j.Pharmacy.Fill(ctx, a, fill)
	if err != nil {
		return err
	}
	if o.SecondBag(f.Attempt) { // of this bag: word of the first may come again, late
		return j.Billing.Resupplied(ctx, a, fill, f.Pharmacy, f.Price)
	}
	return j.Billing.Capture(ctx, a, string(o.ID), billing.Final{Kind: billing.Medicine, Payee: string(f.Pharmacy), Amount: f.Price})
}

func (j *Journeys) delivered(ctx context.Context, a access.Actor, oid id.Order, attempt int, part id.Part) error {
	if err := j.Order.Delivered(ctx, a, oid, attempt); err != nil {
		return err
	}
	f, err := j.Pharmacy.Fill(ctx, a, id.FillOf(oid, attempt))
	if err != nil {
		return err
	}
	if given := f.Given(); given != nil {
		return j.dispensePartly(ctx, a, part, oid, given)
	}
	return j.Prescribing.Dispensed(ctx, a, part, oid)
}

// dispensePartly ends the part with what was given of each of its lines; the rest is signed anew.
func (j *Journeys) dispensePartly(ctx context.Context, a access.Actor, part id.Part, oid id.Order, quantities []int) error {
	_, p, err := j.Prescribing.Part(ctx, a, part)
	if err != nil {
		return err
	}
	given := slices.Clone(p.Lines)
	if len(given) != len(quantities) {
		return fmt.Errorf("part %s has %d lines, its fill %d", part, len(given), len(quantities))
	}
	for i := range given {
		given[i].Quantity = quantities[i]
	}
	return j.Prescribing.DispensedPartly(ctx, a, part, oid, given)
}

func (j *Journeys) parcelDelivered(ctx context.Context, a access.Actor, e event.Event) error {
	o, err := j.Order.Get(ctx, a, orderOf(e))
	if err != nil {
		return err
	}
	return j.delivered(ctx, a, o.ID, attemptOf(e), o.Part)
}

// final are the refusals that no other pharmacy should be asked to overlook: the prescription itself
// is in doubt.
var final = map[string]bool{"safety": true, "doctor_withdrew": true}

// lost finds the next pharmacy.
func (j *Journeys) lost(ctx context.Context, a access.Actor, e event.Event) error {
	reason := e.Data["reason"]
	if final[reason] {
		o, err := j.Order.Get(ctx, a, orderOf(e))
		if err != nil || o.Attempt != attemptOf(e) {
			return err
		}
		return j.Order.GiveUp(ctx, a, o.ID, "refused_"+reason)
	}
	if reason == "" {
		reason = "no_answer"
	}
	return j.reroute(ctx, a, orderOf(e), attemptOf(e), reason)
}
