package pharmacy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Sheet is what the pharmacist has in front of them: the fill, the prescription and what the safety
// engine says of it today.
type Sheet struct {
	Fill     *Fill
	Script   Script
	Findings []Finding
}

// Review takes an offered fill in hand and answers with the sheet. Taken in hand already, it shows
// the sheet again. The doctor becomes known to the fill, so that they can be asked.
func (s *Service) Review(ctx context.Context, a access.Actor, fill id.Fill) (*Sheet, error) {
	f, err := s.fills.Get(ctx, string(fill))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Read(ctx, a, "fill.review", f.facts()); err != nil {
		return nil, err
	}
	if known, err := f.Knows(a.Request); err != nil || known && f.State != Reviewing {
		return &Sheet{Fill: f}, err // done long ago: the prescription may not be this pharmacy's to read any more
	}
	sheet, err := s.sheet(ctx, a, f)
	if err != nil {
		return nil, err
	}
	sheet.Fill, err = s.step(ctx, a, fill, "fill.review", func(f *Fill, now time.Time) error {
		if f.State == Reviewing {
			return nil
		}
		if err := f.apply(now, a, review, ""); err != nil {
			return err
		}
		f.Doctor = sheet.Script.Doctor
		f.tell(KindReviewing, a, nil)
		return nil
	})
	return sheet, err
}

// Sheet shows the prescription and today's findings of a fill that the pharmacy has.
func (s *Service) Sheet(ctx context.Context, a access.Actor, fill id.Fill) (*Sheet, error) {
	f, err := s.fills.Get(ctx, string(fill))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Read(ctx, a, "fill.sheet", f.facts()); err != nil {
		return nil, err
	}
	return s.sheet(ctx, a, f)
}

func (s *Service) sheet(ctx context.Context, a access.Actor, f *Fill) (*Sheet, error) {
	script, err := s.Scripts.Script(ctx, a, f.Part)
	if err != nil {
		return nil, fmt.Errorf("read script of %s: %w", f.ID, err)
	}
	findings, err := s.Scripts.Recheck(ctx, a, f.Part)
	if err != nil {
		return nil, fmt.Errorf("check %s again: %w", f.ID, err)
	}
	return &Sheet{Fill: f, Script: script, Findings: findings}, nil
}

// Acceptance is what a pharmacist writes when accepting: for each warning that the doctor did not
// answer at signing, by finding id, why the medicine may be given all the same.
type Acceptance struct {
	Reasons map[string]phi.Text
}

// Accept is the pharmacist's yes. The prescription must still be dispensable; the safety engine runs
// again: a hard stop refuses (coded "hard-stop"), a warning that is new needs a reason
// ("reason-missing"). It announces fill.accepted and starts the budget for packing.
func (s *Service) Accept(ctx context.Context, a access.Actor, fill id.Fill, given Acceptance) (*Fill, error) {
	f, err := s.fills.Get(ctx, string(fill))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Check(ctx, a, "fill.accept", f.facts()); err != nil {
		return nil, err
	}
	if known, err := f.Knows(a.Request); known || err != nil {
		return f, err
	}
	if err := s.mayAccept(ctx, a, f); err != nil {
		return nil, err
	}
	findings, err := s.Scripts.Recheck(ctx, a, f.Part)
	if err != nil {
		return nil, fmt.Errorf("check %s again: %w", fill, err)
	}
	checked, err := judged(findings, given)
	if err != nil {
		return nil, err
	}
	f, err = s.step(ctx, a, fill, "fill.accept", func(f *Fill, now time.Time) error {
		if err := f.unasked(); err != nil {
			return err
		}
		if err := f.apply(now, a, accept, ""); err != nil {
			return err
		}
		f.Reviewed, f.Pharmacist, f.Checked = f.spent(now), a.Account, checked
		f.ClearTimer(TimerReviewOverdue)
		f.budget(now, f.PackTime)
		f.tell(KindAccepted, a, nil)
		return nil
	})
	return f, err
}

// mayAccept asks whether pharmacist and pharmacy are vetted and the prescription still holds.
func (s *Service) mayAccept(ctx context.Context, a access.Actor, f *Fill) error {
	unvetted := fault.New(fault.Conflict, "Your vetting is not complete or has run out. An operator can tell you what is missing.").Coded("not-vetted")
	if err := s.vetted(ctx, string(a.Account), unvetted); err != nil {
		return err
	}
	unvetted.Message = "This pharmacy's vetting is not complete or has run out. An operator can tell you what is missing."
	if err := s.vetted(ctx, string(f.Pharmacy), unvetted); err != nil {
		return err
	}
	if f.State != Reviewing { // the table decides; the answers below would only hide it
		return nil
	}
	if err := s.Scripts.Dispensable(ctx, a, f.Part, f.Order); err != nil {
		return fmt.Errorf("ask whether %s is dispensable: %w", f.Part, err)
	}
	return nil
}

