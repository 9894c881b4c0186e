package safety

import (
	"slices"
	"strings"
)

// allergies holds every recorded allergy against every new medicine: the same ingredient always, the
// cross-reactivity rows by the kind of reaction.
func allergies(c *check) []Finding {
	if len(c.proposed) == 0 {
		return nil
	}
	if !c.patient.AllergiesAsked && len(c.patient.Allergies) == 0 {
		return c.allergiesUnknown()
	}
	var found []Finding
	for _, a := range c.patient.Allergies {
		found = append(found, c.allergy(a)...)
	}
	return found
}

// oftenAllergic are the groups, by ATC code, in which allergies are common or deadly: antibiotics and
// antifungals, painkillers, antiepileptics, allopurinol. Before these, somebody has to ask.
var oftenAllergic = []string{"J01", "J02", "P01", "S01A", "D06", "M01", "M02", "N02", "B01AC06", "N03", "M04AA01", "A07EC", "H02", "C09A"}

// allergiesUnknown warns before a medicine of a group with common allergies, and only tells before others.
func (c *check) allergiesUnknown() []Finding {
	severity, inns := Info, []string{}
	for _, m := range c.proposed {
		if m.drug == nil || slices.ContainsFunc(oftenAllergic, func(atc string) bool { return strings.HasPrefix(m.drug.ATC, atc) }) {
			severity, inns = Warning, append(inns, m.INN)
		}
	}
	return []Finding{finding(KindMissingFact, severity, "allergies", inns, "Nobody has asked about allergies.",
		"An allergy that was not asked for can't be found.", "Ask now and record the answer, also when it is none.", "HOUSECALL")}
}

func (c *check) allergy(a Allergy) []Finding {
	names := c.allergens(a.Allergen)
	names = byReaction(names, strings.ToLower(a.Reaction))
	if len(names) == 0 {
		return []Finding{finding(KindAllergy, Warning, "unmatched:"+Fold(a.Allergen), nil, fact(a),
			"No list of this service knows this allergen, so nothing was checked against it.",
			"Match it by hand, and write how you checked it.", "HOUSECALL")}
	}
	var found []Finding
	for _, m := range c.proposed {
		if m.drug != nil {
			found = append(found, c.against(a, names, m.drug)...)
		}
	}
	return found
}

// byReaction tells apart what an ACE inhibitor does: a swelling forbids the group and its relatives, a
// cough is a side effect.
func byReaction(names []string, reaction string) []string {
	if !slices.Contains(names, "ace inhibitor") {
		return names
	}
	for _, w := range []string{"angio", "swell", "swollen", "tongue", "lips", "肿"} {
		if strings.Contains(reaction, w) {
			return append(names, "ace inhibitor angioedema")
		}
	}
	if strings.Contains(reaction, "cough") || strings.Contains(reaction, "咳") {
		return []string{"ace inhibitor cough"}
	}
	return names
}

// against answers the worst rule of one allergy for one medicine; the same ingredient is a hard stop
// whether or not a row says so.
func (c *check) against(a Allergy, names []string, d *Drug) []Finding {
	worst, rule := "", AllergyRule{}
	for _, r := range c.rules.Allergies {
		if slices.Contains(names, r.Allergen) && d.Is(r.Drug) && reactionFits(r.Reaction, a.Reaction) && weight(r.Action) > weight(worst) {
			worst, rule = r.Action, r
		}
	}
	if contains(d, names) && worst != "hard_stop" && (worst != "warn" || rule.Relation != "side effect, not allergy") {
		return []Finding{finding(KindAllergy, HardStop, "same:"+d.INN, []string{d.INN}, fact(a),
			"It is, or contains, the substance of the recorded allergy.", "Choose another medicine, or refer for allergy testing.", "HOUSECALL")}
	}
	severity, ok := map[string]Severity{"hard_stop": HardStop, "warn": Warning, "info": Info}[worst]
	if !ok {
		return nil
	}
	return []Finding{finding(KindAllergy, severity, rule.ID, []string{d.INN}, fact(a), rule.Message, instead(severity), rule.Source)}
}

func instead(s Severity) string {
	return map[Severity]string{
		HardStop: "Choose another medicine.",
		Warning:  "Choose another medicine, or write the reason for this one.",
		Info:     "Nothing, if the history fits.",
	}[s]
}

