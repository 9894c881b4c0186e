package consult

import (
	"context"
	"fmt"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/id"
)

// toDoctors is the topic of everybody who may call somebody in.
const toDoctors = event.ToDoctors

type eventKind = event.Kind

// How long somebody who is called may be away.
const (
	absence      = 3 * time.Minute  // then back to the head of the queue
	noShowCalled = 15 * time.Minute // after the first call
	noShowBooked = 10 * time.Minute // after a booked time
)

// enter opens the room for who has just been admitted.
func (v *Visit) enter(a access.Actor, now time.Time) {
	v.Doctor, v.AdmittedAt, v.AdmitKey = a.Account, &now, a.Request.Key
	v.ThereAt, v.Away, v.LeftAlone = nil, false, nil
	if v.FirstCalledAt == nil {
		v.FirstCalledAt = &now
	}
	v.openRoom()
	v.SetTimer(AbsenceExpired, now.Add(absence))
	v.ClearTimer(NoShowExpired, LeftAloneExpired, DayBefore, HourBefore)
}

func (v *Visit) openRoom() {
	n := 1
	if v.Call != nil {
		n = v.Call.N + 1
	}
	v.Call = &Call{Room: fmt.Sprintf("%s_%d", v.ID, n), N: n, State: RoomOpen}
}

// there says that the patient's side has taken a seat: nobody is absent any more.
func (v *Visit) there(now time.Time) {
	if v.ThereAt == nil {
		v.ThereAt = &now
		v.ClearTimer(AbsenceExpired)
	}
}

// requeue puts somebody who was admitted back to the head of the queue. Who booked a time keeps their doctor.
func (s *Service) requeue(v *Visit, a access.Actor, e Event, why string) error {
	was := v.Doctor
	if err := v.apply(s.Clock.Now(), a, e, why); err != nil {
		return err
	}
	v.Head = true
	v.ClearTimer(AbsenceExpired)
	if v.Slot == "" || e == handOver || e == vanish {
		v.Doctor = "" // whoever is free first
	}
	v.announce(a, Requeued, map[string]string{"reason": why, "from_doctor": string(was)}, toDoctors, string(was))
	return nil
}

// absentNow is for who was called three minutes ago and has not come: back to the head, called again by
// message while the doctor goes on, and a no-show when the time for that is over.
func (s *Service) absentNow(v *Visit, a access.Actor) error {
	now := s.Clock.Now()
	if v.State != InProgress || v.ThereAt != nil || !v.TimerDue(AbsenceExpired, now) {
		return nil
	}
	if err := s.requeue(v, a, absent, "absent"); err != nil {
		return err
	}
	v.Away = true
	due := v.noShowDue()
	if !now.Before(due) {
		return v.missed(now, a)
	}
	v.SetTimer(NoShowExpired, due)
	v.announce(a, CalledAgain, nil)
	return nil
}

// noShowDue is when waiting for somebody ends: ten minutes after a booked time, fifteen after the first
// call of everybody else; of one, too, who was there for their time when the doctor was late.
func (v *Visit) noShowDue() time.Time {
	if v.StartsAt != nil && v.HereAt == nil {
		return v.StartsAt.Add(noShowBooked)
	}
	return v.FirstCalledAt.Add(noShowCalled)
}

func (v *Visit) missed(now time.Time, a access.Actor) error {
	if err := v.apply(now, a, noShow, "not_there"); err != nil {
		return err
	}
	data := v.feeData()
	data["charge_minor"], data["doctor"] = data["no_show_fee_minor"], string(v.lastDoctor())
	v.announce(a, NoShow, data)
	return nil
}

// lastDoctor is who waited for the patient: the one booked, or the last who called.
func (v *Visit) lastDoctor() id.Account {
	for _, step := range slices.Backward(v.History) {
		if v.Doctor == "" && step.Event == admit {
			return id.Account(step.By)
		}
	}
	return v.Doctor
}

// HandOver gives somebody in the room back to the head of the queue (to is empty), or straight to another
// doctor who is on duty and may see them.
func (s *Service) HandOver(ctx context.Context, a access.Actor, visit id.Visit, to id.Account) (*Visit, error) {
	var next *Duty
	if to != "" {
		var err error
		if next, err = s.taker(ctx, to); err != nil {
			return nil, err
		}
	}
	return s.step(ctx, a, "visit.hand_over", visit, func(v *Visit, now time.Time) error {
		if next == nil {
			return s.requeue(v, a, handOver, "handed_over")
		}
		if !next.Standing.fits(v) || to == v.Doctor {
			return cantTake()
		}
		was := v.Doctor
		if err := v.apply(now, a, transfer, "transferred"); err != nil {
			return err
		}
		v.Doctor = to
		v.announce(a, Transferred, map[string]string{"from_doctor": string(was)}, string(was))
		return nil
	})
}

func cantTake() error {
	return conflict("cannot-take", "That doctor can't take this visit now. Choose another, or give it back to the queue.")
}

func (s *Service) taker(ctx context.Context, to id.Account) (*Duty, error) {
	st, err := s.Vetting.Standing(ctx, to)
	if err != nil {
		return nil, fmt.Errorf("ask the standing of %s: %w", to, err)
	}
	d, err := s.duties.Get(ctx, string(to))
	if err != nil || !d.On || !st.Active {
		return nil, cantTake()
	}
	d.Standing = st
	return d, nil
}

