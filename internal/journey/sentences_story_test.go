package journey_test

import (
	"testing"
	"time"

	"housecall/internal/apptest"
	"housecall/internal/billing"
	"housecall/internal/consult"
	"housecall/internal/delivery"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
	"housecall/internal/prescribing"
)

// runsOut has a pharmacy count its shelf of tablets and find it empty.
func runsOut(t *testing.T, w *apptest.Town, c apptest.Counter) {
	t.Helper()
	st, err := w.Pharmacy.StockItem(t.Context(), w.As(c.Pharmacist), pharmacy.StockOf(c.ID, apptest.Tablets))
	w.Must(err)
	_, err = w.Pharmacy.EditStock(t.Context(), w.As(c.Pharmacist), st.ID, st.Version, pharmacy.Count{
		PackUnits: pack, Price: money.Of(1250, "CNY"), Batches: []pharmacy.Batch{},
	})
	w.Must(err)
	w.Settle()
	if got := w.Free(c); got != 0 {
		t.Fatalf("%d tablets are free at a pharmacy that has run out", got)
	}
}

func TestAfterUndeliveredTheFirstPharmacyIsAskedFirstAndTheNextOneWhenItHasRunOut(t *testing.T) {
	t.Parallel()
	for _, out := range []bool{false, true} {
		t.Run(map[bool]string{false: "has more", true: "has run out"}[out], func(t *testing.T) {
			t.Parallel()
			w := apptest.Start(t)
			o, s, c := w.OnItsWay()
			w.Knocks(o, c)
			w.Fails(o, c, "nobody_home")
			w.In(o, order.Undelivered)
			want := w.Corner
			if out {
				runsOut(t, w, w.Corner)
				want = w.Mill
			}
			_, err := w.Order.Reattempt(t.Context(), w.As(w.Mother), o, time.Time{})
			w.Must(err)
			w.Settle()

			again := w.In(o, order.Placed)
			if again.Pharmacy != want.ID {
				t.Fatalf("attempt %d is at %s, want %s; tried %v", again.Attempt, again.Pharmacy, want.ID, again.Tried)
			}
			if f := w.FillNow(o, again.Attempt); f.State != pharmacy.Offered || f.Pharmacy != want.ID {
				t.Errorf("the fill is %s at %s, want offered", f.State, f.Pharmacy)
			}
			c = w.Collects(o)
			w.Knocks(o, c)
			w.HandsOver(o, c)
			w.In(o, order.Delivered)
			wantPart(t, w, s, prescribing.Dispensed)
			if n := len(w.Paid(string(o))); n != 1 {
				t.Errorf("the patient paid %d times, want once", n)
			}
			w.LedgerIsZero()
		})
	}
}

func TestAPharmacyThatRunsOutOfStockWhilePreparingLosesTheOrderToTheNextBest(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, s := w.Placed(order.Pickup)
	w.Brings(o, order.Preparing)
	w.RefusesTo(o, "out_of_stock")

	next := w.In(o, order.Placed)
	if next.Attempt != 2 || next.Pharmacy != w.Mill.ID {
		t.Fatalf("attempt %d at %s, want the second at the mill", next.Attempt, next.Pharmacy)
	}
	if f := w.FillNow(o, 1); f.State != pharmacy.Refused {
		t.Errorf("fill 1 is %s, want refused", f.State)
	}
	wantPart(t, w, s, prescribing.Claimed)
	wantPayment(t, w, string(o), billing.Authorised)
	w.Brings(o, order.Ready)
	w.LedgerIsZero()
}

