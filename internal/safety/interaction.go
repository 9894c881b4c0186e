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
		if c.is(m, r.A) && c.is(o, r.B) || c.is(m, r.B) && c.is(o, r.A) {
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

// is tells whether a selector means this medicine, or a component of the combination that it is.
func (c *check) is(m *taken, selector string) bool {
	if selector == "class:nsaid" && aspirin(m.drug) {
		return c.highAspirin(m)
	}
	if m.drug.Is(selector) {
		return true
	}
	if len(m.drug.Components) < 2 {
		return false // a skin or eye product shares its component's name, not its dangers
	}
	return slices.ContainsFunc(m.drug.Components, func(p Amount) bool {
		part := c.rules.Drugs[p.Component]
		return part != nil && part.Is(selector)
	})
}

func aspirin(d *Drug) bool {
	return slices.ContainsFunc(d.Components, func(p Amount) bool { return p.Component == "acetylsalicylic acid" })
}

// highAspirin: above 325 mg a day aspirin counts as an NSAID in every check. A dose that nobody told
// counts as high.
func (c *check) highAspirin(m *taken) bool {
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
