package delivery

import "housecall/internal/lifecycle"

// State is where a job stands.
type State string

// The states of a job.
const (
	Planned    State = "planned"
	Offered    State = "offered"
	Accepted   State = "accepted"
	AtPharmacy State = "at_pharmacy"
	Collected  State = "collected"
	AtDoor     State = "at_door"
	Delivered  State = "delivered"
	Cancelled  State = "cancelled"
	Failed     State = "failed"
	Returning  State = "returning"
	Returned   State = "returned"
)

// Event is what moves a job on.
type Event string

// The events of a job.
const (
	Offer    Event = "offer"
	Accept   Event = "accept"
	Decline  Event = "decline"
	Expire   Event = "expire"
	Rematch  Event = "rematch"
	Arrive   Event = "arrive"
	Collect  Event = "collect"
	Reach    Event = "reach"
	HandOver Event = "hand_over"
	Cancel   Event = "cancel"
	Fail     Event = "fail"
	TurnBack Event = "turn_back"
	TakeBack Event = "take_back"
)

// moves is PRODUCT's table of the delivery job. A courier can't skip a state; once the bag has left
// the counter there is no way but the door or back.
var moves = lifecycle.Table[State, Event]{
	Planned:    {Offer: Offered, Cancel: Cancelled},
	Offered:    {Accept: Accepted, Decline: Planned, Expire: Planned, Rematch: Planned, Cancel: Cancelled},
	Accepted:   {Arrive: AtPharmacy, Decline: Planned, Rematch: Planned, Cancel: Cancelled},
	AtPharmacy: {Collect: Collected, Decline: Planned, Rematch: Planned, Cancel: Cancelled},
	Collected:  {Reach: AtDoor, Fail: Failed},
	AtDoor:     {HandOver: Delivered, Fail: Failed},
	Failed:     {TurnBack: Returning},
	Returning:  {TakeBack: Returned},
	Delivered:  {},
	Cancelled:  {},
	Returned:   {},
}

// whys says why a job moves when nobody says otherwise.
var whys = lifecycle.MustExplain(lifecycle.Whys[Event]{
	Offer:    "chosen_by_dispatch",
	Accept:   "took_the_offer",
	Decline:  "declined",
	Expire:   "unanswered",
	Rematch:  "matched_anew",
	Arrive:   "reached_the_counter",
	Collect:  "code_matched",
	Reach:    "reached_the_door",
	HandOver: "code_matched",
	Cancel:   "not_needed",
	Fail:     "could_not_deliver",
	TurnBack: "turned_back",
	TakeBack: "code_matched",
}, moves)

// Moves is the job's transition table, for drawings.
func Moves() lifecycle.Table[State, Event] { return moves }

// ShiftState is where a courier's shift stands.
type ShiftState string

// The states of a shift. Who is finishing gets no more offers and is off once the job in hand ends.
const (
	Off       ShiftState = "off"
	On        ShiftState = "on"
	Finishing ShiftState = "finishing"
)

// ShiftEvent is what moves a shift on.
type ShiftEvent string

// The events of a shift.
const (
	Start  ShiftEvent = "start"
	Finish ShiftEvent = "finish"
	End    ShiftEvent = "end"
)

var shiftMoves = lifecycle.Table[ShiftState, ShiftEvent]{
	Off:       {Start: On},
	On:        {Finish: Finishing, End: Off},
	Finishing: {Start: On, End: Off},
}

// shiftWhys says why a shift moves when nobody says otherwise.
var shiftWhys = lifecycle.MustExplain(lifecycle.Whys[ShiftEvent]{
	Start:  "own_wish",
	Finish: "own_wish",
	End:    "own_wish",
}, shiftMoves)

// ShiftMoves is the shift's transition table, for drawings.
func ShiftMoves() lifecycle.Table[ShiftState, ShiftEvent] { return shiftMoves }
