package journey_test

import (
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/apptest"
	"housecall/internal/delivery"
	"housecall/internal/event"
	"housecall/internal/id"
	"housecall/internal/journey"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
)

// tomorrow is the morning after, in which couriers ride too.
func tomorrow() time.Time { return tonight().Add(15 * time.Hour) }

// ridesTomorrow has couriers ride the next morning too, for so many orders.
func ridesTomorrow(t *testing.T, w *apptest.Town, places int) {
	t.Helper()
	addWindow(t, w, delivery.Window{Day: int(apptest.Noon.Weekday()+1) % 7, From: "09:00", Until: "11:00", Places: places})
}

func movesTo(t *testing.T, w *apptest.Town, who access.Actor, o id.Order, to time.Time) error {
	t.Helper()
	_, err := w.Order.Reschedule(t.Context(), w.As(who), o, to)
	return err
}

// comingAt is what the corner's counter is told beforehand.
func comingAt(t *testing.T, w *apptest.Town) []*pharmacy.Fill {
	t.Helper()
	page, err := w.Pharmacy.Coming(t.Context(), w.As(w.Corner.Pharmacist), w.Corner.ID, "", 50)
	w.Must(err)
	return page.Items
}

func TestAPaidOrderIsMovedToTheNextMorningAndBroughtThen(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	farOut(t, w)
	ridesTomorrow(t, w, 1)
	o := forTonight(t, w)
	before := comingAt(t, w)

	w.Must(movesTo(t, w, w.Daughter, o, tomorrow()))
	w.Settle()

	if here, there := taken(t, w, tonight()), taken(t, w, tomorrow()); here != 0 || there != 1 {
		t.Errorf("%d places are taken tonight and %d tomorrow, want none and one", here, there)
	}
	after := comingAt(t, w)
	if len(before) != 1 || !before[0].Slot.From.Equal(tonight()) || len(after) != 1 || !after[0].Slot.From.Equal(tomorrow()) || !after[0].Slot.Begins.After(tonight()) {
		t.Errorf("the counter was told %+v, and then %+v; want tonight, and then tomorrow", before, after)
	}
	if _, err := w.Pharmacy.Fill(t.Context(), w.As(w.Corner.Pharmacist), id.FillOf(o, 1)); err == nil {
		t.Error("the counter reads whose it is before its work begins")
	}
	if told := lettersOf(w, "from "+tomorrow().Format("2006-01-02 15:04")+" until 11:00"); len(told) != 2 {
		t.Errorf("told %v that it was moved, want the mother and the daughter", told)
	}
	passTo(w, tonight().Add(time.Hour))
	if f := w.FillNow(o, 1); f.State != pharmacy.Reserved {
		t.Errorf("in the evening that it left the pharmacy has it as %s", f.State)
	}
	waiting := w.OrderNow(o)
	passTo(w, waiting.Slot.Begins)
	if f := w.FillNow(o, 1); f.State != pharmacy.Offered || len(comingAt(t, w)) != 0 {
		t.Errorf("when its work begins the pharmacy has it as %s, and still coming %v", f.State, comingAt(t, w))
	}
	if err := movesTo(t, w, w.Mother, o, tonight()); !coded(err, "work-begun") {
		t.Errorf("moved after the pharmacy has begun = %v", err)
	}
	w.Brings(o, order.Ready)
	passTo(w, waiting.Slot.Leaves)
	w.OnShift(w.Couriers[0])
	c := w.Collects(o)
	w.Knocks(o, c)
	w.HandsOver(o, c)
	if done := w.In(o, order.Delivered); done.Promise.Broken != "" {
		t.Errorf("the promise was broken in %s", done.Promise.Broken)
	}
	w.LedgerIsZero()
}

func TestWhoComesSecondToTheLastPlaceStaysInTheirOwnTimeAndIsTold(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	farOut(t, w)
	ridesTomorrow(t, w, 1)
	o := forTonight(t, w)

	w.Must(movesTo(t, w, w.Daughter, o, tomorrow()))
	w.Must(w.Delivery.TakeSlot(t.Context(), w.House(), delivery.Place{Zone: w.Zone, From: tomorrow(), Order: "ord_other"})) // in that moment
	w.Settle()

	now := w.In(o, order.Placed)
	lost := now.Slot.From.Equal(tonight()) && now.NotMoved.Equal(tomorrow())
	if won := now.Slot.From.Equal(tomorrow()); won == lost || now.Moving != nil {
		t.Errorf("slot %+v, moving %+v, not moved to %v; want one or the other", now.Slot, now.Moving, now.NotMoved)
	}
	if there := taken(t, w, tomorrow()); lost && (there != 1 || taken(t, w, tonight()) != 1) {
		t.Errorf("%d places are taken tomorrow, %d tonight; want one each", there, taken(t, w, tonight()))
	}
	if told := lettersOf(w, "could not be moved"); lost && len(told) != 2 {
		t.Errorf("told %v that it stays, want the mother and the daughter", told)
	}
}

