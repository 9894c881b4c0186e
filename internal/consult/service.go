package consult

import (
	"context"
	"fmt"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Deps is what the service needs; all of it.
type Deps struct {
	Store   docstore.Store
	Clock   clock.Clock
	Guard   *access.Guard
	Intakes Intakes
	Vetting Vetting
	Fees    Fees
	Rules   Rules
	Guests  Guests
	Codes   *Codes
	Files   Files
	// Secret signs tickets for the call; 32 bytes or more, the same on every node and in signaling.
	Secret []byte
}

// Asked is what a visit takes over from an intake.
type Asked struct {
	Patient                                                         id.Patient
	Submitted                                                       bool
	Born, Jurisdiction, Region, EmergencyNumber, TimeZone, Currency string
	Specialty, Language, Complaint                                  string
	Name, CallBack                                                  phi.Text
}

// Intakes reads an intake for a visit, asking for who asks whether they may.
type Intakes interface {
	Asked(ctx context.Context, a access.Actor, intake id.Intake) (Asked, error)
}

// Standing is whether a doctor may act, and for whom.
type Standing struct {
	Active                                bool
	Specialties, Jurisdictions, Languages []string
}

// Vetting knows who may act today.
type Vetting interface {
	Standing(ctx context.Context, doctor id.Account) (Standing, error)
}

// Fees says what a visit costs.
type Fees interface {
	Terms(specialty, currency string) Terms
}

// Rules knows what the law of a place asks of a visit on a day, and names the rule.
type Rules interface {
	NeedsGuardian(jurisdiction string, born, day time.Time) (rule string, needed bool)
	// Licence is what a doctor must be licensed for to see somebody there: the place, or a state of it, like
	// "us-ny". A rule, and no licence, when the rule asks for a state that is not known.
	Licence(jurisdiction, state string, day time.Time) (licence, rule string)
	// KeepFor is how many years a kind of record of a visit ("call": sound and picture, "chat", "medical") must be kept
	// there, and by which rule.
	KeepFor(jurisdiction, record string, day time.Time) (years int, rule string)
}

// Guests opens a session for somebody who has exchanged an invitation.
type Guests interface {
	OpenGuestSession(ctx context.Context, visit id.Visit, until time.Time) (token string, session id.Session, err error)
}

// Service is what people do with visits.
type Service struct {
	Deps
	visits  *docstore.Collection[Visit, *Visit]
	duties  *docstore.Collection[Duty, *Duty]
	hours   *docstore.Collection[Hours, *Hours]
	slots   *docstore.Collection[Slot, *Slot]
	notes   *docstore.Collection[Note, *Note]
	threads *docstore.Collection[Thread, *Thread]
	onNow   *docstore.Recent[string, []*Duty] // who is on duty, for estimates
	lines   *docstore.Collection[Line, *Line]

	recordings *docstore.Collection[Recording, *Recording]
	chats      *docstore.Collection[Chat, *Chat]
	files      *docstore.Collection[File, *File]
}

// New opens the collections.
func New(ctx context.Context, d Deps) (*Service, error) {
	if d.Store == nil || d.Clock == nil || d.Guard == nil || d.Intakes == nil || d.Vetting == nil || d.Fees == nil ||
		d.Rules == nil || d.Guests == nil || d.Files == nil || d.Codes == nil || len(d.Secret) < 32 {
		return nil, fmt.Errorf("consult: a dependency is missing, or the secret is shorter than 32 bytes")
	}
	s := &Service{Deps: d, onNow: docstore.NewRecent[string, []*Duty](d.Clock, time.Second, 1)}
	var err error
	if s.visits, err = docstore.Open[Visit](ctx, d.Store, d.Clock, visits); err != nil {
		return nil, err
	}
	if s.duties, err = docstore.Open[Duty](ctx, d.Store, d.Clock, duties); err != nil {
		return nil, err
	}
	if s.hours, err = docstore.Open[Hours](ctx, d.Store, d.Clock, hours); err != nil {
		return nil, err
	}
	if s.slots, err = docstore.Open[Slot](ctx, d.Store, d.Clock, slots); err != nil {
		return nil, err
	}
	if s.notes, err = docstore.Open[Note](ctx, d.Store, d.Clock, docstore.Spec[Note]{Name: "notes"}); err != nil {
		return nil, err
	}
	if s.lines, err = docstore.Open[Line](ctx, d.Store, d.Clock, lines); err != nil {
		return nil, err
	}
	if s.recordings, err = docstore.Open[Recording](ctx, d.Store, d.Clock, recordings); err != nil {
		return nil, err
	}
	if s.files, err = docstore.Open[File](ctx, d.Store, d.Clock, files); err != nil {
		return nil, err
	}
	if s.chats, err = docstore.Open[Chat](ctx, d.Store, d.Clock, chats); err != nil {
		return nil, err
	}
	s.threads, err = docstore.Open[Thread](ctx, d.Store, d.Clock, docstore.Spec[Thread]{Name: "threads"})
	return s, err
}

// Visit reads one: the patient's side, its doctor, a guest of it (the room alone), support.
func (s *Service) Visit(ctx context.Context, a access.Actor, visit id.Visit) (*Visit, error) {
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return nil, err
	}
	return v, s.readable(ctx, a, v)
}

