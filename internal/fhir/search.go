package fhir

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"housecall/internal/fault"
	"housecall/internal/id"
)

// Type is a type of resource that can be read and searched.
type Type string

// The types that are served.
const (
	OfPatient             Type = "Patient"
	OfAllergyIntolerance  Type = "AllergyIntolerance"
	OfCondition           Type = "Condition"
	OfMedicationStatement Type = "MedicationStatement"
	OfObservation         Type = "Observation"
	OfEncounter           Type = "Encounter"
	OfDocumentReference   Type = "DocumentReference"
	OfMedicationRequest   Type = "MedicationRequest"
)

// form is how a parameter is read.
type form string

const (
	token     form = "token"
	reference form = "reference"
	date      form = "date"
)

// searched is what each type can be searched by; Capability says it, and nothing else is taken.
var searched = map[Type]map[string]form{
	OfPatient:             {"_id": token, "identifier": token},
	OfAllergyIntolerance:  {"_id": token, "patient": reference, "clinical-status": token, "code": token, "date": date},
	OfCondition:           {"_id": token, "patient": reference, "subject": reference, "clinical-status": token, "category": token, "code": token, "encounter": reference, "recorded-date": date},
	OfMedicationStatement: {"_id": token, "patient": reference, "subject": reference, "status": token, "code": token},
	OfObservation:         {"_id": token, "patient": reference, "subject": reference, "status": token, "code": token, "date": date},
	OfEncounter:           {"_id": token, "patient": reference, "subject": reference, "status": token, "class": token, "date": date},
	OfDocumentReference:   {"_id": token, "patient": reference, "subject": reference, "status": token, "encounter": reference, "date": date},
	OfMedicationRequest:   {"_id": token, "patient": reference, "subject": reference, "status": token, "intent": token, "code": token, "encounter": reference, "authoredon": date},
}

// Types lists what is served, in the order of their names.
func Types() []Type { return slices.Sorted(maps.Keys(searched)) }

const (
	usualPage, longestPage = 50, 200
	longestOffset          = 1_000_000
)

func wrong(format string, args ...any) error {
	return fault.New(fault.Malformed, fmt.Sprintf(format, args...))
}

// Whose tells of which person a search asks. It has to say so: nobody may look through everybody's.
func Whose(of Type, q url.Values) (id.Patient, error) {
	names := []string{"patient", "subject"}
	if of == OfPatient {
		names = []string{"_id", "identifier"}
	}
	said := ""
	for _, name := range names {
		for _, v := range q[name] {
			if name == "identifier" {
				v = strings.TrimPrefix(v, ours+"|")
			}
			v = fhirID(lastOf(v))
			if v == "" || strings.Contains(v, ",") || said != "" && said != v {
				return "", wrong("Search for one person at a time: %s is one id.", name)
			}
			said = v
		}
	}
	if said == "" {
		return "", wrong("Say whose: %s is needed.", strings.Join(names, " or "))
	}
	return PatientOf(said)
}

// PatientOf is our id of the person with a FHIR id.
func PatientOf(s string) (id.Patient, error) { return idOf[id.Patient](s) }

// idOf turns FHIR's form of an id back: ours has one underscore, after its prefix.
func idOf[T id.Kind](s string) (T, error) {
	out, err := id.Parse[T](strings.Replace(s, "-", "_", 1))
	if err != nil {
		return "", notHere()
	}
	return out, nil
}

func notHere() error { return fault.New(fault.NotFound, "There is nothing at this address for you.") }

