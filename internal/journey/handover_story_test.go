package journey_test

import (
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/apptest"
	"housecall/internal/billing"
	"housecall/internal/delivery"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
	"housecall/internal/prescribing"
)

// locks types a wrong code five times: after that even the right one opens nothing.
func locks(t *testing.T, w *apptest.Town, wrong, right string, typed func(code string) error) {
	t.Helper()
	for range 4 {
		w.Refuses("a wrong code", typed(wrong), fault.Invalid)
	}
	fifth, sixth := typed(wrong), typed(right)
	for _, err := range []error{fifth, sixth} {
		if !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Limited) {
			t.Errorf("after five wrong codes: %v, want it locked", err)
		}
	}
}

func TestFiveWrongCodesAtTheCounterLockItUntilTheOperatorGivesANewOne(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx := t.Context()
	w.OnShift(w.Couriers[0])
	o, _ := w.Placed(order.Courier)
	w.Brings(o, order.Ready)
	c := w.Rides(o)
	job, _ := w.Step(o)
	code, err := w.Delivery.CourierCode(ctx, w.As(c), job)
	w.Must(err)
	collect := func(typed string) error {
		_, err := w.Delivery.Collect(ctx, w.As(w.Corner.Pharmacist), job, typed)
		return err
	}
	locks(t, w, other(code.Code), code.Code, collect)
	_, self := w.Delivery.Unlock(ctx, w.As(w.Corner.Pharmacist), job, delivery.SideCounter)
	w.Refuses("unlocking it oneself", self, fault.NotFound)
	w.Settle()
	w.In(o, order.Ready)

	_, err = w.Delivery.Unlock(ctx, w.As(w.Operator), job, delivery.SideCounter)
	w.Must(err)
	w.Refuses("the old code", collect(code.Code), fault.Invalid)
	w.HandsBag(o, c)

	w.In(o, order.Collected)
}

func TestFiveWrongPINsAtTheDoorLockItUntilTheOperatorGivesANewOne(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx := t.Context()
	o, s, c := w.OnItsWay()
	w.Knocks(o, c)
	job, _ := w.Step(o)
	pin, err := w.Delivery.PIN(ctx, w.As(w.Mother), job)
	w.Must(err)
	_, seen := w.Delivery.PIN(ctx, w.As(c), job)
	w.Refuses("the courier's look at the PIN", seen, fault.NotFound)
	handOver := func(typed string) error {
		_, err := w.Delivery.HandOver(ctx, w.As(c), job, typed)
		return err
	}
	locks(t, w, other(pin.Code), pin.Code, handOver)
	w.Settle()
	w.In(o, order.Collected)
	wantPart(t, w, s, prescribing.Claimed)

	_, err = w.Delivery.Unlock(ctx, w.As(w.Operator), job, delivery.SideDoor)
	w.Must(err)
	w.Refuses("the old PIN", handOver(pin.Code), fault.Invalid)
	w.HandsOver(o, c)

	w.In(o, order.Delivered)
	wantPart(t, w, s, prescribing.Dispensed)
}

func TestFiveWrongCodesOfAPickupLockTheCounterUntilTheOperatorGivesANewOne(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx := t.Context()
	o, _ := w.Placed(order.Pickup)
	w.Brings(o, order.Ready)
	fill := w.OrderNow(o).Fill()
	code, err := w.Pharmacy.PickupCode(ctx, w.As(w.Mother), fill)
	w.Must(err)
	handOver := func(typed string) error {
		_, err := w.Pharmacy.HandOverAtCounter(ctx, w.As(w.Corner.Pharmacist), fill, typed)
		return err
	}
	locks(t, w, other(code), code, handOver)

	_, err = w.Pharmacy.UnlockCounter(ctx, w.As(w.Operator), fill)
	w.Must(err)
	w.Refuses("the old code", handOver(code), fault.Invalid)
	w.PicksUp(o)

	w.In(o, order.Delivered)
}

func TestAtADoorWithoutNetworkThePatientConfirmsTheSealInPlaceOfThePIN(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx := t.Context()
	o, s, c := w.OnItsWay() // and is not heard of again
	job, _ := w.Step(o)
	_, foreign := w.Delivery.ConfirmSeal(ctx, w.As(w.Stranger), job, "SEAL-1")
	_, wrong := w.Delivery.ConfirmSeal(ctx, w.As(w.Mother), job, "SEAL-2")
	_, err := w.Delivery.ConfirmSeal(ctx, w.As(w.Mother), job, "seal-1")
	w.Must(err)
	w.Settle()

	w.Refuses("a stranger's word", foreign, fault.NotFound)
	w.Refuses("another seal", wrong, fault.Invalid)
	w.In(o, order.Delivered)
	wantPart(t, w, s, prescribing.Dispensed)
	if j := w.JobNow(o, 1); j.Proof != delivery.ProofSeal || j.History[len(j.History)-1].By != string(w.Mother.Account) {
		t.Errorf("proof %q by %q, want the seal by the patient", j.Proof, j.History[len(j.History)-1].By)
	}
	if w.Earned("courier_payable:"+string(c.Account)) == 0 {
		t.Error("the courier earned nothing")
	}
	w.LedgerIsZero()
}

