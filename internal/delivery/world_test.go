package delivery_test

import (
	"context"
	"flag"
	"fmt"
	"sync"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/apptest/scratch"
	"housecall/internal/clock"
	"housecall/internal/delivery"
	"housecall/internal/dispatch"
	"housecall/internal/docstore"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/phi"
	"housecall/policies"
)

// rulesOnce: every test asks the same policy, and reading it takes a while.
var rulesOnce = sync.OnceValues(func() (*access.Rules, error) { return access.NewRules(policies.Model, policies.Rules) })

var update = flag.Bool("update", false, "write the golden files")

var (
	counterAt = geo.Point{Lat: 1.00, Lon: 2.00}
	doorAt    = geo.Point{Lat: 1.01, Lon: 2.01}
	outside   = geo.Point{Lat: 5, Lon: 5}

	mum      = access.Actor{Account: "acc_mum", Role: access.Patient, Patient: "pat_mum"}
	daughter = access.Actor{Account: "acc_daughter", Role: access.Patient, Patient: "pat_daughter"}
	stranger = access.Actor{Account: "acc_eve", Role: access.Patient, Patient: "pat_eve"}
	clerk    = access.Actor{Account: "acc_clerk", Role: access.PharmacyStaff, Pharmacy: "phm_a"}
	other    = access.Actor{Account: "acc_clerk2", Role: access.PharmacyStaff, Pharmacy: "phm_b"}
	support  = access.Actor{Account: "acc_sup", Role: access.Support}
	operator = access.Actor{Account: "acc_op", Role: access.Operator}
	ann      = access.Actor{Account: "acc_ann", Role: access.Courier}
	bob      = access.Actor{Account: "acc_bob", Role: access.Courier}
	house    = access.Actor{Account: "journey", Role: access.System}
	nobody   = access.Actor{Role: access.Nobody}
)

// world is a zone with two couriers, a pharmacy and a patient whose daughter may receive for her.
type world struct {
	*delivery.Service
	store   *sqlite.Store
	clock   *clock.Fake
	guard   *access.Guard
	zone    id.Zone
	mu      sync.Mutex // guards unvetted, denied, n
	unvet   map[id.Account]bool
	denied  int
	n       int
	granted []access.Scope
}

func newWorld(t *testing.T) *world {
	t.Helper()
	rules, err := rulesOnce()
	must(t, err)
	w := &world{
		clock: clock.NewFake(time.Date(2026, 11, 22, 21, 0, 0, 0, time.UTC)), unvet: map[id.Account]bool{},
		granted: []access.Scope{access.Receive},
	}
	w.store, err = sqlite.Open(t.Context(), scratch.Folder(t)+"/housecall.db")
	must(t, err)
	t.Cleanup(func() { _ = w.store.Close() })
	w.guard = access.NewGuard(rules, w, w)
	w.Service = w.another(t)
	zone, err := w.DrawZone(t.Context(), w.as(operator), content())
	must(t, err)
	w.zone = zone.ID
	return w
}

// another is a second node over the same store.
func (w *world) another(t *testing.T) *delivery.Service {
	t.Helper()
	s, err := delivery.New(t.Context(), delivery.Deps{
		Store: w.store, Clock: w.clock, Guard: w.guard, Vetting: w, Names: w, Tickets: signer{}, Photos: album{},
		Secret: []byte("0123456789abcdef0123456789abcdef"),
	})
	must(t, err)
	return s
}

func content() delivery.ZoneContent {
	return delivery.ZoneContent{
		Name: "Lantern Quarter", Polygon: geo.Polygon{{Lat: 0.9, Lon: 1.9}, {Lat: 0.9, Lon: 2.1}, {Lat: 1.1, Lon: 2.1}, {Lat: 1.1, Lon: 1.9}},
		Jurisdiction: "house", Country: "CN", TimeZone: "Asia/Shanghai", Emergency: "120",
		DeliveryFee: money.Of(800, "CNY"), CourierPay: money.Of(600, "CNY"), Promise: 30,
		Budgets: delivery.Budgets{Review: 4, Pack: 6, Ride: 20},
	}
}

func (w *world) Scopes(_ context.Context, p id.Patient, holder id.Account) ([]access.Scope, error) {
	if p == mum.Patient && holder == daughter.Account {
		return w.granted, nil
	}
	return nil, nil
}

func (w *world) Seen(context.Context, access.Actor, access.Action, access.Facts) error { return nil }

func (w *world) Denied(context.Context, access.Actor, access.Action, access.Facts) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.denied++
}

func (w *world) Vetted(_ context.Context, courier id.Account) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.unvet[courier], nil
}

func (w *world) FirstName(_ context.Context, courier id.Account) (phi.Text, error) {
	return phi.Text("Name of " + courier), nil
}

// as is the actor with a request of its own.
func (w *world) as(a access.Actor) access.Actor {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n++
	a.Request = id.RequestOf(nil, string(a.Account), fmt.Sprint(w.n))
	return a
}

// signer writes tickets so that a test can read them.
type signer struct{}

