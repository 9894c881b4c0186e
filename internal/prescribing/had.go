package prescribing

import (
	"context"
	"fmt"
	"time"

	"housecall/internal/docstore"
	"housecall/internal/id"
)

// Had lists what a patient was handed since a moment, over all prescriptions of this service, and what an order
// holds for them now; without one part, which is what is asked about. For limits over days that the law sets; it is
// not asked of the policy.
func (s *Service) Had(ctx context.Context, patient id.Patient, since time.Time, but id.Part) ([]Line, error) {
	const most = 20_000
	all, err := s.prescriptions.All(ctx, docstore.Query{Index: "patient", Equal: string(patient)}, most)
	if err != nil {
		return nil, fmt.Errorf("read what %s was handed: %w", patient, err)
	}
	var had []Line
	for _, rx := range all {
		for _, p := range rx.Parts {
			if p.ID != but {
				had = append(had, p.had(since)...)
			}
		}
	}
	return had, nil
}

func (p *Part) had(since time.Time) []Line {
	switch {
	case p.State == Claimed:
		return p.Lines
	case p.State != Dispensed || p.EndedAt.Before(since):
		return nil
	case len(p.Given) > 0:
		return p.Given
	}
	return p.Lines
}
