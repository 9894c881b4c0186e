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
}

// Check answers everything that speaks against giving the proposed medicines to this patient, who
// takes the current ones, on this day: worst first, then by id. It changes nothing. A check that
// breaks is a hard stop.
func Check(p Patient, current, proposed []Medicine, rules *Rules, on Date) []Finding {
	if rules == nil || len(rules.Drugs) == 0 || rules.members == nil {
		return []Finding{broken("rules", "no rules are loaded")}
	}
	if len(proposed) > maxMedicines || len(current) > maxMedicines {
		return []Finding{broken("too many medicines", "more medicines than can be checked together")}
	}
	c := &check{patient: p, rules: rules, on: on}
	c.current, c.proposed = c.resolve(current, false), c.resolve(proposed, true)
	var found []Finding
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
	{"conditions", conditions},
	{"doses", doses},
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
}

// taken is a medicine with what the rules know of it; drug is nil when no list knows it.
type taken struct {
	Medicine
	drug *Drug
	set  bitset // the selectors that mean it
	new  bool
}

// resolve looks every medicine up.
func (c *check) resolve(all []Medicine, proposed bool) []*taken {
	out := make([]*taken, len(all))
	for i, m := range all {
		one := &taken{Medicine: m, drug: c.rules.Lookup(m.INN), new: proposed}
		one.set = c.rules.members[one.drug]
		if one.drug != nil && aspirin(one.drug) {
			one.set = slices.Clone(one.set)
			if one.set.drop(c.rules.selectors[nsaids]); highAspirin(one) {
				one.set.add(c.rules.selectors[nsaids])
			}
		}
		out[i] = one
	}
	return out
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
