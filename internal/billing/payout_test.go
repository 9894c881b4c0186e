package billing_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"housecall/internal/access"
	"housecall/internal/billing"
	"housecall/internal/docstore"
	"housecall/internal/fault"
)

var anyPage = docstore.Query{}

// earned has everybody earn something: the doctor by a visit, the pharmacy and the courier by an order.
func (w *world) earned(t *testing.T) {
	t.Helper()
	w.authorise(t, visitCharge())
	w.capture(t, "vis_1", billing.Final{Kind: billing.VisitFee, Payee: "acc_wen"})
	w.authorise(t, orderCharge())
	w.capture(t, "ord_1")
	for range 2 { // told twice
		if err := w.Earn(t.Context(), journey("delivered"), "job_ord_1_1", "acc_courier", cny(900)); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) closePeriod(t *testing.T, key string) map[string]*billing.Payout {
	t.Helper()
	all, err := w.ClosePeriod(t.Context(), as(operator, key), w.clock.Now(), "")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*billing.Payout{}
	for _, p := range all {
		out[p.Payee] = p
	}
	return out
}

func TestDoctorsPharmaciesAndCouriersArePaidOutOnceForAPeriod(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.earned(t)
	w.clock.Advance(time.Hour)

	first := w.closePeriod(t, "close")
	again := w.closePeriod(t, "close again")

	got := map[string]int64{}
	for payee, p := range first {
		got[payee] = p.Minor
		if p.State != billing.PayoutClosed || again[payee] == nil || again[payee].ID != p.ID {
			t.Errorf("%s: %s; again %+v", payee, p.State, again[payee])
		}
	}
	if diff := cmp.Diff(map[string]int64{"acc_wen": 4500, "phm_1": 7600, "acc_courier": 900}, got); diff != "" {
		t.Error(diff)
	}
	w.clock.Advance(time.Hour)
	if later := w.closePeriod(t, "next"); len(later) != 0 {
		t.Errorf("the next period pays %v again", later)
	}
}

func TestAPayoutMarkedPaidLeavesNothingOwedAndALedgerOfZero(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.earned(t)
	w.clock.Advance(time.Hour)

	for payee, p := range w.closePeriod(t, "close") {
		for range 2 { // asked twice
			if _, err := w.MarkPaid(t.Context(), as(operator, "pay "+payee), p.ID, "BANK-1"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.MarkPaid(t.Context(), as(operator, "again "+payee), p.ID, "BANK-2"); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s is paid twice: %v", payee, err)
		}
	}

	want := map[string]int64{"gateway": 13_600, "bank": -13_000, "courier_cost": 900, "house_revenue": -1500}
	if diff := cmp.Diff(want, w.ledger(t)); diff != "" {
		t.Error(diff)
	}
}

func TestOperatorsWhoCloseTheSamePeriodAtOnceMakeOnePayout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.earned(t)
	w.clock.Advance(time.Hour)

	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, err := w.ClosePeriod(t.Context(), operator, w.clock.Now(), "acc_wen"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()

	page, err := w.PayoutsOf(t.Context(), wen, "acc_wen", anyPage)
	var sum int64
	for _, p := range page.Items {
		sum += p.Minor
	}
	if err != nil || sum != 4500 {
		t.Errorf("payouts of %d in all, %v; want 4500", sum, err)
	}
}

func TestWhatGoesBackAfterAPayoutIsTakenOffTheNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.earned(t)
	w.clock.Advance(time.Hour)
	w.closePeriod(t, "first")
	if err := w.Refund(t.Context(), journey("returned"), "ord_1", []string{"medicine"}, "returned"); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Hour)

	carried := w.closePeriod(t, "second")["phm_1"]
	next := orderCharge()
	next.Subject, next.Payment = "ord_2", billing.PaymentOf("ord_2", 1)
	next.Lines[0].Amount = cny(10_000)
	w.authorise(t, next)
	w.capture(t, "ord_2")
	w.clock.Advance(time.Hour)
	third := w.closePeriod(t, "third")["phm_1"]

	if carried == nil || carried.State != billing.PayoutCarried {
		t.Fatalf("second period = %+v, want carried", carried)
	}
	if third == nil || third.Minor != 9500-7600 {
		t.Errorf("third period = %+v, want 9500 less 7600", third)
	}
	w.ledger(t)
}

