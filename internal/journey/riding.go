package journey

import (
	"context"
	"strings"

	"housecall/internal/access"
	"housecall/internal/billing"
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
		{billing.PaymentCaptured, j.tipped},
	}
}

// tipped shows a tip to the courier it is for.
func (j *Journeys) tipped(ctx context.Context, a access.Actor, e event.Event) error {
	order, isTip := strings.CutPrefix(e.Data["subject"], billing.TipsOf(""))
	if !isTip {
		return nil
	}
	return j.Delivery.Tipped(ctx, a, id.Order(order), id.Payment(e.Doc), amountOf(e, "amount_minor"))
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
	return j.Order.GiveUp(ctx, apart(a, e, "give_up"), o.ID, "prescription_cancelled")
}
