package prescribing

import (
	"fmt"
	"strings"

	"housecall/internal/safety"
)

// speaker says a dosage as one sentence. The templates are those of the clinical notes: a taper, a
// drink over hours, a repeat after a pause and a preparation have templates of their own. No Latin
// abbreviation is ever made.
type speaker struct {
	product *Product
	words   map[string]word
}

// say makes the sentence of all steps in both languages.
func (p *speaker) say(steps []step) Sentence {
	first := steps[0]
	var out Sentence
	switch {
	case first.AsNeeded != nil && first.AsNeeded.RepeatAfterHours > 0:
		out = p.repeatOnce(first)
	case first.Timing.OverHours > 0:
		out = p.overHours(first)
	case p.product.Form == "dispersible tablet" && len(steps) == 1:
		out = p.dissolved(first)
	default:
		out = Sentence{EN: p.english(steps), ZH: p.chinese(steps)}
	}
	return p.instructions(out, steps)
}

// english joins the steps: "First take ... Then ...".
func (p *speaker) english(steps []step) string {
	var out []string
	for i, s := range steps {
		dose, course := p.doseEN(s), p.courseEN(s)
		f := p.product.form
		switch {
		case i > 0:
			out = append(out, "Then "+dose+" "+course+".")
		case len(steps) > 1 && f.route == "oral": // an eye drop's first step names the eye instead
			out = append(out, spaced("First", strings.ToLower(f.verb), dose, p.placeEN(s), course)+".")
		default:
			out = append(out, spaced(f.verb, dose, p.placeEN(s), course)+".")
		}
	}
	return strings.Join(out, " ")
}

// chinese joins the steps: "先口服，...；再...。".
func (p *speaker) chinese(steps []step) string {
	var out []string
	for i, s := range steps {
		verb := p.verbZH(s) + "，"
		switch {
		case i > 0:
			verb = "再"
		case len(steps) > 1 && p.product.form.route == "oral":
			verb = "先" + verb
		}
		out = append(out, verb+"每次"+p.doseZH(s)+"，"+p.courseZH(s))
	}
	return strings.Join(out, "；") + "。"
}

func (p *speaker) courseEN(s step) string {
	t := s.Timing
	if t.Count == 1 {
		return spaced("once, as a single dose", p.whenEN(s))
	}
	course := spaced(p.howOftenEN(s), p.whenEN(s))
	if s.AsNeeded == nil {
		return spaced(course, p.lengthEN(s))
	}
	course = spaced(course, "as needed for", p.words["reason:"+s.AsNeeded.For].en) + ", at most " + p.ceilingEN(s) + " in 24 hours"
	if length := p.lengthEN(s); length != "" {
		course += ", " + length
	}
	return course
}

func (p *speaker) courseZH(s step) string {
	t := s.Timing
	if t.Count == 1 {
		return joinZH("仅1次", p.withZH(s))
	}
	often := p.howOftenZH(s)
	if s.AsNeeded != nil {
		often = p.words["reason:"+s.AsNeeded.For].zh + "时" + often
	}
	parts := []string{often, p.withZH(s)}
	if s.AsNeeded != nil {
		parts = append(parts, "24小时内最多"+p.ceilingZH(s))
	}
	return joinZH(append(parts, p.lengthZH(s))...)
}

func (p *speaker) howOftenEN(s step) string {
	t := s.Timing
	switch {
	case t.PeriodUnit == "wk" && t.Frequency == 1 && t.Period == 1:
		return "once a WEEK" + p.daysEN(s)
	case t.PeriodUnit == "mo" && t.Frequency == 1 && t.Period == 1:
		return "once a MONTH"
	case t.Frequency == 1 && t.Period > 1:
		return fmt.Sprintf("every %d %s", t.Period, periodEN[t.PeriodUnit]+"s") + p.daysEN(s)
	case t.Frequency == 1:
		return "once " + map[string]string{"h": "an hour"}[t.PeriodUnit] + map[string]string{"d": "a day"}[t.PeriodUnit]
	case t.Period == 1:
		return fmt.Sprintf("%d times %s", t.Frequency, map[string]string{"h": "an hour", "d": "a day", "wk": "a WEEK", "mo": "a MONTH"}[t.PeriodUnit]) + p.daysEN(s)
	}
	return fmt.Sprintf("%d times every %d %ss", t.Frequency, t.Period, periodEN[t.PeriodUnit])
}

