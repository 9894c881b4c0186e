package support_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"housecall/internal/access"
	"housecall/internal/apptest/scratch"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/phi"
	"housecall/internal/support"
	"housecall/policies"
)

var update = flag.Bool("update", false, "write golden files anew")

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

var (
	mother   = access.Actor{Account: "acc_mother", Role: access.Patient, Patient: "pat_mother"}
	daughter = access.Actor{Account: "acc_daughter", Role: access.Patient, Patient: "pat_daughter"}
	stranger = access.Actor{Account: "acc_stranger", Role: access.Patient, Patient: "pat_stranger"}
	courier  = access.Actor{Account: "acc_courier", Role: access.Courier}
	wen      = access.Actor{Account: "acc_wen", Role: access.Doctor}
	packer   = access.Actor{Account: "acc_packer", Role: access.PharmacyStaff, Pharmacy: "phm_1"}
	agent    = access.Actor{Account: "acc_agent", Role: access.Support}
	journey  = access.Part("journey", id.CausedBy("job_1.5.0", "open case"))
)

func as(a access.Actor, key string) access.Actor {
	a.Request = id.RequestOf(nil, string(a.Account), key)
	return a
}

// revocable is a circle whose one grant can be taken away.
type revocable struct{ scopes map[id.Account][]access.Scope }

func (r *revocable) Scopes(_ context.Context, patient id.Patient, holder id.Account) ([]access.Scope, error) {
	if patient != "pat_mother" {
		return nil, nil
	}
	return r.scopes[holder], nil
}

type trail struct{ seen []access.Action }

func (t *trail) Seen(_ context.Context, _ access.Actor, action access.Action, _ access.Facts) error {
	t.seen = append(t.seen, action)
	return nil
}
func (*trail) Denied(context.Context, access.Actor, access.Action, access.Facts) {}

type subjects map[string]access.Facts

func (s subjects) Facts(_ context.Context, subject string) (access.Facts, error) {
	f, ok := s[subject]
	if !ok {
		return f, docstore.NotFound()
	}
	return f, nil
}

type evidence struct {
	items []support.Item
	err   error
}

func (e evidence) Gather(context.Context, access.Actor, string) ([]support.Item, error) {
	return e.items, e.err
}

type world struct {
	*support.Service
	store  docstore.Store
	clock  *clock.Fake
	trail  *trail
	grants *revocable
}

