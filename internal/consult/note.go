package consult

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Note is what the doctor writes in a visit. It is sealed when the visit is completed; what comes after
// is an addendum.
type Note struct {
	ID            id.Note `json:"id"`
	docstore.Meta `json:"meta"`
	Visit         id.Visit   `json:"visit"`
	Patient       id.Patient `json:"patient"`
	SealedAt      *time.Time `json:"sealed_at,omitempty"`
	SealedBy      id.Account `json:"sealed_by,omitempty"`
	Written       `json:"written"`
	Addenda       []Addendum `json:"addenda,omitempty"`
}

// Written is all that a doctor writes in a visit.
type Written struct {
	Subjective phi.Text    `json:"subjective,omitempty"` // what the patient tells
	Objective  phi.Text    `json:"objective,omitempty"`  // what is seen and measured
	Assessment phi.Text    `json:"assessment,omitempty"` // what it is
	Plan       phi.Text    `json:"plan,omitempty"`       // what is done
	Diagnoses  []Diagnosis `json:"diagnoses,omitempty"`
	Summary    phi.Text    `json:"summary,omitempty"` // in plain words, for the patient
	SickNote   *SickNote   `json:"sick_note,omitempty"`
	Referral   *Referral   `json:"referral,omitempty"`
}

// Diagnosis is coded, in words, or both.
type Diagnosis struct {
	Code    string   `json:"code,omitempty"` // ICD-10
	Title   string   `json:"title,omitempty"`
	TitleZH string   `json:"title_zh,omitempty"`
	Words   phi.Text `json:"words,omitempty"`
}

// SickNote says that somebody can't work.
type SickNote struct {
	From  string   `json:"from"`  // YYYY-MM-DD
	Until string   `json:"until"` // the last day
	Words phi.Text `json:"words,omitempty"`
}

// Referral sends somebody on to be seen in person or by a specialist.
type Referral struct {
	To      string   `json:"to"`      // specialty code
	Urgency string   `json:"urgency"` // routine | soon | urgent
	Words   phi.Text `json:"words,omitempty"`
}

// Addendum is what is added to a completed visit, which itself is never edited.
type Addendum struct {
	By    id.Account `json:"by"`
	At    time.Time  `json:"at"`
	Words phi.Text   `json:"words"`
}

// DocID implements docstore.Document.
func (n *Note) DocID() string { return string(n.ID) }

// NoteOf is the id of the one note of a visit.
func NoteOf(visit id.Visit) id.Note { return id.Derive[id.Note](string(visit)) }

// NoteChange is what a save changes; nil leaves as it is.
type NoteChange struct {
	Subjective, Objective, Assessment, Plan, Summary *phi.Text
	Diagnoses                                        *[]Diagnosis
	SickNote                                         **SickNote
	Referral                                         **Referral
}

// SaveNote keeps what the treating doctor typed, on the version that was on screen; 0 is whatever
// stands there, or nothing yet.
func (s *Service) SaveNote(ctx context.Context, a access.Actor, visit id.Visit, version int64, c NoteChange) (*Note, error) {
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Check(ctx, a, "note.save", v.facts()); err != nil {
		return nil, err
	}
	if v.State != InProgress {
		return nil, sealed()
	}
	if c.Diagnoses, err = s.titled(c.Diagnoses); err != nil {
		return nil, err
	}
	if err := c.wrong(); err != nil {
		return nil, err
	}
	if err := s.beat(ctx, a); err != nil {
		return nil, err
	}
	write := func(n *Note) error {
		if n.SealedAt != nil {
			return sealed()
		}
		c.into(&n.Written)
		return nil
	}
	if version == 0 {
		first := &Note{ID: NoteOf(visit), Visit: visit, Patient: v.Patient}
		_ = write(first)
		err := s.notes.Insert(ctx, a.Request, first)
		if !errors.Is(err, docstore.ErrExists) {
			return first, err
		}
	}
	return s.notes.Update(ctx, string(NoteOf(visit)), docstore.On{Request: a.Request, Version: version}, write)
}

func sealed() error {
	return conflict("note-sealed", "A completed visit is never edited. Write an addendum.")
}

