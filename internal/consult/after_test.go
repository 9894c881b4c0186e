package consult_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/consult"
	"housecall/internal/fault"
	"housecall/internal/phi"
)

func text(s phi.Text) *phi.Text { return &s }

func TestANoteIsSavedAsItIsTypedAndNeverOverANewerOne(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	v := c.inRoom(mother, lin)

	first, err := c.SaveNote(ctx, lin, v.ID, 0, consult.NoteChange{Subjective: text("Fever since Monday.")})
	must(t, err)
	second, err := c.SaveNote(ctx, lin, v.ID, first.Version, consult.NoteChange{Plan: text("Rest.")})
	must(t, err)
	_, stale := c.SaveNote(ctx, lin, v.ID, first.Version, consult.NoteChange{Plan: text("Run.")})
	_, other := c.SaveNote(ctx, okoye, v.ID, second.Version, consult.NoteChange{Plan: text("Run.")})
	_, draft := c.Note(ctx, mother, v.ID)

	if second.Subjective != "Fever since Monday." || second.Plan != "Rest." {
		t.Error("a save lost what was typed before")
	}
	refused(t, stale, fault.Stale)
	refused(t, other, fault.NotFound)
	refused(t, draft, fault.NotFound)
}

func TestACompletedVisitIsNeverEditedAnAddendumIs(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	v := c.inRoom(mother, lin)
	note, err := c.SaveNote(ctx, lin, v.ID, 0, consult.NoteChange{Assessment: text("A cold.")})
	must(t, err)
	_, early := c.Add(ctx, lin, v.ID, "Too soon.")
	_, err = c.Complete(ctx, lin, v.ID)
	must(t, err)

	_, edit := c.SaveNote(ctx, lin, v.ID, note.Version+1, consult.NoteChange{Assessment: text("Influenza.")})
	_, fresh := c.SaveNote(ctx, lin, v.ID, 0, consult.NoteChange{Assessment: text("Influenza.")})
	added, err := c.Add(ctx, lin, v.ID, "The test came back: influenza.")
	must(t, err)
	_, foreign := c.Add(ctx, okoye, v.ID, "Me too.")
	read, err := c.Note(ctx, mother, v.ID)
	must(t, err)

	refused(t, early, fault.Conflict)
	refused(t, edit, fault.Conflict)
	refused(t, fresh, fault.Conflict)
	refused(t, foreign, fault.NotFound)
	if read.Assessment != "A cold." || len(added.Addenda) != 1 || added.Addenda[0].By != lin.Account {
		t.Errorf("note reads %d addenda", len(added.Addenda))
	}
}

func TestANoteThatIsSavedWhileTheVisitIsCompletedIsInItOrRefused(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	v := c.inRoom(mother, lin)
	_, err := c.SaveNote(ctx, lin, v.ID, 0, consult.NoteChange{Plan: text("0")})
	must(t, err)
	var wg sync.WaitGroup
	saved := make([]error, 16)
	for i := range saved {
		wg.Go(func() {
			_, saved[i] = c.SaveNote(ctx, lin, v.ID, 0, consult.NoteChange{Plan: text("1")})
		})
	}
	_, err = c.Complete(ctx, lin, v.ID)
	must(t, err)
	sealed, err := c.Note(ctx, lin, v.ID)
	must(t, err)
	wg.Wait()
	after, err := c.Note(ctx, lin, v.ID)
	must(t, err)

	if after.Version != sealed.Version || after.Plan != sealed.Plan {
		t.Error("the note of a completed visit has changed")
	}
	for _, err := range saved {
		if err != nil && !fault.Is(err, fault.Conflict) {
			t.Errorf("save = %v", err)
		}
	}
}

func TestADiagnosisIsCodedWithFreeTextBesideIt(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	v := c.inRoom(mother, lin)

	n, err := c.SaveNote(ctx, lin, v.ID, 0, consult.NoteChange{Diagnoses: &[]consult.Diagnosis{
		{Code: "J06.9", Title: "something else", Words: "since Monday"}, {Words: "tired"},
	}})
	must(t, err)
	_, unknown := c.SaveNote(ctx, lin, v.ID, n.Version, consult.NoteChange{Diagnoses: &[]consult.Diagnosis{{Code: "X99.9"}}})
	_, empty := c.SaveNote(ctx, lin, v.ID, n.Version, consult.NoteChange{Diagnoses: &[]consult.Diagnosis{{}}})

	if n.Diagnoses[0].Title != "Acute upper respiratory infection, unspecified" || n.Diagnoses[1].Words != "tired" {
		t.Errorf("diagnoses = %+v", n.Diagnoses)
	}
	refused(t, unknown, fault.Invalid)
	refused(t, empty, fault.Invalid)
}

func TestTheListOfDiagnosesIsADataFileThatIsCheckedAtStart(t *testing.T) {
	t.Parallel()
	codes, err := consult.DemoCodes()
	must(t, err)
	head := "code,title,source\n"

	found := codes.Search("asthma acute")
	byCode := codes.Search("j45")

	if len(found) != 1 || found[0].Code != "J45.901" || len(byCode) != 3 || codes.Search(" ") != nil {
		t.Errorf("found %v and %v", found, byCode)
	}
	if inChinese := codes.Search("咽炎"); len(inChinese) != 3 || inChinese[2].TitleZH != "急性咽炎，未特指" {
		t.Errorf("found %v by a Chinese word", inChinese)
	}
	if own, err := consult.LoadCodes(head + "J00,A cold,me\n"); err != nil || own.Search("cold")[0].TitleZH != "" {
		t.Errorf("an operator's list without Chinese: %v", err)
	}
	for name, file := range map[string]string{
		"empty": head, "too many columns": "code,title,source,title_zh,more\nJ00,A,me,甲,x\n", "no code": head + "cold,A cold,me\n", "twice": head + "J00,A,me\nJ00,B,me\n", "no source": head + "J00,A,\n", "too short": head + "J00,A\n",
	} {
		if _, err := consult.LoadCodes(file); err == nil {
			t.Errorf("%s: loaded", name)
		}
	}
}

