package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/consult"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Notes are the routes of what the doctor writes in a visit, and after it.
func Notes(visits *consult.Service) []Route {
	r := noteRoutes{visits}
	return []Route{
		get("/visits/{id}/note", "note.read", "Read the note of a visit", r.read),
		patch("/visits/{id}/note", "note.save", "Save what was typed into the note", r.save),
		post("/visits/{id}/note/addenda", "note.add", "Add an addendum to a completed visit", r.add).created(),
		get("/diagnoses", "diagnosis.search", "Search the list of coded diagnoses", r.search),
	}
}

type noteRoutes struct{ visits *consult.Service }

// NoteDiagnosis is coded, in words, or both.
type NoteDiagnosis struct {
	Code    string   `json:"code,omitempty" maxLength:"10" doc:"ICD-10."`
	Title   string   `json:"title,omitempty" readOnly:"true"`
	TitleZH string   `json:"title_zh,omitempty" readOnly:"true" doc:"The same in Chinese."`
	Words   phi.Text `json:"words,omitempty" maxLength:"8000"`
}

// NoteSickNote says that somebody can't work.
type NoteSickNote struct {
	From  string   `json:"from" maxLength:"10" doc:"2026-11-23."`
	Until string   `json:"until" maxLength:"10" doc:"The last day."`
	Words phi.Text `json:"words,omitempty" maxLength:"8000"`
}

// NoteReferral sends somebody on.
type NoteReferral struct {
	To      string   `json:"to" minLength:"1" maxLength:"80" doc:"A specialty."`
	Urgency string   `json:"urgency" enum:"routine,soon,urgent"`
	Words   phi.Text `json:"words,omitempty" maxLength:"8000"`
}

// NoteAddendum is what was added after the visit.
type NoteAddendum struct {
	By    id.Account `json:"by"`
	At    time.Time  `json:"at"`
	Words phi.Text   `json:"words"`
}

// NoteView is the note of a visit.
type NoteView struct {
	ID         id.Note         `json:"id"`
	Visit      id.Visit        `json:"visit"`
	SealedAt   *time.Time      `json:"sealed_at,omitempty"`
	Subjective phi.Text        `json:"subjective"`
	Objective  phi.Text        `json:"objective"`
	Assessment phi.Text        `json:"assessment"`
	Plan       phi.Text        `json:"plan"`
	Summary    phi.Text        `json:"summary" doc:"In plain words, for the patient."`
	Diagnoses  []NoteDiagnosis `json:"diagnoses" nullable:"false"`
	SickNote   *NoteSickNote   `json:"sick_note,omitempty"`
	Referral   *NoteReferral   `json:"referral,omitempty"`
	Addenda    []NoteAddendum  `json:"addenda" nullable:"false"`
}

func noteReply(n *consult.Note, err error) (*Reply[NoteView], error) {
	if err != nil {
		return nil, err
	}
	v := NoteView{
		ID: n.ID, Visit: n.Visit, SealedAt: n.SealedAt, Subjective: n.Subjective, Objective: n.Objective, Assessment: n.Assessment,
		Plan: n.Plan, Summary: n.Summary, Diagnoses: each(n.Diagnoses, func(d consult.Diagnosis) NoteDiagnosis { return NoteDiagnosis(d) }),
		SickNote: (*NoteSickNote)(n.SickNote), Referral: (*NoteReferral)(n.Referral),
		Addenda: each(n.Addenda, func(x consult.Addendum) NoteAddendum { return NoteAddendum(x) }),
	}
	return reply(n.Version, v), nil
}

func (r noteRoutes) read(ctx context.Context, a access.Actor, in *ByID) (*Reply[NoteView], error) {
	return noteReply(r.visits.Note(ctx, a, id.Visit(in.ID)))
}

type saveNoteIn struct {
	ByID
	Edit
	Body struct {
		Subjective *phi.Text        `json:"subjective,omitempty" maxLength:"8000"`
		Objective  *phi.Text        `json:"objective,omitempty" maxLength:"8000"`
		Assessment *phi.Text        `json:"assessment,omitempty" maxLength:"8000"`
		Plan       *phi.Text        `json:"plan,omitempty" maxLength:"8000"`
		Summary    *phi.Text        `json:"summary,omitempty" maxLength:"8000"`
		Diagnoses  *[]NoteDiagnosis `json:"diagnoses,omitempty" maxItems:"20"`
		SickNote   *NoteSickNote    `json:"sick_note,omitempty"`
		Referral   *NoteReferral    `json:"referral,omitempty"`
		Without    []string         `json:"without,omitempty" maxItems:"2" enum:"sick_note,referral" doc:"Takes out what was written."`
	}
}

func (r noteRoutes) save(ctx context.Context, a access.Actor, in *saveNoteIn) (*Reply[NoteView], error) {
	b := in.Body
	c := consult.NoteChange{Subjective: b.Subjective, Objective: b.Objective, Assessment: b.Assessment, Plan: b.Plan, Summary: b.Summary}
	if b.Diagnoses != nil {
		diagnoses := each(*b.Diagnoses, func(d NoteDiagnosis) consult.Diagnosis { return consult.Diagnosis(d) })
		c.Diagnoses = &diagnoses
	}
	if b.SickNote != nil {
		c.SickNote = ptr((*consult.SickNote)(b.SickNote))
	}
	if b.Referral != nil {
		c.Referral = ptr((*consult.Referral)(b.Referral))
	}
	for _, gone := range b.Without {
		switch gone {
		case "sick_note":
			c.SickNote = new(*consult.SickNote)
		case "referral":
			c.Referral = new(*consult.Referral)
		}
	}
	return noteReply(r.visits.SaveNote(ctx, a, id.Visit(in.ID), in.Version(), c))
}

type wordsIn struct {
	ByID
	Body struct {
		Words phi.Text `json:"words" minLength:"1" maxLength:"8000"`
	}
}

func (r noteRoutes) add(ctx context.Context, a access.Actor, in *wordsIn) (*Reply[NoteView], error) {
	return noteReply(r.visits.Add(ctx, a, id.Visit(in.ID), in.Body.Words))
}

// DiagnosisCode is one line of the list of diagnoses.
type DiagnosisCode struct {
	Code    string `json:"code"`
	Title   string `json:"title"`
	TitleZH string `json:"title_zh,omitempty" doc:"The same in Chinese."`
}

type diagnosesIn struct {
	Q string `query:"q" required:"true" minLength:"1" maxLength:"80" doc:"The beginning of a code, or words of a title."`
}

func (r noteRoutes) search(_ context.Context, _ access.Actor, in *diagnosesIn) (*Reply[ListOf[DiagnosisCode]], error) {
	found := r.visits.Codes.Search(in.Q)
	return reply(0, ListOf[DiagnosisCode]{Items: each(found, func(c consult.Code) DiagnosisCode { return DiagnosisCode(c) })}), nil
}
