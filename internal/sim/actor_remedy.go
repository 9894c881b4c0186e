package sim

import (
	"errors"
	"strings"
)

// remedy is what a doctor of the demo does about a complaint. It is a play, not medicine: a few harmless
// things that everybody knows, each of which the safety check still has to let pass.
type remedy struct {
	code, assessment, advice string
	items                    []JSON
}

// remedyFor finds what suits a complaint; children get it by weight.
func remedyFor(complaint string, child bool) remedy {
	r := remedy{code: "Z71.1", assessment: "Unspecific complaint without warning signs.", advice: "Rest, drink enough, and come back when it does not get better in three days."}
	switch complaint {
	case "fever", "headache", "ear", "sore_throat", "back_pain":
		r.code = map[string]string{"fever": "R50.9", "headache": "G44.209", "ear": "H92.09", "sore_throat": "J02.9", "back_pain": "M54.50"}[complaint]
		r.assessment, r.items = "Pain or fever without warning signs.", painkillers(child)
		r.advice = "Take the medicine as written, drink enough and rest. Come back at once when it gets worse."
	case "cough":
		r.code, r.assessment, r.items = "J06.9", "Infection of the upper airways.", painkillers(child)
		r.advice = "Drink enough, keep the air fresh. Come back when breathing becomes hard."
	case "skin", "eye":
		r.code = map[string]string{"skin": "L50.9", "eye": "H10.10"}[complaint]
		r.assessment, r.items = "Allergic reaction without warning signs.", antihistamines(child)
		r.advice = "Take one a day. Come back at once when lips or tongue swell."
	case "vomiting_or_diarrhoea":
		r.code, r.assessment = "A08.4", "Viral infection of the bowel, drinks enough."
		r.advice = "Drink often, in small sips. Come back when there is blood, or nothing stays in."
		r.items = []JSON{salts()}
	case "urinary":
		r.code, r.assessment, r.items = "N30.00", "Cystitis without complications.", cystitis(child)
		r.advice = "Take all of it, drink enough. Come back with fever or pain in the flank."
	case "abdominal_pain":
		r.code, r.assessment, r.items = "K30", "Indigestion without warning signs.", stomach(child)
		r.advice = "Small meals, none late. Come back when the pain stays or moves."
	default:
		if !child {
			r.items = painkillers(child)
		}
	}
	return r
}

func painkillers(child bool) []JSON {
	if child {
		return []JSON{
			medicine("paracetamol/oral-suspension/120mg-per-5ml", "15", "mg/kg/dose", 3, 3),
			medicine("ibuprofen/oral-suspension/100mg-per-5ml", "8", "mg/kg/dose", 3, 3),
		}
	}
	return []JSON{medicine("paracetamol/tablet/500mg", "1", "tablet", 3, 5), medicine("ibuprofen/tablet/200mg", "1", "tablet", 3, 3)}
}

func antihistamines(child bool) []JSON {
	if child {
		return []JSON{medicine("loratadine/oral-solution/5mg-per-5ml", "5", "mL", 1, 7), medicine("cetirizine/oral-solution/5mg-per-5ml", "5", "mL", 1, 7)}
	}
	return []JSON{medicine("loratadine/tablet/10mg", "1", "tablet", 1, 10), medicine("cetirizine/tablet/10mg", "1", "tablet", 1, 10)}
}

func cystitis(child bool) []JSON {
	if child {
		return nil
	}
	return []JSON{medicine("nitrofurantoin/prolonged-release-capsule/100mg", "1", "capsule", 2, 5), medicine("amoxicillin/capsule/500mg", "1", "capsule", 3, 5)}
}

func stomach(child bool) []JSON {
	if child {
		return nil
	}
	return []JSON{medicine("omeprazole/capsule/20mg", "1", "capsule", 1, 14)}
}

func salts() JSON { return medicine("oral-rehydration-salts/sachet/for-200ml", "1", "sachet", 4, 2) }

// medicine is one line: so much, so often a day, for so many days.
func medicine(product, dose, unit string, often, days int) JSON {
	return JSON{"product": product, "steps": []JSON{{
		"dose":   JSON{"value": dose, "unit": unit},
		"timing": JSON{"frequency": often, "period": 1, "period_unit": "d", "duration": days, "duration_unit": "d"},
	}}}
}

// refusedAs tells whether the API refused with this code.
func refusedAs(err error, code string) bool {
	var r *Refused
	return errors.As(err, &r) && strings.HasSuffix(r.Type, code)
}
