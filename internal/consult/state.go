package consult

import (
	"time"

	"housecall/internal/access"
	"housecall/internal/lifecycle"
)

// State is where a visit stands.
type State string

// The states of a visit.
const (
	IsBooked     State = "booked"
	Waiting      State = "waiting"
	InProgress   State = "in_progress"
	IsCompleted  State = "completed"
	IsCancelled  State = "cancelled"
	IsNoShow     State = "no_show"
	IsRedirected State = "redirected"
)

// Event moves a visit.
type Event string

const (
	admit    Event = "admit"
	absent   Event = "absent"    // called, and not there within three minutes
	handOver Event = "hand_over" // the doctor gives it back to the queue
	vanish   Event = "vanish"    // the doctor is gone
	transfer Event = "transfer"  // straight to another doctor
	complete Event = "complete"
	cancel   Event = "cancel"
	noShow   Event = "no_show"
	redirect Event = "redirect"
	book     Event = "book" // from the queue to a time
	move     Event = "move" // to another time
)

var moves = lifecycle.Table[State, Event]{
	IsBooked:     {admit: InProgress, move: IsBooked, cancel: IsCancelled, noShow: IsNoShow, redirect: IsRedirected},
	Waiting:      {admit: InProgress, book: IsBooked, cancel: IsCancelled, noShow: IsNoShow, redirect: IsRedirected},
	InProgress:   {complete: IsCompleted, absent: Waiting, handOver: Waiting, vanish: Waiting, transfer: InProgress, cancel: IsCancelled, redirect: IsRedirected},
	IsCompleted:  {},
	IsCancelled:  {},
	IsNoShow:     {},
	IsRedirected: {},
}

// Moves is the life of a visit, for drawings and exhaustive tests.
func Moves() lifecycle.Table[State, Event] { return moves }

// whys says why a visit moves when nobody says otherwise.
var whys = lifecycle.MustExplain(lifecycle.Whys[Event]{
	admit:    "doctor_is_free",
	absent:   "not_there",
	handOver: "handed_over",
	vanish:   "doctor_gone",
	transfer: "transferred",
	complete: "seen",
	cancel:   "own_wish",
	noShow:   "not_there",
	redirect: "not_for_remote",
	book:     "time_chosen",
	move:     "time_changed",
}, moves)

// apply is the only place that sets State.
func (v *Visit) apply(now time.Time, a access.Actor, e Event, why string) error {
	to, err := moves.Next(v.State, e)
	if err != nil {
		return err
	}
	v.History = append(v.History, lifecycle.Step[State, Event]{
		Event: e, From: v.State, To: to, By: string(a.Account), At: now, Why: whys.Of(e, why, a.Cause),
	})
	v.State = to
	if moves.Ended(to) {
		v.EndedAt = &now
		v.ClearTimer(AbsenceExpired, NoShowExpired, UnpaidExpired, LeftAloneExpired, DayBefore, HourBefore)
	}
	return nil
}

// RoomState is where the call of a visit stands. It never moves the visit.
type RoomState string

// The states of a room.
const (
	RoomOpen        RoomState = "open"
	RoomConnected   RoomState = "connected"
	RoomInterrupted RoomState = "interrupted"
	RoomEnded       RoomState = "ended"
)

// RoomEvent moves a room.
type RoomEvent string

const (
	connect   RoomEvent = "connect"
	interrupt RoomEvent = "interrupt"
	end       RoomEvent = "end"
)

var roomMoves = lifecycle.Table[RoomState, RoomEvent]{
	RoomOpen:        {connect: RoomConnected, end: RoomEnded},
	RoomConnected:   {interrupt: RoomInterrupted, end: RoomEnded},
	RoomInterrupted: {connect: RoomConnected, end: RoomEnded},
	RoomEnded:       {},
}

// RoomMoves is the life of a room, for drawings and exhaustive tests.
func RoomMoves() lifecycle.Table[RoomState, RoomEvent] { return roomMoves }
