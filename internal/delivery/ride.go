package delivery

import (
	"context"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Step is what every courier's step carries: the job's sequence it was made on, and when the phone
// did it, if that was before it could be sent.
type Step struct {
	Sequence int
	DoneAt   time.Time
}

// declines and failures are the coded reasons.
var (
	declines = []string{"too_far", "vehicle", "break", "weather", "unsafe", "breakdown", "end_of_shift", "other"}
	failures = []string{"nobody_home", "wrong_address", "refused", "unsafe", "damaged", "breakdown", "no_signal", "other"}
)

// Accept takes the offer. For the courier it was made to, while it stands.
func (s *Service) Accept(ctx context.Context, a access.Actor, job id.Job, st Step) (*Job, error) {
	if err := s.mustBeVetted(ctx, a.Account); err != nil {
		return nil, err
	}
	return s.step(ctx, a, job, "job.accept", st, Accept, func(j *Job) (event.Kind, map[string]string, error) {
		if !s.clock.Now().Before(j.OfferExpires) && j.State == Offered {
			return "", nil, fault.New(fault.Conflict, "This offer has expired. Nothing is held against you; the next one will come.").Coded("offer-expired")
		}
		return JobAccepted, nil, nil
	})
}

// Decline gives the offer, or a job not yet collected, back with a reason and without penalty.
func (s *Service) Decline(ctx context.Context, a access.Actor, job id.Job, st Step, reason string) (*Job, error) {
	if !slices.Contains(declines, reason) {
		return nil, fault.InvalidField("/reason", "Choose one of the reasons.")
	}
	return s.stepWhy(ctx, a, job, "job.decline", st, Decline, reason, func(*Job) (event.Kind, map[string]string, error) {
		return JobDeclined, map[string]string{"reason": reason}, nil
	})
}

// Arrive says that the courier stands at the counter.
func (s *Service) Arrive(ctx context.Context, a access.Actor, job id.Job, st Step) (*Job, error) {
	return s.step(ctx, a, job, "job.arrive", st, Arrive, func(*Job) (event.Kind, map[string]string, error) {
		return JobArrived, nil, nil
	})
}

// AtDoor says that the courier stands at the door.
func (s *Service) AtDoor(ctx context.Context, a access.Actor, job id.Job, st Step) (*Job, error) {
	return s.step(ctx, a, job, "job.at_door", st, Reach, func(*Job) (event.Kind, map[string]string, error) {
		return JobAtDoor, nil, nil
	})
}

// Fail says that the bag could not be handed over, and why.
func (s *Service) Fail(ctx context.Context, a access.Actor, job id.Job, st Step, reason string, photo id.Attachment) (*Job, error) {
	if !slices.Contains(failures, reason) {
		return nil, fault.InvalidField("/reason", "Choose one of the reasons.")
	}
	if photo != "" {
		if s.photos == nil {
			return nil, fault.InvalidField("/photo", "No photo can be sent here. Leave it out.")
		}
		if err := s.photos.Handed(ctx, photo, a.Account); err != nil {
			return nil, err
		}
	}
	return s.stepWhy(ctx, a, job, "job.fail", st, Fail, reason, func(j *Job) (event.Kind, map[string]string, error) {
		j.Failure = &Failure{Reason: reason, Photo: photo, At: s.clock.Now()}
		return JobFailed, map[string]string{"reason": reason}, nil
	})
}

// Returning says that the courier rides back with the bag.
func (s *Service) Returning(ctx context.Context, a access.Actor, job id.Job, st Step) (*Job, error) {
	return s.step(ctx, a, job, "job.turn_back", st, TurnBack, func(*Job) (event.Kind, map[string]string, error) {
		return JobReturning, nil, nil
	})
}

// telling says what a step announces, and may refuse it or note more.
type telling func(*Job) (event.Kind, map[string]string, error)

func (s *Service) step(ctx context.Context, a access.Actor, job id.Job, action access.Action, st Step, ev Event, tell telling) (*Job, error) {
	return s.stepWhy(ctx, a, job, action, st, ev, "", tell)
}

// stepWhy makes a courier's step once, in order. A step sent again is answered with the job as it
// stands; one for a job that went to another is told so.
func (s *Service) stepWhy(ctx context.Context, a access.Actor, job id.Job, action access.Action, st Step, ev Event, why string, tell telling) (*Job, error) {
	j, err := s.jobs.Get(ctx, string(job))
	if err != nil {
		return nil, err
	}
	f := j.facts()
	if j.had(a.Account) { // who had it may hear that they have it no more
		f.Courier = a.Account
	}
	if err := s.guard.Check(ctx, a, action, f); err != nil {
		return nil, err
	}
	j, err = s.update(ctx, job, docstore.On{Request: a.Request}, func(j *Job) error {
		todo, err := j.due(a.Account, ev, st.Sequence)
		if err != nil {
			return err
		}
		if !todo {
			return errNothing
		}
		if _, err := moves.Next(j.State, ev); err != nil {
			return err
		}
		kind, data, err := tell(j)
		if err != nil {
			return err
		}
		if !st.DoneAt.IsZero() {
			j.Reported = append(j.Reported, PhoneStep{Sequence: st.Sequence, Event: ev, DoneAt: st.DoneAt})
		}
		j.heard(s.clock.Now())
		if err := j.apply(s.clock.Now(), a, ev, why); err != nil {
			return err
		}
		j.announce(kind, a, a.Account, data)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return j, s.afterStep(ctx, a, j)
}

// afterStep frees the courier of a job they hold no more, be the step done now or before.
func (s *Service) afterStep(ctx context.Context, a access.Actor, j *Job) error {
	if j.Ended() || j.Courier != a.Account {
		return s.settle(ctx, a, j, a.Account)
	}
	return nil
}
