package consult

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Duty is whether a doctor sees people now; one document for each doctor.
type Duty struct {
	Doctor        id.Account `json:"doctor"`
	docstore.Meta `json:"meta"`
	On            bool      `json:"on"`
	Since         time.Time `json:"since"`
	SeenAt        time.Time `json:"seen_at"`
	Standing      Standing  `json:"standing"` // as vetted when they came on duty
}

// DocID implements docstore.Document.
func (d *Duty) DocID() string { return string(d.Doctor) }

var duties = docstore.Spec[Duty]{
	Name: "duties",
	Indexes: map[string]func(*Duty) (docstore.Key, bool){
		"on": func(d *Duty) (docstore.Key, bool) {
			return docstore.Key{Equal: "on", Order: docstore.ByTime(d.Since)}, d.On
		},
	},
}

// A doctor whose screen has not been heard of for silence has vanished.
const (
	silence   = 10 * time.Minute
	beatEvery = time.Minute
	mostOn    = 2000 // doctors on duty at once that a node looks through
)

// fits tells whether somebody of this standing may see this visit.
func (st Standing) fits(v *Visit) bool {
	return st.Active && slices.Contains(st.Specialties, v.Specialty) && slices.Contains(st.Languages, v.Language) &&
		slices.Contains(st.Jurisdictions, v.licence())
}

// licence is what the doctor of a visit must be licensed for.
func (v *Visit) licence() string { return or(v.Licence, v.Jurisdiction) }

// vetted answers the doctor's standing today, or a Denied fault.
func (s *Service) vetted(ctx context.Context, doctor id.Account) (Standing, error) {
	st, err := s.Vetting.Standing(ctx, doctor)
	if err != nil {
		return st, fmt.Errorf("ask the standing of %s: %w", doctor, err)
	}
	if !st.Active {
		return st, fault.New(fault.Denied, "Your papers are not vetted, or have run out. Hand in the new ones first.").Coded("not-vetted")
	}
	return st, nil
}

