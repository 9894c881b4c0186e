package audit_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/apptest/scratch"
	"housecall/internal/audit"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
	"housecall/policies"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

var key = []byte("0123456789abcdef0123456789abcdef")

func doctor(session string) access.Actor {
	return access.Actor{Account: "acc_doctor", Role: access.Doctor, Session: id.Session(session)}
}

func record(name string) access.Facts {
	return access.Facts{Record: name, Patient: "pat_mother", Doctor: "acc_doctor"}
}

// world is an audit over a real store that can be made to fail, or to wait.
type world struct {
	store *moody
	clock *clock.Fake
	trail *audit.Trail
}

// moody is a store whose inserts of blocks can fail or wait.
type moody struct {
	docstore.Store
	inserts atomic.Int64
	fail    atomic.Bool
	gate    chan struct{} // nil, or inserts of blocks wait for it
}

func (m *moody) Insert(ctx context.Context, collection string, r docstore.Record) error {
	if collection == "audit_blocks" {
		if m.gate != nil {
			<-m.gate
		}
		if m.fail.Load() {
			return docstore.ErrFull
		}
		m.inserts.Add(1)
	}
	return m.Store.Insert(ctx, collection, r)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(scratch.Folder(t), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	w := &world{store: &moody{Store: store}, clock: clock.NewFake(noon)}
	w.trail = w.open(t, "")
	return w
}

func (w *world) open(t *testing.T, node string) *audit.Trail {
	t.Helper()
	trail, err := audit.NewTrail(t.Context(), audit.Deps{Store: w.store, Clock: w.clock, Log: slog.New(slog.DiscardHandler), Key: key, Node: node})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = trail.Stop(context.Background()) })
	return trail
}

func (w *world) see(t *testing.T, session, rec string) {
	t.Helper()
	if err := w.trail.Seen(t.Context(), doctor(session), "intake.read", record(rec)); err != nil {
		t.Fatal(err)
	}
}

// entries reads what stands in the chain, by the proof of it.
func (w *world) proof(t *testing.T) audit.Proof {
	t.Helper()
	proofs, err := w.trail.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return proofs[0]
}

func (w *world) guard(t *testing.T, scopes map[id.Account][]access.Scope) *access.Guard {
	t.Helper()
	rules, err := access.NewRules(policies.Model, policies.Rules)
	if err != nil {
		t.Fatal(err)
	}
	return access.NewGuard(rules, circle(scopes), w.trail)
}

type circle map[id.Account][]access.Scope

func (c circle) Scopes(_ context.Context, _ id.Patient, holder id.Account) ([]access.Scope, error) {
	return c[holder], nil
}

type names map[id.Account]phi.Text

func (n names) NameOf(_ context.Context, account id.Account) (phi.Text, error) {
	name, ok := n[account]
	if !ok {
		return "", docstore.NotFound()
	}
	return name, nil
}

func TestReadOfARecordIsInTheAuditBeforeTheAnswerLeaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	w.see(t, "ses_1", "itk_1")

	if _, err := w.store.Get(t.Context(), "audit_blocks", "aud_one_1"); err != nil {
		t.Errorf("block after the read: %v", err)
	}
}

func TestARepeatedReadIsOneEntryForEachSessionRecordAndFiveMinutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	for range 10 {
		w.see(t, "ses_1", "itk_1")
	}
	w.see(t, "ses_2", "itk_1") // another session
	w.see(t, "ses_1", "itk_2") // another record
	w.clock.Advance(5 * time.Minute)
	w.see(t, "ses_1", "itk_1") // another window

	if got := w.proof(t).Entries; got != 4 {
		t.Errorf("entries = %d, want 4", got)
	}
}

func TestReadsThatWaitShareOneWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.store.gate = make(chan struct{})
	const readers = 100

	var all sync.WaitGroup
	errs := make(chan error, readers)
	for n := range readers {
		all.Go(func() {
			errs <- w.trail.Seen(t.Context(), doctor(fmt.Sprintf("ses_%d", n%50)), "intake.read", record(fmt.Sprintf("itk_%d", n%50)))
		})
	}
	close(w.store.gate)
	all.Wait()

	for range readers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	p := w.proof(t)
	if p.Entries != 50 || p.Blocks >= 50 {
		t.Errorf("%d entries in %d blocks, want 50 in fewer", p.Entries, p.Blocks)
	}
}

func TestNoEntryMeansNoAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	guard := w.guard(t, nil)
	patient := access.Actor{Account: "acc_mother", Role: access.Patient, Patient: "pat_mother", Session: "ses_m"}
	w.store.fail.Store(true)

	refused := guard.Read(t.Context(), patient, "audit.looked", record("pat_mother"))
	w.store.fail.Store(false)
	later := guard.Read(t.Context(), patient, "audit.looked", record("pat_mother"))

	if !fault.Is(refused, fault.Unavailable) {
		t.Errorf("read without an audit = %v, want Unavailable", refused)
	}
	if later != nil || w.proof(t).Entries != 1 {
		t.Errorf("read later = %v, entries %d; want it answered and kept", later, w.proof(t).Entries)
	}
}

func TestARefusalIsKeptWithoutWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	guard := w.guard(t, nil)
	stranger := access.Actor{Account: "acc_stranger", Role: access.Patient, Patient: "pat_stranger", Session: "ses_s"}

	err := guard.Check(t.Context(), stranger, "audit.looked", record("pat_mother"))

	if !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger reads %v, want NotFound", err)
	}
	if err := w.trail.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.trail = w.open(t, "")
	if got := w.proof(t).Entries; got != 1 {
		t.Errorf("entries = %d, want the refusal", got)
	}
}

