package delivery

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/id"
)

// Rules knows how many years a kind of record must be kept at a place, and by which rule.
type Rules interface {
	KeepFor(jurisdiction, record string, day time.Time) (years int, rule string)
}

// DestroyTalks destroys what was said about orders that ended, once that is longer ago than keep, and than the rules of
// the order's place ask for today. It answers of how many orders. For who keeps house.
func (s *Service) DestroyTalks(ctx context.Context, a access.Actor, keep time.Duration, rules Rules) (int, error) {
	if err := s.guard.Check(ctx, a, advance, access.Facts{}); err != nil {
		return 0, err
	}
	now := s.clock.Now()
	return s.talks.Sweep(ctx, docstore.Query{Index: "kept", Equal: "kept"}, mostCleared, func(t *Talk) (docstore.Swept, error) {
		if now.Sub(*t.ClosedAt) < keep {
			return docstore.Enough, nil
		}
		j, err := s.latest(ctx, t.Order)
		if err != nil {
			return docstore.Left, err
		}
		must, err := s.mustKeep(ctx, j.Zone, *t.ClosedAt, rules)
		if err != nil || must {
			return docstore.Left, err
		}
		return docstore.Done, s.destroyTalk(ctx, a, j)
	})
}

// mustKeep tells whether a rule of a zone's place still forbids to destroy what was said there. Where it is not known
// any more which rules held, nothing is destroyed.
func (s *Service) mustKeep(ctx context.Context, zone id.Zone, at time.Time, rules Rules) (bool, error) {
	z, err := s.zones.Get(ctx, string(zone))
	if err != nil {
		return true, err
	}
	now := s.clock.Now()
	years, _ := rules.KeepFor(z.Jurisdiction, "chat", now)
	return at.AddDate(years, 0, 0).After(now), nil
}

func (s *Service) destroyTalk(ctx context.Context, a access.Actor, j *Job) error {
	_, err := s.talks.Update(ctx, TalkRoom(j.Order), docstore.On{}, func(t *Talk) error {
		if t.ClosedAt == nil || len(t.Said) == 0 {
			return nil
		}
		now := s.clock.Now()
		t.Said, t.DestroyedAt = nil, &now
		t.Emit(event.Event{
			Kind: TalkDestroyed, By: string(a.Account), To: []string{string(j.Patient)},
			Data: map[string]string{"patient": string(j.Patient), "order": string(j.Order), "closed": t.ClosedAt.Format(time.RFC3339)},
		})
		return nil
	})
	return err
}