func (c NoteChange) into(w *Written) {
	set(&w.Subjective, c.Subjective)
	set(&w.Objective, c.Objective)
	set(&w.Assessment, c.Assessment)
	set(&w.Plan, c.Plan)
	set(&w.Summary, c.Summary)
	set(&w.Diagnoses, c.Diagnoses)
	set(&w.SickNote, c.SickNote)
	set(&w.Referral, c.Referral)
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

const (
	maxText      = 8000
	maxDiagnoses = 20
)

func (c NoteChange) wrong() error {
	for _, t := range []struct {
		at   string
		text *phi.Text
	}{{"/subjective", c.Subjective}, {"/objective", c.Objective}, {"/assessment", c.Assessment}, {"/plan", c.Plan}, {"/summary", c.Summary}} {
		if t.text != nil && tooLong(*t.text) {
			return invalid(t.at, "Keep it under 8000 characters.")
		}
	}
	if c.SickNote != nil && *c.SickNote != nil {
		n := **c.SickNote
		from, err := time.Parse(time.DateOnly, n.From)
		until, err2 := time.Parse(time.DateOnly, n.Until)
		if err != nil || err2 != nil || until.Before(from) || until.After(from.AddDate(0, 0, 92)) || tooLong(n.Words) {
			return invalid("/sick_note", "Write the first and the last day, at most three months.")
		}
	}
	if c.Referral != nil && *c.Referral != nil {
		r := **c.Referral
		if r.To == "" || tooLong(r.Words) {
			return invalid("/referral", "Say to which specialty.")
		}
		return oneOf("/referral/urgency", r.Urgency, "routine", "soon", "urgent")
	}
	return nil
}

func tooLong(t phi.Text) bool { return utf8.RuneCountInString(t.Reveal()) > maxText }

// titled checks the codes and writes their titles beside them.
func (s *Service) titled(diagnoses *[]Diagnosis) (*[]Diagnosis, error) {
	if diagnoses == nil {
		return nil, nil
	}
	if len(*diagnoses) > maxDiagnoses {
		return nil, invalid("/diagnoses", "Write twenty at most.")
	}
	out := make([]Diagnosis, 0, len(*diagnoses))
	for i, d := range *diagnoses {
		at := fmt.Sprintf("/diagnoses/%d", i)
		code, known := s.Codes.Find(d.Code)
		switch {
		case d.Code != "" && !known:
			return nil, invalid(at+"/code", "This code is not in the list. Search for it, or write it in words.")
		case d.Code == "" && d.Words == "":
			return nil, invalid(at, "Choose a code or write it in words.")
		case tooLong(d.Words):
			return nil, invalid(at+"/words", "Keep it under 8000 characters.")
		}
		d.Title, d.TitleZH = code.Title, code.TitleZH
		out = append(out, d)
	}
	return &out, nil
}

// seal closes the note for good. A visit without one gets an empty one, so that nothing can be written
// into it later.
func (s *Service) seal(ctx context.Context, a access.Actor, v *Visit) error {
	do := func(n *Note) error {
		if n.SealedAt != nil {
			return nil
		}
		now := s.Clock.Now()
		n.SealedAt, n.SealedBy = &now, a.Account
		n.announce(a, NoteSealed)
		return nil
	}
	_, err := s.notes.Update(ctx, string(NoteOf(v.ID)), docstore.On{}, do)
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	empty := &Note{ID: NoteOf(v.ID), Visit: v.ID, Patient: v.Patient}
	_ = do(empty)
	err = s.notes.Insert(ctx, id.Request{}, empty)
	if errors.Is(err, docstore.ErrExists) {
		_, err = s.notes.Update(ctx, string(NoteOf(v.ID)), docstore.On{}, do)
	}
	return err
}

func (n *Note) announce(a access.Actor, kind event.Kind) {
	n.Emit(event.Event{
		Kind: kind, By: string(a.Account), To: []string{string(n.Patient)},
		Data: map[string]string{"patient": string(n.Patient), "visit": string(n.Visit)},
	})
}

// Note reads the note of a visit: its doctor at any time, the patient's side once it is sealed.
func (s *Service) Note(ctx context.Context, a access.Actor, visit id.Visit) (*Note, error) {
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Read(ctx, a, "note.read", v.facts()); err != nil {
		return nil, err
	}
	n, err := s.notes.Get(ctx, string(NoteOf(visit)))
	writer := a.Account == v.Doctor && v.Doctor != ""
	if fault.Is(err, fault.NotFound) && writer {
		return &Note{ID: NoteOf(visit), Visit: visit, Patient: v.Patient}, nil
	}
	if err != nil {
		return nil, err
	}
	if !writer && (n.SealedAt == nil || v.State != IsCompleted) && a.Role == access.Patient {
		return nil, docstore.NotFound()
	}
	return n, nil
}

// Add writes an addendum to a completed visit.
func (s *Service) Add(ctx context.Context, a access.Actor, visit id.Visit, words phi.Text) (*Note, error) {
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Check(ctx, a, "note.add", v.facts()); err != nil {
		return nil, err
	}
	if v.State != IsCompleted {
		return nil, conflict("not-completed", "An addendum is for a completed visit. Write into the note itself.")
	}
	if words == "" || tooLong(words) {
		return nil, invalid("/words", "Write it, in at most 8000 characters.")
	}
	return s.notes.Update(ctx, string(NoteOf(visit)), docstore.On{Request: a.Request}, func(n *Note) error {
		n.Addenda = append(n.Addenda, Addendum{By: a.Account, At: s.Clock.Now(), Words: words})
		n.announce(a, AddendumAdded)
		return nil
	})
}
