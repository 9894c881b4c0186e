package audit_test

import (
	"fmt"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/audit"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
)

var (
	mother   = access.Actor{Account: "acc_mother", Role: access.Patient, Patient: "pat_mother", Session: "ses_m"}
	daughter = access.Actor{Account: "acc_daughter", Role: access.Patient, Patient: "pat_daughter", Session: "ses_d"}
	stranger = access.Actor{Account: "acc_stranger", Role: access.Patient, Patient: "pat_stranger", Session: "ses_s"}
	auditor  = access.Actor{Account: "acc_auditor", Role: access.Auditor, Session: "ses_a"}
)

func (w *world) service(t *testing.T) *audit.Service {
	t.Helper()
	guard := w.guard(t, map[id.Account][]access.Scope{"acc_daughter": {access.See}})
	return audit.New(audit.ReadDeps{Trail: w.trail, Guard: guard, Names: names{"acc_doctor": "Dr. Wen", "acc_mother": "Mother"}})
}

func TestPatientSeesWhoAccessedTheRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service(t)
	w.see(t, "ses_1", "itk_1")
	w.clock.Advance(time.Minute)

	looks, err := s.WhoLooked(t.Context(), mother, "pat_mother", audit.Query{})

	if err != nil || len(looks.Items) != 2 {
		t.Fatalf("looks = %+v, %v; want the doctor's and her own", looks, err)
	}
	own, his := looks.Items[0], looks.Items[1]
	if !own.Own || his.Own || his.Role != access.Doctor || his.Name.Reveal() != "Dr. Wen" || his.Action != "intake.read" || !his.At.Equal(noon) {
		t.Errorf("looks = %+v", looks.Items)
	}
}

func TestCaregiverWithTheRightToSeeSeesWhoAccessedTheRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service(t)
	w.see(t, "ses_1", "itk_1")

	looks, err := s.WhoLooked(t.Context(), daughter, "pat_mother", audit.Query{})

	if err != nil || len(looks.Items) != 2 {
		t.Errorf("looks = %+v, %v; want two", looks, err)
	}
}

func TestStrangerSeesNothingAndThePatientIsNotToldOfThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service(t)

	_, err := s.WhoLooked(t.Context(), stranger, "pat_mother", audit.Query{})
	if err := w.trail.Record(t.Context(), audit.Act(auditor, "audit.flushed", "", "")); err != nil {
		t.Fatal(err)
	}
	looks, own := s.WhoLooked(t.Context(), mother, "pat_mother", audit.Query{})

	if !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger reads %v, want NotFound", err)
	}
	if own != nil || len(looks.Items) != 1 {
		t.Errorf("the patient reads %+v, %v; want her own look alone", looks.Items, own)
	}
}

func TestAuditorFindsWhatStandsAboutAPatientARecordAnAccountAndATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service(t)
	w.see(t, "ses_1", "itk_1")
	w.clock.Advance(time.Hour)
	w.see(t, "ses_1", "itk_2")

	for name, c := range map[string]struct {
		query audit.Query
		want  int
	}{
		"by patient":                  {audit.Query{Patient: "pat_mother"}, 2},
		"by record":                   {audit.Query{Record: "itk_2"}, 1},
		"by account":                  {audit.Query{Account: "acc_doctor"}, 2},
		"by account, the first hour":  {audit.Query{Account: "acc_doctor", Until: noon.Add(time.Minute)}, 1},
		"by account, since then":      {audit.Query{Account: "acc_doctor", From: noon.Add(time.Minute)}, 1},
		"by patient nobody looked at": {audit.Query{Patient: "pat_none"}, 0},
	} {
		found, err := s.Search(t.Context(), auditor, c.query)
		seen := 0
		for _, l := range found.Items {
			if l.Entry.What == audit.Seen {
				seen++
			}
		}
		if err != nil || seen != c.want {
			t.Errorf("%s: %d, %v; want %d", name, seen, err, c.want)
		}
	}
}

