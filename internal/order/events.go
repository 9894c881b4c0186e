package order

import "housecall/internal/event"

// What an order announces. Data holds "order", "patient", "part", "pharmacy" and "attempt" where they are known.
const (
	EventPlacing        event.Kind = "order.placing"         // claim and reserve
	EventHeld           event.Kind = "order.held"            // claimed and reserved: can be paid
	EventPaymentRefused event.Kind = "order.payment_refused" // still unpaid; try another way
	EventPaying         event.Kind = "order.paying"          // authorise; data: payment
	EventPlaced         event.Kind = "order.placed"          // paid for: the clock starts
	EventRerouted       event.Kind = "order.rerouted"        // a new attempt: at another pharmacy, or brought again; data: reason, again (same_pharmacy, where it is that)
	EventReviewing      event.Kind = "order.reviewing"
	EventPreparing      event.Kind = "order.preparing"
	EventReady          event.Kind = "order.ready"
	EventCollected      event.Kind = "order.collected"
	EventDelivered      event.Kind = "order.delivered"
	EventUndelivered    event.Kind = "order.undelivered"
	EventCancelled      event.Kind = "order.cancelled" // data: reason, from (the state before)
	EventReaddressed    event.Kind = "order.readdressed"
	EventAsked          event.Kind = "order.asked"    // the patient owes an answer; data: question
	EventAnswered       event.Kind = "order.answered" // data: question, accepted
	EventAtRisk         event.Kind = "order.at_risk"
	EventBroken         event.Kind = "order.promise_broken" // data: stage
	EventSlotNear       event.Kind = "order.slot_near"      // the pharmacy has to begin, so that it can be kept
	EventSlotWanted     event.Kind = "order.slot_wanted"    // moved to another, if there is a place; data: starts_at, choice
	EventSlotMoved      event.Kind = "order.slot_moved"     // data: starts_at, ends_at, time_zone, and left_from, left_choice: the place to give back
	EventSlotKept       event.Kind = "order.slot_kept"      // it could not be moved: its own slot stands; data: starts_at, ends_at, time_zone
	EventSlotComing     event.Kind = "order.slot_coming"    // an hour before it: the patient is told; data: starts_at, ends_at, time_zone
	EventRated          event.Kind = "order.rated"          // data: stars
)

// The timers of an order.
const (
	TimerUnpaid  event.Kind = "order.unpaid_expired"
	TimerAtRisk  event.Kind = "order.risk_due"
	TimerPromise event.Kind = "order.promise_due"
	TimerAnswer  event.Kind = "order.answer_expired"
	TimerSlot    event.Kind = "order.slot_due"
	TimerComing  event.Kind = "order.slot_coming_due"
)

// TimerKinds lists every timer that TimerFired handles.
var TimerKinds = []event.Kind{TimerUnpaid, TimerAtRisk, TimerPromise, TimerAnswer, TimerSlot, TimerComing}
