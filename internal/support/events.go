package support

import "housecall/internal/event"

// What support announces. Data holds case, subject and codes; the words stay in the case.
const (
	CaseOpened       event.Kind = "case.opened"
	CaseWritten      event.Kind = "case.written"
	CaseAnswered     event.Kind = "case.answered"
	CaseAssigned     event.Kind = "case.assigned"
	CaseOverdue      event.Kind = "case.overdue"
	CaseResolved     event.Kind = "case.resolved"
	CaseClosed       event.Kind = "case.closed"
	CaseReopened     event.Kind = "case.reopened"
	RefundWanted     event.Kind = "case.refund_wanted"     // data case, action, subject, kinds, reason
	CouponWanted     event.Kind = "case.coupon_wanted"     // data case, action, patient, amount_minor, currency, reason
	RedeliveryWanted event.Kind = "case.redelivery_wanted" // data case, action, subject, reason
	ActionWasDone    event.Kind = "case.action_done"
	ActionHasFailed  event.Kind = "case.action_failed"

	// Timers.
	answerOverdue event.Kind = "case.answer_overdue"
	personSilent  event.Kind = "case.person_silent"
	closing       event.Kind = "case.closing_due"
)

// TimerKinds lists the timers of a case; send them to Service.TimerFired.
var TimerKinds = []event.Kind{answerOverdue, personSilent, closing}
