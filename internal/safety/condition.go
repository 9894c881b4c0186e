package safety

import (
	"slices"
)

// conditions holds what the patient has against every new medicine. A recorded condition that no list
// knows is a warning: nothing was checked against it.
func conditions(c *check) []Finding {
	if len(c.proposed) == 0 {
		return nil
	}
	var found []Finding
	if !c.patient.ConditionsAsked && len(c.patient.Conditions) == 0 {
		found = append(found, finding(KindMissingFact, Info, "conditions", nil, "Nobody has asked about conditions.",
			"A condition that was not asked for can't be found.", "Ask, and record the answer.", "HOUSECALL"))
	}
	for _, words := range c.unmatched {
		found = append(found, finding(KindCondition, Warning, "unmatched:"+Fold(words.Words), nil, "Recorded condition: "+words.Words+", "+from(words.From)+".",
			"No list of this service knows this condition, so nothing was checked against it.", "Match it by hand, or write how you checked it.", "HOUSECALL"))
	}
	for _, m := range c.proposed {
		if m.drug != nil {
			found = append(found, c.meets(m)...)
		}
	}
	return found
}

// meets answers every rule of one medicine that a condition meets.
func (c *check) meets(m *taken) []Finding {
	var found []Finding
	for i := range c.rules.Conditions {
		r := &c.rules.Conditions[i]
		if !m.set.has(r.drug) {
			continue
		}
		met := slices.IndexFunc(r.Terms, func(t string) bool { return c.has[t] != "" })
		if met < 0 {
			continue
		}
		severity, more := c.graver(r.ID, r.Severity, m)
		found = append(found, finding(KindCondition, graded(severity), r.ID, []string{m.drug.INN}, c.has[r.Terms[met]], r.Effect+"."+more, r.Management+".", r.Source))
	}
	return found
}