func newWorld(t *testing.T) *world {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(scratch.Folder(t), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	rules, err := access.NewRules(policies.Model, policies.Rules)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{store: store, clock: clock.NewFake(noon), trail: &trail{}, grants: &revocable{map[id.Account][]access.Scope{"acc_daughter": {access.See}}}}
	w.Service, err = support.New(t.Context(), support.Deps{
		Store: store, Clock: w.clock, Guard: access.NewGuard(rules, w.grants, w.trail),
		Subjects: subjects{
			"ord_1": {Patient: "pat_mother", Pharmacy: "phm_1", Courier: "acc_courier"},
			"vis_1": {Patient: "pat_mother", Doctor: "acc_wen"},
		},
		Evidence: map[string]support.Evidence{
			"packing":    evidence{items: []support.Item{{Record: "fill_ord_1_1", At: noon, Code: "ready"}}},
			"hand_overs": evidence{items: []support.Item{{Record: "job_ord_1_1", At: noon.Add(-time.Minute), Code: "collected"}}},
			"positions":  evidence{err: errors.New("no answer")},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) open(t *testing.T, a access.Actor, subject string) *support.Case {
	t.Helper()
	c, err := w.Open(t.Context(), as(a, "open "+subject), support.Opening{Subject: subject, Category: support.Damaged, Text: "The bottle is broken."})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *world) announced(t *testing.T, kind event.Kind) (found []event.Event) {
	t.Helper()
	waiting, err := w.store.Waiting(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range waiting {
		if o.Event.Kind == kind && o.Event.Due == nil && !o.Event.Cancelled {
			found = append(found, o.Event)
		}
	}
	return found
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestLifecycleIsAsDrawn(t *testing.T) {
	t.Parallel()
	drawing := support.Moves().Mermaid()
	if *update {
		ok(t, os.WriteFile("testdata/case.mmd", []byte(drawing), 0o600))
	}
	want, err := os.ReadFile("testdata/case.mmd")
	if diff := cmp.Diff(string(want), drawing); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestBothSidesSeeStatusAndReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(t, mother, "ord_1")
	steps := []struct {
		name   string
		step   func() (*support.Case, error)
		state  support.State
		reason string
	}{
		{"support asks", func() (*support.Case, error) { return w.Answer(t.Context(), as(agent, "1"), c.ID, "A photo, please.") }, support.WaitingForPerson, "answered"},
		{"the patient answers", func() (*support.Case, error) { return w.Write(t.Context(), as(mother, "2"), c.ID, "Here.") }, support.WaitingForSupport, "written"},
		{"support resolves", func() (*support.Case, error) {
			return w.Resolve(t.Context(), as(agent, "3"), c.ID, "refunded", "The money is on its way.")
		}, support.Resolved, "refunded"},
		{"the patient reopens", func() (*support.Case, error) { return w.Reopen(t.Context(), as(mother, "4"), c.ID, "It did not come.") }, support.WaitingForSupport, "reopened"},
		{"support resolves again", func() (*support.Case, error) {
			return w.Resolve(t.Context(), as(agent, "5"), c.ID, "explained", "It takes two days.")
		}, support.Resolved, "explained"},
		{"support closes", func() (*support.Case, error) { return w.Close(t.Context(), as(agent, "6"), c.ID) }, support.Closed, "explained"},
	}
	for _, s := range steps {
		_, err := s.step()
		ok(t, err)
		for _, side := range []access.Actor{mother, agent} {
			got, err := w.Case(t.Context(), side, c.ID)
			if err != nil || got.State != s.state || got.Reason != s.reason {
				t.Errorf("%s: %s sees %s (%s), %v; want %s (%s)", s.name, side.Role, got.State, got.Reason, err, s.state, s.reason)
			}
		}
	}
}

func TestACaseIsOpenedOnlyByWhoHasToDoWithItsSubject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	opening := func(subject string) support.Opening {
		return support.Opening{Subject: subject, Category: support.Other, Text: "Something went wrong."}
	}

	for _, c := range []struct {
		a       access.Actor
		subject string
		want    bool
	}{
		{mother, "ord_1", true},
		{daughter, "ord_1", true},
		{courier, "ord_1", true},
		{packer, "ord_1", true},
		{agent, "ord_1", true},
		{wen, "vis_1", true},
		{mother, "", true},
		{courier, "", true},
		{packer, "", true},
		{stranger, "ord_1", false},
		{wen, "ord_1", false},
		{courier, "vis_1", false},
		{mother, "ord_none", false},
	} {
		_, err := w.Open(t.Context(), c.a, opening(c.subject))
		if (err == nil) != c.want || (!c.want && !fault.Is(err, fault.NotFound)) {
			t.Errorf("%s opens a case about %q: %v", c.a.Account, c.subject, err)
		}
	}
}

func TestACourierSCaseIsNoneOfThePatientSBusiness(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	theirs, hers := w.open(t, courier, "ord_1"), w.open(t, mother, "ord_1")

	_, patient := w.Case(t.Context(), mother, theirs.ID)
	_, rider := w.Case(t.Context(), courier, hers.ID)
	_, shop := w.Case(t.Context(), packer, hers.ID)

	for who, err := range map[string]error{"patient": patient, "courier": rider, "pharmacy": shop} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("the %s reads the other's case: %v", who, err)
		}
	}
}

func TestACaregiverWhoseGrantWasRevokedSeesNoMoreOfACaseTheyOpened(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(t, daughter, "ord_1")
	_, before := w.Case(t.Context(), daughter, c.ID)

	w.grants.scopes = nil
	_, after := w.Case(t.Context(), daughter, c.ID)

	if before != nil || !fault.Is(after, fault.NotFound) {
		t.Errorf("before %v, after %v", before, after)
	}
}

func TestACaseOpenedTwiceByTheSameRequestIsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	if first, second := w.open(t, mother, "ord_1"), w.open(t, mother, "ord_1"); first.ID != second.ID {
		t.Errorf("cases %s and %s", first.ID, second.ID)
	}
	if n := len(w.announced(t, support.CaseOpened)); n != 1 {
		t.Errorf("opened was announced %d times", n)
	}
}

func TestHousecallItselfOpensACaseForThePatient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	c, err := w.Open(t.Context(), journey, support.Opening{Subject: "ord_1", Category: support.NotGiven})
	ok(t, err)
	seen, err := w.Case(t.Context(), mother, c.ID)

	if err != nil || seen.OpenedBy != access.System {
		t.Errorf("the patient sees %+v, %v", seen, err)
	}
}

func TestTheEvidenceIsGatheredWhenItIsReadInOrderOfTimeAndGapsAreNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(t, mother, "ord_1")

	d, err := w.Evidence(t.Context(), agent, c.ID)

	if err != nil || len(d.Items) != 2 || d.Items[0].Kind != "hand_overs" || d.Items[1].Kind != "packing" {
		t.Errorf("items = %+v, %v", d.Items, err)
	}
	if diff := cmp.Diff([]string{"positions"}, d.Missing); diff != "" {
		t.Error(diff)
	}
	if got := w.trail.seen[len(w.trail.seen)-1]; got != "case.evidence" {
		t.Errorf("the audit has %s last", got)
	}
}

func TestEvidenceIsForSupportAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(t, mother, "ord_1")

	for _, a := range []access.Actor{mother, daughter, courier, packer, wen} {
		if _, err := w.Evidence(t.Context(), a, c.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s reads the evidence: %v", a.Account, err)
		}
	}
}

func TestARefundIsWantedOnceCarriedOutElsewhereAndReportedBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(t, mother, "ord_1")
	_, err := w.WantRefund(t.Context(), as(agent, "1"), c.ID, []string{"medicine"}, "damaged")
	ok(t, err)

	_, twice := w.WantRefund(t.Context(), as(agent, "2"), c.ID, []string{"medicine"}, "damaged")
	_, early := w.Resolve(t.Context(), as(agent, "3"), c.ID, "refunded", "Done.")
	for range 2 {
		ok(t, w.ActionDone(t.Context(), journey, c.ID, "1", "pay_1"))
	}
	resolved, err := w.Resolve(t.Context(), as(agent, "4"), c.ID, "refunded", "Done.")

	if !fault.Is(twice, fault.Conflict) || !fault.Is(early, fault.Conflict) {
		t.Errorf("twice %v, resolved early %v", twice, early)
	}
	if err != nil || resolved.Actions[0].State != support.Done || resolved.Actions[0].Result != "pay_1" {
		t.Errorf("case %+v, %v", resolved.Actions, err)
	}
	wanted := w.announced(t, support.RefundWanted)
	if len(wanted) != 1 || wanted[0].Data["subject"] != "ord_1" || wanted[0].Data["kinds"] != "medicine" || wanted[0].Data["reason"] != "damaged" {
		t.Errorf("announced %+v", wanted)
	}
	if n := len(w.announced(t, support.ActionWasDone)); n != 1 {
		t.Errorf("done was announced %d times", n)
	}
}