// judged refuses hard stops and unanswered warnings, and keeps the answers with the findings.
func judged(findings []Finding, given Acceptance) ([]Finding, error) {
	stop := fault.New(fault.Conflict, "Stop: the safety check finds what must not be overridden. Refuse the order or ask the doctor.").Coded("hard-stop")
	missing := fault.New(fault.Invalid, "A warning is new since the prescription was signed. Write why the medicine may be given all the same.").Coded("reason-missing")
	out := slices.Clone(findings)
	for i := range out {
		if out[i].Severity == HardStop {
			return nil, stop
		}
		out[i].Reason = given.Reasons[out[i].ID]
		if out[i].Severity == Warning && !out[i].Known && strings.TrimSpace(out[i].Reason.Reveal()) == "" {
			missing = missing.With("/reasons/"+out[i].ID, "Write a reason.")
		}
	}
	if len(missing.Fields) > 0 {
		return nil, missing
	}
	return out, nil
}

// RefusalReasons are the codes with which a pharmacist may refuse.
var RefusalReasons = []string{
	"out_of_stock", "safety", "unclear", "doctor_withdrew", "no_substitute", "identity", "damaged", "overload", "closing", "technical", "other",
}

// Refuse is the pharmacist's no, from any stage before the bag has left, with a coded reason. The
// stock goes back and fill.refused is announced: the order goes to the next pharmacy by itself.
func (s *Service) Refuse(ctx context.Context, a access.Actor, fill id.Fill, reason string, note phi.Text) (*Fill, error) {
	f, err := s.step(ctx, a, fill, "fill.refuse", func(f *Fill, _ time.Time) error {
		if !slices.Contains(RefusalReasons, reason) {
			return fault.InvalidField("/reason", "Say why: "+strings.Join(RefusalReasons, ", ")+".")
		}
		f.Note = note
		return s.end(f, a, refuse, reason)
	})
	if err != nil {
		return nil, err
	}
	return f, s.settle(ctx, f)
}

// expire ends a fill whose pharmacy did not answer within its budget.
func (s *Service) expire(ctx context.Context, a access.Actor, fill id.Fill) error {
	f, err := s.step(ctx, a, fill, "fill.advance", func(f *Fill, now time.Time) error {
		if !f.TimerDue(TimerReviewOverdue, now) || f.State != Offered && f.State != Reviewing {
			return nil
		}
		return s.end(f, a, expire, "no_answer")
	})
	if err != nil {
		return err
	}
	return s.settle(ctx, f)
}

// late tells the operators, once, that a bag is not packed within its budget. It stays where it is:
// a late bag is better than none.
func (s *Service) late(ctx context.Context, a access.Actor, fill id.Fill) error {
	_, err := s.step(ctx, a, fill, "fill.advance", func(f *Fill, now time.Time) error {
		if !f.TimerDue(TimerPackOverdue, now) || f.State != Preparing {
			return nil
		}
		f.ClearTimer(TimerPackOverdue)
		f.LateSince = now
		f.tell(KindLate, a, nil, event.ToOperators)
		return nil
	})
	return err
}

// TimerFired answers a timer of a fill. One that comes late or twice finds the state moved on and
// does nothing.
func (s *Service) TimerFired(ctx context.Context, a access.Actor, fill id.Fill, kind event.Kind) error {
	f, err := s.fills.Get(ctx, string(fill))
	if err != nil {
		return err
	}
	if err := s.Guard.Check(ctx, a, "fill.advance", f.facts()); err != nil {
		return err
	}
	if !f.TimerDue(kind, s.Clock.Now()) {
		return nil
	}
	switch kind {
	case TimerReserveStalled:
		err = s.holdAll(ctx, a, f)
		if fault.Is(err, fault.Conflict) { // it was given up, and whoever waits is told by fill.released
			return nil
		}
		return err
	case TimerShelfUnsettled:
		f.Racing = false
		return s.settle(ctx, f)
	case TimerReviewOverdue:
		return s.expire(ctx, a, fill)
	case TimerPackOverdue:
		return s.late(ctx, a, fill)
	case TimerQuestionOverdue:
		return s.unanswered(ctx, a, fill)
	}
	return nil
}
