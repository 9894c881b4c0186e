package prescribing

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"housecall/internal/safety"
)

// moreTags reads tags that this project adds to medicines of the lists.
func (d *reader) moreTags(r *safety.Rules, sources map[string]bool) {
	rows := d.table("more_tags.csv", "inn", "tag", "why", "source")
	d.unique(rows, "inn", "tag")
	for _, c := range rows {
		drug := r.Drugs[c.get("inn")]
		switch {
		case drug == nil:
			d.bad(c, "medicine %q is in no list", c.get("inn"))
		case r.Tags[c.get("tag")].Name == "":
			d.bad(c, "tag %s is not defined in classes.csv", c.get("tag"))
		case slices.Contains(drug.Tags, c.get("tag")):
			d.bad(c, "%s has the tag %s already", c.get("inn"), c.get("tag"))
		default:
			drug.Tags = append(drug.Tags, c.get("tag"))
		}
		d.sourced(c, "source", sources)
	}
}

// brands reads trade names. They are understood where a patient or a case names one; the search offers
// generic names alone.
func (d *reader) brands(r *safety.Rules, sources map[string]bool) {
	rows := d.table("brands.csv", "brand", "inn", "source")
	d.unique(rows, "brand")
	for _, c := range rows {
		brand := safety.Fold(c.get("brand"))
		switch {
		case r.Drugs[c.get("inn")] == nil:
			d.bad(c, "medicine %q is in no list", c.get("inn"))
		case r.Drugs[brand] != nil || r.Names[brand] != "":
			d.bad(c, "%q is a name of a medicine already", brand)
		}
		r.Brands[brand] = c.get("inn")
		d.sourced(c, "source", sources)
	}
}

// salts reads which names tell their strength in a salt, and how much of it counts.
func (d *reader) salts(r *safety.Rules, sources map[string]bool) {
	rows := d.table("salts.csv", "name", "inn", "factor", "why", "source")
	d.unique(rows, "name")
	for _, c := range rows {
		factor, err := safety.ParseDecimal(c.get("factor"))
		if err != nil || factor.More(safety.Whole(1)) || factor.IsZero() {
			d.bad(c, "factor %q is no number between 0 and 1", c.get("factor"))
		}
		if drug := r.Lookup(c.get("name")); drug == nil || drug.INN != c.get("inn") {
			d.bad(c, "%q does not mean %q", c.get("name"), c.get("inn"))
		}
		r.Salts[safety.Fold(c.get("name"))] = factor
		d.sourced(c, "source", sources)
	}
}

// extraLimits reads the limits that the formulary's columns have no place for.
func (d *reader) extraLimits(r *safety.Rules, sources map[string]bool) {
	rows := d.table("extra_limits.csv", "inn", "kind", "value", "below_kg", "severity", "why", "source")
	d.unique(rows, "inn", "kind")
	for _, c := range rows {
		d.oneOf(c, "kind", "min_weight", "max_days", "kg_dose", "kg_day")
		d.oneOf(c, "severity", "hard_stop", "warning", "info")
		d.sourced(c, "source", sources)
		value, err := safety.ParseDecimal(c.get("value"))
		if err != nil {
			d.bad(c, "value %q: %v", c.get("value"), err)
		}
		var below safety.Decimal
		if c.get("below_kg") != "" {
			if below, err = safety.ParseDecimal(c.get("below_kg")); err != nil {
				d.bad(c, "below_kg %q: %v", c.get("below_kg"), err)
			}
		}
		drug := r.Drugs[c.get("inn")]
		if drug == nil {
			d.bad(c, "medicine %q is in no list", c.get("inn"))
			continue
		}
		drug.Extra = append(drug.Extra, safety.Extra{
			Kind: c.get("kind"), Value: value, BelowKg: below, Severity: safety.Severity(c.get("severity")), Why: c.get("why"), Source: c.get("source"),
		})
	}
}

var doseShape = regexp.MustCompile(`^dose (.+) > ([0-9.]+) mg$`)

