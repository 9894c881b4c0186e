package httpapi

import (
	"bytes"
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/intake"
	"housecall/internal/phi"
)

// Intakes are the routes of what is told before a visit.
func Intakes(intakes *intake.Service) []Route {
	r := intakeRoutes{intakes, &spelt[intake.Question]{}}
	return []Route{
		get("/intake-options", "intake.options", "List complaints, file types and the present consent version", r.options),
		post("/intakes", "intake.begin", "Begin an intake", r.begin).created(),
		get("/intakes/{id}", "intake.read", "Read an intake, with its questions and warnings", r.read),
		get("/patients/{id}/intakes", "intake.read", "List a patient's intakes, newest first", r.list),
		patch("/intakes/{id}", "intake.save", "Save what was typed into a draft", r.save),
		post("/intakes/{id}/submit", "intake.submit", "Hand an intake in; a red flag stops it", r.submit),
		post("/intakes/{id}/discard", "intake.discard", "Put a draft away", r.discard),
		post("/intakes/{id}/identity", "intake.show_identity", "Tick that a document was seen that shows who the person is", r.identity),
		post("/intakes/{id}/earlier-diagnosis/verdict", "intake.judge_diagnosis", "Tick whether the earlier diagnosis qualifies", r.verdict),
	}
}

type intakeRoutes struct {
	intakes *intake.Service
	spelt   *spelt[intake.Question]
}

// IntakeOptions is what an intake can choose from.
type IntakeOptions struct {
	Complaints []string `json:"complaints" nullable:"false"`
	FileTypes  []string `json:"file_types" nullable:"false"`
	Consent    string   `json:"consent" doc:"Version of the consent text now shown."`
}

// IntakePlace is where the person is, and what follows from it.
type IntakePlace struct {
	Point           geo.Point `json:"point"`
	Zone            id.Zone   `json:"zone,omitempty" doc:"Absent outside every zone."`
	Jurisdiction    string    `json:"jurisdiction"`
	State           string    `json:"state,omitempty"`
	EmergencyNumber string    `json:"emergency_number"`
	Currency        string    `json:"currency"`
	TimeZone        string    `json:"time_zone"`
}

// IntakeDiagnosis is an earlier diagnosis, made in person.
type IntakeDiagnosis struct {
	Words      phi.Text      `json:"words" maxLength:"4000"`
	On         string        `json:"on,omitempty" maxLength:"10" doc:"A month or a day: 2026-03, 2026-03-01."`
	Where      phi.Text      `json:"where,omitempty" maxLength:"200"`
	Attachment id.Attachment `json:"attachment,omitempty" maxLength:"96"`
	Verdict    string        `json:"verdict,omitempty" enum:"qualifies,does_not" readOnly:"true" doc:"The doctor's tick."`
}

// IntakeVital is one measured sign.
type IntakeVital struct {
	Kind  string     `json:"kind" enum:"temperature,heart_rate,respiratory_rate,oxygen_saturation,systolic,diastolic,peak_flow_of_best,ketones,glucose"`
	Value string     `json:"value" maxLength:"10" doc:"Decimal text: 38.5."`
	Unit  string     `json:"unit" maxLength:"10" doc:"UCUM: Cel, [degF], /min, %, mm[Hg], kPa, mmol/L, mg/dL."`
	At    *time.Time `json:"at,omitempty"`
}

// IntakeItem is a medicine or a condition.
type IntakeItem struct {
	Code  string   `json:"code,omitempty" maxLength:"80"`
	Words phi.Text `json:"words,omitempty" maxLength:"200"`
}

// IntakeAllergy is what somebody reacts to, and how.
type IntakeAllergy struct {
	Code     string   `json:"code,omitempty" maxLength:"80"`
	Words    phi.Text `json:"words,omitempty" maxLength:"200"`
	Reaction string   `json:"reaction,omitempty" enum:"anaphylaxis,immediate,severe_delayed,non_severe,unknown"`
}

