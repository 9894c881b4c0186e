package journey_test

import (
	"testing"
	"time"

	"housecall/internal/apptest"
	"housecall/internal/order"
	"housecall/internal/prescribing"
)

// decongestant is a precursor of drugs: sixty milligrams a tablet, of which America lets 7.5 grams be sent to one
// person in thirty days.
const decongestant = "pseudoephedrine/tablet/60mg"

// kidneysUnknown is what the safety engine finds of it, where nobody has told of them.
const kidneysUnknown = "missing-fact-e521b558bf05"

// twice is a prescription of 90 tablets, 5.4 g, to be had twice.
func twice(t *testing.T, w *apptest.Town) (first, second apptest.Script) {
	t.Helper()
	w.Shelve(w.Corner, decongestant, 2000, 40)
	s := w.PrescribedSheet(prescribing.Written{Repeats: 1, EveryDays: 5, Reasons: []prescribing.WrittenReason{{Finding: kidneysUnknown, Words: "Tested in May, at the clinic."}}, Items: []prescribing.WrittenItem{{Product: decongestant, Supply: 90, SupplyReason: "travels"}}})
	v, err := w.Consult.Visit(t.Context(), w.House(), s.Visit)
	w.Must(err)
	_, err = w.Intake.ShowIdentity(t.Context(), w.As(w.Doctor), v.Intake, "id_card")
	w.Must(err)
	rx, err := w.Prescribing.Prescription(t.Context(), w.As(w.Mother), s.ID)
	w.Must(err)
	if len(rx.Parts) != 2 {
		t.Fatalf("%d parts, want two", len(rx.Parts))
	}
	w.UnderLaw("us", "")
	w.Pass(6 * 24 * time.Hour)
	second = s
	second.Part = rx.Parts[1].ID
	return s, second
}

func TestWhatOnePersonGetsOfAPrecursorInThirtyDaysIsAddedUpOverTheirOrders(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	first, second := twice(t, w)
	want := func(s apptest.Script) order.Wanted { return apptest.Wanted(s.Part, w.Corner, order.Courier) }
	o, err := w.Order.Place(t.Context(), w.As(w.Daughter), want(first))
	w.Must(err)
	w.Settle()
	w.In(o.ID, order.Unpaid)

	_, held := w.Order.Place(t.Context(), w.As(w.Daughter), want(second)) // the first is only held for her
	w.Pays(o.ID, "card_ok")
	w.OnShift(w.Couriers[0])
	c := w.Collects(o.ID)
	w.Knocks(o.ID, c)
	w.HandsOver(o.ID, c)
	w.In(o.ID, order.Delivered)
	_, had := w.Order.Place(t.Context(), w.As(w.Daughter), want(second))
	w.Pass(31 * 24 * time.Hour)
	_, later := w.Order.Place(t.Context(), w.As(w.Daughter), want(second))

	forbiddenBy(t, held, "US-D09")
	forbiddenBy(t, had, "US-D09")
	if later != nil && codeOf(later) == "rule-forbids" {
		t.Errorf("a month later = %v, want no limit any more", later)
	}
}

func TestTwoOrdersOfAPrecursorAtOnceDoNotBothPassTheLimit(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	first, second := twice(t, w)

	a, err := w.Order.Place(t.Context(), w.As(w.Daughter), apptest.Wanted(first.Part, w.Corner, order.Courier))
	w.Must(err)
	b, err := w.Order.Place(t.Context(), w.As(w.Mother), apptest.Wanted(second.Part, w.Corner, order.Courier))
	if err != nil && codeOf(err) != "rule-forbids" { // the first may have been claimed already
		t.Fatal(err)
	}
	w.Settle()

	if err == nil && w.OrderNow(a.ID).State != order.Cancelled && w.OrderNow(b.ID).State != order.Cancelled {
		t.Errorf("they are %s and %s, want one cancelled at least", w.OrderNow(a.ID).State, w.OrderNow(b.ID).State)
	}
}
