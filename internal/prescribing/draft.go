package prescribing

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
	"housecall/internal/safety"
)

// Sheet limits: what is beyond them is a mistake of the hand or of a program.
const (
	maxItems      = 20
	maxValidDays  = 365
	houseValidity = 30 // days, where the doctor says nothing
	maxRepeats    = 12
	maxEveryDays  = 120
)

// Written is what a doctor writes on a prescription.
type Written struct {
	Items     []WrittenItem
	ValidDays int
	Repeats   int
	EveryDays int
	Replaces  id.Prescription
	Reasons   []WrittenReason
}

// WrittenItem is one medicine as the doctor writes it. Supply is needed only where the quantity does
// not follow from the dosage; less than what follows is allowed, more needs SupplyReason.
type WrittenItem struct {
	Product        string
	Steps          []Dosage
	Indication     phi.Text
	NoSubstitution bool
	Supply         int
	SupplyReason   phi.Text
}

// WrittenReason is a doctor's reason to sign in spite of a warning.
type WrittenReason struct {
	Finding string
	Code    string
	Words   phi.Text
}

// ReasonCodes are the coded reasons, for the screens.
var ReasonCodes = []string{"benefit-outweighs", "tolerated-before", "monitored", "specialist-advice", "short-course", "no-alternative", "checked-by-hand"}

// Create begins a draft for a visit; its doctor alone may, while the visit is open to prescribing.
func (s *Service) Create(ctx context.Context, a access.Actor, visit id.Visit, w Written) (*Prescription, error) {
	v, err := s.openVisit(ctx, a, visit)
	if err != nil {
		return nil, err
	}
	rx := &Prescription{ID: id.New[id.Prescription](), State: Draft, Visit: visit, Doctor: v.Doctor, Patient: v.Patient, Jurisdiction: v.Jurisdiction}
	if a.Request.Key != "" {
		rx.ID = id.Of[id.Prescription](a.Request)
	}
	if err := s.write(ctx, a, rx, w); err != nil {
		return nil, err
	}
	return rx, s.prescriptions.Insert(ctx, a.Request, rx)
}

// Edit writes a draft anew, if it is still the version that was read. An open signing challenge of it
// becomes worthless.
func (s *Service) Edit(ctx context.Context, a access.Actor, rxID id.Prescription, version int64, w Written) (*Prescription, error) {
	stored, err := s.prescriptions.Get(ctx, string(rxID))
	if err != nil {
		return nil, err
	}
	if _, err := s.openVisit(ctx, a, stored.Visit); err != nil {
		return nil, err
	}
	if err := stored.editable(); err != nil {
		return nil, err
	}
	held := stored.Signing
	if held != "" {
		if err := s.release(ctx, a, held); err != nil {
			return nil, err
		}
	}
	written := *stored
	if err := s.write(ctx, a, &written, w); err != nil {
		return nil, err
	}
	return s.prescriptions.Update(ctx, string(rxID), docstore.On{Request: a.Request, Version: version}, func(rx *Prescription) error {
		if err := rx.editable(); err != nil {
			return err
		}
		if rx.Signing != held {
			return fault.New(fault.Conflict, "This prescription is being signed. Wait for that, then look at it again.").Coded("rx-signing")
		}
		rx.take(&written)
		rx.Signing = ""
		return nil
	})
}

// Preview answers what a draft would look like and what speaks against it, while the doctor types;
// nothing is kept.
func (s *Service) Preview(ctx context.Context, a access.Actor, visit id.Visit, w Written) (*Prescription, error) {
	v, err := s.openVisit(ctx, a, visit)
	if err != nil {
		return nil, err
	}
	rx := &Prescription{State: Draft, Visit: visit, Doctor: v.Doctor, Patient: v.Patient, Jurisdiction: v.Jurisdiction}
	if err := s.write(ctx, a, rx, w); err != nil {
		return nil, err
	}
	return rx, nil
}

func (rx *Prescription) editable() error {
	if rx.State != Draft {
		return fault.New(fault.Conflict, "This prescription is no longer a draft. It can't be edited; cancel or replace it.").Coded("rx-signed")
	}
	return nil
}

// take copies what write makes.
func (rx *Prescription) take(w *Prescription) {
	rx.Subject, rx.Prescriber, rx.Jurisdiction, rx.Items = w.Subject, w.Prescriber, w.Jurisdiction, w.Items
	rx.ValidDays, rx.Repeats, rx.EveryDays, rx.Replaces = w.ValidDays, w.Repeats, w.EveryDays, w.Replaces
	rx.Findings, rx.Reasons, rx.Basis = w.Findings, w.Reasons, w.Basis
}

// openVisit answers a visit that this doctor may prescribe for now.
func (s *Service) openVisit(ctx context.Context, a access.Actor, visit id.Visit) (VisitFacts, error) {
	v, err := s.visits.Visit(ctx, visit)
	if err != nil {
		return VisitFacts{}, err
	}
	if err := s.guard.Check(ctx, a, WriteAction, access.Facts{Record: string(visit), Patient: v.Patient, Doctor: v.Doctor}); err != nil {
		return VisitFacts{}, err
	}
	if !v.Open {
		return VisitFacts{}, fault.New(fault.Conflict, "Medicines are prescribed during a visit. This one is not in progress.").Coded("visit-closed")
	}
	return v, nil
}

