package prescribing

import (
	"context"
	"fmt"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/safety"
)

// Prescription answers one prescription to who may see it. A draft is its doctor's alone.
func (s *Service) Prescription(ctx context.Context, a access.Actor, rx id.Prescription) (*Prescription, error) {
	doc, err := s.prescriptions.Get(ctx, string(rx))
	if err != nil {
		return nil, err
	}
	facts, err := s.readable(ctx, doc)
	if err != nil {
		return nil, err
	}
	return doc, s.guard.Read(ctx, a, ReadAction, facts)
}

// readable tells who may see a prescription: a draft nobody but who writes it, a signed one also the
// pharmacy that holds a part.
func (s *Service) readable(ctx context.Context, rx *Prescription) (access.Facts, error) {
	if rx.State == Draft || rx.Signature == nil {
		return access.Facts{Record: string(rx.ID), Doctor: rx.Doctor}, nil
	}
	facts := rx.facts()
	for _, p := range rx.Parts {
		if p.State != Claimed {
			continue
		}
		pharmacy, err := s.fillers.Filling(ctx, p.Order)
		if err != nil {
			return facts, fmt.Errorf("find who fills %s: %w", p.ID, err)
		}
		facts.Pharmacy = pharmacy
	}
	return facts, nil
}

// OfPatient lists a patient's prescriptions, newest first. Drafts are left out.
func (s *Service) OfPatient(ctx context.Context, a access.Actor, patient id.Patient, cursor string) (docstore.Page[Prescription], error) {
	if err := s.guard.Read(ctx, a, HistoryAction, access.Facts{Record: string(patient), Patient: patient}); err != nil {
		return docstore.Page[Prescription]{}, err
	}
	page, err := s.prescriptions.Find(ctx, docstore.Query{Index: "patient", Equal: string(patient), Descending: true, Cursor: cursor})
	page.Items = signedOnly(page.Items)
	return page, err
}

// OfVisit lists what a visit has prescribed. Its doctor sees the drafts too.
func (s *Service) OfVisit(ctx context.Context, a access.Actor, visit id.Visit) ([]*Prescription, error) {
	v, err := s.visits.Visit(ctx, visit)
	if err != nil {
		return nil, err
	}
	if err := s.guard.Read(ctx, a, ListAction, access.Facts{Record: string(visit), Patient: v.Patient, Doctor: v.Doctor}); err != nil {
		return nil, err
	}
	all, err := s.prescriptions.All(ctx, docstore.Query{Index: "visit", Equal: string(visit)}, maxListed)
	if err != nil || a.Account == v.Doctor {
		return all, err
	}
	return signedOnly(all), nil
}

func signedOnly(all []*Prescription) []*Prescription {
	out := make([]*Prescription, 0, len(all))
	for _, rx := range all {
		if rx.Signature != nil {
			out = append(out, rx)
		}
	}
	return out
}

// Dispensable is what a pharmacist holds in hand while reviewing, packing and labelling.
type Dispensable struct {
	Prescription *Prescription
	Part         *Part
	Items        []Item // those of the part, in the order of its lines
	Genuine      bool
}

// Dispensable answers a part for the pharmacist whose pharmacy holds it, with its signature checked.
// A draft, or what is not this pharmacy's, is not found.
func (s *Service) Dispensable(ctx context.Context, a access.Actor, part id.Part) (Dispensable, error) {
	rx, p, err := s.reviewed(ctx, a, part)
	if err != nil {
		return Dispensable{}, err
	}
	if err := s.verified(ctx, rx); err != nil {
		return Dispensable{}, err
	}
	out := Dispensable{Prescription: rx, Part: p, Genuine: true}
	for _, l := range p.Lines {
		out.Items = append(out.Items, rx.Items[l.Item-1])
	}
	return out, nil
}

// reviewed reads a claimed part for the pharmacist who works on it.
func (s *Service) reviewed(ctx context.Context, a access.Actor, part id.Part) (*Prescription, *Part, error) {
	rx, err := s.ofPart(ctx, part)
	if err != nil {
		return nil, nil, err
	}
	p, err := rx.part(part)
	if err != nil {
		return nil, nil, err
	}
	facts := access.Facts{Record: string(rx.ID), Patient: rx.Patient}
	if p.Order != "" {
		if facts.Pharmacy, err = s.fillers.Filling(ctx, p.Order); err != nil {
			return nil, nil, fmt.Errorf("find who fills %s: %w", p.ID, err)
		}
	}
	return rx, p, s.guard.Read(ctx, a, ReviewAction, facts)
}

// Recheck is the safety check again, at the pharmacist's review.
type Recheck struct {
	At       time.Time        `json:"at"`
	Findings []safety.Finding `json:"findings"`
	Changes  []Change         `json:"changes"` // against what the doctor signed on
	Reasons  []Reason         `json:"reasons"` // the doctor's
}

// Recheck runs the safety engine on a part with today's facts and says what changed since the doctor
// signed. A hard stop here is the pharmacist's to refuse on.
func (s *Service) Recheck(ctx context.Context, a access.Actor, part id.Part) (Recheck, error) {
	rx, p, err := s.reviewed(ctx, a, part)
	if err != nil {
		return Recheck{}, err
	}
	if p.State == Dispensed {
		return Recheck{}, fault.New(fault.Conflict, "This prescription has already been dispensed.").Coded("rx-dispensed")
	}
	fresh, err := s.judged(ctx, rx)
	if err != nil {
		return Recheck{}, err
	}
	return Recheck{At: s.clock.Now(), Findings: fresh.Findings, Changes: compare(rx.Findings, fresh.Findings), Reasons: rx.Reasons}, nil
}

// Page is a signed prescription in words, for a screen or a sheet of paper.
type Page struct {
	Number       id.Prescription
	Subject      Subject
	Doctor       id.Account
	SignedAt     time.Time
	ValidUntil   time.Time
	Jurisdiction string
	Lines        []PageLine
	Key          string
	Signature    string
}

// PageLine is one medicine of a page.
type PageLine struct {
	Medicine       Sentence
	Dosage         Sentence
	Quantity       Sentence
	NoSubstitution bool
}

// Page makes the readable page of a signed prescription, with its signature checked; a draft has none.
func (s *Service) Page(ctx context.Context, a access.Actor, rxID id.Prescription) (Page, error) {
	rx, err := s.Prescription(ctx, a, rxID)
	if err != nil {
		return Page{}, err
	}
	if err := s.verified(ctx, rx); err != nil {
		return Page{}, err
	}
	page := Page{
		Number: rx.ID, Subject: rx.Subject, Doctor: rx.Doctor, SignedAt: rx.Signature.At, ValidUntil: rx.ValidUntil,
		Jurisdiction: rx.Jurisdiction, Key: rx.Signature.Key, Signature: rx.Signature.Value,
	}
	for _, it := range rx.Items {
		page.Lines = append(page.Lines, PageLine{
			Medicine: Sentence{EN: spaced(it.INN, it.Strength, it.Form), ZH: spaced(it.NameZH, it.Strength)},
			Dosage:   it.Sentence, Quantity: it.Quantity.Text, NoSubstitution: it.NoSubstitution,
		})
	}
	return page, nil
}
