package fhir

import (
	"strings"
	"time"

	"housecall/internal/consult"
	"housecall/internal/id"
	"housecall/internal/identity"
	"housecall/internal/intake"
	"housecall/internal/phi"
	"housecall/internal/prescribing"
)

// Held is what is known of one person, or the part of it that was asked for.
type Held struct {
	Patient       id.Patient // whose it is; needed where Person is not held
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
	Total        *int      `json:"total,omitempty"`
	Link         []Link    `json:"link,omitempty"`
	Entry        []Entry   `json:"entry,omitempty"`
}

// Link is where a bundle came from, and where it goes on.
type Link struct {
	Relation string `json:"relation"`
	URL      string `json:"url"`
}

// Entry is one resource with the address that references within the bundle mean.
type Entry struct {
	FullURL  string `json:"fullUrl"`
	Resource any    `json:"resource"`
	Search   *Hit   `json:"search,omitempty"`
}

// Hit tells why a search found a resource.
type Hit struct {
	Mode string `json:"mode"`
}

// Everything is what a person takes with them, as of now.
func Everything(h Held, now time.Time) Bundle {
	return Bundle{ResourceType: "Bundle", Type: "collection", Timestamp: now.UTC(), Entry: resources(h, "", now)}
}

// resources are those of all that is held. Without an address of a server they refer to each other by names.
func resources(h Held, server string, now time.Time) []Entry {
	b := builder{server: server, patient: h.Patient, now: now}
	if h.Person != nil {
		b.patient = h.Person.ID
	}
	b.subject = b.ref("Patient", string(b.patient))
	if h.Person != nil {
		b.add("Patient", string(h.Person.ID), patient(h.Person))
	}
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
	return b.entries
}

type builder struct {
	server  string
	patient id.Patient
	subject Reference
	now     time.Time
	entries []Entry
}

func (b *builder) add(kind, id string, resource any) {
	b.entries = append(b.entries, Entry{FullURL: b.address(kind, id), Resource: resource})
}

// fhirID is our id with what FHIR allows in one.
func fhirID(id string) string { return strings.ReplaceAll(id, "_", "-") }

// address is where to ask for a resource; of no server it is its name inside the bundle.
func (b *builder) address(kind, id string) string {
	if b.server == "" {
		return "urn:housecall:" + kind + ":" + fhirID(id)
	}
	return b.server + "/" + kind + "/" + fhirID(id)
}

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

func base(kind, id string) Base { return within(kind, id, id) }

// within is the beginning of a resource that another document of ours holds: own is what we call it.
func within(kind, id, own string) Base {
	return Base{kind, fhirID(id), []Identifier{{ours, own}}}
}

func (b *builder) ref(kind, id string) Reference {
	if b.server == "" {
		return Reference{Reference: b.address(kind, id)}
	}
	return Reference{Reference: kind + "/" + fhirID(id)}
}

// ours is the system of our own ids.
const ours = "urn:housecall:id"

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
