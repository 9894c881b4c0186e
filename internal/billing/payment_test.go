package billing_test

import (
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"housecall/internal/access"
	"housecall/internal/billing"
	"housecall/internal/fault"
)

func TestLifecyclesAreAsDrawn(t *testing.T) {
	t.Parallel()
	for file, drawing := range map[string]string{
		"testdata/payment.mmd": billing.Moves().Mermaid(),
		"testdata/payout.mmd":  billing.PayoutMoves().Mermaid(),
	} {
		if *update {
			if err := os.WriteFile(file, []byte(drawing), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if diff := cmp.Diff(string(want), drawing); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", file, err, diff)
		}
	}
}

func TestTheFeeIsAuthorisedAndCapturedOnceWhenTheVisitIsCompleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, visitCharge())

	w.capture(t, "vis_1", billing.Final{Kind: billing.VisitFee, Payee: "acc_wen"})
	w.capture(t, "vis_1", billing.Final{Kind: billing.VisitFee, Payee: "acc_wen"})
	if err := w.Capture(t.Context(), journey("another event"), "vis_1"); err != nil {
		t.Fatal(err)
	}

	if p := w.payment(t, visitCharge()); p.State != billing.Captured || w.bank.took() != 5000 {
		t.Errorf("state %s, taken %d; want captured, 5000", p.State, w.bank.took())
	}
	want := map[string]int64{"gateway": 5000, "doctor_payable:acc_wen": -4500, "house_revenue": -500}
	if diff := cmp.Diff(want, w.ledger(t)); diff != "" {
		t.Error(diff)
	}
	if n := w.count(t, billing.PaymentCaptured); n != 1 {
		t.Errorf("captured was announced %d times", n)
	}
}

func TestTheMoneyOfAnOrderIsCapturedWhenItIsCollected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	w.authorise(t, orderCharge())
	held := w.ledger(t)
	w.capture(t, "ord_1")

	if diff := cmp.Diff(map[string]int64{"held_at_gateway": 8600, "held_for_payers": -8600}, held); diff != "" {
		t.Error(diff)
	}
	want := map[string]int64{"gateway": 8600, "pharmacy_payable:phm_1": -7600, "house_revenue": -1000}
	if diff := cmp.Diff(want, w.ledger(t)); diff != "" {
		t.Error(diff)
	}
}

func TestARerouteIsCapturedForThePharmacyThatPackedAndNeverAboveTheSumAuthorised(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, orderCharge())

	w.capture(t, "ord_1", billing.Final{Kind: billing.Medicine, Payee: "phm_2", Amount: cny(7000)}, billing.Final{Kind: billing.DeliveryFee, Amount: cny(9999)})

	if w.bank.took() != 7600 {
		t.Errorf("taken %d, want 7000 and the fee of 600", w.bank.took())
	}
	if owed := w.ledger(t)["pharmacy_payable:phm_2"]; owed != -6650 {
		t.Errorf("pharmacy 2 has %d, want -6650", owed)
	}
}

func TestEveryOtherExitReleasesTheFee(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, visitCharge())

	for _, cause := range []string{"cancelled", "told twice"} {
		if err := w.Release(t.Context(), journey(cause), "vis_1", "cancelled"); err != nil {
			t.Fatal(err)
		}
	}

	if p := w.payment(t, visitCharge()); p.State != billing.Released || w.bank.holds() != 0 || len(w.ledger(t)) != 0 {
		t.Errorf("state %s, held %d, ledger %v", p.State, w.bank.holds(), w.ledger(t))
	}
	if n := w.count(t, billing.PaymentReleased); n != 1 {
		t.Errorf("released was announced %d times", n)
	}
}

func TestReleasingWhatWasNeverHeldIsNoMistake(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	if err := w.Release(t.Context(), journey("expired"), "ord_none", "unpaid"); err != nil {
		t.Errorf("release = %v", err)
	}
}

