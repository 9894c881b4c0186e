package pharmacy

import "housecall/internal/event"

// What a pharmacy announces. All kinds of a fill carry order, attempt, pharmacy, patient, part and
// fulfilment.
const (
	KindCreated event.Kind = "pharmacy.created"
	KindChanged event.Kind = "pharmacy.changed"
	KindPaused  event.Kind = "pharmacy.paused"
	KindResumed event.Kind = "pharmacy.resumed"

	KindStockChanged event.Kind = "stock.changed" // by people; what orders hold and take is told by their fills

	KindReserved             event.Kind = "fill.reserved" // data price_minor, currency
	KindComing               event.Kind = "fill.coming"   // paid for, its work begins later; data starts_at, begins_at
	KindOffered              event.Kind = "fill.offered"
	KindReviewing            event.Kind = "fill.reviewing"
	KindAccepted             event.Kind = "fill.accepted"
	KindReady                event.Kind = "fill.ready"
	KindCollected            event.Kind = "fill.collected"
	KindRefused              event.Kind = "fill.refused"  // data reason
	KindExpired              event.Kind = "fill.expired"  // did not answer within its budget
	KindReleased             event.Kind = "fill.released" // data reason
	KindReturned             event.Kind = "fill.returned" // data disposition, when known
	KindDisposed             event.Kind = "fill.disposed" // data disposition
	KindAsked                event.Kind = "fill.asked"    // data question, doctor
	KindAnswered             event.Kind = "fill.answered" // data question, decision
	KindQuestionLapsed       event.Kind = "fill.question_lapsed"
	KindSubstitutionProposed event.Kind = "fill.substitution_proposed" // data question, difference_minor, currency
	KindSubstitutionAnswered event.Kind = "fill.substitution_answered" // data question, answer, price_minor, currency
	KindLessened             event.Kind = "fill.lessened"              // data why, lines, price_minor, currency
	KindLate                 event.Kind = "fill.late"                  // packing is past its budget
	KindCodeLocked           event.Kind = "fill.code_locked"           // five wrong codes at the counter
	KindCodeUnlocked         event.Kind = "fill.code_unlocked"         // by an operator; the code is a new one
	KindParcelDelivered      event.Kind = "fill.parcel_delivered"
)

// Timers of a fill: events with a time. Service.TimerFired answers them.
const (
	TimerReserveStalled  event.Kind = "fill.reserve_stalled"
	TimerShelfUnsettled  event.Kind = "fill.shelf_unsettled"
	TimerReviewOverdue   event.Kind = "fill.review_overdue"
	TimerPackOverdue     event.Kind = "fill.pack_overdue"
	TimerQuestionOverdue event.Kind = "fill.question_overdue"
)

// TimerKinds lists every timer that TimerFired answers.
var TimerKinds = []event.Kind{
	TimerReserveStalled, TimerShelfUnsettled, TimerReviewOverdue, TimerPackOverdue, TimerQuestionOverdue,
}
