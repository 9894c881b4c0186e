package prescribing

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Cancel ends a signed prescription by its doctor, or throws a draft away. What nobody has claimed
// ends at once (rx.cancelled); what is claimed ends when the pharmacy hands it back, unless it is
// dispensed first (rx.cancel_wanted, with the order).
func (s *Service) Cancel(ctx context.Context, a access.Actor, rx id.Prescription, reason string) error {
	if reason == "" {
		return fault.InvalidField("/reason", "Say why, so that the pharmacy can tell the patient.")
	}
	return s.end(ctx, a, rx, cancel, Ending{Reason: reason})
}

// Replace ends a signed prescription because another one, of the same doctor or visit, takes its
// place. Signing a prescription that names what it replaces calls it; it may also be called again.
func (s *Service) Replace(ctx context.Context, a access.Actor, rx, by id.Prescription) error {
	newer, err := s.prescriptions.Get(ctx, string(by))
	if err != nil {
		return err
	}
	if newer.Replaces != rx || newer.State == Draft {
		return fault.New(fault.Conflict, "Only a signed prescription that names this one can replace it.").Coded("rx-no-replacement")
	}
	return s.end(ctx, a, rx, replace, Ending{Reason: "replaced", For: by})
}

func (s *Service) end(ctx context.Context, a access.Actor, rxID id.Prescription, e Event, word Ending) error {
	rx, err := s.prescriptions.Get(ctx, string(rxID))
	if err != nil {
		return err
	}
	if err := s.guard.Check(ctx, a, CancelAction, rx.facts()); err != nil {
		return err
	}
	_, err = s.prescriptions.Update(ctx, string(rxID), docstore.On{Request: a.Request}, func(rx *Prescription) error {
		if rx.State == Draft {
			e = discard
		}
		now := s.clock.Now()
		word.By, word.At = a.Account, now
		return rx.finish(now, a, e, word)
	})
	return err
}

// finish ends the prescription and every part that nobody holds.
func (rx *Prescription) finish(now time.Time, a access.Actor, e Event, word Ending) error {
	if err := rx.undispensed(); err != nil {
		return err
	}
	if err := rx.apply(now, a, e, "by-doctor"); err != nil {
		return err
	}
	rx.Ended = &word
	for i := range rx.Parts {
		p := &rx.Parts[i]
		if p.State == Claimed {
			rx.announce(a, KindCancelWanted, p, map[string]string{"by": string(word.For)})
		}
		if p.State != Signed {
			continue
		}
		if err := p.apply(now, a, e, "by-doctor"); err != nil {
			return err
		}
		p.EndedAt = now
		rx.tellEnd(a, p)
	}
	rx.watchExpiry()
	return nil
}

// undispensed refuses to end what has nothing left to end.
func (rx *Prescription) undispensed() error {
	if rx.State != Signed {
		return nil
	}
	for _, p := range rx.Parts {
		if p.State == Signed || p.State == Claimed {
			return nil
		}
	}
	return fault.New(fault.Conflict, "Everything of this prescription is already dispensed or expired.").Coded("rx-over")
}

// endReplaced makes sure that what this prescription replaces can no longer be dispensed, before any
// of it is claimed: two documents are never written together, so the claim looks again.
func (s *Service) endReplaced(ctx context.Context, rx *Prescription) error {
	if rx.Replaces == "" {
		return nil
	}
	old, err := s.prescriptions.Get(ctx, string(rx.Replaces))
	if err != nil {
		return err
	}
	if old.live() && old.undispensed() == nil {
		part := access.Part("prescribing", id.CausedBy(string(rx.ID), "replace"))
		if err := s.Replace(ctx, part, old.ID, rx.ID); err != nil {
			return err
		}
		if old, err = s.prescriptions.Get(ctx, string(rx.Replaces)); err != nil {
			return err
		}
	}
	for _, p := range old.Parts {
		switch {
		case p.State == Claimed:
			return fault.New(fault.Conflict, "A pharmacy still holds the prescription that this one replaces. It can be filled once that is handed back.").Coded("rx-replaced-claimed")
		case p.State == Dispensed && p.EndedAt.After(rx.signedAt()):
			return fault.New(fault.Conflict, "The prescription that this one replaces has been dispensed since. Ask the doctor.").Coded("rx-replaced-dispensed")
		}
	}
	return nil
}

func (rx *Prescription) signedAt() time.Time {
	if rx.Signature == nil {
		return time.Time{}
	}
	return rx.Signature.At
}

// TimerFired handles the timers of prescriptions and signing challenges. One that comes late, twice
// or in vain does nothing.
func (s *Service) TimerFired(ctx context.Context, a access.Actor, doc string, kind event.Kind) error {
	switch kind {
	case KindSigningStalled:
		return s.finishSigning(ctx, a, id.Challenge(doc))
	case KindValidityEnded:
		_, err := s.prescriptions.Update(ctx, doc, docstore.On{Request: a.Request}, func(rx *Prescription) error {
			if !rx.TimerDue(KindValidityEnded, s.clock.Now()) {
				return nil
			}
			return rx.runOut(s.clock.Now(), a)
		})
		return err
	}
	return nil
}

// runOut expires every part whose time is over and that nobody holds.
func (rx *Prescription) runOut(now time.Time, a access.Actor) error {
	for i := range rx.Parts {
		p := &rx.Parts[i]
		if p.State != Signed || now.Before(p.Until) {
			continue
		}
		if err := p.apply(now, a, expire, "validity"); err != nil {
			return err
		}
		p.EndedAt = now
		rx.tellEnd(a, p)
	}
	rx.watchExpiry()
	return nil
}