func (signer) Sign(t delivery.TalkTicket) (string, error) { return t.Room + "/" + t.Seat, nil }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused asserts a kind of fault and its code.
func refused(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	f, ok := err.(*fault.Error) //nolint:errorlint // the fault itself must come back, not something around it
	if !ok || f.Kind != kind || code != "" && f.Code != code {
		t.Errorf("error = %v, want kind %d, code %q", err, kind, code)
	}
}

func (w *world) onShift(t *testing.T, couriers ...access.Actor) {
	t.Helper()
	for _, c := range couriers {
		_, err := w.StartShift(t.Context(), w.as(c), dispatch.Scooter, counterAt)
		must(t, err)
	}
}

const order1 = id.Order("ord_1")

func (w *world) planned(t *testing.T, order id.Order) id.Job {
	t.Helper()
	must(t, w.Plan(t.Context(), w.as(house), delivery.Request{
		Order: order, Attempt: 1, Fill: id.FillOf(order, 1), Pharmacy: "phm_a",
		PharmacyAt: counterAt, Door: doorAt, Patient: mum.Patient, Where: delivery.Where{Street: "7 Lamp Street", Floor: "3"},
	}))
	return id.JobOf(order, 1)
}

// seal is on the bag.
const seal = "S-4711"

// to brings a new job of order1 with ann to a state.
func (w *world) to(t *testing.T, want delivery.State) id.Job {
	t.Helper()
	w.onShift(t, ann, bob)
	job := w.planned(t, order1)
	steps := []struct {
		state delivery.State
		do    func() error
	}{
		{delivery.Planned, func() error { return nil }},
		{delivery.Offered, func() error { return w.Offer(t.Context(), w.as(house), job, ann.Account) }},
		{delivery.Accepted, func() error { return w.do(t, job, w.Accept) }},
		{delivery.AtPharmacy, func() error { return w.do(t, job, w.Arrive) }},
		{delivery.Collected, func() error { return w.collect(t, job) }},
		{delivery.AtDoor, func() error { return w.do(t, job, w.AtDoor) }},
	}
	for _, s := range steps {
		must(t, s.do())
		if s.state == want {
			return job
		}
	}
	w.beyond(t, job, want)
	return job
}

// beyond brings a job at the door to one of the ends.
func (w *world) beyond(t *testing.T, job id.Job, want delivery.State) {
	t.Helper()
	if want == delivery.Delivered {
		_, err := w.HandOver(t.Context(), w.as(ann), job, w.pin(t, job))
		must(t, err)
		return
	}
	_, err := w.Fail(t.Context(), w.as(ann), job, w.step(t, job), "nobody_home", "att_1")
	must(t, err)
	if want == delivery.Failed {
		return
	}
	must(t, w.do(t, job, w.Returning))
	if want == delivery.Returning {
		return
	}
	code, err := w.CourierCode(t.Context(), ann, job)
	must(t, err)
	_, err = w.Returned(t.Context(), w.as(clerk), job, code.Code)
	must(t, err)
}

func (w *world) job(t *testing.T, job id.Job) *delivery.Job {
	t.Helper()
	j, err := w.Job(t.Context(), operator, job)
	must(t, err)
	return j
}

func (w *world) state(t *testing.T, job id.Job) delivery.State {
	t.Helper()
	return w.job(t, job).State
}

func (w *world) step(t *testing.T, job id.Job) delivery.Step {
	t.Helper()
	return delivery.Step{Sequence: w.job(t, job).Sequence}
}

type courierStep func(context.Context, access.Actor, id.Job, delivery.Step) (*delivery.Job, error)

// do has ann make a step on the job as it stands.
func (w *world) do(t *testing.T, job id.Job, step courierStep) error {
	t.Helper()
	_, err := step(t.Context(), w.as(ann), job, w.step(t, job))
	return err
}

func (w *world) collect(t *testing.T, job id.Job) error {
	t.Helper()
	must(t, w.Ready(t.Context(), w.as(house), job, seal, w.clock.Now()))
	code, err := w.CourierCode(t.Context(), ann, job)
	must(t, err)
	_, err = w.Collect(t.Context(), w.as(clerk), job, code.Code)
	return err
}

func (w *world) pin(t *testing.T, job id.Job) string {
	t.Helper()
	code, err := w.PIN(t.Context(), mum, job)
	must(t, err)
	return code.Code
}

// wrong is a code that is not this one.
func wrong(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

// said lists the kinds announced since the last call.
func (w *world) said(t *testing.T) []event.Kind {
	t.Helper()
	out, err := w.store.Waiting(t.Context(), 500)
	must(t, err)
	must(t, w.store.Published(t.Context(), out))
	var kinds []event.Kind
	for _, o := range out {
		kinds = append(kinds, o.Event.Kind)
	}
	return kinds
}

func (w *world) events(t *testing.T) []docstore.Outgoing {
	t.Helper()
	out, err := w.store.Waiting(t.Context(), 500)
	must(t, err)
	return out
}

// album knows one photo, of anybody.
type album struct{}

func (album) Handed(_ context.Context, photo id.Attachment, _ id.Account) error {
	if photo != "att_1" {
		return fault.New(fault.Invalid, "No such photo.")
	}
	return nil
}
