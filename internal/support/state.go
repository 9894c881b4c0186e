package support

import (
	"time"

	"housecall/internal/access"
	"housecall/internal/lifecycle"
)

// State is where a case stands.
type State string

// Event is what happens to a case.
type Event string

// The states of a case.
const (
	Opened            State = "open"
	WaitingForPerson  State = "waiting_for_person"
	WaitingForSupport State = "waiting_for_support"
	Resolved          State = "resolved"
	Closed            State = "closed"
)

const (
	write   Event = "write"  // by the person
	answer  Event = "answer" // by support
	resolve Event = "resolve"
	silence Event = "silence" // the person did not answer
	shut    Event = "close"
	reopen  Event = "reopen"
)

var moves = lifecycle.Table[State, Event]{
	Opened:            {write: Opened, answer: WaitingForPerson, resolve: Resolved},
	WaitingForPerson:  {write: WaitingForSupport, answer: WaitingForPerson, resolve: Resolved, silence: Resolved},
	WaitingForSupport: {write: WaitingForSupport, answer: WaitingForPerson, resolve: Resolved},
	Resolved:          {reopen: WaitingForSupport, shut: Closed},
	Closed:            {reopen: WaitingForSupport},
}

// Moves is the life of a case, for drawings.
func Moves() lifecycle.Table[State, Event] { return moves }

// whys says why a case moves when nobody says otherwise.
var whys = lifecycle.MustExplain(lifecycle.Whys[Event]{
	write:   "person_wrote",
	answer:  "support_answered",
	resolve: "resolved",
	silence: "no_answer",
	shut:    "nothing_more_came",
	reopen:  "taken_up_again",
}, moves)

// apply is the only place that sets State. The timers of a case follow from its state alone.
func (c *Case) apply(now time.Time, a access.Actor, e Event, why string) error {
	to, err := moves.Next(c.State, e)
	if err != nil {
		return err
	}
	c.History = append(c.History, lifecycle.Step[State, Event]{Event: e, From: c.State, To: to, By: string(a.Account), At: now, Why: whys.Of(e, why, a.Cause)})
	if c.State != to {
		c.ClearTimer(answerOverdue, personSilent, closing)
	}
	c.State = to
	c.wind(now)
	return nil
}

// wind sets the timer of the state, unless it runs already: a person who writes twice does not wait
// longer for it.
func (c *Case) wind(now time.Time) {
	kind, after := closing, closedAfter
	switch c.State {
	case Opened, WaitingForSupport:
		kind, after = answerOverdue, c.Category.answerWithin()
	case WaitingForPerson:
		kind, after = personSilent, silentAfter
		c.Overdue = false
	case Resolved:
		c.Overdue = false
	case Closed:
		return
	}
	for _, t := range c.Timers {
		if t.Kind == kind {
			return
		}
	}
	c.SetTimer(kind, now.Add(after))
}
