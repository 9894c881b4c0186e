package intake

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A trigger of red_flags.csv is alternatives joined by "or"; each holds when all its parts hold.
// Some alternatives also ask something that no instrument shows ("not usual for the person"): then
// the person is asked once the number is in the range, and has to answer.
type trigger struct {
	alternatives []alternative
}

type alternative struct {
	answer bool // needs the answer yes to the flag's own question
	group  bool // who belongs to the flag's group raises it by that alone
	limits []limit
	ages   *ages // this alternative holds at these ages alone
	ask    *Text
	unless string  // the condition that makes the answer no raise nothing
	exempt []limit // within these, the alternative is asked rather than raised for who has `unless`
}

// limit is a closed range of thousandths.
type limit struct {
	vital     string
	low, high int64
}

// qualifier is a phrase of red_flags.csv that turns a number into a question. all: it goes with
// every alternative before it, not with the last alone.
type qualifier struct {
	phrase string
	all    bool
	ask    Text // asked when a number alone does not decide
	unless string
	exempt []limit
}

var qualifiers = []qualifier{
	{phrase: " and not usual for the person", all: true, ask: Text{
		"Is this oxygen level unusual for you?", "这个血氧值对您来说不寻常吗？",
	}},
	{phrase: " with infection", ask: Text{
		"Do you have signs of an infection, such as fever, chills or a cough with phlegm?", "您有感染的表现吗，例如发热、寒战或咳痰？",
	}},
	{phrase: " with dizziness or fainting", ask: Text{
		"Are you dizzy, or have you fainted?", "您头晕或晕倒过吗？",
	}},
	{phrase: " with headache, chest pain, breathlessness, vision change or confusion", all: true, ask: Text{
		"Do you have a headache, chest pain, breathlessness, a change of vision, or confusion?", "您有头痛、胸痛、气短、视物异常或意识混乱吗？",
	}},
	{phrase: " without symptoms, confirmed after 5 minutes", all: true, ask: Text{
		"Rest five minutes and measure again. Is it still this high?", "请休息5分钟后再测一次，血压仍然这么高吗？",
	}},
	{
		phrase: " (known COPD on target 88-92: <88)", all: true, unless: "copd",
		exempt: []limit{{"SpO2", 88000, 91999}}, ask: Text{
			"Is this lower than the level your doctor told you is usual for you?", "这个血氧值低于医生告诉您的平时水平吗？",
		},
	},
}

var (
	comparison = regexp.MustCompile(`^([A-Za-z0-9]+?)(<=|>=|<|>| )([0-9.]+)(?:-([0-9.]+))?(?:% best)?$`)
	ageScope   = regexp.MustCompile(`^(.*) \(([^)]+ y)\)$`)
)

// parseTrigger reads a cell, or says what of it is not understood.
func parseTrigger(cell string) (trigger, error) {
	text := strings.TrimSpace(cell)
	var asked *qualifier
	for i := range qualifiers {
		if rest, found := strings.CutSuffix(text, qualifiers[i].phrase); found {
			text, asked = rest, &qualifiers[i]
			break
		}
	}
	var t trigger
	for _, part := range strings.Split(text, " or ") {
		alt, err := parseAlternative(part)
		if err != nil {
			return trigger{}, err
		}
		t.alternatives = append(t.alternatives, alt)
	}
	if asked == nil {
		return t, nil
	}
	for i := range t.alternatives {
		if asked.all || i == len(t.alternatives)-1 {
			t.alternatives[i].ask, t.alternatives[i].unless, t.alternatives[i].exempt = &asked.ask, asked.unless, asked.exempt
		}
	}
	return t, nil
}

func parseAlternative(text string) (alternative, error) {
	var alt alternative
	if m := ageScope.FindStringSubmatch(text); m != nil {
		scope, err := parseAges(m[2])
		if err != nil {
			return alt, err
		}
		text, alt.ages = m[1], &scope
	}
	for _, part := range strings.Split(text, " and ") {
		switch part {
		case "answer=yes":
			alt.answer = true
		case "group=yes":
			alt.group = true
		default:
			l, err := parseLimit(part)
			if err != nil {
				return alt, err
			}
			alt.limits = append(alt.limits, l)
		}
	}
	return alt, nil
}

func parseLimit(text string) (limit, error) {
	const most = int64(1) << 40
	m := comparison.FindStringSubmatch(text)
	if m == nil || measures[m[1]].units == nil || (m[4] != "") != (m[2] == " ") {
		return limit{}, fmt.Errorf("trigger %q is not understood", text)
	}
	n, err := parseMilli(m[3])
	if err != nil {
		return limit{}, fmt.Errorf("trigger %q: %w", text, err)
	}
	switch m[2] {
	case "<=":
		return limit{m[1], 0, n}, nil
	case "<":
		return limit{m[1], 0, n - 1}, nil
	case ">=":
		return limit{m[1], n, most}, nil
	case ">":
		return limit{m[1], n + 1, most}, nil
	}
	upper, err := parseMilli(m[4])
	if err != nil || upper < n {
		return limit{}, fmt.Errorf("trigger %q: the range is turned round", text)
	}
	return limit{m[1], n, upper + 999}, nil // "92-94" is whole numbers: 94.5 still reads 94
}

// within tells whether every limit is met by a measured value; what nobody measured meets none.
func within(limits []limit, vitals map[string]int64) bool {
	return !slices.ContainsFunc(limits, func(l limit) bool {
		v, measured := vitals[l.vital]
		return !measured || v < l.low || v > l.high
	})
}
