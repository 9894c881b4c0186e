package intake

import (
	"context"
	"fmt"
	"slices"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Deps is what the service needs; all of it.
type Deps struct {
	Store  docstore.Store
	Clock  clock.Clock
	Guard  *access.Guard
	Places Places
	Rules  Rules
	People People
	Files  Files
	Care   Care

	// Consent is the version of the consent text now shown; an older one is refused.
	Consent string
	// Outside is the place of a point that no zone holds, but for the point itself.
	Outside Place
}

// Care knows which doctor treats, or has treated, which patient.
type Care interface {
	Treats(ctx context.Context, doctor id.Account, patient id.Patient) (bool, error)
}

// Service is what people do with intakes and health records.
type Service struct {
	Deps
	flags   *Flags
	intakes *docstore.Collection[Intake, *Intake]
	records *docstore.Collection[Record, *Record]
}

// New opens the collections and loads the red flags; a row of theirs that is not understood keeps
// the service from starting.
func New(ctx context.Context, d Deps) (*Service, error) {
	if d.Store == nil || d.Clock == nil || d.Guard == nil || d.Places == nil || d.Rules == nil || d.People == nil ||
		d.Files == nil || d.Care == nil || d.Consent == "" || d.Outside.Jurisdiction == "" || d.Outside.EmergencyNumber == "" {
		return nil, fmt.Errorf("intake: a dependency is missing")
	}
	flags, err := LoadFlags(redFlags)
	if err != nil {
		return nil, err
	}
	s := &Service{Deps: d, flags: flags}
	s.intakes, err = docstore.Open[Intake](ctx, d.Store, d.Clock, docstore.Spec[Intake]{
		Name: "intakes",
		Indexes: map[string]func(*Intake) (docstore.Key, bool){
			"patient": func(i *Intake) (docstore.Key, bool) {
				return docstore.Key{Equal: string(i.Patient), Order: docstore.ByTime(i.CreatedAt)}, true
			},
			leftover: (*Intake).leftoverKey,
		},
	})
	if err != nil {
		return nil, err
	}
	s.records, err = docstore.Open[Record](ctx, d.Store, d.Clock, docstore.Spec[Record]{Name: "health_records"})
	return s, err
}

// Flags are the red flags, for whoever lists complaints and questions.
func (s *Service) Flags() *Flags { return s.flags }

// Start is for whom an intake is begun. From copies what was typed in an earlier one of the same
// person (a visit that was cancelled is asked for again without typing anew).
type Start struct {
	Patient   id.Patient
	From      id.Intake
	Specialty string
	Language  string
}

// Begin makes a draft, for the person or who may book for them.
func (s *Service) Begin(ctx context.Context, a access.Actor, in Start) (*Intake, error) {
	if err := s.Guard.Check(ctx, a, "intake.begin", access.Facts{Patient: in.Patient}); err != nil {
		return nil, err
	}
	person, err := s.People.About(ctx, a, in.Patient)
	if err != nil {
		return nil, fmt.Errorf("begin intake for %s: %w", in.Patient, err)
	}
	i := Intake{State: Draft, Patient: in.Patient, By: a.Account}
	if a.Request.Key != "" {
		i.ID = id.Of[id.Intake](a.Request)
	} else {
		i.ID = id.New[id.Intake]()
	}
	if in.From != "" {
		if err := s.copyFrom(ctx, a, in.From, &i); err != nil {
			return nil, err
		}
	}
	i.Born, i.Sex = person.Born, person.Sex
	i.Specialty, i.Language = or(in.Specialty, i.Specialty, "general"), or(in.Language, i.Language, person.Language, "en")
	s.judge(&i)
	if err := s.intakes.Insert(ctx, a.Request, &i); err != nil {
		return nil, err
	}
	return &i, nil
}

// copyFrom takes over what was typed, but not what is true of one moment alone: where the person
// is, the answers to red flags, vital signs, consent.
func (s *Service) copyFrom(ctx context.Context, a access.Actor, from id.Intake, to *Intake) error {
	old, err := s.Intake(ctx, a, from)
	if err != nil {
		return err
	}
	if old.Patient != to.Patient {
		return docstore.NotFound()
	}
	to.CallBack, to.Complaint, to.Words, to.Symptoms = old.CallBack, old.Complaint, old.Words, old.Symptoms
	to.Health, to.EarlierDiagnosis, to.Specialty, to.Language = old.Health, old.EarlierDiagnosis, old.Specialty, old.Language
	for _, f := range old.Attachments {
		if f.State == Readable {
			to.Attachments = append(to.Attachments, f)
		}
	}
	return nil
}

func or(options ...string) string {
	i := slices.IndexFunc(options, func(o string) bool { return o != "" })
	if i < 0 {
		return ""
	}
	return options[i]
}

// Intake reads one: the person, who may see or book for them, and the doctor who treats them.
func (s *Service) Intake(ctx context.Context, a access.Actor, intake id.Intake) (*Intake, error) {
	i, err := s.intakes.Get(ctx, string(intake))
	if err != nil {
		return nil, err
	}
	facts, err := s.withDoctor(ctx, a, i.facts())
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Read(ctx, a, "intake.read", facts); err != nil {
		return nil, err
	}
	return i, nil
}

// Of lists the intakes of a person, the newest first.
func (s *Service) Of(ctx context.Context, a access.Actor, patient id.Patient, cursor string) (docstore.Page[Intake], error) {
	facts, err := s.withDoctor(ctx, a, access.Facts{Record: string(patient), Patient: patient})
	if err != nil {
		return docstore.Page[Intake]{}, err
	}
	if err := s.Guard.Read(ctx, a, "intake.read", facts); err != nil {
		return docstore.Page[Intake]{}, err
	}
	return s.intakes.Find(ctx, docstore.Query{Index: "patient", Equal: string(patient), Descending: true, Limit: 20, Cursor: cursor})
}

// withDoctor adds to the facts that the doctor who asks treats the patient.
func (s *Service) withDoctor(ctx context.Context, a access.Actor, f access.Facts) (access.Facts, error) {
	if a.Role != access.Doctor {
		return f, nil
	}
	treats, err := s.Care.Treats(ctx, a.Account, f.Patient)
	if err != nil {
		return f, fmt.Errorf("ask who treats %s: %w", f.Patient, err)
	}
	if treats {
		f.Doctor = a.Account
	}
	return f, nil
}

// Judge answers what the red flags say of an intake now: questions and warnings.
func (s *Service) Judge(i *Intake) Judgement { return s.flags.Judge(i, s.Clock.Now()) }

// Judged is Judge for an intake as it was answered, and not changed since: what was just written has been
// judged already.
func (s *Service) Judged(i *Intake) Judgement {
	if i.judged != nil {
		return *i.judged
	}
	return s.Judge(i)
}

// judge writes down what is raised by what is typed now.
func (s *Service) judge(i *Intake) {
	judged := s.flags.Judge(i, s.Clock.Now())
	i.judged, i.Raised = &judged, judged.raisedIDs()
}

// Submit hands the intake in, or stops it when a red flag is raised: look at its State. What is
// missing is an Invalid fault with a pointer to each field. Its facts go into the health record.
func (s *Service) Submit(ctx context.Context, a access.Actor, intake id.Intake) (*Intake, error) {
	if err := s.check(ctx, a, "intake.submit", intake); err != nil {
		return nil, err
	}
	i, err := s.intakes.Update(ctx, string(intake), docstore.On{Request: a.Request}, func(i *Intake) error {
		now := s.Clock.Now()
		if !moves.Allows(i.State, submit) {
			return i.apply(now, a, submit, "")
		}
		judged := s.flags.Judge(i, now)
		i.Raised = judged.raisedIDs()
		if len(judged.Raised) > 0 && i.Born != "" {
			return s.stop(i, a, judged)
		}
		if err := s.missing(i, judged); err != nil {
			return err
		}
		if err := i.apply(now, a, submit, ""); err != nil {
			return err
		}
		i.Emit(event.Event{Kind: EventSubmitted, By: string(a.Account), To: []string{string(i.Patient)}, Data: map[string]string{
			"patient": string(i.Patient), "jurisdiction": i.Place.Jurisdiction, "zone": string(i.Place.Zone), "specialty": i.Specialty,
		}})
		return nil
	})
	if err != nil || i.State != Submitted {
		return i, err
	}
	return i, s.Fold(ctx, a, i.ID)
}

// stop ends the booking: what the person is told stands in the judgement, which anybody can ask
// for again, since the answers stay.
func (s *Service) stop(i *Intake, a access.Actor, j Judgement) error {
	if err := i.apply(s.Clock.Now(), a, stop, j.Raised[0].Urgency); err != nil {
		return err
	}
	data := map[string]string{"patient": string(i.Patient), "urgency": j.Raised[0].Urgency}
	for n, alert := range j.Raised {
		data[fmt.Sprintf("flag_%d", n+1)] = alert.ID
	}
	i.Emit(event.Event{Kind: EventStopped, By: string(a.Account), To: []string{string(i.Patient), event.ToOperators}, Data: data})
	return nil
}

// EmergencyNumber is the one of the place the person is in; before they said where, the service's.
func (s *Service) EmergencyNumber(i *Intake) string {
	if i.Place != nil {
		return i.Place.EmergencyNumber
	}
	return s.Outside.EmergencyNumber
}

// Discard puts a draft away.
func (s *Service) Discard(ctx context.Context, a access.Actor, intake id.Intake) (*Intake, error) {
	if err := s.check(ctx, a, "intake.discard", intake); err != nil {
		return nil, err
	}
	return s.intakes.Update(ctx, string(intake), docstore.On{Request: a.Request}, func(i *Intake) error {
		if err := i.apply(s.Clock.Now(), a, discard, ""); err != nil {
			return err
		}
		i.Emit(event.Event{Kind: EventDiscarded, By: string(a.Account), To: []string{string(i.Patient)}, Data: map[string]string{"patient": string(i.Patient)}})
		return nil
	})
}

// ShowIdentity records that the treating doctor, or support, saw a document that shows who the person is.
func (s *Service) ShowIdentity(ctx context.Context, a access.Actor, intake id.Intake, document string) (*Intake, error) {
	if !slices.Contains([]string{"passport", "id_card", "driving_licence", "residence_permit", "other"}, document) {
		return nil, fault.InvalidField("/document", "Choose which document you saw.")
	}
	if err := s.check(ctx, a, "intake.show_identity", intake); err != nil {
		return nil, err
	}
	return s.intakes.Update(ctx, string(intake), docstore.On{Request: a.Request}, func(i *Intake) error {
		if i.IdentityShown != nil {
			return nil // shown once
		}
		i.IdentityShown = &IdentityCheck{Document: document, By: a.Account, At: s.Clock.Now()}
		i.Emit(event.Event{Kind: IdentityShown, By: string(a.Account), To: []string{string(i.Patient)}, Data: map[string]string{"patient": string(i.Patient), "document": document}})
		return nil
	})
}

// JudgeDiagnosis records the treating doctor's tick whether the earlier diagnosis qualifies.
func (s *Service) JudgeDiagnosis(ctx context.Context, a access.Actor, intake id.Intake, verdict string) (*Intake, error) {
	if verdict != "qualifies" && verdict != "does_not" {
		return nil, fault.InvalidField("/verdict", "Choose whether it qualifies or does not.")
	}
	if err := s.check(ctx, a, "intake.judge_diagnosis", intake); err != nil {
		return nil, err
	}
	return s.intakes.Update(ctx, string(intake), docstore.On{Request: a.Request}, func(i *Intake) error {
		if i.State != Submitted || i.EarlierDiagnosis == nil {
			return fault.New(fault.Conflict, "There is no earlier diagnosis to judge here.").Coded("no-earlier-diagnosis")
		}
		i.EarlierDiagnosis.Verdict = &Verdict{Answer: verdict, By: a.Account, At: s.Clock.Now()}
		i.Emit(event.Event{Kind: DiagnosisQualified, By: string(a.Account), To: []string{string(i.Patient)}, Data: map[string]string{"patient": string(i.Patient), "verdict": verdict}})
		return nil
	})
}

// check asks the guard with the facts of the stored intake. Whose it is never changes.
func (s *Service) check(ctx context.Context, a access.Actor, action access.Action, intake id.Intake) error {
	i, err := s.intakes.Get(ctx, string(intake))
	if err != nil {
		return err
	}
	facts, err := s.withDoctor(ctx, a, i.facts())
	if err != nil {
		return err
	}
	return s.Guard.Check(ctx, a, action, facts)
}
