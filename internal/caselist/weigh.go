package caselist

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"housecall/internal/prescribing"
	"housecall/internal/safety"
)

// units are the words for a unit, by the one they mean.
var units = map[string]string{
	"mg": "mg", "milligram": "mg", "milligrams": "mg", "mgs": "mg", "毫克": "mg",
	"g": "g", "gram": "g", "grams": "g", "gm": "g", "克": "g",
	"mcg": "mcg", "µg": "mcg", "μg": "mcg", "ug": "mcg", "microgram": "mcg", "micrograms": "mcg", "微克": "mcg",
	"iu": "IU", "units": "IU", "unit": "IU", "international units": "IU", "u": "IU", "单位": "IU", "i.u.": "IU",
	"ml": "mL", "millilitre": "mL", "milliliter": "mL", "millilitres": "mL", "mls": "mL", "毫升": "mL", "cc": "mL",
	"tablet": "piece", "tablets": "piece", "tab": "piece", "tabs": "piece", "capsule": "piece", "capsules": "piece", "cap": "piece", "caps": "piece",
	"sachet": "piece", "sachets": "piece", "suppository": "piece", "suppositories": "piece", "patch": "piece", "patches": "piece", "pill": "piece", "pills": "piece",
	"ampoule": "piece", "lozenge": "piece", "pessary": "piece", "piece": "piece", "片": "piece", "粒": "piece", "gum": "piece", "dose": "piece", "doses": "piece", "pen": "piece", "injection": "piece",
	"puff": "puff", "puffs": "puff", "inhalation": "puff", "inhalations": "puff", "spray": "puff", "sprays": "puff", "actuation": "puff", "actuations": "puff", "吸": "puff", "喷": "puff",
	"drop": "drop", "drops": "drop", "滴": "drop", "application": "drop", "applications": "drop", "applicatorful": "drop", "fingertip unit": "drop", "fingertip units": "drop", "ftu": "drop", "cm": "drop", "thin layer": "drop", "layer": "drop", "strip": "drop",
	"mmol": "other", "meq": "other", "%": "other", "mcg/h": "other", "mcg/hr": "other", "µg/h": "other", "billion": "other", "mg/24 h": "other", "mg/24h": "other",
	"mg/kg": "mg/kg", "mg/kg/dose": "mg/kg", "mcg/kg": "mcg/kg",
}

func unitOf(s string) string {
	f := strings.ToLower(strings.TrimSpace(s))
	if known := units[f]; known != "" {
		return known
	}
	return f
}

// kindOf tells how a unit counts; "" when it is not known.
func kindOf(unit string) string {
	switch unit {
	case "mg", "g", "mcg", "IU":
		return "mass"
	case "mL":
		return "volume"
	case "mg/kg", "mcg/kg":
		return "per kg"
	case "piece", "puff", "drop":
		return "count"
	case "other":
		return "other"
	}
	return ""
}

// weigh turns a dose into weights of each component.
func (r *reading) weigh(f float64, unit string) {
	switch kindOf(unit) {
	case "mass":
		if !r.weighedIn(unit) {
			r.wrong("unit", "This medicine is not counted in "+unit+": the unit can't be right.")
			return
		}
		r.m.Doses = r.masses(f, unit)
	case "per kg":
		if r.c.Patient.Weight == nil {
			r.wrong("weight", "The dose goes by weight, and the weight is not known.")
			return
		}
		mass, _, _ := strings.Cut(unit, "/")
		r.m.Doses = []safety.Amount{{Component: r.drug.Components[0].Component, Value: decimal(f).Times(*r.c.Patient.Weight), Unit: mass}}
	case "count", "volume":
		r.m.Doses = r.counted(decimal(f), unit)
	}
}

// weighedIn tells whether a weight and international units were not mistaken for each other: the products
// and limits of the lists tell in which of the two a medicine is counted.
func (r *reading) weighedIn(unit string) bool {
	if r.drug.Is("class:insulin") {
		return unit == "IU"
	}
	known, fits := false, false
	see := func(all []safety.Amount) {
		for _, a := range all {
			known = known || a.Unit != ""
			fits = fits || a.Unit != "" && (a.Unit == "IU") == (unit == "IU")
		}
	}
	for _, p := range r.list.products[r.drug.INN] {
		see(p.PerUnit)
	}
	see(r.drug.MaxSingle)
	see(r.drug.MaxDaily)
	return !known || fits
}

