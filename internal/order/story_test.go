package order_test

import (
	"testing"
	"time"

	"housecall/internal/fault"
	"housecall/internal/order"
)

func TestOrderGoesFromUnpaidToTheDoor(t *testing.T) {
	w := newWorld(t)
	oid := w.unpaid(t)
	w.wants(t, oid, order.Unpaid)
	if o := w.order(t, oid); !o.Promise.Started.IsZero() {
		t.Error("the clock runs before the order is paid")
	}
	o, err := w.Pay(t.Context(), w.as(patient), oid, "card_ok")
	must(t, err)
	must(t, w.PaymentAuthorised(t.Context(), w.house(), oid, o.Payment))
	o = w.wants(t, oid, order.Placed)
	if got := o.Promise.Due.Sub(w.clock.Now()); got != 30*time.Minute {
		t.Errorf("due in %v, want 30m", got)
	}

	w.to(t, oid, order.Delivered)

	o = w.wants(t, oid, order.Delivered)
	if o.Promise.Stopped.IsZero() || len(o.Timers) != 0 {
		t.Errorf("delivered, but the clock runs on: %+v, timers %v", o.Promise, o.Timers)
	}
	if len(o.History) != 6 || o.History[0].By != "journey" {
		t.Errorf("history = %+v, want six steps that say who", o.History)
	}
}

func TestAddressCanBeChangedUntilCollected(t *testing.T) {
	w := newWorld(t)
	oid := w.placed(t)
	next := door
	next.Point.Lat = 1.02
	far := door
	far.Point.Lat = 5
	version := w.order(t, oid).Version

	_, away := w.Readdress(t.Context(), w.as(patient), oid, version, far)
	o, err := w.Readdress(t.Context(), w.as(patient), oid, version, next)
	must(t, err)
	_, stale := w.Readdress(t.Context(), w.as(patient), oid, version, door)
	w.to(t, oid, order.Collected)
	_, late := w.Readdress(t.Context(), w.as(patient), oid, w.order(t, oid).Version, door)

	if o.Address.Point != next.Point {
		t.Error("the address did not change")
	}
	for name, got := range map[string]bool{"out of reach": fault.Is(away, fault.Invalid), "stale": fault.Is(stale, fault.Stale), "late": fault.Is(late, fault.Conflict)} {
		if !got {
			t.Errorf("%s: not refused as it should be: %v %v %v", name, away, stale, late)
		}
	}
}

func TestStrangerSeesNothingOfAnOrderAndChangesNothing(t *testing.T) {
	w := newWorld(t)
	oid := w.placed(t)
	before := w.order(t, oid).Version
	ctx, eve := t.Context(), w.as(stranger)

	_, read := w.Read(ctx, eve, oid)
	_, cancelled := w.Cancel(ctx, eve, oid, "x")
	_, listed := w.Of(ctx, eve, mum, "", 10)
	_, placed := w.Place(ctx, eve, order.Wanted{Part: part, Pharmacy: "phm_a", Fulfilment: order.Pickup})
	_, none := w.Read(ctx, eve, "ord_none")

	for name, err := range map[string]error{"read": read, "cancel": cancelled, "list": listed, "place": placed, "what is not there": none} {
		if !fault.Is(err, fault.NotFound) || err.Error() != none.Error() {
			t.Errorf("%s = %v, want the same not found as for what is not there", name, err)
		}
	}
	if got := w.order(t, oid).Version; got != before {
		t.Errorf("version = %d, want %d", got, before)
	}
}

func TestThanksAreGivenOnceAndOnlyOnceTheMedicineIsThere(t *testing.T) {
	w := newWorld(t)
	oid := w.placed(t)
	early := func() error { _, err := w.Rate(t.Context(), w.as(patient), oid, order.Rating{Stars: 5}); return err }()
	w.to(t, oid, order.Delivered)
	_, err := w.Rate(t.Context(), w.as(patient), oid, order.Rating{Stars: 5})
	must(t, err)
	_, again := w.Rate(t.Context(), w.as(patient), oid, order.Rating{Stars: 1})

	if !fault.Is(early, fault.Conflict) || !fault.Is(again, fault.Conflict) {
		t.Errorf("before the door: %v; twice: %v; want conflicts", early, again)
	}
}
