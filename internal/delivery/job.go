package delivery

import (
	"slices"
	"strconv"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/lifecycle"
	"housecall/internal/money"
	"housecall/internal/phi"
)

// Job is one ride of one bag: attempt n of an order.
type Job struct {
	ID            id.Job `json:"id"`
	docstore.Meta `json:"meta"`
	State         State                          `json:"state"`
	History       []lifecycle.Step[State, Event] `json:"history"`
	// Sequence counts the moves made. A courier's step carries the one it was made on, so that what
	// a phone has queued is done in order and once.
	Sequence int `json:"sequence"`

	Order    id.Order    `json:"order"`
	Attempt  int         `json:"attempt"`
	Fill     id.Fill     `json:"fill"`
	Pharmacy id.Pharmacy `json:"pharmacy"`
	Patient  id.Patient  `json:"patient"`
	Zone     id.Zone     `json:"zone"`

	PharmacyAt geo.Point    `json:"pharmacy_at"`
	Door       Door         `json:"door"`
	Placed     time.Time    `json:"placed"`         // when the promise's clock started
	Deadline   time.Time    `json:"deadline"`       // what the patient was promised
	Slot       *Span        `json:"slot,omitempty"` // when they were told that a courier comes; nil: as soon as it can be
	ReadyAt    time.Time    `json:"ready_at"`       // an estimate until there is a seal
	Seal       string       `json:"seal,omitempty"`
	Pay        money.Amount `json:"pay"`
	ColdChain  bool         `json:"cold_chain,omitempty"`
	Controlled bool         `json:"controlled,omitempty"`

	Courier      id.Account   `json:"courier,omitempty"`
	Offers       int          `json:"offers"` // how many there were; the present one's number
	OfferExpires time.Time    `json:"offer_expires,omitzero"`
	Left         []Left       `json:"left,omitempty"` // who had it and has it no more
	Tries        map[Side]int `json:"tries,omitempty"`
	Rounds       map[Side]int `json:"rounds,omitempty"` // a new round is a new code
	Failure      *Failure     `json:"failure,omitempty"`
	Reported     []PhoneStep  `json:"reported,omitempty"`
	Proof        Proof        `json:"proof,omitempty"`
	EndedAt      time.Time    `json:"ended_at,omitzero"`
	Tip          money.Amount `json:"tip,omitzero"`
	Tips         []string     `json:"tips,omitempty"` // ids of the payments that tipped, each once
	Thanked      bool         `json:"thanked,omitempty"`
	Fences       int          `json:"fences,omitempty"` // times an abandoned offer was shut out

	ReadySince time.Time `json:"ready_since,omitzero"` // when ReadyAt was estimated; see Job.Expected
	HeardAt    time.Time `json:"heard_at,omitzero"`    // the courier's last step of this job
	AskedAt    time.Time `json:"asked_at,omitzero"`    // "still on it?", not answered yet
	Silent     bool      `json:"silent,omitempty"`     // announced so, with the bag on board
}

// Span is a stretch of time.
type Span struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// Door is where the bag goes. The texts are for the courier who carries it, from accepting on.
type Door struct {
	Point   geo.Point  `json:"point"`
	Address id.Address `json:"address,omitempty"`
	Where
}

// Where tells a courier the last metres.
type Where struct {
	Street   phi.Text `json:"street,omitempty" maxLength:"200" doc:"Street and house number."`
	Entrance phi.Text `json:"entrance,omitempty" maxLength:"80"`
	Floor    phi.Text `json:"floor,omitempty" maxLength:"40"`
	Flat     phi.Text `json:"flat,omitempty" maxLength:"40" doc:"Door or flat."`
	Receiver phi.Text `json:"receiver,omitempty" maxLength:"120" doc:"Who opens the door."`
	Note     phi.Text `json:"note,omitempty" maxLength:"300"`
}

// Left says who had the job before, and why they have it no more.
type Left struct {
	Courier id.Account `json:"courier"`
	Event   Event      `json:"event"`
	Why     string     `json:"why,omitempty"`
	At      time.Time  `json:"at"`
}

// Failure says why the bag did not reach a hand.
type Failure struct {
	Reason string        `json:"reason"`
	Photo  id.Attachment `json:"photo,omitempty"`
	At     time.Time     `json:"at"`
}

