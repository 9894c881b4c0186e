package intake

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/lifecycle"
	"housecall/internal/phi"
)

// Intake is what somebody tells before a visit.
type Intake struct {
	ID            id.Intake `json:"id"`
	docstore.Meta `json:"meta"`
	State         State                          `json:"state"`
	History       []lifecycle.Step[State, Event] `json:"history,omitempty"`

	Patient id.Patient `json:"patient"`
	By      id.Account `json:"by"` // who began it: the patient or a caregiver
	Born    string     `json:"born,omitempty"`
	Sex     string     `json:"sex,omitempty"`

	Place            *Place            `json:"place,omitempty"`
	CallBack         phi.Text          `json:"call_back,omitempty"`
	Consent          *Consent          `json:"consent,omitempty"`
	IdentityShown    *IdentityCheck    `json:"identity_shown,omitempty"`
	EarlierDiagnosis *EarlierDiagnosis `json:"earlier_diagnosis,omitempty"`

	Specialty string `json:"specialty"`
	Language  string `json:"language"`

	Complaint string            `json:"complaint,omitempty"`
	Words     phi.Text          `json:"words,omitempty"`
	Answers   map[string]string `json:"answers,omitempty"`  // id of a red flag -> yes | no
	Symptoms  map[string]string `json:"symptoms,omitempty"` // coded, for example since: 2d
	Vitals    []Vital           `json:"vitals,omitempty"`
	Health    Health            `json:"health"`

	Attachments []Attachment `json:"attachments,omitempty"`
	Raised      []string     `json:"raised,omitempty"` // red flags raised by what is typed so far
	// Discarding are files that were let go of and are being deleted; Cleared: all of an intake thrown away were.
	Discarding []string `json:"discarding,omitempty"`
	Cleared    bool     `json:"cleared,omitempty"`

	judged *Judgement // what the flags said as it was written, for the answer to that very request
}

// DocID implements docstore.Document.
func (i *Intake) DocID() string { return string(i.ID) }

func (i *Intake) facts() access.Facts {
	return access.Facts{Record: string(i.ID), Patient: i.Patient}
}

// Place is where the person is now, and what follows from it.
type Place struct {
	Point           geo.Point `json:"point"`
	Zone            id.Zone   `json:"zone,omitempty"` // "": outside every zone; a visit is possible, thirty minutes are not
	Jurisdiction    string    `json:"jurisdiction"`
	State           string    `json:"state,omitempty"` // part of the country, where licences ask for it
	EmergencyNumber string    `json:"emergency_number"`
	Currency        string    `json:"currency"`
	TimeZone        string    `json:"time_zone"` // IANA
}

// Places knows the zones. False: the point is outside all of them.
type Places interface {
	At(ctx context.Context, at geo.Point) (Place, bool, error)
}

// Rules knows what the law of a place asks of an intake on a day.
type Rules interface {
	NeedsEarlierDiagnosis(jurisdiction string, on time.Time) bool
}

// HouseRules are the rules until the policy packs are asked: China asks for an earlier diagnosis
// (rule CN-C03).
type HouseRules struct{}

// NeedsEarlierDiagnosis implements Rules.
func (HouseRules) NeedsEarlierDiagnosis(jurisdiction string, _ time.Time) bool {
	return jurisdiction == "cn"
}

// Person is what the red flags must know of somebody.
type Person struct {
	Born     string // YYYY-MM-DD; "" when unknown
	Sex      string // female | male | other | ""
	Language string
}

// People knows the person a record is about.
type People interface {
	About(ctx context.Context, a access.Actor, patient id.Patient) (Person, error)
}

// Consent is what was agreed to, in which wording, by whom.
type Consent struct {
	Version string     `json:"version"`
	By      id.Account `json:"by"`
	At      time.Time  `json:"at"`
}

// IdentityCheck is the tick of who saw a document that shows who the person is.
type IdentityCheck struct {
	Document string     `json:"document"` // coded: passport, id_card, driving_licence, residence_permit, other
	By       id.Account `json:"by"`
	At       time.Time  `json:"at"`
}

// EarlierDiagnosis is a diagnosis made in person before, where the rules of the place ask for one.
type EarlierDiagnosis struct {
	Words      phi.Text      `json:"words"`
	On         string        `json:"on,omitempty"` // YYYY-MM or YYYY-MM-DD
	Where      phi.Text      `json:"where,omitempty"`
	Attachment id.Attachment `json:"attachment,omitempty"`
	Verdict    *Verdict      `json:"verdict,omitempty"`
}

// Verdict is the doctor's tick whether an earlier diagnosis qualifies.
type Verdict struct {
	Answer string     `json:"answer"` // qualifies | does_not
	By     id.Account `json:"by"`
	At     time.Time  `json:"at"`
}

// Health is what is told of the body in this intake. A list that is empty says nothing unless it
// stands in None: "no allergies" and "nobody asked" are different facts.
type Health struct {
	Allergies  []Allergy `json:"allergies,omitempty"`
	Medicines  []Item    `json:"medicines,omitempty"`
	Conditions []Item    `json:"conditions,omitempty"`
	None       []string  `json:"none,omitempty"` // of: allergy, medicine, condition
	WeightKg   string    `json:"weight_kg,omitempty"`
	HeightCm   string    `json:"height_cm,omitempty"`
	EGFR       string    `json:"egfr,omitempty"`      // mL/min/1.73 m2
	Liver      string    `json:"liver,omitempty"`     // normal | mild | moderate | severe
	Pregnancy  string    `json:"pregnancy,omitempty"` // no | yes | unsure | postpartum
	Weeks      string    `json:"weeks,omitempty"`     // of pregnancy, when yes
	Lactation  string    `json:"lactation,omitempty"` // yes | no
}

// Item is a medicine or a condition: a code of the clinical lists where one fits, and the words.
type Item struct {
	Code  string   `json:"code,omitempty"`
	Words phi.Text `json:"words,omitempty"`
}

// Allergy is what somebody reacts to, and how.
type Allergy struct {
	Code     string   `json:"code,omitempty"`
	Words    phi.Text `json:"words,omitempty"`
	Reaction string   `json:"reaction,omitempty"` // anaphylaxis | immediate | severe_delayed | non_severe | unknown
}