func TestANoShowFeeThatWasSaidBeforeBookingIsAllThatIsTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, visitCharge())

	if err := w.CaptureNoShow(t.Context(), journey("no show"), "vis_1", cny(2000), "acc_wen"); err != nil {
		t.Fatal(err)
	}

	if p := w.payment(t, visitCharge()); w.bank.took() != 2000 || p.Paid() != cny(2000) {
		t.Errorf("taken %d, paid %v; want 2000", w.bank.took(), p.Paid())
	}
	if owed := w.ledger(t)["doctor_payable:acc_wen"]; owed != -1800 {
		t.Errorf("the doctor has %d, want -1800", owed)
	}
}

func TestWithoutANoShowFeeANoShowCostsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, visitCharge())

	if err := w.CaptureNoShow(t.Context(), journey("no show"), "vis_1", cny(0), "acc_wen"); err != nil {
		t.Fatal(err)
	}

	if p := w.payment(t, visitCharge()); p.State != billing.Released {
		t.Errorf("state %s, want released", p.State)
	}
}

func TestARefusedCardIsAnAnswerAndAnotherAttemptMayFollow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bank.broke = true
	w.authorise(t, visitCharge())
	w.bank.broke = false

	second := visitCharge()
	second.Payment = billing.PaymentOf("vis_1", 2)
	w.clock.Advance(time.Second)
	w.authorise(t, second)
	w.capture(t, "vis_1", billing.Final{Kind: billing.VisitFee, Payee: "acc_wen"})

	if first, now := w.payment(t, visitCharge()).State, w.payment(t, second).State; first != billing.Refused || now != billing.Captured {
		t.Errorf("states %s and %s, want refused and captured", first, now)
	}
	if n := w.count(t, billing.PaymentRefused); n != 1 {
		t.Errorf("refused was announced %d times", n)
	}
}

func TestAnAnswerOfTheGatewayThatWasLostIsHealedByRepeating(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	steps := []struct {
		name string
		step func() error
	}{
		{"authorise", func() error { return w.Authorise(t.Context(), journey("a"), orderCharge()) }},
		{"capture", func() error { return w.Capture(t.Context(), journey("c"), "ord_1") }},
		{"refund", func() error {
			return w.Refund(t.Context(), journey("r"), "ord_1", []string{"delivery_fee"}, "promise_broken")
		}},
	}

	for _, s := range steps {
		w.bank.mute = 1
		if err := s.step(); err == nil {
			t.Errorf("%s: a lost answer was taken for one", s.name)
		}
		if err := s.step(); err != nil {
			t.Errorf("%s again: %v", s.name, err)
		}
	}

	if p := w.payment(t, orderCharge()); p.State != billing.PartlyRefunded || w.bank.took() != 8600 || w.bank.gaveBack() != 600 {
		t.Errorf("state %s, taken %d, back %d", p.State, w.bank.took(), w.bank.gaveBack())
	}
	w.ledger(t)
}

func TestAnAnswerThatNobodyAsksForAgainIsFetchedByTheTimer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bank.mute = 1
	_ = w.Authorise(t.Context(), journey("a"), visitCharge())
	timer := func() error {
		return w.TimerFired(t.Context(), journey("timer"), string(visitCharge().Payment), billing.TimerKinds[0])
	}

	if err := timer(); err != nil { // too early
		t.Fatal(err)
	}
	early := w.payment(t, visitCharge()).State
	w.clock.Advance(2 * time.Minute)
	for range 2 {
		if err := timer(); err != nil {
			t.Fatal(err)
		}
	}

	if now := w.payment(t, visitCharge()).State; early != billing.Pending || now != billing.Authorised {
		t.Errorf("states %s then %s, want pending then authorised", early, now)
	}
	if n := w.count(t, billing.PaymentAuthorised); n != 1 {
		t.Errorf("authorised was announced %d times", n)
	}
}

