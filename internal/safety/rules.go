package safety

import (
	"slices"
	"strings"
)

// Rules is the knowledge that Check judges by. It is made once from data files and only read.
type Rules struct {
	Drugs        map[string]*Drug   // by lower-case INN
	Names        map[string]string  // other names of a drug, folded -> INN
	Brands       map[string]string  // trade names, folded -> INN: understood when somebody writes one, never offered
	Salts        map[string]Decimal // names whose strengths are told in a salt -> how much of it is the medicine
	Tags         map[string]Tag
	Allergies    []AllergyRule
	Allergens    map[string]string // other words for an allergen, folded -> allergen of a rule
	Interactions []InteractionRule
	Conditions   []ConditionRule
	Terms        map[string]Term
	Words        map[string]string // names of a condition, folded -> keys of Terms joined by ";"; "": known, and concerns no medicine
	Stricter     []Stricter
	Triples      []Triple

	stricter  map[string][]int // by the id of the rule
	combos    map[string]*Drug // combinations by their sorted components
	phrases   []phrase         // keys of Words, the longest first
	reagents  []phrase         // keys of Allergens that are words, the longest first
	selectors map[string]int   // number of each selector that a rule names
	members   map[*Drug]bitset // which selectors mean a medicine
	sides     map[*Drug]sides  // which interactions have it on which side
}

// bitset is a set of selector numbers: the check of fifteen medicines asks tens of thousands of times.
type bitset []uint64

// sides are the interactions, by number, that a medicine meets with their first and second selector.
type sides struct{ a, b bitset }

func (r *Rules) sidesOf(set bitset) sides {
	n := len(r.Interactions)/64 + 1
	s := sides{make(bitset, n), make(bitset, n)}
	for i := range r.Interactions {
		if set.has(r.Interactions[i].a) {
			s.a.add(i)
		}
		if set.has(r.Interactions[i].b) {
			s.b.add(i)
		}
	}
	return s
}

func (b bitset) has(n int) bool { return b[n>>6]&(1<<(n&63)) != 0 }
func (b bitset) add(n int)      { b[n>>6] |= 1 << (n & 63) }
func (b bitset) drop(n int)     { b[n>>6] &^= 1 << (n & 63) }

// Prepare numbers the selectors of the rules, once, when all is loaded; Check refuses rules without it.
func (r *Rules) Prepare() {
	r.selectors, r.members, r.sides = map[string]int{}, map[*Drug]bitset{}, map[*Drug]sides{}
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
	for i := range r.Triples {
		for n, selector := range r.Triples[i].Of {
			r.Triples[i].of[n] = number(selector)
		}
	}
	for i := range r.Stricter {
		if with := r.Stricter[i].With; with != "" {
			r.Stricter[i].with = number(with)
		}
	}
	r.index()
	for _, d := range r.Drugs {
		set := make(bitset, len(r.selectors)/64+1)
		for selector, n := range r.selectors {
			if r.means(d, selector) {
				set.add(n)
			}
		}
		r.members[d], r.sides[d] = set, r.sidesOf(set)
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
	Weekly           bool     // taken once a week, never daily
	Routes           []string // of its products; empty: not told
	Extra            []Extra
	Ways             []Way // ceilings of forms that other doses go with, a nebuliser's beside an inhaler's
}

// Way is one form or route of a medicine with ceilings of its own.
type Way struct {
	Word          string // found in the form or the route
	Single, Daily Amount
	Source        string
}

// Ceilings are the most of one dose and of a day for a medicine as it is given.
func (d *Drug) Ceilings(m Medicine) (single, daily []Amount) {
	for _, w := range d.Ways {
		if strings.Contains(strings.ToLower(m.Form+" "+m.Route), w.Word) {
			return []Amount{w.Single}, []Amount{w.Daily}
		}
	}
	return d.MaxSingle, d.MaxDaily
}

// Extra is a limit that the columns of the formulary have no place for. Kind is min_weight (kg),
// max_days, kg_dose (mg/kg in one dose, below so many kg) or kg_day (mg/kg in 24 hours, likewise).
type Extra struct {
	Kind     string
	Value    Decimal
	BelowKg  Decimal
	Severity Severity
	Why      string
	Source   string
}

// Stricter makes a rule of a pair or a condition graver where a fact is met: a dose above so much, an
// age above, an eGFR below, a condition, or a third medicine.
type Stricter struct {
	Rule            string
	Drug            string  // whose daily dose (or that of its component) is above Limit
	Limit           Decimal // in mg
	AgeOver         int
	EGFRBelow       int
	Terms           []string
	With            string // a selector that another medicine meets
	Severity        string
	Why, Do, Source string
	with            int
}

// Triple is three medicines that together do what no two of them do.
type Triple struct {
	ID                         string
	Of                         [3]string
	Severity                   string
	Effect, Management, Source string
	of                         [3]int
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
