package delivery

import (
	"context"
	"errors"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/dispatch"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
)

const (
	// OfferTime is how long a courier has to answer.
	OfferTime = dispatch.OfferTime
	// abandoned is how old a claim must be that no job answers for, before others look into it.
	abandoned = 10 * time.Second
)

// Offer offers a planned job to one free courier, and to nobody else until it is answered or
// expires. For the dispatcher and operators. Conflict: the job or the courier is taken meanwhile;
// plan again.
//
// The shift takes the job first; then the job is written under the version read before the shift
// was taken. Whoever finds a claim that no job answers for moves that version on before freeing the
// courier, so that the slow writer's offer can't come true after all.
func (s *Service) Offer(ctx context.Context, a access.Actor, job id.Job, courier id.Account) error {
	j, err := s.jobs.Get(ctx, string(job))
	if err != nil {
		return err
	}
	if err := s.guard.Check(ctx, a, whoever(a, "job.offer"), j.facts()); err != nil {
		return err
	}
	if known, err := j.Knows(a.Request); known || err != nil || j.State == Offered && j.Courier == courier {
		return err
	}
	if _, err := moves.Next(j.State, Offer); err != nil {
		return err
	}
	held, err := s.joins(ctx, a, j, courier)
	if err != nil {
		return err
	}
	c := Claim{Courier: courier, Job: job, Offer: j.Offers + 1, Version: j.Version, At: s.clock.Now()}
	if err := s.claim(ctx, c, held); err != nil {
		return err
	}
	_, err = s.jobs.Update(ctx, string(job), docstore.On{Request: a.Request, Version: c.Version}, func(j *Job) error {
		now := s.clock.Now()
		if err := j.apply(now, a, Offer, ""); err != nil {
			return err
		}
		j.Courier, j.Offers, j.OfferExpires = courier, c.Offer, now.Add(OfferTime)
		j.SetTimer(JobOfferExpired, j.OfferExpires)
		j.announce(JobOffered, a, courier, nil)
		return nil
	})
	if err == nil {
		return nil
	}
	return s.offerFailed(ctx, a, c, err)
}

// offerFailed finds out what became of a job that could not be written, and frees the courier if
// it is not theirs.
func (s *Service) offerFailed(ctx context.Context, a access.Actor, c Claim, cause error) error {
	if !fault.Is(cause, fault.Stale) && !fault.Is(cause, fault.Conflict) {
		// Written or not, nobody can say: the claim stays until a sweep finds out.
		return cause
	}
	if err := s.release(ctx, a, c); err != nil {
		return err
	}
	return fault.New(fault.Conflict, "This delivery has changed meanwhile. Look at it again.").Coded("job-changed").Because(cause)
}

// claim has the courier's shift take the job, if it still holds what the job was judged to go with.
func (s *Service) claim(ctx context.Context, c Claim, with []Claim) error {
	_, err := s.shifts.Update(ctx, string(ShiftOf(c.Courier)), docstore.On{}, func(h *Shift) error {
		switch {
		case h.State != On:
			return fault.New(fault.Conflict, "This courier is not on shift.").Coded("courier-off")
		case !slices.Equal(h.Held, with):
			return busy()
		}
		h.Held, h.WaitAt = append(h.Held, c), geo.Point{}
		return nil
	})
	return err
}

func busy() error {
	return fault.New(fault.Conflict, "This courier has another delivery in hand.").Coded("courier-busy")
}

// joins refuses a job for a courier whose hands are full: who holds an unanswered offer, stands at a door, has a
// bag that could not be handed over, as many bags as go on a ride, or jobs that this one may not ride with. Claims that no job
// answers for are swept away first. It answers what they hold.
func (s *Service) joins(ctx context.Context, a access.Actor, j *Job, courier id.Account) ([]Claim, error) {
	h, err := s.shifts.Get(ctx, string(ShiftOf(courier)))
	if fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.Conflict, "This courier is not on shift.").Coded("courier-off")
	}
	if err != nil || len(h.Held) == 0 {
		return nil, err
	}
	if err := s.sweep(ctx, a, courier); err != nil {
		return nil, err
	}
	if h, err = s.shifts.Get(ctx, string(h.ID)); err != nil {
		return nil, err
	}
	if len(h.Held) == 0 {
		return nil, nil
	}
	zone, err := s.Zone(ctx, j.Zone)
	if err != nil {
		return nil, err
	}
	ride := ride{most: zone.Counters(), bags: 1, counters: []id.Pharmacy{j.Pharmacy}}
	for _, c := range h.Held {
		other, err := s.jobs.Get(ctx, string(c.Job))
		if err != nil {
			return nil, err
		}
		if !other.Holds(courier, c.Offer) || other.apart() != j.apart() || !ride.add(other) {
			return nil, busy()
		}
	}
	return h.Held, nil
}

// ride is what a courier is going to have in hand together.
type ride struct {
	most     int // counters
	bags     int
	counters []id.Pharmacy // where bags are still to be collected
}