// SeeGuardian is the doctor's tick that a child's guardian is present.
func (s *Service) SeeGuardian(ctx context.Context, a access.Actor, visit id.Visit) (*Visit, error) {
	return s.step(ctx, a, "visit.see_guardian", visit, func(v *Visit, now time.Time) error {
		if v.State != InProgress {
			return notInProgress()
		}
		if v.Guardian != nil {
			return nil
		}
		rule, _ := s.guardianRule(v, now)
		v.Guardian = &Tick{By: a.Account, At: now, Rule: rule}
		v.announce(a, GuardianSeen, map[string]string{"rule": rule})
		return nil
	})
}

func notInProgress() error {
	return conflict("not-in-progress", "This visit is not going on now.")
}

// guardianRule names the rule that asks for a guardian, where one does.
func (s *Service) guardianRule(v *Visit, now time.Time) (string, bool) {
	born, err := time.Parse(time.DateOnly, v.Born)
	if err != nil {
		return "", false
	}
	if zone, err := time.LoadLocation(v.TimeZone); err == nil {
		now = now.In(zone)
	}
	return s.Rules.NeedsGuardian(v.Jurisdiction, born, time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC))
}

// Complete ends a visit that took place: the note is sealed, and the fee is captured by who follows. A
// child whom a rule asks a guardian for is not completed without the tick; the rule is named.
func (s *Service) Complete(ctx context.Context, a access.Actor, visit id.Visit) (*Visit, error) {
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Check(ctx, a, "visit.complete", v.facts()); err != nil {
		return nil, err
	}
	if v.State == InProgress {
		if err := s.unfinished(v); err != nil {
			return nil, err
		}
		if err := s.seal(ctx, a, v); err != nil {
			return nil, err
		}
	}
	return s.step(ctx, a, "visit.complete", visit, func(v *Visit, now time.Time) error {
		if v.State == InProgress {
			if err := s.unfinished(v); err != nil {
				return err
			}
		}
		if err := v.apply(now, a, complete, ""); err != nil {
			return err
		}
		v.announce(a, Completed, v.feeData())
		return nil
	})
}

// unfinished says what still keeps a visit from being completed.
func (s *Service) unfinished(v *Visit) error {
	if v.ThereAt == nil {
		return conflict("patient-not-there", "The patient has not come in. Wait, hand the visit back, or go on to the next.")
	}
	if rule, needed := s.guardianRule(v, s.Clock.Now()); needed && v.Guardian == nil {
		return conflict("guardian-needed", "A child of this age needs a guardian present (rule "+rule+"). Tick that you saw one, or redirect the visit.")
	}
	return nil
}

// Redirect ends a visit that needs help at the person's side, or is not suited to remote care.
func (s *Service) Redirect(ctx context.Context, a access.Actor, visit id.Visit, reason string) (*Visit, error) {
	if err := oneOf("/reason", reason, "emergency", "not_suited"); err != nil {
		return nil, err
	}
	v, err := s.step(ctx, a, "visit.redirect", visit, func(v *Visit, now time.Time) error {
		if err := v.apply(now, a, redirect, reason); err != nil {
			return err
		}
		v.announce(a, Redirected, with(v.feeData(), "reason", reason), event.ToOperators)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return v, s.free(ctx, a, v.Slot, v.ID)
}

// CancelReasons lists why a visit may be cancelled by a person.
var CancelReasons = []string{"changed_mind", "no_doctor", "technical", "by_doctor", "other"}

// Cancel ends a visit that has not begun; during it, its doctor alone can, without a fee. Charge of a late
// cancellation stands in the event, only where it was said before.
func (s *Service) Cancel(ctx context.Context, a access.Actor, visit id.Visit, reason string) (*Visit, error) {
	if err := oneOf("/reason", reason, CancelReasons...); err != nil {
		return nil, err
	}
	v, err := s.step(ctx, a, "visit.cancel", visit, func(v *Visit, now time.Time) error {
		if v.State == InProgress && a.Account != v.Doctor {
			return conflict("in-progress", "The doctor is with you. Tell them that you want to stop.")
		}
		charge := "0"
		if v.State == IsBooked && a.Role == access.Patient && v.tooLate(now) {
			charge = v.feeData()["no_show_fee_minor"]
		}
		if err := v.apply(now, a, cancel, reason); err != nil {
			return err
		}
		v.announce(a, Cancelled, with(with(v.feeData(), "reason", reason), "charge_minor", charge), toDoctors)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return v, s.free(ctx, a, v.Slot, v.ID)
}

func (v *Visit) tooLate(now time.Time) bool {
	t := v.Fee.Terms
	return v.StartsAt != nil && t.LateCancel > 0 && now.After(v.StartsAt.Add(-t.LateCancel))
}

func with(data map[string]string, key, value string) map[string]string {
	data[key] = value
	return data
}

func oneOf(pointer, value string, options ...string) error {
	if slices.Contains(options, value) {
		return nil
	}
	return invalid(pointer, "Choose one of the list.")
}

// RevealCallBack shows the number to call the patient back to the doctor who treats them, when even the
// chat fails. It is in the audit and in the visit.
func (s *Service) RevealCallBack(ctx context.Context, a access.Actor, visit id.Visit) (*Visit, error) {
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Read(ctx, a, "visit.call_back", v.facts()); err != nil {
		return nil, err
	}
	return s.visits.Update(ctx, string(visit), docstore.On{Request: a.Request}, func(v *Visit) error {
		if v.State != InProgress || v.Doctor != a.Account {
			return notInProgress()
		}
		v.Revealed = append(v.Revealed, Tick{By: a.Account, At: s.Clock.Now()})
		v.announce(a, CallBackShown, nil)
		return nil
	})
}
