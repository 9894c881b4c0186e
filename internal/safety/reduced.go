package safety

import (
	"regexp"
	"strings"
)

// organ is the finding of a kidney or liver row. What asks for less is silent about a dose that is
// already so low: it is only told. A ceiling that is passed is a hard stop.
func (c *check) organ(k Kind, m *taken, cl Clause, rule, fact, where string) Finding {
	severity, do := acted(cl.Action), advised(cl)
	if cl.Action == "reduce" || cl.Action == "max" || cl.Action == "caution" && strings.Contains(cl.Text, "max ") {
		switch followed(m, cl) {
		case Yes:
			severity, do = Info, "The dose is as low as said. Watch for harm."
		case No:
			severity = Warning
			if cl.Action == "max" {
				severity, do = HardStop, "Lower the dose: "+cl.Text+" at most."
			}
		case Unknown: // the row can't be compared with a dose
		}
	}
	return finding(k, severity, rule, []string{m.drug.INN}, fact, sentence(where, cl), do, m.drug.Sources)
}

var (
	ceilingWords = regexp.MustCompile(`(?:max |no more than )?([\d.]+)(?:-([\d.]+))? (mg|mcg|g)(/day|/dose)?`)
	everyHours   = regexp.MustCompile(`every (\d+)(?:-\d+)? h`)
	everyDays    = regexp.MustCompile(`every (\d+) days|every (day)`)
	timesDaily   = regexp.MustCompile(`(once|twice|three times) (daily|weekly)`)
	percents     = regexp.MustCompile(`(\d+)(?:-\d+)?%|(half)`)
)

// followed tells whether a dose is already as low as a row asks: yes, no, or "" where the row can't be
// compared with a dose, or nobody told the dose.
func followed(m *taken, cl Clause) Answer {
	if m.PerDay == nil || len(m.Doses) == 0 {
		return ""
	}
	component := m.drug.Components[0].Component
	daily, told := m.daily(component, "mg")
	if !told {
		return ""
	}
	limit, readable := dailyLimit(m, cl.Text)
	if !readable {
		return ""
	}
	if daily.More(limit) {
		return No
	}
	return Yes
}

// dailyLimit reads how many mg a day a row allows.
func dailyLimit(m *taken, text string) (Decimal, bool) {
	if p := percents.FindStringSubmatch(text); p != nil && !strings.Contains(text, "mg") {
		return share(m, p)
	}
	w := ceilingWords.FindStringSubmatch(text)
	if w == nil {
		return Decimal{}, false
	}
	high := w[1]
	if w[2] != "" {
		high = w[2]
	}
	v, err := ParseDecimal(high)
	if err != nil {
		return Decimal{}, false
	}
	v, _ = Convert(v, w[3], "mg")
	if w[4] == "/day" {
		return v, true
	}
	if w[4] == "/dose" {
		return v.Times(*m.PerDay), true
	}
	return v.Times(perDay(text)), true
}

// share is so many percent less than the most that an adult may take in a day.
func share(m *taken, p []string) (Decimal, bool) {
	if len(m.drug.MaxDaily) == 0 {
		return Decimal{}, false
	}
	top, ok := Convert(m.drug.MaxDaily[0].Value, m.drug.MaxDaily[0].Unit, "mg")
	if !ok {
		return Decimal{}, false
	}
	less := Whole(50)
	if p[1] != "" {
		less = MustDecimal(p[1])
	}
	left, _ := top.Times(Whole(100).Minus(less)).Over(Whole(100))
	return left, true
}

// perDay reads how many doses a day the words of a row mean; without any it is one.
func perDay(text string) Decimal {
	if h := everyHours.FindStringSubmatch(text); h != nil {
		n, _ := Whole(24).Over(MustDecimal(h[1]))
		return n
	}
	if d := everyDays.FindStringSubmatch(text); d != nil && d[1] != "" {
		n, _ := Whole(1).Over(MustDecimal(d[1]))
		return n
	}
	if t := timesDaily.FindStringSubmatch(text); t != nil {
		n := Whole(map[string]int{"once": 1, "twice": 2, "three times": 3}[t[1]])
		if t[2] == "weekly" {
			n, _ = n.Over(Whole(7))
		}
		return n
	}
	return Whole(1)
}
