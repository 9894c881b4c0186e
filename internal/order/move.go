package order

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// moving is the right to move an order to another slot.
const moving access.Action = "order.reschedule"

// OtherSlots lists the slots that a paid order can be moved to, the soonest first: those with a free place that its
// pharmacy is open in time for. A Conflict coded "work-begun" when the pharmacy has begun with it.
func (s *Service) OtherSlots(ctx context.Context, a access.Actor, order id.Order) ([]Slot, error) {
	o, err := s.orders.Get(ctx, string(order))
	if err != nil {
		return nil, err
	}
	if err := s.guard.Read(ctx, a, moving, o.access()); err != nil {
		return nil, err
	}
	if err := o.movable(); err != nil {
		return nil, err
	}
	all, err := s.Slots.Keeping(ctx, o.Zone, o.Pharmacy)
	return slices.DeleteFunc(all, func(t Slot) bool { return t.From.Equal(o.Slot.From) }), err
}

// Reschedule has a paid order come in the slot that begins at a moment, while no pharmacy has begun with it. Its place
// there is taken next (order.slot_wanted); until it has one its own slot stands, and it stays where others were
// first. Its own slot chosen again takes the wish back. A Conflict coded "slot-gone" for a time that can't be had,
// "work-begun" when the pharmacy has begun.
func (s *Service) Reschedule(ctx context.Context, a access.Actor, order id.Order, to time.Time) (*Order, error) {
	o, err := s.orders.Get(ctx, string(order))
	if err != nil {
		return nil, err
	}
	if err := s.guard.Check(ctx, a, moving, o.access()); err != nil {
		return nil, err
	}
	if known, err := o.Knows(a.Request); known || err != nil { // sent again after its place was taken, or its work began
		return o, err
	}
	if err := o.movable(); err != nil {
		return nil, err
	}
	slot, err := s.slotToMoveTo(ctx, o, to)
	if err != nil {
		return nil, err
	}
	return s.orders.Update(ctx, string(order), docstore.On{Request: a.Request}, func(o *Order) error {
		if err := o.movable(); err != nil {
			return err
		}
		o.wantSlot(a, slot)
		return nil
	})
}

// slotToMoveTo is the slot that begins then, where the order could come in it.
func (s *Service) slotToMoveTo(ctx context.Context, o *Order, to time.Time) (Slot, error) {
	if o.Slot.From.Equal(to) {
		return *o.Slot, nil
	}
	if o.Moving != nil && o.Moving.From.Equal(to) { // its place may be theirs already, and the last
		return o.Moving.Slot, nil
	}
	all, err := s.Slots.Keeping(ctx, o.Zone, o.Pharmacy)
	if err != nil {
		return Slot{}, err
	}
	for _, slot := range all {
		if slot.From.Equal(to) {
			return slot, nil
		}
	}
	return Slot{}, slotGone()
}

// movable says why an order can't be moved to another slot; nil when it can.
func (o *Order) movable() error {
	switch o.State {
	case Reviewing, Preparing, Ready, Collected:
		return workBegun()
	case Placed:
		if o.Slot == nil {
			return fault.New(fault.Conflict, "This order comes as soon as it can. There is no time to move.").Coded("no-slot")
		}
		if !o.Waits() {
			return workBegun()
		}
	case Unpaid, Delivered, Undelivered, Cancelled:
	}
	_, err := Moves.Next(o.State, move)
	return err
}

func workBegun() error {
	return fault.New(fault.Conflict, "The pharmacy has begun with this order: its time stands. Write to support from the order if nobody can be there.").Coded("work-begun")
}

// wantSlot notes that the order is to be moved to a slot; pressed twice it is one wish.
func (o *Order) wantSlot(a access.Actor, to Slot) {
	switch {
	case o.Slot.From.Equal(to.From):
		o.Moving, o.NotMoved = nil, time.Time{}
		return
	case o.Moving != nil && o.Moving.From.Equal(to.From):
		return
	}
	o.Moving, o.NotMoved = &Moving{Slot: *o.chosen(&to), By: a.Account}, time.Time{}
	o.announce(a, EventSlotWanted, map[string]string{"starts_at": to.From.Format(time.RFC3339), "choice": strconv.Itoa(o.Moving.Choice)})
}

// chosen is a slot as one more choice of this order's.
func (o *Order) chosen(slot *Slot) *Slot {
	if slot == nil {
		return nil
	}
	one := *slot
	o.Choices++
	one.Choice = o.Choices
	return &one
}

// SlotTaken notes that the order has the place of a choice: one that it is being moved to becomes its slot, and
// order.slot_moved is announced. False when the order does not want this place, or not any more: it is to be given
// back. For housecall itself.
func (s *Service) SlotTaken(ctx context.Context, a access.Actor, order id.Order, choice int) (bool, error) {
	if err := s.guard.Check(ctx, a, "order.advance", access.Facts{Record: string(order)}); err != nil {
		return false, err
	}
	o, err := s.orders.Update(ctx, string(order), docstore.On{Request: a.Request}, func(o *Order) error {
		if o.Moving == nil || o.Moving.Choice != choice {
			return nil
		}
		return o.moveSlot(s.Clock.Now(), a)
	})
	if err != nil {
		return false, err
	}
	return !Moves.Ended(o.State) && o.Slot != nil && o.Slot.Choice == choice, nil
}

// moveSlot has the order come in the slot that it is being moved to. The clock has begun with the payment.
func (o *Order) moveSlot(now time.Time, a access.Actor) error {
	began := o.Promise.Started
	a.Account = o.Moving.By // it is their move
	o.LeftSlot, o.Slot, o.Moving = o.Slot, &o.Moving.Slot, nil
	o.startSlot(now)
	o.Promise.Started, o.Promise.For = began, o.Slot.Until.Sub(began)
	return o.apply(now, a, move, "")
}

// SlotRefused notes that others have the places of the slot that the order was to be moved to: its own stands. For
// housecall itself.
func (s *Service) SlotRefused(ctx context.Context, a access.Actor, order id.Order, choice int) error {
	return s.advance(ctx, a, order, func(o *Order, _ time.Time) error {
		if o.Moving != nil && o.Moving.Choice == choice {
			o.keepSlot(a)
		}
		return nil
	})
}

// keepSlot ends a wish to be moved that can't be done, and says so.
func (o *Order) keepSlot(a access.Actor) {
	if o.Moving == nil {
		return
	}
	o.NotMoved, o.Moving = o.Moving.From, nil
	o.announce(a, EventSlotKept, o.Slot.facts())
}

// movedFacts are what is told of an order that was moved: when it comes now, and the place that it left.
func (o *Order) movedFacts() map[string]string {
	facts := o.Slot.facts()
	maps.Copy(facts, map[string]string{"left_from": o.LeftSlot.From.Format(time.RFC3339), "left_choice": strconv.Itoa(o.LeftSlot.Choice)})
	return facts
}