func TestAPlaceThatIsTakenAtTheSameMomentByOthersOrNotAtAllLeavesTheCountRight(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	farOut(t, w)
	ridesTomorrow(t, w, 2)
	addWindow(t, w, delivery.Window{Day: int(apptest.Noon.Weekday()+1) % 7, From: "14:00", Until: "16:00", Places: 1})
	o := forTonight(t, w)
	slots := []time.Time{tonight(), tomorrow(), tomorrow().Add(5 * time.Hour)}

	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			dice := rand.New(rand.NewPCG(7, uint64(n)))
			for range 12 {
				who := []access.Actor{w.Mother, w.Daughter}[dice.IntN(2)]
				if err := movesTo(t, w, who, o, slots[dice.IntN(len(slots))]); err != nil && !coded(err, "slot-gone") {
					t.Errorf("moved: %v", err)
				}
			}
		})
	}
	all.Wait()
	w.Settle()

	now := w.In(o, order.Placed)
	if now.Moving != nil {
		t.Errorf("it is still being moved to %v", now.Moving.From)
	}
	for _, from := range slots {
		want := 0
		if now.Slot.From.Equal(from) {
			want = 1
		}
		if got := taken(t, w, from); got != want {
			t.Errorf("%d places are taken at %v, want %d: it comes at %v", got, from, want, now.Slot.From)
		}
	}
	if coming := comingAt(t, w); len(coming) != 1 || !coming[0].Slot.From.Equal(now.Slot.From) {
		t.Errorf("the counter is told %+v, want %v", coming, now.Slot.From)
	}
}

func TestAMoveIsDoneWholeThoughHousecallStopsInTheMiddleOfIt(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	farOut(t, w)
	ridesTomorrow(t, w, 1)
	o := forTonight(t, w)

	w.Must(movesTo(t, w, w.Daughter, o, tomorrow()))
	w.Crash()
	w.Settle()

	if now := w.In(o, order.Placed); now.Moving != nil || !now.Slot.From.Equal(tomorrow()) {
		t.Errorf("slot %+v, moving %+v; want it moved", now.Slot, now.Moving)
	}
	if here, there := taken(t, w, tonight()), taken(t, w, tomorrow()); here != 0 || there != 1 {
		t.Errorf("%d places are taken tonight and %d tomorrow, want none and one", here, there)
	}
}

func TestWhoCancelsWhileTheOrderIsMovedLeavesNoPlaceTaken(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	farOut(t, w)
	ridesTomorrow(t, w, 1)
	o := forTonight(t, w)

	w.Must(movesTo(t, w, w.Daughter, o, tomorrow()))
	_, err := w.Order.Cancel(t.Context(), w.As(w.Mother), o, "changed_mind")
	w.Must(err)
	w.Settle()

	if here, there := taken(t, w, tonight()), taken(t, w, tomorrow()); here != 0 || there != 0 {
		t.Errorf("%d places are taken tonight and %d tomorrow, want none", here, there)
	}
	if coming := comingAt(t, w); len(coming) != 0 {
		t.Errorf("the counter still expects %+v", coming)
	}
}

// What a journey is told it may be told again, late, after all that followed.
func TestWordOfAMoveThatComesAgainLateTakesNoPlaceAndGivesNobodysBack(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	farOut(t, w)
	ridesTomorrow(t, w, 2)
	o := forTonight(t, w)
	w.Must(movesTo(t, w, w.Daughter, o, tomorrow())) // choice 1
	w.Settle()
	w.Must(movesTo(t, w, w.Daughter, o, tonight())) // choice 2
	w.Settle()
	w.Must(movesTo(t, w, w.Daughter, o, tomorrow())) // choice 3
	w.Settle()
	j := journey.New(journey.Deps{Order: w.Order, Delivery: w.Delivery, Pharmacy: w.Pharmacy, Log: slog.New(slog.DiscardHandler)})
	wanted := func(n int, from time.Time) event.Event {
		return event.Event{ID: "evt_late_" + strconv.Itoa(n), Kind: order.EventSlotWanted, Doc: string(o), Data: map[string]string{
			"order": string(o), "starts_at": from.Format(time.RFC3339), "choice": strconv.Itoa(n), "attempt": "1",
		}}
	}
	left := event.Event{ID: "evt_left", Kind: order.EventSlotMoved, Doc: string(o), Data: map[string]string{
		"order": string(o), "left_from": tomorrow().Format(time.RFC3339), "left_choice": "1", "attempt": "1",
	}}

	for _, late := range []event.Event{wanted(1, tomorrow()), left, wanted(2, tonight()), wanted(3, tomorrow())} {
		w.Must(j.Tell(t.Context(), "placing", late))
	}

	if here, there := taken(t, w, tonight()), taken(t, w, tomorrow()); here != 0 || there != 1 {
		t.Errorf("%d places are taken tonight and %d tomorrow, want none and its one", here, there)
	}
	if now := w.In(o, order.Placed); !now.Slot.From.Equal(tomorrow()) || now.Slot.Choice != 3 {
		t.Errorf("slot = %+v, want the last choice", now.Slot)
	}
	_, err := w.Order.Cancel(t.Context(), w.As(w.Mother), o, "changed_mind")
	w.Must(err)
	w.Settle()
	w.Must(j.Tell(t.Context(), "placing", wanted(3, tomorrow())))
	if there := taken(t, w, tomorrow()); there != 0 {
		t.Errorf("%d places are taken for an order that was cancelled", there)
	}
}
