package pharmacy

import (
	"time"

	"housecall/internal/access"
	"housecall/internal/lifecycle"
)

// State is where a fill is.
type State string

// Event is what happens to a fill.
type Event string

// The states of a fill.
const (
	Reserved  State = "reserved"
	Offered   State = "offered"
	Reviewing State = "reviewing"
	Preparing State = "preparing"
	Ready     State = "ready"
	Collected State = "collected"
	Released  State = "released"
	Refused   State = "refused"
	Expired   State = "expired"
	Returned  State = "returned"
)

// What can happen to a fill.
const (
	offer    Event = "offer"
	review   Event = "review"
	accept   Event = "accept"
	prepare  Event = "ready"
	collect  Event = "collect"
	release  Event = "release"
	refuse   Event = "refuse"
	expire   Event = "expire"
	giveBack Event = "return"
)

// moves is the life of a fill as PRODUCT.md tells it. An accepted fill never expires by itself: a
// late bag is better than none, and the operator is told.
var moves = lifecycle.Table[State, Event]{
	Reserved:  {offer: Offered, release: Released},
	Offered:   {review: Reviewing, refuse: Refused, expire: Expired, release: Released},
	Reviewing: {accept: Preparing, refuse: Refused, expire: Expired, release: Released},
	Preparing: {prepare: Ready, refuse: Refused, release: Released},
	Ready:     {collect: Collected, refuse: Refused, release: Released},
	Collected: {giveBack: Returned},
	Released:  {},
	Refused:   {},
	Expired:   {},
	Returned:  {},
}

// whys says why a fill moves when nobody says otherwise.
var whys = lifecycle.MustExplain(lifecycle.Whys[Event]{
	offer:    "paid",
	review:   "work_begun",
	accept:   "checked",
	prepare:  "packed_and_sealed",
	collect:  "code_matched",
	release:  "not_needed",
	refuse:   "refused",
	expire:   "no_answer",
	giveBack: "brought_back",
}, moves)

// Moves is the life of a fill, for drawings.
func Moves() lifecycle.Table[State, Event] { return moves }

// apply makes the move, or refuses it and changes nothing. Nothing else sets State.
func (f *Fill) apply(now time.Time, a access.Actor, e Event, why string) error {
	to, err := moves.Next(f.State, e)
	if err != nil {
		return err
	}
	f.History = append(f.History, lifecycle.Step[State, Event]{Event: e, From: f.State, To: to, By: string(a.Account), At: now, Why: whys.Of(e, why, a.Cause)})
	f.State = to
	return nil
}

// since is when the fill came into its present state.
func (f *Fill) since() time.Time {
	if len(f.History) == 0 {
		return f.CreatedAt
	}
	return f.History[len(f.History)-1].At
}

// AcceptedAt is when the pharmacist said yes; zero when they have not.
func (f *Fill) AcceptedAt() time.Time { return f.at(Preparing) }

// at is when the fill first came into the state; zero when it never did.
func (f *Fill) at(s State) time.Time {
	for _, step := range f.History {
		if step.To == s {
			return step.At
		}
	}
	return time.Time{}
}
