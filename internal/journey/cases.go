package journey

import (
	"context"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/billing"
	"housecall/internal/consult"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/order"
	"housecall/internal/support"
)

// cases: what support wants done to make good, and what opens a case by itself.
func (j *Journeys) cases() []step {
	return []step{
		{support.RefundWanted, j.refundWanted},
		{support.CouponWanted, j.couponWanted},
		{support.RedeliveryWanted, j.redeliveryWanted},
		{consult.SideEffectTold, j.sideEffect},
		{billing.PaymentCaptureFailed, j.notCaptured},
	}
}

// refundWanted gives back what was paid for the subject of the case.
func (j *Journeys) refundWanted(ctx context.Context, a access.Actor, e event.Event) error {
	subject := e.Data["subject"]
	if strings.HasPrefix(subject, "pay_") {
		p, err := j.Billing.Payment(ctx, a, id.Payment(subject))
		if err != nil {
			return err
		}
		subject = p.Subject
	}
	return j.report(ctx, a, e, subject, j.Billing.Refund(ctx, a, subject, strings.Fields(e.Data["kinds"]), e.Data["reason"]))
}

func (j *Journeys) couponWanted(ctx context.Context, a access.Actor, e event.Event) error {
	c, err := j.Billing.GiveCoupon(ctx, a, billing.Gift{
		Case: id.Case(e.Doc), Patient: id.Patient(e.Data["patient"]), Amount: amountOf(e, "amount_minor"), By: id.Account(e.By),
	})
	result := ""
	if err == nil {
		result = string(c.ID)
	}
	return j.report(ctx, a, e, result, err)
}

// redeliveryWanted sends an order out again that came back; one that was delivered needs a new order. Where
// couriers come by appointment alone it takes the next slot that is free.
func (j *Journeys) redeliveryWanted(ctx context.Context, a access.Actor, e event.Event) error {
	o, err := j.Order.Reattempt(ctx, a, id.Order(e.Data["subject"]), time.Time{})
	if codeOf(err, "") == "slot-needed" {
		o, err = j.inNextSlot(ctx, a, id.Order(e.Data["subject"]), err)
	}
	result := ""
	if err == nil {
		result = string(o.ID)
	}
	return j.report(ctx, a, e, result, err)
}

// inNextSlot has an order brought again in the next slot of its zone; needed is the answer where there is none.
func (j *Journeys) inNextSlot(ctx context.Context, a access.Actor, oid id.Order, needed error) (*order.Order, error) {
	o, err := j.Order.Get(ctx, a, oid)
	if err != nil {
		return nil, err
	}
	free, err := j.Delivery.Slots(ctx, o.Zone)
	switch {
	case err != nil:
		return nil, err
	case len(free) == 0:
		return nil, needed
	}
	return j.Order.Reattempt(ctx, a, oid, free[0].From)
}

// report tells the case what came of its wish. What can't be done now is told again by the bus.
func (j *Journeys) report(ctx context.Context, a access.Actor, e event.Event, result string, err error) error {
	cs, action := id.Case(e.Doc), e.Data["action"]
	switch {
	case err == nil:
		return j.Support.ActionDone(ctx, a, cs, action, result)
	case fault.Is(err, fault.NotFound), refusal(err):
		return j.Support.ActionFailed(ctx, a, cs, action, codeOf(err, "not_possible"))
	}
	return err
}

// sideEffect opens a case beside the doctor's thread, so that somebody sees it in ten minutes.
func (j *Journeys) sideEffect(ctx context.Context, a access.Actor, e event.Event) error {
	_, err := j.Support.Open(ctx, a, support.Opening{Subject: e.Doc, Category: support.SideEffect})
	return err
}

// notCaptured has support ask for money that is owed after the work was done.
func (j *Journeys) notCaptured(ctx context.Context, a access.Actor, e event.Event) error {
	_, err := j.Support.Open(ctx, a, support.Opening{Subject: e.Data["subject"], Category: support.Money})
	return err
}