func TestASearchOfTheAuditStandsInTheAudit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service(t)

	if _, err := s.Search(t.Context(), auditor, audit.Query{Patient: "pat_mother"}); err != nil {
		t.Fatal(err)
	}
	found, err := s.Search(t.Context(), auditor, audit.Query{Account: auditor.Account})

	if err != nil || len(found.Items) == 0 || found.Items[0].Entry.Action != "audit.searched" {
		t.Errorf("found %+v, %v", found.Items, err)
	}
}

func TestOnlyAuditorsSearchTheAudit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service(t)

	for _, a := range []access.Actor{mother, doctor("ses_1"), {Account: "acc_op", Role: access.Operator}, {Account: "acc_sup", Role: access.Support}} {
		if _, err := s.Search(t.Context(), a, audit.Query{}); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s searches the audit: %v", a.Role, err)
		}
	}
}

func TestAnEventToldTwiceIsOneLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service(t)
	signed := event.Event{ID: "rx_1.2.0", Kind: "rx.signed", Doc: "rx_1", At: noon, By: "acc_doctor", Data: map[string]string{"patient": "pat_mother", "hash": "ab12"}}

	for range 2 {
		if err := w.trail.Heard(t.Context(), signed); err != nil {
			t.Fatal(err)
		}
	}
	found, err := s.Search(t.Context(), auditor, audit.Query{Record: "rx_1"})

	var lines []audit.Entry
	for _, l := range found.Items {
		if l.Entry.Action == "rx.signed" {
			lines = append(lines, l.Entry)
		}
	}
	if err != nil || len(lines) != 1 || lines[0].Hash != "ab12" || lines[0].Patient != "pat_mother" {
		t.Errorf("lines = %+v, %v; want one with its hash", lines, err)
	}
}

func TestEventsThatSayNothingOfPeopleAndTheirRightsArePassedOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	err := w.trail.Heard(t.Context(), event.Event{ID: "stk_1.2.0", Kind: "stock.changed", Doc: "stk_1", At: noon})

	if err != nil || w.store.inserts.Load() != 0 {
		t.Errorf("%d blocks, %v; want none", w.store.inserts.Load(), err)
	}
}

func TestEntriesOfANodeThatIsGoneCanStillBeFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gone := w.open(t, "node-b")
	if err := gone.Seen(t.Context(), doctor("ses_1"), "intake.read", record("itk_9")); err != nil {
		t.Fatal(err)
	}
	if err := gone.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.trail.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.trail = w.open(t, "")
	w.see(t, "ses_1", "itk_1")

	found, err := w.service(t).Search(t.Context(), auditor, audit.Query{Record: "itk_9"})

	if err != nil || len(found.Items) == 0 || found.Items[len(found.Items)-1].Entry.What != audit.Seen {
		t.Errorf("found %+v, %v", found.Items, err)
	}
}

func TestEnrolmentsAndTheWayBackOfALostFactorStandInTheAudit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service(t)
	kinds := []event.Kind{
		"invite.made", "invite.confirmed", "recovery.asked", "recovery.approved", "recovery.completed", "recovery.withdrawn",
		"account.suspended", "grant.accepted", "grant.revoked",
	}

	for n, kind := range kinds {
		must(t, w.trail.Heard(t.Context(), event.Event{ID: fmt.Sprintf("rec_1.%d.0", n), Kind: kind, Doc: "rec_1", At: noon, By: "acc_operator"}))
	}

	found, err := s.Search(t.Context(), auditor, audit.Query{Record: "rec_1"})
	must(t, err)
	told := map[string]bool{}
	for _, l := range found.Items {
		if l.Entry.What == audit.Done && l.Entry.Account == "acc_operator" {
			told[string(l.Entry.Action)] = true
		}
	}
	for _, kind := range kinds {
		if !told[string(kind)] {
			t.Errorf("%s stands nowhere in the audit: %v", kind, told)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
