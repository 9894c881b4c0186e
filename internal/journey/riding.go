package journey

import (
	"context"

	"housecall/internal/access"
	"housecall/internal/delivery"
	"housecall/internal/event"
	"housecall/internal/id"
)

// riding: what happens at the counter and at the door.
func (j *Journeys) riding() []step {
	return []step{
		{delivery.JobCollected, j.collected},
		{delivery.JobDelivered, j.atTheDoor},
		{delivery.JobReturned, j.broughtBack},
	}
}

func (j *Journeys) collected(ctx context.Context, a access.Actor, e event.Event) error {
	return j.Pharmacy.Collected(ctx, a, fillOf(e))
}

func (j *Journeys) atTheDoor(ctx context.Context, a access.Actor, e event.Event) error {
	o, err := j.Order.Get(ctx, a, orderOf(e))
	if err != nil {
		return err
	}
	if err := j.delivered(ctx, a, o.ID, attemptOf(e), o.Part); err != nil {
		return err
	}
	return j.Billing.Earn(ctx, a, jobOf(e), id.Account(e.Data["courier"]), o.Quote.CourierPay)
}

// broughtBack pays the courier for the way there and back, whatever the reason, and waits for the
// patient's word; an order whose prescription was cancelled meanwhile ends.
func (j *Journeys) broughtBack(ctx context.Context, a access.Actor, e event.Event) error {
	o, err := j.Order.Get(ctx, a, orderOf(e))
	if err != nil {
		return err
	}
	if err := j.Pharmacy.Returned(ctx, a, fillOf(e), ""); err != nil {
		return err
	}
	if err := j.Order.Undelivered(ctx, a, o.ID, attemptOf(e)); err != nil {
		return err
	}
	if err := j.Billing.Earn(ctx, a, jobOf(e), id.Account(e.Data["courier"]), o.Quote.CourierPay); err != nil {
		return err
	}
	called, err := j.calledOff(ctx, a, o.Part)
	if err != nil || !called {
		return err
	}
	return j.Order.GiveUp(ctx, a, o.ID, "prescription_cancelled")
}
