package onboarding

import "housecall/internal/event"

// What onboarding announces. Data holds subject, kind and codes.
const (
	ApplicationBegun      event.Kind = "application.begun"
	ApplicationEdited     event.Kind = "application.edited"
	ApplicationSubmitted  event.Kind = "application.submitted"
	ApplicationReviewing  event.Kind = "application.reviewing"
	ApplicationAsked      event.Kind = "application.asked" // data: wanted
	ApplicationApproved   event.Kind = "application.approved"
	ApplicationRefused    event.Kind = "application.refused" // data: reason
	ApplicationRenewed    event.Kind = "application.renewed"
	ApplicationExpired    event.Kind = "application.expired"
	ApplicationSuspended  event.Kind = "application.suspended" // data: reason
	ApplicationReinstated event.Kind = "application.reinstated"
	ApplicationReminded   event.Kind = "application.reminded" // data: days
)

// Timers of an application: handle them with TimerFired.
const (
	RanOut        event.Kind = "application.ran_out"
	ThirtyDaysDue event.Kind = "application.thirty_days_left"
	SevenDaysDue  event.Kind = "application.seven_days_left"
)

// Timers lists the kinds that TimerFired handles.
func Timers() []event.Kind { return []event.Kind{RanOut, ThirtyDaysDue, SevenDaysDue} }
