package caselist

import (
	"housecall/internal/jurisdiction"
	"housecall/internal/prescribing"
	"housecall/internal/safety"
)

// Packs judges cases by the policy packs. What a visit sees to (who is with a child, who the doctor is)
// is no fact of a case: of it a case is only told.
type Packs struct {
	Book  *jurisdiction.Book
	Rules *safety.Rules
}

// Judge implements Place.
func (p Packs) Judge(c *Case, drugs []*safety.Drug) []safety.Finding {
	var found []safety.Finding
	seen := map[string]bool{}
	for i, d := range drugs {
		for _, one := range p.Book.Decide(c.PlaceOf(), jurisdiction.Prescribe, c.Date.String(), p.facts(c, i, d)) {
			f := prescribing.PlaceFinding(one, d)
			if !seen[f.ID] {
				seen[f.ID] = true
				found = append(found, f)
			}
		}
	}
	return found
}

// facts are what a case tells of one of its new medicines. Its visit counts as a proven revisit.
func (p Packs) facts(c *Case, i int, d *safety.Drug) jurisdiction.Facts {
	f := prescribing.Facts{Patient: c.Patient, Present: c.Present}
	return prescribing.FactsOf(p.Rules, f, c.New[i], d, c.Date, map[string]bool{
		"first_visit": false, "proof_uploaded": true, "doctor_ticked_revisit": true, "emergency_visit": false, "reason_recorded": c.Notes[i] != "",
	}, map[string]float64{"medicines": float64(len(c.New)), "validity_days": 1, "refills": 0})
}
