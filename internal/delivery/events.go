package delivery

import "housecall/internal/event"

// What happens to a job. All carry order, fill, attempt, zone and, where there is one, courier.
const (
	JobPlanned    event.Kind = "job.planned"
	JobReadied    event.Kind = "job.readied" // the bag's ready time is known better, or it is packed and sealed
	JobRedirected event.Kind = "job.redirected"
	JobOffered    event.Kind = "job.offered"
	// JobOfferExpired is a timer: the courier has not answered.
	JobOfferExpired event.Kind = "job.offer_expired"
	JobUnanswered   event.Kind = "job.unanswered" // planned again because the offer expired
	JobAccepted     event.Kind = "job.accepted"
	JobDeclined     event.Kind = "job.declined"
	JobRematched    event.Kind = "job.rematched"
	JobArrived      event.Kind = "job.arrived"
	JobCollected    event.Kind = "job.collected"
	JobAtDoor       event.Kind = "job.at_door"
	JobDelivered    event.Kind = "job.delivered"
	JobFailed       event.Kind = "job.failed"
	JobReturning    event.Kind = "job.returning"
	JobReturned     event.Kind = "job.returned"
	JobCancelled    event.Kind = "job.cancelled"
	JobCodeLocked   event.Kind = "job.code_locked" // a code was typed wrong five times: the operator's turn
	JobThanked      event.Kind = "job.thanked"
	JobAskedStill   event.Kind = "job.asked_still_on" // the courier is silent: still on it?
	JobStillOn      event.Kind = "job.still_on"       // they are
	JobSilent       event.Kind = "job.courier_silent" // with the bag on board: nobody can take it from them
)

// TimerKinds are the timers that delivery sets: have TimerFired told of them.
var TimerKinds = []event.Kind{JobOfferExpired, ZoneRainOver}

// What happens to a shift and to a zone.
const (
	ShiftStarted   event.Kind = "shift.started"
	ShiftFinishing event.Kind = "shift.finishing"
	ShiftFreed     event.Kind = "shift.freed" // the courier holds nothing any more
	ShiftEnded     event.Kind = "shift.ended"
	ShiftSuggested event.Kind = "shift.suggested" // where to wait for the next job
	ZoneDrawn      event.Kind = "zone.drawn"
	ZoneChanged    event.Kind = "zone.changed"
	ZoneWithdrawn  event.Kind = "zone.withdrawn"
	ZoneRainOver   event.Kind = "zone.rain_over" // a timer: the rain was said for so long
)