func (s *Service) readable(ctx context.Context, a access.Actor, v *Visit) error {
	return s.Guard.Read(ctx, a, "visit.read", v.facts())
}

// Of lists the visits of a person, the newest first: for their side, and for the doctor who treats them.
func (s *Service) Of(ctx context.Context, a access.Actor, patient id.Patient, cursor string) (docstore.Page[Visit], error) {
	facts := access.Facts{Record: string(patient), Patient: patient}
	if a.Role == access.Doctor {
		treats, err := s.Treats(ctx, a.Account, patient)
		if err != nil {
			return docstore.Page[Visit]{}, err
		}
		if treats {
			facts.Doctor = a.Account
		}
	}
	if err := s.Guard.Read(ctx, a, "visit.read", facts); err != nil {
		return docstore.Page[Visit]{}, err
	}
	return s.visits.Find(ctx, docstore.Query{Index: "patient", Equal: string(patient), Descending: true, Limit: 20, Cursor: cursor})
}

// Mine lists the visits of the doctor who asks, the newest first.
func (s *Service) Mine(ctx context.Context, a access.Actor, cursor string) (docstore.Page[Visit], error) {
	if err := s.Guard.Read(ctx, a, "visit.list_own", access.Facts{Record: string(a.Account), Owner: a.Account}); err != nil {
		return docstore.Page[Visit]{}, err
	}
	return s.visits.Find(ctx, docstore.Query{Index: "doctor", Equal: string(a.Account), Descending: true, Limit: 20, Cursor: cursor})
}

// careWindow is how long after a visit its doctor may still read the person's record: for questions,
// the laboratory's answer, a side effect.
const careWindow = 30 * 24 * time.Hour

// Treats tells whether the doctor treats the patient now, is booked to, or did in the last 30 days.
func (s *Service) Treats(ctx context.Context, doctor id.Account, patient id.Patient) (bool, error) {
	page, err := s.visits.Find(ctx, docstore.Query{Index: "care", Equal: docstore.Eq(string(doctor), string(patient)), Descending: true, Limit: 10})
	if err != nil {
		return false, err
	}
	since := s.Clock.Now().Add(-careWindow)
	return slices.ContainsFunc(page.Items, func(v *Visit) bool {
		return v.EndedAt == nil || (v.AdmittedAt != nil && v.EndedAt.After(since))
	}), nil
}

// step changes a visit after asking the guard with its facts, before and again as it is loaded, since
// who treats may have changed in between.
func (s *Service) step(ctx context.Context, a access.Actor, action access.Action, visit id.Visit, do func(v *Visit, now time.Time) error) (*Visit, error) {
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Check(ctx, a, action, v.facts()); err != nil {
		return nil, err
	}
	asked := v.Doctor
	return s.visits.Update(ctx, string(visit), docstore.On{Request: a.Request}, func(v *Visit) error {
		if v.Doctor != asked {
			if err := s.Guard.Check(ctx, a, action, v.facts()); err != nil {
				return err
			}
		}
		return do(v, s.Clock.Now())
	})
}

func conflict(code, message string) error { return fault.New(fault.Conflict, message).Coded(code) }
