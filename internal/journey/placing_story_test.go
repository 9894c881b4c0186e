package journey_test

import (
	"strings"
	"testing"
	"time"

	"housecall/internal/apptest"
	"housecall/internal/billing"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
	"housecall/internal/prescribing"
)

const pack = 20 // tablets that one prescription takes off the shelf

// newest is the newest payment of a subject.
func newest(t *testing.T, w *apptest.Town, subject string) *billing.Payment {
	t.Helper()
	all := w.Paid(subject)
	if len(all) == 0 {
		t.Fatalf("nothing was ever paid for %s", subject)
	}
	best := all[0]
	for _, p := range all {
		if p.CreatedAt.After(best.CreatedAt) || best.State == billing.Refused {
			best = p
		}
	}
	return best
}

func wantPayment(t *testing.T, w *apptest.Town, subject string, s billing.State) *billing.Payment {
	t.Helper()
	p := newest(t, w, subject)
	if p.State != s {
		t.Errorf("the payment is %s, want %s", p.State, s)
	}
	return p
}

func wantPart(t *testing.T, w *apptest.Town, s apptest.Script, want prescribing.State) {
	t.Helper()
	if got := w.PartNow(s); got != want {
		t.Errorf("the prescription is %s, want %s", got, want)
	}
}

func TestAnOrderByCourierGoesFromUnpaidToTheDoor(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, s, c := w.OnItsWay()
	wantPayment(t, w, string(o), billing.Captured) // when it is collected
	w.Knocks(o, c)
	w.HandsOver(o, c)

	done := w.In(o, order.Delivered)
	wantPart(t, w, s, prescribing.Dispensed)
	if done.Promise.Stopped.IsZero() || done.Promise.Broken != "" {
		t.Errorf("promise = %+v, want it kept", done.Promise)
	}
	if got := w.Earned("courier_payable:" + string(c.Account)); got == 0 {
		t.Error("the courier earned nothing")
	}
	if got := w.Earned("pharmacy_payable:" + string(w.Corner.ID)); got == 0 {
		t.Error("the pharmacy earned nothing")
	}
	_, err := w.Order.Place(t.Context(), w.As(w.Daughter), apptest.Wanted(s.Part, w.Mill, order.Courier))
	w.Refuses("a second dispensing", err, fault.Conflict)
	w.LedgerIsZero()
}

func TestAPickupGoesFromReadyToDeliveredAtTheCounterByThePatientsCode(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, s := w.Placed(order.Pickup)
	w.Brings(o, order.Ready)
	fill := w.OrderNow(o).Fill()
	code, err := w.Pharmacy.PickupCode(t.Context(), w.As(w.Mother), fill)
	w.Must(err)
	wrong := "000000"
	if code == wrong {
		wrong = "000001"
	}
	_, refused := w.Pharmacy.HandOverAtCounter(t.Context(), w.As(w.Corner.Pharmacist), fill, wrong)
	w.Settle()
	w.In(o, order.Ready)

	_, err = w.Pharmacy.HandOverAtCounter(t.Context(), w.As(w.Corner.Pharmacist), fill, code)
	w.Must(err)
	w.Settle()

	w.Refuses("a wrong code", refused, fault.Invalid)
	w.In(o, order.Delivered)
	wantPayment(t, w, string(o), billing.Captured)
	wantPart(t, w, s, prescribing.Dispensed)
	w.LedgerIsZero()
}

func TestAParcelIsCollectedByTheCarrierAndDeliveredByTheCarriersWord(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, s := w.Placed(order.Parcel)
	w.Brings(o, order.Ready)
	fill := w.OrderNow(o).Fill()
	_, err := w.Pharmacy.Ship(t.Context(), w.As(w.Corner.Pharmacist), fill, "Post", "TRACK-0001")
	w.Must(err)
	w.Settle()
	w.In(o, order.Collected)
	wantPayment(t, w, string(o), billing.Captured)

	_, err = w.Pharmacy.ParcelDelivered(t.Context(), w.As(w.Corner.Pharmacist), fill)
	w.Must(err)
	w.Settle()

	w.In(o, order.Delivered)
	wantPart(t, w, s, prescribing.Dispensed)
	w.LedgerIsZero()
}

