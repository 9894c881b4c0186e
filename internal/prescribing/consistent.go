package prescribing

import (
	"slices"
	"strings"

	"housecall/internal/safety"
)

// readUses reads what medicines are looked for.
func (d *reader) readUses(f *Formulary, sources map[string]bool) {
	rows := d.table("indications.csv", "words", "words_zh", "medicines", "source")
	d.unique(rows, "words")
	for _, c := range rows {
		d.sourced(c, "source", sources)
		u := use{words: safety.Fold(c.get("words")), wordsZH: safety.Fold(c.get("words_zh"))}
		if u.words == "" || len(c.list("medicines")) == 0 {
			d.bad(c, "has no words or no medicines")
		}
		for _, selector := range c.list("medicines") {
			chosen := chosenBy(f.Rules, selector)
			if len(chosen) == 0 {
				d.bad(c, "medicines %q chooses no medicine that can be prescribed", selector)
			}
			u.medicines = append(u.medicines, chosen...)
		}
		slices.Sort(u.medicines)
		u.medicines = slices.Compact(u.medicines)
		f.uses = append(f.uses, u)
	}
}

// chosenBy lists the prescribable medicines that a selector means.
func chosenBy(r *safety.Rules, selector string) []string {
	var out []string
	kind, name, _ := strings.Cut(selector, ":")
	for inn, drug := range r.Drugs {
		if drug.Prescribable && (kind == "drug" && inn == name || kind == "class" && slices.Contains(drug.Tags, name)) {
			out = append(out, inn)
		}
	}
	return out
}

// packUnits are what packs of a form may be told in, by how the form is counted.
var packUnits = map[string][]string{
	byPiece: {"dose", "tablet", "capsule", "sachet"}, byVolume: {"mL"}, byPuff: {"dose"}, byDrop: {"mL"}, byFingertip: {"g"},
	byApplication: {"g", "mL"}, byUnit: {"unit", "dose"},
}

// consistent reports what contradicts itself across rows: a ceiling in a unit that the strength is not
// told in, of a component that the medicine has not, one dose over the day's ceiling, a pack in a unit
// that the form is not counted in, a row for a medicine or form that is not there.
func (d *reader) consistent(f *Formulary) {
	for _, c := range d.table("formulary.csv", formularyColumns...) {
		if drug := f.Rules.Drugs[c.get("inn")]; drug != nil {
			d.ceilingsFit(c, f, drug)
		}
	}
	for _, c := range d.table("packs.csv", "inn", "form", "strength", "size", "unit", "note", "source") {
		d.told(c, f)
		if basis := f.forms[c.get("form")].basis; basis != "" && !slices.Contains(packUnits[basis], c.get("unit")) {
			d.bad(c, "unit %q can't be: a %s is counted in %s", c.get("unit"), c.get("form"), strings.Join(packUnits[basis], " or "))
		}
	}
	for _, c := range d.table("handling.csv", "inn", "form", "weekly", "scored", "life_days", "note", "source") {
		d.told(c, f)
	}
}

// told reports a row about a medicine or a form that is not there; * is any.
func (d *reader) told(c row, f *Formulary) {
	if inn := c.get("inn"); inn != "*" && f.Rules.Drugs[inn] == nil {
		d.bad(c, "medicine %q is in no list", inn)
	}
	if name := c.get("form"); name != "*" && f.forms[name].basis == "" {
		d.bad(c, "form %q is not in forms.csv", name)
	}
}

func (d *reader) ceilingsFit(c row, f *Formulary, drug *safety.Drug) {
	caps := make([]safety.Amount, 0, len(drug.Paed.Caps))
	for _, one := range drug.Paed.Caps {
		caps = append(caps, safety.Amount{Component: one.Component, Value: one.Value, Unit: one.Unit})
	}
	for column, all := range map[string][]safety.Amount{"adult_max_single": drug.MaxSingle, "adult_max_daily": drug.MaxDaily, "paed_max": caps} {
		for _, a := range all {
			if !slices.ContainsFunc(drug.Components, func(part safety.Amount) bool { return part.Component == a.Component }) {
				d.bad(c, "%s tells of %q, which is none of its components", column, a.Component)
			}
			d.unitsFit(c, f, drug, column, a)
		}
	}
	for _, part := range drug.Components {
		single, daily := of(drug.MaxSingle, part.Component), of(drug.MaxDaily, part.Component)
		if len(single) != 1 || len(daily) != 1 { // several are of different routes
			continue
		}
		if one, ok := safety.Convert(single[0].Value, single[0].Unit, daily[0].Unit); ok && one.More(daily[0].Value) {
			d.bad(c, "one dose of %s %s may be more than the day's %s %s", single[0].Value, single[0].Unit, daily[0].Value, daily[0].Unit)
		}
	}
}

// of are the amounts that tell of a component.
func of(all []safety.Amount, component string) (out []safety.Amount) {
	for _, a := range all {
		if a.Component == component {
			out = append(out, a)
		}
	}
	return out
}

// unitsFit holds a ceiling against the strengths of the medicine's products.
func (d *reader) unitsFit(c row, f *Formulary, drug *safety.Drug, column string, ceiling safety.Amount) {
	for _, p := range f.Products {
		if p.Drug != drug {
			continue
		}
		for _, has := range p.PerUnit {
			if _, ok := safety.Convert(has.Value, has.Unit, ceiling.Unit); has.Component == ceiling.Component && !ok {
				d.bad(c, "%s is told in %s, the strength of %s in %s", column, ceiling.Unit, p.Code, has.Unit)
				return
			}
		}
	}
}
