package pharmacy_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/apptest/scratch"
	"housecall/internal/clock"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/estimate"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/pharmacy"
	"housecall/internal/phi"
	"housecall/policies"
)

const (
	amoxicillin = "amoxicillin/capsule/500mg"
	brand       = "amoxicillin/tablet/500mg"
	ibuprofen   = "ibuprofen/tablet/400mg"
)

// town is a zone with two pharmacies that stand open and stocked, and everybody they ask.
type town struct {
	*pharmacy.Service
	t     *testing.T
	clock *clock.Fake
	store *sqlite.Store
	trail *trail
	world *world

	oak, elm *pharmacy.Pharmacy
}

// monday is a Monday, 10:00 in Shanghai.
var monday = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

func newTown(t *testing.T) *town {
	t.Helper()
	ctx := t.Context()
	store, err := sqlite.Open(ctx, scratch.Folder(t)+"/x.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	rules, err := rules()
	if err != nil {
		t.Fatal(err)
	}
	w := &town{t: t, clock: clock.NewFake(monday), store: store, trail: &trail{}, world: newWorld()}
	w.Service, err = pharmacy.New(ctx, pharmacy.Deps{
		Store: store, Clock: w.clock, Guard: access.NewGuard(rules, circle{}, w.trail), Vetting: w.world, Scripts: w.world,
		Formulary: w.world, Zones: w.world, Estimates: w.world, Secret: []byte(strings.Repeat("s", 32)),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.oak = w.open("Oak Pharmacy", geo.Point{Lat: 31.20, Lon: 121.40})
	w.elm = w.open("Elm Pharmacy", geo.Point{Lat: 31.25, Lon: 121.45})
	w.receive(w.oak, amoxicillin, "A1", "2027-03-31", 100)
	w.receive(w.elm, amoxicillin, "E1", "2027-03-31", 100)
	return w
}

// rules asks Casbin once for all stories: the policy never changes.
var rules = sync.OnceValues(func() (*access.Rules, error) { return access.NewRules(policies.Model, policies.Rules) })

func (w *town) open(name string, at geo.Point) *pharmacy.Pharmacy {
	w.t.Helper()
	ph, err := w.Create(w.t.Context(), operator, "", profile(name, at), pharmacy.AllDay())
	must(w.t, err)
	w.world.vetted[string(ph.ID)] = true
	return ph
}

func profile(name string, at geo.Point) pharmacy.Profile {
	return pharmacy.Profile{
		Name: name, Address: "1 Street", Phone: "+1", At: at, Zone: "zone_a", TimeZone: "Asia/Shanghai", Currency: "CNY",
		Fulfilments: []string{pharmacy.ByCourier, pharmacy.ByPickup, pharmacy.ByParcel},
	}
}

func (w *town) receive(ph *pharmacy.Pharmacy, product, batch, expiry string, units int) {
	w.t.Helper()
	_, err := w.Receive(w.t.Context(), staff(ph), ph.ID, pharmacy.Arrival{
		Product: product, PackUnits: 10, Price: money.Of(1250, "CNY"),
		Batch: pharmacy.Batch{Batch: batch, Expiry: expiry, Units: units},
	})
	must(w.t, err)
}

// reservation asks oak for 15 capsules: two packs.
func (w *town) reservation(order id.Order, fulfilment string) pharmacy.Reservation {
	return pharmacy.Reservation{
		Fill: id.FillOf(order, 1), Order: order, Attempt: 1, Pharmacy: w.oak.ID, Prescription: "rx_1", Part: "part_rx_1_1",
		Patient: "pat_1", Lines: []pharmacy.Line{{Product: amoxicillin, Quantity: 15}}, Fulfilment: fulfilment,
	}
}

func (w *town) reserve(order id.Order, fulfilment string) id.Fill {
	w.t.Helper()
	must(w.t, w.Service.Reserve(w.t.Context(), journey(string(order)), w.reservation(order, fulfilment)))
	return id.FillOf(order, 1)
}

func (w *town) offered(order id.Order, fulfilment string) id.Fill {
	w.t.Helper()
	fill := w.reserve(order, fulfilment)
	must(w.t, w.Offer(w.t.Context(), journey("offer"+string(order)), fill))
	return fill
}

func (w *town) reviewing(order id.Order, fulfilment string) id.Fill {
	w.t.Helper()
	fill := w.offered(order, fulfilment)
	_, err := w.Review(w.t.Context(), pharmacist(w.oak), fill)
	must(w.t, err)
	return fill
}

func (w *town) preparing(order id.Order, fulfilment string) id.Fill {
	w.t.Helper()
	fill := w.reviewing(order, fulfilment)
	_, err := w.Accept(w.t.Context(), pharmacist(w.oak), fill, pharmacy.Acceptance{})
	must(w.t, err)
	return fill
}

func (w *town) ready(order id.Order, fulfilment string) id.Fill {
	w.t.Helper()
	fill := w.preparing(order, fulfilment)
	_, err := w.Pack(w.t.Context(), staff(w.oak), fill, bag())
	must(w.t, err)
	_, err = w.Ready(w.t.Context(), staff(w.oak), fill, sealed())
	must(w.t, err)
	return fill
}

func bag() []pharmacy.Packed {
	return []pharmacy.Packed{{Line: 0, Product: amoxicillin, Batch: "A1", Expiry: "2027-03-31", Units: 20}}
}

func sealed() pharmacy.Sealing { return pharmacy.Sealing{Seal: "S-1001", Labelled: true} }

func (w *town) state(fill id.Fill) pharmacy.State {
	w.t.Helper()
	return w.fill(fill).State
}

func (w *town) fill(fill id.Fill) *pharmacy.Fill {
	w.t.Helper()
	f, err := w.Fill(w.t.Context(), journey("look"), fill)
	must(w.t, err)
	return f
}

func (w *town) item(ph *pharmacy.Pharmacy, product string) *pharmacy.Stock {
	w.t.Helper()
	st, err := w.StockItem(w.t.Context(), staff(ph), pharmacy.StockOf(ph.ID, product))
	must(w.t, err)
	return st
}

func (w *town) free(ph *pharmacy.Pharmacy, product string) int {
	w.t.Helper()
	return w.item(ph, product).Free("2026-11-23")
}

// fire delivers every timer of the fill that is due, as the bus would.
func (w *town) fire(fill id.Fill) {
	w.t.Helper()
	for _, timer := range slices.Clone(w.fill(fill).Timers) {
		if w.clock.Now().Before(timer.Due) {
			continue
		}
		must(w.t, w.TimerFired(w.t.Context(), journey("timer"+string(timer.Kind)+w.clock.Now().String()), fill, timer.Kind))
	}
}

// told lists the events of a document that wait in the outbox.
func (w *town) told(doc string) []event.Event {
	w.t.Helper()
	waiting, err := w.store.Waiting(context.Background(), 10_000)
	must(w.t, err)
	var out []event.Event
	for _, o := range waiting {
		if o.Doc == doc && o.Event.Due == nil && !o.Event.Cancelled {
			out = append(out, o.Event)
		}
	}
	return out
}

func (w *town) heard(doc string, kind event.Kind) event.Event {
	w.t.Helper()
	var found event.Event
	n := 0
	for _, e := range w.told(doc) {
		if e.Kind == kind {
			found, n = e, n+1
		}
	}
	if n != 1 {
		w.t.Errorf("%s was announced %d times, want once", kind, n)
	}
	return found
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantFault wants a refusal of the kind, with the code when one is given.
func wantFault(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != kind || (code != "" && f.Code != code) {
		t.Errorf("err = %v, want a fault of kind %d coded %q", err, kind, code)
	}
}

// The people.
var (
	operator = access.Actor{Account: "acc_operator", Role: access.Operator}
	doctor   = access.Actor{Account: "acc_doctor", Role: access.Doctor}
	patient  = access.Actor{Account: "acc_patient", Role: access.Patient, Patient: "pat_1"}
	stranger = access.Actor{Account: "acc_stranger", Role: access.Patient, Patient: "pat_2"}
)

func journey(why string) access.Actor { return access.Part("journey", id.CausedBy("evt", why)) }

func pharmacist(ph *pharmacy.Pharmacy) access.Actor {
	return access.Actor{Account: id.Account("acc_pharmacist_" + string(ph.ID)), Role: access.Pharmacist, Pharmacy: ph.ID}
}

func staff(ph *pharmacy.Pharmacy) access.Actor {
	return access.Actor{Account: id.Account("acc_staff_" + string(ph.ID)), Role: access.PharmacyStaff, Pharmacy: ph.ID}
}

func asking(a access.Actor, key string) access.Actor {
	a.Request = id.RequestOf([]byte(key), string(a.Account), key)
	return a
}

type circle struct{}

func (circle) Scopes(_ context.Context, p id.Patient, holder id.Account) ([]access.Scope, error) {
	if p == "pat_1" && holder == "acc_daughter" {
		return []access.Scope{access.Receive}, nil
	}
	return nil, nil
}

type trail struct {
	mu           sync.Mutex // guards seen, denied
	seen, denied []string
}

func (r *trail) Seen(_ context.Context, a access.Actor, action access.Action, f access.Facts) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, fmt.Sprintf("%s %s %s", a.Account, action, f.Record))
	return nil
}

func (r *trail) Denied(_ context.Context, a access.Actor, action access.Action, f access.Facts) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.denied = append(r.denied, fmt.Sprintf("%s %s %s", a.Account, action, f.Record))
}

// world answers what the other capabilities would.
type world struct {
	vetted     map[string]bool
	findings   []pharmacy.Finding
	forbidden  bool // the doctor forbade substitution
	calledOff  bool // the prescription
	checkFails bool
	terms      pharmacy.Terms
	book       *estimate.Book
}

func newWorld() *world {
	return &world{vetted: map[string]bool{}, book: estimate.NewBook(), terms: pharmacy.Terms{
		Review: 4 * time.Minute, Pack: 6 * time.Minute, Promise: 30 * time.Minute,
		DeliveryFee: money.Of(800, "CNY"), Couriers: true,
	}}
}

func (w *world) Standing(_ context.Context, subject string) (bool, error) {
	return w.vetted[subject] || strings.HasPrefix(subject, "acc_pharmacist"), nil
}

func (w *world) Script(context.Context, access.Actor, id.Part) (pharmacy.Script, error) {
	return pharmacy.Script{
		Prescription: "rx_1", Patient: "pat_1", PatientName: "Ann Example", Doctor: doctor.Account, SignedAt: monday,
		Lines: []pharmacy.ScriptLine{{Product: amoxicillin, Quantity: 15, Dosage: "Three times a day.", NoSubstitute: w.forbidden}},
	}, nil
}

func (w *world) Dispensable(context.Context, access.Actor, id.Part, id.Order) error {
	if w.calledOff {
		return fault.New(fault.Conflict, "This prescription has been cancelled.").Coded("rx-cancelled")
	}
	return nil
}

func (w *world) Barred(context.Context, access.Actor, id.Part, geo.Point) (map[string]string, error) {
	return nil, nil
}

func (w *world) Recheck(context.Context, access.Actor, id.Part) ([]pharmacy.Finding, error) {
	if w.checkFails {
		return nil, fault.New(fault.Unavailable, "The safety check does not answer.")
	}
	return w.findings, nil
}

func (w *world) Label(_ context.Context, product string) (string, error) {
	if strings.HasPrefix(product, "amoxicillin/") || product == ibuprofen {
		return phi.Text(product).Reveal(), nil
	}
	return "", fault.New(fault.NotFound, "No such product.")
}

func (w *world) Alike(_ context.Context, a, b string) (bool, error) {
	first, _, _ := strings.Cut(a, "/")
	second, _, _ := strings.Cut(b, "/")
	return first == second && strings.HasSuffix(a, "500mg") == strings.HasSuffix(b, "500mg"), nil
}

func (w *world) Terms(_ context.Context, zone id.Zone) (pharmacy.Terms, error) {
	if zone != "zone_a" {
		return pharmacy.Terms{}, fault.New(fault.NotFound, "No such zone.")
	}
	return w.terms, nil
}

func (w *world) ZoneOf(_ context.Context, at geo.Point) (id.Zone, error) {
	if geo.Metres(at, geo.Point{Lat: 31.2, Lon: 121.4}) > 20_000 {
		return "", nil
	}
	return "zone_a", nil
}

func (w *world) Estimate(_ context.Context, ph id.Pharmacy, _ id.Zone, q estimate.Question) (estimate.Span, error) {
	return w.book.Estimate(ph, q), nil
}

const pharmacyStalled = pharmacy.Stalled

func (w *town) crashAfterFillWritten(r pharmacy.Reservation) {
	w.t.Helper()
	_, err := pharmacy.Begin(w.Service, w.t.Context(), journey("crash"), r)
	must(w.t, err)
}

func (w *town) leakHold(fill id.Fill) {
	w.t.Helper()
	must(w.t, w.LeakHold(w.t.Context(), w.oak.ID, amoxicillin, fill))
}

func pointsAt(err error, pointer string) bool {
	var f *fault.Error
	return errors.As(err, &f) && slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Pointer == pointer })
}
