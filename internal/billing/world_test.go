package billing_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/apptest/scratch"
	"housecall/internal/billing"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/event"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/phi"
	"housecall/policies"
)

var update = flag.Bool("update", false, "write golden files anew")

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

var (
	mother   = access.Actor{Account: "acc_mother", Role: access.Patient, Patient: "pat_mother"}
	daughter = access.Actor{Account: "acc_daughter", Role: access.Patient, Patient: "pat_daughter"}
	stranger = access.Actor{Account: "acc_stranger", Role: access.Patient, Patient: "pat_stranger"}
	operator = access.Actor{Account: "acc_operator", Role: access.Operator}
	courier  = access.Actor{Account: "acc_courier", Role: access.Courier}
	wen      = access.Actor{Account: "acc_wen", Role: access.Doctor}
)

func journey(key string) access.Actor { return access.Part("journey", id.CausedBy(key, "test")) }

// as is the actor making one request.
func as(a access.Actor, key string) access.Actor {
	a.Request = id.RequestOf(nil, string(a.Account), key)
	return a
}

func cny(minor int64) money.Amount { return money.Of(minor, "CNY") }

type circle map[id.Account][]access.Scope

func (c circle) Scopes(_ context.Context, patient id.Patient, holder id.Account) ([]access.Scope, error) {
	if patient != "pat_mother" {
		return nil, nil
	}
	return c[holder], nil
}

type noTrail struct{}

func (noTrail) Seen(context.Context, access.Actor, access.Action, access.Facts) error { return nil }
func (noTrail) Denied(context.Context, access.Actor, access.Action, access.Facts)     {}

// bankFake is the gateway: it holds, takes and gives back, each reference once, and can lose its answer.
type bankFake struct {
	mu       sync.Mutex // guards all below
	held     map[string]int64
	declined map[string]string
	taken    map[string]int64
	back     map[string]int64 // by reference and cause
	calls    int
	broke    bool // says no to every hold
	mute     int  // this many calls are done, and their answer is lost
}

func newBank() *bankFake {
	return &bankFake{held: map[string]int64{}, declined: map[string]string{}, taken: map[string]int64{}, back: map[string]int64{}}
}

var errLost = errors.New("connection reset")

func (b *bankFake) answer() error {
	b.calls++
	if b.mute > 0 {
		b.mute--
		return errLost
	}
	return nil
}

func (b *bankFake) Authorise(_ context.Context, h billing.Hold) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if reason, no := b.declined[h.Reference]; no || b.broke {
		b.declined[h.Reference] = "insufficient_funds"
		return &billing.Declined{Reason: max(reason, "insufficient_funds")}
	}
	b.held[h.Reference] = h.Amount.Minor
	return b.answer()
}

func (b *bankFake) Capture(_ context.Context, ref string, amount money.Amount) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, done := b.taken[ref]; !done {
		if amount.Minor > b.held[ref] {
			return fmt.Errorf("capture %d of %d", amount.Minor, b.held[ref])
		}
		b.taken[ref], b.held[ref] = amount.Minor, 0
	}
	return b.answer()
}

func (b *bankFake) Void(_ context.Context, ref string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, done := b.taken[ref]; done {
		return &billing.Declined{Reason: "captured"}
	}
	b.held[ref], b.declined[ref] = 0, "voided"
	return b.answer()
}

func (b *bankFake) Refund(_ context.Context, ref, cause string, amount money.Amount) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.back[ref+" "+cause] = amount.Minor
	return b.answer()
}

func (b *bankFake) gaveBack() (sum int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, minor := range b.back {
		sum += minor
	}
	return sum
}

func (b *bankFake) took() (sum int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, minor := range b.taken {
		sum += minor
	}
	return sum
}

func (b *bankFake) holds() (sum int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, minor := range b.held {
		sum += minor
	}
	return sum
}

type parties struct{}

func (parties) Patient(context.Context, id.Patient) (phi.Text, error) { return "Chen Guifen", nil }

func (parties) Payee(_ context.Context, payee string) (billing.Party, error) {
	return billing.Party{Name: phi.Text("party " + payee), Licence: "L-" + payee}, nil
}

func (parties) Diagnosis(context.Context, string) (phi.Text, error) { return "J06.9", nil }

