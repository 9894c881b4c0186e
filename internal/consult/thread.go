package consult

import (
	"context"
	"errors"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Thread is what is written about a visit outside the call: the patient's questions within 72 hours,
// and side effects. What a pharmacist asks stands in their fill.
type Thread struct {
	Visit         id.Visit `json:"visit"`
	docstore.Meta `json:"meta"`
	Patient       id.Patient `json:"patient"`
	Doctor        id.Account `json:"doctor"`
	Items         []Item     `json:"items"`
}

// ItemKind is what somebody wrote for.
type ItemKind string

// The kinds of items. An answer names the item it answers.
const (
	KindQuestion   ItemKind = "question"
	KindSideEffect ItemKind = "side_effect"
	KindAnswer     ItemKind = "answer"
)

// Item is one thing that was written.
type Item struct {
	ID      id.Message  `json:"id"`
	Kind    ItemKind    `json:"kind"`
	By      id.Account  `json:"by"`
	Role    access.Role `json:"role"`
	At      time.Time   `json:"at"`
	Text    phi.Text    `json:"text"`
	Answers id.Message  `json:"answers,omitempty"`
}

// DocID implements docstore.Document.
func (t *Thread) DocID() string { return string(t.Visit) }

// questionTime is how long after a visit the patient may ask the doctor.
const questionTime = 72 * time.Hour

// Question asks the doctor of a completed visit, within 72 hours.
func (s *Service) Question(ctx context.Context, a access.Actor, visit id.Visit, text phi.Text) (*Thread, error) {
	return s.write(ctx, a, "visit.question", visit, Item{Kind: KindQuestion, Text: text}, func(v *Visit) error {
		if v.State != IsCompleted {
			return conflict("not-completed", "Questions can be asked once the visit is completed.")
		}
		if s.Clock.Now().After(v.EndedAt.Add(questionTime)) {
			return conflict("question-too-late", "Questions can be asked for 72 hours after the visit. Please ask for a new visit.")
		}
		return nil
	})
}

// ReportSideEffect tells the doctor of a side effect, at any time after the visit.
func (s *Service) ReportSideEffect(ctx context.Context, a access.Actor, visit id.Visit, text phi.Text) (*Thread, error) {
	return s.write(ctx, a, "visit.report_side_effect", visit, Item{Kind: KindSideEffect, Text: text}, func(v *Visit) error {
		if v.State != IsCompleted {
			return conflict("not-completed", "This visit has not been completed.")
		}
		return nil
	})
}

// Answer is the doctor's answer to an item of the thread.
func (s *Service) Answer(ctx context.Context, a access.Actor, visit id.Visit, to id.Message, text phi.Text) (*Thread, error) {
	return s.write(ctx, a, "visit.answer", visit, Item{Kind: KindAnswer, Text: text, Answers: to}, func(*Visit) error { return nil })
}

// Thread reads what was written about a visit.
func (s *Service) Thread(ctx context.Context, a access.Actor, visit id.Visit) (*Thread, error) {
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Read(ctx, a, "visit.read_thread", v.facts()); err != nil {
		return nil, err
	}
	t, err := s.threads.Get(ctx, string(visit))
	if fault.Is(err, fault.NotFound) {
		return &Thread{Visit: visit, Patient: v.Patient, Doctor: v.Doctor}, nil
	}
	return t, err
}

func (s *Service) write(ctx context.Context, a access.Actor, action access.Action, visit id.Visit, item Item, allowed func(*Visit) error) (*Thread, error) {
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Check(ctx, a, action, v.facts()); err != nil {
		return nil, err
	}
	if err := allowed(v); err != nil {
		return nil, err
	}
	if item.Text == "" || tooLong(item.Text) {
		return nil, invalid("/text", "Write it, in at most 8000 characters.")
	}
	item.ID, item.By, item.Role, item.At = id.New[id.Message](), a.Account, a.Role, s.Clock.Now()
	if a.Request.Key != "" {
		item.ID = id.Of[id.Message](a.Request, string(visit))
	}
	do := func(t *Thread) error { return t.add(a, v, item) }
	t, err := s.threads.Update(ctx, string(visit), docstore.On{Request: a.Request}, do)
	if !fault.Is(err, fault.NotFound) || item.Kind == KindAnswer {
		return t, err
	}
	first := &Thread{Visit: visit, Patient: v.Patient, Doctor: v.Doctor}
	if err := do(first); err != nil {
		return nil, err
	}
	err = s.threads.Insert(ctx, a.Request, first)
	if errors.Is(err, docstore.ErrExists) {
		return s.threads.Update(ctx, string(visit), docstore.On{Request: a.Request}, do)
	}
	return first, err
}

// announced is the event of an item; an answer's is that of what it answers.
func (k ItemKind) announced() event.Kind {
	switch k {
	case KindSideEffect:
		return SideEffectTold
	case KindQuestion, KindAnswer:
	}
	return QuestionAsked
}

// mostItems keeps a thread readable, and its document small.
const mostItems = 200

func (t *Thread) add(a access.Actor, v *Visit, item Item) error {
	if len(t.Items) >= mostItems {
		return conflict("thread-full", "This thread is full. Please ask for a new visit.")
	}
	kind, data := item.Kind.announced(), map[string]string{"visit": string(v.ID), "patient": string(v.Patient), "doctor": string(v.Doctor), "item": string(item.ID)}
	to := []string{string(v.Patient), string(v.Doctor)}
	if item.Kind == KindAnswer {
		i := slices.IndexFunc(t.Items, func(x Item) bool { return x.ID == item.Answers })
		if i < 0 || t.Items[i].Kind == KindAnswer {
			return docstore.NotFound()
		}
		kind, data["answers"] = QuestionAnswered, string(t.Items[i].ID)
	}
	t.Items = append(t.Items, item)
	t.Emit(event.Event{Kind: kind, By: string(a.Account), Data: data, To: slices.DeleteFunc(to, func(s string) bool { return s == "" })})
	return nil
}
