package journey

import (
	"context"
	"strconv"
	"strings"

	"housecall/internal/access"
	"housecall/internal/billing"
	"housecall/internal/consult"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/intake"
	"housecall/internal/money"
	"housecall/internal/order"
)

// visit: what a person tells is kept with them; the fee is held before a doctor comes, taken once at
// the end, and given back on every other way out.
func (j *Journeys) visit() []step {
	return []step{
		{intake.EventSubmitted, j.keepFacts},
		{consult.Requested, j.holdFee},
		{consult.Completed, j.takeFee},
		{consult.Cancelled, j.endUnseen},
		{consult.Redirected, j.endUnseen},
		{consult.FeeUnneeded, j.giveFeeBack},
		{consult.NoShow, j.endUnseen},
		{billing.PaymentAuthorised, j.paid},
		{billing.PaymentRefused, j.refused},
	}
}

func (j *Journeys) keepFacts(ctx context.Context, a access.Actor, e event.Event) error {
	return j.Intake.Fold(ctx, a, id.Intake(e.Doc))
}

func (j *Journeys) holdFee(ctx context.Context, a access.Actor, e event.Event) error {
	fee := amountOf(e, "fee_minor")
	if fee.IsZero() {
		return nil
	}
	n := attemptOf(e)
	err := j.Billing.Authorise(ctx, a, billing.Charge{
		Payment: billing.PaymentOf(e.Doc, n), Subject: e.Doc, Patient: id.Patient(e.Data["patient"]), Payer: id.Account(e.Data["payer"]),
		Lines: []billing.Line{{Kind: billing.VisitFee, Amount: fee}}, Method: e.Data["method"],
	})
	if refusal(err) {
		return j.Consult.FeeRefused(ctx, a, id.Visit(e.Doc))
	}
	return err
}

// paid tells whoever waits for a payment that it is there.
func (j *Journeys) paid(ctx context.Context, a access.Actor, e event.Event) error {
	switch subject := e.Data["subject"]; {
	case strings.HasPrefix(subject, "vis_"):
		return j.Consult.FeeHeld(ctx, a, id.Visit(subject), id.Payment(e.Doc))
	case strings.HasPrefix(subject, "ord_"):
		return j.orderPaid(ctx, a, id.Order(subject), id.Payment(e.Doc))
	}
	return nil // a tip waits for nobody
}

// orderPaid places the order; one that was cancelled while the bank thought about it gets its money back.
func (j *Journeys) orderPaid(ctx context.Context, a access.Actor, oid id.Order, payment id.Payment) error {
	if err := j.Order.PaymentAuthorised(ctx, a, oid, payment); err != nil {
		return err
	}
	o, err := j.Order.Get(ctx, a, oid)
	if err != nil || o.State != order.Cancelled {
		return err
	}
	return overtaken(j.Billing.Release(ctx, a, string(oid), "cancelled"))
}

func (j *Journeys) refused(ctx context.Context, a access.Actor, e event.Event) error {
	switch subject := e.Data["subject"]; {
	case strings.HasPrefix(subject, "vis_"):
		return j.Consult.FeeRefused(ctx, a, id.Visit(subject))
	case strings.HasPrefix(subject, "ord_"):
		return j.Order.PaymentRefused(ctx, a, id.Order(subject), id.Payment(e.Doc), e.Data["reason"])
	}
	return nil
}

// takeFee captures for the doctor who completed, whoever began.
func (j *Journeys) takeFee(ctx context.Context, a access.Actor, e event.Event) error {
	if amountOf(e, "fee_minor").IsZero() {
		return nil
	}
	return j.Billing.Capture(ctx, a, e.Doc, billing.Final{Kind: billing.VisitFee, Payee: e.Data["doctor"]})
}

func (j *Journeys) giveFeeBack(ctx context.Context, a access.Actor, e event.Event) error {
	if charge := amountOf(e, "charge_minor"); charge.Minor > 0 {
		return j.Billing.CaptureNoShow(ctx, a, e.Doc, charge, id.Account(e.Data["doctor"]))
	}
	return j.Billing.Release(ctx, a, e.Doc, e.Data["reason"])
}

// endUnseen gives the fee back, or takes what was said before booking (by default nothing), and sets a
// booked slot free.
func (j *Journeys) endUnseen(ctx context.Context, a access.Actor, e event.Event) error {
	if err := j.giveFeeBack(ctx, a, e); err != nil {
		return err
	}
	return j.Consult.FreeSlot(ctx, a, id.Visit(e.Doc))
}

func amountOf(e event.Event, key string) money.Amount {
	minor, _ := strconv.ParseInt(e.Data[key], 10, 64)
	return money.Of(minor, e.Data["currency"])
}

// refusal tells an answer that will stay no from one that may change.
func refusal(err error) bool {
	return fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict)
}
