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
	"housecall/internal/lifecycle"
)

// SlotLength is how long a booked visit lasts. It is one for everybody, and starts lie on its grid: so two
// slots of a doctor that overlap have the same id, and can't both exist.
const SlotLength = 15 * time.Minute

// SlotState is whether a slot can be had.
type SlotState string

// The states of a slot. A slot that nobody ever took has no document.
const (
	SlotOpen SlotState = "open"
	SlotHeld SlotState = "taken"
)

// SlotEvent moves a slot.
type SlotEvent string

const (
	take    SlotEvent = "take"
	release SlotEvent = "free"
)

var slotMoves = lifecycle.Table[SlotState, SlotEvent]{
	SlotOpen: {take: SlotHeld},
	SlotHeld: {release: SlotOpen},
}

// SlotMoves is the life of a slot, for drawings and exhaustive tests.
func SlotMoves() lifecycle.Table[SlotState, SlotEvent] { return slotMoves }

// Slot is a quarter of an hour of a doctor. Its id is made of both, so that only one visit can have it.
type Slot struct {
	ID            id.Slot `json:"id"`
	docstore.Meta `json:"meta"`
	State         SlotState                              `json:"state"`
	History       []lifecycle.Step[SlotState, SlotEvent] `json:"history,omitempty"`
	Doctor        id.Account                             `json:"doctor"`
	Start         time.Time                              `json:"start"`
	Visit         id.Visit                               `json:"visit,omitempty"`
}

// DocID implements docstore.Document.
func (x *Slot) DocID() string { return string(x.ID) }

// SlotOf is the one slot of a doctor at a time.
func SlotOf(doctor id.Account, start time.Time) id.Slot {
	return id.Derive[id.Slot](string(doctor), docstore.ByTime(start))
}

var slots = docstore.Spec[Slot]{
	Name: "slots",
	Indexes: map[string]func(*Slot) (docstore.Key, bool){
		"taken": func(x *Slot) (docstore.Key, bool) {
			return docstore.Key{Equal: string(x.Doctor), Order: docstore.ByTime(x.Start)}, x.State == SlotHeld
		},
	},
}

func (x *Slot) apply(now time.Time, a access.Actor, e SlotEvent, visit id.Visit) error {
	to, err := slotMoves.Next(x.State, e)
	if err != nil {
		return taken()
	}
	x.History = append(x.History, lifecycle.Step[SlotState, SlotEvent]{Event: e, From: x.State, To: to, By: string(a.Account), At: now, Why: string(visit)})
	x.State = to
	return nil
}

func taken() error {
	return conflict("slot-taken", "Somebody else has just taken this time. Choose another.")
}

// holdTime is how long a slot waits for the visit that took it to be written; a process that dies in
// between loses nobody a time for good.
const holdTime = 2 * time.Minute

// take gives the slot to the visit, or answers a Conflict when another has it. The document's id decides
// any race.
func (s *Service) take(ctx context.Context, a access.Actor, doctor id.Account, start time.Time, visit id.Visit) (id.Slot, error) {
	x := Slot{ID: SlotOf(doctor, start), State: SlotOpen, Doctor: doctor, Start: start}
	hold := func(x *Slot) error {
		if x.State == SlotHeld && x.Visit == visit {
			return nil
		}
		if err := x.apply(s.Clock.Now(), a, take, visit); err != nil {
			return err
		}
		x.Visit = visit
		x.SetTimer(SlotHoldExpired, s.Clock.Now().Add(holdTime))
		x.announce(a, SlotTaken)
		return nil
	}
	if err := hold(&x); err != nil {
		return "", err
	}
	err := s.slots.Insert(ctx, id.Request{}, &x)
	if errors.Is(err, docstore.ErrExists) {
		_, err = s.slots.Update(ctx, string(x.ID), docstore.On{}, hold)
	}
	return x.ID, err
}

func (x *Slot) announce(a access.Actor, kind event.Kind) {
	x.Emit(event.Event{
		Kind: kind, By: string(a.Account), To: []string{string(x.Doctor)},
		Data: map[string]string{"doctor": string(x.Doctor), "visit": string(x.Visit)},
	})
}

// free gives a slot back that this visit had. Doing it twice does it once.
func (s *Service) free(ctx context.Context, a access.Actor, slot id.Slot, visit id.Visit) error {
	if slot == "" {
		return nil
	}
	x, err := s.slots.Get(ctx, string(slot))
	if err == nil && x.Visit != visit {
		return nil
	}
	_, err = s.slots.Update(ctx, string(slot), docstore.On{}, func(x *Slot) error {
		if x.State != SlotHeld || x.Visit != visit {
			return nil
		}
		if err := x.apply(s.Clock.Now(), a, release, visit); err != nil {
			return err
		}
		x.announce(a, SlotFreed)
		x.Visit = ""
		x.ClearTimer(SlotHoldExpired)
		return nil
	})
	if err != nil {
		return fmt.Errorf("free slot %s: %w", slot, err)
	}
	return nil
}

