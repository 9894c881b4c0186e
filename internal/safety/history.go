package safety

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// known gathers what the patient has, by the keys of the list of conditions: what is recorded, and
// what follows from measured facts. A recorded condition that no list knows is kept apart.
func (c *check) known() {
	c.has = map[string]string{}
	for _, one := range c.patient.Conditions {
		fact := "Recorded condition: " + one.Words + ", " + from(one.From) + "."
		keys, known := c.rules.terms(one.Words)
		measured := measuredIn(one.Words)
		if !known && len(measured) == 0 {
			c.unmatched = append(c.unmatched, one)
		}
		for _, k := range append(keys, measured...) {
			c.has[k] = fact
		}
	}
	c.assumeKidneys()
	c.computed()
}

// terms matches words to conditions of the list: the whole, else every phrase of it. No keys and true
// is a condition that is known to concern no medicine here; a harmless phrase among words that nobody knows
// ("vomiting fish") is not.
func (r *Rules) terms(words string) ([]string, bool) {
	f := Fold(words)
	for _, whole := range []string{words, f, strings.TrimSpace(strings.TrimPrefix(f, "history of "))} {
		if _, known := r.Terms[whole]; known {
			return []string{whole}, true
		}
		if keys, known := r.Words[whole]; known {
			return split(keys), true
		}
	}
	var out []string
	found, rest := mentions(f, r.phrases)
	telling := false
	for _, m := range found {
		keys := split(r.Words[m.phrase])
		telling = telling || len(keys) > 0
		if !m.denied {
			out = append(out, keys...)
		}
	}
	return out, telling || len(found) > 0 && nothingElse(rest)
}

func split(keys string) []string {
	return strings.FieldsFunc(keys, func(c rune) bool { return c == ';' })
}

// values are what stands as a number among the words of a condition: "BP 165/105", "K 5.6".
var values = []struct {
	shape *regexp.Regexp
	keys  func(v []float64) []string
}{
	{regexp.MustCompile(`(?:bp|blood pressure|血压)\D{0,12}(\d{2,3})\s*/\s*(\d{2,3})`), func(v []float64) []string { return pressure(v[0], v[1]) }},
	{regexp.MustCompile(`(?:systolic|sbp)\D{0,12}(\d{2,3})`), func(v []float64) []string { return pressure(v[0], 80) }},
	{regexp.MustCompile(`(?:\bk\+?|potassium|血钾)\s*(?:of|=|:|is)?\s*(\d(?:\.\d+)?)`), func(v []float64) []string {
		return when("high_potassium", v[0] > 5, when("low_potassium", v[0] < 3.5, nil))
	}},
	{regexp.MustCompile(`qtc?\D{0,12}(\d{3})`), func(v []float64) []string { return when("long_qt", v[0] >= 470, nil) }},
	{regexp.MustCompile(`(?:temperature|fever|temp|体温)\D{0,6}(\d{2}(?:\.\d+)?)`), func(v []float64) []string { return when("high_fever", v[0] >= 39, nil) }},
	{regexp.MustCompile(`(?:\bef\b|lvef|ejection fraction|射血分数)\D{0,12}(\d{2})`), func(v []float64) []string {
		if v[0] > 40 {
			return []string{"measured"}
		}
		return []string{"heart_failure_reduced_ef", "heart_failure", "cardiac_disease"}
	}},
	{kidneyNumber, func([]float64) []string { return []string{"measured"} }},
	{regexp.MustCompile(`(?:heart rate|pulse|hr|心率)\D{0,6}(\d{2,3})`), func(v []float64) []string { return when("pulse_lt50", v[0] < 50, nil) }},
}

// kidneyNumber is a kidney function that stands among the words of a condition.
var kidneyNumber = regexp.MustCompile(`(?:e?gfr|crcl|creatinine clearance|肾小球滤过率|肌酐清除率)\D{0,15}(\d{1,3})`)

func when(key string, met bool, rest []string) []string {
	if met {
		return append(rest, key)
	}
	return append(rest, "measured") // read, and not in a range that matters
}

func pressure(systolic, diastolic float64) []string {
	out := when("bp_ge_160_100", systolic >= 160 || diastolic >= 100, nil)
	if systolic >= 160 || diastolic >= 100 {
		out = append(out, "hypertension_uncontrolled")
	} else {
		out = when("bp_140_159", systolic >= 140 || diastolic >= 90, out)
	}
	return when("sbp_lt90", systolic < 90, when("bp_gt_140_90", systolic > 140 || diastolic > 90, out))
}

func measuredIn(words string) []string {
	var out []string
	for _, v := range values {
		m := v.shape.FindStringSubmatch(strings.ToLower(words))
		if m == nil {
			continue
		}
		numbers := make([]float64, len(m)-1)
		for i, s := range m[1:] {
			numbers[i], _ = strconv.ParseFloat(s, 64)
		}
		out = append(out, v.keys(numbers)...)
	}
	return out
}

