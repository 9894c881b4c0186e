package safety

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// renal holds the kidney function against every new medicine; of several rows that match, the
// strictest counts.
func renal(c *check) []Finding {
	var found []Finding
	for _, m := range c.proposed {
		if m.drug == nil || len(m.drug.Renal) == 0 {
			continue
		}
		if c.patient.EGFR == nil {
			found = append(found, c.kidneyUnknown(m)...)
			continue
		}
		if worst, met := strictest(m.drug.Renal, func(cl Clause) bool { return inRange(*c.patient.EGFR, cl.When) }); met {
			found = append(found, c.organ(KindRenal, m, worst, "renal:"+worst.When,
				"eGFR "+c.patient.EGFR.String()+" mL/min/1.73 m2."+c.assumed, "Kidney function "+worst.When))
		}
	}
	return found
}

// kidneyUnknown warns where age or a recorded kidney disease makes it likely that the kidneys matter.
func (c *check) kidneyUnknown(m *taken) []Finding {
	age, known := AgeOn(c.patient.Born, c.on)
	ill := c.has["kidney_disease"] != "" || c.has["egfr_lt60"] != "" || c.has["egfr_lt30"] != "" || c.has["acute_kidney_injury"] != ""
	avoid := slices.ContainsFunc(m.drug.Renal, func(cl Clause) bool { return cl.Action == "avoid" })
	if !avoid || known && age.Years <= 65 && !ill {
		return nil
	}
	return []Finding{finding(KindMissingFact, Warning, "egfr", []string{m.drug.INN}, "Kidney function is not known.",
		"This medicine must be avoided when the kidneys are weak.", "Ask for a blood test, or write why it is safe here.", m.drug.Sources)}
}

// hepatic holds the liver function against every new medicine. A row for a milder state holds for a
// worse one too.
func hepatic(c *check) []Finding {
	grade := map[string]int{"normal": 0, "mild": 1, "moderate": 2, "severe": 3, "any": 1}
	if c.patient.Liver == "" && c.has["severe_cirrhosis"] != "" {
		c.patient.Liver = "severe"
	}
	state, known := grade[c.patient.Liver]
	var found []Finding
	for _, m := range c.proposed {
		if m.drug == nil || len(m.drug.Hepatic) == 0 {
			continue
		}
		if !known || c.patient.Liver == "" {
			found = append(found, c.liverUnknown(m)...)
			continue
		}
		worst, met := strictest(m.drug.Hepatic, func(cl Clause) bool { g, is := grade[cl.When]; return is && state > 0 && g <= state })
		if met {
			found = append(found, c.organ(KindHepatic, m, worst, "hepatic:"+worst.When, "Liver function: "+c.patient.Liver+".", "Liver impairment, "+worst.When))
		}
	}
	return found
}

func (c *check) liverUnknown(m *taken) []Finding {
	if !slices.ContainsFunc(m.drug.Hepatic, func(cl Clause) bool { return cl.Action == "avoid" }) {
		return nil
	}
	severity := Info
	if c.has["chronic_liver_disease"] != "" || c.has["active_liver_disease"] != "" || c.has["severe_cirrhosis"] != "" {
		severity = Warning
	}
	return []Finding{finding(KindMissingFact, severity, "liver", []string{m.drug.INN}, "Liver function is not known.",
		"This medicine must be avoided when the liver is weak.", "Ask about liver disease.", m.drug.Sources)}
}

// pregnancy holds a pregnancy, or that nobody knows of one, against every new medicine.
func pregnancy(c *check) []Finding {
	var found []Finding
	p := c.patient.Pregnancy
	if p.Is == Yes && c.patient.Sex == "m" {
		found = append(found, finding(KindMissingFact, Warning, "pregnant-male", nil, "Recorded as pregnant and as male.",
			"One of the two is wrong.", "Ask, and correct the record. Until then the pregnancy counts.", "HOUSECALL"))
	}
	for _, m := range c.proposed {
		switch {
		case m.drug == nil:
		case p.Is == Yes:
			found = append(found, c.pregnant(m)...)
		case p.Is != No && c.mayBePregnant() && slices.ContainsFunc(m.drug.Pregnancy, func(cl Clause) bool { return cl.Action == "avoid" && c.doseMet(m, cl) }):
			found = append(found, finding(KindMissingFact, Warning, "pregnancy", []string{m.drug.INN}, "Whether she is pregnant is not known.",
				"This medicine must be avoided in pregnancy.", "Ask before prescribing, and record the answer.", m.drug.Sources))
		}
	}
	return found
}

