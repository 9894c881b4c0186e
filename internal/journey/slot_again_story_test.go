package journey_test

import (
	"strings"
	"testing"
	"time"

	"housecall/internal/apptest"
	"housecall/internal/delivery"
	"housecall/internal/id"
	"housecall/internal/order"
	"housecall/internal/support"
)

// forTonight is a paid order in the slot of this evening.
func forTonight(t *testing.T, w *apptest.Town) id.Order {
	t.Helper()
	want := apptest.Wanted(w.Prescribed().Part, w.Corner, order.Courier)
	want.Slot = tonight()
	o, err := w.Order.Place(t.Context(), w.As(w.Daughter), want)
	w.Must(err)
	w.Settle()
	w.Pays(o.ID, "card_ok")
	return o.ID
}

// passTo lets time go on to a moment.
func passTo(w *apptest.Town, at time.Time) { w.Pass(at.Sub(w.Clock.Now())) }

// lettersOf counts, by address, the messages of an outbox that say something.
func lettersOf(w *apptest.Town, saying string) map[string]int {
	out := map[string]int{}
	for _, m := range w.Outbox.List("") {
		if strings.Contains(m.Text.Reveal(), saying) {
			out[m.To.Reveal()]++
		}
	}
	return out
}

const isNear = "A courier comes to your door from "

func TestThePatientAndWhoReceivesForThemAreToldOnceThatTheSlotIsNearAlsoAfterARestart(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	farOut(t, w)
	o := forTonight(t, w)

	passTo(w, tonight().Add(-61*time.Minute))
	if early := lettersOf(w, isNear); len(early) != 0 {
		t.Errorf("told more than an hour before: %v", early)
	}
	w.Crash()
	passTo(w, tonight().Add(-59*time.Minute))
	w.Pass(30 * time.Minute)

	told := lettersOf(w, isNear)
	if len(told) != 2 {
		t.Errorf("told %v, want the mother and the daughter who orders for her", told)
	}
	for to, times := range told {
		if times != 1 {
			t.Errorf("%s was told %d times, want once", to, times)
		}
	}
	if said := lettersOf(w, "from "+tonight().Format("2006-01-02 15:04")+" until 20:00"); len(said) != len(told) {
		t.Errorf("the hours of the door stand in %d of %d letters", len(said), len(told))
	}
	w.In(o, order.Placed)
}

func TestNobodyIsToldOfTheSlotOfAnOrderThatWasCancelled(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	farOut(t, w)
	o := forTonight(t, w)
	_, err := w.Order.Cancel(t.Context(), w.As(w.Mother), o, "changed_mind")
	w.Must(err)
	w.Settle()

	passTo(w, tonight())

	if told := lettersOf(w, isNear); len(told) != 0 {
		t.Errorf("told %v", told)
	}
}

// comesBack has a bag fail at the door some time into its slot, and taken back at the counter.
func comesBack(w *apptest.Town, o id.Order, after time.Duration) {
	waiting := w.OrderNow(o)
	passTo(w, waiting.Slot.Begins)
	w.Brings(o, order.Ready)
	passTo(w, waiting.Slot.Leaves)
	w.OnShift(w.Couriers[0])
	c := w.Collects(o)
	if at := tonight().Add(after); at.After(w.Clock.Now()) {
		passTo(w, at)
	}
	w.Knocks(o, c)
	w.Fails(o, c, "nobody_home")
	w.In(o, order.Undelivered)
}

func TestAnOrderBroughtAgainKeepsItsPlaceInItsSlot(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	farOut(t, w)
	o := forTonight(t, w)
	comesBack(w, o, 5*time.Minute)

	_, err := w.Order.Reattempt(t.Context(), w.As(w.Mother), o, time.Time{})
	w.Must(err)
	w.Settle()

	again := w.In(o, order.Placed)
	if again.Slot == nil || !again.Slot.From.Equal(tonight()) || again.Waits() {
		t.Errorf("slot %+v, waits %v; want its own, and the work begun", again.Slot, again.Waits())
	}
	if got := taken(t, w, tonight()); got != 1 {
		t.Errorf("%d places of its slot are taken, want its one", got)
	}
	if again, other := lettersOf(w, "Your pharmacy packs a new bag"), lettersOf(w, "Another pharmacy"); len(again) != 1 || len(other) != 0 {
		t.Errorf("told %v that it is brought again and %v of another pharmacy, want the one who is owed it, of the same", again, other)
	}
	if f := w.FillNow(o, 2); f.Slot == nil || !f.Slot.Until.Equal(tonight().Add(2*time.Hour)) {
		t.Errorf("the pharmacy sees the slot %+v", f.Slot)
	}
	if j := w.JobNow(o, 2); j.Slot == nil || !j.Slot.From.Equal(tonight()) || !j.Deadline.Equal(tonight().Add(2*time.Hour)) {
		t.Errorf("the courier sees the slot %+v until %v", j.Slot, j.Deadline)
	}
	w.OnShift(w.Couriers[1])
	w.Brings(o, order.Ready)
	c := w.Collects(o)
	w.Knocks(o, c)
	w.HandsOver(o, c)
	w.In(o, order.Delivered)
	w.LedgerIsZero()
}