func TestSupportTypesThePINThatThePatientReadsOutByTelephone(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx := t.Context()
	o, s, _ := w.OnItsWay()
	job, _ := w.Step(o)
	_, seen := w.Delivery.PIN(ctx, w.As(w.Support), job)
	pin, err := w.Delivery.PIN(ctx, w.As(w.Mother), job)
	w.Must(err)
	_, wrong := w.Delivery.SupportHandOver(ctx, w.As(w.Support), job, other(pin.Code))
	_, err = w.Delivery.SupportHandOver(ctx, w.As(w.Support), job, pin.Code)
	w.Must(err)
	w.Settle()

	if seen == nil {
		t.Error("support was shown the PIN")
	}
	w.Refuses("a wrong PIN", wrong, fault.Invalid)
	w.In(o, order.Delivered)
	wantPart(t, w, s, prescribing.Dispensed)
	if j := w.JobNow(o, 1); j.Proof != delivery.ProofByPhone {
		t.Errorf("proof %q, want by telephone", j.Proof)
	}
}

func TestWhatACourierDidOffLineIsSentInOrderAndOnceAndNeverCollectedOrDelivered(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx := t.Context()
	w.OnShift(w.Couriers[0])
	o, _ := w.Placed(order.Courier)
	w.Brings(o, order.Ready)
	c := w.Offered(o)
	job, accept := w.Step(o)
	_, err := w.Delivery.Accept(ctx, w.As(c), job, accept)
	w.Must(err)
	_, arrive := w.Step(o)
	done := w.Clock.Now()
	arrive.DoneAt = done
	door := delivery.Step{Sequence: arrive.Sequence + 2, DoneAt: done.Add(time.Minute)}
	w.Pass(5 * time.Minute) // without network; both steps are queued

	_, first := w.Delivery.AtDoor(ctx, w.As(c), job, door) // out of order
	_, err = w.Delivery.Arrive(ctx, w.As(c), job, arrive)
	w.Must(err)
	_, err = w.Delivery.Arrive(ctx, w.As(c), job, arrive) // sent again: the answer was lost
	w.Must(err)
	_, skipped := w.Delivery.AtDoor(ctx, w.As(c), job, door)
	w.Settle()

	w.Refuses("a step before the one it stands on", first, fault.Conflict)
	w.Refuses("the door before the server has seen the bag change hands", skipped, fault.Conflict)
	j := w.JobNow(o, 1)
	if len(j.History) != 3 || j.State != delivery.AtPharmacy {
		t.Errorf("%s after %d steps, want at the pharmacy after three", j.State, len(j.History))
	}
	if n := len(j.Reported); n == 0 || !j.Reported[n-1].DoneAt.Equal(done) || !j.History[2].At.After(done) {
		t.Errorf("reported %+v, want when the phone did it beside when it was heard", j.Reported)
	}
	_, lost := w.Delivery.HandOver(ctx, w.As(c), job, "123456")
	w.Refuses("delivered, of a bag that was never collected", lost, fault.Conflict)
	w.HandsBag(o, c)
	w.Knocks(o, c)
	w.HandsOver(o, c)
	w.In(o, order.Delivered)
}

func TestACourierWhoIsMatchedAnewLosesTheJobToAnotherWithoutPenalty(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx := t.Context()
	w.OnShift(w.Couriers[0])
	o, _ := w.Placed(order.Courier)
	c := w.Rides(o)
	w.OnShift(w.Couriers[1])
	job, st := w.Step(o)
	_, err := w.Delivery.EndShift(ctx, w.As(c)) // after the job in hand
	w.Must(err)
	w.Must(w.Delivery.Rematch(ctx, w.As(w.Operator), job, "breakdown"))
	w.Settle()
	next := w.Offered(o)

	if next.Account == c.Account {
		t.Fatal("the job went back to the courier it was taken from")
	}
	_, late := w.Delivery.Arrive(ctx, w.As(c), job, st)
	w.Refuses("a step of the courier before", late, fault.Conflict)
	if j := w.JobNow(o, 1); len(j.Left) != 1 || j.Left[0].Why != "breakdown" || j.Attempt != 1 {
		t.Errorf("left = %+v, attempt %d; want the same job, and who had it", j.Left, j.Attempt)
	}
	w.Brings(o, order.Ready)
	got := w.Rides(o)
	w.HandsBag(o, got)
	w.In(o, order.Collected)
}

