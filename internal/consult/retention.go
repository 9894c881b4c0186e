package consult

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/id"
)

// RecordingsPast lists recordings of which nothing has to be kept any more, the oldest first: they are older than keep,
// and than the rules of the place where the patient was ask for today. As error it says which were passed over. For who
// keeps house.
func (s *Service) RecordingsPast(ctx context.Context, a access.Actor, keep time.Duration) ([]*Recording, error) {
	if err := s.Guard.Check(ctx, a, "visit.advance", access.Facts{}); err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	var past []*Recording
	_, err := s.recordings.Sweep(ctx, docstore.Query{Index: "kept", Equal: "kept"}, mostPast, func(r *Recording) (docstore.Swept, error) {
		if now.Sub(r.BeganAt) < keep {
			return docstore.Enough, nil
		}
		if _, must, err := s.mustKeep(ctx, r.Visit, r.BeganAt, "call"); err != nil || must {
			return docstore.Left, err
		}
		past = append(past, r)
		return docstore.Done, nil
	})
	return past, err
}

// mostPast bounds one look; the next goes on.
const mostPast = 500

// mustKeep tells whether a rule of the place still forbids to destroy what a visit left at some time: the kind of
// record that must be kept longest decides.
func (s *Service) mustKeep(ctx context.Context, visit id.Visit, at time.Time, records ...string) (*Visit, bool, error) {
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return nil, true, err
	}
	now, must := s.Clock.Now(), false
	for _, record := range records {
		years, _ := s.Rules.KeepFor(v.Jurisdiction, record, now)
		must = must || at.AddDate(years, 0, 0).After(now)
	}
	return v, must, nil
}

// RecordingDestroyed notes that the files of a recording are gone for good; that there was one, of whom and how long,
// stays with the visit and in the audit. Again it changes nothing.
func (s *Service) RecordingDestroyed(ctx context.Context, a access.Actor, rec id.Recording) error {
	r, err := s.recordings.Get(ctx, string(rec))
	if err != nil {
		return err
	}
	v, err := s.visitOfRoom(ctx, a, r.Room)
	if err != nil {
		return err
	}
	_, err = s.recordings.Update(ctx, string(rec), docstore.On{}, func(r *Recording) error {
		if r.State != RecordingCleared {
			return nil
		}
		now := s.Clock.Now()
		r.State, r.DestroyedAt = RecordingGone, &now
		r.Emit(event.Event{
			Kind: RecordingWasDestroyed, By: string(a.Account), To: []string{string(v.Patient)},
			Data: map[string]string{"patient": string(v.Patient), "visit": string(v.ID), "recorded": r.BeganAt.Format(time.RFC3339)},
		})
		return nil
	})
	return err
}
