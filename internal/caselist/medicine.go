package caselist

import (
	"fmt"
	"strings"
	"unicode"

	"housecall/internal/safety"
)

// medicine reads one medicine of a case; false when it has no name.
func (l *List) medicine(c *Case, o object, fresh bool) (safety.Medicine, bool) {
	name := text(o["inn"])
	if name == "" {
		name = text(o["name"])
	}
	if name == "" {
		return safety.Medicine{}, false
	}
	m := safety.Medicine{INN: name, Form: text(o["form"]), Strength: text(o["strength"]), Route: text(o["route"]), From: told}
	m.AsNeeded, _ = o["as_needed"].(bool)
	if mixed(name) {
		c.refuse("name:"+name, "The name mixes letters of several scripts: a look-alike letter makes another word. Type it again.", name)
	}
	r := &reading{list: l, c: c, m: &m, fresh: fresh, drug: l.drug(m)}
	r.days(o["days"])
	r.often(o["doses_per_24h"])
	r.dose(o)
	return m, true
}

// drug is what the lists know of a medicine of a case, by its route.
func (l *List) drug(m safety.Medicine) *safety.Drug { return l.rules.ByRoute(m.INN, safety.Route(m)) }

// mixed tells whether one word holds letters of several scripts that look alike.
func mixed(name string) bool {
	for _, word := range strings.Fields(name) {
		latin, other := false, false
		for _, r := range word {
			latin = latin || unicode.Is(unicode.Latin, r)
			other = other || unicode.Is(unicode.Cyrillic, r) || unicode.Is(unicode.Greek, r) && r != 'α' && r != 'β' && r != 'µ' && r != 'μ'
		}
		if latin && other {
			return true
		}
	}
	return false
}

// reading is one medicine being read.
type reading struct {
	list  *List
	c     *Case
	m     *safety.Medicine
	drug  *safety.Drug
	fresh bool
}

// wrong says what can't be: of a new medicine it stops, of a present one it is asked.
func (r *reading) wrong(what, why string) {
	if r.fresh {
		r.c.refuse(what+":"+r.m.INN, why, r.m.INN)
		return
	}
	r.c.question(what+":"+r.m.INN, why+" It counts as not told.", r.m.INN)
}

func (r *reading) days(v any) {
	f, given, ok := number(v)
	switch {
	case !given:
	case !ok || f <= 0 || f > 3660:
		r.wrong("days", "The number of days can't be right.")
	default:
		r.m.Days = max(1, int(f+0.5))
	}
}

func (r *reading) often(v any) {
	f, given, ok := number(v)
	switch {
	case !given:
		if r.fresh && len(r.limited()) > 0 {
			r.c.question("often:"+r.m.INN, "How often it is taken is not told, so the dose of a day can't be checked.", r.m.INN)
		}
	case !ok || f <= 0:
		r.wrong("often", "How often it is taken can't be right.")
	case f > 24:
		r.wrong("often", fmt.Sprintf("%v doses in 24 hours is more than one an hour: this can't be meant.", f))
	default:
		d := decimal(f)
		r.m.PerDay = &d
	}
}

// limited lists the components for which the lists hold a limit by weight.
func (r *reading) limited() []string {
	var out []string
	if r.drug == nil {
		return nil
	}
	for _, a := range append(append([]safety.Amount{}, r.drug.MaxSingle...), r.drug.MaxDaily...) {
		out = append(out, a.Component)
	}
	for _, p := range r.drug.Paed.Caps {
		out = append(out, p.Component)
	}
	return out
}

// dose reads the number and its unit into weights of each component.
func (r *reading) dose(o object) {
	f, given, ok := number(o["dose"])
	unit := unitOf(text(o["unit"]))
	switch {
	case !given:
		if r.fresh && len(r.limited()) > 0 && local(safety.Route(*r.m)) {
			return
		}
		if r.fresh && len(r.limited()) > 0 {
			r.c.question("dose:"+r.m.INN, "The dose is not told, so it can't be checked.", r.m.INN)
		}
	case !ok:
		r.wrong("dose", "The dose is no number.")
	case f <= 0:
		r.wrong("dose", "A dose can't be nothing or less.")
	case f > 1e7:
		r.wrong("dose", "This dose is too large to be meant.")
	case unit == "":
		r.wrong("unit", "The dose has no unit: a number alone is no dose.")
	case kindOf(unit) == "":
		r.wrong("unit", "The unit "+text(o["unit"])+" is not known. Write mg, g, mcg, mL, tablets, puffs or drops.")
	case r.drug == nil:
		r.m.Doses = plain(r.m.INN, f, unit)
	default:
		r.weigh(f, unit)
		r.nebules()
	}
}

// nebules takes a dose that only a nebuliser's product has for one of those, where nobody told the form.
func (r *reading) nebules() {
	if len(r.drug.Ways) == 0 || r.m.Form != "" || len(r.m.Doses) != 1 || safety.Route(*r.m) != "inhaled" {
		return
	}
	for _, p := range r.list.products[r.drug.INN] {
		if strings.Contains(p.Form, "nebul") && len(p.PerUnit) == 1 {
			one := p.PerUnit[0]
			v, ok := safety.Convert(r.m.Doses[0].Value, r.m.Doses[0].Unit, one.Unit)
			if ok && v.Equal(one.Value) {
				r.m.Form = p.Form
			}
		}
	}
}

// plain is the dose of a medicine outside the lists; parts of a combination outside them have none.
func plain(name string, f float64, unit string) []safety.Amount {
	if kindOf(unit) != "mass" {
		return nil
	}
	return []safety.Amount{{Component: safety.Fold(name), Value: decimal(f), Unit: unit}}
}

func local(route string) bool {
	return route == "skin" || route == "eye" || route == "ear" || route == "vaginal" || route == "nasal"
}
