package fhir

import (
	"strings"
	"time"

	"housecall/internal/consult"
	"housecall/internal/identity"
	"housecall/internal/intake"
	"housecall/internal/phi"
	"housecall/internal/prescribing"
)

// Held is all that is known of one person.
type Held struct {
	Person        *identity.Person
	Record        *intake.Record
	Visits        []*consult.Visit
	Notes         []*consult.Note
	Prescriptions []*prescribing.Prescription
}

// Bundle is a collection of resources.
type Bundle struct {
	ResourceType string    `json:"resourceType"`
	Type         string    `json:"type"`
	Timestamp    time.Time `json:"timestamp"`
	Entry        []Entry   `json:"entry"`
}

// Entry is one resource with the address that references within the bundle mean.
type Entry struct {
	FullURL  string `json:"fullUrl"`
	Resource any    `json:"resource"`
}

// Everything is what a person takes with them, as of now.
func Everything(h Held, now time.Time) Bundle {
	b := builder{subject: ref("Patient", string(h.Person.ID)), now: now}
	b.add("Patient", string(h.Person.ID), patient(h.Person))
	if h.Record != nil {
		for _, f := range h.Record.Facts {
			b.fact(f)
		}
	}
	for _, v := range h.Visits {
		b.add("Encounter", string(v.ID), b.encounter(v))
	}
	for _, n := range h.Notes {
		b.note(n)
	}
	for _, rx := range h.Prescriptions {
		b.prescription(rx)
	}
	return Bundle{ResourceType: "Bundle", Type: "collection", Timestamp: now.UTC(), Entry: b.entries}
}

type builder struct {
	subject Reference
	now     time.Time
	entries []Entry
}

func (b *builder) add(kind, id string, resource any) {
	b.entries = append(b.entries, Entry{FullURL: address(kind, id), Resource: resource})
}

// fhirID is our id with what FHIR allows in one.
func fhirID(id string) string { return strings.ReplaceAll(id, "_", "-") }

// address names a resource inside the bundle; it is no place to ask.
func address(kind, id string) string { return "urn:housecall:" + kind + ":" + fhirID(id) }

// What resources share.
type (
	// Reference points to another resource.
	Reference struct {
		Reference string   `json:"reference,omitempty"`
		Display   phi.Text `json:"display,omitempty"`
	}
	// Coding is one code of a system.
	Coding struct {
		System  string `json:"system,omitempty"`
		Code    string `json:"code"`
		Display string `json:"display,omitempty"`
	}
	// Concept is something in words, with codes where there are any.
	Concept struct {
		Coding []Coding `json:"coding,omitempty"`
		Text   phi.Text `json:"text,omitempty"`
	}
	// Identifier is an id as its own system writes it.
	Identifier struct {
		System string `json:"system"`
		Value  string `json:"value"`
	}
	// Annotation is a remark.
	Annotation struct {
		Time string   `json:"time,omitempty"`
		Text phi.Text `json:"text"`
	}
	// Period is a stretch of time; what is not known is left out.
	Period struct {
		Start string `json:"start,omitempty"`
		End   string `json:"end,omitempty"`
	}
	// Base is what every resource begins with.
	Base struct {
		ResourceType string       `json:"resourceType"`
		ID           string       `json:"id"`
		Identifier   []Identifier `json:"identifier,omitempty"`
	}
)

func base(kind, id string) Base {
	return Base{kind, fhirID(id), []Identifier{{"urn:housecall:id", id}}}
}

func ref(kind, id string) Reference { return Reference{Reference: address(kind, id)} }

const hl7 = "http://terminology.hl7.org/CodeSystem/"

func code(system, value string) Concept {
	return Concept{Coding: []Coding{{System: system, Code: value}}}
}

func at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func atOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return at(*t)
}
