package journey_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"housecall/internal/apptest"
	"housecall/internal/delivery"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
	"housecall/internal/prescribing"
)

// evening is when couriers ride to a place that is too far for thirty minutes.
var evening = delivery.Window{Day: int(apptest.Noon.Weekday()), From: "18:00", Until: "20:00", Places: 1}

// farOut makes the town's zone one where couriers come in the evening alone.
func farOut(t *testing.T, w *apptest.Town) {
	t.Helper()
	z, err := w.Delivery.Zone(t.Context(), w.Zone)
	w.Must(err)
	content := z.ZoneContent
	content.Windows, content.SlotsOnly = []delivery.Window{evening}, true
	_, err = w.Delivery.ChangeZone(t.Context(), w.As(w.Operator), w.Zone, z.Version, content)
	w.Must(err)
	w.Settle()
}

func tonight() time.Time {
	return time.Date(apptest.Noon.Year(), apptest.Noon.Month(), apptest.Noon.Day(), 18, 0, 0, 0, time.UTC)
}

func TestAPlaceWithoutThirtyMinutesIsOfferedItsSlotsUpFront(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	farOut(t, w)
	s := w.Prescribed()

	c, err := w.Delivery.Coverage(t.Context(), apptest.Door)
	w.Must(err)
	quotes, err := w.Pharmacy.Quotes(t.Context(), w.As(w.Mother), pharmacy.QuoteRequest{Part: s.Part, Door: apptest.Door, Fulfilment: pharmacy.ByCourier})
	w.Must(err)

	if c.Covered || c.Otherwise == "" || len(c.Slots) != 1 || !c.Slots[0].From.Equal(tonight()) {
		t.Errorf("coverage = %+v, want no couriers at once, and the slot tonight", c)
	}
	if len(quotes) == 0 {
		t.Fatal("no pharmacy is offered")
	}
	for _, q := range quotes {
		if len(q.Slots) != 1 || !q.Slots[0].From.Equal(tonight()) || q.DeliveryFee.Minor == 0 {
			t.Errorf("%s offers the slots %v for %v", q.Name, q.Slots, q.DeliveryFee)
		}
	}
	want := apptest.Wanted(s.Part, w.Corner, order.Courier)
	if _, err := w.Order.Place(t.Context(), w.As(w.Daughter), want); !coded(err, "slot-needed") {
		t.Errorf("an order at once = %v, want slot-needed", err)
	}
}

func TestAnOrderForASlotWaitsForItAndIsAtTheDoorInIt(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	farOut(t, w)
	s := w.Prescribed()
	want := apptest.Wanted(s.Part, w.Corner, order.Courier)
	want.Slot = tonight()
	placed, err := w.Order.Place(t.Context(), w.As(w.Daughter), want)
	w.Must(err)
	w.Settle()
	w.Pays(placed.ID, "card_ok")

	waiting := w.In(placed.ID, order.Placed)
	if f := w.FillNow(placed.ID, 1); f.State != pharmacy.Reserved {
		t.Errorf("the pharmacy has it as %s six hours before, want only reserved", f.State)
	}
	if !waiting.Promise.Due.Equal(tonight().Add(2 * time.Hour)) {
		t.Errorf("due at %v, want the end of the slot", waiting.Promise.Due)
	}
	if in := waiting.Expected(w.Clock.Now()); in.Before(tonight()) {
		t.Errorf("expected at %v, before its slot", in)
	}

	w.Pass(waiting.Slot.Begins.Sub(w.Clock.Now()))
	if f := w.FillNow(placed.ID, 1); f.State != pharmacy.Offered {
		t.Fatalf("the pharmacy has it as %s when its work has to begin, want offered", f.State)
	}
	w.Brings(placed.ID, order.Ready)
	job := w.JobNow(placed.ID, 1)
	if !job.Deadline.Equal(tonight().Add(2*time.Hour)) || job.ReadyAt.Before(waiting.Slot.Leaves) {
		t.Errorf("the ride is for %v, with a bag from %v; want the slot's end, and no courier sent too early", job.Deadline, job.ReadyAt)
	}
	w.Pass(waiting.Slot.Leaves.Sub(w.Clock.Now()))
	w.OnShift(w.Couriers[0])
	c := w.Collects(placed.ID)
	w.Knocks(placed.ID, c)
	w.HandsOver(placed.ID, c)

	done := w.In(placed.ID, order.Delivered)
	if done.Promise.Broken != "" {
		t.Errorf("the promise was broken in %s", done.Promise.Broken)
	}
	wantPart(t, w, s, prescribing.Dispensed)
	w.LedgerIsZero()
}

