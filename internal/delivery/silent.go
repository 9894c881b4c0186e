package delivery

import (
	"context"
	"errors"
	"time"

	"housecall/internal/access"
	"housecall/internal/dispatch"
	"housecall/internal/docstore"
	"housecall/internal/estimate"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// heard notes a sign of life of the courier who has the job.
func (j *Job) heard(now time.Time) { j.HeardAt, j.AskedAt, j.Silent = now, time.Time{}, false }

// Quiet tells whether nothing has been heard for a minute of the courier who has the job: no position, no
// step, no answer. Phones stop the position of a locked screen, so that this alone takes nothing away.
func (j *Job) Quiet(h *Shift, now time.Time) bool {
	return j.Courier == h.Courier && now.Sub(h.HeardAt) > silent && now.Sub(j.HeardAt) > silent
}

// Expected is when the bag is ready, seen from now: the longer the packing has taken, the longer it still
// takes.
func (j *Job) Expected(now time.Time) time.Time {
	if j.Seal != "" {
		return j.ReadyAt
	}
	if j.ReadySince.IsZero() {
		return j.ReadyAt
	}
	return estimate.Ready(j.ReadySince, j.ReadyAt.Sub(j.ReadySince), now)
}

// LatestArrival is when a courier has to be at the counter so that the promise is still kept.
func (j *Job) LatestArrival(v dispatch.Vehicle) time.Time {
	way := dispatch.Crow{}.Time(v, j.PharmacyAt, j.Door.Point)
	var noon time.Time
	return j.Deadline.Add(-dispatch.Arrival(noon, 0, way, noon).Sub(noon))
}

// TooLate tells whether a courier who has not collected must have set out, or be there, by now.
func (j *Job) TooLate(h *Shift, now time.Time) bool {
	by := j.LatestArrival(h.Vehicle)
	if j.State == Accepted {
		by = by.Add(-dispatch.Crow{}.Time(h.Vehicle, h.Last.Point, j.PharmacyAt))
	}
	return now.After(by)
}

// WatchSilent looks after a courier of whom nothing was heard for a minute, for each job in hand. They are
// asked "still on it?"; a job that they have not collected and should be on the way for by now goes to
// another; with the bag on board the operator and the patient are told. For the dispatcher.
func (s *Service) WatchSilent(ctx context.Context, a access.Actor, h *Shift) error {
	if err := s.guard.Check(ctx, a, advance, h.facts()); err != nil {
		return err
	}
	for _, c := range h.Held {
		j, err := s.jobs.Get(ctx, string(c.Job))
		if err != nil {
			return err
		}
		now := s.clock.Now()
		if !j.Holds(h.Courier, c.Offer) || !j.Quiet(h, now) {
			continue
		}
		if err := s.silent(ctx, a, j, h, now); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return nil
}

func (s *Service) silent(ctx context.Context, a access.Actor, j *Job, h *Shift, now time.Time) error {
	switch j.State {
	case Accepted, AtPharmacy:
		if j.AskedAt.IsZero() {
			return s.askStill(ctx, a, j, h)
		}
		if j.TooLate(h, now) && now.Sub(j.AskedAt) >= dispatch.OfferTime {
			return s.Rematch(ctx, a, j.ID, "silent")
		}
	case Collected, AtDoor:
		_, err := s.jobs.Update(ctx, string(j.ID), docstore.On{}, func(j *Job) error {
			if j.Silent || !j.Quiet(h, s.clock.Now()) {
				return errNothing
			}
			j.Silent = true
			j.announce(JobSilent, a, j.Courier, nil)
			return nil
		})
		if errors.Is(err, errNothing) {
			return nil
		}
		return err
	case Planned, Offered, Delivered, Cancelled, Failed, Returning, Returned:
	}
	return nil
}

func (s *Service) askStill(ctx context.Context, a access.Actor, j *Job, h *Shift) error {
	_, err := s.jobs.Update(ctx, string(j.ID), docstore.On{}, func(j *Job) error {
		if !j.AskedAt.IsZero() || !j.Quiet(h, s.clock.Now()) {
			return errNothing
		}
		j.AskedAt = s.clock.Now()
		j.announce(JobAskedStill, a, j.Courier, nil)
		return nil
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// StillOn is the courier's answer that they are on it. For the courier of the job; one who has lost it is
// told so.
func (s *Service) StillOn(ctx context.Context, a access.Actor, job id.Job) (*Job, error) {
	j, err := s.jobs.Get(ctx, string(job))
	if err != nil {
		return nil, err
	}
	f := j.facts()
	if j.had(a.Account) {
		f.Courier = a.Account
	}
	if err := s.guard.Check(ctx, a, "job.still_on", f); err != nil {
		return nil, err
	}
	return s.update(ctx, job, docstore.On{Request: a.Request}, func(j *Job) error {
		if j.Courier != a.Account {
			_, err := j.due(a.Account, Accept, -1)
			return err
		}
		if j.Ended() {
			return errNothing
		}
		j.heard(s.clock.Now())
		j.announce(JobStillOn, a, a.Account, nil)
		return nil
	})
}
