package audit

import (
	"context"
	"slices"
	"strings"

	"housecall/internal/access"
	"housecall/internal/event"
	"housecall/internal/id"
)

// Kinds lists the events that are kept in the audit: who signs in and may act, whose rights change,
// what was shown, signed, corrected, handed over, dispensed and paid back. Subscribe Trail.Heard to
// them.
var Kinds = []event.Kind{
	"account.enrolled", "account.suspended", "account.reinstated", "account.guessed", "session.opened", "session.locked", "session.revoked",
	"invite.made", "invite.accepted", "invite.confirmed", "recovery.asked", "recovery.approved", "recovery.completed", "recovery.withdrawn",
	"passkey.added", "passkey.removed", "passkey.suspected",
	"grant.given", "grant.accepted", "grant.revoked", "person.added",
	"application.approved", "application.refused", "application.suspended", "application.reinstated", "application.expired",
	"intake.stopped", "intake.identity_shown", "intake.earlier_diagnosis_judged", "intake.attachments_cleared",
	"health_record.fact_added", "health_record.fact_ended",
	"visit.call_back_shown", "visit.guest_invited", "visit.guest_seated", "visit.transferred", "visit.redirected", "visit.completed",
	"visit.recording_destroyed", "visit.chat_destroyed", "visit.file_destroyed", "talk.destroyed", "note.sealed", "note.addendum_added",
	"rx.signed", "rx.claimed", "rx.unclaimed", "rx.dispensed", "rx.cancelled", "rx.expired", "rx.replaced",
	"signing_key.replaced", "signing_key.revoked",
	"fill.collected", "fill.returned", "fill.disposed", "fill.code_locked", "job.collected", "job.delivered", "job.returned", "job.code_locked",
	"payment.captured", "payment.capture_failed", "payment.refunded", "payout.closed", "payout.paid", "coupon.made",
	"case.opened", "case.refund_wanted", "case.coupon_wanted", "case.redelivery_wanted", "case.resolved",
}

// Heard keeps an event of these kinds and passes over any other. It answers once the entry is durable;
// an event told twice is one line.
func (t *Trail) Heard(ctx context.Context, e event.Event) error {
	if !slices.Contains(Kinds, e.Kind) {
		return nil
	}
	entry := Entry{
		What: Done, At: e.At, Action: string(e.Kind), Record: e.Doc, Event: e.ID, Account: id.Account(e.By),
		Patient: id.Patient(e.Data["patient"]), Reason: e.Data["reason"], Hash: e.Data["hash"], Role: access.Role(e.Data["role"]),
	}
	if entry.Role == "" && !strings.HasPrefix(e.By, id.Account("").Prefix()+"_") {
		entry.Role = access.System // a part of housecall, by its name
	}
	return t.Record(ctx, entry)
}
