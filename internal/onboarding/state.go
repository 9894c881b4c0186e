package onboarding

import (
	"time"

	"housecall/internal/access"
	"housecall/internal/lifecycle"
)

// State is a stage in the life of an application.
type State string

// The states of an application.
const (
	Draft     State = "draft"
	Submitted State = "submitted"
	Reviewing State = "reviewing"
	Asked     State = "asked" // the applicant owes more papers
	Approved  State = "approved"
	Refused   State = "refused"
	Suspended State = "suspended"
	Expired   State = "expired" // a paper has run out
)

// Event is what can happen to an application.
type Event string

// The events of an application.
const (
	Begin     Event = "begin"
	Submit    Event = "submit"
	Review    Event = "review"
	Ask       Event = "ask"
	Approve   Event = "approve"
	Refuse    Event = "refuse"
	Renew     Event = "renew" // a newer paper was accepted
	Expire    Event = "expire"
	Suspend   Event = "suspend"
	Reinstate Event = "reinstate"
)

var moves = lifecycle.Table[State, Event]{
	"":        {Begin: Draft},
	Draft:     {Submit: Submitted},
	Submitted: {Review: Reviewing},
	Reviewing: {Approve: Approved, Refuse: Refused, Ask: Asked},
	Asked:     {Submit: Submitted},
	Refused:   {Submit: Submitted},
	Approved:  {Renew: Approved, Expire: Expired, Suspend: Suspended},
	Suspended: {Reinstate: Approved, Expire: Expired},
	Expired:   {Submit: Submitted},
}

// Moves draws the life of an application as a Mermaid state diagram.
func Moves() string { return moves.Mermaid() }

// whys says why an application moves when nobody says otherwise.
var whys = lifecycle.MustExplain(lifecycle.Whys[Event]{
	Begin:     "own_wish",
	Submit:    "handed_in",
	Review:    "taken_up",
	Ask:       "papers_missing",
	Approve:   "papers_hold",
	Refuse:    "refused",
	Renew:     "newer_paper",
	Expire:    "paper-ran-out",
	Suspend:   "suspended",
	Reinstate: "reinstated",
}, moves)

// apply is the only place that sets the state.
func (a *Application) apply(now time.Time, by access.Actor, e Event, why string) error {
	to, err := moves.Next(a.State, e)
	if err != nil {
		return err
	}
	a.History = append(a.History, lifecycle.Step[State, Event]{Event: e, From: a.State, To: to, By: string(by.Account), At: now, Why: whys.Of(e, why, by.Cause)})
	a.State = to
	return nil
}
