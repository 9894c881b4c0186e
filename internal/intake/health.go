package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Facts reads the health record of a person: they, who may see it, the doctor who treats them. One
// that nothing was ever told of is empty, and then nothing of it is Known.
func (s *Service) Facts(ctx context.Context, a access.Actor, patient id.Patient) (*Record, error) {
	facts, err := s.withDoctor(ctx, a, access.Facts{Record: string(patient), Patient: patient})
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Read(ctx, a, "health_record.read", facts); err != nil {
		return nil, err
	}
	r, err := s.records.Get(ctx, string(patient))
	if fault.Is(err, fault.NotFound) {
		return &Record{Patient: patient}, nil
	}
	return r, err
}

// AddFact puts a fact into the record of a person. The same fact told again changes nothing.
func (s *Service) AddFact(ctx context.Context, a access.Actor, patient id.Patient, f Fact) (*Record, error) {
	if err := s.checkRecord(ctx, a, "health_record.add", patient); err != nil {
		return nil, err
	}
	if err := wrongFact(f); err != nil {
		return nil, err
	}
	f.By, f.At, f.Ended = a.Account, s.Clock.Now(), nil
	f.Source = or(f.Source, "record")
	f.ID = "fact_" + or(a.Request.Key, string(id.New[id.Event]()))
	return s.change(ctx, a, patient, func(r *Record) error {
		if r.add(f) {
			r.announce(a, FactAdded, f)
		}
		return nil
	})
}

// Brought is what a file of another house says of a person.
type Brought struct {
	Born  string // as exactly as it says: the year, the month or the day; "" where it does not
	Facts []Fact
}

// Bring puts what a file says into the record of a person, all of it or nothing. A file of somebody who was
// born on another day is somebody else's.
func (s *Service) Bring(ctx context.Context, a access.Actor, patient id.Patient, b Brought) (*Record, error) {
	if err := s.checkRecord(ctx, a, "health_record.bring", patient); err != nil {
		return nil, err
	}
	person, err := s.People.About(ctx, a, patient)
	if err != nil {
		return nil, fmt.Errorf("bring a file to %s: %w", patient, err)
	}
	if person.Born != "" && !strings.HasPrefix(person.Born, b.Born) {
		return nil, fault.InvalidField("/entry", "This file is of somebody who was born on another day. Nothing of it was taken.").Coded("file-of-another")
	}
	for n, f := range b.Facts {
		if err := wrongFact(f); err != nil {
			return nil, fmt.Errorf("fact %d of a file: %w", n, err)
		}
	}
	now := s.Clock.Now()
	return s.change(ctx, a, patient, func(r *Record) error {
		for n, f := range b.Facts {
			f.ID = string(id.Of[id.Event](a.Request, "fact", strconv.Itoa(n)))
			f.ID = "fact_" + f.ID[strings.IndexByte(f.ID, '_')+1:]
			f.By, f.At, f.Ended, f.Source = a.Account, now, nil, "file"
			if r.add(f) {
				r.announce(a, FactAdded, f)
			}
		}
		return nil
	})
}

// EndFact ends a fact that is wrong or no longer holds; it stays readable with who, when and why.
func (s *Service) EndFact(ctx context.Context, a access.Actor, patient id.Patient, fact string, why phi.Text) (*Record, error) {
	if err := s.checkRecord(ctx, a, "health_record.end", patient); err != nil {
		return nil, err
	}
	if n := utf8.RuneCountInString(why.Reveal()); n == 0 || n > maxShort {
		return nil, fault.InvalidField("/why", "Say why, in at most 200 characters.")
	}
	return s.change(ctx, a, patient, func(r *Record) error {
		i := slices.IndexFunc(r.Facts, func(f Fact) bool { return f.ID == fact })
		if i < 0 {
			return docstore.NotFound()
		}
		if r.Facts[i].Ended != nil {
			return fault.New(fault.Conflict, "This has been ended already.").Coded("illegal-transition")
		}
		r.Facts[i].Ended = &End{By: a.Account, At: s.Clock.Now(), Why: why}
		r.announce(a, FactEnded, r.Facts[i])
		return nil
	})
}

// Fold puts the facts of a submitted intake into the record of its person, once. Submit does it; who
// follows intake.submitted does it again, in case the process died in between.
func (s *Service) Fold(ctx context.Context, a access.Actor, intake id.Intake) error {
	i, err := s.intakes.Get(ctx, string(intake))
	if err != nil {
		return err
	}
	if i.State != Submitted {
		return nil
	}
	by := access.Actor{Account: i.submittedBy(), Request: id.RequestOf(nil, "fold", string(intake))}
	_, err = s.change(ctx, by, i.Patient, func(r *Record) error {
		if slices.Contains(r.Folded, i.ID) {
			return nil
		}
		r.fold(i, by, s.Clock.Now())
		return nil
	})
	if err != nil {
		return fmt.Errorf("fold %s into the record: %w", intake, err)
	}
	return nil
}

