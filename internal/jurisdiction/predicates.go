package jurisdiction

import (
	"fmt"
	"slices"
	"strings"
)

// truth is the answer of a predicate: with a fact missing it may be neither yes nor no.
type truth int

const (
	no truth = iota
	unknown
	yes
)

// verdict is what a predicate says, which facts it missed, and the number it sets.
type verdict struct {
	fires   truth
	missing []string
	limit   int
	because string
}

type predicate func(Facts, Params) verdict

// predicates are the functions that a rule can name.
var predicates = map[string]predicate{
	"always":                func(Facts, Params) verdict { return verdict{fires: yes} },
	"lacks":                 lacks,
	"holds":                 holds,
	"young_child_alone":     youngChildAlone,
	"first_visit_pilot":     firstVisitPilot,
	"scheduled":             scheduled,
	"scheduled_refills":     scheduledRefills,
	"scheduled_lacks":       scheduledLacks,
	"named_drug":            namedDrug,
	"compound_with":         compoundWith,
	"tagged":                tagged,
	"injection_no_diabetes": injectionNoDiabetes,
	"days_over":             daysOver,
	"count_over":            countOver,
	"validity_over":         validityOver,
	"older_than":            olderThan,
	"kept_less_than":        keptLessThan,
	"drug_lacks":            drugLacks,
	"drug_beyond":           drugBeyond,
	"drug_young":            drugYoung,
	"tagged_pregnant":       taggedPregnant,
	"tagged_holds":          taggedHolds,
	"childbearing_supply":   childbearingSupply,
	"precursor_amount":      precursorAmount,
	"sent_by":               sentBy,
	"holds_and_lacks":       holdsAndLacks,
	"drug_childbearing":     drugChildbearing,
}

// told reads a fact with yes or no.
func (f Facts) told(name string) truth {
	v, known := f.Yes[name]
	switch {
	case !known:
		return unknown
	case v:
		return yes
	}
	return no
}

// any is yes when one is, no when all are.
func anyOf(all ...truth) truth { return slices.Max(append(all, no)) }

// both is no when one is, yes when all are.
func both(all ...truth) truth { return slices.Min(append(all, yes)) }

func not(t truth) truth { return yes - t }

func is(b bool) truth {
	if b {
		return yes
	}
	return no
}

func (f Facts) missing(names ...string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool {
		_, yesNo := f.Yes[n]
		_, number := f.Numbers[n]
		_, word := f.Words[n]
		return yesNo || number || word
	})
}

// above compares a number; unknown when nobody told it.
func (f Facts) above(name string, limit float64) truth {
	v, known := f.Numbers[name]
	if !known {
		return unknown
	}
	return is(v > limit)
}

func (f Facts) below(name string, limit float64) truth {
	v, known := f.Numbers[name]
	if !known {
		return unknown
	}
	return is(v < limit)
}

// lacks: one of the facts is not so.
func lacks(f Facts, p Params) verdict {
	all := make([]truth, len(p.Facts))
	for i, name := range p.Facts {
		all[i] = not(f.told(name))
	}
	return verdict{fires: anyOf(all...), missing: f.missing(p.Facts...)}
}

// holds: every fact is so.
func holds(f Facts, p Params) verdict {
	all := make([]truth, len(p.Facts))
	for i, name := range p.Facts {
		all[i] = f.told(name)
	}
	return verdict{fires: both(all...), missing: f.missing(p.Facts...)}
}

// holdsAndLacks: the first fact is so, and one of the others is not.
func holdsAndLacks(f Facts, p Params) verdict {
	rest := lacks(f, Params{Facts: p.Facts[1:]})
	v := verdict{fires: both(f.told(p.Facts[0]), rest.fires), missing: f.missing(p.Facts...)}
	if p.Unless != "" {
		v.fires, v.missing = both(v.fires, not(f.told(p.Unless))), append(v.missing, f.missing(p.Unless)...)
	}
	return v
}

// youngChildAlone: a child under an age without a guardian or a children's specialist.
func youngChildAlone(f Facts, p Params) verdict {
	young := f.below("age_months", float64(p.Years*12))
	alone := lacks(f, p)
	return verdict{fires: both(young, alone.fires), missing: f.missing(append([]string{"age_months"}, p.Facts...)...)}
}

// firstVisitPilot: place, institution and specialty are those of a pilot, and its facts hold.
func firstVisitPilot(f Facts, p Params) verdict {
	in := func(name string, list []string) truth {
		v, known := f.Words[name]
		if !known {
			return unknown
		}
		return is(slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, v) }))
	}
	return verdict{
		fires:   both(in("city", p.Places), in("institution", p.Institutions), in("specialty", p.Specialties), holds(f, p).fires),
		missing: f.missing(append([]string{"city", "institution", "specialty"}, p.Facts...)...),
	}
}

