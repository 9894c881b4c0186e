package safety

import (
	"math/bits"
	"slices"
	"strings"
)

// interactions holds every new medicine against every other: the rules go both ways, and a
// combination counts as each of its components too. Of one pair the worst rule is told, so that the
// one that matters is read.
func interactions(c *check) []Finding {
	var found []Finding
	for i, m := range c.proposed {
		for _, o := range append(slices.Clone(c.current), c.proposed[:i]...) {
			if f, found2 := c.interaction(m, o); found2 {
				found = append(found, f)
			}
		}
	}
	return found
}

func (c *check) interaction(m, o *taken) (Finding, bool) {
	if m.drug == nil || o.drug == nil || m.drug.INN == o.drug.INN {
		return Finding{}, false
	}
	var worst *InteractionRule
	severity, more := "", ""
	for w := range m.met.a {
		both := m.met.a[w]&o.met.b[w] | m.met.b[w]&o.met.a[w]
		for ; both != 0; both &= both - 1 {
			r := &c.rules.Interactions[w*64+bits.TrailingZeros64(both)]
			if s, why := c.graver(r.ID, r.Severity, m, o); worst == nil || rank(graded(s)) > rank(graded(severity)) {
				worst, severity, more = r, s, why
			}
		}
	}
	if worst == nil {
		return Finding{}, false
	}
	pair := []string{m.drug.INN, o.drug.INN}
	slices.Sort(pair)
	return finding(KindInteraction, graded(severity), worst.ID, pair, o.drug.INN+" "+standing(o)+".",
		worst.Effect+". "+worst.Mechanism+"."+more, worst.Management+".", worst.Source), true
}

// triples warns of three medicines that together do what no two of them do; one of them is new.
func triples(c *check) []Finding {
	var found []Finding
	all := c.all()
	for i := range c.rules.Triples {
		t := &c.rules.Triples[i]
		var inns []string
		fresh := false
		for _, n := range t.of {
			for _, m := range all {
				if m.drug != nil && m.set.has(n) {
					inns, fresh = append(inns, m.drug.INN), fresh || m.new
					break
				}
			}
		}
		if slices.Sort(inns); len(slices.Compact(slices.Clone(inns))) == len(t.of) && fresh {
			found = append(found, finding(KindInteraction, graded(t.Severity), t.ID, inns, strings.Join(inns, ", ")+" together.", t.Effect+".", t.Management+".", t.Source))
		}
	}
	return found
}

// graded turns the severity of the data into that of a finding.
func graded(severity string) Severity {
	switch severity {
	case "contraindicated":
		return HardStop
	case "serious":
		return Warning
	}
	return Info
}

func aspirin(d *Drug) bool {
	return slices.ContainsFunc(d.Components, func(p Amount) bool { return p.Component == "acetylsalicylic acid" })
}

// highAspirin: above 325 mg a day aspirin counts as an NSAID in every check. A dose that nobody told
// counts as high.
func highAspirin(m *taken) bool {
	daily, known := m.daily("acetylsalicylic acid", "mg")
	return !known || daily.More(Whole(325))
}

// daily is the most of a component in 24 hours, in this unit; false when it is not told.
func (m *taken) daily(component, unit string) (Decimal, bool) {
	if m.PerDay == nil || m.drug == nil || !slices.ContainsFunc(m.drug.Components, func(p Amount) bool { return p.Component == component }) {
		return Decimal{}, false
	}
	for _, d := range m.Doses {
		if d.Component == component || len(m.Doses) == 1 && len(m.drug.Components) == 1 && strings.EqualFold(d.Component, m.INN) {
			v, ok := Convert(d.Value, d.Unit, unit)
			return v.Times(*m.PerDay), ok
		}
	}
	return Decimal{}, false
}