func TestAnOrderThatCameBackAfterItsSlotAsksForOneAndWaitsForIt(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	farOut(t, w)
	o := forTonight(t, w)
	comesBack(w, o, 115*time.Minute)
	addWindow(t, w, delivery.Window{Day: int(apptest.Noon.Weekday()+1) % 7, From: "09:00", Until: "11:00", Places: 1})
	morning := tonight().Add(15 * time.Hour)

	_, none := w.Order.Reattempt(t.Context(), w.As(w.Mother), o, time.Time{})
	w.Must(w.Delivery.TakeSlot(t.Context(), w.House(), delivery.Place{Zone: w.Zone, From: morning, Order: "ord_other"}))
	_, full := w.Order.Reattempt(t.Context(), w.As(w.Mother), o, morning)
	w.Must(w.Delivery.GiveSlot(t.Context(), w.House(), delivery.Place{Zone: w.Zone, From: morning, Order: "ord_other"}))
	if !coded(none, "slot-needed") || !coded(full, "slot-gone") {
		t.Errorf("without a time %v, for one that is full %v", none, full)
	}
	w.In(o, order.Undelivered)

	_, err := w.Order.Reattempt(t.Context(), w.As(w.Mother), o, morning)
	w.Must(err)
	w.Settle()

	again := w.In(o, order.Placed)
	if !again.Waits() || !again.Promise.Due.Equal(morning.Add(2*time.Hour)) {
		t.Errorf("waits %v, due %v; want the next morning's slot", again.Waits(), again.Promise.Due)
	}
	if here, there := taken(t, w, morning), taken(t, w, tonight()); here != 1 || there != 0 {
		t.Errorf("%d places are taken in the morning and %d this evening, want one and none", here, there)
	}
	passTo(w, morning.Add(-59*time.Minute))
	if told := lettersOf(w, "from "+morning.Format("2006-01-02 15:04")); len(told) != 2 {
		t.Errorf("told %v that the new slot is near", told)
	}
}

func TestWhoIsOwedABagIsLetIntoASlotThatOthersJustFilled(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	farOut(t, w)
	w.Must(w.Delivery.TakeSlot(t.Context(), w.House(), delivery.Place{Zone: w.Zone, From: tonight(), Order: "ord_other"}))

	full := w.Delivery.TakeSlot(t.Context(), w.House(), delivery.Place{Zone: w.Zone, From: tonight(), Order: "ord_new"})
	w.Must(w.Delivery.TakeSlotAgain(t.Context(), w.House(), delivery.Place{Zone: w.Zone, From: tonight(), Order: "ord_owed"}))
	w.Must(w.Delivery.TakeSlotAgain(t.Context(), w.House(), delivery.Place{Zone: w.Zone, From: tonight(), Order: "ord_owed"}))

	if !coded(full, "slot-full") || taken(t, w, tonight()) != 2 {
		t.Errorf("a new one %v, %d taken; want slot-full and two", full, taken(t, w, tonight()))
	}
	if err := w.Delivery.TakeSlotAgain(t.Context(), w.As(w.Mother), delivery.Place{Zone: w.Zone, From: tonight(), Order: "ord_mine"}); err == nil {
		t.Error("a patient let herself in")
	}
}

func TestSupportHasAnOrderBroughtAgainInTheNextSlot(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	farOut(t, w)
	o := forTonight(t, w)
	comesBack(w, o, 115*time.Minute)
	addWindow(t, w, delivery.Window{Day: int(apptest.Noon.Weekday()+1) % 7, From: "09:00", Until: "11:00", Places: 1})
	cs, err := w.App.Support.Open(t.Context(), w.As(w.Mother), support.Opening{Subject: string(o), Category: support.NotGiven, Text: "Nobody rang."})
	w.Must(err)

	_, err = w.App.Support.WantRedelivery(t.Context(), w.As(w.Support), cs.ID, "goodwill")
	w.Must(err)
	w.Settle()

	if again := w.In(o, order.Placed); again.Slot == nil || !again.Slot.From.Equal(tonight().Add(15*time.Hour)) {
		t.Errorf("slot = %+v, want the next morning's", again.Slot)
	}
}

// taken is how many places of the slot that begins then are taken, as the operator sees it.
func taken(t *testing.T, w *apptest.Town, from time.Time) int {
	t.Helper()
	all, err := w.Delivery.Fullness(t.Context(), w.As(w.Operator), w.Zone)
	w.Must(err)
	for _, f := range all {
		if f.From.Equal(from) {
			return f.Taken
		}
	}
	return 0
}

// addWindow adds hours in which couriers ride to the town's zone.
func addWindow(t *testing.T, w *apptest.Town, more delivery.Window) {
	t.Helper()
	z, err := w.Delivery.Zone(t.Context(), w.Zone)
	w.Must(err)
	content := z.ZoneContent
	content.Windows = append([]delivery.Window{more}, content.Windows...)
	_, err = w.Delivery.ChangeZone(t.Context(), w.As(w.Operator), w.Zone, z.Version, content)
	w.Must(err)
	w.Settle()
}

func TestOperatorSeesHowFullEachSlotIsAndTheOrdersOfAWindowThatWasTakenAway(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	farOut(t, w)
	forTonight(t, w)
	if got := taken(t, w, tonight()); got != 1 {
		t.Fatalf("%d of one place are taken, want it full", got)
	}
	z, err := w.Delivery.Zone(t.Context(), w.Zone)
	w.Must(err)
	content := z.ZoneContent
	content.Windows, content.SlotsOnly = nil, false
	_, err = w.Delivery.ChangeZone(t.Context(), w.As(w.Operator), w.Zone, z.Version, content)
	w.Must(err)

	all, err := w.Delivery.Fullness(t.Context(), w.As(w.Operator), w.Zone)
	w.Must(err)

	want := delivery.Fullness{From: tonight(), Until: tonight().Add(2 * time.Hour), Taken: 1}
	if len(all) != 1 || all[0] != want {
		t.Errorf("the slots are %+v, want %+v alone", all, want)
	}
	if _, err := w.Delivery.Fullness(t.Context(), w.As(w.Mother), w.Zone); err == nil {
		t.Error("a patient sees how full the slots are")
	}
}
