package safety

import (
	"fmt"
	"slices"
)

// frequencies stops a weekly medicine that is ordered daily: people have died of it. One that is taken
// daily already is told with a warning, so that somebody asks today.
func frequencies(c *check) []Finding {
	week, _ := Whole(1).Over(Whole(6)) // once in six days: a little more than once a week
	var found []Finding
	for _, m := range c.all() {
		if m.drug == nil || !m.drug.Weekly {
			continue
		}
		switch {
		case m.PerDay == nil && m.new:
			found = append(found, finding(KindDoseFrequency, Warning, "weekly-untold", []string{m.drug.INN}, "How often it is taken is not told.",
				"This medicine is taken once a WEEK, never daily.", "Write the one day of the week.", m.source()))
		case m.PerDay == nil || !m.PerDay.More(week):
		case m.new:
			found = append(found, finding(KindDoseFrequency, HardStop, "weekly", []string{m.drug.INN}, m.PerDay.String()+" doses in 24 hours.",
				"This medicine is taken once a WEEK, never daily: daily use has killed.", "Write it once a week, and name the day.", m.source()))
		default:
			found = append(found, finding(KindDoseFrequency, Warning, "weekly-present", []string{m.drug.INN}, "Taken "+m.PerDay.String()+" times in 24 hours, "+from(m.From)+".",
				"This medicine is taken once a WEEK, never daily: daily use has killed.", "Ask at once how it is really taken; if daily, stop it and refer today.", m.source()))
		}
	}
	return found
}

func (m *taken) source() string {
	if m.drug.Sources != "" {
		return m.drug.Sources
	}
	return "HOUSECALL"
}

// extras holds the limits that stand in no column of the formulary.
func extras(c *check) []Finding {
	var found []Finding
	for _, m := range c.proposed {
		if m.drug == nil {
			continue
		}
		for _, x := range m.drug.Extra {
			if fact := c.passed(m, x); fact != "" {
				found = append(found, finding(kindOf(x.Kind), x.Severity, x.Kind, []string{m.drug.INN}, fact, x.Why, "Change the dose or the days, or choose another medicine.", x.Source))
			}
		}
	}
	return found
}

func kindOf(limit string) Kind {
	return map[string]Kind{"min_weight": KindDoseWeight, "kg_dose": KindDoseWeight, "kg_day": KindDoseWeight, "max_days": KindLimit}[limit]
}

// passed says which fact passes a limit; "" when none does.
func (c *check) passed(m *taken, x Extra) string {
	kg := c.patient.Weight
	switch x.Kind {
	case "max_days":
		if m.Days > 0 && Whole(m.Days).More(x.Value) {
			return fmt.Sprintf("For %d days.", m.Days)
		}
	case "min_weight":
		if kg != nil && x.Value.More(*kg) {
			return kg.String() + " kg."
		}
	case "kg_dose", "kg_day":
		return c.heavy(m, x)
	}
	return ""
}

// heavy tells of a dose above so many mg/kg in somebody who is lighter than the limit says.
func (c *check) heavy(m *taken, x Extra) string {
	kg := c.patient.Weight
	if kg == nil || !x.BelowKg.IsZero() && !x.BelowKg.More(*kg) {
		return ""
	}
	i := slices.IndexFunc(m.Doses, func(a Amount) bool { return a.Component == m.drug.Components[0].Component })
	if i < 0 {
		return ""
	}
	v, ok := Convert(m.Doses[i].Value, m.Doses[i].Unit, "mg")
	if x.Kind == "kg_day" {
		if m.PerDay == nil {
			return ""
		}
		v = v.Times(*m.PerDay)
	}
	per, _ := v.Over(*kg)
	if !ok || !per.More(x.Value) {
		return ""
	}
	return per.To(MustDecimal("0.1")).String() + " mg/kg at " + kg.String() + " kg."
}
