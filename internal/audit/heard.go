package audit

import (
	"context"

	"housecall/internal/access"
	"housecall/internal/event"
	"housecall/internal/id"
)

// Kinds lists the events that are kept in the audit: who may sign in and act, whose rights changed,
// what was signed, dispensed and paid back. Subscribe Trail.Heard to them.
var Kinds = []event.Kind{
	"account.enrolled", "account.suspended", "account.recovered", "session.revoked", "grant.given", "grant.revoked",
	"application.approved", "application.refused", "application.suspended", "application.expired",
	"intake.stopped", "visit.redirected", "visit.completed",
	"rx.signed", "rx.claimed", "rx.dispensed", "rx.cancelled", "rx.expired", "rx.replaced",
	"job.delivered", "job.returned", "fill.returned",
	"payment.captured", "payment.refunded", "payout.paid", "coupon.made",
	"case.opened", "case.refund_wanted", "case.coupon_wanted", "case.redelivery_wanted", "case.resolved",
}

// Heard keeps an event. It answers once the entry is durable; an event told twice is one line.
func (t *Trail) Heard(ctx context.Context, e event.Event) error {
	entry := Entry{
		What: Done, At: e.At, Action: string(e.Kind), Record: e.Doc, Event: e.ID, Account: id.Account(e.By),
		Patient: id.Patient(e.Data["patient"]), Reason: e.Data["reason"], Hash: e.Data["hash"], Role: access.Role(e.Data["role"]),
	}
	return t.Record(ctx, entry)
}
