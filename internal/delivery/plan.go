package delivery

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/money"
)

// Request asks for a ride. Where an Address is named, the door is what the address book says.
type Request struct {
	Job        id.Job // id.JobOf(Order, Attempt) when empty
	Order      id.Order
	Attempt    int
	Fill       id.Fill
	Pharmacy   id.Pharmacy
	PharmacyAt geo.Point
	Door       geo.Point
	Where      Where
	Address    id.Address
	Zone       id.Zone // of the door when empty
	Patient    id.Patient
	Placed     time.Time // when the promise's clock started; the present when zero
	Deadline   time.Time // Placed and the zone's promise when zero
	Slot       *Span     // when a courier is to come by appointment; nil: as soon as it can be
	ReadyAt    time.Time // when the bag is expected; Placed and the zone's budgets when zero
	Pay        money.Amount
	ColdChain  bool
	Controlled bool
}

// Plan makes the job of an order's attempt. For housecall itself. Asked again it changes nothing.
func (s *Service) Plan(ctx context.Context, a access.Actor, r Request) error {
	if err := s.guard.Check(ctx, a, advance, access.Facts{Record: string(r.Order), Patient: r.Patient}); err != nil {
		return err
	}
	j, err := s.drawUp(ctx, r)
	if err != nil {
		return err
	}
	j.announce(JobPlanned, a, "", map[string]string{"placed": j.Placed.Format(time.RFC3339Nano)})
	err = s.jobs.Insert(ctx, a.Request, j)
	if fault.Is(err, fault.Conflict) { // whoever planned it, it is the one job of this attempt
		return nil
	}
	return err
}

// drawUp fills a job from what is asked and what holds in the zone.
func (s *Service) drawUp(ctx context.Context, r Request) (*Job, error) {
	door := Door{Point: r.Door, Where: r.Where, Address: r.Address}
	if r.Address != "" {
		var err error
		if door, err = s.doorOf(ctx, r.Address, r.Patient); err != nil {
			return nil, err
		}
	}
	zone, err := s.zoneOf(ctx, r.Zone, door.Point)
	if err != nil {
		return nil, err
	}
	switch {
	case r.Order == "" || r.Attempt < 1:
		return nil, missing("order")
	case r.Patient == "":
		return nil, missing("patient")
	case r.Pharmacy == "" || !r.PharmacyAt.Valid() || r.PharmacyAt.IsZero():
		return nil, missing("pharmacy_at")
	}
	j := &Job{
		ID: r.Job, State: Planned, Order: r.Order, Attempt: r.Attempt, Fill: r.Fill, Pharmacy: r.Pharmacy,
		Patient: r.Patient, Zone: zone.ID, PharmacyAt: r.PharmacyAt, Door: door, Placed: r.Placed,
		Deadline: r.Deadline, Slot: r.Slot, ReadyAt: r.ReadyAt, Pay: r.Pay, ColdChain: r.ColdChain, Controlled: r.Controlled,
	}
	if j.ID == "" {
		j.ID = id.JobOf(r.Order, r.Attempt)
	}
	if j.Placed.IsZero() {
		j.Placed = s.clock.Now()
	}
	if j.Deadline.IsZero() {
		j.Deadline = j.Placed.Add(zone.Promise.Duration())
	}
	if j.ReadyAt.IsZero() {
		j.ReadyAt = j.Placed.Add((zone.Budgets.Review + zone.Budgets.Pack).Duration())
	}
	j.ReadySince = s.clock.Now()
	if j.Pay == (money.Amount{}) {
		j.Pay = zone.CourierPay
	}
	return j, nil
}

// doorOf reads a door from the patient's own book; another's reads as not found.
func (s *Service) doorOf(ctx context.Context, address id.Address, patient id.Patient) (Door, error) {
	book, err := s.addresses.Get(ctx, string(address))
	if err != nil {
		return Door{}, err
	}
	if book.Patient != patient || book.Removed {
		return Door{}, docstore.NotFound()
	}
	return book.door(), nil
}

func (s *Service) zoneOf(ctx context.Context, zone id.Zone, at geo.Point) (*Zone, error) {
	if zone != "" {
		return s.Zone(ctx, zone)
	}
	return s.ZoneAt(ctx, at)
}

// Ready says when the bag is ready; with a seal it is, and can be collected. For housecall itself.
func (s *Service) Ready(ctx context.Context, a access.Actor, job id.Job, seal string, readyAt time.Time) error {
	_, err := s.change(ctx, a, job, advance, docstore.On{Request: a.Request}, func(j *Job) error {
		switch {
		case j.Ended() || j.Seal != "" && (j.Seal == seal || seal == ""): // word of the yes may come after the seal
			return errNothing
		case !moves.Allows(j.State, Cancel): // the bag has left the counter
			return fault.New(fault.Conflict, "The bag has left the counter already.").Coded("collected")
		}
		if !readyAt.IsZero() {
			j.ReadyAt, j.ReadySince = readyAt, s.clock.Now()
		}
		data := map[string]string{"packed": "no"}
		if seal != "" {
			j.Seal, data["packed"] = seal, "yes"
		}
		j.announce(JobReadied, a, j.Courier, data)
		return nil
	})
	return err
}

