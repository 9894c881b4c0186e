package billing

import "housecall/internal/event"

// What billing announces. Data holds payment, subject and, where money moved, amount_minor and currency.
const (
	PaymentAuthorised    event.Kind = "payment.authorised"
	PaymentRefused       event.Kind = "payment.refused" // data reason
	PaymentReduced       event.Kind = "payment.reduced" // data kinds, reason: will not be captured
	PaymentCaptured      event.Kind = "payment.captured"
	PaymentCaptureFailed event.Kind = "payment.capture_failed" // an operator must act
	PaymentReleased      event.Kind = "payment.released"       // data reason
	PaymentRefunded      event.Kind = "payment.refunded"       // data kinds, reason
	CouponMade           event.Kind = "coupon.made"            // data coupon, case
	PayoutReady          event.Kind = "payout.closed"
	PayoutSent           event.Kind = "payout.paid"

	// Timers.
	paymentUnfinished event.Kind = "payment.unfinished"
	payoutUnfinished  event.Kind = "payout.unfinished"
)

// Kinds lists the events that billing itself follows; subscribe Service.Heard to them.
var Kinds = []event.Kind{PaymentCaptured, PaymentRefunded}

// TimerKinds lists the timers of billing's documents; send them to Service.TimerFired.
var TimerKinds = []event.Kind{paymentUnfinished, payoutUnfinished}
