package intake_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/apptest/scratch"
	"housecall/internal/blob"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/intake"
	"housecall/internal/phi"
	"housecall/policies"
)

var update = flag.Bool("update", false, "write the golden files anew")

var monday = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// practice is a service whose files lie in a real folder.
type practice struct {
	*intake.Service
	t      *testing.T
	clock  *clock.Fake
	store  docstore.Store
	files  *blob.Folder
	lie    string // the folder that they lie in
	trail  *trail
	people people
	grants circle
	care   care
}

var (
	lin      = access.Actor{Account: "acc_lin", Role: access.Doctor}
	okoye    = access.Actor{Account: "acc_okoye", Role: access.Doctor}
	mother   = access.Actor{Account: "acc_mother", Role: access.Patient, Patient: "pat_mother"}
	daughter = access.Actor{Account: "acc_daughter", Role: access.Patient, Patient: "pat_daughter"}
	stranger = access.Actor{Account: "acc_stranger", Role: access.Patient, Patient: "pat_stranger"}
	support  = access.Actor{Account: "acc_sue", Role: access.Support}
	system   = access.Part("journey", id.Request{})

	inside  = geo.Point{Lat: 31.2, Lon: 121.4}
	outside = geo.Point{Lat: 45, Lon: 90}
	china   = geo.Point{Lat: 39.9, Lon: 116.4}
)

func asks(a access.Actor, key string) access.Actor {
	a.Request = id.RequestOf([]byte(key), string(a.Account), key)
	return a
}

var rules = sync.OnceValues(func() (*access.Rules, error) { return access.NewRules(policies.Model, policies.Rules) })

func open(t *testing.T) *practice {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(scratch.Folder(t), "x.db"))
	must(t, err)
	t.Cleanup(func() { _ = store.Close() })
	return openOn(t, store)
}

// openOn is a practice that keeps its documents there.
func openOn(t *testing.T, store docstore.Store) *practice {
	t.Helper()
	dir := scratch.Folder(t)
	policy, err := rules()
	must(t, err)
	p := &practice{
		t: t, clock: clock.NewFake(monday), store: store, trail: &trail{}, grants: circle{}, care: care{},
		people: people{"pat_mother": {Born: "1950-03-01", Sex: "female", Language: "zh"}, "pat_daughter": {Born: "1985-01-01", Sex: "female"}},
	}
	files := filepath.Join(dir, "files")
	must(t, os.Mkdir(files, 0o700))
	p.lie = files
	p.files, err = blob.New(files, []byte(strings.Repeat("b", 32)), p.clock, "http://localhost")
	must(t, err)
	p.Service, err = intake.New(t.Context(), intake.Deps{
		Store: store, Clock: p.clock, Guard: access.NewGuard(policy, p.grants, p.trail), Places: places{}, Rules: intake.HouseRules{},
		People: p.people, Files: folder{p.files}, Care: p.care, Consent: "2026-11",
		Outside: intake.Place{Jurisdiction: "house", EmergencyNumber: "112", Currency: "CNY", TimeZone: "UTC"},
	})
	must(t, err)
	return p
}

func (p *practice) begun(a access.Actor) *intake.Intake {
	p.t.Helper()
	i, err := p.Begin(p.t.Context(), a, intake.Start{Patient: a.Patient})
	must(p.t, err)
	return i
}

func (p *practice) saved(i *intake.Intake, c intake.Change) *intake.Intake {
	p.t.Helper()
	saved, err := p.Save(p.t.Context(), mother, i.ID, i.Version, c)
	must(p.t, err)
	return saved
}

// whole is a change that leaves nothing missing, with every question of the complaint answered no.
func (p *practice) whole(i *intake.Intake, complaint string) intake.Change {
	p.t.Helper()
	c := intake.Change{
		Where: &inside, CallBack: ptr(phi.Text("+86 10 5555 0100")), Consent: ptr("2026-11"), Complaint: &complaint,
		Answers: map[string]string{},
	}
	judged := *i
	judged.Complaint = complaint
	for _, q := range p.Judge(&judged).Questions {
		c.Answers[q.ID] = "no"
	}
	return c
}

func (p *practice) complete(i *intake.Intake) *intake.Intake {
	p.t.Helper()
	return p.saved(i, p.whole(i, "cough"))
}

func (p *practice) told(doc string, kind event.Kind) []event.Event {
	p.t.Helper()
	waiting, err := p.store.Waiting(p.t.Context(), 5000)
	must(p.t, err)
	var out []event.Event
	for _, w := range waiting {
		if w.Doc == doc && w.Event.Kind == kind {
			out = append(out, w.Event)
		}
	}
	return out
}

// upload sends bytes to where an attachment may be sent.
func (p *practice) upload(address, contentType string, body []byte) error {
	p.t.Helper()
	u, err := url.Parse(address)
	must(p.t, err)
	_, err = p.files.AcceptPut(p.t.Context(), strings.TrimPrefix(u.Path, "/blob/"), u.Query(), contentType, int64(len(body)), bytes.NewReader(body))
	return err
}

func ptr[T any](v T) *T { return &v }

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

// pointers lists the fields that a fault points at.
func pointers(err error) []string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return nil
	}
	out := make([]string, 0, len(f.Fields))
	for _, field := range f.Fields {
		out = append(out, field.Pointer)
	}
	return out
}

type folder struct{ *blob.Folder }

func (f folder) Settle(ctx context.Context, quarantine, key string, types []string) (string, int64, error) {
	info, err := f.Folder.Settle(ctx, quarantine, key, types)
	return info.Type, info.Size, err
}

type places struct{}

func (places) At(_ context.Context, at geo.Point) (intake.Place, bool, error) {
	switch at {
	case inside:
		return intake.Place{Zone: "zone_a", Jurisdiction: "house", EmergencyNumber: "120", Currency: "CNY", TimeZone: "Asia/Shanghai"}, true, nil
	case china:
		return intake.Place{Zone: "zone_b", Jurisdiction: "cn", EmergencyNumber: "120", Currency: "CNY", TimeZone: "Asia/Shanghai"}, true, nil
	}
	return intake.Place{}, false, nil
}

type people map[id.Patient]intake.Person

func (p people) About(_ context.Context, _ access.Actor, patient id.Patient) (intake.Person, error) {
	return p[patient], nil
}

type care map[id.Account]id.Patient

func (c care) Treats(_ context.Context, doctor id.Account, patient id.Patient) (bool, error) {
	return c[doctor] == patient, nil
}

// circle holds what mother granted to whom.
type circle map[id.Account][]access.Scope

func (c circle) Scopes(_ context.Context, patient id.Patient, holder id.Account) ([]access.Scope, error) {
	if patient != mother.Patient {
		return nil, nil
	}
	return c[holder], nil
}

type trail struct {
	mu     sync.Mutex // guards seen, denied, broken
	seen   []access.Action
	denied []access.Action
	broken error
}

func (t *trail) Seen(_ context.Context, _ access.Actor, action access.Action, _ access.Facts) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen = append(t.seen, action)
	return t.broken
}

func (t *trail) Denied(_ context.Context, _ access.Actor, action access.Action, _ access.Facts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.denied = append(t.denied, action)
}
