package journey_test

import (
	"testing"
	"time"

	"housecall/internal/apptest"
	"housecall/internal/billing"
	"housecall/internal/id"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
	"housecall/internal/prescribing"
)

func TestAPharmacyThatRefusesLosesTheOrderToTheNextBestByItself(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.OnShift(w.Couriers[0])
	o, s := w.Placed(order.Courier)
	first := w.Free(w.Corner)
	w.Brings(o, order.Preparing)
	w.RefusesTo(o, "damaged")

	next := w.In(o, order.Placed)
	if next.Attempt != 2 || next.Pharmacy != w.Mill.ID || next.Prescription != s.ID {
		t.Fatalf("attempt %d at %s, want the second, at the mill, of the same prescription", next.Attempt, next.Pharmacy)
	}
	if f := w.FillNow(o, 1); f.State != pharmacy.Refused {
		t.Errorf("fill 1 is %s, want refused", f.State)
	}
	if f := w.FillNow(o, 2); f.State != pharmacy.Offered || f.Order != o {
		t.Errorf("fill 2 is %s, want offered", f.State)
	}
	if j := w.JobNow(o, 1); string(j.State) != "cancelled" {
		t.Errorf("job 1 is %s, want cancelled", j.State)
	}
	if got := w.Free(w.Corner); got != first+pack {
		t.Errorf("%d tablets are free at the first pharmacy, want %d", got, first+pack)
	}
	c := w.Collects(o)
	w.Knocks(o, c)
	w.HandsOver(o, c)
	w.In(o, order.Delivered)
	wantPart(t, w, s, prescribing.Dispensed)
	if w.Earned("pharmacy_payable:"+string(w.Corner.ID)) != 0 || w.Earned("pharmacy_payable:"+string(w.Mill.ID)) == 0 {
		t.Error("the wrong pharmacy was paid")
	}
	w.LedgerIsZero()
}

func TestAPharmacyThatDoesNotAnswerWithinItsBudgetLosesTheOrder(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, _ := w.Placed(order.Pickup)
	w.Pass(4 * time.Minute)

	if next := w.In(o, order.Placed); next.Attempt != 2 || next.Pharmacy != w.Mill.ID {
		t.Errorf("attempt %d at %s, want the second at the mill", next.Attempt, next.Pharmacy)
	}
	if f := w.FillNow(o, 1); f.State != pharmacy.Expired {
		t.Errorf("fill 1 is %s, want expired", f.State)
	}
	w.LedgerIsZero()
}

func TestAnOrderWithNoPharmacyLeftEndsAndNothingIsCharged(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, s := w.Placed(order.Courier)
	w.RefusesTo(o, "out_of_stock")
	w.RefusesTo(o, "out_of_stock")

	w.In(o, order.Cancelled)
	wantPayment(t, w, string(o), billing.Released)
	wantPart(t, w, s, prescribing.Signed)
	w.LedgerIsZero()
}

func TestADearerPharmacyIsAskedOnlyWithThePatientsWord(t *testing.T) {
	t.Parallel()
	for _, yes := range []bool{true, false} {
		t.Run(map[bool]string{true: "yes", false: "no"}[yes], func(t *testing.T) {
			t.Parallel()
			w := apptest.Start(t)
			w.Shelve(w.Harbour, apptest.Tablets, 2500, apptest.Packs)
			o, s := w.Placed(order.Pickup)
			w.RefusesTo(o, "overload")
			w.RefusesTo(o, "overload")
			asked := w.In(o, order.Placed)
			if asked.Question == nil || asked.Question.Kind != order.Dearer {
				t.Fatalf("question = %+v, want the patient asked about the dearer pharmacy", asked.Question)
			}
			w.Pass(2 * time.Minute)
			_, err := w.Order.Answer(t.Context(), w.As(w.Mother), o, asked.Question.ID, yes)
			w.Must(err)
			w.Settle()
			if !yes {
				w.In(o, order.Cancelled)
				wantPayment(t, w, string(o), billing.Released)
				wantPart(t, w, s, prescribing.Signed)
				w.LedgerIsZero()
				return
			}
			o3 := w.In(o, order.Placed)
			if o3.Pharmacy != w.Harbour.ID || o3.Attempt != 3 || o3.Promise.Pauses != 2*time.Minute {
				t.Errorf("attempt %d at %s, paused %v; want the third, at the harbour, 2m", o3.Attempt, o3.Pharmacy, o3.Promise.Pauses)
			}
			w.Brings(o, order.Ready)
			code, err := w.Pharmacy.PickupCode(t.Context(), w.As(w.Mother), id.FillOf(o, 3))
			w.Must(err)
			_, err = w.Pharmacy.HandOverAtCounter(t.Context(), w.As(w.Harbour.Pharmacist), id.FillOf(o, 3), code)
			w.Must(err)
			w.Settle()
			w.In(o, order.Delivered)
			held := 0
			for _, p := range w.Paid(string(o)) {
				if p.State == billing.Authorised {
					held++
				}
			}
			if held != 0 {
				t.Errorf("%d payments are still held, want the first given back", held)
			}
			w.LedgerIsZero()
		})
	}
}

func TestARefusalForSafetyEndsTheOrder(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, s := w.Placed(order.Courier)
	w.Brings(o, order.Reviewing)
	w.RefusesTo(o, "safety")

	if got := w.In(o, order.Cancelled); got.Attempt != 1 {
		t.Errorf("attempt %d, want no other pharmacy asked", got.Attempt)
	}
	wantPayment(t, w, string(o), billing.Released)
	wantPart(t, w, s, prescribing.Signed)
	w.LedgerIsZero()
}

func TestASubstituteIsGivenOnlyIfThePatientAgreesAndTheClockPausesMeanwhile(t *testing.T) {
	t.Parallel()
	for _, yes := range []bool{true, false} {
		t.Run(map[bool]string{true: "agreed", false: "declined"}[yes], func(t *testing.T) {
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
			due := w.OrderNow(o).Promise.Due
			_, err := w.Pharmacy.ProposeSubstitute(t.Context(), w.As(w.Corner.Pharmacist), id.FillOf(o, 1), 0, other)
			w.Must(err)
			w.Settle()
			asked := w.In(o, order.Reviewing)
			if asked.Question == nil || asked.Question.New != other || asked.Promise.Paused.IsZero() {
				t.Fatalf("question %+v, clock %+v; want the patient asked and the clock paused", asked.Question, asked.Promise)
			}
			w.Pass(3 * time.Minute)
			_, err = w.Order.Answer(t.Context(), w.As(w.Daughter), o, asked.Question.ID, yes)
			w.Must(err)
			w.Settle()

			got := w.OrderNow(o).Promise
			if !got.Due.Equal(due.Add(3*time.Minute)) || !got.Paused.IsZero() {
				t.Errorf("due %v, want three minutes after %v, running", got.Due, due)
			}
			want := map[bool]string{true: other, false: written}[yes]
			if line := w.FillNow(o, 1).Lines[0]; line.Product != want {
				t.Errorf("the fill has %s, want %s", line.Product, want)
			}
			w.Brings(o, order.Ready)
			w.LedgerIsZero()
		})
	}
}