func TestTheDeliveryFeeOfABrokenPromiseGoesBackExactlyOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, orderCharge())
	w.capture(t, "ord_1")

	var all sync.WaitGroup
	for _, cause := range []string{"timer", "timer", "timer late", "delivered late", "operator", "support"} {
		all.Go(func() {
			for { // as the bus does: an error is tried again
				err := w.Refund(t.Context(), journey(cause), "ord_1", []string{"delivery_fee"}, "promise_broken")
				if !fault.Is(err, fault.Unavailable) {
					if err != nil {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	all.Wait()

	if p := w.payment(t, orderCharge()); p.Back() != cny(600) || len(p.Refunds) != 1 || w.bank.gaveBack() != 600 {
		t.Errorf("back %v in %d refunds, gateway %d; want 600 once", p.Back(), len(p.Refunds), w.bank.gaveBack())
	}
	if n := w.count(t, billing.PaymentRefunded); n != 1 {
		t.Errorf("refunded was announced %d times", n)
	}
	if b := w.ledger(t); b["refunds"] != 600 || b["pharmacy_payable:phm_1"] != -7600 {
		t.Errorf("ledger %v: the house bears it, the pharmacy keeps its own", b)
	}
}

func TestAFeeThatFailsBeforeTheCaptureIsNeverTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, orderCharge())

	for _, cause := range []string{"timer", "timer late"} {
		if err := w.Refund(t.Context(), journey(cause), "ord_1", []string{"delivery_fee"}, "promise_broken"); err != nil {
			t.Fatal(err)
		}
	}
	w.capture(t, "ord_1")
	if err := w.Refund(t.Context(), journey("later"), "ord_1", []string{"delivery_fee"}, "promise_broken"); err != nil {
		t.Fatal(err)
	}

	if w.bank.took() != 8000 || w.bank.gaveBack() != 0 {
		t.Errorf("taken %d, back %d; want the medicine alone", w.bank.took(), w.bank.gaveBack())
	}
	w.ledger(t)
}

func TestAnOrderReturnedToThePharmacyIsRefundedInFullAndThePharmacyEarnsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, orderCharge())
	w.capture(t, "ord_1")

	if err := w.Refund(t.Context(), journey("returned"), "ord_1", nil, "returned"); err != nil {
		t.Fatal(err)
	}

	if p := w.payment(t, orderCharge()); p.State != billing.Refunded || w.bank.gaveBack() != 8600 {
		t.Errorf("state %s, back %d", p.State, w.bank.gaveBack())
	}
	if b := w.ledger(t); len(b) != 0 {
		t.Errorf("ledger %v, want nothing left anywhere", b)
	}
}

func TestACancelledOrderThatIsOnlyHeldIsReleasedInFull(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, orderCharge())

	if err := w.Refund(t.Context(), journey("cancelled"), "ord_1", nil, "cancelled"); err != nil {
		t.Fatal(err)
	}

	if p := w.payment(t, orderCharge()); p.State != billing.Released || w.bank.holds() != 0 {
		t.Errorf("state %s, held %d", p.State, w.bank.holds())
	}
}

func TestWhatWasCapturedCanNotBeReleased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, orderCharge())
	w.capture(t, "ord_1")

	err := w.Release(t.Context(), journey("late"), "ord_1", "cancelled")

	if !fault.Is(err, fault.Conflict) || w.payment(t, orderCharge()).State != billing.Captured {
		t.Errorf("release = %v, state %s", err, w.payment(t, orderCharge()).State)
	}
}

func TestReleaseLetsGoOfAnEarlierAttemptThatWasHeldToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second := orderCharge()
	second.Payment = billing.PaymentOf("ord_1", 2)
	w.authorise(t, orderCharge())
	w.authorise(t, second)

	if err := w.Release(t.Context(), journey("cancelled"), "ord_1", "cancelled"); err != nil {
		t.Fatal(err)
	}

	if w.bank.holds() != 0 || len(w.ledger(t)) != 0 {
		t.Errorf("held %d, ledger %v", w.bank.holds(), w.ledger(t))
	}
}