// ways reads the ceilings of a form or route that other doses go with.
func (d *reader) ways(r *safety.Rules, sources map[string]bool) {
	rows := d.table("form_limits.csv", "inn", "word", "max_single", "max_daily", "why", "source")
	d.unique(rows, "inn", "word")
	for _, c := range rows {
		d.sourced(c, "source", sources)
		drug := r.Drugs[c.get("inn")]
		if drug == nil || c.get("word") == "" {
			d.bad(c, "medicine %q is in no list, or no word of a form is told", c.get("inn"))
			continue
		}
		single, daily := d.ceilings(c, "max_single", drug), d.ceilings(c, "max_daily", drug)
		if len(single) != 1 || len(daily) != 1 {
			d.bad(c, "needs one ceiling of a dose and one of a day")
			continue
		}
		drug.Ways = append(drug.Ways, safety.Way{Word: c.get("word"), Single: single[0], Daily: daily[0], Source: c.get("source")})
	}
}

// stricter reads what makes a rule graver: "dose simvastatin > 20 mg", "age > 65", "egfr < 60",
// "term long_qt;low_potassium", "with class:thiazide".
func (d *reader) stricter(r *safety.Rules, sources map[string]bool) {
	for _, c := range d.table("stricter.csv", "rule", "when", "severity", "why", "do", "source") {
		d.sourced(c, "source", sources)
		d.oneOf(c, "severity", "moderate", "serious", "contraindicated")
		if !slices.ContainsFunc(r.Interactions, func(i safety.InteractionRule) bool { return i.ID == c.get("rule") }) &&
			!slices.ContainsFunc(r.Conditions, func(k safety.ConditionRule) bool { return k.ID == c.get("rule") }) {
			d.bad(c, "rule %s is in no list", c.get("rule"))
		}
		s := safety.Stricter{Rule: c.get("rule"), Severity: c.get("severity"), Why: c.get("why"), Do: c.get("do"), Source: c.get("source")}
		if d.when(r, c, &s) {
			r.Stricter = append(r.Stricter, s)
		}
	}
}

// when reads the fact of a stricter row; false when it can't be read.
func (d *reader) when(r *safety.Rules, c row, s *safety.Stricter) bool {
	when := c.get("when")
	word, rest, _ := strings.Cut(when, " ")
	var err error
	switch m := doseShape.FindStringSubmatch(when); {
	case m != nil:
		s.Drug = m[1]
		s.Limit, err = safety.ParseDecimal(m[2])
	case word == "age":
		s.AgeOver, err = strconv.Atoi(strings.TrimPrefix(rest, "> "))
	case word == "egfr":
		s.EGFRBelow, err = strconv.Atoi(strings.TrimPrefix(rest, "< "))
	case word == "with":
		s.With = rest
	case word == "term":
		s.Terms = strings.Split(rest, ";")
		for _, t := range s.Terms {
			if r.Terms[t].Key == "" {
				d.bad(c, "term %s is not defined in condition_terms.csv", t)
			}
		}
	default:
		d.bad(c, "when %q can't be read", when)
		return false
	}
	if err != nil {
		d.bad(c, "when %q can't be read", when)
	}
	return err == nil
}

// triples reads three medicines that together do what no two of them do.
func (d *reader) triples(r *safety.Rules, sources map[string]bool) {
	rows := d.table("triples.csv", "id", "a", "b", "c", "severity", "effect", "management", "source")
	d.unique(rows, "id")
	for _, c := range rows {
		t := safety.Triple{ID: c.get("id"), Severity: c.get("severity"), Effect: c.get("effect"), Management: c.get("management"), Source: c.get("source")}
		for i, column := range []string{"a", "b", "c"} {
			d.side(r, c, column)
			t.Of[i] = c.get(column)
		}
		d.sourced(c, "source", sources)
		d.oneOf(c, "severity", "contraindicated", "serious", "moderate")
		r.Triples = append(r.Triples, t)
	}
}

// weekly marks the medicines that handling.csv says are taken once a week.
func (d *reader) weekly(r *safety.Rules) {
	for _, c := range d.table("handling.csv", "inn", "form", "weekly", "scored", "life_days", "note", "source") {
		if drug := r.Drugs[c.get("inn")]; drug != nil && c.get("weekly") == "y" {
			drug.Weekly = true
		}
	}
}

// Basis tells what one dose of a product is counted in: piece, volume (mL), puff, drop, fingertip,
// application or pen.
func (p *Product) Basis() string { return p.form.basis }