func TestRefusalsThatFindNoRoomAreCountedAndNeverBlock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.store.gate = make(chan struct{})
	const asked = 20_000

	for n := range asked {
		w.trail.Denied(t.Context(), doctor("ses_1"), "intake.read", record(fmt.Sprintf("itk_%d", n)))
	}
	close(w.store.gate)
	if err := w.trail.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}

	w.trail = w.open(t, "")
	kept, lost := w.kept(t)
	if lost == 0 || kept+lost != asked {
		t.Errorf("%d kept and %d counted, want %d in all", kept, lost, asked)
	}
}

// kept counts the refusals in the audit, and those that it says were lost.
func (w *world) kept(t *testing.T) (kept, lost int64) {
	t.Helper()
	auditor := access.Actor{Account: "acc_auditor", Role: access.Auditor, Session: "ses_a"}
	s := audit.New(audit.ReadDeps{Trail: w.trail, Guard: w.guard(t, nil), Names: names{}})
	q := audit.Query{Limit: 500}
	for {
		page, err := s.Search(t.Context(), auditor, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range page.Items {
			switch l.Entry.What {
			case audit.Denied:
				kept++
			case audit.Lost:
				lost += l.Entry.Count
			case audit.Seen, audit.Done:
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return kept, lost
		}
	}
}

func TestRefusalsWaitForAStoreThatCanNotWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.store.fail.Store(true)

	w.trail.Denied(t.Context(), doctor("ses_1"), "intake.read", record("itk_1"))
	failed := w.trail.Record(t.Context(), audit.Act(doctor("ses_1"), "rx.signed", "rx_1", "pat_mother"))
	w.store.fail.Store(false)
	if err := w.trail.Record(t.Context(), audit.Act(doctor("ses_1"), "rx.signed", "rx_1", "pat_mother")); err != nil {
		t.Fatal(err)
	}
	if err := w.trail.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}

	if failed == nil {
		t.Error("an act was acknowledged that is not in the audit")
	}
	w.trail = w.open(t, "")
	if kept, _ := w.kept(t); kept != 1 {
		t.Errorf("refusals kept = %d, want 1", kept)
	}
}

func TestTheChainGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.see(t, "ses_1", "itk_1")
	if err := w.trail.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}

	w.trail = w.open(t, "")
	w.see(t, "ses_1", "itk_1")

	if p := w.proof(t); p.Blocks != 2 || p.Entries != 2 {
		t.Errorf("proof = %+v, want 2 blocks of one entry", p)
	}
}

func TestTwoNodesOfOneNameWriteOneUnbrokenChain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.open(t, "")

	var all sync.WaitGroup
	for _, trail := range []*audit.Trail{w.trail, other} {
		for n := range 40 {
			all.Go(func() {
				if err := trail.Record(t.Context(), audit.Act(doctor("ses_1"), "rx.signed", fmt.Sprintf("rx_%d", n), "pat_mother")); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()

	if got := w.proof(t).Entries; got != 80 {
		t.Errorf("entries = %d, want 80", got)
	}
}

func TestEachNodeWritesAChainOfItsOwnAndAllAreVerified(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.open(t, "Node_B.example.org")
	w.see(t, "ses_1", "itk_1")
	if err := other.Seen(t.Context(), doctor("ses_1"), "intake.read", record("itk_2")); err != nil {
		t.Fatal(err)
	}

	proofs, err := w.trail.Verify(t.Context())

	if err != nil || len(proofs) != 2 || proofs[0].Chain != "node-b-example-org" {
		t.Errorf("proofs = %v, %v; want two chains", proofs, err)
	}
}

func TestAShortAuditKeyIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	_, err := audit.NewTrail(t.Context(), audit.Deps{Store: w.store, Clock: w.clock, Log: slog.New(slog.DiscardHandler), Key: []byte("weak")})

	if err == nil {
		t.Error("a key of four bytes was taken")
	}
}

func TestNothingIsAcknowledgedAfterTheStop(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.trail.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}

	err := w.trail.Seen(t.Context(), doctor("ses_1"), "intake.read", record("itk_1"))

	if err == nil {
		t.Error("a read was acknowledged by an audit that has stopped")
	}
}

func TestAReaderWhoGaveUpLeavesNoHoleForTheNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.store.gate = make(chan struct{})
	gone, leave := context.WithCancel(t.Context())
	leave()

	first := w.trail.Seen(gone, doctor("ses_1"), "intake.read", record("itk_1"))
	close(w.store.gate)
	w.see(t, "ses_1", "itk_1")

	if !errors.Is(first, context.Canceled) {
		t.Errorf("first = %v, want Canceled", first)
	}
	if w.proof(t).Entries < 1 {
		t.Error("the second read is not in the audit")
	}
}

func BenchmarkRepeatedRead(b *testing.B) {
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "x.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	trail, err := audit.NewTrail(b.Context(), audit.Deps{Store: store, Clock: clock.NewReal(), Log: slog.New(slog.DiscardHandler), Key: key})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = trail.Stop(context.Background()) }()
	b.ReportAllocs()
	for b.Loop() {
		if err := trail.Seen(b.Context(), doctor("ses_1"), "intake.read", record("itk_1")); err != nil {
			b.Fatal(err)
		}
	}
}
