package order

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/id"
)

// Promise is the clock of an order. It starts when the order is placed and stops at the door; it
// stands still only while the patient owes an answer.
type Promise struct {
	Started time.Time     `json:"started,omitzero"`
	For     time.Duration `json:"for"`          // what was promised; the honest estimate where nothing was
	Due     time.Time     `json:"due,omitzero"` // moves on by every pause
	Paused  time.Time     `json:"paused,omitzero"`
	Pauses  time.Duration `json:"pauses"`
	Stopped time.Time     `json:"stopped,omitzero"`
	AtRisk  bool          `json:"at_risk,omitempty"`
	Broken  State         `json:"broken,omitempty"` // the stage that the promise broke in
}

// risk is the slack below which an order is shown to the operator.
const risk = 4 * time.Minute

// Slack is how much time is left at now; negative when the promise is broken.
func (p Promise) Slack(now time.Time) time.Duration {
	switch {
	case p.Due.IsZero():
		return 0
	case !p.Paused.IsZero():
		now = p.Paused
	}
	return p.Due.Sub(now)
}

func (o *Order) startClock(now time.Time) {
	o.Promise = Promise{Started: now, For: o.Quote.Promised}
	if o.Promise.For == 0 {
		o.Promise.For = o.Quote.Late
	}
	o.Promise.Due = now.Add(o.Promise.For)
	o.watchClock()
}

// watchClock sets the timers of the promise to where it is due now.
func (o *Order) watchClock() {
	if o.Promise.Broken == "" {
		o.SetTimer(TimerPromise, o.Promise.Due)
	}
	if !o.Promise.AtRisk {
		o.SetTimer(TimerAtRisk, o.Promise.Due.Add(-risk))
	}
}

func (o *Order) pauseClock(now time.Time) {
	if o.Promise.Due.IsZero() || !o.Promise.Paused.IsZero() {
		return
	}
	o.Promise.Paused = now
	o.ClearTimer(TimerAtRisk, TimerPromise)
}

func (o *Order) resumeClock(now time.Time) {
	if o.Promise.Paused.IsZero() {
		return
	}
	pause := now.Sub(o.Promise.Paused)
	o.Promise.Paused = time.Time{}
	o.Promise.Pauses += pause
	o.Promise.Due = o.Promise.Due.Add(pause)
	o.watchClock()
}

func (o *Order) stopClock(now time.Time) {
	o.ClearTimer(TimerUnpaid, TimerAtRisk, TimerPromise, TimerAnswer)
	o.Question = nil
	if o.Promise.Started.IsZero() || !o.Promise.Stopped.IsZero() {
		return
	}
	o.Promise.Stopped = now
}

// TimerFired does what a timer of an order asks. One that comes late or twice does nothing.
func (s *Service) TimerFired(ctx context.Context, a access.Actor, order id.Order, kind event.Kind) error {
	return s.advance(ctx, a, order, func(o *Order, now time.Time) error {
		if !o.TimerDue(kind, now) {
			return nil
		}
		o.ClearTimer(kind)
		switch kind {
		case TimerUnpaid:
			return o.apply(now, a, expire, "unpaid")
		case TimerAtRisk:
			o.Promise.AtRisk = true
			o.announce(a, EventAtRisk, map[string]string{"stage": string(o.State)})
		case TimerPromise:
			o.Promise.Broken = o.State
			o.announce(a, EventBroken, map[string]string{"stage": string(o.State)})
		case TimerAnswer:
			return o.answer(now, a, false)
		}
		return nil
	})
}

// Late lists open orders by the moment they are due, those due before `until`; for the operator.
func (s *Service) Late(ctx context.Context, a access.Actor, until time.Time, cursor string, limit int) (docstore.Page[Order], error) {
	if err := s.guard.Check(ctx, a, "order.list", access.Facts{}); err != nil {
		return docstore.Page[Order]{}, err
	}
	return s.orders.Find(ctx, docstore.Query{Index: "due", Equal: "open", Until: docstore.ByTime(until), Cursor: cursor, Limit: limit})
}