func TestAPeriodThatIsNotOverCanNotBeClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	_, err := w.ClosePeriod(t.Context(), operator, w.clock.Now().Add(time.Second), "")

	if !fault.Is(err, fault.Invalid) {
		t.Errorf("close = %v", err)
	}
}

func TestEverybodyReadsTheirOwnEarningsAndNobodyElses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.earned(t)
	here := access.Actor{Account: "acc_pharmacist", Role: access.Pharmacist, Pharmacy: "phm_1"}
	there := access.Actor{Account: "acc_other", Role: access.Pharmacist, Pharmacy: "phm_2"}

	for payee, a := range map[string]access.Actor{"acc_wen": wen, "acc_courier": courier, "phm_1": here} {
		page, err := w.Earnings(t.Context(), a, payee, anyPage)
		if err != nil || len(page.Items) != 1 {
			t.Errorf("%s reads %d, %v; want one", payee, len(page.Items), err)
		}
	}
	for payee, a := range map[string]access.Actor{"acc_wen": courier, "acc_courier": wen, "phm_1": there} {
		if _, err := w.Earnings(t.Context(), a, payee, anyPage); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s reads the earnings of %s: %v", a.Account, payee, err)
		}
	}
}

func TestATipIsTheCouriersInFullAndEachKeyIsOneTip(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	for _, key := range []string{"one", "one", "two"} {
		if _, err := w.Tip(t.Context(), as(daughter, key), "ord_1", cny(500), "card"); err != nil {
			t.Fatal(err)
		}
	}

	if b := w.ledger(t); b["courier_payable:acc_courier"] != -1000 || b["gateway"] != 1000 {
		t.Errorf("ledger %v, want two tips of 500", b)
	}
	page, err := w.Earnings(t.Context(), courier, "acc_courier", anyPage)
	if err != nil || len(page.Items) != 2 || page.Items[0].For != billing.TipLine {
		t.Errorf("earnings %+v, %v", page.Items, err)
	}
}

func TestATipStaysWithTheCourierWhenTheOrderIsRefunded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.earned(t)
	if _, err := w.Tip(t.Context(), as(daughter, "one"), "ord_1", cny(500), "card"); err != nil {
		t.Fatal(err)
	}

	if err := w.Refund(t.Context(), journey("wrong"), "ord_1", nil, "wrong_item"); err != nil {
		t.Fatal(err)
	}

	if b := w.ledger(t); b["courier_payable:acc_courier"] != -1400 {
		t.Errorf("ledger %v, want the pay of 900 and the tip of 500", b)
	}
}

func TestAPharmacyThatPacksAnOrderAgainIsPaidOnceMoreByTheHouse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.earned(t)

	for range 2 { // told twice
		if err := w.Resupplied(t.Context(), journey("collected again"), "fill_ord_1_2", "phm_2", cny(8000)); err != nil {
			t.Fatal(err)
		}
	}

	if b := w.ledger(t); b["pharmacy_payable:phm_2"] != -7600 || b["refunds"] != 7600 {
		t.Errorf("ledger %v", b)
	}
}

func TestWrongTipsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	for name, err := range map[string]error{
		"nothing":              second(w.Tip(t.Context(), as(daughter, "a"), "ord_1", cny(0), "card")),
		"a slip of the finger": second(w.Tip(t.Context(), as(daughter, "b"), "ord_1", cny(5_000_000), "card")),
		"another currency":     second(w.Tip(t.Context(), as(daughter, "c"), "ord_1", money2("EUR"), "card")),
	} {
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"a stranger":       second(w.Tip(t.Context(), as(stranger, "a"), "ord_1", cny(100), "card")),
		"an unknown order": second(w.Tip(t.Context(), as(daughter, "d"), "ord_9", cny(100), "card")),
	} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.bank.broke = true
	if _, err := w.Tip(t.Context(), as(daughter, "e"), "ord_1", cny(100), "card"); !fault.Is(err, fault.Conflict) {
		t.Errorf("a refused card: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }
