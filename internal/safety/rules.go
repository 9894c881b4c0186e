package safety

import (
	"slices"
	"strings"
)

// Rules is the knowledge that Check judges by. It is made once from data files and only read.
type Rules struct {
	Drugs        map[string]*Drug  // by lower-case INN
	Names        map[string]string // other names of a drug, folded -> INN
	Tags         map[string]Tag
	Allergies    []AllergyRule
	Allergens    map[string]string // other words for an allergen, folded -> allergen of a rule
	Interactions []InteractionRule
	Conditions   []ConditionRule
	Terms        map[string]Term
	Words        map[string]string // names of a condition, folded -> key of Terms; "": known, and concerns no medicine

	selectors map[string]int   // number of each selector that a rule names
	members   map[*Drug]bitset // which selectors mean a medicine
}

// bitset is a set of selector numbers: the check of fifteen medicines asks tens of thousands of times.
type bitset []uint64

func (b bitset) has(n int) bool { return b[n>>6]&(1<<(n&63)) != 0 }
func (b bitset) add(n int)      { b[n>>6] |= 1 << (n & 63) }
func (b bitset) drop(n int)     { b[n>>6] &^= 1 << (n & 63) }

// Prepare numbers the selectors of the rules, once, when all is loaded; Check refuses rules without it.
func (r *Rules) Prepare() {
	r.selectors, r.members = map[string]int{}, map[*Drug]bitset{}
	number := func(selector string) int {
		n, known := r.selectors[selector]
		if !known {
			n = len(r.selectors)
			r.selectors[selector] = n
		}
		return n
	}
	number(nsaids)
	for i := range r.Interactions {
		one := &r.Interactions[i]
		one.a, one.b = number(one.A), number(one.B)
	}
	for i := range r.Conditions {
		r.Conditions[i].drug = number(r.Conditions[i].Drug)
	}
	for _, d := range r.Drugs {
		set := make(bitset, len(r.selectors)/64+1)
		for selector, n := range r.selectors {
			if r.means(d, selector) {
				set.add(n)
			}
		}
		r.members[d] = set
	}
}

// nsaids is the selector that aspirin meets only above 325 mg a day.
const nsaids = "class:nsaid"

// means tells whether a selector means a medicine, or a component of the combination that it is.
func (r *Rules) means(d *Drug, selector string) bool {
	if d.Is(selector) {
		return true
	}
	if len(d.Components) < 2 {
		return false // a skin or eye product shares its component's name, not its dangers
	}
	return slices.ContainsFunc(d.Components, func(p Amount) bool {
		part := r.Drugs[p.Component]
		return part != nil && part.Is(selector)
	})
}

// Tag is a group of medicines; two members of a duplicate tag by one route are one too many.
type Tag struct {
	Name, Meaning, Kind string
	Duplicate           bool
}

// Drug is what the lists know of one medicine.
type Drug struct {
	INN, NameZH, ATC string
	Tags             []string
	Components       []Amount // Value is 0 when the usual pack is not told
	Prescribable     bool     // false: only recognised among present medicines
	Remote           string   // ok, care or blocked
	Notes            string
	MaxSingle        []Amount
	MaxDaily         []Amount
	AgeCap           *AgeCap
	MinAge           *Span
	Paed             Paed
	Renal, Hepatic   []Clause
	Pregnancy        []Clause
	Lactation        Clause
	USSchedule       string
	CNClass          string
	Sources          string
}

// Is tells whether the drug is named by a selector: "drug:inn" or "class:tag".
func (d *Drug) Is(selector string) bool {
	kind, name, _ := strings.Cut(selector, ":")
	switch kind {
	case "drug":
		return d.INN == name
	case "class":
		return slices.Contains(d.Tags, name)
	}
	return false
}

// Span is a length of life: weeks, months or years.
type Span struct {
	N    int
	Unit string // wk, mo, y
}

// AgeCap is a lower ceiling from an age on.
type AgeCap struct {
	Over  int // years
	Daily Amount
}

// Paed is what children may have.
type Paed struct {
	PerKgDay string // the usual range, as text
	Caps     []Cap
	Bands    string
}

// Cap is one ceiling for children. Per is "kg/dose", "kg/day", "dose" or "day".
type Cap struct {
	Component string
	Value     Decimal
	Unit      string
	Per       string
	Note      string
}

// Clause is one row of a kidney, liver, pregnancy or breast-feeding cell.
type Clause struct {
	When   string // "<30", "30-59", "severe", "T1", "from 20 wk"
	Action string // avoid, reduce, caution, usable, max
	Text   string
}

// AllergyRule is a recorded allergen and reaction against a new medicine.
type AllergyRule struct {
	ID, Allergen, AllergenZH, Drug, Reaction, Relation, Action, Message, Source string
}

// InteractionRule is a pair that must not, or should not, be taken together.
type InteractionRule struct {
	ID, A, B, Severity, Effect, Mechanism, Management, Source, Set string
	a, b                                                           int
}

// ConditionRule is a medicine that a condition forbids.
type ConditionRule struct {
	ID, Drug, Condition, Severity, Effect, Management, Source string
	Terms                                                     []string
	drug                                                      int
}

// Term is a condition with its names.
type Term struct{ Key, EN, ZH, From string }

// Lookup finds a medicine by its generic name or another name; nil when no list knows it. The match
// is exact after folding: a name that is nearly right is not right, and a look-alike letter of
// another script is another letter.
func (r *Rules) Lookup(name string) *Drug {
	f := Fold(name)
	if d := r.Drugs[f]; d != nil {
		return d
	}
	return r.Drugs[r.Names[f]]
}

// Fold makes a name comparable: lower case, single spaces, without punctuation around it.
func Fold(s string) string {
	s = strings.ToLower(strings.Join(strings.Fields(s), " "))
	return strings.Trim(s, " .,;:!?\"'()")
}