func (parties) Issuer(_ context.Context, payee, _ string) (billing.Issuer, error) {
	if payee == "" {
		return billing.Issuer{ID: "house", Name: "Lampford Clinic", TimeZone: "Asia/Shanghai"}, nil
	}
	return billing.Issuer{ID: payee, Name: "Pharmacy " + payee, Licence: "L-" + payee, TimeZone: "Asia/Shanghai"}, nil
}

func (parties) Payer(_ context.Context, account id.Account) (phi.Text, error) {
	return "payer " + phi.Text(account), nil
}

type tippable map[id.Order]billing.TipTarget

func (t tippable) TipFor(_ context.Context, order id.Order) (billing.TipTarget, error) {
	target, ok := t[order]
	if !ok {
		return target, docstore.NotFound()
	}
	return target, nil
}

type world struct {
	*billing.Service
	store docstore.Store
	clock *clock.Fake
	bank  *bankFake
}

func newWorld(t *testing.T) *world {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(scratch.Folder(t), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return worldOn(t, store, billing.Taxes{})
}

// worldOn opens billing on a store that is there, as another node or a new start does.
func worldOn(t *testing.T, store docstore.Store, taxes billing.Taxes) *world {
	t.Helper()
	rules, err := access.NewRules(policies.Model, policies.Rules)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{store: store, clock: clock.NewFake(noon), bank: newBank()}
	w.Service, err = billing.New(t.Context(), billing.Deps{
		Store: store, Clock: w.clock, Gateway: w.bank, Parties: parties{}, Issuers: parties{}, Taxes: taxes,
		Guard: access.NewGuard(rules, circle{"acc_daughter": {access.Pay}}, noTrail{}),
		Tips:  tippable{"ord_1": {Patient: "pat_mother", Courier: "acc_courier", Currency: "CNY", Zone: "zone_1"}},
		Terms: billing.Terms{OfVisitFee: 1000, OfMedicine: 500},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func visitCharge() billing.Charge {
	return billing.Charge{
		Payment: billing.PaymentOf("vis_1", 1), Subject: "vis_1", Patient: "pat_mother", Payer: "acc_daughter",
		Lines: []billing.Line{{Kind: billing.VisitFee, Amount: cny(5000)}}, Method: "card",
	}
}

func orderCharge() billing.Charge {
	return billing.Charge{
		Payment: billing.PaymentOf("ord_1", 1), Subject: "ord_1", Patient: "pat_mother", Payer: "acc_daughter", Zone: "zone_1",
		Lines: []billing.Line{
			{Kind: billing.Medicine, Amount: cny(8000), Payee: "phm_1"},
			{Kind: billing.DeliveryFee, Amount: cny(600)},
		}, Method: "card",
	}
}

func (w *world) authorise(t *testing.T, c billing.Charge) {
	t.Helper()
	if err := w.Authorise(t.Context(), journey("authorise "+string(c.Payment)), c); err != nil {
		t.Fatal(err)
	}
}

func (w *world) capture(t *testing.T, subject string, finals ...billing.Final) {
	t.Helper()
	if err := w.Capture(t.Context(), journey("capture "+subject), subject, finals...); err != nil {
		t.Fatal(err)
	}
}

func (w *world) payment(t *testing.T, c billing.Charge) *billing.Payment {
	t.Helper()
	p, err := w.Payment(t.Context(), operator, c.Payment)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// announced lists the events that wait, by kind, in order.
func (w *world) announced(t *testing.T) []event.Event {
	t.Helper()
	waiting, err := w.store.Waiting(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	var out []event.Event
	for _, o := range waiting {
		if o.Event.Due == nil && !o.Event.Cancelled {
			out = append(out, o.Event)
		}
	}
	return out
}

func (w *world) count(t *testing.T, kind event.Kind) (n int) {
	t.Helper()
	for _, e := range w.announced(t) {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// ledger must sum to zero, always; it answers what stands on each account.
func (w *world) ledger(t *testing.T) map[string]int64 {
	t.Helper()
	total, err := w.LedgerTotal(t.Context(), operator)
	if err != nil {
		t.Fatal(err)
	}
	if !total.Zero() {
		t.Errorf("the ledger sums to %v", total.Sums)
	}
	balances := map[string]int64{}
	for _, b := range total.Balances {
		if !b.Amount.IsZero() {
			balances[b.Account] = b.Amount.Minor
		}
	}
	return balances
}

func isLost(err error) bool { return errors.Is(err, errLost) }
