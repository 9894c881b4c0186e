package fhir

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"

	"housecall/internal/identity"
	"housecall/internal/intake"
	"housecall/internal/phi"
)

// Patient is the person.
type Patient struct {
	Base
	Name          []HumanName     `json:"name,omitempty"`
	Gender        phi.Text        `json:"gender,omitempty"`
	BirthDate     phi.Text        `json:"birthDate,omitempty"`
	Communication []Communication `json:"communication,omitempty"`
}

// HumanName is a name as it is said.
type HumanName struct {
	Text phi.Text `json:"text"`
}

// Communication is a language that somebody speaks.
type Communication struct {
	Language  Concept `json:"language"`
	Preferred bool    `json:"preferred"`
}

func patient(p *identity.Person) Patient {
	out := Patient{Base: base("Patient", string(p.ID)), Name: []HumanName{{p.Name}}, Gender: p.Sex, BirthDate: p.BirthDate}
	if p.Language != "" {
		out.Communication = []Communication{{code("urn:ietf:bcp:47", p.Language), true}}
	}
	return out
}

// Allergy is an AllergyIntolerance.
type Allergy struct {
	Base
	ClinicalStatus     Concept      `json:"clinicalStatus"`
	VerificationStatus Concept      `json:"verificationStatus"`
	Criticality        string       `json:"criticality,omitempty"`
	Code               Concept      `json:"code"`
	Patient            Reference    `json:"patient"`
	RecordedDate       string       `json:"recordedDate,omitempty"`
	Reaction           []Reaction   `json:"reaction,omitempty"`
	Note               []Annotation `json:"note,omitempty"`
}

// Reaction is what an allergy did.
type Reaction struct {
	Manifestation []Concept `json:"manifestation"`
}

// Condition is a diagnosis, or what somebody lives with.
type Condition struct {
	Base
	ClinicalStatus     Concept      `json:"clinicalStatus"`
	VerificationStatus Concept      `json:"verificationStatus"`
	Category           []Concept    `json:"category"`
	Code               Concept      `json:"code"`
	Subject            Reference    `json:"subject"`
	Encounter          *Reference   `json:"encounter,omitempty"`
	RecordedDate       string       `json:"recordedDate,omitempty"`
	Note               []Annotation `json:"note,omitempty"`
}

// MedicationStatement is a medicine that somebody says they take.
type MedicationStatement struct {
	Base
	Status       string       `json:"status"`
	Medication   Concept      `json:"medicationCodeableConcept"`
	Subject      Reference    `json:"subject"`
	DateAsserted string       `json:"dateAsserted,omitempty"`
	Note         []Annotation `json:"note,omitempty"`
}

// Observation is something measured or said, with one value.
type Observation struct {
	Base
	Status    string       `json:"status"`
	Code      Concept      `json:"code"`
	Subject   Reference    `json:"subject"`
	Effective string       `json:"effectiveDateTime"`
	Quantity  *Quantity    `json:"valueQuantity,omitempty"`
	Value     string       `json:"valueString,omitempty"`
	Note      []Annotation `json:"note,omitempty"`
}

// Quantity is a number with its unit.
type Quantity struct {
	Value  json.Number `json:"value"`
	Unit   string      `json:"unit"`
	System string      `json:"system,omitempty"`
	Code   string      `json:"code,omitempty"`
}

const (
	ucum  = "http://unitsofmeasure.org"
	loinc = "http://loinc.org"
	// List is the system of the codes of housecall's own clinical lists.
	List = "urn:housecall:list"
)

// measured are the kinds of facts that are observations; without a unit the value is a word.
var measured = map[intake.Kind]struct{ loinc, name, unit, ucum string }{ //nolint:exhaustive // the other three are resources of their own
	intake.KindWeight:    {"29463-7", "Body weight", "kg", "kg"},
	intake.KindHeight:    {"8302-2", "Body height", "cm", "cm"},
	intake.KindEGFR:      {"69405-9", "Glomerular filtration rate/1.73 sq M predicted", "mL/min/1.73 m2", "mL/min/{1.73_m2}"},
	intake.KindPregnancy: {"82810-3", "Pregnancy status", "", ""},
	intake.KindLactation: {"63895-7", "Breastfeeding status", "", ""},
	intake.KindLiver:     {"", "Liver function", "", ""},
	intake.KindWeeks:     {"", "Weeks of pregnancy", "wk", "wk"},
}

