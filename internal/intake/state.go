package intake

import (
	"time"

	"housecall/internal/access"
	"housecall/internal/lifecycle"
)

// State is where an intake stands.
type State string

// The states of an intake.
const (
	Draft     State = "draft"
	Submitted State = "submitted"
	Stopped   State = "stopped" // a red flag: this needs help at the person's side
	Discarded State = "discarded"
)

// Event moves an intake.
type Event string

const (
	submit  Event = "submit"
	stop    Event = "stop"
	discard Event = "discard"
)

var moves = lifecycle.Table[State, Event]{
	Draft:     {submit: Submitted, stop: Stopped, discard: Discarded},
	Submitted: {},
	Stopped:   {},
	Discarded: {},
}

// Moves is the life of an intake, for drawings and exhaustive tests.
func Moves() lifecycle.Table[State, Event] { return moves }

// whys says why an intake moves when nobody says otherwise.
var whys = lifecycle.MustExplain(lifecycle.Whys[Event]{
	submit:  "handed_in",
	stop:    "red_flag",
	discard: "own_wish",
}, moves)

// apply is the only place that sets State.
func (i *Intake) apply(now time.Time, a access.Actor, e Event, why string) error {
	to, err := moves.Next(i.State, e)
	if err != nil {
		return err
	}
	i.History = append(i.History, lifecycle.Step[State, Event]{
		Event: e, From: i.State, To: to, By: string(a.Account), At: now, Why: whys.Of(e, why, a.Cause),
	})
	i.State = to
	return nil
}
