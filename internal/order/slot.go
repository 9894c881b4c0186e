package order

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// toldBefore is how long before its slot begins the patient is told, once, that it is near: time to come home, and
// not so long that it is forgotten again. Who chooses a slot that begins sooner has just been told.
const toldBefore = time.Hour

func (s *Slot) begins() time.Time {
	if s == nil {
		return time.Time{}
	}
	return s.Begins
}

// Waits tells whether the order is paid and waits for its slot: no pharmacy has seen it yet.
func (o *Order) Waits() bool {
	for _, t := range o.Timers {
		if t.Kind == TimerSlot {
			return true
		}
	}
	return false
}

// RideFrom is when a courier may leave the counter with a bag that is ready at a moment.
func (o *Order) RideFrom(ready time.Time) time.Time {
	if o.Slot == nil {
		return ready
	}
	return later(ready, o.Slot.Leaves)
}

// WorkFrom is when the work on the order began or begins: with its payment, or in time for its slot.
func (o *Order) WorkFrom() time.Time { return later(o.Promise.Started, o.Slot.begins()) }

// startSlot starts the clock of an order that comes by appointment: the end of the slot is what is promised.
func (o *Order) startSlot(now time.Time) {
	o.Promise = Promise{Started: now, For: o.Slot.Until.Sub(now), Due: o.Slot.Until}
	o.alarm(TimerSlot, o.Slot.Begins, now)
	o.alarm(TimerComing, o.Slot.From.Add(-toldBefore), now)
	o.watchClock()
}

// alarm sets a timer that lies ahead, and clears what was set of its kind where it does not.
func (o *Order) alarm(kind event.Kind, at, now time.Time) {
	if at.After(now) {
		o.SetTimer(kind, at)
		return
	}
	o.ClearTimer(kind)
}

// Keepable tells whether the slot can still be kept when the work begins at a moment: with all that has to be done,
// the courier is there before it ends.
func (s *Slot) Keepable(now time.Time) bool {
	return s != nil && !now.After(s.Begins.Add(s.Until.Sub(s.From)))
}

// facts are what the message that it is near says.
func (s *Slot) facts() map[string]string {
	if s == nil {
		return nil
	}
	return map[string]string{"starts_at": s.From.Format(time.RFC3339), "ends_at": s.Until.Format(time.RFC3339), "time_zone": s.TimeZone}
}

func slotGone() error {
	return fault.New(fault.Conflict, "This time can't be had any more. Choose another.").Coded("slot-gone")
}

// Reattempt has an undelivered order brought again, as a new attempt with a new bag: in the slot that begins at a
// moment, or, for the zero time, in its own slot where that can still be kept, else as soon as it can be. Where
// couriers come by appointment alone and its slot is over, a Conflict coded "slot-needed" asks for one;
// "slot-gone" says that the one chosen can't be had.
func (s *Service) Reattempt(ctx context.Context, a access.Actor, order id.Order, slot time.Time) (*Order, error) {
	o, err := s.orders.Get(ctx, string(order))
	if err != nil {
		return nil, err
	}
	if err := s.guard.Check(ctx, a, "order.reattempt", o.access()); err != nil {
		return nil, err
	}
	next := o.Slot
	if o.State == Undelivered { // else it was done before, or can't be: the move says which
		if next, err = s.slotAgain(ctx, o, slot); err != nil {
			return nil, err
		}
	}
	return s.orders.Update(ctx, string(order), docstore.On{Request: a.Request}, func(o *Order) error {
		now := s.Clock.Now()
		if err := o.apply(now, a, reattempt, "again"); err != nil {
			return err
		}
		o.Attempt++
		o.BroughtBack = true
		if other := next == nil || o.Slot == nil || !next.From.Equal(o.Slot.From); other {
			o.LeftSlot, o.Slot = o.Slot, o.chosen(next)
		}
		o.startClock(now)
		return nil
	})
}

// slotAgain is the slot of an order that is brought again; nil: as soon as it can be.
func (s *Service) slotAgain(ctx context.Context, o *Order, wanted time.Time) (*Slot, error) {
	own := o.Slot.Keepable(s.Clock.Now())
	switch {
	case own && (wanted.IsZero() || wanted.Equal(o.Slot.From)): // its place is still its own
		return o.Slot, nil
	case !wanted.IsZero():
		return s.slotOf(ctx, o.Zone, Wanted{Fulfilment: o.Fulfilment, Slot: wanted})
	case o.Fulfilment != Courier || o.Zone == "":
		return nil, nil //nolint:nilnil // no courier, no slot
	}
	atOnce, err := s.Slots.AtOnce(ctx, o.Zone)
	if err == nil && !atOnce {
		err = fault.New(fault.Conflict, "A courier comes here at set hours. Choose a time for it to be brought again.").Coded("slot-needed")
	}
	return nil, err
}