func TestACouponAndARedeliveryGoFromTheCase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(t, mother, "ord_1")

	_, err := w.WantCoupon(t.Context(), as(agent, "1"), c.ID, money.Of(500, "CNY"), "goodwill")
	ok(t, err)
	_, err = w.WantRedelivery(t.Context(), as(agent, "2"), c.ID, "damaged")
	ok(t, err)
	ok(t, w.ActionFailed(t.Context(), journey, c.ID, "2", "no_stock"))

	got, err := w.Case(t.Context(), mother, c.ID)
	if err != nil || got.Actions[1].State != support.Failed || got.Reason != "redelivery_failed" {
		t.Errorf("case %+v (%s), %v", got.Actions, got.Reason, err)
	}
	if e := w.announced(t, support.CouponWanted); len(e) != 1 || e[0].Data["amount_minor"] != "500" || e[0].Data["patient"] != "pat_mother" {
		t.Errorf("announced %+v", e)
	}
}

func TestOnlySupportMakesGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(t, mother, "ord_1")

	for _, a := range []access.Actor{mother, courier, packer, wen} {
		_, refund := w.WantRefund(t.Context(), a, c.ID, nil, "x")
		_, coupon := w.WantCoupon(t.Context(), a, c.ID, money.Of(1, "CNY"), "x")
		_, again := w.WantRedelivery(t.Context(), a, c.ID, "x")
		_, closed := w.Resolve(t.Context(), a, c.ID, "x", "x")
		for what, err := range map[string]error{"refunds": refund, "gives a coupon": coupon, "has it delivered": again, "resolves": closed} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s %s: %v", a.Account, what, err)
			}
		}
	}
	if got, err := w.Case(t.Context(), agent, c.ID); err != nil || len(got.Actions) != 0 || got.State != support.Opened {
		t.Errorf("the case has changed: %+v, %v", got, err)
	}
}

func TestWhatMakesNoSenseIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	visit, general := w.open(t, mother, "vis_1"), w.open(t, courier, "")

	for name, err := range map[string]error{
		"a visit delivered again": second(w.WantRedelivery(t.Context(), agent, visit.ID, "x")),
		"a refund of nothing":     second(w.WantRefund(t.Context(), agent, general.ID, nil, "x")),
		"a coupon for no patient": second(w.WantCoupon(t.Context(), agent, general.ID, money.Of(1, "CNY"), "x")),
		"closing what is open":    second(w.Close(t.Context(), agent, visit.ID)),
		"reopening what is open":  second(w.Reopen(t.Context(), mother, visit.ID, "Again.")),
	} {
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"no words":          second(w.Write(t.Context(), mother, visit.ID, "  ")),
		"too many words":    second(w.Write(t.Context(), mother, visit.ID, phi.Text(strings.Repeat("x", 4001)))),
		"a reason in words": second(w.Resolve(t.Context(), agent, visit.ID, "Mrs Chen was angry", "Done.")),
		"kinds in words":    second(w.WantRefund(t.Context(), agent, visit.ID, []string{"her fee"}, "goodwill")),
		"no amount":         second(w.WantCoupon(t.Context(), agent, visit.ID, money.Of(0, "CNY"), "goodwill")),
		"no category":       second(w.Open(t.Context(), mother, support.Opening{Subject: "ord_1", Text: "Help."})),
		"nobody to assign":  second(w.Assign(t.Context(), agent, visit.ID, "somebody")),
	} {
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := w.Case(t.Context(), agent, visit.ID); err != nil || got.Version != 1 {
		t.Errorf("the case has version %d, %v", got.Version, err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestACaseThatWaitsTooLongIsShownAsOverdueUntilItIsAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(t, mother, "ord_1")
	w.clock.Advance(20 * time.Minute)
	_, err := w.Write(t.Context(), as(mother, "again"), c.ID, "Hello?") // does not start the wait anew
	ok(t, err)

	ok(t, w.TimerFired(t.Context(), journey, string(c.ID), support.TimerKinds[0])) // early
	w.clock.Advance(10 * time.Minute)
	for range 2 {
		ok(t, w.TimerFired(t.Context(), journey, string(c.ID), support.TimerKinds[0]))
	}
	late, err := w.List(t.Context(), agent, support.Wish{Overdue: true}, docstore.Query{})
	ok(t, err)
	_, err = w.Answer(t.Context(), as(agent, "1"), c.ID, "Sorry!")
	ok(t, err)
	then, err := w.List(t.Context(), agent, support.Wish{Overdue: true}, docstore.Query{})
	ok(t, err)

	if len(late.Items) != 1 || len(then.Items) != 0 || len(w.announced(t, support.CaseOverdue)) != 1 {
		t.Errorf("%d overdue, then %d, announced %d times; want 1, 0, 1", len(late.Items), len(then.Items), len(w.announced(t, support.CaseOverdue)))
	}
}

func TestACaseWhosePersonStaysSilentIsResolvedThenClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(t, mother, "ord_1")
	_, err := w.Answer(t.Context(), as(agent, "1"), c.ID, "A photo, please.")
	ok(t, err)

	w.clock.Advance(7 * 24 * time.Hour)
	ok(t, w.TimerFired(t.Context(), journey, string(c.ID), support.TimerKinds[1]))
	resolved, err := w.Case(t.Context(), mother, c.ID)
	ok(t, err)
	state, reason := resolved.State, resolved.Reason
	w.clock.Advance(14 * 24 * time.Hour)
	journey := access.Part("journey", id.CausedBy("timer", "close"))
	ok(t, w.TimerFired(t.Context(), journey, string(c.ID), support.TimerKinds[2]))
	closed, err := w.Case(t.Context(), mother, c.ID)

	if state != support.Resolved || reason != "no_answer" || err != nil || closed.State != support.Closed {
		t.Errorf("%s (%s), then %s, %v", state, reason, closed.State, err)
	}
}

func TestSupportHasAWorkListAndAssignsCases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.open(t, mother, "ord_1")
	w.clock.Advance(time.Minute)
	w.open(t, courier, "ord_1")
	_, err := w.Assign(t.Context(), as(agent, "1"), first.ID, "acc_agent")
	ok(t, err)

	open, err := w.List(t.Context(), agent, support.Wish{}, docstore.Query{})
	ok(t, err)
	mine, err := w.List(t.Context(), agent, support.Wish{Assigned: "acc_agent"}, docstore.Query{})
	ok(t, err)
	about, err := w.List(t.Context(), agent, support.Wish{Subject: "ord_1"}, docstore.Query{})
	ok(t, err)
	_, foreign := w.List(t.Context(), mother, support.Wish{}, docstore.Query{})

	if len(open.Items) != 2 || open.Items[0].ID != first.ID || len(mine.Items) != 1 || len(about.Items) != 2 || !fault.Is(foreign, fault.NotFound) {
		t.Errorf("open %d, mine %d, about %d, foreign %v", len(open.Items), len(mine.Items), len(about.Items), foreign)
	}
}

func TestEverybodyListsTheirOwnCases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, a := range []access.Actor{mother, courier, packer} {
		w.open(t, a, "ord_1")
	}

	for whose, a := range map[string]access.Actor{"pat_mother": daughter, "acc_courier": courier, "phm_1": packer} {
		page, err := w.Mine(t.Context(), a, whose, docstore.Query{})
		if err != nil || len(page.Items) != 1 {
			t.Errorf("%s lists %d cases of %s, %v; want 1", a.Account, len(page.Items), whose, err)
		}
		if _, err := w.Mine(t.Context(), stranger, whose, docstore.Query{}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger lists the cases of %s: %v", whose, err)
		}
	}
}

func TestEventsOfACaseCarryNoWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(t, mother, "ord_1")
	_, err := w.Answer(t.Context(), as(agent, "1"), c.ID, "A marked word: Zebra.")
	ok(t, err)

	waiting, err := w.store.Waiting(t.Context(), 1000)
	ok(t, err)
	for _, o := range waiting {
		for key, value := range o.Event.Data {
			if strings.Contains(value, "bottle") || strings.Contains(value, "Zebra") {
				t.Errorf("%s carries %s=%s", o.Event.Kind, key, value)
			}
		}
	}
}
