package consult

import (
	"context"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Book takes a time of a doctor for an intake. One winner under any race: the slot's document is made of
// doctor and time.
func (s *Service) Book(ctx context.Context, a access.Actor, w Wish, doctor id.Account, start time.Time) (*Visit, error) {
	v, err := s.draft(ctx, a, w)
	if err != nil {
		return nil, err
	}
	if err := v.agree(w.Agreed); err != nil {
		return nil, err
	}
	if known, err := s.visits.Get(ctx, string(v.ID)); err == nil && known.Slot == SlotOf(doctor, start) {
		return known, s.visits.Insert(ctx, a.Request, v) // asked again: as it stands, or a Conflict
	}
	slot, err := s.hold(ctx, a, v, doctor, start)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	v.State, v.QueuedAt = IsBooked, now
	v.seat(doctor, slot, start)
	v.schedule(now)
	v.wantFee(a, now)
	v.announce(a, Booked, v.times())
	if err := s.visits.Insert(ctx, a.Request, v); err != nil {
		_ = s.free(ctx, a, slot, v.ID) // its hold expires anyway
		return nil, err
	}
	return v, nil
}

// hold checks that the time can be booked, and takes it.
func (s *Service) hold(ctx context.Context, a access.Actor, v *Visit, doctor id.Account, start time.Time) (id.Slot, error) {
	start = start.UTC()
	free, err := s.freeSlots(ctx, SlotQuery{
		Doctor: doctor, Specialty: v.Specialty, Language: v.Language, Jurisdiction: v.licence(),
		From: start, Until: start.Add(SlotLength),
	})
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(free, func(f Free) bool { return f.Start.Equal(start) }) {
		return s.take(ctx, a, doctor, start, v.ID)
	}
	x, err := s.slots.Get(ctx, string(SlotOf(doctor, start)))
	if err == nil && x.State == SlotHeld {
		return x.ID, s.mineAlready(x, v)
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return "", err
	}
	return "", fault.New(fault.Conflict, "This doctor can't be booked at that time. Choose another.").Coded("no-such-slot")
}

// mineAlready lets a request go on that died after it took the slot.
func (s *Service) mineAlready(x *Slot, v *Visit) error {
	if x.Visit == v.ID {
		return nil
	}
	return taken()
}

func (v *Visit) seat(doctor id.Account, slot id.Slot, start time.Time) {
	until := start.UTC().Add(SlotLength)
	start = start.UTC()
	v.Doctor, v.Slot, v.StartsAt, v.EndsAt = doctor, slot, &start, &until
}

// schedule sets the reminders and the end of waiting for a booked time.
func (v *Visit) schedule(now time.Time) {
	v.ClearTimer(DayBefore, HourBefore, NoShowExpired)
	if day := v.StartsAt.Add(-24 * time.Hour); day.After(now) {
		v.SetTimer(DayBefore, day)
	}
	if hour := v.StartsAt.Add(-time.Hour); hour.After(now) {
		v.SetTimer(HourBefore, hour)
	}
	v.SetTimer(NoShowExpired, v.StartsAt.Add(noShowBooked))
}

func (v *Visit) times() map[string]string {
	return map[string]string{"slot": string(v.Slot), "starts_at": docstore.ByTime(*v.StartsAt)}
}

// Move gives a booked visit another time, or somebody in the queue a time instead. The old time is free
// again; the fee that was said stays.
func (s *Service) Move(ctx context.Context, a access.Actor, visit id.Visit, doctor id.Account, start time.Time) (*Visit, error) {
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Check(ctx, a, "visit.move", v.facts()); err != nil {
		return nil, err
	}
	e := move
	if v.State == Waiting {
		e = book
	}
	if v.Slot == SlotOf(doctor, start) && v.State == IsBooked {
		return v, nil
	}
	if _, err := moves.Next(v.State, e); err != nil {
		return nil, err
	}
	slot, err := s.hold(ctx, a, v, doctor, start)
	if err != nil {
		return nil, err
	}
	if err := s.watch(ctx, v.Slot); err != nil {
		return nil, err
	}
	var old id.Slot
	moved, err := s.visits.Update(ctx, string(visit), docstore.On{Request: a.Request}, func(v *Visit) error {
		now := s.Clock.Now()
		if err := v.apply(now, a, e, ""); err != nil {
			return err
		}
		old = v.Slot
		v.seat(doctor, slot, start)
		v.Head, v.Away, v.LeftAlone, v.HereAt, v.FirstCalledAt = false, false, nil, nil, nil
		v.ClearTimer(LeftAloneExpired)
		v.schedule(now)
		v.announce(a, map[Event]eventKind{move: Moved, book: Booked}[e], v.times(), toDoctors)
		return nil
	})
	if err != nil {
		_ = s.free(ctx, a, slot, v.ID) // its hold expires anyway
		return nil, err
	}
	if moved.Slot != slot {
		return moved, s.free(ctx, a, slot, v.ID) // asked again after it had moved on
	}
	return moved, s.free(ctx, a, old, v.ID)
}