// IntakeHealth is what is told of the body.
type IntakeHealth struct {
	Allergies  []IntakeAllergy `json:"allergies,omitempty" maxItems:"60"`
	Medicines  []IntakeItem    `json:"medicines,omitempty" maxItems:"60"`
	Conditions []IntakeItem    `json:"conditions,omitempty" maxItems:"60"`
	None       []string        `json:"none,omitempty" maxItems:"3" enum:"allergy,medicine,condition" doc:"What there is none of, said so: an empty list says nothing."`
	WeightKg   string          `json:"weight_kg,omitempty" maxLength:"10"`
	HeightCm   string          `json:"height_cm,omitempty" maxLength:"10"`
	EGFR       string          `json:"egfr,omitempty" maxLength:"10" doc:"mL/min/1.73 m2."`
	Liver      string          `json:"liver,omitempty" enum:"normal,mild,moderate,severe"`
	Pregnancy  string          `json:"pregnancy,omitempty" enum:"no,yes,unsure,postpartum"`
	Weeks      string          `json:"weeks,omitempty" maxLength:"2"`
	Lactation  string          `json:"lactation,omitempty" enum:"yes,no"`
}

// IntakeView is an intake as it is answered.
type IntakeView struct {
	ID               id.Intake         `json:"id"`
	State            intake.State      `json:"state" enum:"draft,submitted,stopped,discarded"`
	Patient          id.Patient        `json:"patient"`
	Place            *IntakePlace      `json:"place,omitempty"`
	EmergencyNumber  string            `json:"emergency_number" doc:"Whom to call where the person is."`
	CallBack         phi.Text          `json:"call_back,omitempty" doc:"For the patient's side alone: a doctor asks the visit for it."`
	Consent          string            `json:"consent,omitempty" doc:"Version agreed to."`
	IdentityShown    string            `json:"identity_shown,omitempty" doc:"Which document was seen."`
	EarlierDiagnosis *IntakeDiagnosis  `json:"earlier_diagnosis,omitempty"`
	Specialty        string            `json:"specialty"`
	Language         string            `json:"language"`
	Complaint        string            `json:"complaint,omitempty"`
	Words            phi.Text          `json:"words,omitempty"`
	Answers          map[string]string `json:"answers,omitempty"`
	Symptoms         map[string]string `json:"symptoms,omitempty"`
	Vitals           []IntakeVital     `json:"vitals" nullable:"false"`
	Health           IntakeHealth      `json:"health"`
	Attachments      []AttachmentView  `json:"attachments" nullable:"false"`
	Alerts           []intake.Alert    `json:"alerts" nullable:"false" doc:"Red flags raised by what is typed, the most urgent first."`
	CreatedAt        time.Time         `json:"created_at"`
	UpdatedAt        time.Time         `json:"updated_at"`
	Questions        []intake.Question `json:"questions" nullable:"false" doc:"What has to be answered with yes or no."`

	spelt *spelt[intake.Question]
}

// writeJSON writes the questions from memory: they are most of what an intake answers, and the same for all.
func (v *IntakeView) writeJSON(to *bytes.Buffer) error {
	if v.spelt == nil || len(v.Questions) == 0 {
		return encode(to, v)
	}
	asked := v.Questions
	v.Questions = nil
	defer func() { v.Questions = asked }()
	if err := encode(to, v); err != nil {
		return err
	}
	to.Truncate(to.Len() - len("null}\n")) // Questions are the last field
	separator := byte('[')
	for _, q := range asked {
		text, err := v.spelt.json(q)
		if err != nil {
			return err
		}
		to.WriteByte(separator)
		to.Write(text)
		separator = ','
	}
	to.WriteString("]}\n")
	return nil
}

