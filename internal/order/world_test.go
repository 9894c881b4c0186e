package order_test

import (
	"context"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/apptest/scratch"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/order"
	"housecall/policies"
)

const (
	part = id.Part("part_rx_1_1")
	mum  = id.Patient("pat_mum")
)

var (
	patient  = access.Actor{Account: "acc_mum", Role: access.Patient, Patient: mum}
	daughter = access.Actor{Account: "acc_daughter", Role: access.Patient, Patient: "pat_daughter"}
	stranger = access.Actor{Account: "acc_eve", Role: access.Patient, Patient: "pat_eve"}
	operator = access.Actor{Account: "acc_op", Role: access.Operator}
	door     = order.Address{Text: "7 Lamp Street", Point: geo.Point{Lat: 1.01, Lon: 2.01}}
)

// world is what an order stands on, with one prescription, two pharmacies and a coupon.
type world struct {
	*order.Service
	clock   *clock.Fake
	store   docstore.Store
	prices  map[id.Pharmacy]int64
	refused error
	slots   bool // couriers ride by appointment alone
	began   time.Time
	free    []time.Duration // since then: when the slots begin that can be moved to
	n       int
}

func (w *world) Fillable(context.Context, access.Actor, id.Part) (order.Script, error) {
	return order.Script{Prescription: "rx_1", Patient: mum, Lines: []order.Line{{Product: "amoxicillin/capsule/500mg", Quantity: 15}}}, w.refused
}

func (w *world) Quote(_ context.Context, _ access.Actor, wanted order.Wanted, _ order.Script, _ time.Time) (order.Quote, error) {
	return w.quote(wanted.Pharmacy), nil
}

// Slot offers one, two hours long, that begins whenever it is asked for before noon of the next day.
func (w *world) Slot(_ context.Context, _ id.Zone, from time.Time) (order.Slot, error) {
	if from.Sub(w.clock.Now()) > 24*time.Hour {
		return order.Slot{}, fault.New(fault.Conflict, "This time can't be had any more.").Coded("slot-gone")
	}
	return order.Slot{From: from, Until: from.Add(2 * time.Hour), Begins: from.Add(-30 * time.Minute), Leaves: from.Add(-20 * time.Minute), TimeZone: "Asia/Shanghai"}, nil
}

// Keeping offers those that the story says.
func (w *world) Keeping(ctx context.Context, zone id.Zone, _ id.Pharmacy) ([]order.Slot, error) {
	var out []order.Slot
	for _, after := range w.free {
		slot, err := w.Slot(ctx, zone, w.began.Add(after))
		if err != nil {
			return nil, err
		}
		out = append(out, slot)
	}
	return out, nil
}

func (w *world) AtOnce(context.Context, id.Zone) (bool, error) { return !w.slots, nil }

func (w *world) quote(p id.Pharmacy) order.Quote {
	return order.Quote{
		Pharmacy: p, Medicine: money.Of(w.prices[p], "CNY"), DeliveryFee: money.Of(800, "CNY"),
		Promised: 30 * time.Minute, Median: 22 * time.Minute, Late: 29 * time.Minute,
	}
}

func (w *world) ZoneOf(_ context.Context, p geo.Point) (id.Zone, error) {
	if p.Lat > 1 && p.Lat < 2 {
		return "zone_a", nil
	}
	return "", nil
}

func (w *world) Discount(_ context.Context, _ access.Actor, code string, fees money.Amount) (money.Amount, error) {
	if code != "LAMP" {
		return money.Amount{}, fault.InvalidField("/coupon", "This coupon is not known.")
	}
	return fees, nil
}

func (w *world) Scopes(_ context.Context, p id.Patient, holder id.Account) ([]access.Scope, error) {
	if p == mum && holder == daughter.Account {
		return []access.Scope{access.See, access.Pay}, nil
	}
	return nil, nil
}

func (w *world) Seen(context.Context, access.Actor, access.Action, access.Facts) error { return nil }
func (w *world) Denied(context.Context, access.Actor, access.Action, access.Facts)     {}

func newWorld(t *testing.T) *world {
	t.Helper()
	rules, err := access.NewRules(policies.Model, policies.Rules)
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), scratch.Folder(t)+"/housecall.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	now := time.Date(2026, 11, 22, 21, 0, 0, 0, time.UTC)
	w := &world{store: store, clock: clock.NewFake(now), began: now, prices: map[id.Pharmacy]int64{"phm_a": 5000, "phm_b": 4900, "phm_c": 9900}}
	w.Service, err = order.New(t.Context(), order.Deps{
		Store: store, Clock: w.clock, Guard: access.NewGuard(rules, w, w),
		Scripts: w, Quotes: w, Zones: w, Slots: w, Coupons: w,
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) as(a access.Actor) access.Actor {
	w.n++
	a.Request = id.RequestOf(nil, string(a.Account), time.Duration(w.n).String())
	return a
}

func (w *world) house() access.Actor {
	return w.as(access.Actor{Account: "journey", Role: access.System})
}

func (w *world) unpaid(t *testing.T) id.Order {
	t.Helper()
	o, err := w.Place(t.Context(), w.as(patient), order.Wanted{Part: part, Pharmacy: "phm_a", Fulfilment: order.Courier, Address: door})
	must(t, err)
	must(t, w.Hold(t.Context(), w.house(), o.ID))
	return o.ID
}

func (w *world) placed(t *testing.T) id.Order {
	t.Helper()
	oid := w.unpaid(t)
	o, err := w.Pay(t.Context(), w.as(patient), oid, "card_ok")
	must(t, err)
	must(t, w.PaymentAuthorised(t.Context(), w.house(), oid, o.Payment))
	return oid
}

func (w *world) to(t *testing.T, oid id.Order, s order.State) {
	t.Helper()
	steps := []struct {
		state order.State
		call  func(context.Context, access.Actor, id.Order, int) error
	}{
		{order.Reviewing, w.Reviewing},
		{order.Preparing, w.Preparing},
		{order.Ready, w.Ready},
		{order.Collected, w.Collected},
		{order.Delivered, w.Delivered},
	}
	for _, step := range steps {
		must(t, step.call(t.Context(), w.house(), oid, w.order(t, oid).Attempt))
		if step.state == s {
			return
		}
	}
}

func (w *world) order(t *testing.T, oid id.Order) *order.Order {
	t.Helper()
	o, err := w.Get(t.Context(), w.house(), oid)
	must(t, err)
	return o
}

func (w *world) fire(t *testing.T, oid id.Order, kind event.Kind) {
	t.Helper()
	must(t, w.TimerFired(t.Context(), w.house(), oid, kind))
}

// told lists what an order announced of a kind.
func (w *world) told(t *testing.T, oid id.Order, kind event.Kind) []event.Event {
	t.Helper()
	waiting, err := w.store.Waiting(t.Context(), 500)
	must(t, err)
	var all []event.Event
	for _, out := range waiting {
		if out.Event.Doc == string(oid) && out.Event.Kind == kind {
			all = append(all, out.Event)
		}
	}
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) wants(t *testing.T, oid id.Order, s order.State) *order.Order {
	t.Helper()
	o := w.order(t, oid)
	if o.State != s {
		t.Fatalf("state = %s, want %s", o.State, s)
	}
	return o
}