// write fills a draft from what the doctor wrote and judges it.
func (s *Service) write(ctx context.Context, a access.Actor, rx *Prescription, w Written) error {
	if err := w.withinLimits(); err != nil {
		return err
	}
	if err := s.replaceable(ctx, rx, w.Replaces); err != nil {
		return err
	}
	facts, err := s.health.Facts(ctx, rx.Patient)
	if err != nil {
		return fmt.Errorf("read facts of %s: %w", rx.Patient, err)
	}
	on := s.today(ctx, rx.Visit)
	items, err := s.formulary.items(w.Items, facts.Patient, on)
	if err != nil {
		return err
	}
	if rx.Prescriber, err = s.names.Prescriber(ctx, rx.Doctor); err != nil {
		return fmt.Errorf("read who prescribes %s: %w", rx.ID, err)
	}
	rx.Items, rx.Subject = items, facts.Subject
	rx.ValidDays, rx.Repeats, rx.EveryDays, rx.Replaces = w.ValidDays, w.Repeats, w.EveryDays, w.Replaces
	if rx.ValidDays == 0 {
		rx.ValidDays = s.validity(rx.Jurisdiction, on)
	}
	if err := s.judge(ctx, rx, facts); err != nil {
		return err
	}
	rx.Reasons = nil
	return rx.answer(a, s, w.Reasons)
}

func (w *Written) withinLimits() error {
	bad := fault.New(fault.Invalid, "Something on this prescription can't be as it is written.")
	switch {
	case len(w.Items) == 0:
		return bad.With("/items", "Add a medicine.")
	case len(w.Items) > maxItems:
		return bad.With("/items", fmt.Sprintf("At most %d medicines fit on one prescription.", maxItems))
	case w.ValidDays < 0 || w.ValidDays > maxValidDays:
		return bad.With("/valid_days", fmt.Sprintf("A prescription is valid for 1 to %d days.", maxValidDays))
	case w.Repeats < 0 || w.Repeats > maxRepeats:
		return bad.With("/repeats", fmt.Sprintf("At most %d repeats.", maxRepeats))
	case w.Repeats > 0 && (w.EveryDays < 1 || w.EveryDays > maxEveryDays):
		return bad.With("/every_days", fmt.Sprintf("Say after how many days the next repeat may be filled: 1 to %d.", maxEveryDays))
	case w.Repeats == 0 && w.EveryDays != 0:
		return bad.With("/every_days", "Without repeats there is nothing to wait for. Leave this out.")
	}
	return nil
}

// replaceable refuses to replace what is not this patient's, or has nothing left to replace.
func (s *Service) replaceable(ctx context.Context, rx *Prescription, old id.Prescription) error {
	if old == "" {
		return nil
	}
	before, err := s.prescriptions.Get(ctx, string(old))
	if fault.Is(err, fault.NotFound) || err == nil && (before.Patient != rx.Patient || before.Doctor != rx.Doctor) {
		return fault.InvalidField("/replaces", "There is no such prescription of yours for this patient.")
	}
	if err != nil {
		return err
	}
	if before.State != Signed || before.undispensed() != nil {
		return fault.InvalidField("/replaces", "That prescription has nothing left to replace.")
	}
	return nil
}

// answer keeps the reasons that belong to warnings of this prescription.
func (rx *Prescription) answer(a access.Actor, s *Service, reasons []WrittenReason) error {
	for i, r := range reasons {
		at := fmt.Sprintf("/reasons/%d", i)
		f := rx.finding(r.Finding)
		switch {
		case f == nil:
			continue // what it answered is gone with the last edit
		case f.Severity == safety.HardStop:
			return fault.InvalidField(at+"/finding", "A hard stop can't be overridden. Change the medicine.")
		case r.Code == "" && r.Words == "":
			return fault.InvalidField(at, "Choose a reason or write one.")
		case f.Kind == safety.KindUnknownDrug && strings.TrimSpace(r.Words.Reveal()) == "":
			// No code can say what it contains: the doctor writes how it was checked by hand.
			return fault.InvalidField(at+"/words", "No list knows this medicine. Write how you checked it by hand.")
		case r.Code != "" && !slices.Contains(ReasonCodes, r.Code):
			return fault.InvalidField(at+"/code", "This is none of the coded reasons.")
		case len(r.Words) > maxWords:
			return fault.InvalidField(at+"/words", "Keep the reason shorter.")
		}
		rx.Reasons = append(rx.Reasons, Reason{Finding: r.Finding, Code: r.Code, Words: r.Words, By: a.Account, At: s.clock.Now()})
	}
	return nil
}

const maxWords = 2000

func (rx *Prescription) finding(findingID string) *safety.Finding {
	for i := range rx.Findings {
		if rx.Findings[i].ID == findingID {
			return &rx.Findings[i]
		}
	}
	return nil
}
