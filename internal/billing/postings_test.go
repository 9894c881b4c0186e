package billing_test

import (
	"testing"
	"time"

	"housecall/internal/fault"
)

func TestPostingsOfAPeriodSumToZeroAndLeaveTheRestOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, orderCharge())
	w.capture(t, "ord_1")
	from := w.clock.Now().Add(-time.Hour)

	all, err := w.Postings(t.Context(), operator, from, w.clock.Now().Add(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	later, err := w.Postings(t.Context(), operator, w.clock.Now().Add(time.Hour), w.clock.Now().Add(2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	_, nosy := w.Postings(t.Context(), mother, from, w.clock.Now())

	var sum int64
	for _, p := range all {
		sum += p.Minor
		if p.Source == "" || p.Account == "" || p.Currency != "CNY" {
			t.Errorf("posting = %+v, want its document, account and currency", p)
		}
	}
	if len(all) < 2 || sum != 0 {
		t.Errorf("%d postings sum to %d, want zero", len(all), sum)
	}
	if len(later) != 0 {
		t.Errorf("%d postings after the period", len(later))
	}
	if !fault.Is(nosy, fault.NotFound) {
		t.Errorf("a patient listed the ledger: %v", nosy)
	}
}
