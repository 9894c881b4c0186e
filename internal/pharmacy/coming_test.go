package pharmacy_test

import (
	"strconv"
	"testing"
	"time"

	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/pharmacy"
)

// expected has oak told of an order that comes so many hours from now, as its nth choice.
func (w *town) expected(order id.Order, hours, choice int) id.Fill {
	w.t.Helper()
	fill := id.FillOf(order, 1)
	at := monday.Add(time.Duration(hours) * time.Hour)
	must(w.t, w.Expect(w.t.Context(), journey(string(order)+strconv.Itoa(choice)+strconv.Itoa(hours)), fill, pharmacy.Appointment{
		From: at, Until: at.Add(2 * time.Hour), Leaves: at.Add(-20 * time.Minute), Begins: at.Add(-30 * time.Minute), Choice: choice,
	}))
	return fill
}

func (w *town) coming() []*pharmacy.Fill {
	w.t.Helper()
	page, err := w.Coming(w.t.Context(), pharmacist(w.oak), w.oak.ID, "", 50)
	must(w.t, err)
	return page.Items
}

func TestPharmacySeesPaidOrdersThatComeLaterTheSoonestFirstAndNotOnItsWorkList(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.reserve("ord_unpaid", pharmacy.ByCourier)
	w.reserve("ord_late", pharmacy.ByCourier)
	w.reserve("ord_soon", pharmacy.ByCourier)
	late, soon := w.expected("ord_late", 30, 0), w.expected("ord_soon", 6, 0)

	got := w.coming()

	if len(got) != 2 || got[0].ID != soon || got[1].ID != late {
		t.Errorf("coming = %v, want the two paid ones, the soonest first", got)
	}
	work, err := w.WorkList(t.Context(), pharmacist(w.oak), w.oak.ID, "", "", 50)
	must(t, err)
	if len(work.Items) != 0 {
		t.Errorf("the work list has %v before its time", work.Items)
	}
	if _, err := w.Fill(t.Context(), pharmacist(w.oak), soon); !fault.Is(err, fault.NotFound) {
		t.Errorf("reading whose it is = %v, want not found before its work begins", err)
	}
	if to := w.heard(string(soon), pharmacy.KindComing).To; to[len(to)-1] != string(w.oak.ID) {
		t.Errorf("told %v, want the pharmacy among them", to)
	}
}

func TestOfAnOrderThatWasMovedThePharmacySeesTheLaterChoiceWhicheverIsToldLast(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.reserve("ord_1", pharmacy.ByCourier)
	w.expected("ord_1", 6, 0)
	w.expected("ord_1", 30, 2)
	w.expected("ord_1", 20, 1) // told late

	got := w.coming()

	if len(got) != 1 || got[0].Slot.Choice != 2 || !got[0].Slot.From.Equal(monday.Add(30*time.Hour)) {
		t.Errorf("coming = %+v, want the second choice", got)
	}
}

func TestWhatComesLaterLeavesTheListWhenItsWorkBeginsOrItIsCancelled(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.reserve("ord_begins", pharmacy.ByCourier)
	w.reserve("ord_ends", pharmacy.ByCourier)
	begins, ends := w.expected("ord_begins", 6, 0), w.expected("ord_ends", 6, 0)

	must(t, w.Offer(t.Context(), journey("begins"), begins))
	must(t, w.Release(t.Context(), journey("ends"), ends, "changed_mind"))

	if got := w.coming(); len(got) != 0 {
		t.Errorf("still coming: %v", got)
	}
	if to := w.heard(string(ends), pharmacy.KindReleased).To; to[len(to)-1] != string(w.oak.ID) {
		t.Errorf("of the cancelled one %v are told, want the pharmacy among them", to)
	}
	before := w.fill(begins).Slot
	w.expected("ord_begins", 40, 1)
	if after := w.fill(begins).Slot; *after != *before || w.state(begins) != pharmacy.Offered {
		t.Errorf("moved after its work has begun: %+v, want %+v", after, before)
	}
}

func TestAnotherPharmacyDoesNotSeeWhatComes(t *testing.T) {
	t.Parallel()
	w := newTown(t)

	_, other := w.Coming(t.Context(), pharmacist(w.elm), w.oak.ID, "", 50)
	_, mum := w.Coming(t.Context(), patient, w.oak.ID, "", 50)

	if !fault.Is(other, fault.NotFound) || mum == nil {
		t.Errorf("another pharmacy %v, a patient %v; want both refused", other, mum)
	}
}
