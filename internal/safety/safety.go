package safety

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Severity is how strongly a finding speaks.
type Severity string

// The severities: a hard stop can't be overridden, a warning needs a reason, an info is only shown.
const (
	HardStop Severity = "hard_stop"
	Warning  Severity = "warning"
	Info     Severity = "info"
)

// Kind is what sort of danger a finding names.
type Kind string

// The kinds of finding.
const (
	KindInteraction   Kind = "interaction"
	KindAllergy       Kind = "allergy"
	KindDuplicate     Kind = "duplicate"
	KindDoseMax       Kind = "dose_max"
	KindDoseAge       Kind = "dose_age"
	KindDoseWeight    Kind = "dose_weight"
	KindDoseFrequency Kind = "dose_frequency"
	KindRenal         Kind = "renal"
	KindHepatic       Kind = "hepatic"
	KindPregnancy     Kind = "pregnancy"
	KindLactation     Kind = "lactation"
	KindCondition     Kind = "condition"
	KindControlled    Kind = "controlled"
	KindJurisdiction  Kind = "jurisdiction"
	KindRemoteBlocked Kind = "remote_blocked"
	KindLimit         Kind = "limit"
	KindMissingFact   Kind = "missing_fact"
	KindUnknownDrug   Kind = "unknown_drug"
)

// Finding is one thing that the doctor and the pharmacist must know before this medicine is given.
type Finding struct {
	ID       string   `json:"id" doc:"Stays the same while the rule and both sides stay the same."`
	Kind     Kind     `json:"kind"`
	Severity Severity `json:"severity"`
	Drugs    []string `json:"drugs"`
	Fact     string   `json:"fact" doc:"The other side, and where it is known from."`
	Why      string   `json:"why"`
	Do       string   `json:"do"`
	Source   string   `json:"source"`

	// The same in Chinese, where it is known.
	FactZH string `json:"fact_zh,omitempty"`
	WhyZH  string `json:"why_zh,omitempty"`
	DoZH   string `json:"do_zh,omitempty"`
}

// Check answers everything that speaks against giving the proposed medicines to this patient, who
// takes the current ones, on this day: worst first, then by id. It changes nothing. A check that
// breaks is a hard stop.
func Check(p Patient, current, proposed []Medicine, rules *Rules, on Date) []Finding {
	if rules == nil || len(rules.Drugs) == 0 || rules.members == nil {
		return []Finding{broken("rules", "no rules are loaded")}
	}
	if len(proposed) > maxMedicines || len(current) > maxMedicines {
		return []Finding{finding(KindLimit, HardStop, "too-many", nil, fmt.Sprintf("%d medicines at once.", len(proposed)+len(current)),
			fmt.Sprintf("More than %d can't be checked together; nobody takes them.", maxMedicines), "Look at the list again: it can't be meant.", "HOUSECALL")}
	}
	c := &check{patient: p, rules: rules, on: on}
	found := guarded("medicines", c, func(c *check) []Finding {
		c.current, c.proposed = c.resolve(current, false), c.resolve(proposed, true)
		c.known()
		return nil
	})
	for _, one := range checks {
		found = append(found, guarded(one.name, c, one.run)...)
	}
	return tidy(found)
}

// Worst is the severity of the worst finding, "" when there is none.
func Worst(found []Finding) Severity {
	worst := Severity("")
	for _, f := range found {
		if rank(f.Severity) > rank(worst) {
			worst = f.Severity
		}
	}
	return worst
}

// maxMedicines bounds the work of one check; nobody takes more.
const maxMedicines = 100

// checks lists every kind of check, in the order their findings are made.
var checks = []struct {
	name string
	run  func(*check) []Finding
}{
	{"unknown medicines", unknownDrugs},
	{"remote prescribing", remoteBlocked},
	{"allergies", allergies},
	{"duplicates", duplicates},
	{"interactions", interactions},
	{"three together", triples},
	{"conditions", conditions},
	{"doses", doses},
	{"how often", frequencies},
	{"other limits", extras},
	{"kidneys", renal},
	{"liver", hepatic},
	{"pregnancy", pregnancy},
	{"breast-feeding", lactation},
}

// check is one question being answered. Nothing of it outlives Check.
type check struct {
	patient           Patient
	rules             *Rules
	on                Date
	current, proposed []*taken
	has               map[string]string // what the patient has, with the fact in words
	unmatched         []Condition
	assumed           string // where an eGFR was taken from that nobody measured
}

// taken is a medicine with what the rules know of it; drug is nil when no list knows it.
type taken struct {
	Medicine
	drug  *Drug
	set   bitset // the selectors that mean it
	met   sides  // the interactions that they stand in
	new   bool
	route string
}

// resolve looks every medicine up. A present combination outside the lists counts as each of its parts.
func (c *check) resolve(all []Medicine, proposed bool) []*taken {
	out := make([]*taken, 0, len(all))
	for _, m := range all {
		drug := c.rules.ByRoute(m.INN, Route(m))
		if m.CheckedAs != "" {
			drug = c.rules.Lookup(m.CheckedAs)
		}
		if drug != nil || proposed {
			out = append(out, c.taken(m, drug, proposed))
			continue
		}
		parts := c.rules.Parts(m.INN)
		for _, d := range parts {
			one := m
			one.Doses = dosesOf(m.Doses, d)
			out = append(out, c.taken(one, d, false))
		}
		if parts == nil {
			out = append(out, c.taken(m, nil, false))
		}
	}
	return out
}

func dosesOf(all []Amount, d *Drug) []Amount {
	return slices.DeleteFunc(slices.Clone(all), func(a Amount) bool {
		return !slices.ContainsFunc(d.Components, func(p Amount) bool { return p.Component == a.Component })
	})
}

func (c *check) taken(m Medicine, drug *Drug, proposed bool) *taken {
	one := &taken{Medicine: m, drug: drug, new: proposed, route: Route(m), set: c.rules.members[drug], met: c.rules.sides[drug]}
	if drug != nil && aspirin(drug) {
		one.set = slices.Clone(one.set)
		if one.set.drop(c.rules.selectors[nsaids]); highAspirin(one) {
			one.set.add(c.rules.selectors[nsaids])
		}
		one.met = c.rules.sidesOf(one.set)
	}
	return one
}

// all lists the current medicines, then the proposed ones.
func (c *check) all() []*taken { return append(slices.Clone(c.current), c.proposed...) }

// guarded runs one check and turns a panic into a hard stop: a check that can't answer forbids.
func guarded(name string, c *check, run func(*check) []Finding) (found []Finding) {
	defer func() {
		if recover() != nil {
			found = []Finding{broken(name, "the check stopped in the middle")}
		}
	}()
	return run(c)
}

func broken(name, why string) Finding {
	return finding(KindMissingFact, HardStop, "check-broken:"+name, nil, "The check of "+name+" could not be done: "+why+".",
		"What could not be checked is not safe.", "Do not sign. Tell the operator; try again.", "HOUSECALL")
}

// finding makes a finding with its stable id: the kind, the rule and both sides.
func finding(k Kind, s Severity, rule string, drugs []string, fact, why, do, source string) Finding {
	key := append([]string{string(k), rule}, drugs...)
	sum := sha256.Sum256([]byte(strings.Join(key, "\x1f")))
	if drugs == nil {
		drugs = []string{}
	}
	return Finding{
		ID:   fmt.Sprintf("%s-%s", strings.ReplaceAll(string(k), "_", "-"), hex.EncodeToString(sum[:6])),
		Kind: k, Severity: s, Drugs: drugs, Fact: fact, Why: why, Do: do, Source: source,
	}
}

// tidy sorts findings worst first and keeps the worst of those that share an id.
func tidy(found []Finding) []Finding {
	slices.SortStableFunc(found, func(a, b Finding) int {
		if d := rank(b.Severity) - rank(a.Severity); d != 0 {
			return d
		}
		return strings.Compare(a.ID, b.ID)
	})
	seen := map[string]bool{}
	out := make([]Finding, 0, len(found))
	for _, f := range found {
		if !seen[f.ID] {
			seen[f.ID] = true
			out = append(out, f)
		}
	}
	return out
}

func rank(s Severity) int {
	switch s {
	case HardStop:
		return 3
	case Warning:
		return 2
	case Info:
		return 1
	}
	return 0
}

// Refusal makes a finding of what keeps a check from being made, for those who read the facts.
func Refusal(k Kind, s Severity, rule string, drugs []string, why string) Finding {
	do := "Correct it and check again; nothing is signed until then."
	if s != HardStop {
		do = "Ask, and record it; or write how you checked it."
	}
	return finding(k, s, rule, drugs, "What was written can't be used.", why, do, "HOUSECALL")
}

// Place makes a finding of a decision by the rules of a place.
func Place(k Kind, s Severity, rule string, drugs []string, fact, why, do, source string) Finding {
	return finding(k, s, rule, drugs, fact, why, do, source)
}

// Sorted sorts findings worst first and keeps one of those that share an id.
func Sorted(found []Finding) []Finding { return tidy(found) }
