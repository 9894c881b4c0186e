package fhir

import (
	"encoding/base64"
	"encoding/json"
	"strconv"

	"housecall/internal/consult"
	"housecall/internal/phi"
	"housecall/internal/prescribing"
)

// Encounter is a visit.
type Encounter struct {
	Base
	Status       string        `json:"status"`
	Class        Coding        `json:"class"`
	ServiceType  *Concept      `json:"serviceType,omitempty"`
	Subject      Reference     `json:"subject"`
	Participants []Participant `json:"participant,omitempty"`
	Period       *Period       `json:"period,omitempty"`
}

// Participant is who took part beside the patient.
type Participant struct {
	Individual IdentifiedReference `json:"individual"`
}

// IdentifiedReference names somebody by an identifier, who is no resource of the bundle.
type IdentifiedReference struct {
	Type       string     `json:"type"`
	Identifier Identifier `json:"identifier"`
	Display    phi.Text   `json:"display,omitempty"`
}

func (b *builder) encounter(v *consult.Visit) Encounter {
	e := Encounter{
		Base: base("Encounter", string(v.ID)), Status: encounterStatus(v), Class: Coding{hl7 + "v3-ActCode", "VR", "virtual"}, Subject: b.subject,
		ServiceType: &Concept{Coding: []Coding{{System: List, Code: v.Specialty}}},
	}
	if v.Doctor != "" {
		e.Participants = []Participant{{IdentifiedReference{Type: "Practitioner", Identifier: Identifier{ours, string(v.Doctor)}}}}
	}
	if v.AdmittedAt != nil {
		e.Period = &Period{Start: atOf(v.AdmittedAt), End: atOf(v.EndedAt)}
	}
	return e
}

func encounterStatus(v *consult.Visit) string {
	switch v.State {
	case consult.IsBooked:
		return "planned"
	case consult.Waiting:
		return "arrived"
	case consult.InProgress:
		return "in-progress"
	case consult.IsCompleted:
		return "finished"
	case consult.IsRedirected:
		if v.AdmittedAt != nil {
			return "finished" // a doctor saw them, and sent them to care in person
		}
	case consult.IsCancelled, consult.IsNoShow:
	}
	return "cancelled"
}

// Document is a DocumentReference: a text for people.
type Document struct {
	Base
	Status  string       `json:"status"`
	Type    Concept      `json:"type"`
	Subject Reference    `json:"subject"`
	Date    string       `json:"date,omitempty"`
	Content []Content    `json:"content"`
	Context *DocumentFor `json:"context,omitempty"`
}

// Content is the text itself.
type Content struct {
	Attachment Attachment `json:"attachment"`
}

// Attachment is a text in base64, as FHIR wants it.
type Attachment struct {
	ContentType string `json:"contentType"`
	Data        string `json:"data"`
}

// DocumentFor tells which visits a document belongs to.
type DocumentFor struct {
	Encounter []Reference `json:"encounter"`
}

func (b *builder) note(n *consult.Note) {
	visit := b.ref("Encounter", string(n.Visit))
	for i, d := range n.Diagnoses {
		what := Concept{Text: d.Words}
		if d.Code != "" {
			what.Coding = []Coding{{"http://hl7.org/fhir/sid/icd-10", d.Code, d.Title}}
		}
		id := string(n.Visit) + "-" + strconv.Itoa(i+1)
		b.add("Condition", id, Condition{
			Base: within("Condition", id, string(n.ID)+"-"+strconv.Itoa(i+1)), ClinicalStatus: code(hl7+"condition-clinical", "active"), VerificationStatus: code(hl7+"condition-ver-status", "confirmed"),
			Category: []Concept{code(hl7+"condition-category", "encounter-diagnosis")}, Code: what, Subject: b.subject, Encounter: &visit, RecordedDate: atOf(n.SealedAt),
		})
	}
	if n.Summary == "" {
		return
	}
	b.add("DocumentReference", string(n.Visit), Document{
		Base: within("DocumentReference", string(n.Visit), string(n.ID)), Status: "current", Type: Concept{Text: "Summary of a visit, for the patient"}, Subject: b.subject, Date: atOf(n.SealedAt),
		Content: []Content{{Attachment{"text/plain; charset=utf-8", base64.StdEncoding.EncodeToString([]byte(n.Summary.Reveal()))}}},
		Context: &DocumentFor{[]Reference{visit}},
	})
}

// MedicationRequest is one medicine of a signed prescription.
type MedicationRequest struct {
	Base
	GroupIdentifier Identifier  `json:"groupIdentifier"`
	Status          string      `json:"status"`
	Intent          string      `json:"intent"`
	Medication      Concept     `json:"medicationCodeableConcept"`
	Subject         Reference   `json:"subject"`
	Encounter       Reference   `json:"encounter"`
	AuthoredOn      string      `json:"authoredOn,omitempty"`
	Requester       Reference   `json:"requester"`
	Dosage          []Dosage    `json:"dosageInstruction"`
	Dispense        Dispense    `json:"dispenseRequest"`
	Substitution    Substitutes `json:"substitution"`
}

// Dosage is how to take it, as the paper says it.
type Dosage struct {
	Text string `json:"text"`
}

// Dispense is how much is handed over, how often and until when.
type Dispense struct {
	Validity Period   `json:"validityPeriod"`
	Repeats  int      `json:"numberOfRepeatsAllowed"`
	Quantity Quantity `json:"quantity"`
}

// Substitutes tells whether a pharmacy may offer another product.
type Substitutes struct {
	Allowed bool `json:"allowedBoolean"`
}

func (b *builder) prescription(rx *prescribing.Prescription) {
	if rx.Signature == nil {
		return
	}
	for i, it := range rx.Items {
		id := string(rx.ID) + "-" + strconv.Itoa(i+1)
		b.add("MedicationRequest", id, MedicationRequest{
			Base: base("MedicationRequest", id), GroupIdentifier: Identifier{ours, string(rx.ID)}, Status: b.requestStatus(rx), Intent: "order",
			Medication: Concept{Coding: []Coding{{"urn:housecall:formulary", it.Product, it.INN}}, Text: phi.Text(it.INN + " " + it.Strength + " " + it.Form)},
			Subject:    b.subject, Encounter: b.ref("Encounter", string(rx.Visit)), AuthoredOn: at(rx.Signature.At),
			Requester: Reference{Display: rx.Prescriber.Name}, Dosage: []Dosage{{it.Sentence.EN}},
			Dispense: Dispense{
				Validity: Period{Start: at(rx.Signature.At), End: at(rx.ValidUntil)}, Repeats: rx.Repeats,
				Quantity: Quantity{Value: json.Number(strconv.Itoa(it.Quantity.Count)), Unit: it.Quantity.Unit},
			},
			Substitution: Substitutes{!it.NoSubstitution},
		})
	}
}

func (b *builder) requestStatus(rx *prescribing.Prescription) string {
	switch {
	case rx.State == prescribing.Cancelled:
		return "cancelled"
	case rx.State == prescribing.Replaced:
		return "stopped"
	case !rx.ValidUntil.IsZero() && b.now.After(rx.ValidUntil):
		return "completed"
	}
	for _, p := range rx.Parts {
		if p.State != prescribing.Dispensed {
			return "active"
		}
	}
	return "completed"
}