func TestTheCouriersJobIsPlannedWhenTheOrderIsPlacedBeforeTheBagIsReady(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, _ := w.Placed(order.Courier)
	j := w.JobNow(o, 1)
	if j.State != delivery.Planned || j.Seal != "" || j.Pharmacy != w.Corner.ID {
		t.Errorf("the job is %s at %s with seal %q, want planned at the corner without a bag", j.State, j.Pharmacy, j.Seal)
	}
	w.OnShift(w.Couriers[0])
	w.Rides(o) // to the counter, while nothing is packed
	w.In(o, order.Placed)
	w.Brings(o, order.Ready)
	if j := w.JobNow(o, 1); j.State != delivery.AtPharmacy || j.Seal == "" {
		t.Errorf("the job is %s with seal %q, want the courier at the counter to know the bag", j.State, j.Seal)
	}
}

func TestTheCouriersJobKnowsWhenTheBagIsReadyBetterOnceThePharmacistHasSaidYes(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, _ := w.Placed(order.Courier)
	placed := w.Clock.Now()
	if first := w.JobNow(o, 1).ReadyAt.Sub(placed); first < 4*time.Minute || first > 10*time.Minute {
		t.Errorf("once placed the bag is expected after %v, want what a pharmacy nobody knows takes of ten minutes", first)
	}
	w.Reviews(o)
	w.Pass(3 * time.Minute)

	w.Accepts(o)

	yes := w.Clock.Now()
	if left := w.JobNow(o, 1).ReadyAt.Sub(yes); left < 2*time.Minute || left > 6*time.Minute {
		t.Errorf("after the yes the bag is expected in %v, want what packing takes of six minutes", left)
	}
	w.Packs(o)
	if j := w.JobNow(o, 1); j.ReadyAt.After(w.Clock.Now()) || j.Seal == "" {
		t.Errorf("once sealed the bag is expected at %v, it is %v now", j.ReadyAt, w.Clock.Now())
	}
}

func TestAQuestionAboutADearerPharmacyNotAnsweredInTenMinutesIsAnsweredNo(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.Shelve(w.Harbour, apptest.Tablets, 2500, apptest.Packs)
	o, s := w.Placed(order.Pickup)
	w.RefusesTo(o, "overload")
	w.RefusesTo(o, "overload")
	w.Pass(10*time.Minute - time.Second)
	if asked := w.In(o, order.Placed); asked.Question == nil {
		t.Fatal("the question was taken away before its ten minutes were over")
	}
	w.Pass(time.Second)

	w.In(o, order.Cancelled)
	wantPayment(t, w, string(o), billing.Released)
	wantPart(t, w, s, prescribing.Signed)
	w.LedgerIsZero()
}

func TestAQuestionAboutASubstituteNotAnsweredInTenMinutesIsAnsweredNo(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	const written, other = "doxycycline/capsule/100mg", "doxycycline/tablet/100mg"
	w.Shelve(w.Corner, written, 1250, 2)
	w.Shelve(w.Corner, other, 1200, 2)
	s := w.PrescribedAs(prescribing.WrittenItem{Product: written, Steps: []prescribing.Dosage{{
		Dose:   prescribing.Measure{Value: "1", Unit: "capsule"},
		Timing: prescribing.Timing{Frequency: 2, Period: 1, PeriodUnit: "d", Duration: 7, DurationUnit: "d"},
	}}})
	o := w.Unpaid(s, w.Corner, order.Pickup)
	w.Pays(o, "card_ok")
	w.Brings(o, order.Reviewing)
	_, err := w.Pharmacy.ProposeSubstitute(t.Context(), w.As(w.Corner.Pharmacist), id.FillOf(o, 1), 0, other)
	w.Must(err)
	w.Settle()
	w.Pass(10*time.Minute - time.Second)
	if asked := w.In(o, order.Reviewing); asked.Question == nil {
		t.Fatal("the question was taken away before its ten minutes were over")
	}
	w.Pass(time.Second)

	got := w.In(o, order.Reviewing)
	if got.Question != nil || !got.Promise.Paused.IsZero() {
		t.Errorf("question %+v, clock %+v; want none open and the clock running", got.Question, got.Promise)
	}
	if line := w.FillNow(o, 1).Lines[0]; line.Product != written {
		t.Errorf("the fill has %s, want %s as written", line.Product, written)
	}
	w.Brings(o, order.Ready)
	w.LedgerIsZero()
}

