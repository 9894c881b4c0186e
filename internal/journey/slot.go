package journey

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"housecall/internal/access"
	"housecall/internal/delivery"
	"housecall/internal/event"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
)

// An order and the slot it comes in are two documents, so that its place is taken and given back in steps, each of
// which may be done twice, or late, after others that followed it. Two things keep the count right all the same: each
// choice has a place of its own, which nobody else can give back, and whoever has taken a place asks the order
// afterwards whether it is still wanted.

func placeOf(o *order.Order, slot order.Slot) delivery.Place {
	return delivery.Place{Zone: o.Zone, From: slot.From, Order: o.ID, Choice: slot.Choice}
}

func appointment(s order.Slot) pharmacy.Appointment {
	return pharmacy.Appointment{From: s.From, Until: s.Until, Leaves: s.Leaves, Begins: s.Begins, Choice: s.Choice}
}

// takeSlot takes a place, and gives it back where the order has ended or been moved meanwhile.
func (j *Journeys) takeSlot(ctx context.Context, a access.Actor, take func(context.Context, access.Actor, delivery.Place) error, p delivery.Place) error {
	if err := take(ctx, a, p); err != nil {
		return err
	}
	kept, err := j.Order.SlotTaken(ctx, a, p.Order, p.Choice)
	if err != nil || kept {
		return err
	}
	return overtaken(j.Delivery.GiveSlot(ctx, a, p))
}

// moveSlot takes the place in the slot that a paid order is to be moved to; where others have them all it stays.
func (j *Journeys) moveSlot(ctx context.Context, a access.Actor, e event.Event) error {
	o, err := j.Order.Get(ctx, a, orderOf(e))
	if err != nil {
		return err
	}
	from, choice, err := slotOf(e, "starts_at", "choice")
	if err != nil {
		return err
	}
	err = j.takeSlot(ctx, a, j.Delivery.TakeSlot, delivery.Place{Zone: o.Zone, From: from, Order: o.ID, Choice: choice})
	if refusal(err) {
		return j.Order.SlotRefused(ctx, apart(a, e, "refused"), o.ID, choice)
	}
	return err
}

// slotMoved gives the place back that the order has left, and tells its pharmacy the new time.
func (j *Journeys) slotMoved(ctx context.Context, a access.Actor, e event.Event) error {
	o, err := j.Order.Get(ctx, a, orderOf(e))
	if err != nil {
		return err
	}
	from, choice, err := slotOf(e, "left_from", "left_choice")
	if err != nil {
		return err
	}
	left := delivery.Place{Zone: o.Zone, From: from, Order: o.ID, Choice: choice}
	if err := overtaken(j.Delivery.GiveSlot(ctx, a, left)); err != nil {
		return err
	}
	return j.begin(ctx, a, e)
}

// slotAgain gives an order that is brought again its place in the slot chosen for it, and gives the one that it
// left back.
func (j *Journeys) slotAgain(ctx context.Context, a access.Actor, o *order.Order) error {
	if !o.BroughtBack {
		return nil
	}
	if o.Slot != nil {
		if err := j.takeSlot(ctx, a, j.Delivery.TakeSlotAgain, placeOf(o, *o.Slot)); err != nil {
			return err
		}
	}
	if o.LeftSlot == nil {
		return nil
	}
	return overtaken(j.Delivery.GiveSlot(ctx, a, placeOf(o, *o.LeftSlot)))
}

// slotOf reads which slot an event is about, and which choice it was.
func slotOf(e event.Event, from, choice string) (time.Time, int, error) {
	at, err := time.Parse(time.RFC3339, e.Data[from])
	if err != nil {
		return at, 0, fmt.Errorf("read the slot of %s: %w", e.Kind, err)
	}
	n, err := strconv.Atoi(e.Data[choice])
	if err != nil {
		return at, 0, fmt.Errorf("read the choice of %s: %w", e.Kind, err)
	}
	return at, n, nil
}
