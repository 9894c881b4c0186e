package jurisdiction

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Decision is what one rule says of these facts on that day.
type Decision struct {
	Rule     string   `json:"rule"`
	Decision string   `json:"decision"`
	Day      string   `json:"day"`
	Since    string   `json:"since,omitempty"`
	EN       string   `json:"en"`
	ZH       string   `json:"zh,omitempty"`
	Source   string   `json:"source"`
	Missing  []string `json:"missing,omitempty"` // facts that nobody gave and that would have decided
	Limit    int      `json:"limit,omitempty"`   // days or medicines, where the rule sets a number
	Because  string   `json:"because,omitempty"`
}

// Hinders tells whether a decision stands in the way until something is done.
func (d Decision) Hinders() bool {
	return d.Decision == Block || d.Decision == Redirect || d.Decision == Require || d.Decision == Expired
}

// Decide answers what the rules in force in a place on a day say at a stage: the gravest first. A place
// without a pack is a block of its own.
func (b *Book) Decide(place, stage, day string, f Facts) []Decision {
	var out []Decision
	if place != "" && !b.Knows(place) {
		out = append(out, Decision{Rule: "HOUSE-J01", Decision: Block, Day: day, EN: "The rules of this place are not known here.", ZH: "本系统没有该地区的规则。", Source: "HOUSECALL"})
	}
	f = f.with(b.facts(place))
	lifted := map[string]bool{}
	for _, r := range b.Rules(place) {
		if r.Decision == Allow && r.holds(day) {
			if v := r.predicate(f, r.With); v.fires == yes {
				lifted[r.Lifts] = true
			}
		}
	}
	for _, r := range b.Rules(place) {
		if !slices.Contains(r.Stages, stage) || !r.holds(day) || lifted[r.ID] {
			continue
		}
		if d, fires := r.decide(day, f); fires {
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(a, c Decision) int {
		return slices.Index(decisions, a.Decision) - slices.Index(decisions, c.Decision)
	})
	return out
}

// decide asks one rule. What nobody told makes it fire, unless it allows or only records.
func (r *Rule) decide(day string, f Facts) (Decision, bool) {
	v := r.predicate(f, r.With)
	if v.fires == no || v.fires == unknown && (r.Decision == Allow || r.Decision == Record) {
		return Decision{}, false
	}
	d := Decision{
		Rule: r.ID, Decision: r.Decision, Day: day, Since: r.From, EN: r.EN, ZH: r.ZH, Source: r.Source, Limit: v.limit, Because: v.because,
	}
	if v.fires == unknown {
		d.Missing = v.missing
	}
	return d, true
}

func (b *Book) facts(place string) map[string]bool {
	out := map[string]bool{}
	for _, p := range b.chain(place) {
		maps.Copy(out, p.Facts)
	}
	return out
}

// NeedsGuardian names the rule that keeps a person of this age from being seen without a guardian, the
// place's own before the house's.
func (b *Book) NeedsGuardian(place, day string, months int) (rule string, needed bool) {
	facts := func(present bool) Facts {
		return Facts{Yes: map[string]bool{"guardian_present": present, "child_specialist_present": true}, Numbers: map[string]float64{"age_months": float64(months)}}
	}
	with := map[string]bool{}
	for _, d := range b.Decide(place, Consult, day, facts(true)) {
		with[d.Rule] = true
	}
	for _, d := range b.Decide(place, Consult, day, facts(false)) {
		if !with[d.Rule] && d.Hinders() && (rule == "" || strings.HasPrefix(rule, "HOUSE-")) {
			rule = d.Rule
		}
	}
	return rule, rule != ""
}

// Asks names the rule that hinders at a stage where a fact is not so and does not where it is: whether a place
// asks for it at all.
func (b *Book) Asks(place, stage, day, fact string) (rule string, asked bool) {
	without := map[string]bool{}
	for _, d := range b.Decide(place, stage, day, Facts{Yes: map[string]bool{fact: true}}) {
		without[d.Rule] = true
	}
	for _, d := range b.Decide(place, stage, day, Facts{Yes: map[string]bool{fact: false}}) {
		if d.Hinders() && !without[d.Rule] {
			return d.Rule, true
		}
	}
	return "", false
}

// KeepFor is how many years a kind of record ("medical", "call", "chat", "sale", "controlled", "audit") must be kept by
// the rules of a place, and by which rule: who would destroy one asks first. 0 and no rule: nothing forbids it.
func (b *Book) KeepFor(place, record, day string) (years int, rule string) {
	for _, r := range b.Rules(place) {
		if r.Decision == Keep && r.holds(day) && slices.Contains(r.With.Records, record) && r.With.Years > years {
			years, rule = r.With.Years, r.ID
		}
	}
	return years, rule
}

// NeedsProof tells whether somebody must show an earlier diagnosis before they are seen.
func (b *Book) NeedsProof(place, day string) bool {
	return slices.ContainsFunc(b.Decide(place, Intake, day, Facts{Yes: map[string]bool{"doctor_ticked_revisit": true}}), func(d Decision) bool {
		return d.Hinders() && slices.Contains(d.Missing, "proof_uploaded")
	})
}

// Explain says in words what is decided at a stage and why, one rule a line, and which rules were asked.
func (b *Book) Explain(place, stage, day string, f Facts) string {
	var out strings.Builder
	decided := b.Decide(place, stage, day, f)
	verdict := "Allowed"
	for _, d := range decided {
		if d.Hinders() {
			verdict = "Not allowed"
			break
		}
		if d.Decision == Limit || d.Decision == Warn {
			verdict = "Allowed with a recorded reason"
		}
	}
	fmt.Fprintf(&out, "%s at %q in %s on %s.\n", verdict, stage, strings.ToUpper(or(place, House)), day)
	for _, d := range decided {
		fmt.Fprintf(&out, "- %s decides %s: %s", d.Rule, d.Decision, d.EN)
		if d.ZH != "" {
			fmt.Fprintf(&out, " / %s", d.ZH)
		}
		if d.Because != "" {
			fmt.Fprintf(&out, " (%s)", d.Because)
		}
		if d.Since != "" {
			fmt.Fprintf(&out, " In force since %s.", d.Since)
		}
		if len(d.Missing) > 0 {
			fmt.Fprintf(&out, " Nobody said: %s; so the stricter way counts.", strings.Join(d.Missing, ", "))
		}
		fmt.Fprintf(&out, " Source: %s.\n", d.Source)
	}
	asked, silent := 0, 0
	for _, r := range b.Rules(place) {
		if slices.Contains(r.Stages, stage) {
			if asked++; !r.holds(day) {
				silent++
			}
		}
	}
	fmt.Fprintf(&out, "%d rules were asked, %d of them are not in force on that day.\n", asked, silent)
	return out.String()
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// IsStage tells whether rules are asked at a stage of this name.
func IsStage(name string) bool { return slices.Contains(stages, name) }