// stages of kidney disease with the least eGFR of each: where nobody told the number, the worse counts.
var stages = []struct {
	key  string
	egfr int
}{{"ckd_stage5", 10}, {"ckd_stage4", 15}, {"ckd_stage3b", 30}, {"ckd_stage3", 30}, {"ckd_stage3a", 45}}

// assumeKidneys takes the kidney function from a number or a stage among the recorded conditions, where
// nobody measured it since.
func (c *check) assumeKidneys() {
	if c.patient.EGFR != nil {
		return
	}
	for _, one := range c.patient.Conditions {
		if m := kidneyNumber.FindStringSubmatch(strings.ToLower(one.Words)); m != nil {
			n, _ := strconv.Atoi(m[1])
			told := Whole(n)
			c.patient.EGFR, c.assumed = &told, " Recorded condition: "+one.Words+"."
			return
		}
	}
	for _, s := range stages {
		if fact := c.has[s.key]; fact != "" {
			assumed := Whole(s.egfr)
			c.patient.EGFR, c.assumed = &assumed, fact
			return
		}
	}
}

// computed adds the conditions that follow from measured facts.
func (c *check) computed() {
	add := func(met bool, key, fact string) {
		if met {
			c.has[key] = fact
		}
	}
	if e := c.patient.EGFR; e != nil {
		fact := "eGFR " + e.String() + "." + c.assumed
		add(Whole(30).More(*e), "egfr_lt30", fact)
		add(Whole(60).More(*e), "egfr_lt60", fact)
		add(Whole(60).More(*e) && !Whole(30).More(*e), "egfr_30_59", fact)
	}
	age, known := AgeOn(c.patient.Born, c.on)
	years := strconv.Itoa(age.Years) + " years old."
	add(known && age.Years < 16, "age_lt16", years)
	add(known && age.Years < 8, "age_lt8", years)
	add(known && age.Years < 25, "age_lt25_start", years)
	add(known && age.Years >= 65, "age_ge65", years)
	add(known && age.Years >= 75, "age_ge75", years)
	add(known && age.Years >= 35 && c.has["smoker"] != "", "smoker_ge35", years+" "+c.has["smoker"])
	add(c.patient.Sex == "f" && known && age.Years >= 12 && age.Years <= 55 && c.has["cannot_conceive"] == "", "childbearing_no_prevention", "Able to have children; no prevention programme is recorded.")
	add(c.patient.Pregnancy.Is == Yes, "pregnancy", "Pregnant.")
	add(c.patient.Lactating == Yes, "breastfeeding", "Breast-feeding.")
	add(c.has["bp_ge_160_100"] != "", "hypertension_uncontrolled", c.has["bp_ge_160_100"])
	for _, k := range []string{"postpartum_lt21d", "postpartum_lt6wk"} {
		add(c.has[k] != "" && c.patient.Lactating == Yes, "postpartum_lt6wk_breastfeeding", c.has[k])
	}
}

// graver answers the severity of a rule for these medicines, with what makes it graver in words.
func (c *check) graver(rule, severity string, m ...*taken) (string, string) {
	order := []string{"caution", "moderate", "serious", "contraindicated"}
	why := ""
	for _, i := range c.rules.stricter[rule] {
		s := &c.rules.Stricter[i]
		if slices.Index(order, s.Severity) > slices.Index(order, severity) && c.stricter(s, m) {
			severity, why = s.Severity, " "+s.Why
		}
	}
	return severity, why
}

func (c *check) stricter(s *Stricter, m []*taken) bool {
	switch {
	case s.Drug != "":
		return slices.ContainsFunc(m, func(one *taken) bool {
			daily, told := one.daily(s.Drug, "mg")
			return told && daily.More(s.Limit)
		})
	case s.AgeOver > 0:
		age, known := AgeOn(c.patient.Born, c.on)
		return known && age.Years > s.AgeOver
	case s.EGFRBelow > 0:
		return c.patient.EGFR != nil && Whole(s.EGFRBelow).More(*c.patient.EGFR)
	case s.With != "":
		return slices.ContainsFunc(c.all(), func(o *taken) bool { return o.drug != nil && o.set.has(s.with) && !slices.Contains(m, o) })
	}
	return slices.ContainsFunc(s.Terms, func(t string) bool { return c.has[t] != "" })
}

// History lists what a person has, by the keys of the list of conditions, with the fact in words.
func History(p Patient, rules *Rules, on Date) map[string]string {
	c := &check{patient: p, rules: rules, on: on}
	c.known()
	return c.has
}
