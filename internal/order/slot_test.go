package order_test

import (
	"errors"
	"testing"
	"time"

	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/order"
)

// tonight is an order that a courier brings in a slot six hours from now.
func (w *world) tonight(t *testing.T) *order.Order {
	t.Helper()
	return w.inSlot(t, 6*time.Hour)
}

// inSlot is one for a slot that begins after so long.
func (w *world) inSlot(t *testing.T, after time.Duration) *order.Order {
	t.Helper()
	o, err := w.Place(t.Context(), w.as(patient), order.Wanted{
		Part: part, Pharmacy: "phm_a", Fulfilment: order.Courier, Address: door, Slot: w.clock.Now().Add(after),
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

// slotNews is what the order has announced of its slot by a moment.
func (w *world) slotNews(t *testing.T, o *order.Order, at time.Time) []event.Event {
	t.Helper()
	w.clock.Advance(at.Sub(w.clock.Now()))
	w.fire(t, o.ID, order.TimerComing)
	w.fire(t, o.ID, order.TimerComing) // a timer may come twice
	return w.told(t, o.ID, order.EventSlotComing)
}

func TestPatientIsToldOnceAnHourBeforeTheSlotWhenItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.tonight(t)

	early := w.slotNews(t, o, o.Slot.From.Add(-61*time.Minute))
	news := w.slotNews(t, o, o.Slot.From.Add(-time.Hour))

	if len(early) != 0 || len(news) != 1 {
		t.Fatalf("told %d times before and %d times at the hour, want none and once", len(early), len(news))
	}
	want := map[string]string{"starts_at": o.Slot.From.Format(time.RFC3339), "ends_at": o.Slot.Until.Format(time.RFC3339), "time_zone": "Asia/Shanghai", "patient": string(mum)}
	for key, value := range want {
		if news[0].Data[key] != value {
			t.Errorf("%s = %q, want %q", key, news[0].Data[key], value)
		}
	}
}

func TestNobodyIsToldOfTheSlotOfAnOrderThatEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.tonight(t)
	_, err := w.Cancel(t.Context(), w.as(patient), o.ID, "changed_mind")
	must(t, err)

	if news := w.slotNews(t, o, o.Slot.From.Add(-time.Hour)); len(news) != 0 {
		t.Errorf("a cancelled order told %d times that its slot is near", len(news))
	}
}

func TestWhoChoosesASlotWithinTheHourIsNotToldOfItAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	o := w.inSlot(t, 40*time.Minute)

	for _, timer := range o.Timers {
		if timer.Kind == order.TimerComing {
			t.Errorf("a message is set for %v, before the order was made", timer.Due)
		}
	}
}

func TestOrderWhoseSlotIsOverCanNeitherBePaidNorKeptLonger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	from := w.clock.Now().Add(31 * time.Minute)
	o, err := w.Place(t.Context(), w.as(patient), order.Wanted{Part: part, Pharmacy: "phm_a", Fulfilment: order.Courier, Address: door, Slot: from})
	must(t, err)
	must(t, w.Hold(t.Context(), w.house(), o.ID))

	for range 11 { // the patient hesitates
		w.clock.Advance(9 * time.Minute)
		_, err = w.Extend(t.Context(), w.as(patient), o.ID)
		must(t, err)
	}
	w.clock.Advance(o.Slot.Begins.Add(2 * time.Hour).Sub(w.clock.Now()))
	if _, err := w.Extend(t.Context(), w.as(patient), o.ID); err != nil {
		t.Errorf("in the last moment = %v, want it kept", err)
	}
	w.clock.Advance(time.Minute)
	_, longer := w.Extend(t.Context(), w.as(patient), o.ID)
	_, paid := w.Pay(t.Context(), w.as(patient), o.ID, "card_ok")

	if !coded(longer, "slot-gone") || !coded(paid, "slot-gone") {
		t.Errorf("kept longer %v, paid %v; want slot-gone for both", longer, paid)
	}
	if o := w.order(t, o.ID); o.State != order.Unpaid || o.Paying {
		t.Errorf("it is %s, paying %v; want unpaid, to be cancelled or chosen anew", o.State, o.Paying)
	}
}

func TestOrderBroughtAgainKeepsItsSlotWhileThatCanBe(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		after time.Duration // since the slot began
		alone bool          // couriers ride by appointment alone
		slot  bool          // it keeps its own
		code  string
	}{
		{"ten minutes into it, it is kept", 10 * time.Minute, false, true, ""},
		{"where there are slots alone too", 10 * time.Minute, true, true, ""},
		{"when it is nearly over, it is as soon as can be", 110 * time.Minute, false, false, ""},
		{"and where there are slots alone, one has to be chosen", 110 * time.Minute, true, false, "slot-needed"},
	} {
		w := newWorld(t)
		o := w.tonight(t)
		w.to(t, o.ID, order.Collected)
		w.clock.Advance(o.Slot.From.Add(tt.after).Sub(w.clock.Now()))
		must(t, w.Undelivered(t.Context(), w.house(), o.ID, 1))
		w.slots = tt.alone

		again, err := w.Reattempt(t.Context(), w.as(patient), o.ID, time.Time{})

		switch {
		case tt.code != "":
			if !coded(err, tt.code) || w.order(t, o.ID).State != order.Undelivered {
				t.Errorf("%s: %v, want %s and nothing changed", tt.name, err, tt.code)
			}
		case err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.slot && (again.Slot == nil || !again.Promise.Due.Equal(o.Slot.Until) || again.LeftSlot != nil):
			t.Errorf("%s: slot %+v, due %v", tt.name, again.Slot, again.Promise.Due)
		case !tt.slot && (again.Slot != nil || again.LeftSlot == nil || again.Promise.For != 30*time.Minute):
			t.Errorf("%s: slot %+v, left %+v, promised in %v", tt.name, again.Slot, again.LeftSlot, again.Promise.For)
		}
	}
}

func TestOrderBroughtAgainTakesTheSlotThatIsChosen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.slots = true
	o := w.tonight(t)
	w.to(t, o.ID, order.Collected)
	w.clock.Advance(o.Slot.Until.Sub(w.clock.Now()))
	must(t, w.Undelivered(t.Context(), w.house(), o.ID, 1))
	tomorrow := w.clock.Now().Add(20 * time.Hour)

	_, stranger := w.Reattempt(t.Context(), w.as(stranger), o.ID, tomorrow)
	_, never := w.Reattempt(t.Context(), w.as(patient), o.ID, w.clock.Now().Add(48*time.Hour))
	again, err := w.Reattempt(t.Context(), w.as(patient), o.ID, tomorrow)
	must(t, err)

	if !fault.Is(stranger, fault.NotFound) || !coded(never, "slot-gone") {
		t.Errorf("a stranger is answered %v, a time that can't be had %v", stranger, never)
	}
	if again.State != order.Placed || again.Attempt != 2 || !again.Slot.From.Equal(tomorrow) || !again.Waits() || !again.LeftSlot.From.Equal(o.Slot.From) {
		t.Errorf("it is %s, attempt %d, slot %+v, waits %v, left %+v", again.State, again.Attempt, again.Slot, again.Waits(), again.LeftSlot)
	}
	if news := w.slotNews(t, again, tomorrow.Add(-time.Hour)); len(news) != 1 || news[0].Data["starts_at"] != tomorrow.Format(time.RFC3339) {
		t.Errorf("told of %v, want of the new slot, once", news)
	}
}

func coded(err error, code string) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Code == code
}