// lastOf is the id in a reference, which may be relative or a whole address.
func lastOf(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

// Source is the document that a resource is made of: one of the three is set.
type Source struct {
	Patient      id.Patient
	Visit        id.Visit
	Prescription id.Prescription
}

// SourceOf tells from the id of a resource which document to ask for.
func SourceOf(of Type, rid string) (Source, error) {
	var s Source
	var err error
	head := rid
	if i := strings.LastIndexByte(rid, '-'); i > strings.IndexByte(rid, '-') {
		head = rid[:i] // what follows is which of the document's
	}
	switch of {
	case OfPatient:
		s.Patient, err = idOf[id.Patient](rid)
	case OfEncounter, OfDocumentReference:
		s.Visit, err = idOf[id.Visit](rid)
	case OfMedicationRequest:
		s.Prescription, err = idOf[id.Prescription](head)
	case OfCondition:
		if s.Visit, err = idOf[id.Visit](head); err != nil {
			s.Patient, err = idOf[id.Patient](head)
		}
	case OfAllergyIntolerance, OfMedicationStatement, OfObservation:
		s.Patient, err = idOf[id.Patient](head)
	default:
		err = notHere()
	}
	return s, err
}

// Read is the one resource with this id among what is held.
func Read(h Held, of Type, rid, server string, now time.Time) (any, error) {
	for _, e := range resources(h, server, now) {
		if e.FullURL == server+"/"+string(of)+"/"+rid {
			return e.Resource, nil
		}
	}
	return nil, notHere()
}

// All is everything that is held as the answer of a server.
func All(h Held, server string, now time.Time) Bundle {
	all := resources(h, server, now)
	b := found(all, now)
	b.Link = []Link{{"self", server + "/Patient/" + fhirID(string(h.Person.ID)) + "/$everything"}}
	b.Entry = all
	return b
}

func found(all []Entry, now time.Time) Bundle {
	total := len(all)
	for i := range all {
		all[i].Search = &Hit{"match"}
	}
	return Bundle{ResourceType: "Bundle", Type: "searchset", Timestamp: now.UTC(), Total: &total}
}

// Find answers a search of one type among what is held of a person.
func Find(h Held, of Type, q url.Values, server string, now time.Time) (Bundle, error) {
	count, offset, err := window(q)
	if err != nil {
		return Bundle{}, err
	}
	tests, err := testsOf(of, q)
	if err != nil {
		return Bundle{}, err
	}
	var hits []Entry
	for _, e := range resources(h, server, now) {
		about, r := describe(e.Resource)
		if r == of && !slices.ContainsFunc(tests, func(holds func(described) bool) bool { return !holds(about) }) {
			hits = append(hits, e)
		}
	}
	b := found(hits, now)
	self := server + "/" + string(of) + "?"
	b.Link = []Link{{"self", self + q.Encode()}}
	from := min(offset, len(hits))
	to := min(from+count, len(hits))
	b.Entry = hits[from:to]
	if to < len(hits) {
		next := maps.Clone(q)
		next.Set("_offset", strconv.Itoa(to))
		b.Link = append(b.Link, Link{"next", self + next.Encode()})
	}
	return b, nil
}

func window(q url.Values) (count, offset int, err error) {
	number := func(name string, usual, least, most int) int {
		if !q.Has(name) || err != nil {
			return usual
		}
		n, bad := strconv.Atoi(q.Get(name))
		if bad != nil || n < least || n > most {
			err = wrong("%s is a number from %d to %d.", name, least, most)
		}
		return n
	}
	count, offset = number("_count", usualPage, 1, longestPage), number("_offset", 0, 0, longestOffset)
	return count, offset, err
}

// testsOf turns parameters into what has to hold. One that is not known is refused: left out, it would
// answer more than was asked for.
func testsOf(of Type, q url.Values) ([]func(described) bool, error) {
	var tests []func(described) bool
	for name, values := range q {
		if name == "_count" || name == "_offset" {
			continue
		}
		if name == "_format" {
			if f := q.Get(name); f != "json" && f != "application/json" && f != "application/fhir+json" {
				return nil, wrong("Only JSON is served: leave _format out, or say json.")
			}
			continue
		}
		kind, known := searched[of][name]
		if !known {
			return nil, wrong("%s can be searched by %s, _count and _offset; not by %s.", of, strings.Join(slices.Sorted(maps.Keys(searched[of])), ", "), name)
		}
		for _, v := range values {
			holds, err := test(kind, name, v)
			if err != nil {
				return nil, err
			}
			tests = append(tests, holds)
		}
	}
	return tests, nil
}

// test reads one value: alternatives with commas between, of which one has to fit.
func test(kind form, name, value string) (func(described) bool, error) {
	var fits []func(described) bool
	for v := range strings.SplitSeq(value, ",") {
		switch kind {
		case date:
			holds, err := dateTest(name, v)
			if err != nil {
				return nil, err
			}
			fits = append(fits, holds)
		case reference:
			fits = append(fits, func(d described) bool { return d.refs[name] == fhirID(lastOf(v)) })
		case token:
			system, word, both := strings.Cut(v, "|")
			if !both {
				system, word = "", v
			}
			fits = append(fits, func(d described) bool {
				return slices.ContainsFunc(d.tokens[name], func(c Coding) bool {
					return (!both || c.System == system) && (c.Code == word || both && word == "")
				})
			})
		}
	}
	return func(d described) bool {
		return slices.ContainsFunc(fits, func(holds func(described) bool) bool { return holds(d) })
	}, nil
}

// dateForms are how exactly a date may be said, with how long it then lasts.
var dateForms = []struct {
	layout string
	until  func(time.Time) time.Time
}{
	{"2006", func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }},
	{"2006-01", func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }},
	{time.DateOnly, func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }},
	{time.RFC3339, func(t time.Time) time.Time { return t.Add(time.Second) }},
}