func (b *builder) fact(f intake.Fact) {
	clinical, notes := "active", []Annotation(nil)
	if f.Ended != nil {
		clinical, notes = "inactive", []Annotation{{at(f.Ended.At), f.Ended.Why}}
	}
	what := told(f)
	switch f.Kind {
	case intake.KindAllergy:
		b.add("AllergyIntolerance", b.factID(f), Allergy{
			Base: within("AllergyIntolerance", b.factID(f), f.ID), ClinicalStatus: code(hl7+"allergyintolerance-clinical", clinical),
			VerificationStatus: code(hl7+"allergyintolerance-verification", "unconfirmed"), Criticality: criticality(f.Reaction),
			Code: what, Patient: b.subject, RecordedDate: at(f.At), Reaction: reaction(f.Reaction), Note: notes,
		})
	case intake.KindCondition:
		b.add("Condition", b.factID(f), Condition{
			Base: within("Condition", b.factID(f), f.ID), ClinicalStatus: code(hl7+"condition-clinical", clinical),
			VerificationStatus: code(hl7+"condition-ver-status", "unconfirmed"), Category: []Concept{code(hl7+"condition-category", "problem-list-item")},
			Code: what, Subject: b.subject, RecordedDate: at(f.At), Note: notes,
		})
	case intake.KindMedicine:
		status := "active"
		if f.Ended != nil {
			status = "stopped"
		}
		b.add("MedicationStatement", b.factID(f), MedicationStatement{
			Base: within("MedicationStatement", b.factID(f), f.ID), Status: status, Medication: what, Subject: b.subject, DateAsserted: at(f.At), Note: notes,
		})
	case intake.KindWeight, intake.KindHeight, intake.KindEGFR, intake.KindLiver, intake.KindPregnancy, intake.KindWeeks, intake.KindLactation:
		b.add("Observation", b.factID(f), b.observation(f, notes))
	}
}

// factID tells whose a fact is, which its own id does not, and is no longer than FHIR allows.
func (b *builder) factID(f intake.Fact) string {
	sum := sha256.Sum256([]byte(f.ID))
	return string(b.patient) + "-" + hex.EncodeToString(sum[:8])
}

func (b *builder) observation(f intake.Fact, notes []Annotation) Observation {
	m := measured[f.Kind]
	o := Observation{
		Base: within("Observation", b.factID(f), f.ID), Status: "final", Code: Concept{Text: phi.Text(m.name)}, Subject: b.subject,
		Effective: at(f.At), Note: notes,
	}
	if m.loinc != "" {
		o.Code.Coding = []Coding{{loinc, m.loinc, m.name}}
	}
	if _, err := strconv.ParseFloat(f.Value, 64); err == nil && m.unit != "" {
		o.Quantity = &Quantity{json.Number(f.Value), m.unit, ucum, m.ucum}
		return o
	}
	o.Value = f.Value
	return o
}

// told is a fact as it was said, with its code where one of the lists fits.
func told(f intake.Fact) Concept {
	c := Concept{Text: f.Words}
	if f.Code != "" {
		c.Coding = []Coding{{System: List, Code: f.Code}}
	}
	return c
}

func criticality(reaction string) string {
	switch reaction {
	case "anaphylaxis", "immediate", "severe_delayed":
		return "high"
	case "non_severe":
		return "low"
	}
	return "unable-to-assess"
}

func reaction(kind string) []Reaction {
	if kind == "" || kind == "unknown" {
		return nil
	}
	return []Reaction{{[]Concept{{Coding: []Coding{{System: List, Code: kind}}}}}}
}