func (i *Intake) submittedBy() id.Account {
	if len(i.History) == 0 {
		return i.By
	}
	return id.Account(i.History[len(i.History)-1].By)
}

func (r *Record) fold(i *Intake, by access.Actor, now time.Time) {
	r.Folded = append(r.Folded, i.ID)
	source := string(i.ID)
	for n, f := range i.Health.facts() {
		f.ID, f.By, f.At, f.Source = fmt.Sprintf("fact_%s_%d", i.ID, n), by.Account, now, source
		if r.add(f) {
			r.announce(by, FactAdded, f)
		}
	}
	if r.Asked == nil {
		r.Asked = make(map[Kind]Statement)
	}
	for _, list := range []struct {
		kind Kind
		n    int
	}{{KindAllergy, len(i.Health.Allergies)}, {KindMedicine, len(i.Health.Medicines)}, {KindCondition, len(i.Health.Conditions)}} {
		none := slices.Contains(i.Health.None, string(list.kind))
		if list.n > 0 || none {
			r.Asked[list.kind] = Statement{None: none, By: by.Account, At: now, Source: source}
		}
	}
}

// facts lists what an intake says of the body as facts of a record.
func (h Health) facts() []Fact {
	var out []Fact
	for _, x := range h.Allergies {
		out = append(out, Fact{Kind: KindAllergy, Code: x.Code, Words: x.Words, Reaction: x.Reaction})
	}
	for _, x := range h.Medicines {
		out = append(out, Fact{Kind: KindMedicine, Code: x.Code, Words: x.Words})
	}
	for _, x := range h.Conditions {
		out = append(out, Fact{Kind: KindCondition, Code: x.Code, Words: x.Words})
	}
	for _, x := range []Fact{
		{Kind: KindWeight, Value: h.WeightKg},
		{Kind: KindHeight, Value: h.HeightCm},
		{Kind: KindEGFR, Value: h.EGFR},
		{Kind: KindLiver, Value: h.Liver},
		{Kind: KindPregnancy, Value: h.Pregnancy},
		{Kind: KindWeeks, Value: h.Weeks},
		{Kind: KindLactation, Value: h.Lactation},
	} {
		if x.Value != "" {
			out = append(out, x)
		}
	}
	return out
}

func (r *Record) announce(a access.Actor, kind event.Kind, f Fact) {
	r.Emit(event.Event{
		Kind: kind, By: string(a.Account), To: []string{string(r.Patient)},
		Data: map[string]string{"patient": string(r.Patient), "fact": f.ID, "kind": string(f.Kind)},
	})
}

// change updates the record, or makes the first one of the person. Two who make it at once: the
// second finds it and changes that.
func (s *Service) change(ctx context.Context, a access.Actor, patient id.Patient, do func(*Record) error) (*Record, error) {
	r, err := s.records.Update(ctx, string(patient), docstore.On{Request: a.Request}, do)
	if !fault.Is(err, fault.NotFound) {
		return r, err
	}
	first := Record{Patient: patient}
	if err := do(&first); err != nil {
		return nil, err
	}
	err = s.records.Insert(ctx, a.Request, &first)
	if errors.Is(err, docstore.ErrExists) {
		return s.records.Update(ctx, string(patient), docstore.On{Request: a.Request}, do)
	}
	return &first, err
}

func (s *Service) checkRecord(ctx context.Context, a access.Actor, action access.Action, patient id.Patient) error {
	facts, err := s.withDoctor(ctx, a, access.Facts{Record: string(patient), Patient: patient})
	if err != nil {
		return err
	}
	return s.Guard.Check(ctx, a, action, facts)
}

func wrongFact(f Fact) error {
	var w faults
	w.unless(slices.Contains(Kinds, f.Kind), "/kind", "Choose what this is about.")
	if f.Kind.many() {
		wrongItem(&w, "", Item{f.Code, f.Words})
		w.unless(f.Value == "", "/value", "This kind has no value.")
		w.unless(f.Reaction == "" || f.Kind == KindAllergy && slices.Contains(Reactions, f.Reaction), "/reaction", "Choose how the person reacted.")
		return w.err()
	}
	h := Health{}
	switch f.Kind {
	case KindWeight:
		h.WeightKg = f.Value
	case KindHeight:
		h.HeightCm = f.Value
	case KindEGFR:
		h.EGFR = f.Value
	case KindLiver:
		h.Liver = f.Value
	case KindPregnancy:
		h.Pregnancy = f.Value
	case KindLactation:
		h.Lactation = f.Value
	case KindWeeks:
		n, err := strconv.Atoi(f.Value)
		w.unless(err == nil && n >= 0 && n <= 45, "/value", "Write the week of the pregnancy, 0 to 45.")
	case KindAllergy, KindMedicine, KindCondition:
	}
	var form faults
	wrongHealth(&form, h)
	w.unless(f.Value != "" && form.found == nil, "/value", "This value can't be right.")
	return w.err()
}
