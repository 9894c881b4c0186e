package prescribing

import (
	"context"
	"fmt"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// onPart runs a change of one part in the prescription's one write.
func (s *Service) onPart(ctx context.Context, a access.Actor, action access.Action, part id.Part, change func(*Prescription, *Part) error) error {
	rx, err := s.ofPart(ctx, part)
	if err != nil {
		return err
	}
	if err := s.guard.Check(ctx, a, action, rx.facts()); err != nil {
		return err
	}
	_, err = s.prescriptions.Update(ctx, string(rx.ID), docstore.On{Request: a.Request}, func(rx *Prescription) error {
		if rx.State == Draft {
			return draftOnly()
		}
		p, err := rx.part(part)
		if err != nil {
			return err
		}
		return change(rx, p)
	})
	return err
}

func (s *Service) ofPart(ctx context.Context, part id.Part) (*Prescription, error) {
	rx, _, ok := partOf(part)
	if !ok {
		return nil, docstore.NotFound()
	}
	return s.prescriptions.Get(ctx, string(rx))
}

// Part answers a part with its prescription. The part points into the prescription.
func (s *Service) Part(ctx context.Context, a access.Actor, part id.Part) (*Prescription, *Part, error) {
	rx, err := s.ofPart(ctx, part)
	if err != nil {
		return nil, nil, err
	}
	p, err := rx.part(part)
	if err != nil {
		return nil, nil, err
	}
	facts := rx.facts()
	if p.Order != "" {
		if facts.Pharmacy, err = s.fillers.Filling(ctx, p.Order); err != nil {
			return nil, nil, fmt.Errorf("find who fills %s: %w", p.ID, err)
		}
	}
	if err := s.guard.Read(ctx, a, ReadAction, facts); err != nil {
		return nil, nil, err
	}
	return rx, p, nil
}

// Claim takes a part for one order, exclusively: a Conflict when another has it, when it is not yet
// or no longer valid, or when the prescription it replaces has not ended undispensed. The signature
// is verified first. Claiming again for the same order changes nothing. Announces rx.claimed.
func (s *Service) Claim(ctx context.Context, a access.Actor, part id.Part, order id.Order) error {
	rx, err := s.ofPart(ctx, part)
	if err != nil {
		return err
	}
	if rx.State == Draft {
		return draftOnly()
	}
	if err := s.endReplaced(ctx, rx); err != nil {
		return err
	}
	return s.onPart(ctx, a, AdvanceAction, part, func(rx *Prescription, p *Part) error {
		if p.State == Claimed && p.Order == order {
			return nil
		}
		if err := s.claimable(ctx, rx, p); err != nil {
			return err
		}
		now := s.clock.Now()
		if err := p.apply(now, a, claim, ""); err != nil {
			return err
		}
		p.Order, p.ClaimedAt = order, now
		rx.watchExpiry()
		rx.announce(a, KindClaimed, p, nil)
		return nil
	})
}

// claimable answers why a part can't be claimed now, or nil.
func (s *Service) claimable(ctx context.Context, rx *Prescription, p *Part) error {
	now := s.clock.Now()
	switch {
	case p.State == Claimed:
		return fault.New(fault.Conflict, "Another order already has this prescription.").Coded("rx-claimed")
	case p.State == Dispensed:
		return fault.New(fault.Conflict, "This prescription has already been dispensed.").Coded("rx-dispensed")
	case p.State == Expired, p.State == Signed && !now.Before(p.Until):
		return fault.New(fault.Conflict, "This prescription has expired. Ask the doctor for a new one.").Coded("rx-expired")
	case p.State != Signed, !rx.live():
		return fault.New(fault.Conflict, "This prescription was cancelled or replaced by the doctor.").Coded("rx-cancelled")
	case now.Before(p.Earliest):
		return fault.New(fault.Conflict, "This repeat can't be filled yet. Its earliest date is "+p.Earliest.Format(time.DateOnly)+".").Coded("rx-early")
	}
	return s.verified(ctx, rx)
}

// Unclaim hands a part back that the order holds: it can be claimed again, elsewhere, unless the
// doctor has cancelled or replaced it meanwhile, or it has run out. Handing back what the order does
// not hold changes nothing. Announces rx.unclaimed, then what became of it.
func (s *Service) Unclaim(ctx context.Context, a access.Actor, part id.Part, order id.Order, reason string) error {
	return s.onPart(ctx, a, AdvanceAction, part, func(rx *Prescription, p *Part) error {
		if p.State != Claimed || p.Order != order {
			return nil
		}
		now := s.clock.Now()
		rx.announce(a, KindUnclaimed, p, map[string]string{"reason": reason})
		if err := p.handBack(now, a, rx, reason); err != nil {
			return err
		}
		rx.tellEnd(a, p)
		p.Order, p.ClaimedAt = "", time.Time{}
		rx.watchExpiry()
		return nil
	})
}

// handBack takes a claimed part to where it belongs once the pharmacy has let go of it.
func (p *Part) handBack(now time.Time, a access.Actor, rx *Prescription, reason string) error {
	e := unclaim
	switch {
	case rx.State == Cancelled:
		e = returnCancel
	case rx.State == Replaced:
		e = returnReplace
	case !now.Before(p.Until):
		e = returnExpired
	}
	if e != unclaim {
		p.EndedAt = now
	}
	return p.apply(now, a, e, reason)
}

// tellEnd announces what a part has ended in, when it has.
func (rx *Prescription) tellEnd(a access.Actor, p *Part) {
	if p.State == Cancelled {
		rx.announce(a, KindCancelled, p, nil)
	}
	if p.State == Replaced {
		rx.announce(a, KindReplaced, p, map[string]string{"by": string(rx.Ended.For)})
	}
	if p.State == Expired {
		rx.announce(a, KindExpired, p, nil)
	}
}

// Dispensed records that the medicine of a part has reached the patient of this order. A second
// dispensing is a Conflict, always; the same order told twice changes nothing. Announces rx.dispensed.
func (s *Service) Dispensed(ctx context.Context, a access.Actor, part id.Part, order id.Order) error {
	return s.dispense(ctx, a, part, order, nil)
}

// DispensedPartly records that only some of a part was handed over. It ends the part; what is still
// owed becomes a new signed part of the same prescription, claimable at once.
func (s *Service) DispensedPartly(ctx context.Context, a access.Actor, part id.Part, order id.Order, given []Line) error {
	if len(given) == 0 {
		return fault.InvalidField("/given", "Say what was handed over.")
	}
	return s.dispense(ctx, a, part, order, given)
}

func (s *Service) dispense(ctx context.Context, a access.Actor, part id.Part, order id.Order, given []Line) error {
	return s.onPart(ctx, a, AdvanceAction, part, func(rx *Prescription, p *Part) error {
		switch {
		case p.State == Dispensed && p.Order == order:
			return nil
		case p.State == Dispensed:
			return fault.New(fault.Conflict, "This prescription has already been dispensed.").Coded("rx-dispensed")
		case p.State == Claimed && p.Order != order:
			return fault.New(fault.Conflict, "Another order holds this prescription.").Coded("rx-claimed")
		}
		now := s.clock.Now()
		rest, err := p.rest(given)
		if err != nil {
			return err
		}
		if err := p.apply(now, a, dispense, ""); err != nil {
			return err
		}
		p.EndedAt, p.Given = now, given
		more := map[string]string{}
		ended := *p // rx.Parts may move when the rest is added
		if len(rest) > 0 {
			more["rest"], more["partly"] = string(rx.owe(now, a, &ended, rest)), "true"
		}
		rx.watchExpiry()
		rx.announce(a, KindDispensed, &ended, more)
		return nil
	})
}

// rest is what is still owed after so much was given; nil when nothing is.
func (p *Part) rest(given []Line) ([]Line, error) {
	if given == nil {
		return nil, nil
	}
	byItem := map[int]int{}
	for i, g := range given {
		if g.Quantity < 0 {
			return nil, fault.InvalidField(fmt.Sprintf("/given/%d/quantity", i), "This can't be negative.")
		}
		byItem[g.Item] += g.Quantity
	}
	var rest []Line
	for _, l := range p.Lines {
		left := l.Quantity - byItem[l.Item]
		delete(byItem, l.Item)
		if left < 0 {
			return nil, fault.InvalidField("/given", "More was given than this part holds.")
		}
		if left > 0 {
			l.Quantity = left
			rest = append(rest, l)
		}
	}
	if len(byItem) > 0 {
		return nil, fault.InvalidField("/given", "This part does not hold such an item.")
	}
	return rest, nil
}

// owe adds the part that holds what is still owed. When the doctor's word no longer stands, the rest
// ends with it.
func (rx *Prescription) owe(now time.Time, a access.Actor, of *Part, rest []Line) id.Part {
	n := len(rx.Parts) + 1
	p := Part{ID: id.PartOf(rx.ID, n), N: n, State: Signed, Lines: rest, Earliest: now, Until: of.Until, RestOf: of.ID}
	if rx.State == Cancelled {
		_ = p.apply(now, a, cancel, "rest") // legal from signed, which p is
	}
	if rx.State == Replaced {
		_ = p.apply(now, a, replace, "rest") // as above
	}
	rx.Parts = append(rx.Parts, p)
	return p.ID
}
