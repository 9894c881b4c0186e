package prescribing_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/apptest/scratch"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/prescribing"
	"housecall/internal/safety"
	"housecall/policies"
)

var update = flag.Bool("update", false, "write golden files anew")

const (
	doctor   = id.Account("acc_doctor")
	stranger = id.Account("acc_other_doctor")
	mei      = id.Patient("pat_mei")
	visit    = id.Visit("vis_1")
	corner   = id.Pharmacy("phm_corner")
	order    = id.Order("ord_1")
	other    = id.Order("ord_2")
)

// world is prescribing with everything around it in the hands of the test.
type world struct {
	*prescribing.Service
	t     testing.TB
	clock *clock.Fake
	store docstore.Store
	keys  *prescribing.KeyBook

	formulary *prescribing.Formulary

	mu       sync.Mutex // guards what follows
	facts    prescribing.Facts
	visits   map[id.Visit]prescribing.VisitFacts
	codes    map[string]string // purpose a code was used for
	unvetted bool
	fills    map[id.Order]id.Pharmacy
	asked    int
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	return newWorldOn(tb, sqliteStore(tb))
}

func sqliteStore(tb testing.TB) docstore.Store {
	tb.Helper()
	store, err := sqlite.Open(tb.Context(), filepath.Join(scratch.Folder(tb), "x.db"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = store.Close() })
	return store
}

func newWorldOn(tb testing.TB, store docstore.Store) *world {
	tb.Helper()
	w := &world{
		t: tb, store: store, formulary: house(tb), clock: clock.NewFake(time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)),
		facts: prescribing.Facts{Patient: woman(), Subject: prescribing.Subject{Name: "Mei Lin", Born: safety.MustDate("1980-05-01"), Sex: "f"}},
		visits: map[id.Visit]prescribing.VisitFacts{
			visit:   {Doctor: doctor, Patient: mei, State: "in_progress", Open: true, Zone: "Asia/Shanghai"},
			"vis_2": {Doctor: stranger, Patient: mei, State: "in_progress", Open: true},
		},
		codes: map[string]string{}, fills: map[id.Order]id.Pharmacy{order: corner, other: "phm_other"},
	}
	w.connect()
	return w
}