func TestAParcelIsDeliveredByTheCarriersOwnReport(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, s := w.Placed(order.Parcel)
	w.Brings(o, order.Ready)
	_, err := w.Pharmacy.Ship(t.Context(), w.As(w.Corner.Pharmacist), w.OrderNow(o).Fill(), "Lampford Post", "LP-2026-0001")
	w.Must(err)
	w.Settle()

	unknown := w.Pharmacy.CarrierDelivered(t.Context(), w.House(), "Another Post", "LP-2026-0001")
	w.Must(w.Pharmacy.CarrierDelivered(t.Context(), w.House(), "lampford post", "LP20260001"))
	w.Settle()

	w.Refuses("a number of another carrier", unknown, fault.NotFound)
	w.In(o, order.Delivered)
	wantPart(t, w, s, prescribing.Dispensed)
	w.LedgerIsZero()
}

func TestAnUnpaidOrderLosesPrescriptionAndStockAfterTenMinutes(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	before := w.Free(w.Corner)
	s := w.Prescribed()
	o := w.Unpaid(s, w.Corner, order.Courier)
	wantPart(t, w, s, prescribing.Claimed)
	if got := w.Free(w.Corner); got != before-pack {
		t.Errorf("%d tablets are free while the order waits for payment, want %d", got, before-pack)
	}
	_, twice := w.Order.Place(t.Context(), w.As(w.Mother), apptest.Wanted(s.Part, w.Mill, order.Courier))
	w.Pass(10 * time.Minute)

	w.In(o, order.Cancelled)
	w.Refuses("a second order of a claimed prescription", twice, fault.Conflict)
	wantPart(t, w, s, prescribing.Signed)
	if got := w.Free(w.Corner); got != before {
		t.Errorf("%d tablets are free, want all %d back", got, before)
	}
	again := w.Unpaid(s, w.Mill, order.Courier)
	w.In(again, order.Unpaid)
	wantPart(t, w, s, prescribing.Claimed)
	w.LedgerIsZero()
}

func TestOneTapAddsTenMinutesToAnUnpaidOrder(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o := w.Unpaid(w.Prescribed(), w.Corner, order.Courier)
	w.Pass(9 * time.Minute)
	_, err := w.Order.Extend(t.Context(), w.As(w.Mother), o)
	w.Must(err)
	w.Settle()
	w.Pass(9 * time.Minute)
	w.In(o, order.Unpaid)
	w.Pays(o, "card_ok")
	w.Pass(time.Minute)

	if p := w.In(o, order.Placed).Promise; p.Due.Sub(p.Started) != 30*time.Minute {
		t.Errorf("promise = %+v, want 30 minutes from when it was paid", p)
	}
}

func TestARefusedPaymentLeavesTheOrderToBePaidOtherwise(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o := w.Unpaid(w.Prescribed(), w.Corner, order.Courier)
	w.Pays(o, "card_refused")
	w.In(o, order.Unpaid)
	if w.OrderNow(o).PaymentFailed == "" {
		t.Error("the order does not say that the payment was refused")
	}
	w.Pays(o, "card_ok")
	w.In(o, order.Placed)
	wantPayment(t, w, string(o), billing.Authorised)
	w.LedgerIsZero()
}

func TestThePatientCancelsUntilItIsCollected(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.OnShift(w.Couriers[0])
	s, before := w.Prescribed(), w.Free(w.Corner)
	for _, from := range []order.State{order.Unpaid, order.Placed, order.Reviewing, order.Preparing, order.Ready} {
		o := w.Unpaid(s, w.Corner, order.Courier)
		if from != order.Unpaid {
			w.Pays(o, "card_ok")
			w.Brings(o, from)
		}
		w.In(o, from)
		_, err := w.Order.Cancel(t.Context(), w.As(w.Mother), o, "changed_mind")
		w.Must(err)
		w.Settle()

		w.In(o, order.Cancelled)
		wantPart(t, w, s, prescribing.Signed)
		if got := w.Free(w.Corner); got != before {
			t.Errorf("cancelled from %s: %d tablets are free, want %d", from, got, before)
		}
		if from != order.Unpaid {
			wantPayment(t, w, string(o), billing.Released)
		}
		if f := w.FillNow(o, 1); f.State != pharmacy.Released {
			t.Errorf("cancelled from %s: the fill is %s", from, f.State)
		}
	}
	w.LedgerIsZero()
}