// masses reads a dose in mg. Of a combination it may be that of the first component, of the last, or
// of all together, whichever a product of the lists has.
func (r *reading) masses(f float64, unit string) []safety.Amount {
	parts := r.drug.Components
	if len(parts) == 1 {
		return []safety.Amount{{Component: parts[0].Component, Value: r.elemental(decimal(f), unit), Unit: unit}}
	}
	mg, ok := safety.Convert(decimal(f), unit, "mg")
	if !ok {
		return nil
	}
	for _, n := range []int{1, 2, 3, 4} {
		for _, one := range r.strengths() {
			for _, total := range totals(one) {
				if total.Times(safety.Whole(n)).Equal(mg) {
					return scaled(one, safety.Whole(n))
				}
			}
		}
	}
	if one := r.usual(); one != nil {
		first, known := safety.Convert(one[0].Value, one[0].Unit, "mg")
		if by, ok := mg.Over(first); known && ok {
			return scaled(one, by)
		}
	}
	return []safety.Amount{{Component: parts[0].Component, Value: mg, Unit: "mg"}}
}

// usual is the strength to reckon with where a dose is that of no product: of the mixtures that differ
// in how much of the rest goes with the first component, the lower middle one.
func (r *reading) usual() []safety.Amount {
	all := r.strengths()
	if len(all) == 0 {
		return nil
	}
	share := func(one []safety.Amount) safety.Decimal {
		part, _ := one[len(one)-1].Value.Over(one[0].Value)
		return part
	}
	slices.SortStableFunc(all, func(a, b []safety.Amount) int { return share(a).Cmp(share(b)) })
	if len(all) > 2 {
		return all[len(all)/4]
	}
	return all[0]
}

// totals are the ways to say the strength of a combination: all together, the first, the last.
func totals(one []safety.Amount) []safety.Decimal {
	sum := safety.Decimal{}
	var each []safety.Decimal
	for _, a := range one {
		v, ok := safety.Convert(a.Value, a.Unit, "mg")
		if !ok {
			return nil
		}
		sum, each = sum.Plus(v), append(each, v)
	}
	return []safety.Decimal{each[0], sum, each[len(each)-1]}
}

func scaled(one []safety.Amount, by safety.Decimal) []safety.Amount {
	out := make([]safety.Amount, len(one))
	for i, a := range one {
		out[i] = safety.Amount{Component: a.Component, Value: a.Value.Times(by), Unit: a.Unit}
	}
	return out
}

// strengths lists what one tablet or one mL of the medicine can hold: its products, or the usual pack.
func (r *reading) strengths() [][]safety.Amount {
	var out [][]safety.Amount
	for _, p := range r.list.products[r.drug.INN] {
		if len(p.PerUnit) == len(r.drug.Components) {
			out = append(out, p.PerUnit)
		}
	}
	if len(out) == 0 && !slices.ContainsFunc(r.drug.Components, func(a safety.Amount) bool { return a.Value.IsZero() }) {
		out = append(out, r.drug.Components)
	}
	return out
}

// counted turns tablets, puffs or mL into weights by the strength that is told, else by the products of
// the lists. Where these differ and nobody told, the least counts, and it is asked.
func (r *reading) counted(n safety.Decimal, unit string) []safety.Amount {
	if one := r.toldStrength(unit); one != nil {
		return scaled(one, n)
	}
	var fitting [][]safety.Amount
	for _, p := range r.list.products[r.drug.INN] {
		if fits(p, unit, safety.Route(*r.m), r.m.Form) && len(p.PerUnit) > 0 {
			fitting = append(fitting, p.PerUnit)
		}
	}
	if len(fitting) == 0 && unit != "mL" && len(r.list.products[r.drug.INN]) == 0 {
		fitting = r.strengths()
	}
	if len(fitting) == 0 {
		return nil
	}
	least := slices.MinFunc(fitting, func(a, b []safety.Amount) int { return a[0].Value.Cmp(b[0].Value) })
	most := slices.MaxFunc(fitting, func(a, b []safety.Amount) int { return a[0].Value.Cmp(b[0].Value) })
	if r.fresh && r.passes(most, n) && !r.passes(least, n) {
		r.c.question("strength:"+r.m.INN, "The strength is not told: the weakest product of the list was reckoned with.", r.m.INN)
	}
	return scaled(least, n)
}

