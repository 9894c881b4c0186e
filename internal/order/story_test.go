package order_test

import (
	"context"
	"flag"
	"os"
	"slices"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/order"
	"housecall/policies"
)

var update = flag.Bool("update", false, "write the golden files")

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
	prices  map[id.Pharmacy]int64
	refused error
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
	return order.Slot{From: from, Until: from.Add(2 * time.Hour), Begins: from.Add(-30 * time.Minute), Leaves: from.Add(-20 * time.Minute)}, nil
}

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
	store, err := sqlite.Open(t.Context(), t.TempDir()+"/housecall.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	w := &world{clock: clock.NewFake(time.Date(2026, 11, 22, 21, 0, 0, 0, time.UTC)), prices: map[id.Pharmacy]int64{"phm_a": 5000, "phm_b": 4900, "phm_c": 9900}}
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

func TestLifeOfAnOrderIsAsDrawn(t *testing.T) {
	const golden = "testdata/order.mmd"
	got := order.Moves.Mermaid()
	if *update {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	must(t, err)
	if got != string(want) {
		t.Errorf("the table is not as drawn in %s; read the change, then run with -update:\n%s", golden, got)
	}
}

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

func TestClockStandsStillOnlyWhileThePatientOwesTheAnswer(t *testing.T) {
	w := newWorld(t)
	oid := w.placed(t)
	w.to(t, oid, order.Reviewing)
	due := w.order(t, oid).Promise.Due
	must(t, w.Ask(t.Context(), w.house(), oid, 1, order.Question{ID: "q1", Kind: order.Substitute, Old: "a", New: "b"}))
	w.clock.Advance(5 * time.Minute)
	if o := w.order(t, oid); o.Promise.Left(w.clock.Now()) != 30*time.Minute {
		t.Errorf("%v left while the patient is asked, want 30m", o.Promise.Left(w.clock.Now()))
	}

	_, err := w.Answer(t.Context(), w.as(daughter), oid, "q1", true)
	must(t, err)

	if o := w.order(t, oid); !o.Promise.Due.Equal(due.Add(5*time.Minute)) || o.Question != nil {
		t.Errorf("due %v, question %v; want five minutes later and none", o.Promise.Due, o.Question)
	}
	if _, err := w.Answer(t.Context(), w.as(patient), oid, "q1", false); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second answer = %v, want a conflict", err)
	}
}

func TestPromiseIsSeenAtRiskBeforeItBreaksAndBreaksOnce(t *testing.T) {
	w := newWorld(t)
	oid := w.placed(t)
	w.to(t, oid, order.Preparing)
	w.clock.Advance(26 * time.Minute)
	w.fire(t, oid, order.TimerAtRisk)
	if o := w.order(t, oid); !o.Promise.AtRisk || o.Promise.Broken != "" {
		t.Errorf("promise = %+v, want at risk, not broken", o.Promise)
	}
	w.clock.Advance(4 * time.Minute)
	w.fire(t, oid, order.TimerPromise)
	version := w.order(t, oid).Version

	w.fire(t, oid, order.TimerPromise)

	o := w.order(t, oid)
	if o.Promise.Broken != order.Preparing {
		t.Errorf("broken in %q, want preparing", o.Promise.Broken)
	}
	if n := countKind(o, order.TimerPromise); n != 0 || o.Version != version+1 {
		t.Errorf("the timer that came twice did something: %d timers, version %d", n, o.Version)
	}
}

func countKind(o *order.Order, kind event.Kind) (n int) {
	for _, timer := range o.Timers {
		if timer.Kind == kind {
			n++
		}
	}
	return n
}

func TestPatientCancelsUntilItIsCollected(t *testing.T) {
	for _, from := range []order.State{order.Placed, order.Reviewing, order.Preparing, order.Ready, order.Collected, order.Delivered} {
		t.Run("from "+string(from), func(t *testing.T) {
			w := newWorld(t)
			oid := w.placed(t)
			if from != order.Placed {
				w.to(t, oid, from)
			}
			late := from == order.Collected || from == order.Delivered

			_, err := w.Cancel(t.Context(), w.as(patient), oid, "changed_mind")

			if fault.Is(err, fault.Conflict) != late {
				t.Errorf("cancel from %s = %v", from, err)
			}
			if late {
				w.wants(t, oid, from)
				return
			}
			w.wants(t, oid, order.Cancelled)
		})
	}
}

func TestBagThatCameBackIsBroughtAgainAsANewAttempt(t *testing.T) {
	w := newWorld(t)
	oid := w.placed(t)
	w.to(t, oid, order.Collected)
	must(t, w.Undelivered(t.Context(), w.house(), oid, 1))

	o, err := w.Reattempt(t.Context(), w.as(patient), oid)
	must(t, err)

	if o.State != order.Placed || o.Attempt != 2 || o.Pharmacy != "phm_a" || !o.Promise.Stopped.IsZero() {
		t.Errorf("order = %s attempt %d at %s, want placed, 2, the same pharmacy, with a running clock", o.State, o.Attempt, o.Pharmacy)
	}
	if o.SecondBag(1) || !o.SecondBag(2) || !o.SecondBag(3) {
		t.Errorf("second bags = %v, %v, %v; want the second and what follows", o.SecondBag(1), o.SecondBag(2), o.SecondBag(3))
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

func TestCaregiverWithTheRightToPayOrdersForHerMother(t *testing.T) {
	w := newWorld(t)

	o, err := w.Place(t.Context(), w.as(daughter), order.Wanted{Part: part, Pharmacy: "phm_a", Fulfilment: order.Courier, Address: door, Coupon: "LAMP"})

	must(t, err)
	if o.Patient != mum || o.PlacedBy != daughter.Account || o.Total() != money.Of(5000, "CNY") {
		t.Errorf("order for %s by %s over %s, want mum, daughter, the medicine alone", o.Patient, o.PlacedBy, o.Total())
	}
}

func TestOperatorSeesWhoIsLateBeforeTheyAre(t *testing.T) {
	w := newWorld(t)
	oid := w.placed(t)
	w.to(t, w.placed(t), order.Delivered)
	w.clock.Advance(27 * time.Minute)

	page, err := w.Late(t.Context(), w.as(operator), w.clock.Now().Add(4*time.Minute), "", 10)
	must(t, err)
	_, nosy := w.Late(t.Context(), w.as(patient), w.clock.Now(), "", 10)

	if len(page.Items) != 1 || page.Items[0].ID != oid {
		t.Errorf("late = %d orders, want the open one alone", len(page.Items))
	}
	if nosy == nil {
		t.Error("a patient saw the operator's list")
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

func TestIllegalTransitionIsRefusedFromEveryStateAndChangesNothing(t *testing.T) {
	acts := map[string]func(ctx context.Context, w *world, oid id.Order) error{
		"cancel": func(ctx context.Context, w *world, oid id.Order) error {
			_, err := w.Cancel(ctx, w.as(patient), oid, "changed_mind")
			return err
		},
		"pay": func(ctx context.Context, w *world, oid id.Order) error {
			_, err := w.Pay(ctx, w.as(patient), oid, "card_ok")
			return err
		},
		"extend": func(ctx context.Context, w *world, oid id.Order) error {
			_, err := w.Extend(ctx, w.as(patient), oid)
			return err
		},
		"reattempt": func(ctx context.Context, w *world, oid id.Order) error {
			_, err := w.Reattempt(ctx, w.as(patient), oid)
			return err
		},
		"rate": func(ctx context.Context, w *world, oid id.Order) error {
			_, err := w.Rate(ctx, w.as(patient), oid, order.Rating{Stars: 5})
			return err
		},
	}
	legal := map[order.State][]string{
		order.Unpaid: {"cancel", "pay", "extend"}, order.Placed: {"cancel"}, order.Reviewing: {"cancel"}, order.Preparing: {"cancel"},
		order.Ready: {"cancel"}, order.Collected: {}, order.Delivered: {"rate"}, order.Undelivered: {"cancel", "reattempt"}, order.Cancelled: {},
	}
	for state, allowed := range legal {
		for name, act := range acts {
			t.Run(name+" when "+string(state), func(t *testing.T) {
				w := newWorld(t)
				oid := w.in(t, state)
				before := w.order(t, oid)

				err := act(t.Context(), w, oid)

				if want := !slices.Contains(allowed, name); fault.Is(err, fault.Conflict) != want {
					t.Fatalf("error = %v, want a conflict: %v", err, want)
				}
				if err != nil && w.order(t, oid).Version != before.Version {
					t.Error("the refused step changed the order")
				}
			})
		}
	}
}

// in is an order in this state.
func (w *world) in(t *testing.T, s order.State) id.Order {
	t.Helper()
	if s == order.Unpaid {
		return w.unpaid(t)
	}
	oid := w.placed(t)
	switch s {
	case order.Placed:
	case order.Cancelled:
		_, err := w.Cancel(t.Context(), w.as(patient), oid, "changed_mind")
		must(t, err)
	case order.Undelivered:
		w.to(t, oid, order.Collected)
		must(t, w.Undelivered(t.Context(), w.house(), oid, 1))
	default:
		w.to(t, oid, s)
	}
	return oid
}

func TestEveryTransitionOfAnOrderRecordsWhoWhenAndWhy(t *testing.T) {
	w := newWorld(t)
	oid := w.placed(t)
	w.clock.Advance(time.Minute)
	_, err := w.Cancel(t.Context(), w.as(patient), oid, "changed_mind")
	must(t, err)

	h := w.order(t, oid).History
	last := h[len(h)-1]

	if last.By != string(patient.Account) || !last.At.Equal(w.clock.Now()) || last.Why != "changed_mind" || last.From != order.Placed || last.To != order.Cancelled {
		t.Errorf("last step = %+v, want the patient, now, changed_mind, from placed to cancelled", last)
	}
}