func TestWhatWasReleasedCanNotBeCaptured(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, orderCharge())
	if err := w.Release(t.Context(), journey("cancelled"), "ord_1", "cancelled"); err != nil {
		t.Fatal(err)
	}

	err := w.Capture(t.Context(), journey("late"), "ord_1")

	if !fault.Is(err, fault.NotFound) || w.bank.took() != 0 {
		t.Errorf("capture = %v, taken %d", err, w.bank.took())
	}
}

func TestACaptureAndAReleaseThatRaceLeaveOneOutcome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, orderCharge())

	var all sync.WaitGroup
	all.Go(func() { _ = w.Capture(t.Context(), journey("c"), "ord_1") })
	all.Go(func() { _ = w.Release(t.Context(), journey("r"), "ord_1", "cancelled") })
	all.Wait()

	p := w.payment(t, orderCharge())
	taken := w.bank.took() == 8600
	if (p.State == billing.Captured) != taken || (p.State != billing.Captured && p.State != billing.Released) {
		t.Errorf("state %s, taken %v", p.State, taken)
	}
	w.ledger(t)
}

func TestTheSameChargeTwiceIsOnePaymentAndAnotherIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, orderCharge())

	again := w.Authorise(t.Context(), journey("another event"), orderCharge())
	dearer := orderCharge()
	dearer.Lines[0].Amount = cny(9000)
	other := w.Authorise(t.Context(), journey("a third"), dearer)

	if again != nil || !fault.Is(other, fault.Conflict) || w.bank.holds() != 8600 {
		t.Errorf("again %v, other %v, held %d", again, other, w.bank.holds())
	}
}

func TestWrongChargesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cases := map[string]billing.Line{
		"a price below zero":  {Kind: billing.Medicine, Amount: cny(-1)},
		"an unknown kind":     {Kind: "gift", Amount: cny(1)},
		"a coupon as a line":  {Kind: billing.CouponLine, Amount: cny(1)},
		"a second currency":   {Kind: billing.Medicine, Amount: money2("EUR")},
		"a price without one": {Kind: billing.Medicine, Amount: money2("")},
	}
	for name, line := range cases {
		c := orderCharge()
		c.Lines = append(c.Lines, line)

		err := w.Authorise(t.Context(), journey(name), c)

		if !fault.Is(err, fault.Invalid) || w.bank.calls != 0 {
			t.Errorf("%s: %v, %d calls of the gateway", name, err, w.bank.calls)
		}
	}
}

func TestOnlyTheServiceItselfMovesMoney(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, orderCharge())

	for _, a := range []access.Actor{mother, daughter, stranger, operator, courier, wen} {
		for name, err := range map[string]error{
			"authorise": w.Authorise(t.Context(), a, visitCharge()),
			"capture":   w.Capture(t.Context(), a, "ord_1"),
			"release":   w.Release(t.Context(), a, "ord_1", "x"),
			"refund":    w.Refund(t.Context(), a, "ord_1", nil, "x"),
		} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s may %s: %v", a.Role, name, err)
			}
		}
	}
	if w.payment(t, orderCharge()).State != billing.Authorised {
		t.Error("the payment has changed")
	}
}

func TestPatientAndWhoPaysForThemReadThePaymentAndNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, orderCharge())
	pay := orderCharge().Payment

	for _, a := range []access.Actor{mother, daughter, operator} {
		if _, err := w.Payment(t.Context(), a, pay); err != nil {
			t.Errorf("%s: %v", a.Account, err)
		}
	}
	for _, a := range []access.Actor{stranger, courier, wen} {
		if _, err := w.Payment(t.Context(), a, pay); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s reads the payment: %v", a.Account, err)
		}
	}
}
