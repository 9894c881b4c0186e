package order

import (
	"context"
	"strconv"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Kind is what a question is about.
type Kind string

// What the patient can be asked.
const (
	Substitute Kind = "substitute" // the pharmacy offers another product of the same ingredient and strength
	Dearer     Kind = "dearer"     // only a dearer pharmacy is left
)

// Question is what the patient owes an answer to. While it is open the clock stands still.
type Question struct {
	ID       string    `json:"id"` // the same question asked twice has one id
	Kind     Kind      `json:"kind"`
	AskedAt  time.Time `json:"asked_at"`
	Old      string    `json:"old,omitempty"` // product
	New      string    `json:"new,omitempty"` // product
	Quote    *Quote    `json:"quote,omitempty"`
	Accepted bool      `json:"accepted,omitempty"`
}

// answerWithin is how long the patient has; then the answer is no.
const answerWithin = 10 * time.Minute

// Ask puts a pharmacy's question to the patient. The clock pauses until it is answered.
func (s *Service) Ask(ctx context.Context, a access.Actor, order id.Order, attempt int, q Question) error {
	return s.advance(ctx, a, order, func(o *Order, now time.Time) error {
		if attempt != o.Attempt || Moves.Ended(o.State) {
			return nil
		}
		o.ask(now, a, q)
		return nil
	})
}

func (o *Order) ask(now time.Time, a access.Actor, q Question) {
	if q.ID == "" {
		q.ID = string(q.Kind) + "_" + strconv.Itoa(o.Attempt)
	}
	q.AskedAt = now
	o.Question = &q
	o.pauseClock(now)
	o.SetTimer(TimerAnswer, now.Add(answerWithin))
	o.announce(a, EventAsked, map[string]string{"question": q.ID, "kind": string(q.Kind)})
}

// Answer is the patient's answer to the open question.
func (s *Service) Answer(ctx context.Context, a access.Actor, order id.Order, question string, accepted bool) (*Order, error) {
	return s.change(ctx, a, order, "order.answer", docstore.On{Request: a.Request}, func(o *Order, now time.Time) error {
		if o.Question == nil || o.Question.ID != question || o.Question.Accepted {
			return fault.New(fault.Conflict, "This question is not open any more. Look at the order's present state.").Coded("not-asked")
		}
		return o.answer(now, a, accepted)
	})
}

func (o *Order) answer(now time.Time, a access.Actor, accepted bool) error {
	q := o.Question
	if q == nil {
		return nil
	}
	o.ClearTimer(TimerAnswer)
	o.announce(a, EventAnswered, map[string]string{"question": q.ID, "kind": string(q.Kind), "accepted": strconv.FormatBool(accepted)})
	switch {
	case q.Kind != Dearer:
		o.close(now)
	case accepted: // paid for first; the clock stands until the answer of the bank
		q.Accepted = true
		o.startPayment(a, o.Method, q.Quote.Total().Minus(o.Discount))
	default:
		return o.apply(now, a, cancel, "no_pharmacy_left")
	}
	return nil
}

// close takes the question away and lets the clock run on.
func (o *Order) close(now time.Time) {
	o.Question = nil
	o.ClearTimer(TimerAnswer)
	o.resumeClock(now)
}
