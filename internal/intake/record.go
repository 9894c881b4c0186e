package intake

import (
	"slices"
	"time"

	"housecall/internal/docstore"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Kind is what a fact is about.
type Kind string

// The kinds of facts. Of the first three there may be many at once; of the others one holds, and a
// new one ends the one before.
const (
	KindAllergy   Kind = "allergy"
	KindMedicine  Kind = "medicine"
	KindCondition Kind = "condition"
	KindWeight    Kind = "weight_kg"
	KindHeight    Kind = "height_cm"
	KindEGFR      Kind = "egfr"
	KindLiver     Kind = "liver"
	KindPregnancy Kind = "pregnancy"
	KindWeeks     Kind = "pregnancy_weeks"
	KindLactation Kind = "lactation"
)

// Kinds lists every kind of fact.
var Kinds = []Kind{KindAllergy, KindMedicine, KindCondition, KindWeight, KindHeight, KindEGFR, KindLiver, KindPregnancy, KindWeeks, KindLactation}

func (k Kind) many() bool { return k == KindAllergy || k == KindMedicine || k == KindCondition }

// Record is what lasts of a person.
type Record struct {
	Patient       id.Patient `json:"patient"`
	docstore.Meta `json:"meta"`
	Facts         []Fact             `json:"facts"`
	Asked         map[Kind]Statement `json:"asked,omitempty"` // "none": said when, and by whom
	Folded        []id.Intake        `json:"folded,omitempty"`
}

// Statement is that somebody said there is none, or listed what there is.
type Statement struct {
	None   bool       `json:"none"`
	By     id.Account `json:"by"`
	At     time.Time  `json:"at"`
	Source string     `json:"source"`
}

// Fact is one thing that holds of a person until it is ended. It is never erased.
type Fact struct {
	ID       string     `json:"id"`
	Kind     Kind       `json:"kind"`
	Code     string     `json:"code,omitempty"`     // of the clinical lists, where one fits
	Words    phi.Text   `json:"words,omitempty"`    // as told
	Reaction string     `json:"reaction,omitempty"` // of an allergy
	Value    string     `json:"value,omitempty"`    // of the kinds that hold one
	By       id.Account `json:"by"`
	At       time.Time  `json:"at"`
	Source   string     `json:"source"` // id of the intake or visit it was told in, or "record"
	Ended    *End       `json:"ended,omitempty"`
}

// End is who ended a fact, when and why.
type End struct {
	By  id.Account `json:"by"`
	At  time.Time  `json:"at"`
	Why phi.Text   `json:"why"`
}

// DocID implements docstore.Document.
func (r *Record) DocID() string { return string(r.Patient) }

// Live lists the facts of a kind that hold.
func (r *Record) Live(kind Kind) []Fact {
	var out []Fact
	for _, f := range r.Facts {
		if f.Kind == kind && f.Ended == nil {
			out = append(out, f)
		}
	}
	return out
}

// Value is what holds of a kind that holds one value; false: not known.
func (r *Record) Value(kind Kind) (Fact, bool) {
	live := r.Live(kind)
	if len(live) == 0 {
		return Fact{}, false
	}
	return live[len(live)-1], true
}

// Known tells whether a list has been asked for at all: an empty list that nobody asked about is
// not "none".
func (r *Record) Known(kind Kind) bool {
	_, asked := r.Asked[kind]
	return asked || len(r.Live(kind)) > 0
}

// add puts a fact in, unless the same holds already; it tells whether it did.
func (r *Record) add(f Fact) bool {
	if i := slices.IndexFunc(r.Facts, func(g Fact) bool { return g.ID == f.ID }); i >= 0 {
		return false
	}
	for i := range r.Facts {
		g := &r.Facts[i]
		if g.Kind != f.Kind || g.Ended != nil {
			continue
		}
		if g.same(f) {
			return false
		}
		if !f.Kind.many() {
			g.Ended = &End{By: f.By, At: f.At, Why: "replaced by a newer value"}
		}
	}
	r.Facts = append(r.Facts, f)
	return true
}

func (f *Fact) same(g Fact) bool {
	return f.Code == g.Code && f.Words == g.Words && f.Reaction == g.Reaction && f.Value == g.Value
}