func TestACollectedOrderIsNotCancelledByThePatient(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, _, _ := w.OnItsWay()
	_, err := w.Order.Cancel(t.Context(), w.As(w.Mother), o, "changed_mind")
	w.Refuses("a cancel after it was collected", err, fault.Conflict)
	_, err = w.Order.Cancel(t.Context(), w.As(w.Stranger), o, "nosy")
	w.Refuses("a stranger's cancel", err, fault.NotFound)
	w.In(o, order.Collected)
}

func TestABrokenPromiseIsSeenBeforeAndTheDeliveryFeeGoesBackOnce(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, _, c := w.OnItsWay()
	due := w.OrderNow(o).Promise.Due
	w.Pass(due.Sub(w.Clock.Now()) - 3*time.Minute)
	if p := w.OrderNow(o).Promise; !p.AtRisk || p.Broken != "" {
		t.Errorf("three minutes before: %+v, want at risk, not broken", p)
	}
	late, err := w.Order.Late(t.Context(), w.As(w.Operator), w.Clock.Now().Add(4*time.Minute), "", 10)
	w.Must(err)
	if len(late.Items) != 1 {
		t.Errorf("the operator sees %d orders at risk, want 1", len(late.Items))
	}
	w.Pass(3 * time.Minute)
	w.Must(w.Order.TimerFired(t.Context(), w.House(), o, order.TimerPromise)) // once more
	w.Pass(time.Minute)
	w.Knocks(o, c)
	w.HandsOver(o, c)

	if p := w.OrderNow(o).Promise; p.Broken != order.Collected {
		t.Errorf("promise = %+v, want it broken on the way", p)
	}
	wantFeeBack(t, w, o, 1)
	w.LedgerIsZero()
}

func TestAPromiseBrokenBeforeCollectionCostsNoDeliveryFee(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, _ := w.Placed(order.Courier)
	w.Brings(o, order.Ready)
	w.Pass(31 * time.Minute)
	w.OnShift(w.Couriers[0])
	c := w.Rides(o)
	w.HandsBag(o, c)

	p := wantPaid(t, w, o)
	for _, l := range p.Lines {
		if l.Kind == billing.DeliveryFee && l.Captured != l.Refunded {
			t.Errorf("the delivery fee was taken: %+v", l)
		}
	}
	w.LedgerIsZero()
}

func wantPaid(t *testing.T, w *apptest.Town, o id.Order) *billing.Payment {
	t.Helper()
	p := newest(t, w, string(o))
	if p.State != billing.Captured && p.State != billing.PartlyRefunded {
		t.Errorf("the payment is %s, want it taken", p.State)
	}
	return p
}

func wantFeeBack(t *testing.T, w *apptest.Town, o id.Order, times int) {
	t.Helper()
	p := wantPaid(t, w, o)
	if len(p.Refunds) != times || times > 0 && p.Refunds[0].Amount != 800 {
		t.Errorf("refunds = %+v, want the delivery fee %d times", p.Refunds, times)
	}
}

func TestAPharmacyIsWrittenToWhenAnOrderWaitsAndTheMessageNamesNobody(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	const corner = "corner@town.example"
	o := w.Unpaid(w.Prescribed(), w.Corner, order.Pickup)
	if wasTold(w, corner, "An order waits") {
		t.Error("told of an order that nobody has paid")
	}
	w.Pays(o, "card_ok")

	if !wasTold(w, corner, "An order waits") || wasTold(w, "mill@town.example", "An order waits") {
		t.Errorf("told: %+v", w.Outbox.List(""))
	}
	for _, m := range w.Outbox.List(corner) {
		if text := m.Text.Reveal(); strings.Contains(text, "Wilhelmina") || strings.Contains(text, "paracetamol") {
			t.Errorf("the message reads %q", text)
		}
	}
}