func fact(a Allergy) string {
	reaction := a.Reaction
	if reaction == "" {
		reaction = "reaction not told"
	}
	return "Recorded allergy: " + a.Allergen + " (" + reaction + "), " + from(a.From) + "."
}

// allergens lists every allergen of the rules that these words mean: the words themselves, their
// other names, and, for a medicine, the groups that it belongs to (an allergy to naproxen is one to
// NSAIDs).
func (c *check) allergens(words string) []string {
	f := Fold(words)
	for _, tail := range []string{" allergy", " allergies", " hypersensitivity", " intolerance", " antibiotics", " antibiotic", " group", " class", " drugs", "过敏"} {
		f = strings.TrimSpace(strings.TrimSuffix(f, tail))
	}
	f = strings.TrimPrefix(strings.TrimPrefix(f, "allergic to "), "allergy to ")
	var names []string
	if c.named(f, &names); len(names) > 0 {
		return names
	}
	found, _ := mentions(f, c.rules.reagents)
	for _, m := range found {
		if !m.denied && c.rules.Allergens[m.phrase] != harmless {
			c.named(m.phrase, &names)
		}
	}
	for _, w := range strings.FieldsFunc(f, func(r rune) bool { return strings.ContainsRune(" ,;/()", r) }) {
		if d := c.rules.Lookup(w); d != nil {
			c.named(w, &names)
		}
	}
	return names
}

// harmless is the allergen of what no medicine has to do with; it counts only when nothing else is said.
const harmless = "environment or food"

// named adds what one name of an allergen means.
func (c *check) named(f string, names *[]string) {
	add := func(n string) {
		if n != "" && !slices.Contains(*names, n) {
			*names = append(*names, n)
		}
	}
	if known := c.rules.Allergens[f]; known != "" {
		add(known)
	}
	d := c.rules.Lookup(f)
	if d == nil {
		return
	}
	add(d.INN)
	for _, part := range d.Components {
		add(part.Component)
		add(c.rules.Allergens[part.Component])
	}
	for _, t := range d.Tags {
		add(c.rules.Allergens["class:"+t])
	}
}

// contains tells whether the medicine is, or has as a component, one of these substances.
func contains(d *Drug, names []string) bool {
	return slices.Contains(names, d.INN) || slices.ContainsFunc(d.Components, func(p Amount) bool {
		return slices.Contains(names, p.Component)
	})
}

func weight(action string) int {
	switch action {
	case "hard_stop":
		return 4
	case "warn":
		return 3
	case "info":
		return 2
	case "none":
		return 1
	}
	return 0
}

// Words that tell how bad a recorded reaction was. What fits none of them is unknown, and unknown
// counts as the worse of what a rule distinguishes.
var (
	anaphylaxis = []string{"anaphyla", "shock", "collapse", "过敏性休克", "休克"}
	immediate   = []string{"hive", "urticaria", "swelling", "swollen", "angioedema", "wheez", "bronchospasm", "breath", "throat", "asthma", "荨麻疹", "肿", "喘", "呼吸"}
	mild        = []string{"rash", "itch", "nausea", "vomit", "diarrh", "stomach", "upset", "headache", "mild", "皮疹", "痒", "恶心", "呕吐", "腹泻"}
	rhabdo      = []string{"rhabdo", "横纹肌"}
)

// reactionFits tells whether a rule speaks of the recorded reaction.
func reactionFits(rule, reaction string) bool {
	if rule == "any" {
		return true
	}
	has := func(words []string) bool {
		r := strings.ToLower(reaction)
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(r, w) })
	}
	severe, quick := has(anaphylaxis), has(immediate)
	told := severe || quick || has(mild)
	switch rule {
	case "anaphylaxis":
		return severe
	case "immediate":
		return severe || quick
	case "non-severe or unknown":
		return !severe && !quick
	case "rhabdomyolysis or allergy":
		return has(rhabdo) || told || reaction == ""
	case "cross-intolerant type":
		return severe || quick || !told
	}
	// "asthma, hives, swelling or anaphylaxis with two or more NSAIDs, or type unknown"
	return severe || quick || !has([]string{"nausea", "vomit", "stomach", "upset", "indigestion", "heartburn"})
}
