package safety

import (
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
	for i := range c.rules.Interactions {
		r := &c.rules.Interactions[i]
		if worst != nil && rank(graded(r.Severity)) <= rank(graded(worst.Severity)) {
			continue
		}
		if m.set.has(r.a) && o.set.has(r.b) || m.set.has(r.b) && o.set.has(r.a) {
			worst = r
		}
	}
	if worst == nil {
		return Finding{}, false
	}
	pair := []string{m.drug.INN, o.drug.INN}
	slices.Sort(pair)
	return finding(KindInteraction, graded(worst.Severity), worst.ID, pair, o.drug.INN+" "+standing(o)+".",
		worst.Effect+". "+worst.Mechanism+".", worst.Management+".", worst.Source), true
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
	if m.PerDay == nil {
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