// scheduled: the medicine is on a list of controlled ones, and no fact excepts it.
func scheduled(f Facts, p Params) verdict {
	v := verdict{fires: f.listed(p)}
	if p.Unless != "" && v.fires == yes {
		v.fires, v.missing = both(v.fires, not(f.told(p.Unless))), f.missing(p.Unless)
	}
	if f.Drug != nil {
		v.because = strings.TrimSpace(f.Drug.INN + " " + map[string]string{"cn": f.Drug.CNClass, "us": f.Drug.USSchedule}[p.List])
	}
	return v
}

func (f Facts) listed(p Params) truth {
	switch {
	case f.Drug == nil:
		return no
	case p.List == "us":
		return is(slices.Contains(p.Schedules, f.Drug.USSchedule))
	}
	return is(f.Drug.CNClass != "")
}

// scheduledRefills: a controlled medicine with too many refills, or used too late.
func scheduledRefills(f Facts, p Params) verdict {
	late := no
	if p.Months > 0 {
		late = f.above("months_since_issue", float64(p.Months))
		if _, known := f.Numbers["months_since_issue"]; !known {
			late = no // it is being written
		}
	}
	return verdict{fires: both(f.listed(p), anyOf(f.above("refills", float64(p.Max)), late)), missing: f.missing("refills"), limit: p.Max}
}

func scheduledLacks(f Facts, p Params) verdict {
	rest := lacks(f, p)
	return verdict{fires: both(f.listed(p), rest.fires), missing: rest.missing}
}

var external = []string{"skin", "eye", "ear", "nasal", "vaginal"}

// namedDrug: the medicine is one of these; alone, not for the outside, where the rule says so.
func namedDrug(f Facts, p Params) verdict {
	if f.Drug == nil || !slices.Contains(p.Drugs, f.Drug.INN) ||
		p.Single && len(f.Drug.Components) > 1 || p.NotExternal && slices.Contains(external, f.Drug.Route) {
		return verdict{}
	}
	return verdict{fires: yes, because: f.Drug.INN}
}

// compoundWith: the medicine has one of these components; Single asks for those that hold more.
func compoundWith(f Facts, p Params) verdict {
	if f.Drug == nil || !slices.ContainsFunc(f.Drug.Components, func(c string) bool { return slices.Contains(p.Components, c) }) {
		return verdict{}
	}
	if !p.Single && len(f.Drug.Components) < 2 {
		return verdict{}
	}
	return verdict{fires: yes, because: f.Drug.INN}
}

func (f Facts) tagged(p Params) bool {
	return f.Drug != nil && slices.ContainsFunc(f.Drug.Tags, func(t string) bool { return slices.Contains(p.Tags, t) })
}

func tagged(f Facts, p Params) verdict { return verdict{fires: is(f.tagged(p))} }

// injectionNoDiabetes: an injection that does not lower glucose.
func injectionNoDiabetes(f Facts, _ Params) verdict {
	if f.Drug == nil || slices.Contains(f.Drug.Tags, "glucose_lowering") {
		return verdict{}
	}
	form := strings.ToLower(f.Drug.Form)
	injected := slices.Contains([]string{"subcutaneous", "intramuscular", "intravenous"}, f.Drug.Route) ||
		strings.Contains(form, "inject") || strings.Contains(form, "pen") && !strings.Contains(form, "suspension")
	return verdict{fires: is(injected), because: f.Drug.INN}
}

// daysOver: more days of supply than allowed, fewer in an emergency visit, unless a reason is recorded.
func daysOver(f Facts, p Params) verdict {
	limit := p.Max
	if f.told("emergency_visit") == yes && p.Emergency > 0 {
		limit = p.Emergency
	}
	v := verdict{fires: f.above("days", float64(limit)), missing: f.missing("days"), limit: limit}
	if p.Unless != "" && v.fires == yes {
		v.fires, v.missing = not(f.told(p.Unless)), append(v.missing, f.missing(p.Unless)...)
	}
	if d, known := f.Numbers["days"]; known {
		v.because = fmt.Sprintf("%v days", d)
	}
	return v
}

func countOver(f Facts, p Params) verdict {
	return verdict{fires: f.above("medicines", float64(p.Max)), missing: f.missing("medicines"), limit: p.Max}
}

// validityOver: the prescription is meant to be good for more days than allowed.
func validityOver(f Facts, p Params) verdict {
	return verdict{fires: f.above("validity_days", float64(p.Max)), missing: f.missing("validity_days"), limit: p.Max}
}

// olderThan: the prescription was issued more days ago.
func olderThan(f Facts, p Params) verdict {
	if len(p.Drugs) > 0 && (f.Drug == nil || !slices.Contains(p.Drugs, f.Drug.INN)) {
		return verdict{}
	}
	return verdict{fires: f.above("age_of_prescription_days", float64(p.Days)), missing: f.missing("age_of_prescription_days"), limit: p.Days}
}

// keptLessThan: a record of this kind is younger than it must be kept.
func keptLessThan(f Facts, p Params) verdict {
	kind, known := f.Words["record"]
	if known && !slices.Contains(p.Records, kind) {
		return verdict{}
	}
	young := f.below("record_age_years", float64(p.Years))
	if !known && young == yes {
		young = unknown
	}
	return verdict{fires: young, missing: f.missing("record", "record_age_years"), limit: p.Years}
}
