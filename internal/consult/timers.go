package consult

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// TimerFired does what a timer of this capability asks. One that comes late, twice or after things have
// moved on does nothing.
func (s *Service) TimerFired(ctx context.Context, a access.Actor, doc string, kind event.Kind) error {
	if err := s.Guard.Check(ctx, a, "visit.advance", access.Facts{Record: doc}); err != nil {
		return err
	}
	err := s.fired(ctx, a, doc, kind)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

func (s *Service) fired(ctx context.Context, a access.Actor, doc string, kind event.Kind) error {
	switch kind {
	case SilenceExpired:
		return s.silent(ctx, a, id.Account(doc))
	case SlotHoldExpired:
		return s.holdExpired(ctx, a, id.Slot(doc))
	case UnpaidExpired, LeftAloneExpired, NoShowExpired:
		v, err := s.onTimer(ctx, a, doc, kind)
		if err != nil || !moves.Ended(v.State) {
			return err
		}
		return s.free(ctx, a, v.Slot, v.ID)
	}
	_, err := s.onTimer(ctx, a, doc, kind)
	return err
}

func (s *Service) onTimer(ctx context.Context, a access.Actor, doc string, kind event.Kind) (*Visit, error) {
	if v, err := s.visits.Get(ctx, doc); err != nil || !v.TimerDue(kind, s.Clock.Now()) {
		return v, err // nothing is written for a timer that comes for nothing
	}
	return s.visits.Update(ctx, doc, docstore.On{Request: a.Request}, func(v *Visit) error {
		now := s.Clock.Now()
		if !v.TimerDue(kind, now) {
			return nil
		}
		var err error
		switch kind {
		case AbsenceExpired:
			err = s.absentNow(v, a)
		case NoShowExpired:
			err = s.noShowNow(v, a, now)
		case UnpaidExpired:
			err = v.giveUp(a, now, "unpaid", v.Fee.State != FeeHeld)
		case LeftAloneExpired:
			err = v.giveUp(a, now, "no_doctor", v.LeftAlone != nil && v.State == Waiting)
		case DayBefore, HourBefore:
			if v.State == IsBooked {
				v.announce(a, Reminded, map[string]string{"before": map[event.Kind]string{DayBefore: "day", HourBefore: "hour"}[kind]})
			}
		}
		v.ClearTimer(kind)
		return err
	})
}

// giveUp cancels a visit that nothing can become of any more.
func (v *Visit) giveUp(a access.Actor, now time.Time, reason string, hopeless bool) error {
	if !hopeless || !moves.Allows(v.State, cancel) || v.State == InProgress {
		return nil
	}
	if err := v.apply(now, a, cancel, reason); err != nil {
		return err
	}
	v.announce(a, Cancelled, with(with(v.feeData(), "reason", reason), "charge_minor", "0"), toDoctors)
	return nil
}

// noShowNow ends the wait for somebody who has not come. Who came for a booked time and was not called is
// no no-show: then the doctor is late, and the operators see it.
func (s *Service) noShowNow(v *Visit, a access.Actor, now time.Time) error {
	switch {
	case v.State == IsBooked && v.HereAt != nil:
		v.announce(a, DoctorLate, nil, event.ToOperators)
		return nil
	case v.State == IsBooked, v.State == Waiting && v.Away:
		return v.missed(now, a)
	}
	return nil
}
