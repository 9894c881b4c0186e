package consult_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/apptest/scratch"
	"housecall/internal/blob"
	"housecall/internal/clock"
	"housecall/internal/consult"
	"housecall/internal/docstore"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/policies"
)

var update = flag.Bool("update", false, "write the golden files anew")

// monday is a Monday, 10:00 in Shanghai.
var monday = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// clinic is a service with two general doctors of the same language who are vetted, and patients.
type clinic struct {
	*consult.Service
	t       *testing.T
	clock   *clock.Fake
	store   *sqlite.Store
	breaks  *breaking
	trail   *trail
	vetting vetting
	intakes intakes
	grants  circle
	guests  *guestSessions
	files   *blob.Folder
}

var (
	lin   = access.Actor{Account: "acc_lin", Role: access.Doctor}
	okoye = access.Actor{Account: "acc_okoye", Role: access.Doctor}
	derm  = access.Actor{Account: "acc_derm", Role: access.Doctor}

	mother   = patient("mother")
	stranger = patient("stranger")
	daughter = access.Actor{Account: "acc_daughter", Role: access.Patient, Patient: "pat_daughter"}
	support  = access.Actor{Account: "acc_sue", Role: access.Support}
	system   = access.Part("journey", id.Request{})
)

func patient(name string) access.Actor {
	return access.Actor{Account: id.Account("acc_" + name), Role: access.Patient, Patient: id.Patient("pat_" + name)}
}

// asks gives an actor a request of their own.
func asks(a access.Actor, key string) access.Actor {
	a.Request = id.RequestOf([]byte(key), string(a.Account), key)
	return a
}

var rules = sync.OnceValues(func() (*access.Rules, error) { return access.NewRules(policies.Model, policies.Rules) })

func open(t *testing.T) *clinic {
	t.Helper()
	return openWith(t, consult.Schedule{Otherwise: 4900})
}

func openWith(t *testing.T, fees consult.Fees) *clinic {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(scratch.Folder(t), "x.db"))
	must(t, err)
	t.Cleanup(func() { _ = store.Close() })
	policy, err := rules()
	must(t, err)
	codes, err := consult.DemoCodes()
	must(t, err)
	general := consult.Standing{Active: true, Specialties: []string{"general"}, Jurisdictions: []string{"house", "cn"}, Languages: []string{"en", "zh"}}
	skin := consult.Standing{Active: true, Specialties: []string{"dermatology"}, Jurisdictions: []string{"house"}, Languages: []string{"en"}}
	c := &clinic{
		t: t, clock: clock.NewFake(monday), store: store, trail: &trail{}, intakes: intakes{}, grants: circle{}, guests: &guestSessions{},
		vetting: vetting{lin.Account: general, okoye.Account: general, derm.Account: skin},
	}
	c.breaks = &breaking{Store: store}
	files := filepath.Join(scratch.Folder(t), "files")
	must(t, os.Mkdir(files, 0o700))
	c.files, err = blob.New(files, []byte(strings.Repeat("b", 32)), c.clock, "http://localhost")
	must(t, err)
	c.Service, err = consult.New(t.Context(), consult.Deps{
		Store: c.breaks, Clock: c.clock, Guard: access.NewGuard(policy, c.grants, c.trail), Intakes: c.intakes, Vetting: c.vetting,
		Fees: fees, Rules: consult.HouseRules{}, Guests: c.guests, Codes: codes, Files: folder{c.files}, Secret: []byte(strings.Repeat("s", 32)),
	})
	must(t, err)
	return c
}

// breaking is a store that a process uses which dies: after the visit was written, nothing is.
type breaking struct {
	docstore.Store
	armed, dead bool
}

var errDied = errors.New("the process died")

func (b *breaking) Replace(ctx context.Context, collection string, r docstore.Record) error {
	if b.dead {
		return errDied
	}
	err := b.Store.Replace(ctx, collection, r)
	b.dead = b.armed && err == nil && collection == "visits"
	return err
}

// submitted is an intake handed in by this person.
func (c *clinic) submitted(p access.Actor) id.Intake {
	intake := id.Intake(fmt.Sprintf("itk_%s_%d", p.Patient, len(c.intakes)))
	c.intakes[intake] = consult.Asked{
		Patient: p.Patient, Submitted: true, Born: "1950-03-01", Jurisdiction: "house", EmergencyNumber: "112",
		TimeZone: "Asia/Shanghai", Currency: "CNY", Specialty: "general", Language: "en", Complaint: "fever", CallBack: "+86 10 5555 0100",
	}
	return intake
}

var fee = money.Of(4900, "CNY")

// queued asks for a visit on demand; its fee is held.
func (c *clinic) queued(p access.Actor) *consult.Visit {
	c.t.Helper()
	c.clock.Advance(time.Second)
	v, err := c.Request(c.t.Context(), p, consult.Wish{Intake: c.submitted(p), Agreed: fee})
	must(c.t, err)
	return c.held(v)
}

