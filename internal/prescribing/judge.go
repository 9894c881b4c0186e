package prescribing

import (
	"context"
	"fmt"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/safety"
)

// today is the date where the patient is; a zone that can't be loaded counts as UTC.
func (s *Service) today(ctx context.Context, visit id.Visit) safety.Date {
	v, err := s.visits.Visit(ctx, visit)
	if err != nil {
		return s.dateIn("")
	}
	return s.dateIn(v.Zone)
}

// dateIn is the date of today in a time zone.
func (s *Service) dateIn(zone string) safety.Date {
	now := s.clock.Now()
	if there, err := time.LoadLocation(zone); err == nil {
		now = now.In(there)
	}
	return safety.DateOf(now)
}

// judge runs the safety engine on a prescription with these facts and keeps what it says.
func (s *Service) judge(ctx context.Context, rx *Prescription, facts Facts) error {
	current, err := s.taking(ctx, rx, facts)
	if err != nil {
		return err
	}
	rx.Basis = Basis{At: s.clock.Now(), Edition: s.formulary.Edition, Patient: facts.Patient, Current: current}
	visit, err := s.visits.Visit(ctx, rx.Visit)
	if err != nil {
		return err
	}
	on := s.dateIn(visit.Zone)
	found := safety.Check(facts.Patient, current, rx.medicines(""), s.formulary.Rules, on)
	local := s.judgePlace(rx, visit, Facts{Patient: facts.Patient, Present: current}, on)
	rx.Findings = s.formulary.InChinese(safety.Sorted(append(found, local...)))
	return nil
}

// taking is all that the patient takes beside this prescription: what they name, what still runs
// here, and the other drafts of this visit.
func (s *Service) taking(ctx context.Context, rx *Prescription, facts Facts) ([]safety.Medicine, error) {
	current := slices.Clone(facts.Present)
	running, err := s.running(ctx, rx.Patient)
	if err != nil {
		return nil, err
	}
	drafts, err := s.prescriptions.All(ctx, docstore.Query{Index: "visit", Equal: string(rx.Visit)}, maxListed)
	if err != nil {
		return nil, fmt.Errorf("read drafts of %s: %w", rx.Visit, err)
	}
	drafts = slices.DeleteFunc(drafts, func(o *Prescription) bool { return o.State != Draft })
	for _, other := range append(running, drafts...) {
		if other.ID != rx.ID && other.ID != rx.Replaces {
			current = append(current, other.medicines(other.known(rx.Visit))...)
		}
	}
	return current, nil
}

const maxListed = 500

// known says where a medicine of this prescription is known from.
func (rx *Prescription) known(seenFrom id.Visit) string {
	if rx.Visit == seenFrom { // the same words before and after it is signed: that is no change
		return "prescribed in the same visit"
	}
	return "prescribed here on " + rx.signedAt().Format(time.DateOnly)
}

// running lists the prescriptions of a patient that may still be taken, whoever signed them.
func (s *Service) running(ctx context.Context, patient id.Patient) ([]*Prescription, error) {
	now := s.clock.Now()
	all, err := s.prescriptions.All(ctx, docstore.Query{Index: "running", Equal: string(patient), From: docstore.ByTime(now)}, maxListed)
	if err != nil {
		return nil, fmt.Errorf("read running prescriptions of %s: %w", patient, err)
	}
	return all, nil
}

// Current lists the medicines of every prescription of this service that still runs for a patient.
func (s *Service) Current(ctx context.Context, patient id.Patient) ([]safety.Medicine, error) {
	running, err := s.running(ctx, patient)
	if err != nil {
		return nil, err
	}
	var out []safety.Medicine
	for _, rx := range running {
		out = append(out, rx.medicines(rx.known(""))...)
	}
	return out, nil
}

// runsUntil is the last moment at which a medicine of this prescription may be taken: what waits or
// is with a pharmacy counts from its expiry, what was dispensed from that day.
func (rx *Prescription) runsUntil() time.Time {
	course := time.Duration(rx.days()) * day
	until := time.Time{}
	for _, p := range rx.Parts {
		end := time.Time{}
		if p.State == Signed || p.State == Claimed {
			end = p.Until.Add(course)
		}
		if p.State == Dispensed {
			end = p.EndedAt.Add(course)
		}
		if end.After(until) {
			until = end
		}
	}
	return until
}

// days is how long the longest course of the prescription lasts.
func (rx *Prescription) days() int {
	longest := 0
	for _, it := range rx.Items {
		longest = max(longest, it.Days)
	}
	return longest
}

