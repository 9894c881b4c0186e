package delivery

import (
	"context"
	"errors"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/dispatch"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/lifecycle"
)

// Shift is the one document of a courier: on or off, where, and which job they hold.
type Shift struct {
	ID            id.Shift `json:"id"`
	docstore.Meta `json:"meta"`
	State         ShiftState                               `json:"state"`
	History       []lifecycle.Step[ShiftState, ShiftEvent] `json:"history"`
	Courier       id.Account                               `json:"courier"`
	Zone          id.Zone                                  `json:"zone,omitempty"`
	Vehicle       dispatch.Vehicle                         `json:"vehicle,omitempty"`
	Last          Position                                 `json:"last,omitzero"`
	HeardAt       time.Time                                `json:"heard_at,omitzero"` // by the service's clock
	StartedAt     time.Time                                `json:"started_at,omitzero"`
	IdleSince     time.Time                                `json:"idle_since,omitzero"`
	Held          []Claim                                  `json:"held,omitempty"`
	WaitAt        geo.Point                                `json:"wait_at,omitzero"` // where the next job is likely; a suggestion
}

// Claim is a job that a courier holds by one offer. Version is the job's before it was offered.
type Claim struct {
	Courier id.Account `json:"courier"`
	Job     id.Job     `json:"job"`
	Offer   int        `json:"offer"`
	Version int64      `json:"version"`
	At      time.Time  `json:"at"`
}

const (
	// remembered is how many moves a shift keeps; the older ones are in the audit.
	remembered = 100
	// silent is how long a courier may say nothing before the operator is shown so.
	silent = dispatch.Silent
)

// ShiftOf is the id of a courier's shift.
func ShiftOf(courier id.Account) id.Shift { return id.Derive[id.Shift](string(courier)) }

// DocID implements docstore.Document.
func (h *Shift) DocID() string { return string(h.ID) }

// Free tells whether the courier holds nothing and can be offered a job.
func (h *Shift) Free() bool { return h.State == On && len(h.Held) == 0 }

// Silent tells whether nothing has been heard of the courier for a minute.
func (h *Shift) Silent(now time.Time) bool { return h.State != Off && now.Sub(h.HeardAt) > silent }

// apply makes one move. It is the only place that sets State.
func (h *Shift) apply(now time.Time, a access.Actor, ev ShiftEvent, why string) error {
	next, err := shiftMoves.Next(h.State, ev)
	if err != nil {
		return err
	}
	h.History = append(h.History, lifecycle.Step[ShiftState, ShiftEvent]{Event: ev, From: h.State, To: next, By: string(a.Account), At: now, Why: shiftWhys.Of(ev, why, a.Cause)})
	h.History = h.History[max(0, len(h.History)-remembered):]
	h.State = next
	return nil
}

func (h *Shift) facts() access.Facts { return access.Facts{Record: string(h.ID), Owner: h.Courier} }

func (h *Shift) announce(kind event.Kind, a access.Actor) {
	h.Emit(event.Event{
		Kind: kind, By: string(a.Account), To: []string{string(h.Courier), event.ToOperators},
		Data: map[string]string{"courier": string(h.Courier), "zone": string(h.Zone), "vehicle": string(h.Vehicle)},
	})
}

// StartShift puts a vetted courier on shift at a place in a zone.
func (s *Service) StartShift(ctx context.Context, a access.Actor, vehicle dispatch.Vehicle, at geo.Point) (*Shift, error) {
	h := &Shift{ID: ShiftOf(a.Account), Courier: a.Account, State: Off}
	if err := s.guard.Check(ctx, a, "shift.start", h.facts()); err != nil {
		return nil, err
	}
	if !vehicle.Known() {
		return nil, fault.InvalidField("/vehicle", "Choose walk, bicycle, scooter, car or drone.")
	}
	zone, err := s.ZoneAt(ctx, at)
	if fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.Conflict, "You are outside every zone. Ride into one and start there.").Coded("outside-zones")
	}
	if err != nil {
		return nil, err
	}
	if err := s.mustBeVetted(ctx, a.Account); err != nil {
		return nil, err
	}
	if err := s.ensureShift(ctx, h); err != nil {
		return nil, err
	}
	return s.shifts.Update(ctx, h.DocID(), docstore.On{Request: a.Request}, func(h *Shift) error {
		now := s.clock.Now()
		back := h.State == Finishing
		if err := h.apply(now, a, Start, ""); err != nil {
			return err
		}
		h.Vehicle, h.HeardAt = vehicle, now
		if !back {
			h.StartedAt, h.IdleSince = now, now
		}
		if len(h.Held) == 0 {
			h.Zone = zone.ID
		}
		h.Last = Position{At: now, Point: at}
		h.announce(ShiftStarted, a)
		return nil
	})
}

// ensureShift makes the courier's one document the first time.
func (s *Service) ensureShift(ctx context.Context, h *Shift) error {
	_, err := s.shifts.Get(ctx, h.DocID())
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	if err := s.shifts.Insert(ctx, id.Request{}, h); err != nil && !fault.Is(err, fault.Conflict) {
		return err
	}
	return nil
}