func (c *check) pregnant(m *taken) []Finding {
	worst, met := strictest(m.drug.Pregnancy, func(cl Clause) bool { return during(c.patient.Pregnancy.Weeks, cl.When) && c.doseMet(m, cl) })
	if !met || worst.Action == "usable" {
		return nil
	}
	weeks := "weeks not told"
	if c.patient.Pregnancy.Weeks > 0 {
		weeks = fmt.Sprintf("%d weeks", c.patient.Pregnancy.Weeks)
	}
	return []Finding{finding(KindPregnancy, acted(worst.Action), "pregnancy:"+worst.When, []string{m.drug.INN}, "Pregnant, "+weeks+".",
		sentence("In pregnancy ("+worst.When+")", worst), advised(worst), m.drug.Sources)}
}

// mayBePregnant: a woman, or a person whose sex nobody told, of 12 to 55 years or of unknown age.
func (c *check) mayBePregnant() bool {
	age, known := AgeOn(c.patient.Born, c.on)
	return c.patient.Sex != "m" && c.has["cannot_conceive"] == "" && (!known || age.Years >= 12 && age.Years <= 55)
}

// during tells whether a clause holds in this week; weeks that nobody told meet every clause.
func during(weeks int, when string) bool {
	switch {
	case weeks == 0 || when == "all":
		return true
	case when == "T1":
		return weeks < 14
	case when == "T2":
		return weeks >= 14 && weeks < 28
	case when == "T3":
		return weeks >= 28
	case when == "from 20 wk":
		return weeks >= 20
	case when == "at term":
		return weeks >= 37
	}
	return true
}

// doseMet tells whether a clause that ends with "up to N mg/day" or "above N mg/day" means this dose;
// a dose that nobody told meets what forbids and not what allows.
func (c *check) doseMet(m *taken, cl Clause) bool {
	words := strings.Fields(cl.Text)
	if len(words) < 3 || words[len(words)-1] != "mg/day" {
		return true
	}
	limit, err := ParseDecimal(words[len(words)-2])
	if err != nil {
		return true
	}
	daily, known := m.daily(m.drug.Components[0].Component, "mg")
	if strings.HasPrefix(cl.Text, "up to") {
		return known && !daily.More(limit)
	}
	return !known || daily.More(limit)
}

// lactation holds breast-feeding against every new medicine.
func lactation(c *check) []Finding {
	var found []Finding
	for _, m := range c.proposed {
		if m.drug == nil || c.patient.Lactating != Yes || m.drug.Lactation.Action == "" || m.drug.Lactation.Action == "usable" {
			continue
		}
		severity := Info
		if m.drug.Lactation.Action == "avoid" {
			severity = Warning // the mother's need may weigh more; the reason is kept
		}
		found = append(found, finding(KindLactation, severity, "lactation", []string{m.drug.INN}, "Breast-feeding.",
			sentence("In breast-feeding", m.drug.Lactation), "Choose another medicine, or write the reason.", m.drug.Sources))
	}
	return found
}

// strictest is the worst of the clauses that are met.
func strictest(all []Clause, met func(Clause) bool) (Clause, bool) {
	order := map[string]int{"usable": 1, "caution": 2, "max": 3, "reduce": 3, "avoid": 4}
	worst, found := Clause{}, false
	for _, cl := range all {
		if met(cl) && (!found || order[cl.Action] >= order[worst.Action]) { // of two alike the later is for the worse state
			worst, found = cl, true
		}
	}
	return worst, found
}

// acted turns the action of a clause into a severity; what is none of them forbids.
func acted(action string) Severity {
	switch action {
	case "caution", "usable":
		return Info
	case "reduce", "max":
		return Warning
	}
	return HardStop
}

func sentence(where string, cl Clause) string {
	return strings.TrimSpace(where+": "+cl.Action+" "+cl.Text) + "."
}

func advised(cl Clause) string {
	return map[Severity]string{
		HardStop: "Choose another medicine.",
		Warning:  "Lower the dose as said, or write the reason.",
		Info:     "Watch for it.",
	}[acted(cl.Action)]
}

// inRange tells whether a value is in "<30", "30-59" or "any"; both ends of a range are in it.
func inRange(v Decimal, when string) bool {
	if when == "any" {
		return true
	}
	if below, found := strings.CutPrefix(when, "<"); found {
		n, err := strconv.Atoi(below)
		return err != nil || Whole(n).More(v)
	}
	low, high, _ := strings.Cut(when, "-")
	l, errL := strconv.Atoi(low)
	h, errH := strconv.Atoi(high)
	if errL != nil || errH != nil {
		return true
	}
	return !Whole(l).More(v) && Whole(h+1).More(v)
}