var (
	periodEN = map[string]string{"h": "hour", "d": "day", "wk": "week", "mo": "month"}
	periodZH = map[string]string{"h": "小时", "d": "天", "wk": "周", "mo": "个月"}
)

func (p *speaker) howOftenZH(s step) string {
	t := s.Timing
	every := "每" + periodZH[t.PeriodUnit]
	switch {
	case t.Period > 1:
		every = fmt.Sprintf("每%d%s", t.Period, periodZH[t.PeriodUnit])
	case t.PeriodUnit == "mo":
		every = "每月"
	}
	for _, w := range t.When {
		if inDay(w) {
			every += p.words["when:"+w].zh
		}
	}
	often := fmt.Sprintf("%s%d次", every, t.Frequency)
	if len(t.DaysOfWeek) > 0 {
		days := make([]string, len(t.DaysOfWeek))
		for i, d := range t.DaysOfWeek {
			days[i] = p.words["day:"+d].zh
		}
		often += "，" + strings.Join(days, "、") + "服用"
	}
	return often
}

// inDay tells the parts of a day from meals, which Chinese says after the frequency.
func inDay(when string) bool {
	return when == "morning" || when == "noon" || when == "evening" || when == "night"
}

func (p *speaker) daysEN(s step) string {
	if len(s.Timing.DaysOfWeek) == 0 {
		return ""
	}
	days := make([]string, len(s.Timing.DaysOfWeek))
	for i, d := range s.Timing.DaysOfWeek {
		days[i] = p.words["day:"+d].en
	}
	return ", on " + strings.Join(days, " and ") + ","
}

func (p *speaker) whenEN(s step) string {
	var out []string
	for _, w := range s.Timing.When {
		out = append(out, p.words["when:"+w].en)
	}
	if len(s.Timing.TimeOfDay) > 0 {
		out = append(out, "at "+strings.Join(s.Timing.TimeOfDay, " and "))
	}
	return strings.Join(out, " and ")
}

func (p *speaker) withZH(s step) string {
	var out []string
	for _, w := range s.Timing.When {
		if !inDay(w) {
			out = append(out, p.words["when:"+w].zh)
		}
	}
	return joinZH(append(out, s.Timing.TimeOfDay...)...)
}

func (p *speaker) lengthEN(s step) string {
	if s.Timing.Duration == 0 {
		return ""
	}
	unit := periodEN[s.Timing.DurationUnit]
	if s.Timing.Duration > 1 {
		unit += "s"
	}
	return fmt.Sprintf("for %d %s", s.Timing.Duration, unit)
}

func (p *speaker) lengthZH(s step) string {
	if s.Timing.Duration == 0 {
		return ""
	}
	return fmt.Sprintf("共%d%s", s.Timing.Duration, periodZH[s.Timing.DurationUnit])
}

// doseEN is "1 to 2 tablets (500 to 1000 mg)".
func (p *speaker) doseEN(s step) string {
	f := p.product.form
	unit := f.many
	if s.high.Equal(safety.Whole(1)) {
		unit = f.one
	}
	if !p.product.PieceML.IsZero() {
		unit = "mL"
	}
	dose := s.low.String()
	if s.high.More(s.low) {
		dose += " to " + s.high.String()
	}
	dose += " " + unit
	if w := p.weight(s.low, s.high, " to ", unitEN); w != "" {
		dose += " (" + w + ")"
	}
	return dose
}

func (p *speaker) doseZH(s step) string {
	dose := s.low.String()
	if s.high.More(s.low) {
		dose += "至" + s.high.String()
	}
	dose += p.unitZH()
	if w := p.weight(s.low, s.high, "至", unitZH); w != "" {
		dose += "（" + w + "）"
	}
	return dose
}

func (p *speaker) unitZH() string {
	if !p.product.PieceML.IsZero() {
		return "毫升"
	}
	return p.product.form.zh
}

func unitEN(u string) string {
	return " " + map[string]string{"mg": "mg", "mcg": "micrograms", "g": "g", "IU": "units"}[u]
}

func unitZH(u string) string {
	return map[string]string{"mg": "毫克", "mcg": "微克", "g": "克", "IU": "单位"}[u]
}

