package fhir

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"housecall/internal/fault"
	"housecall/internal/intake"
	"housecall/internal/phi"
)

// Import is what a bundle of another system says that a record can hold.
type Import struct {
	Born  string // "" where the bundle doesn't say
	Facts []intake.Fact
	Left  []Left
}

// Left is a resource that was not taken.
type Left struct {
	Type string `json:"type"`
	Why  Why    `json:"why"`
	N    int    `json:"n"`
}

// Why is a reason not to take a resource.
type Why string

// Reasons, each said in words by who shows them.
const (
	NoFact   Why = "no_fact"   // of a type that no fact is made of
	OfThen   Why = "of_then"   // measured, or found in one visit: today it may be otherwise
	Over     Why = "over"      // it no longer holds, or was refuted
	SaysNone Why = "says_none" // "no known allergy" is no allergy
	NoWords  Why = "no_words"  // nothing that a person could read
	TooLong  Why = "too_long"  // more words than a fact holds: cut, it could say the opposite
)

const (
	mostEntries  = 2000
	mostFacts    = 100
	longestWords = 200
)

// theirs is as much of a resource of others as is read.
type theirs struct {
	at           string // its address in the bundle
	ResourceType string
	ID           string
	BirthDate    string
	Status       string
	Intent       string

	ClinicalStatus, VerificationStatus theirConcept
	Category                           json.RawMessage // in some types one, in others several
	Code                               theirConcept
	Medication                         theirConcept `json:"medicationCodeableConcept"`
	Kept                               theirRef     `json:"medicationReference"`
	Subject, Patient                   theirRef
	Reaction                           []struct{ Manifestation []theirConcept }
}

// readTheirs reads of a type that is not taken no more than what it is.
func readTheirs(raw json.RawMessage) (theirs, error) {
	var what struct{ ResourceType string }
	var r theirs
	err := json.Unmarshal(raw, &what)
	if err == nil && slices.Contains([]string{"Patient", "AllergyIntolerance", "Condition", "Medication", "MedicationStatement", "MedicationRequest"}, what.ResourceType) {
		err = json.Unmarshal(raw, &r)
	}
	r.ResourceType = what.ResourceType
	if err != nil || what.ResourceType == "" {
		return r, fault.InvalidField("/entry", "One of its resources can't be read as FHIR R4.")
	}
	return r, nil
}

type theirRef struct{ Reference string }

type theirConcept struct {
	Text   string
	Coding []struct{ System, Code, Display string }
}

// Bring reads a bundle of another system, or one of ours. What can't be told apart from what was not meant is
// left, with why; the bundle itself is refused where it is none, or of several persons.
func Bring(raw []byte) (Import, error) {
	var in struct {
		ResourceType string
		Entry        []struct {
			FullURL  string
			Resource json.RawMessage
		}
	}
	if err := json.Unmarshal(raw, &in); err != nil || in.ResourceType != "Bundle" {
		return Import{}, fault.InvalidField("/resourceType", "This is no FHIR bundle. Ask where it comes from for FHIR R4 as JSON.")
	}
	if len(in.Entry) > mostEntries {
		return Import{}, fault.InvalidField("/entry", "That is more than fits at once: at most 2000 entries.")
	}
	var out Import
	var all []theirs
	products := make(map[string]theirConcept)
	for _, e := range in.Entry {
		r, err := readTheirs(e.Resource)
		if err != nil {
			return Import{}, err
		}
		r.at = e.FullURL
		if r.ResourceType == "Medication" {
			products[e.FullURL], products["Medication/"+r.ID] = r.Code, r.Code
		}
		all = append(all, r)
	}
	if err := out.whose(all); err != nil {
		return Import{}, err
	}
	for _, r := range all {
		if r.Kept.Reference != "" {
			r.Medication = products[r.Kept.Reference]
		}
		out.take(r)
	}
	if len(out.Facts) > mostFacts {
		return Import{}, fault.InvalidField("/entry", "That is more than a record takes at once: at most 100 facts.")
	}
	return out, nil
}

