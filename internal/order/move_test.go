package order_test

import (
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/order"
)

// hoursFromNow is a moment since the story began.
func (w *world) hoursFromNow(n int) time.Time { return w.began.Add(time.Duration(n) * time.Hour) }

// canMove is an order for a slot in six hours, which can be moved to two others.
func (w *world) canMove(t *testing.T) *order.Order {
	t.Helper()
	w.free = []time.Duration{6 * time.Hour, 14 * time.Hour, 20 * time.Hour}
	return w.tonight(t)
}

// wishes asks for the slot that begins so many hours from the beginning.
func (w *world) wishes(t *testing.T, a access.Actor, o *order.Order, hours int) (*order.Order, error) {
	t.Helper()
	return w.Reschedule(t.Context(), w.as(a), o.ID, w.hoursFromNow(hours))
}

func (w *world) isTaken(t *testing.T, o id.Order, choice int) bool {
	t.Helper()
	kept, err := w.SlotTaken(t.Context(), w.house(), o, choice)
	must(t, err)
	return kept
}

func TestPaidOrderIsMovedOnceItHasAPlaceInTheOtherSlot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.canMove(t)
	offered, err := w.OtherSlots(t.Context(), w.as(patient), o.ID)
	must(t, err)

	wanted, err := w.wishes(t, patient, o, 14)
	must(t, err)
	kept := w.isTaken(t, o.ID, 1)

	if len(offered) != 2 || !offered[0].From.Equal(w.hoursFromNow(14)) {
		t.Errorf("offered %v, want the two others", offered)
	}
	if wanted.Moving == nil || !wanted.Slot.From.Equal(o.Slot.From) {
		t.Errorf("before it has a place: moving %+v, slot %v; want its own to stand", wanted.Moving, wanted.Slot.From)
	}
	moved := w.wants(t, o.ID, order.Placed)
	if !kept || moved.Moving != nil || !moved.Slot.From.Equal(w.hoursFromNow(14)) || !moved.Waits() || !moved.Promise.Due.Equal(w.hoursFromNow(16)) {
		t.Errorf("slot %+v, moving %+v, waits %v, due %v; want the new slot, and its end", moved.Slot, moved.Moving, moved.Waits(), moved.Promise.Due)
	}
	if !moved.Promise.Started.Equal(o.Promise.Started) {
		t.Errorf("its clock began at %v, want with the payment at %v", moved.Promise.Started, o.Promise.Started)
	}
	last := moved.History[len(moved.History)-1]
	if last.Event != "move" || last.By != string(patient.Account) || last.Why == "" || last.From != order.Placed || last.To != order.Placed {
		t.Errorf("the last step is %+v, want the patient's move", last)
	}
	told := w.told(t, o.ID, order.EventSlotMoved)
	if len(told) != 1 || told[0].Data["left_from"] != o.Slot.From.Format(time.RFC3339) || told[0].Data["starts_at"] != w.hoursFromNow(14).Format(time.RFC3339) {
		t.Errorf("told %+v, want where from and where to, once", told)
	}
	w.clock.Advance(6 * time.Hour)
	w.fire(t, o.ID, order.TimerSlot) // of the slot that it left
	if !w.order(t, o.ID).Waits() {
		t.Error("its work begins for the slot that it left")
	}
	if news := w.slotNews(t, moved, w.hoursFromNow(13)); len(news) != 1 || news[0].Data["starts_at"] != w.hoursFromNow(14).Format(time.RFC3339) {
		t.Errorf("told of %v, want of the new slot an hour before it, once", news)
	}
}

func TestOrderStaysInItsSlotWhereOthersHaveTheOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.canMove(t)
	_, err := w.wishes(t, patient, o, 14)
	must(t, err)

	must(t, w.SlotRefused(t.Context(), w.house(), o.ID, 1))
	must(t, w.SlotRefused(t.Context(), w.house(), o.ID, 1)) // told twice

	stays := w.order(t, o.ID)
	if stays.Moving != nil || !stays.Slot.From.Equal(o.Slot.From) || !stays.NotMoved.Equal(w.hoursFromNow(14)) || !stays.Waits() {
		t.Errorf("moving %+v, slot %v, not moved to %v", stays.Moving, stays.Slot.From, stays.NotMoved)
	}
	if told := w.told(t, o.ID, order.EventSlotKept); len(told) != 1 || told[0].Data["starts_at"] != o.Slot.From.Format(time.RFC3339) {
		t.Errorf("told %+v, want once that its own time stands", told)
	}
	if w.isTaken(t, o.ID, 1) {
		t.Error("the place that was refused counts as its own")
	}
	again, err := w.wishes(t, patient, o, 20)
	must(t, err)
	if again.Moving.Choice != 2 || !again.NotMoved.IsZero() {
		t.Errorf("another try is choice %d, not moved to %v; want a choice of its own", again.Moving.Choice, again.NotMoved)
	}
}