// passes tells whether so much of one strength is above a ceiling of the lists.
func (r *reading) passes(one []safety.Amount, n safety.Decimal) bool {
	over := func(limits []safety.Amount, times safety.Decimal) bool {
		return slices.ContainsFunc(limits, func(limit safety.Amount) bool {
			return slices.ContainsFunc(one, func(a safety.Amount) bool {
				v, ok := safety.Convert(a.Value, a.Unit, limit.Unit)
				return ok && a.Component == limit.Component && v.Times(n).Times(times).More(limit.Value)
			})
		})
	}
	single, daily := r.drug.Ceilings(*r.m)
	return over(single, safety.Whole(1)) || r.m.PerDay != nil && over(daily, *r.m.PerDay)
}

// fits tells whether a product is counted in this unit and goes this way.
func fits(p *prescribing.Product, unit, route, form string) bool {
	basis := map[string][]string{"piece": {"piece"}, "puff": {"puff"}, "mL": {"volume"}, "drop": {"drop"}}[unit]
	if !slices.Contains(basis, p.Basis()) || form != "" && strings.Contains(p.Form, form) != strings.Contains(p.Form, strings.ToLower(form)) {
		return false
	}
	own := safety.Route(safety.Medicine{Form: p.Form})
	return route == "" || own == "" || own == route
}

var (
	strengthShape = regexp.MustCompile(`([0-9.]+)\s*(mg|g|mcg|µg|micrograms?|iu|units?)(?:\s*(?:/|per|in)\s*([0-9.]+)?\s*(ml|dose|puff|actuation|tablet|capsule))?`)
	comboShape    = regexp.MustCompile(`([0-9.]+)\s*(?:mg|mcg)?\s*[/+-]\s*([0-9.]+)\s*(mg|mcg)(?:\s*(?:/|per|in)\s*([0-9.]+)\s*ml)?`)
)

// toldStrength reads "500 mg", "120 mg/5 mL" or "500/125 mg" into what one unit holds.
func (r *reading) toldStrength(unit string) []safety.Amount {
	words, parts := strings.ToLower(r.m.Strength), r.drug.Components
	if m := comboShape.FindStringSubmatch(words); m != nil && len(parts) == 2 {
		return r.toldPair(m, unit)
	}
	m := strengthShape.FindStringSubmatch(words)
	if m == nil || len(parts) != 1 {
		return nil
	}
	v := lenient(m[1])
	if m[4] == "ml" {
		if unit != "mL" {
			return nil
		}
		if in := lenient(m[3]); !in.IsZero() {
			v, _ = v.Over(in)
		}
	} else if unit == "mL" {
		return nil
	}
	return []safety.Amount{{Component: parts[0].Component, Value: r.elemental(v, unitOf(m[2])), Unit: unitOf(m[2])}}
}

// toldPair reads "500/125 mg" and "250/62.5 mg per 5 mL".
func (r *reading) toldPair(m []string, unit string) []safety.Amount {
	a, b := lenient(m[1]), lenient(m[2])
	if (unit == "mL") != (m[4] != "") {
		return nil
	}
	if in := lenient(m[4]); unit == "mL" && !in.IsZero() {
		a, _ = a.Over(in)
		b, _ = b.Over(in)
	}
	parts := r.drug.Components
	return []safety.Amount{{Component: parts[0].Component, Value: a, Unit: m[3]}, {Component: parts[1].Component, Value: b, Unit: m[3]}}
}

func lenient(s string) safety.Decimal {
	f, told, ok := number(s)
	if !told || !ok || f < 0 || math.IsNaN(f) {
		return safety.Decimal{}
	}
	return decimal(f)
}

// elemental turns a weight of a salt into what limits are told in. Of iron 200 mg dried sulfate hold
// 65 mg, 300 mg of the other 60 mg.
func (r *reading) elemental(v safety.Decimal, unit string) safety.Decimal {
	if factor, salt := r.list.rules.Salts[safety.Fold(r.m.INN)]; salt {
		return v.Times(factor)
	}
	if d := r.drug; d.INN != "ferrous sulfate" || unit != "mg" || !v.More(safety.Whole(100)) {
		return v
	}
	if v.More(safety.Whole(250)) {
		return v.Times(safety.MustDecimal("0.2"))
	}
	return v.Times(safety.MustDecimal("0.325"))
}