func (c *clinic) held(v *consult.Visit) *consult.Visit {
	c.t.Helper()
	must(c.t, c.FeeHeld(c.t.Context(), system, v.ID, "pay_1"))
	return c.now(v)
}

// now reads a visit as it stands.
func (c *clinic) now(v *consult.Visit) *consult.Visit {
	c.t.Helper()
	read, err := c.Visit(c.t.Context(), system, v.ID)
	must(c.t, err)
	return read
}

func (c *clinic) onDuty(doctors ...access.Actor) {
	c.t.Helper()
	for _, d := range doctors {
		_, err := c.GoOn(c.t.Context(), d)
		must(c.t, err)
	}
}

// admitted is in the room with the doctor; the patient is there.
func (c *clinic) inRoom(p, doctor access.Actor) *consult.Visit {
	c.t.Helper()
	c.onDuty(doctor)
	v := c.admitted(c.queued(p), doctor)
	_, err := c.Ticket(c.t.Context(), p, v.ID)
	must(c.t, err)
	return c.now(v)
}

func (c *clinic) admitted(v *consult.Visit, doctor access.Actor) *consult.Visit {
	c.t.Helper()
	v, err := c.Admit(c.t.Context(), doctor, v.ID)
	must(c.t, err)
	return v
}

func (c *clinic) completed(p, doctor access.Actor) *consult.Visit {
	c.t.Helper()
	v, err := c.Complete(c.t.Context(), doctor, c.inRoom(p, doctor).ID)
	must(c.t, err)
	return v
}

// pass moves the clock on and fires every timer whose time has come, twice, as the bus may.
func (c *clinic) pass(d time.Duration) {
	c.t.Helper()
	c.clock.Advance(d)
	for range 2 {
		timers, _, err := c.store.Timers(c.t.Context(), "", 500)
		must(c.t, err)
		for _, timer := range timers {
			if !timer.Due.After(c.clock.Now()) {
				must(c.t, c.TimerFired(c.t.Context(), access.Part("bus", id.Request{}), timer.Doc, timer.Kind))
			}
		}
	}
}

// told lists what was announced of a document, in order.
func (c *clinic) told(doc string) []event.Event {
	c.t.Helper()
	waiting, err := c.store.Waiting(c.t.Context(), 5000)
	must(c.t, err)
	var out []event.Event
	for _, w := range waiting {
		if w.Doc == doc && w.Event.Due == nil && !w.Event.Cancelled {
			out = append(out, w.Event)
		}
	}
	return out
}

func (c *clinic) last(doc string, kind event.Kind) event.Event {
	c.t.Helper()
	for _, e := range slices.Backward(c.told(doc)) {
		if e.Kind == kind {
			return e
		}
	}
	c.t.Fatalf("%s was not announced", kind)
	return event.Event{}
}

func (c *clinic) count(doc string, kind event.Kind) int {
	n := 0
	for _, e := range c.told(doc) {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("error = %v, want a fault of kind %d", err, kind)
	}
}

func is(t *testing.T, v *consult.Visit, want consult.State) {
	t.Helper()
	if v.State != want {
		t.Errorf("state = %s, want %s", v.State, want)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if got != string(want) {
		t.Errorf("%s has changed; read it, then go test -update:\n%s", path, got)
	}
}

type trail struct {
	mu     sync.Mutex // guards seen, denied
	seen   []access.Action
	denied []access.Action
}

func (t *trail) Seen(_ context.Context, _ access.Actor, action access.Action, _ access.Facts) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen = append(t.seen, action)
	return nil
}

func (t *trail) Denied(_ context.Context, _ access.Actor, action access.Action, _ access.Facts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.denied = append(t.denied, action)
}

// circle holds what mother granted to whom.
type circle map[id.Account][]access.Scope

func (c circle) Scopes(_ context.Context, patient id.Patient, holder id.Account) ([]access.Scope, error) {
	if patient != mother.Patient {
		return nil, nil
	}
	return c[holder], nil
}

type vetting map[id.Account]consult.Standing

func (v vetting) Standing(_ context.Context, doctor id.Account) (consult.Standing, error) {
	return v[doctor], nil
}

type intakes map[id.Intake]consult.Asked

func (i intakes) Asked(_ context.Context, _ access.Actor, intake id.Intake) (consult.Asked, error) {
	asked, known := i[intake]
	if !known {
		return asked, fault.New(fault.NotFound, "Not there.")
	}
	return asked, nil
}

type guestSessions struct{ opened int }

func (g *guestSessions) OpenGuestSession(context.Context, id.Visit, time.Time) (string, id.Session, error) {
	g.opened++
	return fmt.Sprintf("session %d", g.opened), id.Session(fmt.Sprintf("ses_%d", g.opened)), nil
}
