package billing_test

import (
	"fmt"
	"sync"
	"testing"

	"housecall/internal/billing"
	"housecall/internal/fault"
)

func TestAReceiptIsItemisedAndFitForReimbursement(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, visitCharge())
	w.capture(t, "vis_1", billing.Final{Kind: billing.VisitFee, Payee: "acc_wen"})

	s, err := w.Receipt(t.Context(), mother, visitCharge().Payment, billing.NoExtra)
	if err != nil {
		t.Fatal(err)
	}
	r := s.Receipt
	if r.Number != "2026-house-000001" || r.Minor != 5000 || r.PatientName.Reveal() != "Chen Guifen" || len(r.Lines) != 1 {
		t.Errorf("receipt = %+v", r)
	}
	if l := r.Lines[0]; l.Kind != billing.VisitFee || l.Party.Licence != "L-acc_wen" || l.Paid != 5000 {
		t.Errorf("line = %+v, want the doctor and the licence", l)
	}
	if s.Diagnosis != "" {
		t.Error("the diagnosis stands on a receipt that did not ask for it")
	}
}

func TestTheDiagnosisIsOnTheReceiptOnlyWhenAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, visitCharge())
	w.capture(t, "vis_1")

	s, err := w.Receipt(t.Context(), mother, visitCharge().Payment, billing.Diagnosis)

	if err != nil || s.Diagnosis.Reveal() != "J06.9" {
		t.Errorf("diagnosis = %q, %v", s.Diagnosis.Reveal(), err)
	}
}

func TestReceiptsHaveNumbersOfTheirYearAndPlaceAndNoneTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const orders = 12
	seen := sync.Map{}

	var all sync.WaitGroup
	for n := range orders {
		all.Go(func() {
			c := orderCharge()
			c.Subject = fmt.Sprintf("ord_%d", n)
			c.Payment = billing.PaymentOf(c.Subject, 1)
			w.authorise(t, c)
			w.capture(t, c.Subject)
			for range 2 {
				s, err := w.Receipt(t.Context(), mother, c.Payment, billing.NoExtra)
				if err != nil {
					t.Error(err)
					return
				}
				if other, taken := seen.LoadOrStore(s.Receipt.Number, c.Payment); taken && other != c.Payment {
					t.Errorf("number %s was given twice", s.Receipt.Number)
				}
			}
		})
	}
	all.Wait()

	if _, ok := seen.Load(fmt.Sprintf("2026-zone_1-%06d", orders)); !ok {
		t.Error("the numbers have a gap")
	}
}

func TestAReceiptShowsWhatWentBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, orderCharge())
	w.capture(t, "ord_1")
	if err := w.Refund(t.Context(), journey("late"), "ord_1", []string{"delivery_fee"}, "promise_broken"); err != nil {
		t.Fatal(err)
	}

	s, err := w.Receipt(t.Context(), mother, orderCharge().Payment, billing.NoExtra)

	if err != nil || s.Net != cny(8000) || len(s.Refunds) != 1 || s.Receipt.Minor != 8600 {
		t.Errorf("statement = %+v, %v", s, err)
	}
}

func TestThereIsNoReceiptBeforeThePaymentAndNoneForStrangers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, orderCharge())

	_, early := w.Receipt(t.Context(), mother, orderCharge().Payment, billing.NoExtra)
	_, foreign := w.Receipt(t.Context(), stranger, orderCharge().Payment, billing.NoExtra)

	if !fault.Is(early, fault.Conflict) || !fault.Is(foreign, fault.NotFound) {
		t.Errorf("early %v, foreign %v", early, foreign)
	}
}

func TestAReceiptIsMadeByTheEventOfItsCapture(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, orderCharge())
	w.capture(t, "ord_1")

	for _, e := range w.announced(t) {
		if e.Kind == billing.PaymentCaptured {
			if err := w.Heard(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
	}
	page, err := w.Receipts(t.Context(), mother, "pat_mother", anyPage)

	if err != nil || len(page.Items) != 1 {
		t.Errorf("receipts %+v, %v; want one", page.Items, err)
	}
}
