package prescribing

import (
	"time"

	"housecall/internal/access"
	"housecall/internal/lifecycle"
)

// State is where a prescription, or a part of one, stands.
type State string

// The states. A prescription is draft, signed, or ended by its doctor; a part lives on from signed.
const (
	Draft     State = "draft"
	Signed    State = "signed"
	Claimed   State = "claimed"
	Dispensed State = "dispensed"
	Cancelled State = "cancelled"
	Expired   State = "expired"
	Replaced  State = "replaced"
)

// Event is what happens to a prescription or a part.
type Event string

// The events of a prescription and of its parts.
const (
	sign          Event = "sign"
	discard       Event = "discard"
	cancel        Event = "cancel"
	replace       Event = "replace"
	claim         Event = "claim"
	unclaim       Event = "unclaim"
	dispense      Event = "dispense"
	expire        Event = "expire"
	returnCancel  Event = "return_after_cancel"
	returnReplace Event = "return_after_replacement"
	returnExpired Event = "return_after_expiry"
)

// moves is the life of a prescription. A signed one ends by its doctor alone; its parts tell what
// became of the medicine.
var moves = lifecycle.Table[State, Event]{ //nolint:exhaustive // a sheet and its parts share the names of states
	Draft:     {sign: Signed, discard: Cancelled},
	Signed:    {cancel: Cancelled, replace: Replaced},
	Cancelled: {},
	Replaced:  {},
}

// partMoves is the life of a part. While it is claimed, a cancel, a replacement and the expiry wait
// for the pharmacy to hand it back; what was dispensed stays so.
var partMoves = lifecycle.Table[State, Event]{ //nolint:exhaustive // as above: no part is a draft
	Signed: {claim: Claimed, cancel: Cancelled, replace: Replaced, expire: Expired},
	Claimed: {
		unclaim: Signed, dispense: Dispensed,
		returnCancel: Cancelled, returnReplace: Replaced, returnExpired: Expired,
	},
	Dispensed: {},
	Cancelled: {},
	Expired:   {},
	Replaced:  {},
}

// Moves is the life of a prescription, for drawings.
func Moves() lifecycle.Table[State, Event] { return moves }

// PartMoves is the life of a part, for drawings.
func PartMoves() lifecycle.Table[State, Event] { return partMoves }

// whys says why a prescription or a part moves when nobody says otherwise.
var whys = lifecycle.MustExplain(lifecycle.Whys[Event]{
	sign:          "second_factor_shown",
	discard:       "by_doctor",
	cancel:        "by_doctor",
	replace:       "by_doctor",
	claim:         "ordered",
	unclaim:       "given_back",
	dispense:      "handed_over",
	expire:        "validity",
	returnCancel:  "given_back",
	returnReplace: "given_back",
	returnExpired: "given_back",
}, moves, partMoves)

func (rx *Prescription) apply(now time.Time, a access.Actor, e Event, why string) error {
	to, err := moves.Next(rx.State, e)
	if err != nil {
		return err
	}
	rx.History = append(rx.History, lifecycle.Step[State, Event]{Event: e, From: rx.State, To: to, By: string(a.Account), At: now, Why: whys.Of(e, why, a.Cause)})
	rx.State = to
	return nil
}

func (p *Part) apply(now time.Time, a access.Actor, e Event, why string) error {
	to, err := partMoves.Next(p.State, e)
	if err != nil {
		return err
	}
	p.History = append(p.History, lifecycle.Step[State, Event]{Event: e, From: p.State, To: to, By: string(a.Account), At: now, Why: whys.Of(e, why, a.Cause)})
	p.State = to
	return nil
}