// rides counts the rides of an order that have not ended.
func rides(t *testing.T, w *apptest.Town, o id.Order) (live int) {
	t.Helper()
	all, err := w.Delivery.OfOrder(t.Context(), w.As(w.Operator), o)
	w.Must(err)
	for _, j := range all {
		if !j.Ended() {
			live++
		}
	}
	return live
}

func TestAnOrderByCourierHasOneRideAtATime(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.OnShift(w.Couriers[0])
	o, _ := w.Placed(order.Courier)
	w.Rides(o)
	before := rides(t, w, o)
	w.RefusesTo(o, "damaged")
	w.Clock.Advance(time.Second)
	c := w.Collects(o)
	after := rides(t, w, o)
	w.Knocks(o, c)
	w.HandsOver(o, c)

	if end := rides(t, w, o); before != 1 || after != 1 || end != 0 {
		t.Errorf("%d rides, %d after another pharmacy has it, %d at the end; want one, one, none", before, after, end)
	}
	if j := w.JobNow(o, 2); j.Attempt != 2 || j.State != delivery.Delivered || w.JobNow(o, 1).State != delivery.Cancelled {
		t.Errorf("the second ride is attempt %d, %s; the first is %s", j.Attempt, j.State, w.JobNow(o, 1).State)
	}
}

func TestAPickupAndAParcelHaveNoRideAndOnlyTheParcelPassesThroughCollected(t *testing.T) {
	t.Parallel()
	ends := map[order.Fulfilment]struct {
		from order.State
		do   func(t *testing.T, w *apptest.Town, o id.Order)
	}{
		order.Pickup: {order.Ready, func(t *testing.T, w *apptest.Town, o id.Order) { t.Helper(); w.PicksUp(o) }},
		order.Parcel: {order.Collected, func(t *testing.T, w *apptest.Town, o id.Order) {
			t.Helper()
			_, err := w.Pharmacy.Ship(t.Context(), w.As(w.Corner.Pharmacist), w.OrderNow(o).Fill(), "Post", "TRACK-0001")
			w.Must(err)
			w.Settle()
			_, err = w.Pharmacy.ParcelDelivered(t.Context(), w.As(w.Corner.Pharmacist), w.OrderNow(o).Fill())
			w.Must(err)
			w.Settle()
		}},
	}
	for way, end := range ends {
		t.Run(string(way), func(t *testing.T) {
			t.Parallel()
			w := apptest.Start(t)
			o, _ := w.Placed(way)
			w.Brings(o, order.Ready)
			live := rides(t, w, o)

			end.do(t, w, o)

			history := w.In(o, order.Delivered).History
			if last := history[len(history)-1]; last.From != end.from || last.To != order.Delivered || live != 0 {
				t.Errorf("the last step goes from %s to %s, want from %s; %d rides, want none", last.From, last.To, end.from, live)
			}
		})
	}
}

func TestWhoIsNotThereIsCalledAgainByMessageWhileTheDoctorGoesOn(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.OnDuty(w.Doctor)
	absent, next := w.Queues(), w.Queues()
	_, err := w.Consult.Admit(t.Context(), w.As(w.Doctor), absent)
	w.Must(err)

	w.Pass(3 * time.Minute)

	if back := wantVisit(t, w, absent, consult.Waiting); !back.Head {
		t.Error("who was not there within three minutes is not at the head of the queue")
	}
	if !wasTold(w, apptest.MotherMail, "The doctor calls you again") {
		t.Errorf("nobody called her again: %+v", w.Outbox.List(apptest.MotherMail)[0])
	}
	here(t.Context(), w, next)
	seen, err := w.Consult.AdmitNext(t.Context(), w.As(w.Doctor))
	w.Must(err)
	if seen.ID != next {
		t.Errorf("the doctor went on to %s, want who is there", seen.ID)
	}
}
