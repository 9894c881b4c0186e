package prescribing

import (
	"maps"
	"slices"
	"strings"

	"housecall/internal/jurisdiction"
	"housecall/internal/safety"
)

// judgePlace asks the rules of the place where the patient is, in force there today, about each item.
func (s *Service) judgePlace(rx *Prescription, visit VisitFacts, known Facts, on safety.Date) (found []safety.Finding) {
	for _, m := range rx.medicines("") {
		drug := s.formulary.Rules.Lookup(m.INN)
		told := map[string]bool{}
		maps.Copy(told, visit.Told)
		facts := FactsOf(s.formulary.Rules, known, m, drug, on, told, map[string]float64{
			"medicines": float64(len(rx.Items)), "validity_days": float64(rx.ValidDays), "refills": float64(rx.Repeats),
		})
		for _, one := range s.places.Decide(rx.Jurisdiction, jurisdiction.Prescribe, on.String(), facts) {
			found = append(found, PlaceFinding(one, drug))
		}
		maps.Copy(facts.Yes, atSignature)
		for _, one := range s.places.Decide(rx.Jurisdiction, jurisdiction.Sign, on.String(), facts) {
			found = append(found, PlaceFinding(one, drug))
		}
	}
	return found
}

// atSignature is what the signing itself sees to, or what no sheet here is: a fresh second factor for a challenge
// that names the hash of what is on screen; common names alone, nothing for another country.
var atSignature = map[string]bool{
	"written_by_doctor": true, "two_factors": true, "unchanged_after_signing": true, "signing_statement": true,
	"cross_border": false, "brand_name": false, "special_prescription": false,
}

// validity is how many days a prescription is good for where its doctor says nothing: the house's days,
// or that day alone where the place allows only few.
func (s *Service) validity(place string, on safety.Date) int {
	asked := jurisdiction.Facts{Numbers: map[string]float64{"validity_days": houseValidity}}
	for _, one := range s.places.Decide(place, jurisdiction.Sign, on.String(), asked) {
		if one.Limit > 0 && one.Limit < houseValidity && len(one.Missing) == 0 {
			return 1
		}
	}
	return houseValidity
}

// PlaceFinding says a decision of the rules of a place, about one medicine, as a finding of the check.
func PlaceFinding(one jurisdiction.Decision, d *safety.Drug) safety.Finding {
	var drugs []string
	if d != nil && (ruleKind(one.Rule) != safety.KindLimit || strings.Contains(one.Because, "days")) {
		drugs = []string{d.INN}
	}
	return findingOf(one, drugs)
}

// inTheVisit are facts that the visit itself asks for and keeps, or that no sheet can be without.
var inTheVisit = []string{"guardian_present", "child_specialist_present", "days"}

func findingOf(one jurisdiction.Decision, drugs []string) safety.Finding {
	severity, do := safety.Info, "Nothing; it is only told."
	switch {
	case one.Hinders():
		severity, do = safety.HardStop, "Not here: refer, or choose another medicine."
	case one.Decision == jurisdiction.Limit || one.Decision == jurisdiction.Warn:
		severity, do = safety.Warning, "Write the reason, or change it."
	}
	if len(one.Missing) > 0 && !slices.ContainsFunc(one.Missing, func(m string) bool { return !slices.Contains(inTheVisit, m) }) {
		severity, do = safety.Info, "The visit asks for it before anything is prescribed."
	}
	fact := "Rule " + one.Rule + " on " + one.Day
	if one.Because != "" {
		fact += " (" + one.Because + ")"
	}
	if len(one.Missing) > 0 {
		fact += "; not told: " + strings.Join(one.Missing, ", ")
	}
	f := safety.Place(ruleKind(one.Rule), severity, one.Rule, drugs, fact+".", one.EN, do, one.Source)
	f.WhyZH = one.ZH
	return f
}

func ruleKind(rule string) safety.Kind {
	switch rule {
	case "CN-P01", "CN-P02", "CN-S01", "US-D01", "US-D02", "US-D03", "US-D04", "US-D05", "US-D06":
		return safety.KindControlled
	case "CN-P03", "CN-P04", "CN-P05", "HOUSE-P01", "HOUSE-P02", "HOUSE-P03":
		return safety.KindLimit
	}
	return safety.KindJurisdiction
}

