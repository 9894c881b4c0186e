package order_test

import (
	"testing"
	"time"

	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/order"
)

// tonight is an order that a courier brings in a slot six hours from now.
func (w *world) tonight(t *testing.T) *order.Order {
	t.Helper()
	o, err := w.Place(t.Context(), w.as(patient), order.Wanted{
		Part: part, Pharmacy: "phm_a", Fulfilment: order.Courier, Address: door, Slot: w.clock.Now().Add(6 * time.Hour),
	})
	must(t, err)
	must(t, w.Hold(t.Context(), w.house(), o.ID))
	o, err = w.Pay(t.Context(), w.as(patient), o.ID, "card_ok")
	must(t, err)
	must(t, w.PaymentAuthorised(t.Context(), w.house(), o.ID, o.Payment))
	return w.order(t, o.ID)
}

func TestOrderForASlotIsPromisedForItsEndAndWaitsUntilItsWorkBegins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paid := w.clock.Now()

	o := w.tonight(t)

	if !o.Promise.Due.Equal(paid.Add(8*time.Hour)) || !o.Waits() {
		t.Errorf("due %v, waits %v; want the end of the slot, waiting", o.Promise.Due, o.Waits())
	}
	if slack := o.Slack(w.clock.Now()); slack < time.Hour {
		t.Errorf("slack = %v with hours to go", slack)
	}
	w.clock.Advance(o.Slot.Begins.Sub(w.clock.Now()))
	w.fire(t, o.ID, order.TimerSlot)
	w.fire(t, o.ID, order.TimerSlot) // told twice
	if o = w.order(t, o.ID); o.Waits() {
		t.Error("its work has to begin, and it still waits")
	}
	if o.State != order.Placed || !o.WorkFrom().Equal(o.Slot.Begins) {
		t.Errorf("it is %s from %v", o.State, o.WorkFrom())
	}
	if early := o.RideFrom(w.clock.Now()); !early.Equal(o.Slot.Leaves) {
		t.Errorf("a bag that is packed early may leave at %v, want %v", early, o.Slot.Leaves)
	}
}

func TestOrderForASlotIsInDangerOnlyWhenItsEndCantBeKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.tonight(t)
	w.clock.Advance(o.Slot.Begins.Sub(w.clock.Now()))
	w.fire(t, o.ID, order.TimerSlot)
	if o = w.order(t, o.ID); o.Promise.AtRisk || o.Promise.Broken != "" {
		t.Errorf("in danger (%v) or broken (%q) as its work begins", o.Promise.AtRisk, o.Promise.Broken)
	}

	w.clock.Advance(o.Slot.Until.Sub(w.clock.Now()))
	for _, kind := range []event.Kind{order.TimerAtRisk, order.TimerPromise} {
		w.fire(t, o.ID, kind)
	}

	if o = w.order(t, o.ID); !o.Promise.AtRisk || o.Promise.Broken != order.Placed {
		t.Errorf("at the end of the slot: in danger %v, broken %q", o.Promise.AtRisk, o.Promise.Broken)
	}
}

func TestCancelledOrderForASlotBeginsNoWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.tonight(t)
	_, err := w.Cancel(t.Context(), w.as(patient), o.ID, "changed_mind")
	must(t, err)

	w.clock.Advance(6 * time.Hour)
	w.fire(t, o.ID, order.TimerSlot)

	if o = w.order(t, o.ID); o.State != order.Cancelled || len(o.Timers) != 0 {
		t.Errorf("it is %s with the timers %v", o.State, o.Timers)
	}
}

func TestSlotIsRefusedWithoutACourierAndPastItsTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := order.Wanted{Part: part, Pharmacy: "phm_a", Fulfilment: order.Pickup, Slot: w.clock.Now().Add(time.Hour)}

	_, pickup := w.Place(t.Context(), w.as(patient), want)
	want.Fulfilment, want.Address, want.Slot = order.Courier, door, w.clock.Now().Add(48*time.Hour)
	_, gone := w.Place(t.Context(), w.as(patient), want)

	if !fault.Is(pickup, fault.Invalid) || !fault.Is(gone, fault.Conflict) {
		t.Errorf("for a pick-up %v, for a time that can't be had %v", pickup, gone)
	}
}