// whose finds the one person of a bundle.
func (in *Import) whose(all []theirs) error {
	var persons []string
	patients := 0
	called := make(map[string]string) // the address of a Patient in the bundle is another name of it
	for _, r := range all {
		if r.ResourceType == "Patient" {
			called[nameIn(r.at)], in.Born = r.ID, r.BirthDate
			patients++
		}
	}
	for _, r := range all {
		who := nameIn(r.Subject.Reference + r.Patient.Reference)
		if r.ResourceType == "Patient" {
			who = r.ID
		}
		if id, found := called[who]; found {
			who = id
		}
		if who != "" && !slices.Contains(persons, who) {
			persons = append(persons, who)
		}
	}
	if len(persons) > 1 || patients > 1 {
		return fault.InvalidField("/entry", "This is of several persons. Bring the bundle of one.")
	}
	return nil
}

func nameIn(ref string) string { return ref[strings.LastIndexAny(ref, "/:")+1:] }

func (in *Import) leave(r theirs, why Why) {
	for i := range in.Left {
		if in.Left[i].Type == r.ResourceType && in.Left[i].Why == why {
			in.Left[i].N++
			return
		}
	}
	in.Left = append(in.Left, Left{r.ResourceType, why, 1})
}

// take makes a fact of a resource, or leaves it.
func (in *Import) take(r theirs) {
	var f intake.Fact
	of, over := r.Code, r.VerificationStatus.says("refuted", "entered-in-error") || r.ClinicalStatus.says("inactive", "resolved", "remission")
	switch r.ResourceType {
	case "AllergyIntolerance":
		f.Kind, f.Reaction = intake.KindAllergy, r.reaction()
	case "Condition":
		if strings.Contains(string(r.Category), `"encounter-diagnosis"`) {
			in.leave(r, OfThen)
			return
		}
		f.Kind = intake.KindCondition
	case "MedicationStatement":
		f.Kind, of, over = intake.KindMedicine, r.Medication, !slices.Contains([]string{"active", "intended"}, r.Status)
	case "MedicationRequest":
		f.Kind, of, over = intake.KindMedicine, r.Medication, r.Status != "active" || r.Intent == "proposal" || r.Intent == "plan"
	case "Observation":
		in.leave(r, OfThen)
		return
	case "Patient", "Medication": // read already
		return
	default:
		in.leave(r, NoFact)
		return
	}
	f.Code, f.Words = of.ours(), phi.Text(of.words())
	switch {
	case over:
		in.leave(r, Over)
	case of.none():
		in.leave(r, SaysNone)
	case f.Code == "" && f.Words == "":
		in.leave(r, NoWords)
	case utf8.RuneCountInString(f.Words.Reveal()) > longestWords:
		in.leave(r, TooLong)
	default:
		in.Facts = append(in.Facts, f)
	}
}

func (c theirConcept) says(codes ...string) bool {
	for _, x := range c.Coding {
		if slices.Contains(codes, x.Code) {
			return true
		}
	}
	return false
}

// words are what a person reads: what was written, or what a code is called.
func (c theirConcept) words() string {
	if s := strings.TrimSpace(c.Text); s != "" {
		return s
	}
	for _, x := range c.Coding {
		if s := strings.TrimSpace(x.Display); s != "" {
			return s
		}
	}
	return ""
}

// ours is the code of housecall's own list, which only a bundle of ours has.
func (c theirConcept) ours() string {
	for _, x := range c.Coding {
		if x.System == List {
			return x.Code
		}
	}
	return ""
}

// noneOf are SNOMED CT's codes that say of an allergy, a medicine or a problem that there is none known.
var noneOf = []string{"716186003", "409137002", "428607008", "429625007", "160244002", "160245001", "787481004", "1003774007"}

func (c theirConcept) none() bool {
	words := strings.ToLower(c.words())
	return c.says(noneOf...) || c.says("no-known-allergies", "no-allergy-info", "no-known-medications", "no-medication-info", "no-known-problems", "no-problem-info") ||
		strings.HasPrefix(words, "no known ") || slices.Contains([]string{"nkda", "nka", "none", "无"}, words) || strings.HasPrefix(words, "无已知")
}

// reaction is one of ours, or one that is anaphylaxis by SNOMED CT; any other is not known to us.
func (r theirs) reaction() string {
	for _, x := range r.Reaction {
		for _, m := range x.Manifestation {
			if m.says("39579001") {
				return "anaphylaxis"
			}
			if code := m.ours(); slices.Contains(intake.Reactions, code) {
				return code
			}
		}
	}
	return "unknown"
}