// add tells whether a job that a courier holds may be in the same ride as what is collected next.
func (r *ride) add(j *Job) bool {
	r.bags++
	switch j.State {
	case Accepted, AtPharmacy:
		if !slices.Contains(r.counters, j.Pharmacy) {
			r.counters = append(r.counters, j.Pharmacy)
		}
	case Collected:
		if r.most == 1 {
			return false
		}
	case Planned, Offered, AtDoor, Delivered, Cancelled, Failed, Returning, Returned:
		return false
	}
	return r.bags <= dispatch.MostBags && len(r.counters) <= r.most
}

// apart is what a bag must not ride together with: cooled, controlled and all other goods stay by
// themselves.
func (j *Job) apart() [2]bool { return [2]bool{j.ColdChain, j.Controlled} }

// release takes a claim out of the courier's shift. Who is finishing is off with the last one.
func (s *Service) release(ctx context.Context, a access.Actor, c Claim) error {
	_, err := s.shifts.Update(ctx, string(ShiftOf(c.Courier)), docstore.On{}, func(h *Shift) error {
		i := slices.IndexFunc(h.Held, func(held Claim) bool { return held == c })
		if i < 0 {
			return errNothing
		}
		h.Held = slices.Delete(h.Held, i, i+1)
		now := s.clock.Now()
		h.IdleSince = now
		if h.State != Finishing || len(h.Held) > 0 {
			h.announce(ShiftFreed, a)
			return nil
		}
		h.announce(ShiftEnded, a)
		return h.apply(now, a, End, "finished")
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// settle frees the courier of a job they hold no more. It is run after each step, done now or
// before, so that a step sent again heals what was cut short.
func (s *Service) settle(ctx context.Context, a access.Actor, j *Job, courier id.Account) error {
	if courier == "" {
		return nil
	}
	h, err := s.shifts.Get(ctx, string(ShiftOf(courier)))
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, c := range h.Held {
		// A claim made under this version or a later one may be an offer on its way.
		if c.Job != j.ID || j.Holds(courier, c.Offer) || c.Version >= j.Version {
			continue
		}
		if err := s.release(ctx, a, c); err != nil {
			return err
		}
	}
	return nil
}

// sweep frees a courier of claims that no job answers for: a node died between two writes.
func (s *Service) sweep(ctx context.Context, a access.Actor, courier id.Account) error {
	h, err := s.shifts.Get(ctx, string(ShiftOf(courier)))
	if err != nil {
		return err
	}
	for _, c := range h.Held {
		if s.clock.Now().Sub(c.At) < abandoned {
			continue
		}
		theirs, err := s.fence(ctx, c)
		if err != nil {
			return err
		}
		if theirs {
			continue
		}
		if err := s.release(ctx, a, c); err != nil {
			return err
		}
	}
	return nil
}

// fence tells whether the job answers for the claim; where it does not, it never will.
func (s *Service) fence(ctx context.Context, c Claim) (bool, error) {
	j, err := s.jobs.Get(ctx, string(c.Job))
	if err != nil {
		return false, err
	}
	if j.Version == c.Version {
		_, err = s.jobs.Update(ctx, string(c.Job), docstore.On{Version: c.Version}, func(j *Job) error {
			j.Fences++
			return nil
		})
		if err != nil && !fault.Is(err, fault.Stale) {
			return false, err
		}
		if j, err = s.jobs.Get(ctx, string(c.Job)); err != nil {
			return false, err
		}
	}
	return j.Holds(c.Courier, c.Offer), nil
}

// Sweep frees the couriers of a zone from claims that a dead node left. For the dispatcher.
func (s *Service) Sweep(ctx context.Context, a access.Actor, zone id.Zone) error {
	shifts, err := s.Shifts(ctx, a, zone)
	if err != nil {
		return err
	}
	for _, h := range shifts {
		if len(h.Held) == 0 {
			continue
		}
		if err := s.sweep(ctx, a, h.Courier); err != nil {
			return err
		}
		for _, c := range h.Held {
			if err := s.endless(ctx, a, c.Job); err != nil {
				return err
			}
		}
	}
	return nil
}

// endless ends an offer that has longer to run than any offer is given: it was made before the clock was set back,
// and its timer would come as much too late.
func (s *Service) endless(ctx context.Context, a access.Actor, job id.Job) error {
	j, err := s.jobs.Get(ctx, string(job))
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil || !j.endless(s.clock.Now()) {
		return err
	}
	return s.expire(ctx, a, job)
}

func (j *Job) endless(now time.Time) bool {
	return j.State == Offered && j.OfferExpires.Sub(now) > OfferTime
}

// expire puts a job back that its courier has not answered in time.
func (s *Service) expire(ctx context.Context, a access.Actor, job id.Job) error {
	var courier id.Account
	j, err := s.change(ctx, a, job, advance, docstore.On{}, func(j *Job) error {
		courier = j.Courier
		now := s.clock.Now()
		if j.State != Offered || !j.TimerDue(JobOfferExpired, now) && !j.endless(now) {
			return errNothing
		}
		if err := j.apply(s.clock.Now(), a, Expire, "unanswered"); err != nil {
			return err
		}
		j.announce(JobUnanswered, a, courier, nil)
		return nil
	})
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.settle(ctx, a, j, courier)
}