// PhoneStep is when the courier's phone says a step was done, which may be before it could be sent.
type PhoneStep struct {
	Sequence int       `json:"sequence"`
	Event    Event     `json:"event"`
	DoneAt   time.Time `json:"done_at"`
}

// Proof is what a delivery rests on.
type Proof string

// What a delivery rests on.
const (
	ProofPIN       Proof = "pin"
	ProofSeal      Proof = "seal"
	ProofByPhone   Proof = "pin_by_phone"
	ProofAtCounter Proof = "return_code"
)

// DocID implements docstore.Document.
func (j *Job) DocID() string { return string(j.ID) }

// Ended tells whether the job's life is over.
func (j *Job) Ended() bool { return moves.Ended(j.State) }

// Holds tells whether the courier has this job in hand, by this offer.
func (j *Job) Holds(courier id.Account, offer int) bool {
	return j.Courier == courier && j.Offers == offer && !j.Ended() && j.State != Planned
}

// apply makes one move. It is the only place that sets State.
func (j *Job) apply(now time.Time, a access.Actor, ev Event, why string) error {
	next, err := moves.Next(j.State, ev)
	if err != nil {
		return err
	}
	j.History = append(j.History, lifecycle.Step[State, Event]{Event: ev, From: j.State, To: next, By: string(a.Account), At: now, Why: whys.Of(ev, why, a.Cause)})
	j.State, j.Sequence = next, len(j.History)
	j.ClearTimer(JobOfferExpired)
	if next == Planned || next == Cancelled {
		j.leave(now, ev, why)
	}
	if moves.Ended(next) {
		j.EndedAt = now
	}
	return nil
}

// leave takes the job out of the courier's hands.
func (j *Job) leave(now time.Time, ev Event, why string) {
	if j.Courier != "" {
		j.Left = append(j.Left, Left{Courier: j.Courier, Event: ev, Why: why, At: now})
	}
	j.Courier, j.OfferExpires, j.AskedAt, j.HeardAt, j.Silent = "", time.Time{}, time.Time{}, time.Time{}, false
}

// due tells whether a courier's step is to be done now; false with no error: it was done before.
func (j *Job) due(courier id.Account, ev Event, sequence int) (bool, error) {
	done := sequence >= 0 && sequence < len(j.History) && j.History[sequence].Event == ev
	switch {
	case j.Courier != courier && done && j.History[sequence].By == string(courier):
		return false, nil
	case j.Courier != courier && j.State == Cancelled:
		return false, fault.New(fault.Conflict, "This delivery was cancelled. You have nothing more to do for it.").Coded("job-cancelled")
	case j.Courier != courier:
		return false, fault.New(fault.Conflict, "This delivery was given to another courier. You have nothing more to do for it.").Coded("given-to-another")
	case done:
		return false, nil
	case sequence < j.Sequence:
		return false, fault.New(fault.Conflict, "This delivery has moved on since. Look at your next step.").Coded("step-superseded")
	case sequence > j.Sequence:
		return false, fault.New(fault.Conflict, "An earlier step has not arrived yet. Send your steps in order.").Coded("steps-missing")
	}
	return true, nil
}

// had tells whether the courier has or had the job.
func (j *Job) had(courier id.Account) bool {
	return courier != "" && (j.Courier == courier ||
		slices.ContainsFunc(j.Left, func(l Left) bool { return l.Courier == courier }))
}

func (j *Job) facts() access.Facts {
	return access.Facts{Record: string(j.ID), Patient: j.Patient, Pharmacy: j.Pharmacy, Courier: j.Courier}
}

// announce emits an event about the job as courier had it.
func (j *Job) announce(kind event.Kind, a access.Actor, courier id.Account, data map[string]string) {
	all := map[string]string{
		"job": string(j.ID), "order": string(j.Order), "fill": string(j.Fill), "attempt": strconv.Itoa(j.Attempt),
		"zone": string(j.Zone), "patient": string(j.Patient), "pharmacy": string(j.Pharmacy),
	}
	if courier != "" {
		all["courier"] = string(courier)
	}
	for k, v := range data {
		all[k] = v
	}
	to := []string{event.ToOperators}
	if courier != "" {
		to = append(to, string(courier))
	}
	// Who is asked to carry it is nobody's business until they say yes.
	if kind != JobOffered && kind != JobUnanswered {
		to = append(to, string(j.Patient), string(j.Pharmacy))
	}
	j.Emit(event.Event{Kind: kind, By: string(a.Account), Data: all, To: to})
}