// watch has somebody look in a while whether a slot is still its visit's: a process that dies between the
// visit's leaving and the slot's being given back loses nobody a time for good.
func (s *Service) watch(ctx context.Context, slot id.Slot) error {
	if slot == "" {
		return nil
	}
	_, err := s.slots.Update(ctx, string(slot), docstore.On{}, func(x *Slot) error {
		x.SetTimer(SlotHoldExpired, s.Clock.Now().Add(holdTime))
		return nil
	})
	if err != nil {
		return fmt.Errorf("watch slot %s: %w", slot, err)
	}
	return nil
}

// FreeSlot gives the slot of a visit back that has ended or moved. It follows visit.cancelled,
// visit.no_show and visit.redirected, in case the process died before doing it by itself.
func (s *Service) FreeSlot(ctx context.Context, a access.Actor, visit id.Visit) error {
	if err := s.Guard.Check(ctx, a, "visit.advance", access.Facts{Record: string(visit)}); err != nil {
		return err
	}
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil || !moves.Ended(v.State) || v.State == IsCompleted {
		return err
	}
	return s.free(ctx, a, v.Slot, v.ID)
}

// holdExpired looks whether the visit that took a slot was ever written.
func (s *Service) holdExpired(ctx context.Context, a access.Actor, slot id.Slot) error {
	x, err := s.slots.Get(ctx, string(slot))
	if err != nil || x.State != SlotHeld || !x.TimerDue(SlotHoldExpired, s.Clock.Now()) {
		return err
	}
	v, err := s.visits.Get(ctx, string(x.Visit))
	lost := fault.Is(err, fault.NotFound)
	if err != nil && !lost {
		return err
	}
	if lost || v.Slot != slot || (moves.Ended(v.State) && v.State != IsCompleted) {
		return s.free(ctx, a, slot, x.Visit)
	}
	_, err = s.slots.Update(ctx, string(slot), docstore.On{}, func(x *Slot) error {
		x.ClearTimer(SlotHoldExpired)
		return nil
	})
	return err
}

// Free is a time that can be booked.
type Free struct {
	Doctor id.Account
	Name   string
	Start  time.Time
	End    time.Time
}

// SlotQuery asks for free times. Doctor may be empty: anybody who fits.
type SlotQuery struct {
	Doctor                            id.Account
	Specialty, Language, Jurisdiction string
	From, Until                       time.Time
}

// How far ahead a time can be booked, and how soon.
const (
	bookAhead = 60 * 24 * time.Hour
	bookSoon  = 5 * time.Minute
	mostSlots = 200
)

// Slots lists free times of doctors who are vetted and fit, the earliest first.
func (s *Service) Slots(ctx context.Context, a access.Actor, q SlotQuery) ([]Free, error) {
	if err := s.Guard.Check(ctx, a, "slot.list", access.Facts{}); err != nil {
		return nil, err
	}
	return s.freeSlots(ctx, q)
}

func (s *Service) freeSlots(ctx context.Context, q SlotQuery) ([]Free, error) {
	now := s.Clock.Now()
	if q.From = later(q.From, now.Add(bookSoon)); q.Until.IsZero() {
		q.Until = q.From.Add(7 * 24 * time.Hour)
	}
	q.Until = earlier(q.Until, now.Add(bookAhead))
	all, err := s.hours.All(ctx, docstore.Query{Index: "all", Equal: "all"}, mostOn)
	if err != nil {
		return nil, err
	}
	var out []Free
	for _, h := range all {
		if q.Doctor != "" && h.Doctor != q.Doctor {
			continue
		}
		st, err := s.Vetting.Standing(ctx, h.Doctor)
		if err != nil {
			return nil, fmt.Errorf("ask the standing of %s: %w", h.Doctor, err)
		}
		if !st.fits(&Visit{Specialty: q.Specialty, Language: q.Language, Jurisdiction: q.Jurisdiction}) {
			continue
		}
		free, err := s.freeOf(ctx, h, q.From, q.Until)
		if err != nil {
			return nil, err
		}
		out = append(out, free...)
	}
	slices.SortStableFunc(out, func(a, b Free) int { return a.Start.Compare(b.Start) })
	return out[:min(len(out), mostSlots)], nil
}

// freeOf lists the free times of one doctor.
func (s *Service) freeOf(ctx context.Context, h *Hours, from, until time.Time) ([]Free, error) {
	held, err := s.slots.All(ctx, docstore.Query{Index: "taken", Equal: string(h.Doctor), From: docstore.ByTime(from), Until: docstore.ByTime(until)}, 10000)
	if err != nil {
		return nil, err
	}
	gone := map[time.Time]bool{}
	for _, x := range held {
		gone[x.Start.UTC()] = true
	}
	var out []Free
	for _, start := range h.starts(from, until) {
		if !gone[start] {
			out = append(out, Free{h.Doctor, h.Name, start, start.Add(SlotLength)})
		}
	}
	return out, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
