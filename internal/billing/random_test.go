package billing_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"housecall/internal/billing"
	"housecall/internal/fault"
)

// TestWhateverHappensTheLedgerSumsToZeroAndAgreesWithTheGateway has payments live random lives, with
// answers of the gateway lost on the way, and compares the ledger with the gateway's own books.
func TestWhateverHappensTheLedgerSumsToZeroAndAgreesWithTheGateway(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			w, dice := newWorld(t), rand.New(rand.NewPCG(seed, 1))
			w.coupon(t, billing.CouponTerms{Code: "DICE", Percent: 30, Limit: 3})

			for n := range 30 {
				w.bank.mute = dice.IntN(3) / 2
				w.roll(t, dice, fmt.Sprintf("ord_%d", dice.IntN(5)), n)
				w.clock.Advance(time.Minute)
			}
			w.bank.mute = 0
			w.heal(t)

			balances := w.ledger(t)
			if got, want := balances["gateway"], w.bank.took()-w.bank.gaveBack(); got != want {
				t.Errorf("the ledger has %d at the gateway, the gateway %d", got, want)
			}
			if got, want := balances["held_at_gateway"], w.bank.holds(); got != want {
				t.Errorf("the ledger has %d held, the gateway %d", got, want)
			}
		})
	}
}

// roll does one thing to one order. What is refused or unanswered is part of the game; what is broken is not.
func (w *world) roll(t *testing.T, dice *rand.Rand, subject string, n int) {
	t.Helper()
	a := journey(fmt.Sprint("throw ", n))
	c := orderCharge()
	c.Subject, c.Payment = subject, billing.PaymentOf(subject, 1+dice.IntN(2))
	if dice.IntN(2) == 0 {
		c.Coupon = "DICE"
	}
	var err error
	switch dice.IntN(6) {
	case 0, 1:
		err = w.Authorise(t.Context(), a, c)
	case 2:
		err = w.Capture(t.Context(), a, subject, billing.Final{Kind: billing.Medicine, Payee: "phm_2", Amount: cny(7000)})
	case 3:
		err = w.Release(t.Context(), a, subject, "cancelled")
	case 4:
		err = w.Refund(t.Context(), a, subject, []string{"delivery_fee"}, "promise_broken")
	case 5:
		err = w.Refund(t.Context(), a, subject, []string{"medicine"}, "returned")
	}
	if err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.NotFound) && !isLost(err) {
		t.Error(err)
	}
}

// heal lets every timer ring.
func (w *world) heal(t *testing.T) {
	t.Helper()
	w.clock.Advance(time.Hour)
	for {
		timers, _, err := w.store.Timers(t.Context(), "", 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(timers) == 0 {
			return
		}
		for _, timer := range timers {
			if err := w.TimerFired(t.Context(), journey("timer"), timer.Doc, timer.Kind); err != nil {
				t.Fatal(err)
			}
		}
	}
}
