package caselist

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"housecall/internal/safety"
)

// told is where the facts of a case are known from.
const told = "told in the case"

// person reads the patient of a case. A field that is null or absent is a fact that nobody gave.
func (l *List) person(c *Case, o object) {
	p := &c.Patient
	l.age(c, o)
	p.Sex = sexOf(text(o["sex"]))
	p.Weight = c.measured(o, "weight_kg", 0.3, 500)
	p.WeighedOn = c.Date
	p.EGFR = c.measured(o, "egfr", 0, 250)
	p.Liver = l.liver(c, text(o["liver"]))
	l.pregnancy(c, o["pregnancy"])
	if lactating, given := yesNo(o["lactating"]); given {
		p.Lactating = lactating
	}
	allergies, listed := o["allergies"], o["allergies"] != nil
	p.AllergiesAsked = listed
	for _, a := range allergiesOf(allergies) {
		if none(a.Allergen) {
			continue
		}
		a.From = told
		p.Allergies = append(p.Allergies, a)
	}
	p.ConditionsAsked = o["conditions"] != nil
	for _, words := range texts(o["conditions"]) {
		if !none(words) {
			p.Conditions = append(p.Conditions, safety.Condition{Words: words, From: told})
		}
	}
}

func none(words string) bool {
	switch safety.Fold(words) {
	case "none", "no", "nil", "nka", "nkda", "no known allergies", "no known drug allergies", "no allergies", "无", "n/a", "":
		return true
	}
	return false
}

func allergiesOf(v any) []safety.Allergy {
	var out []safety.Allergy
	switch x := v.(type) {
	case string:
		out = append(out, safety.Allergy{Allergen: x})
	case map[string]any:
		name := text(x["allergen"])
		if name == "" {
			name = text(x["name"])
		}
		out = append(out, safety.Allergy{Allergen: name, Reaction: text(x["reaction"])})
	case []any:
		for _, one := range x {
			out = append(out, allergiesOf(one)...)
		}
	}
	return out
}

// measured reads a measured fact; what no person has is questioned and left out.
func (c *Case) measured(o object, key string, low, high float64) *safety.Decimal {
	f, given, ok := number(o[key])
	if !given {
		return nil
	}
	if !ok || f < low || f > high {
		c.question(key, fmt.Sprintf("%s can't be right. Measure it again; until then it counts as not known.", key))
		return nil
	}
	d := decimal(f)
	return &d
}

func sexOf(s string) string {
	switch safety.Fold(s) {
	case "f", "female", "woman", "girl", "女":
		return "f"
	case "m", "male", "man", "boy", "男":
		return "m"
	}
	return ""
}

var ageShape = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)\s*(y|yr|yrs|year|years|y/o|yo|岁|m|mo|mos|month|months|月|w|wk|wks|week|weeks|周|d|day|days|天)?(?:\s*old)?$`)

const oldest = 125

// age turns "45 y", "8 mo", "3 wk" or a date of birth into one that makes the person exactly so old.
func (l *List) age(c *Case, o object) {
	if born := text(o["born"]); born != "" {
		d, err := safety.ParseDate(born)
		if err != nil || c.Date.Before(d) || d.Year < c.Date.Year-oldest {
			c.question("born", "The date of birth can't be right.")
			return
		}
		c.Patient.Born = d
		return
	}
	words := strings.ToLower(text(o["age"]))
	if words == "" {
		return
	}
	m := ageShape.FindStringSubmatch(words)
	if m == nil {
		c.question("age", "The age can't be read. Write it like 45 y, 8 mo or 3 wk.")
		return
	}
	n, _ := strconv.ParseFloat(m[1], 64)
	day := safety.Date{Year: c.Date.Year, Month: c.Date.Month, Day: min(c.Date.Day, 28)}
	months, days := 0, 0
	switch unit := m[2]; {
	case unit == "" || strings.HasPrefix(unit, "y") || unit == "岁":
		months = int(n * 12)
	case strings.HasPrefix(unit, "m") || unit == "月":
		months = int(n)
	case strings.HasPrefix(unit, "w") || unit == "周":
		days = int(n * 7)
	default:
		days = int(n)
	}
	if months > oldest*12 || days > oldest*366 {
		c.question("age", "Nobody is so old. The age counts as not known.")
		return
	}
	if days > 0 {
		c.Patient.Born = c.Date.Add(-days)
		return
	}
	c.Patient.Born = safety.DateOf(day.Time().AddDate(0, -months, 0))
}

func (l *List) liver(c *Case, words string) string {
	switch f := safety.Fold(words); f {
	case "", "unknown":
		return ""
	case "normal", "mild", "moderate", "severe":
		return f
	case "child-pugh a", "child pugh a":
		return "mild"
	case "child-pugh b", "child pugh b":
		return "moderate"
	case "child-pugh c", "child pugh c":
		return "severe"
	}
	c.question("liver", "Liver function must be normal, mild, moderate or severe.")
	return ""
}

var (
	weeksShape  = regexp.MustCompile(`([0-9]{1,2})\s*(?:\+\s*[0-9]\s*)?(?:w|wk|wks|week|weeks|周)`)
	monthsShape = regexp.MustCompile(`([0-9])\s*(?:mo|month|months)`)
)

// pregnancy reads "no", "unknown", "14 weeks", and what else people write there.
func (l *List) pregnancy(c *Case, v any) {
	p := &c.Patient.Pregnancy
	words := safety.Fold(text(v))
	if answer, given := yesNo(v); given {
		p.Is = answer
		return
	}
	if m := weeksShape.FindStringSubmatch(words); m != nil {
		p.Is = safety.Yes
		p.Weeks, _ = strconv.Atoi(m[1])
	} else if m := monthsShape.FindStringSubmatch(words); m != nil {
		months, _ := strconv.Atoi(m[1])
		p.Is, p.Weeks = safety.Yes, months*13/3
	}
	if p.Is == safety.Yes {
		if p.Weeks < 1 || p.Weeks > 44 {
			p.Weeks = 0
			c.question("pregnancy", "No pregnancy is so long. The weeks count as not known.")
		}
		return
	}
	switch {
	case words == "" || words == "unknown" || words == "unsure" || words == "possible":
		p.Is = ""
	case strings.Contains(words, "first") || strings.Contains(words, "1st") || words == "t1":
		p.Is, p.Weeks = safety.Yes, 8
	case strings.Contains(words, "second") || strings.Contains(words, "2nd") || words == "t2":
		p.Is, p.Weeks = safety.Yes, 20
	case strings.Contains(words, "third") || strings.Contains(words, "3rd") || words == "t3":
		p.Is, p.Weeks = safety.Yes, 32
	case strings.Contains(words, "not pregnant"), strings.Contains(words, "postpartum"), words == "n/a", words == "postmenopausal", words == "negative":
		p.Is = safety.No
	case strings.Contains(words, "pregnan"), words == "positive":
		p.Is = safety.Yes
	default:
		c.question("pregnancy", "Pregnancy must be no, unknown, or the weeks like 14 weeks.")
	}
}

func yesNo(v any) (safety.Answer, bool) {
	switch x := v.(type) {
	case bool:
		if x {
			return safety.Yes, true
		}
		return safety.No, true
	case string:
		switch safety.Fold(x) {
		case "yes", "true", "y":
			return safety.Yes, true
		case "no", "false", "n":
			return safety.No, true
		}
	}
	return "", false
}
