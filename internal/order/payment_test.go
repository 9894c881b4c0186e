package order_test

import (
	"testing"
	"time"

	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/money"
	"housecall/internal/order"
)

func TestUnpaidOrderLastsTenMinutesAndOneTapAddsTen(t *testing.T) {
	w := newWorld(t)
	oid := w.unpaid(t)
	w.clock.Advance(9 * time.Minute)
	_, err := w.Extend(t.Context(), w.as(patient), oid)
	must(t, err)

	w.clock.Advance(9 * time.Minute)
	w.fire(t, oid, order.TimerUnpaid) // the old one, come late
	w.wants(t, oid, order.Unpaid)
	w.clock.Advance(time.Minute)
	w.fire(t, oid, order.TimerUnpaid)

	if o := w.wants(t, oid, order.Cancelled); o.History[len(o.History)-1].Why != "unpaid" {
		t.Errorf("history = %+v, want it to say unpaid", o.History)
	}
}

func TestRefusedPaymentLeavesTheOrderToBePaidOtherwise(t *testing.T) {
	w := newWorld(t)
	oid := w.unpaid(t)
	first, err := w.Pay(t.Context(), w.as(patient), oid, "card_refused")
	must(t, err)
	must(t, w.PaymentRefused(t.Context(), w.house(), oid, first.Payment, "bank"))

	if o := w.wants(t, oid, order.Unpaid); o.PaymentFailed != "bank" {
		t.Errorf("payment failed = %q, want bank", o.PaymentFailed)
	}
	second, err := w.Pay(t.Context(), w.as(daughter), oid, "card_ok")
	must(t, err)
	must(t, w.PaymentAuthorised(t.Context(), w.house(), oid, first.Payment)) // late word of the first
	w.wants(t, oid, order.Unpaid)
	must(t, w.PaymentAuthorised(t.Context(), w.house(), oid, second.Payment))
	w.wants(t, oid, order.Placed)
}

func TestSecondTapOnPayPaysOnce(t *testing.T) {
	w := newWorld(t)
	oid := w.unpaid(t)
	tap := w.as(patient)
	first, err := w.Pay(t.Context(), tap, oid, "card_ok")
	must(t, err)

	again, err := w.Pay(t.Context(), tap, oid, "card_ok")
	must(t, err)
	_, third := w.Pay(t.Context(), w.as(patient), oid, "card_ok")

	if again.Payments != 1 || again.Payment != first.Payment {
		t.Errorf("the same request pays again: %d payments", again.Payments)
	}
	if !fault.Is(third, fault.Conflict) {
		t.Errorf("another tap = %v, want a conflict", third)
	}
}

func TestPlacingTwiceByOneRequestIsOneOrder(t *testing.T) {
	w := newWorld(t)
	a := w.as(patient)
	want := order.Wanted{Part: part, Pharmacy: "phm_a", Fulfilment: order.Pickup}
	first, err := w.Place(t.Context(), a, want)
	must(t, err)
	w.refused = fault.New(fault.Conflict, "This part is claimed.") // by the first, by now

	again, err := w.Place(t.Context(), a, want)
	must(t, err)
	_, other := w.Place(t.Context(), w.as(patient), want)

	if again.ID != first.ID {
		t.Errorf("two orders: %s, %s", first.ID, again.ID)
	}
	if !fault.Is(other, fault.Conflict) {
		t.Errorf("another order of the same part = %v, want a conflict", other)
	}
}

func TestCaregiverWithTheRightToPayOrdersForHerMother(t *testing.T) {
	w := newWorld(t)

	o, err := w.Place(t.Context(), w.as(daughter), order.Wanted{Part: part, Pharmacy: "phm_a", Fulfilment: order.Courier, Address: door, Coupon: "LAMP"})

	must(t, err)
	if o.Patient != mum || o.PlacedBy != daughter.Account || o.Total() != money.Of(5000, "CNY") {
		t.Errorf("order for %s by %s over %s, want mum, daughter, the medicine alone", o.Patient, o.PlacedBy, o.Total())
	}
}

func TestWrongOrdersAreRefusedByTheField(t *testing.T) {
	w := newWorld(t)
	for name, want := range map[string]order.Wanted{
		"no address":     {Part: part, Pharmacy: "phm_a", Fulfilment: order.Courier},
		"a place beyond": {Part: part, Pharmacy: "phm_a", Fulfilment: order.Courier, Address: order.Address{Text: "x", Point: geo.Point{Lat: 91}}},
		"no such way":    {Part: part, Pharmacy: "phm_a", Fulfilment: "pigeon"},
		"a bad coupon":   {Part: part, Pharmacy: "phm_a", Fulfilment: order.Courier, Address: door, Coupon: "NOPE"},
	} {
		if _, err := w.Place(t.Context(), w.as(patient), want); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s = %v, want it refused as invalid", name, err)
		}
	}
}