// Redirect sends the bag to another door, until it is collected. For housecall itself, when the
// order's address was changed.
func (s *Service) Redirect(ctx context.Context, a access.Actor, job id.Job, door Door) error {
	if door.Address != "" {
		j, err := s.jobs.Get(ctx, string(job))
		if err != nil {
			return err
		}
		if door, err = s.doorOf(ctx, door.Address, j.Patient); err != nil {
			return err
		}
	}
	zone, err := s.ZoneAt(ctx, door.Point)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, a, job, advance, docstore.On{Request: a.Request}, func(j *Job) error {
		switch {
		case j.Ended():
			return fault.New(fault.Conflict, "This delivery has ended.").Coded("illegal-transition")
		case !moves.Allows(j.State, Cancel):
			return fault.New(fault.Conflict, "The courier has the bag already. Call them from the order instead.").Coded("collected")
		case zone.ID != j.Zone:
			return fault.New(fault.Conflict, "This place is in another delivery zone. Cancel and order again to there.").Coded("other-zone")
		}
		j.Door = door
		j.announce(JobRedirected, a, j.Courier, nil)
		return nil
	})
	return err
}

// Cancel ends a job whose bag has not left the counter. For housecall itself. A job that was
// cancelled before stays so; after the counter it is a Conflict: see Recall.
func (s *Service) Cancel(ctx context.Context, a access.Actor, job id.Job, reason string) error {
	return s.takeAway(ctx, a, job, Cancel, JobCancelled, reason)
}

// Rematch takes a job from its courier before the bag is collected, so that another is found. For
// operators and housecall itself.
func (s *Service) Rematch(ctx context.Context, a access.Actor, job id.Job, reason string) error {
	return s.takeAway(ctx, a, job, Rematch, JobRematched, reason)
}

// RematchFrom takes a job from this courier, if they still have it before the counter has given it to
// them. For the dispatcher, which looked at a picture that may be old.
func (s *Service) RematchFrom(ctx context.Context, a access.Actor, job id.Job, from id.Account, reason string) error {
	j, err := s.jobs.Get(ctx, string(job))
	if err != nil {
		return err
	}
	if j.Courier != from || j.State != Accepted && j.State != AtPharmacy {
		return fault.New(fault.Conflict, "This delivery has changed meanwhile. Look at it again.").Coded("job-changed")
	}
	var lost Claim
	j, err = s.change(ctx, a, job, "job.rematch", docstore.On{Version: j.Version}, func(j *Job) error {
		lost = Claim{Courier: j.Courier, Job: j.ID, Offer: j.Offers}
		if err := j.apply(s.clock.Now(), a, Rematch, reason); err != nil {
			return err
		}
		j.announce(JobRematched, a, lost.Courier, map[string]string{"reason": reason})
		return nil
	})
	if fault.Is(err, fault.Stale) {
		return fault.New(fault.Conflict, "This delivery has changed meanwhile. Look at it again.").Coded("job-changed").Because(err)
	}
	if err != nil {
		return err
	}
	return s.settle(ctx, a, j, lost.Courier)
}

func (s *Service) takeAway(ctx context.Context, a access.Actor, job id.Job, ev Event, kind event.Kind, reason string) error {
	var lost Claim
	j, err := s.change(ctx, a, job, "job.rematch", docstore.On{Request: a.Request}, func(j *Job) error {
		lost = Claim{}
		if ev == Cancel && j.State == Cancelled {
			return errNothing
		}
		courier, offer := j.Courier, j.Offers
		if err := j.apply(s.clock.Now(), a, ev, reason); err != nil {
			return err
		}
		lost = Claim{Courier: courier, Job: j.ID, Offer: offer}
		j.announce(kind, a, courier, map[string]string{"reason": reason})
		return nil
	})
	if err != nil {
		return err
	}
	return s.settle(ctx, a, j, lost.Courier)
}

// Recall calls back a bag that is on its way, because the order or the prescription was cancelled:
// the job fails and the courier brings the bag back. For support and housecall itself.
func (s *Service) Recall(ctx context.Context, a access.Actor, job id.Job, reason string) error {
	_, err := s.change(ctx, a, job, "job.recall", docstore.On{Request: a.Request}, func(j *Job) error {
		if j.State == Failed || j.State == Returning || j.State == Returned {
			return errNothing
		}
		if err := j.apply(s.clock.Now(), a, Fail, "recalled"); err != nil {
			return err
		}
		j.Failure = &Failure{Reason: "recalled", At: s.clock.Now()}
		j.announce(JobFailed, a, j.Courier, map[string]string{"reason": "recalled", "cause": reason})
		return nil
	})
	return err
}

// Unlock lets a code be typed again after five wrong tries; the code is a new one. For operators.
func (s *Service) Unlock(ctx context.Context, a access.Actor, job id.Job, side Side) (*Job, error) {
	if !side.known() {
		return nil, fault.InvalidField("/side", "Choose counter, door, seal or return.")
	}
	return s.change(ctx, a, job, "job.unlock", docstore.On{Request: a.Request}, func(j *Job) error {
		if j.Ended() {
			return fault.New(fault.Conflict, "This delivery has ended.").Coded("illegal-transition")
		}
		delete(j.Tries, side)
		if j.Rounds == nil {
			j.Rounds = make(map[Side]int)
		}
		j.Rounds[side]++
		j.announce(JobReadied, a, j.Courier, map[string]string{"unlocked": string(side)})
		return nil
	})
}
