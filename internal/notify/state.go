package notify

import (
	"time"

	"housecall/internal/lifecycle"
)

// State is where a message stands.
type State string

// Event moves a message on.
type Event string

// The states.
const (
	Queued State = "queued"
	Sent   State = "sent"
	Failed State = "failed"
)

// The events.
const (
	Taken   Event = "taken"   // the gateway has it
	Put     Event = "put_off" // it will be tried again
	GivenUp Event = "given_up"
)

var moves = lifecycle.Table[State, Event]{
	Queued: {Taken: Sent, Put: Queued, GivenUp: Failed},
	Sent:   {},
	Failed: {},
}

// Moves draws the life of a message.
func Moves() string { return moves.Mermaid() }

// whys says why a message moves when the gateway does not.
var whys = lifecycle.MustExplain(lifecycle.Whys[Event]{
	Taken:   "gateway_took_it",
	Put:     "gateway_away",
	GivenUp: "tried_too_often",
}, moves)

func (m *Message) apply(now time.Time, e Event, why string) error {
	to, err := moves.Next(m.State, e)
	if err != nil {
		return err
	}
	m.History = append(m.History, lifecycle.Step[State, Event]{Event: e, From: m.State, To: to, By: part, At: now, Why: whys.Of(e, why, "")})
	m.State = to
	return nil
}