// refreshed judges a draft again. What changed is kept once the draft may be signed, so that the screen
// and the hash show today; a refusal changes nothing.
func (s *Service) refreshed(ctx context.Context, a access.Actor, rxID id.Prescription) (*Prescription, error) {
	rx, err := s.prescriptions.Get(ctx, string(rxID))
	if err != nil {
		return nil, err
	}
	if _, err := s.openVisit(ctx, a, rx.Visit); err != nil {
		return nil, err
	}
	if err := rx.editable(); err != nil {
		return nil, err
	}
	fresh, err := s.judged(ctx, rx)
	if err != nil {
		return nil, err
	}
	fresh.Basis.Edition = rx.Basis.Edition // the dosages were worked out with that one
	fresh.Reasons = slices.DeleteFunc(slices.Clone(rx.Reasons), func(r Reason) bool { return fresh.finding(r.Finding) == nil })
	if err := s.signable(ctx, a, fresh); err != nil {
		return nil, err
	}
	if rx.byWeight() && !sameWeight(fresh.Basis.Patient.Weight, rx.Basis.Patient.Weight) {
		return nil, fault.New(fault.Conflict, "A dose was worked out from another weight. Save the draft again.").Coded("rx-changed")
	}
	if len(compare(rx.Findings, fresh.Findings)) == 0 && fresh.Subject == rx.Subject && len(fresh.Reasons) == len(rx.Reasons) {
		return rx, nil
	}
	return s.prescriptions.Update(ctx, string(rxID), docstore.On{Version: rx.Version}, func(rx *Prescription) error {
		rx.Subject, rx.Findings, rx.Basis, rx.Reasons = fresh.Subject, fresh.Findings, fresh.Basis, fresh.Reasons
		return nil
	})
}

// judged is a copy of the prescription with today's findings.
func (s *Service) judged(ctx context.Context, rx *Prescription) (*Prescription, error) {
	facts, err := s.health.Facts(ctx, rx.Patient)
	if err != nil {
		return nil, fmt.Errorf("read facts of %s: %w", rx.Patient, err)
	}
	fresh := *rx
	fresh.Subject = facts.Subject
	return &fresh, s.judge(ctx, &fresh, facts)
}

// signable refuses what must not be signed: an unvetted doctor, a dosage or product that today's
// formulary refuses, a hard stop, a warning without a reason.
func (s *Service) signable(ctx context.Context, a access.Actor, rx *Prescription) error {
	if err := s.guard.Check(ctx, a, SignAction, rx.facts()); err != nil {
		return err
	}
	if _, err := s.openVisit(ctx, a, rx.Visit); err != nil {
		return err
	}
	if err := s.vetting.MayPrescribe(ctx, a.Account, rx.Jurisdiction); err != nil {
		return err
	}
	if rx.Basis.Edition != s.formulary.Edition {
		return fault.New(fault.Conflict, "The formulary has changed since this was written. Open the draft and save it again.").Coded("formulary-changed")
	}
	refused := fault.New(fault.Invalid, "This can't be signed yet. Look at what the safety check found.").Coded("rx-unsafe")
	for _, f := range rx.Findings {
		switch {
		case f.Severity == safety.HardStop:
			refused = refused.With("/findings/"+f.ID, "A hard stop: "+f.Do)
		case f.Severity == safety.Warning && !slices.ContainsFunc(rx.Reasons, func(r Reason) bool { return r.Finding == f.ID }):
			refused = refused.With("/reasons", "A warning needs a reason: "+f.ID)
		}
	}
	if len(refused.Fields) > 0 {
		return refused
	}
	return nil
}

// unchanged refuses a draft about which today's facts say something else than its screen did, and
// says what.
func (s *Service) unchanged(ctx context.Context, rx *Prescription) error {
	fresh, err := s.judged(ctx, rx)
	if err != nil {
		return err
	}
	changed := fault.New(fault.Conflict, "The patient's facts have changed since this was shown for signing. Look at the findings again and begin a new signing.").Coded("rx-changed")
	changes := compare(rx.Findings, fresh.Findings)
	for _, c := range changes {
		changed = changed.With("/findings/"+c.Finding.ID, c.How)
	}
	if fresh.Subject != rx.Subject {
		changed = changed.With("/subject", "changed")
	}
	if rx.byWeight() && !sameWeight(fresh.Basis.Patient.Weight, rx.Basis.Patient.Weight) {
		changed = changed.With("/weight_kg", "A dose was worked out from another weight. Save the draft again.")
	}
	if len(changed.Fields) > 0 {
		return changed
	}
	return nil
}

// Change is how a finding differs from the one before.
type Change struct {
	How     string         `json:"how" enum:"new,gone,changed"`
	Finding safety.Finding `json:"finding"`
}

// compare tells what is new, gone or different among findings.
func compare(before, now []safety.Finding) []Change {
	var out []Change
	old := map[string]safety.Finding{}
	for _, f := range before {
		old[f.ID] = f
	}
	for _, f := range now {
		was, known := old[f.ID]
		switch {
		case !known:
			out = append(out, Change{"new", f})
		case was.Severity != f.Severity || was.Fact != f.Fact:
			out = append(out, Change{"changed", f})
		}
		delete(old, f.ID)
	}
	for _, f := range before {
		if _, gone := old[f.ID]; gone {
			out = append(out, Change{"gone", f})
		}
	}
	return out
}

func (rx *Prescription) byWeight() bool {
	return slices.ContainsFunc(rx.Items, func(it Item) bool { return it.ByWeight })
}

func sameWeight(a, b *safety.Decimal) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}
