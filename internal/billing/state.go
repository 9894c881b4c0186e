package billing

import (
	"time"

	"housecall/internal/lifecycle"
)

// State is where a payment stands.
type State string

// Event is what happens to a payment.
type Event string

// The states of a payment.
const (
	Pending        State = "pending"
	Authorised     State = "authorised"
	Captured       State = "captured"
	PartlyRefunded State = "partly_refunded"
	Refunded       State = "refunded"
	Refused        State = "refused"
	Released       State = "released"
)

// The events of a payment.
const (
	authorise  Event = "authorise"
	refuse     Event = "refuse"
	release    Event = "release"
	reduce     Event = "reduce"
	capture    Event = "capture"
	refundPart Event = "refund_part"
	refundAll  Event = "refund_all"
)

var moves = lifecycle.Table[State, Event]{
	Pending:        {authorise: Authorised, refuse: Refused},
	Authorised:     {capture: Captured, reduce: Authorised, release: Released},
	Captured:       {refundPart: PartlyRefunded, refundAll: Refunded},
	PartlyRefunded: {refundPart: PartlyRefunded, refundAll: Refunded},
	Refunded:       {},
	Refused:        {},
	Released:       {},
}

// Moves is the life of a payment, for drawings.
func Moves() lifecycle.Table[State, Event] { return moves }

// whys says why a payment moves when nobody says otherwise.
var whys = lifecycle.MustExplain(lifecycle.Whys[Event]{
	authorise:  "payer_agreed",
	refuse:     "bank_said_no",
	release:    "not_needed",
	reduce:     "part_not_owed",
	capture:    "earned",
	refundPart: "given_back",
	refundAll:  "given_back",
}, moves)

// apply is the only place that sets State.
func (p *Payment) apply(now time.Time, i Intent, e Event, given string) error {
	to, err := moves.Next(p.State, e)
	if err != nil {
		return err
	}
	p.History = append(p.History, lifecycle.Step[State, Event]{Event: e, From: p.State, To: to, By: i.By, At: now, Why: whys.Of(e, given, i.On)})
	p.State = to
	return nil
}

// PayoutState is where a payout stands.
type PayoutState string

// The states of a payout.
const (
	PayoutClosing PayoutState = "closing" // its items are being gathered
	PayoutClosed  PayoutState = "closed"  // to be paid
	PayoutPaid    PayoutState = "paid"
	PayoutCarried PayoutState = "carried" // more went back than came in: carried to the next period
)

const (
	closePayout Event = "close"
	carryPayout Event = "carry"
	payPayout   Event = "pay"
)

var payoutMoves = lifecycle.Table[PayoutState, Event]{
	PayoutClosing: {closePayout: PayoutClosed, carryPayout: PayoutCarried},
	PayoutClosed:  {payPayout: PayoutPaid},
	PayoutPaid:    {},
	PayoutCarried: {},
}

// payoutWhys says why a payout moves when nobody says otherwise.
var payoutWhys = lifecycle.MustExplain(lifecycle.Whys[Event]{
	closePayout: "period_over",
	carryPayout: "below_zero",
	payPayout:   "transferred",
}, payoutMoves)

// PayoutMoves is the life of a payout, for drawings.
func PayoutMoves() lifecycle.Table[PayoutState, Event] { return payoutMoves }

func (p *Payout) apply(now time.Time, by string, e Event, why string) error {
	to, err := payoutMoves.Next(p.State, e)
	if err != nil {
		return err
	}
	p.History = append(p.History, lifecycle.Step[PayoutState, Event]{Event: e, From: p.State, To: to, By: by, At: now, Why: payoutWhys.Of(e, why, "")})
	p.State = to
	return nil
}