// GoOn puts the doctor who asks on duty. Only who is vetted today may be.
func (s *Service) GoOn(ctx context.Context, a access.Actor) (*Duty, error) {
	if err := s.Guard.Check(ctx, a, "duty.go_on", access.Facts{Record: string(a.Account), Owner: a.Account}); err != nil {
		return nil, err
	}
	st, err := s.vetted(ctx, a.Account)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	d, err := s.changeDuty(ctx, a, func(d *Duty) error {
		if !d.On {
			d.Since = now
			d.Emit(d.event(a, DutyStarted))
		}
		d.On, d.SeenAt, d.Standing = true, now, st
		d.SetTimer(SilenceExpired, now.Add(silence))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return d, s.tellBack(ctx, a, d)
}

func (d *Duty) event(a access.Actor, kind event.Kind) event.Event {
	return event.Event{
		Kind: kind, By: string(a.Account), To: []string{string(d.Doctor), event.ToDoctors, event.ToOperators},
		Data: map[string]string{"doctor": string(d.Doctor)},
	}
}

func (s *Service) changeDuty(ctx context.Context, a access.Actor, do func(*Duty) error) (*Duty, error) {
	defer s.countAgain()
	d, err := s.duties.Update(ctx, string(a.Account), docstore.On{Request: a.Request}, do)
	if !fault.Is(err, fault.NotFound) {
		return d, err
	}
	first := Duty{Doctor: a.Account}
	if err := do(&first); err != nil {
		return nil, err
	}
	if err := s.duties.Insert(ctx, a.Request, &first); errors.Is(err, docstore.ErrExists) {
		return s.duties.Update(ctx, string(a.Account), docstore.On{Request: a.Request}, do)
	} else if err != nil {
		return nil, err
	}
	return &first, nil
}

// GoOff takes the doctor who asks off duty. Somebody in their room has to be completed or handed over
// first. Who waits is left to the others; where none is left they are told at once.
func (s *Service) GoOff(ctx context.Context, a access.Actor) (*Duty, error) {
	if err := s.Guard.Check(ctx, a, "duty.go_off", access.Facts{Record: string(a.Account), Owner: a.Account}); err != nil {
		return nil, err
	}
	busy, err := s.atWork(ctx, a.Account)
	if err != nil {
		return nil, err
	}
	if len(busy) > 0 {
		return nil, conflict("patient-in-room", "Somebody is in your room. Complete the visit or hand it over, then go off duty.")
	}
	d, err := s.changeDuty(ctx, a, func(d *Duty) error {
		if d.On {
			d.Emit(d.event(a, DutyEnded))
		}
		d.On, d.Since = false, s.Clock.Now()
		d.ClearTimer(SilenceExpired)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return d, s.TellLeft(ctx, a, a.Account)
}

func (s *Service) atWork(ctx context.Context, doctor id.Account) ([]*Visit, error) {
	return s.visits.All(ctx, docstore.Query{Index: "at_work", Equal: string(doctor)}, 50)
}

// Duty reads one's own.
func (s *Service) Duty(ctx context.Context, a access.Actor) (*Duty, error) {
	if err := s.Guard.Check(ctx, a, "duty.read", access.Facts{Record: string(a.Account), Owner: a.Account}); err != nil {
		return nil, err
	}
	d, err := s.duties.Get(ctx, string(a.Account))
	if fault.Is(err, fault.NotFound) {
		return &Duty{Doctor: a.Account}, nil
	}
	return d, err
}

// Beat says that the doctor is still there. Reading the queue, admitting, joining and writing notes do
// it by themselves.
func (s *Service) Beat(ctx context.Context, a access.Actor) error {
	if err := s.Guard.Check(ctx, a, "duty.read", access.Facts{Record: string(a.Account), Owner: a.Account}); err != nil {
		return err
	}
	return s.beat(ctx, a)
}

func (s *Service) beat(ctx context.Context, a access.Actor) error {
	d, err := s.duties.Get(ctx, string(a.Account))
	if fault.Is(err, fault.NotFound) || (err == nil && (!d.On || s.Clock.Now().Sub(d.SeenAt) < beatEvery)) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = s.duties.Update(ctx, string(a.Account), docstore.On{}, func(d *Duty) error {
		if now := s.Clock.Now(); d.On {
			d.SeenAt = now
			d.SetTimer(SilenceExpired, now.Add(silence))
		}
		return nil
	})
	return err
}

// silent takes a doctor off duty who has not been heard of, and puts their patients back.
func (s *Service) silent(ctx context.Context, a access.Actor, doctor id.Account) error {
	d, err := s.duties.Get(ctx, string(doctor))
	if err != nil || (d.On && !d.TimerDue(SilenceExpired, s.Clock.Now())) {
		return err
	}
	if d.On {
		defer s.countAgain()
		d, err = s.duties.Update(ctx, string(doctor), docstore.On{}, func(d *Duty) error {
			if !d.On || !d.TimerDue(SilenceExpired, s.Clock.Now()) {
				return nil
			}
			d.On, d.Since = false, s.Clock.Now()
			d.ClearTimer(SilenceExpired)
			d.Emit(d.event(a, DoctorVanished))
			return nil
		})
	}
	if err != nil || d.On {
		return err
	}
	return s.Vanished(ctx, a, doctor)
}

// Vanished puts everybody who is in the room of a doctor who is gone back to the head of the queue. It
// follows duty.vanished, and may be done twice.
func (s *Service) Vanished(ctx context.Context, a access.Actor, doctor id.Account) error {
	busy, err := s.atWork(ctx, doctor)
	if err != nil {
		return err
	}
	for _, v := range busy {
		_, err := s.visits.Update(ctx, string(v.ID), docstore.On{}, func(v *Visit) error {
			if v.State != InProgress || v.Doctor != doctor {
				return nil
			}
			return s.requeue(v, a, vanish, "doctor_vanished")
		})
		if err != nil {
			return err
		}
	}
	return s.TellLeft(ctx, a, doctor)
}

// StandDown takes a doctor off duty whose papers have been suspended or have run out: nobody acts unvetted.
// Who is in their room goes back to the head of the queue. It follows the events of vetting, and may be
// done twice.
func (s *Service) StandDown(ctx context.Context, a access.Actor, doctor id.Account) error {
	if err := s.Guard.Check(ctx, a, "visit.advance", access.Facts{Record: string(doctor)}); err != nil {
		return err
	}
	d, err := s.duties.Get(ctx, string(doctor))
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err == nil && d.On {
		defer s.countAgain()
		_, err = s.duties.Update(ctx, string(doctor), docstore.On{}, func(d *Duty) error {
			if !d.On {
				return nil
			}
			d.On, d.Since = false, s.Clock.Now()
			d.ClearTimer(SilenceExpired)
			d.Emit(d.event(a, DutyEnded))
			return nil
		})
	}
	if err != nil {
		return err
	}
	return s.Vanished(ctx, a, doctor)
}

// onDuty lists who is on duty.
func (s *Service) onDuty(ctx context.Context) ([]*Duty, error) {
	return s.duties.All(ctx, docstore.Query{Index: "on", Equal: "on"}, mostOn)
}

// onDutyLately lists who was on duty a second ago at most, for an estimate: there may be hundreds, and each who waits
// asks. Nobody may change what it answers.
func (s *Service) onDutyLately(ctx context.Context) ([]*Duty, error) {
	return s.onNow.Read("on", func() ([]*Duty, error) { return s.onDuty(ctx) })
}

// countAgain has the next estimate see a change of who is on duty.
func (s *Service) countAgain() { s.onNow.Forget(func(string) bool { return true }) }

// leftAloneTime is how long somebody whom no doctor is left for keeps the choice of a slot before the
// visit is cancelled, and the fee given back, by itself.
const leftAloneTime = 30 * time.Minute

// TellLeft tells everybody who waits for what this doctor does, and for whom nobody else is on duty. It
// follows duty.ended and duty.vanished, and may be done twice.
func (s *Service) TellLeft(ctx context.Context, a access.Actor, doctor id.Account) error {
	gone, err := s.duties.Get(ctx, string(doctor))
	if err != nil || gone.On {
		return err
	}
	on, err := s.onDuty(ctx)
	if err != nil {
		return err
	}
	return s.eachWaiting(ctx, gone.Standing.Specialties, func(v *Visit) error {
		served := slices.ContainsFunc(on, func(d *Duty) bool { return d.Standing.fits(v) })
		if served || v.LeftAlone != nil {
			return nil
		}
		_, err := s.visits.Update(ctx, string(v.ID), docstore.On{}, func(v *Visit) error {
			if v.State != Waiting || v.LeftAlone != nil {
				return nil
			}
			now := s.Clock.Now()
			v.LeftAlone = &now
			v.SetTimer(LeftAloneExpired, now.Add(leftAloneTime))
			v.announce(a, LeftAlone, nil, event.ToOperators)
			return nil
		})
		return err
	})
}

// tellBack tells who had been left alone that somebody is there again.
func (s *Service) tellBack(ctx context.Context, a access.Actor, d *Duty) error {
	return s.eachWaiting(ctx, d.Standing.Specialties, func(v *Visit) error {
		if v.LeftAlone == nil || !d.Standing.fits(v) {
			return nil
		}
		_, err := s.visits.Update(ctx, string(v.ID), docstore.On{}, func(v *Visit) error {
			if v.LeftAlone == nil {
				return nil
			}
			v.LeftAlone = nil
			v.ClearTimer(LeftAloneExpired)
			v.announce(a, DoctorBack, nil)
			return nil
		})
		return err
	})
}

func (s *Service) eachWaiting(ctx context.Context, specialties []string, do func(*Visit) error) error {
	for _, specialty := range specialties {
		line, err := s.line(ctx, specialty)
		if err != nil {
			return err
		}
		for _, v := range line {
			if err := do(v); err != nil {
				return err
			}
		}
	}
	return nil
}