func TestOrderIsNotMovedOnceItsPharmacyHasBegunOrWhereThereIsNoTimeToMove(t *testing.T) {
	t.Parallel()
	begun := func(t *testing.T, w *world) id.Order {
		t.Helper()
		o := w.canMove(t)
		w.clock.Advance(o.Slot.Begins.Sub(w.clock.Now()))
		w.fire(t, o.ID, order.TimerSlot)
		return o.ID
	}
	further := func(s order.State) func(*testing.T, *world) id.Order {
		return func(t *testing.T, w *world) id.Order {
			t.Helper()
			o := w.canMove(t)
			w.to(t, o.ID, s)
			return o.ID
		}
	}
	tests := []struct {
		name string
		in   func(*testing.T, *world) id.Order
		code string
	}{
		{"its work begins", begun, "work-begun"},
		{"it is checked", further(order.Reviewing), "work-begun"},
		{"it is packed", further(order.Preparing), "work-begun"},
		{"it is ready", further(order.Ready), "work-begun"},
		{"it is on its way", further(order.Collected), "work-begun"},
		{"it is there", further(order.Delivered), "illegal-transition"},
		{"it is not paid", func(t *testing.T, w *world) id.Order { t.Helper(); return w.in(t, order.Unpaid) }, "illegal-transition"},
		{"it is cancelled", func(t *testing.T, w *world) id.Order { t.Helper(); return w.in(t, order.Cancelled) }, "illegal-transition"},
		{"it came back", func(t *testing.T, w *world) id.Order { t.Helper(); return w.in(t, order.Undelivered) }, "illegal-transition"},
		{"it comes as soon as can be", func(t *testing.T, w *world) id.Order { t.Helper(); return w.in(t, order.Placed) }, "no-slot"},
	}
	for _, tt := range tests {
		w := newWorld(t)
		oid := tt.in(t, w)
		before := w.order(t, oid)

		_, list := w.OtherSlots(t.Context(), w.as(patient), oid)
		_, err := w.Reschedule(t.Context(), w.as(patient), oid, w.hoursFromNow(14))

		if !coded(err, tt.code) || !coded(list, tt.code) {
			t.Errorf("%s: moved %v, listed %v; want %s", tt.name, err, list, tt.code)
		}
		if w.order(t, oid).Version != before.Version {
			t.Errorf("%s: the refused step changed the order", tt.name)
		}
	}
}

func TestOrderIsNotMovedToATimeThatCantBeHad(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.canMove(t)

	_, err := w.wishes(t, patient, o, 15)

	if !coded(err, "slot-gone") || w.order(t, o.ID).Moving != nil {
		t.Errorf("error = %v, moving %+v", err, w.order(t, o.ID).Moving)
	}
}

func TestOfWishesTheLastHoldsTwicePressedIsOneAndTheOwnTimeTakesItBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.canMove(t)

	for range 2 {
		_, err := w.wishes(t, patient, o, 14)
		must(t, err)
	}
	if wanted := w.told(t, o.ID, order.EventSlotWanted); len(wanted) != 1 {
		t.Errorf("pressed twice it was asked for %d times", len(wanted))
	}
	_, err := w.wishes(t, daughter, o, 20)
	must(t, err)
	if w.isTaken(t, o.ID, 1) {
		t.Error("the place of the first wish counts, though another time was chosen since")
	}
	_, err = w.wishes(t, patient, o, 6)
	must(t, err)
	if w.isTaken(t, o.ID, 2) {
		t.Error("the place of a wish that was taken back counts")
	}
	if now := w.order(t, o.ID); now.Moving != nil || now.Slot.Choice != 0 || !now.Waits() {
		t.Errorf("slot %+v, moving %+v; want it as it was", now.Slot, now.Moving)
	}
}

func TestAPlaceThatComesAfterTheWorkHasBegunIsNotWanted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.canMove(t)
	_, err := w.wishes(t, patient, o, 14)
	must(t, err)
	w.clock.Advance(o.Slot.Begins.Sub(w.clock.Now()))
	w.fire(t, o.ID, order.TimerSlot)

	kept := w.isTaken(t, o.ID, 1)

	if now := w.order(t, o.ID); kept || now.Slot.Choice != 0 || now.Waits() {
		t.Errorf("kept %v, slot %+v, waits %v; want the work to go on", kept, now.Slot, now.Waits())
	}
	if told := w.told(t, o.ID, order.EventSlotKept); len(told) != 1 {
		t.Errorf("told %d times that the own time stands, want once", len(told))
	}
}

func TestOnlyWhoMayPayForThePatientMovesTheirOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.canMove(t)

	_, mine := w.wishes(t, daughter, o, 14)
	_, eve := w.wishes(t, stranger, o, 20)
	_, list := w.OtherSlots(t.Context(), w.as(stranger), o.ID)
	_, boss := w.wishes(t, operator, o, 20)
	_, byHand := w.SlotTaken(t.Context(), w.as(patient), o.ID, 1)

	if mine != nil {
		t.Errorf("who may pay = %v", mine)
	}
	if !fault.Is(eve, fault.NotFound) || !fault.Is(list, fault.NotFound) || boss == nil || byHand == nil {
		t.Errorf("a stranger %v, their list %v, an operator %v, a patient who books the place herself %v; want all refused", eve, list, boss, byHand)
	}
}

func TestAWishThatIsSentAgainIsAnsweredAlikeWhateverHasBecomeOfIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.canMove(t)
	a := w.as(patient)
	a.Request = id.RequestOf(nil, "one press")
	press := func() (*order.Order, error) { return w.Reschedule(t.Context(), a, o.ID, w.hoursFromNow(14)) }
	_, first := press()
	w.free = []time.Duration{6 * time.Hour, 20 * time.Hour} // the place was the last
	_, again := press()
	pressed, twice := w.wishes(t, patient, o, 14)
	w.isTaken(t, o.ID, 1)
	w.clock.Advance(14 * time.Hour)
	w.fire(t, o.ID, order.TimerSlot) // the pharmacy begins
	late, much := press()

	if first != nil || again != nil || twice != nil || much != nil {
		t.Fatalf("errors %v, %v, %v, %v", first, again, twice, much)
	}
	if pressed.Moving == nil || pressed.Moving.Choice != 1 || !late.Slot.From.Equal(w.hoursFromNow(14)) {
		t.Errorf("moving %+v, then in the slot of %v; want one wish, fulfilled", pressed.Moving, late.Slot.From)
	}
}
