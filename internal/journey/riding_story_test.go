package journey_test

import (
	"testing"
	"time"

	"housecall/internal/apptest"
	"housecall/internal/billing"
	"housecall/internal/delivery"
	"housecall/internal/fault"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
	"housecall/internal/prescribing"
)

func TestACourierWhoDeclinesIsFollowedByTheNext(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.OnShift(w.Couriers[0], w.Couriers[1])
	o, _ := w.Placed(order.Courier)
	first := w.Offered(o)
	job, st := w.Step(o)
	_, err := w.Delivery.Decline(t.Context(), w.As(first), job, st, "too_far")
	w.Must(err)

	if second := w.Offered(o); second.Account == first.Account {
		t.Error("the one who declined was asked again")
	}
	w.In(o, order.Placed)
}

func TestAnOfferThatIsNotAnsweredGoesToTheNextCourier(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.OnShift(w.Couriers[0], w.Couriers[1])
	o, _ := w.Placed(order.Courier)
	first := w.Offered(o)
	w.Pass(delivery.OfferTime)

	if second := w.Offered(o); second.Account == first.Account {
		t.Error("the one who did not answer was asked again")
	}
}

func TestACourierWhosePapersAreSuspendedLosesTheOfferToAnother(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.OnShift(w.Couriers[0], w.Couriers[1])
	o, _ := w.Placed(order.Courier)
	first := w.Offered(o)
	_, err := w.Onboarding.Suspend(t.Context(), w.As(w.Operator), w.Papers[first.Account], "insurance")
	w.Must(err)
	w.Settle()

	if second := w.Offered(o); second.Account == first.Account {
		t.Error("a courier without papers was asked again")
	}
	if sh, err := w.Delivery.Shift(t.Context(), w.House(), first.Account); err != nil || sh.State == delivery.On {
		t.Errorf("the courier is still on shift: %v, %v", sh, err)
	}
}

func TestABagThatCameBackIsBroughtAgainAsASecondBagAtTheHousesCost(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, s, c := w.OnItsWay()
	w.Knocks(o, c)
	w.Fails(o, c, "nobody_home")

	back := w.In(o, order.Undelivered)
	if f := w.FillNow(o, 1); f.State != pharmacy.Returned {
		t.Errorf("the fill is %s, want returned", f.State)
	}
	wantPart(t, w, s, prescribing.Claimed)
	_, err := w.Order.Reattempt(t.Context(), w.As(w.Mother), o, time.Time{})
	w.Must(err)
	w.Settle()
	again := w.In(o, order.Placed)
	if again.Attempt != back.Attempt+1 || again.Pharmacy != w.Corner.ID {
		t.Errorf("attempt %d at %s, want the next at the first pharmacy", again.Attempt, again.Pharmacy)
	}
	pharmacyHas := w.Earned("pharmacy_payable:" + string(w.Corner.ID))
	c = w.Collects(o)
	w.Knocks(o, c)
	w.HandsOver(o, c)

	w.In(o, order.Delivered)
	wantPart(t, w, s, prescribing.Dispensed)
	if n := len(w.Paid(string(o))); n != 1 {
		t.Errorf("the patient paid %d times, want once", n)
	}
	if w.Earned("pharmacy_payable:"+string(w.Corner.ID)) == pharmacyHas {
		t.Error("the second bag was not paid to the pharmacy")
	}
	w.LedgerIsZero()
}

func TestABagThatCameBackCanBeCancelledAndIsRefunded(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, s, c := w.OnItsWay()
	w.Knocks(o, c)
	w.Fails(o, c, "nobody_home")
	_, err := w.Order.Cancel(t.Context(), w.As(w.Mother), o, "changed_mind")
	w.Must(err)
	w.Settle()

	w.In(o, order.Cancelled)
	wantPayment(t, w, string(o), billing.Refunded)
	wantPart(t, w, s, prescribing.Signed)
	w.LedgerIsZero()
}

func TestAPrescriptionCancelledBeforeCollectionEndsTheOrder(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.OnShift(w.Couriers[0])
	o, s := w.Placed(order.Courier)
	w.Brings(o, order.Preparing)
	w.Must(w.Prescribing.Cancel(t.Context(), w.As(w.Doctor), s.ID, "wrong_drug"))
	w.Settle()

	w.In(o, order.Cancelled)
	wantPart(t, w, s, prescribing.Cancelled)
	wantPayment(t, w, string(o), billing.Released)
	_, err := w.Order.Place(t.Context(), w.As(w.Mother), apptest.Wanted(s.Part, w.Mill, order.Courier))
	w.Refuses("an order of a cancelled prescription", err, fault.Conflict)
	w.LedgerIsZero()
}

func TestAPrescriptionCancelledAfterCollectionCallsTheCourierBackAndTakesEffectWithReturned(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, s, c := w.OnItsWay()
	w.Must(w.Prescribing.Cancel(t.Context(), w.As(w.Doctor), s.ID, "wrong_drug"))
	w.Settle()

	if j := w.JobNow(o, 1); j.State != delivery.Failed {
		t.Fatalf("the job is %s, want the courier called back", j.State)
	}
	wantPart(t, w, s, prescribing.Claimed)
	w.TakesBack(o, c)
	w.In(o, order.Cancelled)
	wantPart(t, w, s, prescribing.Cancelled)
	wantPayment(t, w, string(o), billing.Refunded)
	w.LedgerIsZero()
}

func TestWrongCodesOpenNoHandOver(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.OnShift(w.Couriers[0])
	o, s := w.Placed(order.Courier)
	w.Brings(o, order.Ready)
	c := w.Rides(o)
	job, st := w.Step(o)
	code, err := w.Delivery.CourierCode(t.Context(), w.As(c), job)
	w.Must(err)
	_, skipped := w.Delivery.AtDoor(t.Context(), w.As(c), job, st)
	_, wrong := w.Delivery.Collect(t.Context(), w.As(w.Corner.Pharmacist), job, other(code.Code))
	_, sees := w.Delivery.CourierCode(t.Context(), w.As(w.Corner.Pharmacist), job)
	w.Settle()

	w.Refuses("a skipped state", skipped, fault.Conflict)
	w.Refuses("a wrong code", wrong, fault.Invalid)
	if sees == nil {
		t.Error("the side that types the code was shown it")
	}
	w.In(o, order.Ready)
	w.HandsBag(o, c)
	w.Knocks(o, c)
	pin, err := w.Delivery.PIN(t.Context(), w.As(w.Mother), job)
	w.Must(err)
	_, wrong = w.Delivery.HandOver(t.Context(), w.As(c), job, other(pin.Code))
	w.Settle()
	w.Refuses("a wrong PIN", wrong, fault.Invalid)
	w.In(o, order.Collected)
	wantPart(t, w, s, prescribing.Claimed)
}

// other is a code that is not this one.
func other(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

func TestTheNextCourierIsSentAtOnceWhenAPharmacyLosesTheOrder(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.OnShift(w.Couriers[0])
	o, _ := w.Placed(order.Courier)
	w.Rides(o)
	w.RefusesTo(o, "damaged")

	if j := w.JobNow(o, 1); j.State != delivery.Cancelled {
		t.Errorf("the first job is %s, want cancelled", j.State)
	}
	w.Clock.Advance(time.Second)
	w.Offered(o)
	if j := w.JobNow(o, 2); j.Pharmacy != w.Mill.ID {
		t.Errorf("the second job goes to %s, want the mill", j.Pharmacy)
	}
}
