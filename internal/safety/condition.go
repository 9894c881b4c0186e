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
	has := c.computed()
	for _, one := range c.patient.Conditions {
		term, known := c.term(one.Words)
		switch {
		case !known:
			found = append(found, finding(KindCondition, Warning, "unmatched:"+Fold(one.Words), nil, "Recorded condition: "+one.Words+", "+from(one.From)+".",
				"No list of this service knows this condition, so nothing was checked against it.", "Match it by hand, or write how you checked it.", "HOUSECALL"))
		case term != "":
			has[term] = "Recorded condition: " + one.Words + ", " + from(one.From) + "."
		}
	}
	for _, m := range c.proposed {
		if m.drug != nil {
			found = append(found, c.meets(m, has)...)
		}
	}
	return found
}

// meets answers every rule of one medicine that a condition meets.
func (c *check) meets(m *taken, has map[string]string) []Finding {
	var found []Finding
	for i := range c.rules.Conditions {
		r := &c.rules.Conditions[i]
		if !m.set.has(r.drug) {
			continue
		}
		met := slices.IndexFunc(r.Terms, func(t string) bool { return has[t] != "" })
		if met < 0 {
			continue
		}
		found = append(found, finding(KindCondition, graded(r.Severity), r.ID, []string{m.drug.INN}, has[r.Terms[met]], r.Effect+".", r.Management+".", r.Source))
	}
	return found
}

// term matches words to a condition of the list; "" with true is one that is known to concern no
// medicine here.
func (c *check) term(words string) (string, bool) {
	f := Fold(words)
	if _, known := c.rules.Terms[words]; known {
		return words, true
	}
	if _, known := c.rules.Terms[f]; known {
		return f, true
	}
	key, known := c.rules.Words[f]
	return key, known
}

// computed lists the conditions that follow from measured facts.
func (c *check) computed() map[string]string {
	has := map[string]string{}
	if e := c.patient.EGFR; e != nil {
		fact := "eGFR " + e.String() + "."
		if Whole(30).More(*e) {
			has["egfr_lt30"] = fact
		}
		if Whole(60).More(*e) {
			has["egfr_lt60"] = fact
			if !Whole(30).More(*e) {
				has["egfr_30_59"] = fact
			}
		}
	}
	if age, known := AgeOn(c.patient.Born, c.on); known {
		if age.Years < 16 {
			has["age_lt16"] = "Under 16 years."
		}
		if age.Years < 8 {
			has["age_lt8"] = "Under 8 years."
		}
	}
	if c.patient.Pregnancy.Is == Yes {
		has["pregnancy"] = "Pregnant."
	}
	if c.patient.Lactating == Yes {
		has["breastfeeding"] = "Breast-feeding."
	}
	return has
}
