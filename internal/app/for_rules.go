package app

import (
	"strings"
	"time"

	"housecall/internal/jurisdiction"
	"housecall/internal/safety"
)

// rulesOfPlace answers what intake and consult ask of the rules of a place.
type rulesOfPlace struct{ book *jurisdiction.Book }

// NeedsEarlierDiagnosis implements intake.Rules.
func (r rulesOfPlace) NeedsEarlierDiagnosis(place string, on time.Time) bool {
	return r.book.NeedsProof(place, on.Format(time.DateOnly))
}

// Licence implements consult.Rules: a rule that asks for a licence of the state makes it one.
func (r rulesOfPlace) Licence(place, state string, on time.Time) (string, string) {
	rule, asked := r.book.Asks(place, jurisdiction.Consult, on.Format(time.DateOnly), "licensed_in_state")
	if !asked {
		return place, ""
	}
	if state == "" {
		return "", rule
	}
	return strings.ToLower(place + "-" + state), rule
}

// KeepFor implements consult.Rules, and delivery.Rules.
func (r rulesOfPlace) KeepFor(place, record string, on time.Time) (int, string) {
	return r.book.KeepFor(place, record, on.Format(time.DateOnly))
}

// NeedsGuardian implements consult.Rules.
func (r rulesOfPlace) NeedsGuardian(place string, born, day time.Time) (string, bool) {
	age, known := safety.AgeOn(safety.DateOf(born), safety.DateOf(day))
	if !known {
		return "", false
	}
	return r.book.NeedsGuardian(place, day.Format(time.DateOnly), age.Months)
}
