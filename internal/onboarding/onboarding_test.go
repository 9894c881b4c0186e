package onboarding_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/apptest/scratch"
	"housecall/internal/clock"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/onboarding"
	"housecall/policies"
)

var update = flag.Bool("update", false, "write the golden files anew")

var rules = sync.OnceValues(func() (*access.Rules, error) { return access.NewRules(policies.Model, policies.Rules) })

type world struct {
	*onboarding.Service
	t     *testing.T
	store *sqlite.Store
	clock *clock.Fake
}

func newWorld(t *testing.T) *world {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(scratch.Folder(t), "onboarding.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	policy, err := rules()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, store: store, clock: clock.NewFake(time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC))}
	w.Service, err = onboarding.New(t.Context(), onboarding.Deps{Store: store, Clock: w.clock, Guard: access.NewGuard(policy, nobodys{}, silent{}), Uploads: desk{}})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// desk knows one file, of anybody.
type desk struct{}

func (desk) Handed(_ context.Context, file id.Attachment, _ id.Account) error {
	if file != "att_1" {
		return fault.New(fault.Invalid, "No such file.")
	}
	return nil
}

type nobodys struct{}

func (nobodys) Scopes(context.Context, id.Patient, id.Account) ([]access.Scope, error) {
	return nil, nil
}

type silent struct{}

func (silent) Seen(context.Context, access.Actor, access.Action, access.Facts) error { return nil }
func (silent) Denied(context.Context, access.Actor, access.Action, access.Facts)     {}

var (
	doctor     = access.Actor{Account: "acc_d0c", Role: access.Doctor, Session: "ses_1"}
	courier    = access.Actor{Account: "acc_c0", Role: access.Courier, Session: "ses_2"}
	pharmacist = access.Actor{Account: "acc_f1", Role: access.Pharmacist, Pharmacy: "phm_1", Session: "ses_3"}
	operator   = access.Actor{Account: "acc_0p", Role: access.Operator, Session: "ses_4"}
	part       = access.Part("journey", id.Request{})
)

const day = 24 * time.Hour

// submitted is the doctor's application with all of its papers, handed in.
func (w *world) submitted(validFor time.Duration) id.Application {
	w.t.Helper()
	app, err := w.Apply(w.t.Context(), doctor, onboarding.Apply{
		Kind:    onboarding.Doctor,
		Details: onboarding.Details{Licence: "LIC-1", Specialties: []string{"general-practice"}, Languages: []string{"en"}, Jurisdictions: []string{"house"}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.paper(app.ID, onboarding.Licence, w.clock.Now().Add(validFor))
	w.paper(app.ID, onboarding.Identity, time.Time{})
	w.must(w.Submit(w.t.Context(), doctor, app.ID))
	return app.ID
}

func (w *world) paper(aid id.Application, kind onboarding.PaperKind, until time.Time) {
	w.t.Helper()
	w.must(w.AddPaper(w.t.Context(), doctor, aid, onboarding.NewPaper{Kind: kind, Attachment: "att_1", ValidUntil: until}))
}

func (w *world) approved(validFor time.Duration) id.Application {
	w.t.Helper()
	aid := w.submitted(validFor)
	w.must(w.Review(w.t.Context(), operator, aid))
	w.must(w.Approve(w.t.Context(), operator, aid))
	return aid
}

func (w *world) must(app *onboarding.Application, err error) *onboarding.Application {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return app
}

func (w *world) active(subject string) bool {
	w.t.Helper()
	st, err := w.Standing(w.t.Context(), subject)
	if err != nil {
		w.t.Fatal(err)
	}
	return st.Active
}

func (w *world) announced(kind event.Kind) int {
	w.t.Helper()
	waiting, err := w.store.Waiting(w.t.Context(), 500)
	if err != nil {
		w.t.Fatal(err)
	}
	n := 0
	for _, out := range waiting {
		if out.Event.Kind == kind && out.Event.Due == nil && !out.Event.Cancelled {
			n++
		}
	}
	return n
}

func wantCode(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != kind || code != "" && f.Code != code {
		t.Errorf("err = %v, want kind %d coded %q", err, kind, code)
	}
}

func TestDoctorActsOnlyOnceApproved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aid := w.submitted(365 * day)

	before := w.active("acc_d0c")
	w.must(w.Review(t.Context(), operator, aid))
	during := w.active("acc_d0c")
	w.must(w.Approve(t.Context(), operator, aid))
	st, err := w.Standing(t.Context(), "acc_d0c")

	if before || during || err != nil || !st.Active || !st.In("house") || !st.Speaks("en") || st.In("cn") {
		t.Errorf("before %v, in review %v, then %+v (%v); want active only once approved, in house", before, during, st, err)
	}
	if w.active("acc_somebody") {
		t.Error("somebody who never applied is active")
	}
}

func TestApplicationWithoutItsPapersIsNotTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.must(w.Apply(t.Context(), courier, onboarding.Apply{Kind: onboarding.Courier}))

	_, err := w.Submit(t.Context(), courier, app.ID)

	wantCode(t, err, fault.Conflict, "papers-missing")
}

func TestRefusalHasACodedReasonAndTheApplicantMayTryAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aid := w.submitted(365 * day)
	w.must(w.Review(t.Context(), operator, aid))

	_, prose := w.Refuse(t.Context(), operator, aid, "I know this man")
	refused := w.must(w.Refuse(t.Context(), operator, aid, "licence-not-found"))
	again := w.must(w.Submit(t.Context(), doctor, aid))

	wantCode(t, prose, fault.Invalid, "")
	if refused.Reason != "licence-not-found" || again.State != onboarding.Submitted || w.active("acc_d0c") {
		t.Errorf("refused for %q, then %s", refused.Reason, again.State)
	}
}

func TestReviewerMayAskForMorePapers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aid := w.submitted(365 * day)
	w.must(w.Review(t.Context(), operator, aid))

	asked := w.must(w.AskMore(t.Context(), operator, aid, []onboarding.PaperKind{onboarding.Specialty}))
	w.paper(aid, onboarding.Specialty, time.Time{})
	again := w.must(w.Submit(t.Context(), doctor, aid))

	if len(asked.Wanted) != 1 || asked.State != onboarding.Asked || again.State != onboarding.Submitted {
		t.Errorf("asked = %s for %v, then %s", asked.State, asked.Wanted, again.State)
	}
}

func TestApprovalEndsByItselfWhenAPaperRunsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aid := w.approved(40 * day)

	w.clock.Advance(40 * day)
	if w.active("acc_d0c") {
		t.Error("active though a paper has run out and the timer is late")
	}
	if err := w.TimerFired(t.Context(), part, string(aid), onboarding.RanOut); err != nil {
		t.Fatal(err)
	}
	if err := w.TimerFired(t.Context(), part, string(aid), onboarding.RanOut); err != nil {
		t.Fatal(err)
	}

	app := w.must(w.Application(t.Context(), doctor, aid))
	if app.State != onboarding.Expired || w.announced(onboarding.ApplicationExpired) != 1 {
		t.Errorf("state = %s, announced %d times, want expired, once", app.State, w.announced(onboarding.ApplicationExpired))
	}
}

func TestReminderComesThirtyAndSevenDaysBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aid := w.approved(40 * day)
	fire := func(kind event.Kind) {
		if err := w.TimerFired(t.Context(), part, string(aid), kind); err != nil {
			t.Fatal(err)
		}
	}

	fire(onboarding.ThirtyDaysDue) // early
	early := w.announced(onboarding.ApplicationReminded)
	w.clock.Advance(10 * day)
	fire(onboarding.ThirtyDaysDue)
	fire(onboarding.ThirtyDaysDue)
	w.clock.Advance(23 * day)
	fire(onboarding.SevenDaysDue)

	if early != 0 || w.announced(onboarding.ApplicationReminded) != 2 || !w.active("acc_d0c") {
		t.Errorf("reminded %d times early, %d in all; want none and two", early, w.announced(onboarding.ApplicationReminded))
	}
}

func TestNewerPaperCountsOnceAnOperatorAcceptedIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aid := w.approved(40 * day)
	w.paper(aid, onboarding.Licence, w.clock.Now().Add(400*day))

	st, err := w.Standing(t.Context(), "acc_d0c")
	if err != nil || st.Until.After(w.clock.Now().Add(41*day)) {
		t.Errorf("standing = %+v, %v, want the old paper to count still", st, err)
	}
	w.must(w.Renew(t.Context(), operator, aid))
	w.clock.Advance(100 * day)
	if err := w.TimerFired(t.Context(), part, string(aid), onboarding.RanOut); err != nil {
		t.Fatal(err)
	}

	if !w.active("acc_d0c") {
		t.Error("not active though the newer paper was accepted")
	}
}

func TestSuspensionTakesEffectAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aid := w.approved(365 * day)
	before := w.active("acc_d0c")

	w.must(w.Suspend(t.Context(), operator, aid, "complaint"))
	during := w.active("acc_d0c")
	w.must(w.Reinstate(t.Context(), operator, aid))

	if !before || during || !w.active("acc_d0c") {
		t.Errorf("before %v, suspended %v, want active, not, and active again", before, during)
	}
}

func TestPharmacyIsAppliedForByThoseWhoWorkThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	_, foreign := w.Apply(t.Context(), pharmacist, onboarding.Apply{Kind: onboarding.Pharmacy, Subject: "phm_2"})
	app, err := w.Apply(t.Context(), pharmacist, onboarding.Apply{Kind: onboarding.Pharmacy})
	_, own := w.Apply(t.Context(), pharmacist, onboarding.Apply{Kind: onboarding.Pharmacist})
	_, twice := w.Apply(t.Context(), operator, onboarding.Apply{Kind: onboarding.Pharmacy, Subject: "phm_1"})

	wantCode(t, foreign, fault.NotFound, "")
	if err != nil || app.Subject != "phm_1" || own != nil {
		t.Fatalf("own pharmacy: %v; as a pharmacist: %v", err, own)
	}
	wantCode(t, twice, fault.Conflict, "exists")
	mine, err := w.Mine(t.Context(), pharmacist)
	if err != nil || len(mine) != 2 {
		t.Errorf("mine = %d, %v, want both", len(mine), err)
	}
}

func TestApplicantDecidesNothingAndSeesNobodyElses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aid := w.submitted(365 * day)

	_, review := w.Review(t.Context(), doctor, aid)
	_, approve := w.Approve(t.Context(), doctor, aid)
	_, read := w.Application(t.Context(), courier, aid)
	_, add := w.AddPaper(t.Context(), courier, aid, onboarding.NewPaper{Kind: onboarding.Other, Attachment: "att_1"})
	_, asOther := w.Apply(t.Context(), doctor, onboarding.Apply{Kind: onboarding.Courier})
	_, forOther := w.Apply(t.Context(), doctor, onboarding.Apply{Kind: onboarding.Doctor, Subject: "acc_c0"})

	for _, err := range []error{review, approve, read, add, forOther} {
		wantCode(t, err, fault.NotFound, "")
	}
	wantCode(t, asOther, fault.Invalid, "")
}

func TestPaperShownAtTheDeskNeedsAnOperator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aid := w.submitted(365 * day)

	_, byDoctor := w.AddPaper(t.Context(), doctor, aid, onboarding.NewPaper{Kind: onboarding.Other})
	_, byOperator := w.AddPaper(t.Context(), operator, aid, onboarding.NewPaper{Kind: onboarding.Other})
	_, old := w.AddPaper(t.Context(), operator, aid, onboarding.NewPaper{Kind: onboarding.Other, ValidUntil: w.clock.Now()})

	wantCode(t, byDoctor, fault.Invalid, "")
	if byOperator != nil {
		t.Errorf("by the operator: %v", byOperator)
	}
	wantCode(t, old, fault.Invalid, "")
}

func TestMoveThatIsNotInTheTableChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aid := w.approved(365 * day)
	before := w.must(w.Application(t.Context(), operator, aid)).Version

	_, submit := w.Submit(t.Context(), doctor, aid)
	_, refuse := w.Refuse(t.Context(), operator, aid, "too-late")
	_, edit := w.Edit(t.Context(), doctor, aid, before, onboarding.Details{})
	_, reinstate := w.Reinstate(t.Context(), operator, aid)

	for _, err := range []error{submit, refuse, edit, reinstate} {
		wantCode(t, err, fault.Conflict, "")
	}
	if after := w.must(w.Application(t.Context(), operator, aid)).Version; after != before {
		t.Errorf("version = %d, want %d", after, before)
	}
}

func TestSeededApplicationIsApprovedByTheSameRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	_, without := w.Seed(t.Context(), onboarding.Apply{Kind: onboarding.Doctor, Subject: "acc_5eed"})
	_, err := w.Seed(t.Context(), onboarding.Apply{Kind: onboarding.Doctor, Subject: "acc_5eed"},
		onboarding.NewPaper{Kind: onboarding.Licence, ValidUntil: w.clock.Now().Add(day)}, onboarding.NewPaper{Kind: onboarding.Identity})

	wantCode(t, without, fault.Conflict, "papers-missing")
	if err != nil || !w.active("acc_5eed") {
		t.Errorf("seed: %v", err)
	}
}

func TestLifeIsDrawn(t *testing.T) {
	t.Parallel()
	path := filepath.Join("testdata", "application.mmd")
	if *update {
		if err := os.WriteFile(path, []byte(onboarding.Moves()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != onboarding.Moves() {
		t.Errorf("%s is not what the table draws (%v); look at it, then go test -update", path, err)
	}
}

func TestEachTradeHasItsOwnPapersToShow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	applications := map[onboarding.Kind]struct {
		who    access.Actor
		papers []onboarding.PaperKind
	}{
		onboarding.Doctor:     {doctor, []onboarding.PaperKind{onboarding.Licence, onboarding.Identity}},
		onboarding.Pharmacy:   {pharmacist, []onboarding.PaperKind{onboarding.Licence}},
		onboarding.Pharmacist: {pharmacist, []onboarding.PaperKind{onboarding.Licence, onboarding.Identity}},
		onboarding.Courier:    {courier, []onboarding.PaperKind{onboarding.Identity, onboarding.BackgroundCheck, onboarding.Insurance}},
	}
	for kind, c := range applications {
		app := w.must(w.Apply(t.Context(), c.who, onboarding.Apply{Kind: kind, Details: onboarding.Details{
			Licence: "L-1", Specialties: []string{"general-practice"}, Languages: []string{"en"}, Jurisdictions: []string{"house"},
		}}))
		for _, paper := range c.papers {
			_, early := w.Submit(t.Context(), c.who, app.ID)
			wantCode(t, early, fault.Conflict, "papers-missing")
			w.must(w.AddPaper(t.Context(), c.who, app.ID, onboarding.NewPaper{Kind: paper, Attachment: "att_1", ValidUntil: w.clock.Now().Add(365 * day)}))
		}
		w.must(w.Submit(t.Context(), c.who, app.ID))
		w.must(w.Review(t.Context(), operator, app.ID))
		before := w.active(app.Subject)
		w.must(w.Approve(t.Context(), operator, app.ID))
		if before || !w.active(app.Subject) {
			t.Errorf("a %s is active before approval: %v, and after it: %v", kind, before, w.active(app.Subject))
		}
	}
}
