package jurisdiction

import (
	"fmt"
	"slices"
)

func (f Facts) one(p Params) bool { return f.Drug != nil && slices.Contains(p.Drugs, f.Drug.INN) }

// drugLacks: one of these medicines, and one of the facts is not so.
func drugLacks(f Facts, p Params) verdict {
	if !f.one(p) {
		return verdict{}
	}
	v := lacks(f, p)
	v.because = f.Drug.INN
	return v
}

// drugBeyond: one of these medicines beyond a dose, a time, an age, a weight, or with one of the facts.
// What a parameter does not name is not asked; of the facts that it asks, one that nobody told counts.
func drugBeyond(f Facts, p Params) verdict {
	if !f.one(p) {
		return verdict{}
	}
	var all []truth
	var asked []string
	ask := func(named bool, t truth, names ...string) {
		if named {
			all, asked = append(all, t), append(asked, names...)
		}
	}
	ask(p.MgDay > 0, f.above("dose_mg_day", float64(f.mgDay(p))), "dose_mg_day")
	ask(p.Days > 0, f.above("days", float64(p.Days)), "days")
	ask(p.Years > 0, f.below("age_months", float64(p.Years*12)), "age_months")
	ask(p.Months > 0, f.below("age_months", float64(p.Months)), "age_months")
	ask(p.Kg > 0, f.light(float64(p.Kg)), "weight_kg")
	ask(p.MgKgDay > 0, f.heavyDose(p.MgKgDay), "dose_mg_day", "weight_kg")
	for _, name := range p.Facts {
		ask(true, f.told(name), name)
	}
	return verdict{fires: anyOf(all...), missing: f.missing(asked...), because: f.Drug.INN}
}

func (f Facts) mgDay(p Params) int {
	if age, known := f.Numbers["age_months"]; p.MgDayOver > 0 && (!known || age > 65*12) {
		return p.MgDayOver
	}
	return p.MgDay
}

// light: a grown-up whose weight nobody told is not asked for it.
func (f Facts) light(kg float64) truth {
	if _, known := f.Numbers["weight_kg"]; !known && f.below("age_months", 16*12) == no {
		return no
	}
	return f.below("weight_kg", kg)
}

// heavyDose: more mg for each kg and day in a child; a grown-up has a ceiling in mg.
func (f Facts) heavyDose(perKg float64) truth {
	if f.below("age_months", 18*12) == no {
		return no
	}
	dose, told := f.Numbers["dose_mg_day"]
	kg, weighed := f.Numbers["weight_kg"]
	if !told || !weighed || kg <= 0 {
		return unknown
	}
	return is(dose/kg > perKg)
}

// drugYoung: one of these medicines under an age, under a later one after surgery of the throat, or
// while breast-feeding; Facts are what else forbids it.
func drugYoung(f Facts, p Params) verdict {
	if !f.one(p) {
		return verdict{}
	}
	all := []truth{f.below("age_months", float64(p.Years*12))}
	if p.Months > 0 {
		all = append(all, both(f.below("age_months", float64(p.Months)), f.told("tonsil_surgery")))
	}
	for _, name := range p.Facts {
		all = append(all, f.told(name))
	}
	return verdict{fires: anyOf(all...), missing: f.missing(append([]string{"age_months"}, p.Facts...)...), because: f.Drug.INN}
}

// taggedPregnant: a medicine of a group from a week of pregnancy on.
func taggedPregnant(f Facts, p Params) verdict {
	if !f.tagged(p) {
		return verdict{}
	}
	late := f.above("pregnancy_weeks", float64(p.Weeks)-0.5)
	return verdict{fires: both(f.told("pregnant"), late), missing: f.missing("pregnant", "pregnancy_weeks"), because: f.Drug.INN}
}

// taggedHolds: a medicine of a group, and one of the facts is so.
func taggedHolds(f Facts, p Params) verdict {
	if !f.tagged(p) {
		return verdict{}
	}
	all := make([]truth, len(p.Facts))
	for i, name := range p.Facts {
		all[i] = f.told(name)
	}
	return verdict{fires: anyOf(all...), missing: f.missing(p.Facts...), because: f.Drug.INN}
}

// drugChildbearing: one of these medicines for somebody who can become pregnant, unless a fact excepts.
func drugChildbearing(f Facts, p Params) verdict {
	if !f.one(p) {
		return verdict{}
	}
	v := verdict{fires: f.told("can_become_pregnant"), missing: f.missing("can_become_pregnant"), because: f.Drug.INN}
	if p.Unless != "" {
		v.fires, v.missing = both(v.fires, not(f.told(p.Unless))), append(v.missing, f.missing(p.Unless)...)
	}
	for _, name := range p.Facts { // what forbids it to everybody
		v.fires = anyOf(v.fires, f.told(name))
	}
	return v
}

// childbearingSupply: one of these medicines for somebody who can become pregnant: more days than Max,
// collected later than Days after the test or the issue, refills, or without the facts.
func childbearingSupply(f Facts, p Params) verdict {
	if !f.one(p) {
		return verdict{}
	}
	beyond := []truth{f.above("days", float64(p.Max))}
	asked := []string{"days", "can_become_pregnant"}
	if p.Days > 0 {
		beyond, asked = append(beyond, f.above("days_since_test", float64(p.Days))), append(asked, "days_since_test")
	}
	if p.Emergency == 0 {
		beyond, asked = append(beyond, f.above("refills", 0)), append(asked, "refills")
	}
	beyond = append(beyond, lacks(f, p).fires)
	v := verdict{fires: both(f.told("can_become_pregnant"), anyOf(beyond...)), missing: f.missing(append(asked, p.Facts...)...), limit: p.Max, because: f.Drug.INN}
	if p.Weeks > 0 { // others have a limit of their own
		v.fires = anyOf(v.fires, f.above("days", float64(p.Weeks*7)))
	}
	return v
}

// precursorAmount: more of a precursor than may be sent, or sold at the counter, or nobody saw a paper.
func precursorAmount(f Facts, p Params) verdict {
	if f.Drug == nil || !slices.ContainsFunc(f.Drug.Components, func(c string) bool { return slices.Contains(p.Components, c) }) {
		return verdict{}
	}
	over := f.above("grams_30_days", p.Grams)
	if f.Words["fulfilment"] == "pickup" {
		over = anyOf(f.above("grams_30_days", 9), f.above("grams_a_day", 3.6))
	}
	return verdict{
		fires: anyOf(over, not(f.told("photo_id"))), missing: f.missing("grams_30_days", "photo_id"),
		because: fmt.Sprintf("%s, %.1f g in 30 days", f.Drug.INN, f.Numbers["grams_30_days"]),
	}
}

// sentBy: one of these medicines (any, where none is named) on a way that the rule forbids.
func sentBy(f Facts, p Params) verdict {
	if len(p.Drugs) > 0 && !f.one(p) {
		return verdict{}
	}
	mode, known := f.Words["fulfilment"]
	v := verdict{fires: unknown, missing: f.missing("fulfilment")}
	if known {
		v.fires = is(slices.Contains(p.Modes, mode))
	}
	if p.Unless != "" {
		v.fires, v.missing = both(v.fires, not(f.told(p.Unless))), append(v.missing, f.missing(p.Unless)...)
	}
	return v
}