// weight is what so many units weigh: "500 to 1000 mg", "1000/250 mg"; "" where the dose is not
// weighed, as puffs of two medicines are not.
func (p *speaker) weight(low, high safety.Decimal, to string, unit func(string) string) string {
	parts := p.product.PerUnit
	if len(parts) == 0 || len(parts) > 1 && (p.product.form.basis == byPuff || parts[0].Unit != parts[1].Unit) {
		return ""
	}
	say := func(n safety.Decimal) string {
		var out []string
		for _, a := range parts {
			out = append(out, a.Value.Times(n).String())
		}
		return strings.Join(out, "/")
	}
	w := say(low)
	if high.More(low) {
		w += to + say(high)
	}
	return w + unit(parts[0].Unit)
}

// ceilingEN is "4 doses" or "8 tablets (4000 mg)", as the doctor told it.
func (p *speaker) ceilingEN(s step) string {
	if s.maxKind == "dose" {
		n, _ := s.max.Over(s.high)
		if n.Equal(safety.Whole(1)) {
			return "1 dose"
		}
		return n.String() + " doses"
	}
	return p.doseEN(step{low: s.max, high: s.max})
}

func (p *speaker) ceilingZH(s step) string {
	if s.maxKind == "dose" {
		n, _ := s.max.Over(s.high)
		return n.String() + "次"
	}
	return p.doseZH(step{low: s.max, high: s.max})
}

func (p *speaker) placeEN(s step) string {
	return strings.ReplaceAll(p.product.form.place, "{site}", p.words["site:"+s.Site].en)
}

func (p *speaker) verbZH(s step) string {
	return strings.ReplaceAll(p.product.form.verbZH, "{site}", p.words["site:"+s.Site].zh)
}

// repeatOnce is for an attack: one when it begins, one more when it comes back.
func (p *speaker) repeatOnce(s step) Sentence {
	f, why, hours := p.product.form, p.words["reason:"+s.AsNeeded.For], s.AsNeeded.RepeatAfterHours
	begins := why.en
	if !strings.HasPrefix(begins, "a ") {
		begins = map[bool]string{true: "an ", false: "a "}[strings.ContainsAny(begins[:1], "aeiou")] + begins
	}
	return Sentence{
		EN: spaced(f.verb, p.doseEN(s), p.placeEN(s)) + fmt.Sprintf(" when %s begins. If it comes back, take %s more after at least %d hours. At most %s in 24 hours.",
			begins, s.high, hours, p.ceilingEN(s)),
		ZH: fmt.Sprintf("%s发作时%s%s。如复发，至少%d小时后可再服%s%s。24小时内最多%s。",
			why.zh, p.verbZH(s), p.doseZH(s), hours, s.high, p.unitZH(), p.ceilingZH(s)),
	}
}

// overHours is a drink in small sips.
func (p *speaker) overHours(s step) Sentence {
	return Sentence{
		EN: fmt.Sprintf("Drink %s in small sips over %d hours.", p.doseEN(s), s.Timing.OverHours),
		ZH: fmt.Sprintf("小口饮用，%d小时内共%s。", s.Timing.OverHours, p.doseZH(s)),
	}
}

// dissolved is a tablet that becomes a spoonful first.
func (p *speaker) dissolved(s step) Sentence {
	return Sentence{
		EN: spaced("Dissolve", p.doseEN(s), "in a spoon of water and take it by mouth", p.courseEN(s)) + ".",
		ZH: p.doseZH(s) + "用一勺水化开口服，" + p.courseZH(s) + "。",
	}
}

// instructions adds what is coded beside the dose, each once.
func (p *speaker) instructions(out Sentence, steps []step) Sentence {
	said := map[string]bool{}
	var zh []string
	for _, s := range steps {
		for _, code := range s.Instructions {
			if w := p.words["instruction:"+code]; !said[code] {
				said[code] = true
				out.EN += " " + w.en
				zh = append(zh, w.zh)
			}
		}
	}
	if len(zh) > 0 {
		out.ZH += strings.Join(zh, "，") + "。"
	}
	return out
}

// spaced joins what is there with single spaces.
func spaced(parts ...string) string {
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

func joinZH(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, "，")
}