func (r intakeRoutes) view(a access.Actor, i *intake.Intake) *IntakeView {
	v := &IntakeView{
		ID: i.ID, State: i.State, Patient: i.Patient, EmergencyNumber: r.intakes.EmergencyNumber(i), Specialty: i.Specialty, Language: i.Language,
		Complaint: i.Complaint, Words: i.Words, Answers: i.Answers, Symptoms: i.Symptoms, Health: healthView(i.Health),
		Vitals: []IntakeVital{}, Attachments: []AttachmentView{}, Alerts: []intake.Alert{},
		CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt, spelt: r.spelt,
	}
	if a.Role == access.Patient {
		v.CallBack = i.CallBack
	}
	if i.Place != nil {
		p := IntakePlace(*i.Place)
		v.Place = &p
	}
	if i.Consent != nil {
		v.Consent = i.Consent.Version
	}
	if i.IdentityShown != nil {
		v.IdentityShown = i.IdentityShown.Document
	}
	if d := i.EarlierDiagnosis; d != nil {
		v.EarlierDiagnosis = &IntakeDiagnosis{Words: d.Words, On: d.On, Where: d.Where, Attachment: d.Attachment}
		if d.Verdict != nil {
			v.EarlierDiagnosis.Verdict = d.Verdict.Answer
		}
	}
	for _, x := range i.Vitals {
		v.Vitals = append(v.Vitals, IntakeVital(x))
	}
	for _, x := range i.Attachments {
		v.Attachments = append(v.Attachments, attachmentView(x))
	}
	judged := r.intakes.Judged(i)
	v.Questions = judged.Questions
	if judged.Raised != nil {
		v.Alerts = judged.Raised
	}
	return v
}

func healthView(h intake.Health) IntakeHealth {
	return IntakeHealth{
		Allergies: each(h.Allergies, func(x intake.Allergy) IntakeAllergy { return IntakeAllergy(x) }),
		Medicines: each(h.Medicines, func(x intake.Item) IntakeItem { return IntakeItem(x) }), Conditions: each(h.Conditions, func(x intake.Item) IntakeItem { return IntakeItem(x) }),
		None: h.None, WeightKg: h.WeightKg, HeightCm: h.HeightCm, EGFR: h.EGFR, Liver: h.Liver, Pregnancy: h.Pregnancy, Weeks: h.Weeks, Lactation: h.Lactation,
	}
}

func (h IntakeHealth) told() *intake.Health {
	return &intake.Health{
		Allergies: each(h.Allergies, func(x IntakeAllergy) intake.Allergy { return intake.Allergy(x) }),
		Medicines: each(h.Medicines, func(x IntakeItem) intake.Item { return intake.Item(x) }), Conditions: each(h.Conditions, func(x IntakeItem) intake.Item { return intake.Item(x) }),
		None: h.None, WeightKg: h.WeightKg, HeightCm: h.HeightCm, EGFR: h.EGFR, Liver: h.Liver, Pregnancy: h.Pregnancy, Weeks: h.Weeks, Lactation: h.Lactation,
	}
}

// each turns every item of a list into another.
func each[A, B any](list []A, turn func(A) B) []B {
	out := make([]B, 0, len(list))
	for _, x := range list {
		out = append(out, turn(x))
	}
	return out
}

func (r intakeRoutes) answered(a access.Actor, i *intake.Intake, err error) (*Reply[*IntakeView], error) {
	if err != nil {
		return nil, err
	}
	return reply(i.Version, r.view(a, i)), nil
}

func (r intakeRoutes) options(_ context.Context, _ access.Actor, _ *none) (*Reply[IntakeOptions], error) {
	return reply(0, IntakeOptions{r.intakes.Flags().Complaints(), intake.FileTypes, r.intakes.Consent}), nil
}

type beginIntakeIn struct {
	Body struct {
		Patient   id.Patient `json:"patient" maxLength:"96" doc:"Whom it is for."`
		From      id.Intake  `json:"from,omitempty" maxLength:"96" doc:"Takes over what was typed in an earlier one."`
		Specialty string     `json:"specialty,omitempty" maxLength:"80"`
		Language  string     `json:"language,omitempty" maxLength:"20"`
	}
}

func (r intakeRoutes) begin(ctx context.Context, a access.Actor, in *beginIntakeIn) (*Reply[*IntakeView], error) {
	i, err := r.intakes.Begin(ctx, a, intake.Start(in.Body))
	return r.answered(a, i, err)
}

func (r intakeRoutes) read(ctx context.Context, a access.Actor, in *ByID) (*Reply[*IntakeView], error) {
	i, err := r.intakes.Intake(ctx, a, id.Intake(in.ID))
	return r.answered(a, i, err)
}