func TestTheLastPlaceOfASlotIsGivenOnceAndComesBackWithACancelledOrder(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	farOut(t, w)
	want := apptest.Wanted(w.Prescribed().Part, w.Corner, order.Courier)
	want.Slot = tonight()
	mine, err := w.Order.Place(t.Context(), w.As(w.Daughter), want)
	w.Must(err)
	w.Settle()

	full := w.Delivery.TakeSlot(t.Context(), w.House(), delivery.Place{Zone: w.Zone, From: tonight(), Order: "ord_other"})
	c, err := w.Delivery.Coverage(t.Context(), apptest.Door)
	w.Must(err)
	if !coded(full, "slot-full") || c.Covered || len(c.Slots) != 0 || c.Otherwise == "" {
		t.Errorf("with its only place taken: %v, coverage %+v", full, c)
	}

	_, err = w.Order.Cancel(t.Context(), w.As(w.Daughter), mine.ID, "changed_mind")
	w.Must(err)
	w.Settle()
	if _, err := w.Order.Place(t.Context(), w.As(w.Daughter), want); err != nil {
		t.Errorf("a place given back = %v", err)
	}
}

func TestTwoWhoRaceForTheLastPlaceOfASlotDoNotBothGetIt(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	farOut(t, w)
	const racers = 8
	got := make(chan error, racers)
	for n := range racers {
		go func() {
			got <- w.Delivery.TakeSlot(t.Context(), w.House(), delivery.Place{Zone: w.Zone, From: tonight(), Order: id.Order(fmt.Sprintf("ord_%d", n))})
		}()
	}

	won := 0
	for range racers {
		switch err := <-got; {
		case err == nil:
			won++
		case !coded(err, "slot-full"):
			t.Errorf("took it: %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d have the last place, want one", won)
	}
}

func TestASlotIsRefusedWhereNoneCanBe(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	farOut(t, w)
	s := w.Prescribed()
	tests := []struct {
		name   string
		change func(*order.Wanted)
		code   string
		field  string
	}{
		{"a time that is no slot", func(o *order.Wanted) { o.Slot = tonight().Add(time.Minute) }, "slot-gone", ""},
		{"a slot that is past", func(o *order.Wanted) { o.Slot = tonight().AddDate(0, 0, -7) }, "slot-gone", ""},
		{"a slot for a pick-up", func(o *order.Wanted) { o.Slot, o.Fulfilment = tonight(), order.Pickup }, "", "/slot"},
		{"a slot for a parcel", func(o *order.Wanted) { o.Slot, o.Fulfilment = tonight(), order.Parcel }, "", "/slot"},
	}
	for _, tt := range tests {
		want := apptest.Wanted(s.Part, w.Corner, order.Courier)
		tt.change(&want)

		_, err := w.Order.Place(t.Context(), w.As(w.Daughter), want)

		if tt.code != "" && !coded(err, tt.code) || tt.field != "" && !fault.Is(err, fault.Invalid) {
			t.Errorf("%s = %v, want %s%s", tt.name, err, tt.code, tt.field)
		}
	}
}

func TestAZoneWhoseWindowsCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	z, err := w.Delivery.Zone(t.Context(), w.Zone)
	w.Must(err)
	for name, windows := range map[string][]delivery.Window{
		"no window at all":        nil,
		"one that is too short":   {{Day: 1, From: "18:00", Until: "18:10", Places: 1}},
		"one over midnight":       {{Day: 1, From: "22:00", Until: "02:00", Places: 1}},
		"an hour that is none":    {{Day: 1, From: "25:00", Until: "26:00", Places: 1}},
		"a day that is none":      {{Day: 7, From: "18:00", Until: "20:00", Places: 1}},
		"without a place":         {{Day: 1, From: "18:00", Until: "20:00"}},
		"two that begin together": {evening, evening},
	} {
		content := z.ZoneContent
		content.Windows, content.SlotsOnly = windows, true

		_, err := w.Delivery.ChangeZone(t.Context(), w.As(w.Operator), w.Zone, z.Version, content)

		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s = %v, want a refusal of the field", name, err)
		}
	}
}

func TestASlotIsOnlyOfferedByACounterThatIsOpenInTimeForIt(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	farOut(t, w)
	ph, err := w.Pharmacy.Pharmacy(t.Context(), w.As(w.Corner.Pharmacist), w.Corner.ID)
	w.Must(err)
	var mornings pharmacy.Timetable
	for day := range 7 {
		mornings.Hours = append(mornings.Hours, pharmacy.Opening{Day: day, From: "08:00", Until: "17:00"})
	}
	_, err = w.Pharmacy.SetTimetable(t.Context(), w.As(w.Corner.Pharmacist), ph.ID, ph.Version, mornings)
	w.Must(err)
	s := w.Prescribed()

	quotes, err := w.Pharmacy.Quotes(t.Context(), w.As(w.Mother), pharmacy.QuoteRequest{Part: s.Part, Door: apptest.Door})
	w.Must(err)

	for _, q := range quotes {
		if offers := len(q.Slots) > 0; offers == (q.Pharmacy == w.Corner.ID) {
			t.Errorf("%s offers the slots %v", q.Name, q.Slots)
		}
	}
	want := apptest.Wanted(s.Part, w.Corner, order.Courier)
	want.Pharmacy, want.Slot = w.Corner.ID, tonight()
	if _, err := w.Order.Place(t.Context(), w.As(w.Daughter), want); err == nil {
		t.Error("a counter that is closed then takes the order")
	}
}

func coded(err error, code string) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Code == code
}