// FactsOf gathers what the rules of a place ask of one medicine for one person; told and numbers are
// what the caller knows of the visit and the sheet.
func FactsOf(rules *safety.Rules, known Facts, m safety.Medicine, d *safety.Drug, on safety.Date, told map[string]bool, numbers map[string]float64) jurisdiction.Facts {
	f := jurisdiction.Facts{Yes: told, Numbers: numbers, Words: map[string]string{}}
	personFacts(&f, known.Patient, safety.History(known.Patient, rules, on), on)
	f.Yes["qt_or_cyp3a4_inhibitor"] = slices.ContainsFunc(known.Present, func(o safety.Medicine) bool {
		other := rules.Lookup(o.INN)
		return other == nil || slices.ContainsFunc(other.Tags, func(t string) bool {
			return t == "qt_prolonging" || t == "cyp3a4_strong_inhibitor" || t == "cyp3a4_moderate_inhibitor"
		})
	})
	medicineFacts(&f, m, d)
	return f
}

// personFacts tells what the rules ask of a person. A condition counts as not there when conditions were
// asked for.
func personFacts(f *jurisdiction.Facts, who safety.Patient, has map[string]string, on safety.Date) {
	age, known := safety.AgeOn(who.Born, on)
	if known {
		f.Numbers["age_months"] = float64(age.Months)
	}
	if who.Weight != nil {
		f.Numbers["weight_kg"] = who.Weight.Float()
	}
	any := func(name string, keys ...string) {
		there := slices.ContainsFunc(keys, func(k string) bool { return has[k] != "" })
		if there || who.ConditionsAsked {
			f.Yes[name] = there
		}
	}
	any("heart_disease", "cardiac_disease", "heart_failure", "ischaemic_heart_disease", "heart_block", "long_qt")
	any("uncontrolled_hypertension", "hypertension_uncontrolled", "bp_ge_160_100")
	any("severe_kidney_disease", "egfr_lt30", "acute_kidney_injury")
	any("long_qt", "long_qt")
	any("tonsil_surgery", "tonsil_surgery")
	any("cyp2d6_ultrarapid", "cyp2d6_ultrarapid")
	any("breathing_problems", "breathing_problems")
	any("past_serious_reaction", "fq_tendon_injury_past")
	if who.Lactating == safety.Yes || who.Lactating == safety.No || who.Sex == "m" {
		f.Yes["breastfeeding"] = who.Lactating == safety.Yes
	}
	able := who.Sex != "m" && has["cannot_conceive"] == "" && (!known || age.Years >= 12 && age.Years <= 55)
	f.Yes["can_become_pregnant"] = able
	switch who.Pregnancy.Is {
	case safety.Yes:
		f.Yes["pregnant"] = true
		if who.Pregnancy.Weeks > 0 {
			f.Numbers["pregnancy_weeks"] = float64(who.Pregnancy.Weeks)
		}
	case safety.No:
		f.Yes["pregnant"] = false
	default:
		if !able {
			f.Yes["pregnant"] = false
		}
	}
}

func medicineFacts(f *jurisdiction.Facts, m safety.Medicine, d *safety.Drug) {
	if m.Days > 0 {
		f.Numbers["days"] = float64(m.Days)
	}
	if m.PerDay != nil {
		f.Numbers["doses_per_day"] = m.PerDay.Float()
		f.Yes["weekday_named"] = m.PerDay.Float() < 0.17
	}
	if d == nil {
		return
	}
	f.Drug = DrugOfPlace(d, m.Form, safety.Route(m))
	for _, dose := range m.Doses {
		mg, ok := safety.Convert(dose.Value, dose.Unit, "mg")
		if !ok || m.PerDay == nil || dose.Component != d.Components[0].Component {
			continue
		}
		daily := mg.Times(*m.PerDay).Float()
		f.Numbers["dose_mg_day"] = daily
		f.Numbers["grams_a_day"] = daily / 1000
		f.Numbers["grams_30_days"] = daily / 1000 * float64(min(max(m.Days, 1), 30))
	}
}

// DrugOfPlace is a medicine as the rules of a place look at it.
func DrugOfPlace(d *safety.Drug, form, route string) *jurisdiction.Drug {
	out := &jurisdiction.Drug{INN: d.INN, Tags: d.Tags, CNClass: d.CNClass, USSchedule: d.USSchedule, Form: form, Route: safety.Route(safety.Medicine{Form: form, Route: route})}
	for _, p := range d.Components {
		out.Components = append(out.Components, p.Component)
	}
	return out
}