func (s *Service) mustBeVetted(ctx context.Context, courier id.Account) error {
	ok, err := s.vetting.Vetted(ctx, courier)
	if err != nil {
		return fault.New(fault.Unavailable, "We can't check your papers just now. Try again in a moment.").Because(err)
	}
	if !ok {
		return fault.New(fault.Conflict, "Your papers are not approved, or one has run out. Look at your application.").Coded("not-vetted")
	}
	return nil
}

// EndShift takes a courier off shift. An offer they hold is declined; with a job in hand they finish
// it first and get no other.
func (s *Service) EndShift(ctx context.Context, a access.Actor) (*Shift, error) {
	h, err := s.shifts.Get(ctx, string(ShiftOf(a.Account)))
	if err != nil {
		return nil, err
	}
	if err := s.guard.Check(ctx, a, "shift.end", h.facts()); err != nil {
		return nil, err
	}
	if err := s.wave(ctx, a, h, "end_of_shift", Offered); err != nil {
		return nil, err
	}
	return s.endShift(ctx, a, a.Account, "")
}

// Suspend takes a courier off shift who may act no more: what they have not collected goes to
// another, what they have is brought to its end. For housecall itself.
func (s *Service) Suspend(ctx context.Context, a access.Actor, courier id.Account, reason string) error {
	if err := s.guard.Check(ctx, a, advance, access.Facts{Owner: courier}); err != nil {
		return err
	}
	h, err := s.shifts.Get(ctx, string(ShiftOf(courier)))
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.wave(ctx, a, h, reason, Offered, Accepted, AtPharmacy); err != nil {
		return err
	}
	_, err = s.endShift(ctx, a, courier, reason)
	return err
}

// Suggest tells an idle courier where the next job is likely; to ride there is up to them. For the
// dispatcher.
func (s *Service) Suggest(ctx context.Context, a access.Actor, courier id.Account, at geo.Point) error {
	shift := ShiftOf(courier)
	if err := s.guard.Check(ctx, a, advance, access.Facts{Record: string(shift), Owner: courier}); err != nil {
		return err
	}
	_, err := s.shifts.Update(ctx, string(shift), docstore.On{}, func(h *Shift) error {
		if !h.Free() || h.WaitAt == at {
			return errNothing
		}
		h.WaitAt = at
		h.announce(ShiftSuggested, a)
		return nil
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// wave gives back the jobs a courier holds in one of the states.
func (s *Service) wave(ctx context.Context, a access.Actor, h *Shift, reason string, states ...State) error {
	for _, c := range h.Held {
		_, err := s.jobs.Update(ctx, string(c.Job), docstore.On{}, func(j *Job) error {
			if !j.Holds(h.Courier, c.Offer) || !slices.Contains(states, j.State) {
				return errNothing
			}
			if err := j.apply(s.clock.Now(), a, Decline, reason); err != nil {
				return err
			}
			j.announce(JobDeclined, a, h.Courier, map[string]string{"reason": reason})
			return nil
		})
		if errors.Is(err, errNothing) {
			continue
		}
		if err == nil {
			err = s.release(ctx, a, c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) endShift(ctx context.Context, a access.Actor, courier id.Account, why string) (*Shift, error) {
	h, err := s.shifts.Update(ctx, string(ShiftOf(courier)), docstore.On{Request: a.Request}, func(h *Shift) error {
		ev, kind := End, ShiftEnded
		if len(h.Held) > 0 {
			ev, kind = Finish, ShiftFinishing
		}
		if h.State == Off || h.State == Finishing && ev == Finish {
			return errNothing
		}
		h.HeardAt = s.clock.Now()
		h.announce(kind, a)
		return h.apply(s.clock.Now(), a, ev, why)
	})
	if errors.Is(err, errNothing) {
		return s.shifts.Get(ctx, string(ShiftOf(courier)))
	}
	return h, err
}

// Shift answers a courier's shift, to the courier, support and operators.
func (s *Service) Shift(ctx context.Context, a access.Actor, courier id.Account) (*Shift, error) {
	h, err := s.shifts.Get(ctx, string(ShiftOf(courier)))
	if fault.Is(err, fault.NotFound) {
		h, err = &Shift{ID: ShiftOf(courier), Courier: courier, State: Off}, nil
	}
	if err != nil {
		return nil, err
	}
	if err := s.guard.Check(ctx, a, whoever(a, "shift.read"), h.facts()); err != nil {
		return nil, err
	}
	return h, nil
}

// Shifts lists who is on shift in a zone, or everywhere, for operators and housecall itself.
func (s *Service) Shifts(ctx context.Context, a access.Actor, zone id.Zone) ([]*Shift, error) {
	if err := s.guard.Check(ctx, a, whoever(a, "shift.list"), access.Facts{Record: string(zone)}); err != nil {
		return nil, err
	}
	q := docstore.Query{Index: "zone_on", Equal: string(zone)}
	if zone == "" {
		q = docstore.Query{Index: "on"}
	}
	return s.shifts.All(ctx, q, 10_000)
}
