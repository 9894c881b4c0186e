package order_test

import (
	"testing"
	"time"

	"housecall/internal/id"
	"housecall/internal/order"
)

func TestPharmacyThatRefusesLosesTheOrderToTheNext(t *testing.T) {
	for _, from := range []order.State{order.Placed, order.Reviewing, order.Preparing, order.Ready} {
		t.Run("from "+string(from), func(t *testing.T) {
			w := newWorld(t)
			oid := w.placed(t)
			if from != order.Placed {
				w.to(t, oid, from)
			}
			due := w.order(t, oid).Promise.Due

			must(t, w.Reroute(t.Context(), w.house(), oid, 1, w.quote("phm_b"), "refused"))

			o := w.wants(t, oid, order.Placed)
			if o.Attempt != 2 || o.Pharmacy != "phm_b" || len(o.Tried) != 1 || o.Tried[0] != "phm_a" {
				t.Errorf("attempt %d at %s after %v, want 2 at phm_b after phm_a", o.Attempt, o.Pharmacy, o.Tried)
			}
			if !o.Promise.Due.Equal(due) {
				t.Error("the promise was moved by the change of pharmacy")
			}
			must(t, w.Ready(t.Context(), w.house(), oid, 1)) // word of the attempt that is over
			w.wants(t, oid, order.Placed)
		})
	}
}

func TestDearerPharmacyIsOnlyTakenWithThePatientsWord(t *testing.T) {
	tests := []struct {
		name     string
		accepted bool
		state    order.State
		pharmacy id.Pharmacy
	}{
		{"yes goes there once it is paid for", true, order.Placed, "phm_c"},
		{"no cancels", false, order.Cancelled, "phm_a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			oid := w.placed(t)
			must(t, w.Reroute(t.Context(), w.house(), oid, 1, w.quote("phm_c"), "refused"))
			asked := w.wants(t, oid, order.Placed)
			if asked.Question == nil || asked.Attempt != 1 {
				t.Fatalf("question = %v, attempt %d; want asked before anything moves", asked.Question, asked.Attempt)
			}
			w.clock.Advance(2 * time.Minute)
			o, err := w.Answer(t.Context(), w.as(patient), oid, asked.Question.ID, tt.accepted)
			must(t, err)
			if tt.accepted {
				must(t, w.PaymentAuthorised(t.Context(), w.house(), oid, o.Payment))
			}

			o = w.wants(t, oid, tt.state)
			if o.Pharmacy != tt.pharmacy {
				t.Errorf("pharmacy = %s, want %s", o.Pharmacy, tt.pharmacy)
			}
			if tt.accepted && o.Promise.Pauses != 2*time.Minute {
				t.Errorf("paused for %v, want 2m", o.Promise.Pauses)
			}
		})
	}
}

func TestBagThatCameBackIsBroughtAgainAsANewAttempt(t *testing.T) {
	w := newWorld(t)
	oid := w.placed(t)
	w.to(t, oid, order.Collected)
	must(t, w.Undelivered(t.Context(), w.house(), oid, 1))

	o, err := w.Reattempt(t.Context(), w.as(patient), oid, time.Time{})
	must(t, err)

	if o.State != order.Placed || o.Attempt != 2 || o.Pharmacy != "phm_a" || !o.Promise.Stopped.IsZero() {
		t.Errorf("order = %s attempt %d at %s, want placed, 2, the same pharmacy, with a running clock", o.State, o.Attempt, o.Pharmacy)
	}
	if o.SecondBag(1) || !o.SecondBag(2) || !o.SecondBag(3) {
		t.Errorf("second bags = %v, %v, %v; want the second and what follows", o.SecondBag(1), o.SecondBag(2), o.SecondBag(3))
	}
}

func TestOnlyAnotherPharmacyIsToldAsAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	oid := w.placed(t)
	w.to(t, oid, order.Collected)
	must(t, w.Undelivered(t.Context(), w.house(), oid, 1))

	_, err := w.Reattempt(t.Context(), w.as(patient), oid, time.Time{}) // the first pharmacy is asked first
	must(t, err)
	must(t, w.Reroute(t.Context(), w.house(), oid, 2, w.quote("phm_b"), "out_of_stock"))

	told := w.told(t, oid, order.EventRerouted)
	if len(told) != 2 || told[0].Data["again"] != "same_pharmacy" || told[1].Data["again"] != "" {
		t.Errorf("told %+v, want first the same pharmacy, then another", told)
	}
}