// connect opens the service on the store, as a start of the program does.
func (w *world) connect() {
	w.t.Helper()
	rules, err := policy()
	if err != nil {
		w.t.Fatal(err)
	}
	if w.keys, err = prescribing.NewKeyBook(w.t.Context(), w.store, w.clock, make([]byte, 32)); err != nil {
		w.t.Fatal(err)
	}
	w.Service, err = prescribing.New(w.t.Context(), prescribing.Deps{
		Store: w.store, Clock: w.clock,
		Guard: access.NewGuard(rules, w, w), Formulary: w.formulary, Visits: w, Health: w, Factor: w, Vetting: w, Fillers: w,
		Signer: w.keys, Public: w.keys, Keeper: w.keys, Names: w, Website: "https://housecall.example/",
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) Scopes(context.Context, id.Patient, id.Account) ([]access.Scope, error) {
	return nil, nil
}

func (w *world) Seen(context.Context, access.Actor, access.Action, access.Facts) error { return nil }
func (w *world) Denied(context.Context, access.Actor, access.Action, access.Facts)     {}

func (w *world) Visit(_ context.Context, v id.Visit) (prescribing.VisitFacts, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	facts, known := w.visits[v]
	if !known {
		return facts, docstore.NotFound()
	}
	return facts, nil
}

func (w *world) Facts(context.Context, id.Patient) (prescribing.Facts, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.facts, nil
}

// Confirm takes any code of six digits once.
func (w *world) Confirm(_ context.Context, _ access.Actor, purpose, code string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	if len(code) != 6 || w.codes[code] != "" {
		return fault.New(fault.Invalid, "This code is wrong or used.").Coded("code")
	}
	w.codes[code] = purpose
	return nil
}

// AskPasskey asks the doctor's device to sign what is covered.
func (w *world) AskPasskey(_ context.Context, _ access.Actor, purpose string, covered []byte) (json.RawMessage, error) {
	return json.Marshal(map[string]any{"purpose": purpose, "covered": covered})
}

// ConfirmByPasskey takes the very question as the answer, once.
func (w *world) ConfirmByPasskey(ctx context.Context, a access.Actor, purpose string, covered, answer []byte) (*prescribing.Shown, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	if wanted, err := w.AskPasskey(ctx, a, purpose, covered); err != nil || !bytes.Equal(wanted, answer) || w.codes[string(answer)] != "" {
		return nil, fault.New(fault.Invalid, "This passkey does not confirm it.").Coded("passkey-failed")
	}
	w.codes[string(answer)] = purpose
	return &prescribing.Shown{Passkey: "psk_1", ClientData: answer}, nil
}

func (w *world) MayPrescribe(context.Context, id.Account, string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.unvetted {
		return fault.New(fault.Conflict, "Your licence is not active.").Coded("unvetted")
	}
	return nil
}

func (w *world) Prescriber(context.Context, id.Account) (prescribing.Prescriber, error) {
	return prescribing.Prescriber{
		Name: "Dr Chen Yu", Qualification: "general practice", Licence: "110 2210 4471", Clinic: "Riverside Clinic",
		Address: "12 Riverside Road, Shanghai", Country: "China", Mail: "chen@riverside.example", Phone: "+86 21 5555 0100",
	}, nil
}

func (w *world) Filling(_ context.Context, o id.Order) (id.Pharmacy, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fills[o], nil
}

func (w *world) know(change func(*prescribing.Facts)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.facts)
}

// policy is the real one, loaded once for all tests.
var policy = sync.OnceValues(func() (*access.Rules, error) { return access.NewRules(policies.Model, policies.Rules) })

// The people.
func asDoctor() access.Actor   { return access.Actor{Account: doctor, Role: access.Doctor} }
func asStranger() access.Actor { return access.Actor{Account: stranger, Role: access.Doctor} }
func asPatient() access.Actor {
	return access.Actor{Account: "acc_mei", Role: access.Patient, Patient: mei}
}

func asPharmacist() access.Actor {
	return access.Actor{Account: "acc_ph", Role: access.Pharmacist, Pharmacy: corner}
}

func asOperator() access.Actor { return access.Actor{Account: "acc_operator", Role: access.Operator} }
func asJourney() access.Actor  { return access.Part("journey", id.Request{}) }

// amoxicillin is what the tests prescribe when nothing else is said.
func amoxicillin() prescribing.WrittenItem {
	return prescribing.WrittenItem{Product: "amoxicillin/capsule/500mg", Steps: one(prescribing.Dosage{Dose: measure("500", "mg"), Timing: daily(3, 7)})}
}

func sheet(items ...prescribing.WrittenItem) prescribing.Written {
	return prescribing.Written{Items: items}
}

// draft creates a draft of the visit.
func (w *world) draft(written prescribing.Written) *prescribing.Prescription {
	w.t.Helper()
	rx, err := w.Create(w.t.Context(), asDoctor(), visit, written)
	if err != nil {
		w.t.Fatal(err)
	}
	return rx
}

var codes = struct {
	sync.Mutex
	n int
}{n: 100000}

func freshCode() string {
	codes.Lock()
	defer codes.Unlock()
	codes.n++
	return strconv.Itoa(codes.n)
}

// signed creates and signs a prescription.
func (w *world) signed(written prescribing.Written) *prescribing.Prescription {
	w.t.Helper()
	rx := w.draft(written)
	c, err := w.BeginSigning(w.t.Context(), asDoctor(), rx.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	all, err := w.Sign(w.t.Context(), asDoctor(), c.ID, freshCode())
	if err != nil {
		w.t.Fatal(err)
	}
	return all[0]
}

// stands reads a prescription as it is stored.
func (w *world) stands(rx id.Prescription) *prescribing.Prescription {
	w.t.Helper()
	doc, err := w.Prescription(w.t.Context(), asDoctor(), rx)
	if err != nil {
		w.t.Fatal(err)
	}
	return doc
}

// is fails the test unless err is a fault of this code.
func is(tb testing.TB, err error, code string) {
	tb.Helper()
	if got := codeOf(err); got != code {
		tb.Errorf("refused with %q (%v), want %q", got, err, code)
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != got {
		t.Errorf("%s is not\n%s(go test -update writes it)", file, got)
	}
}

// woman is who the tests prescribe for: what is asked of everybody has been asked.
func woman() safety.Patient {
	p := adult()
	p.Sex, p.Pregnancy.Is, p.Liver = "f", safety.No, "normal"
	return p
}