// ByCursor asks for one page of a list whose pages have one size.
type ByCursor struct {
	Cursor string `query:"cursor" maxLength:"512" doc:"What the page before gave as next."`
}

type ofPatientPageIn struct {
	ByID
	ByCursor
}

func (r intakeRoutes) list(ctx context.Context, a access.Actor, in *ofPatientPageIn) (*Reply[ListOf[IntakeView]], error) {
	page, err := r.intakes.Of(ctx, a, id.Patient(in.ID), in.Cursor)
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, func(i *intake.Intake) IntakeView { return *r.view(a, i) }), nil
}

type saveIntakeIn struct {
	ByID
	Edit
	Body struct {
		Where            *geo.Point        `json:"where,omitempty" doc:"Where the person is now."`
		CallBack         *phi.Text         `json:"call_back,omitempty" maxLength:"30"`
		Consent          *string           `json:"consent,omitempty" maxLength:"40" doc:"Version of the text agreed to."`
		EarlierDiagnosis *IntakeDiagnosis  `json:"earlier_diagnosis,omitempty"`
		Specialty        *string           `json:"specialty,omitempty" maxLength:"80"`
		Language         *string           `json:"language,omitempty" maxLength:"20"`
		Complaint        *string           `json:"complaint,omitempty" maxLength:"80"`
		Words            *phi.Text         `json:"words,omitempty" maxLength:"4000"`
		Answers          map[string]string `json:"answers,omitempty" doc:"Id of a question to yes, no or nothing."`
		Symptoms         map[string]string `json:"symptoms,omitempty"`
		Vitals           *[]IntakeVital    `json:"vitals,omitempty" maxItems:"60"`
		Health           *IntakeHealth     `json:"health,omitempty"`
	}
}

func (r intakeRoutes) save(ctx context.Context, a access.Actor, in *saveIntakeIn) (*Reply[*IntakeView], error) {
	b := in.Body
	c := intake.Change{
		Where: b.Where, CallBack: b.CallBack, Consent: b.Consent, Specialty: b.Specialty, Language: b.Language,
		Complaint: b.Complaint, Words: b.Words, Answers: b.Answers, Symptoms: b.Symptoms,
	}
	if d := b.EarlierDiagnosis; d != nil {
		c.EarlierDiagnosis = &intake.EarlierDiagnosis{Words: d.Words, On: d.On, Where: d.Where, Attachment: d.Attachment}
	}
	if b.Vitals != nil {
		vitals := each(*b.Vitals, func(x IntakeVital) intake.Vital { return intake.Vital(x) })
		c.Vitals = &vitals
	}
	if b.Health != nil {
		c.Health = b.Health.told()
	}
	i, err := r.intakes.Save(ctx, a, id.Intake(in.ID), in.Version(), c)
	return r.answered(a, i, err)
}

func (r intakeRoutes) submit(ctx context.Context, a access.Actor, in *ByID) (*Reply[*IntakeView], error) {
	i, err := r.intakes.Submit(ctx, a, id.Intake(in.ID))
	return r.answered(a, i, err)
}

func (r intakeRoutes) discard(ctx context.Context, a access.Actor, in *ByID) (*Reply[*IntakeView], error) {
	i, err := r.intakes.Discard(ctx, a, id.Intake(in.ID))
	return r.answered(a, i, err)
}

type identityIn struct {
	ByID
	Body struct {
		Document string `json:"document" enum:"passport,id_card,driving_licence,residence_permit,other"`
	}
}

func (r intakeRoutes) identity(ctx context.Context, a access.Actor, in *identityIn) (*Reply[*IntakeView], error) {
	i, err := r.intakes.ShowIdentity(ctx, a, id.Intake(in.ID), in.Body.Document)
	return r.answered(a, i, err)
}

type verdictIn struct {
	ByID
	Body struct {
		Verdict string `json:"verdict" enum:"qualifies,does_not"`
	}
}

func (r intakeRoutes) verdict(ctx context.Context, a access.Actor, in *verdictIn) (*Reply[*IntakeView], error) {
	i, err := r.intakes.JudgeDiagnosis(ctx, a, id.Intake(in.ID), in.Body.Verdict)
	return r.answered(a, i, err)
}