func TestAReturnedBagIsRestockedOrDestroyedOnceAndNeverSentAgain(t *testing.T) {
	t.Parallel()
	for what, free := range map[string]int{pharmacy.Restock: 20 * apptest.Packs, pharmacy.Destroy: 20 * (apptest.Packs - 1)} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := apptest.Start(t)
			ctx := t.Context()
			o, _, c := w.OnItsWay()
			w.Fails(o, c, "damaged")
			_, err := w.Pharmacy.Dispose(ctx, w.As(w.Corner.Pharmacist), id.FillOf(o, 1), what)
			w.Must(err)
			w.Settle()
			_, twice := w.Pharmacy.Dispose(ctx, w.As(w.Corner.Pharmacist), id.FillOf(o, 1), pharmacy.Destroy)

			w.Refuses("saying it again", twice, fault.Conflict)
			if got := w.Free(w.Corner); got != free {
				t.Errorf("%d tablets are free, want %d", got, free)
			}
			if f := w.FillNow(o, 1); f.Disposed == nil || f.Disposed.By != w.Corner.Pharmacist.Account {
				t.Errorf("disposed = %+v", f.Disposed)
			}
			_, err = w.Order.Reattempt(ctx, w.As(w.Mother), o, time.Time{})
			w.Must(err)
			w.Settle()
			if f := w.FillNow(o, 2); len(f.Packed) != 0 || w.FillNow(o, 1).State != pharmacy.Returned {
				t.Error("the bag that came back is sent again")
			}
		})
	}
}

func TestAPrescriptionCancelledWithAParcelUnderWayTakesNoEffectOnceItIsDispensed(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx := t.Context()
	o, s := w.Placed(order.Parcel)
	w.Brings(o, order.Ready)
	fill := w.OrderNow(o).Fill()
	_, err := w.Pharmacy.Ship(ctx, w.As(w.Corner.Pharmacist), fill, "Post", "TRACK-0001")
	w.Must(err)
	w.Settle()
	w.Must(w.Prescribing.Cancel(ctx, w.As(w.Doctor), s.ID, "wrong_dose"))
	w.Settle()
	w.In(o, order.Collected)
	wantPart(t, w, s, prescribing.Claimed)

	_, err = w.Pharmacy.ParcelDelivered(ctx, w.As(w.Corner.Pharmacist), fill)
	w.Must(err)
	w.Settle()

	w.In(o, order.Delivered)
	wantPart(t, w, s, prescribing.Dispensed)
	wantPayment(t, w, string(o), billing.Captured)
	w.LedgerIsZero()
}

func TestAPrescriptionCancelledBeforeItsParcelIsShippedEndsTheOrder(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, s := w.Placed(order.Parcel)
	w.Brings(o, order.Ready)
	w.Must(w.Prescribing.Cancel(t.Context(), w.As(w.Doctor), s.ID, "wrong_dose"))
	w.Settle()
	_, late := w.Pharmacy.Ship(t.Context(), w.As(w.Corner.Pharmacist), id.FillOf(o, 1), "Post", "TRACK-0001")

	w.Refuses("shipping it all the same", late, fault.Conflict)
	w.In(o, order.Cancelled)
	wantPart(t, w, s, prescribing.Cancelled)
	wantPayment(t, w, string(o), billing.Released)
	w.LedgerIsZero()
}

func TestNobodyLearnsACouriersPositionOutsideTheirOrder(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx := t.Context()
	o, _, c := w.OnItsWay()
	w.Pass(time.Minute)
	_, err := w.Delivery.Report(ctx, w.As(c), []delivery.Position{{At: w.Clock.Now(), Point: geo.Point{Lat: 54.6005, Lon: 2.1}, Accuracy: 10}})
	w.Must(err)
	_, err = w.Delivery.Track(ctx, w.As(w.Mother), o)
	w.Must(err)
	for name, who := range map[string]access.Actor{"a stranger": w.Stranger, "another courier": w.Couriers[1], "the doctor": w.Doctor} {
		_, err := w.Delivery.Track(ctx, w.As(who), o)
		if err == nil {
			t.Errorf("%s follows the courier", name)
		}
	}
}
