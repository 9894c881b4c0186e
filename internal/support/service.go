package support

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Subjects tells how people stand to what a case is about (an order, a visit, a prescription, a
// payment, a person), by its id; NotFound where there is no such thing.
type Subjects interface {
	Facts(ctx context.Context, subject string) (access.Facts, error)
}

// Deps are what support needs. Evidence is by kind: intake, visit, prescription, review, packing,
// hand_overs, positions, messages, payment.
type Deps struct {
	Store    docstore.Store
	Clock    clock.Clock
	Guard    *access.Guard
	Subjects Subjects
	Evidence map[string]Evidence
}

// Service keeps cases.
type Service struct {
	d     Deps
	cases *docstore.Collection[Case, *Case]
}

// New declares the collection of cases.
func New(ctx context.Context, d Deps) (*Service, error) {
	cases, err := docstore.Open[Case](ctx, d.Store, d.Clock, docstore.Spec[Case]{Name: "cases", Indexes: caseIndexes})
	return &Service{d, cases}, err
}

// Opening is what somebody opens a case with.
type Opening struct {
	Subject  string // id of what it is about; "" is nothing in particular
	Category Category
	Text     phi.Text
}

// Open begins a case, for who has to do with its subject, and announces case.opened. Housecall itself
// opens one for the patient.
func (s *Service) Open(ctx context.Context, a access.Actor, o Opening) (*Case, error) {
	facts, err := s.subject(ctx, a, o.Subject)
	if err != nil {
		return nil, err
	}
	if err := s.d.Guard.Check(ctx, a, openAction(a), facts); err != nil {
		return nil, err
	}
	if !slices.Contains(Categories, o.Category) {
		return nil, fault.InvalidField("/category", "Choose what went wrong from the list.")
	}
	c := &Case{ID: id.New[id.Case](), State: Opened, Category: o.Category, Subject: o.Subject, OpenedBy: a.Role, Reason: "new", Concerns: facts.Patient}
	if a.Request.Key != "" {
		c.ID = id.Of[id.Case](a.Request)
	}
	c.belongsTo(a, facts)
	now := s.d.Clock.Now()
	if a.Role != access.System {
		text, err := words(o.Text)
		if err != nil {
			return nil, err
		}
		if err := c.say(a, text, now); err != nil {
			return nil, err
		}
	}
	c.wind(now)
	c.announce(CaseOpened, string(a.Account), nil)
	return c, s.cases.Insert(ctx, a.Request, c)
}

func openAction(a access.Actor) access.Action {
	if a.Role == access.System {
		return "support.advance"
	}
	return "case.open"
}

// subject reads how people stand to what the case is about.
func (s *Service) subject(ctx context.Context, a access.Actor, subject string) (access.Facts, error) {
	if subject == "" {
		return access.Facts{Record: "case", Patient: a.Patient, Owner: a.Account, Pharmacy: a.Pharmacy}, nil
	}
	facts, err := s.d.Subjects.Facts(ctx, subject)
	facts.Record = subject
	return facts, err
}

// belongsTo says whose case it is: the patient's where they or a caregiver opened it, or housecall
// did; the pharmacy's; else of who opened it.
func (c *Case) belongsTo(a access.Actor, f access.Facts) {
	switch a.Role {
	case access.Patient, access.Support, access.Operator, access.System:
		c.Patient = f.Patient
	case access.Pharmacist, access.PharmacyStaff:
		c.Pharmacy = a.Pharmacy
	case access.Nobody, access.Doctor, access.Courier, access.Guest, access.Auditor:
	}
	if a.Role != access.System {
		c.Owner = a.Account
	}
}

// Case reads a case, for whose it is and for support.
func (s *Service) Case(ctx context.Context, a access.Actor, cs id.Case) (*Case, error) {
	c, err := s.cases.Get(ctx, string(cs))
	if err != nil {
		return nil, err
	}
	return c, s.d.Guard.Read(ctx, a, "case.read", c.facts())
}

// Write adds what the person says. A case that waited for them waits for support.
func (s *Service) Write(ctx context.Context, a access.Actor, cs id.Case, text phi.Text) (*Case, error) {
	return s.speak(ctx, a, "case.write", cs, text, func(c *Case, now time.Time) error {
		c.Reason = "written"
		if err := c.apply(now, a, write, ""); err != nil {
			return err
		}
		c.announce(CaseWritten, string(a.Account), nil)
		return nil
	})
}

// Answer adds what support says; the case waits for the person then.
func (s *Service) Answer(ctx context.Context, a access.Actor, cs id.Case, text phi.Text) (*Case, error) {
	return s.speak(ctx, a, "case.ask", cs, text, func(c *Case, now time.Time) error {
		c.Reason = "answered"
		if c.Assigned == "" {
			c.Assigned = a.Account
		}
		if err := c.apply(now, a, answer, ""); err != nil {
			return err
		}
		c.announce(CaseAnswered, string(a.Account), nil)
		return nil
	})
}

// Resolve ends a case with a coded reason and a word to the person. It can't be resolved while
// something that was promised is on its way.
func (s *Service) Resolve(ctx context.Context, a access.Actor, cs id.Case, reason string, text phi.Text) (*Case, error) {
	if !coded(reason) {
		return nil, fault.InvalidField("/reason", "Give the reason as a code, for example refunded.")
	}
	return s.speak(ctx, a, "case.resolve", cs, text, func(c *Case, now time.Time) error {
		if c.pending() {
			return fault.New(fault.Conflict, "Something that was promised here is still on its way. Wait until it is done.").Coded("action-pending")
		}
		c.Reason = reason
		if err := c.apply(now, a, resolve, reason); err != nil {
			return err
		}
		c.announce(CaseResolved, string(a.Account), map[string]string{"reason": reason})
		return nil
	})
}

// Reopen takes a resolved or closed case up again, for whose it is and for support, within 90 days.
func (s *Service) Reopen(ctx context.Context, a access.Actor, cs id.Case, text phi.Text) (*Case, error) {
	return s.speak(ctx, a, "case.reopen", cs, text, func(c *Case, now time.Time) error {
		if now.Sub(c.UpdatedAt) > reopenable {
			return fault.New(fault.Conflict, "This case is too old to be reopened. Open another and name this one.").Coded("case-too-old")
		}
		c.Reason = "reopened"
		if err := c.apply(now, a, reopen, ""); err != nil {
			return err
		}
		c.announce(CaseReopened, string(a.Account), nil)
		return nil
	})
}

// speak is a step that comes with words.
func (s *Service) speak(ctx context.Context, a access.Actor, action access.Action, cs id.Case, text phi.Text, step func(*Case, time.Time) error) (*Case, error) {
	return s.step(ctx, a, action, cs, func(c *Case, now time.Time) error {
		said, err := words(text)
		if err != nil {
			return err
		}
		if err := step(c, now); err != nil {
			return err
		}
		return c.say(a, said, now)
	})
}

// step loads, asks, changes.
func (s *Service) step(ctx context.Context, a access.Actor, action access.Action, cs id.Case, change func(*Case, time.Time) error) (*Case, error) {
	c, err := s.cases.Get(ctx, string(cs))
	if err != nil {
		return nil, err
	}
	if err := s.d.Guard.Check(ctx, a, action, c.facts()); err != nil { // whose a case is never changes
		return nil, err
	}
	return s.cases.Update(ctx, string(cs), docstore.On{Request: a.Request}, func(c *Case) error { return change(c, s.d.Clock.Now()) })
}

// Close ends a resolved case for good.
func (s *Service) Close(ctx context.Context, a access.Actor, cs id.Case) (*Case, error) {
	return s.step(ctx, a, "case.close", cs, func(c *Case, now time.Time) error {
		if err := c.apply(now, a, shut, c.Reason); err != nil {
			return err
		}
		c.announce(CaseClosed, string(a.Account), nil)
		return nil
	})
}

// Assign gives a case to somebody of support.
func (s *Service) Assign(ctx context.Context, a access.Actor, cs id.Case, to id.Account) (*Case, error) {
	if _, err := id.Parse[id.Account](string(to)); err != nil {
		return nil, fault.InvalidField("/to", "Say which account of support takes the case.")
	}
	return s.step(ctx, a, "case.assign", cs, func(c *Case, _ time.Time) error {
		if moves.Ended(c.State) || c.State == Closed {
			return fault.New(fault.Conflict, "This case is closed. Reopen it first.").Coded("illegal-transition")
		}
		c.Assigned = to
		c.announce(CaseAssigned, string(a.Account), map[string]string{"to": string(to)})
		return nil
	})
}

// TimerFired shows a case as overdue, resolves one whose person stays silent, closes a resolved one.
// It does nothing when the case has moved on.
func (s *Service) TimerFired(ctx context.Context, a access.Actor, doc string, kind event.Kind) error {
	_, err := s.step(ctx, a, "support.advance", id.Case(doc), func(c *Case, now time.Time) error {
		if !c.TimerDue(kind, now) {
			return errNothing
		}
		c.ClearTimer(kind)
		return c.wake(now, a, kind)
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// errNothing stops an update that has nothing to change.
var errNothing = errors.New("nothing to do")

func (c *Case) wake(now time.Time, a access.Actor, kind event.Kind) error {
	step, announce := silence, CaseResolved
	switch kind {
	case answerOverdue:
		c.Overdue = true
		c.announce(CaseOverdue, "support", nil)
		return nil
	case personSilent:
		c.Reason = "no_answer"
	case closing:
		step, announce = shut, CaseClosed
	}
	a.Account = "support"
	if err := c.apply(now, a, step, c.Reason); err != nil {
		return err
	}
	c.announce(announce, "support", map[string]string{"reason": c.Reason})
	return nil
}

// Wish narrows the list of cases for support.
type Wish struct {
	State    State
	Assigned id.Account
	Overdue  bool
	Subject  string
}

// List is the work list of support, oldest first. Of the wishes one is taken: overdue, assigned,
// subject, state.
func (s *Service) List(ctx context.Context, a access.Actor, w Wish, q docstore.Query) (docstore.Page[Case], error) {
	if err := s.d.Guard.Check(ctx, a, "case.list", access.Facts{Record: "case"}); err != nil {
		return docstore.Page[Case]{}, err
	}
	switch {
	case w.Overdue:
		q.Index, q.Equal = "overdue", "overdue"
	case w.Assigned != "":
		q.Index, q.Equal = "assigned", string(w.Assigned)
	case w.Subject != "":
		q.Index, q.Equal = "subject", w.Subject
	case w.State != "":
		q.Index, q.Equal = "state", string(w.State)
	default:
		q.Index, q.Equal = "state", string(Opened)
	}
	return s.cases.Find(ctx, q)
}

// Mine lists the cases of a patient, a pharmacy or an account, newest first: whose is one of the three
// ids, and must be the asker's own or granted.
func (s *Service) Mine(ctx context.Context, a access.Actor, whose string, q docstore.Query) (docstore.Page[Case], error) {
	f := access.Facts{Record: whose}
	switch {
	case strings.HasPrefix(whose, id.Patient("").Prefix()+"_"):
		f.Patient = id.Patient(whose)
	case strings.HasPrefix(whose, id.Pharmacy("").Prefix()+"_"):
		f.Pharmacy = id.Pharmacy(whose)
	default:
		f.Owner = id.Account(whose)
	}
	if err := s.d.Guard.Read(ctx, a, "case.read", f); err != nil {
		return docstore.Page[Case]{}, err
	}
	q.Index, q.Equal, q.Descending = "whose", whose, true
	return s.cases.Find(ctx, q)
}

// coded tells whether a reason is a code, so that no words about a person get into events.
func coded(reason string) bool {
	return reason != "" && len(reason) <= 40 && strings.Trim(reason, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