func TestSummarySickNoteAndReferralReachThePatientWhenTheVisitIsCompleted(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	v := c.inRoom(mother, lin)
	sick := &consult.SickNote{From: "2026-11-23", Until: "2026-11-25"}
	referral := &consult.Referral{To: "cardiology", Urgency: "soon"}
	_, err := c.SaveNote(ctx, lin, v.ID, 0, consult.NoteChange{Summary: text("You have a cold."), SickNote: &sick, Referral: &referral})
	must(t, err)
	_, err = c.Complete(ctx, lin, v.ID)
	must(t, err)

	read, err := c.Note(ctx, mother, v.ID)
	must(t, err)

	if read.Summary != "You have a cold." || read.SickNote.Until != "2026-11-25" || read.Referral.To != "cardiology" {
		t.Errorf("the patient reads %+v", read.SickNote)
	}
	if c.count(string(read.ID), consult.NoteSealed) != 1 {
		t.Error("the patient is not told")
	}
}

func TestANoteThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	c := open(t)
	v := c.inRoom(mother, lin)
	sick := func(from, until string) consult.NoteChange {
		n := &consult.SickNote{From: from, Until: until}
		return consult.NoteChange{SickNote: &n}
	}
	referral := func(to, urgency string) consult.NoteChange {
		r := &consult.Referral{To: to, Urgency: urgency}
		return consult.NoteChange{Referral: &r}
	}
	long := phi.Text(strings.Repeat("x", 8001))
	for name, change := range map[string]consult.NoteChange{
		"sick until before from": sick("2026-11-23", "2026-11-22"), "sick for half a year": sick("2026-11-23", "2027-05-23"), "sick on no day": sick("x", "y"),
		"referred nowhere": referral("", "soon"), "referred at once": referral("cardiology", "now"), "too long": {Plan: &long},
		"too many diagnoses": {Diagnoses: ptr(make([]consult.Diagnosis, 21))},
	} {
		if _, err := c.SaveNote(t.Context(), lin, v.ID, 0, change); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestAQuestionToTheDoctorForSeventyTwoHours(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	during := c.inRoom(patient("b"), lin)
	_, early := c.Question(ctx, patient("b"), during.ID, "Now?")
	v := c.completed(mother, lin)
	c.clock.Advance(72 * time.Hour)

	asked, err := c.Question(ctx, mother, v.ID, "May I swim?")
	must(t, err)
	answered, err := c.Answer(ctx, lin, v.ID, asked.Items[0].ID, "Yes.")
	must(t, err)
	_, other := c.Answer(ctx, okoye, v.ID, asked.Items[0].ID, "No.")
	_, nothing := c.Answer(ctx, lin, v.ID, "msg_none", "Yes.")
	c.clock.Advance(time.Millisecond)
	_, late := c.Question(ctx, mother, v.ID, "And dive?")

	refused(t, early, fault.Conflict)
	refused(t, other, fault.NotFound)
	refused(t, nothing, fault.NotFound)
	refused(t, late, fault.Conflict)
	if len(answered.Items) != 2 || answered.Items[1].Answers != asked.Items[0].ID {
		t.Errorf("thread = %+v", answered.Items)
	}
	if e := c.last(string(v.ID), consult.QuestionAsked); !slices.Contains(e.To, "acc_lin") || e.Data["visit"] != string(v.ID) {
		t.Errorf("asked: %v", e.To)
	}
	if e := c.last(string(v.ID), consult.QuestionAnswered); !slices.Contains(e.To, "pat_mother") {
		t.Errorf("answered: %v", e.To)
	}
}

func TestASideEffectIsReportedAtAnyTimeAfterTheVisit(t *testing.T) {
	t.Parallel()
	c := open(t)
	v := c.completed(mother, lin)
	c.clock.Advance(200 * 24 * time.Hour)

	thread, err := c.ReportSideEffect(t.Context(), mother, v.ID, "A rash.")
	must(t, err)

	if thread.Items[0].Kind != consult.KindSideEffect || c.count(string(v.ID), consult.SideEffectTold) != 1 {
		t.Errorf("thread = %+v", thread.Items)
	}
}

func TestADoctorTreatsWhomTheySeeAndForThirtyDaysAfter(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	treats := func(doctor access.Actor) bool {
		yes, err := c.Treats(ctx, doctor.Account, mother.Patient)
		must(t, err)
		return yes
	}
	before := treats(lin)
	v := c.inRoom(mother, lin)
	during, other := treats(lin), treats(okoye)
	_, err := c.Complete(ctx, lin, v.ID)
	must(t, err)
	c.clock.Advance(30*24*time.Hour - time.Minute)
	after := treats(lin)
	c.clock.Advance(time.Minute)

	if before || !during || other || !after || treats(lin) {
		t.Errorf("before %v, during %v, another %v, after %v, long after %v", before, during, other, after, treats(lin))
	}
}

func TestTimersThatComeLateOrForNothingDoNothing(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	v := c.completed(mother, lin)
	for _, kind := range consult.TimerKinds {
		must(t, c.TimerFired(ctx, system, string(v.ID), kind))
		must(t, c.TimerFired(ctx, system, "vis_none", kind))
		refused(t, c.TimerFired(ctx, lin, string(v.ID), kind), fault.NotFound)
	}
	if now := c.now(v); now.Version != v.Version {
		t.Errorf("version %d, want %d", now.Version, v.Version)
	}
}