// dateTest compares with a date as FHIR does: one that is less exact is the whole of its day, month or year.
func dateTest(name, v string) (func(described) bool, error) {
	how, rest := "eq", v
	if len(v) > 2 && strings.Trim(v[:2], "abcdefghijklmnopqrstuvwxyz") == "" {
		how, rest = v[:2], v[2:]
	}
	for _, f := range dateForms {
		from, err := time.Parse(f.layout, rest)
		if err != nil {
			continue
		}
		to := f.until(from)
		holds := map[string]func(time.Time) bool{
			"eq": func(t time.Time) bool { return !t.Before(from) && t.Before(to) },
			"ge": func(t time.Time) bool { return !t.Before(from) },
			"gt": func(t time.Time) bool { return !t.Before(to) },
			"le": func(t time.Time) bool { return t.Before(to) },
			"lt": func(t time.Time) bool { return t.Before(from) },
		}[how]
		if holds == nil {
			break
		}
		return func(d described) bool { t, known := d.dates[name]; return known && holds(t) }, nil
	}
	return nil, wrong("%s is a date such as 2026-11-27, ge2026-11 or lt2026-11-27T09:30:00Z.", name)
}

// described is what of a resource can be searched by.
type described struct {
	tokens map[string][]Coding
	refs   map[string]string
	dates  map[string]time.Time
}

func describe(resource any) (described, Type) {
	switch r := resource.(type) {
	case Patient:
		return about(r.Base, Reference{}), OfPatient
	case Allergy:
		return about(r.Base, r.Patient).concept("clinical-status", r.ClinicalStatus).concept("code", r.Code).on("date", r.RecordedDate), OfAllergyIntolerance
	case Condition:
		d := about(r.Base, r.Subject).concept("clinical-status", r.ClinicalStatus).concept("code", r.Code).on("recorded-date", r.RecordedDate)
		if r.Encounter != nil {
			d.refs["encounter"] = lastOf(r.Encounter.Reference)
		}
		return d.concept("category", r.Category...), OfCondition
	case MedicationStatement:
		return about(r.Base, r.Subject).word("status", r.Status).concept("code", r.Medication), OfMedicationStatement
	case Observation:
		return about(r.Base, r.Subject).word("status", r.Status).concept("code", r.Code).on("date", r.Effective), OfObservation
	case Encounter:
		d := about(r.Base, r.Subject).word("status", r.Status).concept("class", Concept{Coding: []Coding{r.Class}})
		if r.Period != nil {
			d = d.on("date", r.Period.Start)
		}
		return d, OfEncounter
	case Document:
		d := about(r.Base, r.Subject).word("status", r.Status).on("date", r.Date)
		if r.Context != nil {
			d.refs["encounter"] = lastOf(r.Context.Encounter[0].Reference)
		}
		return d, OfDocumentReference
	case MedicationRequest:
		d := about(r.Base, r.Subject).word("status", r.Status).word("intent", r.Intent).concept("code", r.Medication).on("authoredon", r.AuthoredOn)
		d.refs["encounter"] = lastOf(r.Encounter.Reference)
		return d, OfMedicationRequest
	}
	return described{}, ""
}

func about(b Base, subject Reference) described {
	d := described{map[string][]Coding{"_id": {{Code: b.ID}}}, map[string]string{}, map[string]time.Time{}}
	for _, i := range b.Identifier {
		d.tokens["identifier"] = append(d.tokens["identifier"], Coding{System: i.System, Code: i.Value})
	}
	d.refs["patient"] = lastOf(subject.Reference)
	d.refs["subject"] = d.refs["patient"]
	return d
}

func (d described) concept(name string, all ...Concept) described {
	for _, c := range all {
		d.tokens[name] = append(d.tokens[name], c.Coding...)
	}
	return d
}

func (d described) word(name, code string) described {
	d.tokens[name] = append(d.tokens[name], Coding{Code: code})
	return d
}

func (d described) on(name, when string) described {
	if t, err := time.Parse(time.RFC3339, when); err == nil {
		d.dates[name] = t
	}
	return d
}
