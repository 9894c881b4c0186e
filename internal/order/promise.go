package order

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/estimate"
	"housecall/internal/event"
	"housecall/internal/id"
	"housecall/internal/promise"
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
	// Told is the honest estimate that the patient saw before paying.
	Told estimate.Span `json:"told,omitzero"`
}

// Left is how much time is left at now; negative when the promise is broken.
func (p Promise) Left(now time.Time) time.Duration {
	switch {
	case p.Due.IsZero():
		return 0
	case !p.Paused.IsZero():
		now = p.Paused
	}
	return p.Due.Sub(now)
}

// stages are the parts of the promise that the states of an order are in.
var stages = map[State]promise.Stage{
	Unpaid: promise.Review, Placed: promise.Review, Reviewing: promise.Review, Preparing: promise.Pack, Ready: promise.Collect,
	Collected: promise.Ride, Delivered: promise.Done, Undelivered: promise.Done, Cancelled: promise.Done,
}

// begun is when the present part of the promise began.
func (o *Order) begun() time.Time {
	at := o.Promise.Started
	for _, step := range o.History {
		if stages[step.From] != stages[step.To] || step.Event == reroute {
			at = step.At
		}
	}
	if stages[o.State] == promise.Review {
		at = later(at, o.Slot.begins())
	}
	return later(at, o.Promise.Started)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Expected is when it will be there if every stage that is left takes no more than its budget.
func (o *Order) Expected(now time.Time) time.Time {
	if !o.Promise.Paused.IsZero() {
		now = o.Promise.Paused
	}
	expected := o.Quote.Budgets.Arrival(now, stages[o.State], o.begun())
	if o.Slot != nil { // never before it
		expected = later(expected, o.Slot.From)
	}
	return expected
}

// Slack is how much time there is to spare at now if every stage that is left takes no more than its
// budget. Once the clock has stopped, it is what was left then.
func (o *Order) Slack(now time.Time) time.Duration {
	switch {
	case o.Promise.Due.IsZero():
		return 0
	case !o.Promise.Stopped.IsZero():
		return o.Promise.Due.Sub(o.Promise.Stopped)
	}
	return o.Promise.Due.Sub(o.Expected(now))
}

func (o *Order) startClock(now time.Time) {
	if o.Slot != nil {
		o.startSlot(now)
		return
	}
	o.Promise = Promise{Started: now, For: o.Quote.Promised, Told: estimate.Span{Median: o.Quote.Median, P90: o.Quote.Late}}
	if o.Promise.For == 0 {
		o.Promise.For = o.Quote.Late
	}
	o.Promise.Due = now.Add(o.Promise.For)
	o.watchClock()
}

// riskAt is when the order is in danger if its present stage has not ended by then; false when its clock
// does not run.
func (o *Order) riskAt() (time.Time, bool) {
	p := o.Promise
	if p.Due.IsZero() || !p.Stopped.IsZero() || !p.Paused.IsZero() {
		return time.Time{}, false
	}
	return o.Quote.Budgets.RiskAt(p.Due, stages[o.State], o.begun()), true
}

// watchClock sets the timers of the promise to where it is due now. A new stage, or more time, is judged
// anew: an order that has caught up is in danger no more.
func (o *Order) watchClock() {
	at, runs := o.riskAt()
	if !runs || o.Promise.Broken != "" {
		return
	}
	o.Promise.AtRisk = false
	o.SetTimer(TimerPromise, o.Promise.Due)
	o.SetTimer(TimerAtRisk, at)
}

// outcome is what came against what the patient was told, for whoever learns from it.
func (o *Order) outcome(now time.Time) map[string]string {
	p := o.Promise
	return map[string]string{
		"took_s": estimate.Seconds(now.Sub(p.Started) - p.Pauses), "median_s": estimate.Seconds(p.Told.Median), "late_s": estimate.Seconds(p.Told.P90),
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
	o.ClearTimer(TimerUnpaid, TimerAtRisk, TimerPromise, TimerAnswer, TimerSlot, TimerComing)
	o.Question, o.Moving = nil, nil
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
			o.announce(a, EventAtRisk, map[string]string{"stage": string(o.State), "slack_s": estimate.Seconds(o.Slack(now))})
		case TimerPromise:
			o.Promise.Broken = o.State
			o.announce(a, EventBroken, map[string]string{"stage": string(o.State)})
		case TimerSlot:
			o.keepSlot(a) // too late to be moved
			o.announce(a, EventSlotNear, nil)
		case TimerComing:
			o.announce(a, EventSlotComing, o.Slot.facts())
		case TimerAnswer:
			return o.answer(now, a, false)
		}
		return nil
	})
}

// AtRisk lists the open orders whose promise is in danger at a moment, the longest in danger first; for
// the operator.
func (s *Service) AtRisk(ctx context.Context, a access.Actor, at time.Time, cursor string, limit int) (docstore.Page[Order], error) {
	if err := s.guard.Check(ctx, a, "order.list", access.Facts{}); err != nil {
		return docstore.Page[Order]{}, err
	}
	return s.orders.Find(ctx, docstore.Query{Index: "risk", Equal: "open", Until: docstore.ByTime(at), Cursor: cursor, Limit: limit})
}

// Late lists open orders by the moment they are due, those due before `until`; for the operator.
func (s *Service) Late(ctx context.Context, a access.Actor, until time.Time, cursor string, limit int) (docstore.Page[Order], error) {
	if err := s.guard.Check(ctx, a, "order.list", access.Facts{}); err != nil {
		return docstore.Page[Order]{}, err
	}
	return s.orders.Find(ctx, docstore.Query{Index: "due", Equal: "open", Until: docstore.ByTime(until), Cursor: cursor, Limit: limit})
}
