package onboarding

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Deps is all that onboarding needs.
type Deps struct {
	Store docstore.Store
	Clock clock.Clock
	Guard *access.Guard
	// Uploads knows the files that papers name; nil: nothing can be uploaded here.
	Uploads Uploads
}

// Uploads tells whether a file was looked at and sent by who names it.
type Uploads interface {
	Handed(ctx context.Context, file id.Attachment, by id.Account) error
}

// Service is onboarding at work.
type Service struct {
	d            Deps
	applications *docstore.Collection[Application, *Application]
	standings    *docstore.Recent[string, Standing]
}

// New opens onboarding's collection.
func New(ctx context.Context, d Deps) (*Service, error) {
	if d.Store == nil || d.Clock == nil || d.Guard == nil {
		return nil, errors.New("onboarding needs a store, a clock and a guard")
	}
	applications, err := docstore.Open[Application](ctx, d.Store, d.Clock, spec)
	if err != nil {
		return nil, fmt.Errorf("open onboarding: %w", err)
	}
	return &Service{d: d, applications: applications, standings: docstore.NewRecent[string, Standing](d.Clock, believed, maxStandings)}, nil
}

// Apply is an application as it is begun.
type Apply struct {
	Kind    Kind
	Subject string // account or pharmacy; empty: who asks, or where they work
	Details
}

// Apply begins the application of a subject, as a draft: of an account itself, or, for the pharmacy
// they work at, by one of its staff. An operator may begin it for anybody. A subject has one
// application; a second is a Conflict.
func (s *Service) Apply(ctx context.Context, a access.Actor, in Apply) (*Application, error) {
	app, err := begin(a, in)
	if err != nil {
		return nil, err
	}
	if err := s.d.Guard.Check(ctx, a, "application.apply", app.facts()); err != nil {
		return nil, err
	}
	if err := app.apply(s.d.Clock.Now(), a, Begin, ""); err != nil {
		return nil, err
	}
	app.announce(ApplicationBegun, a.Account)
	return app, s.applications.Insert(ctx, a.Request, app)
}

// roleOf says who may apply as what, for themselves.
var roleOf = map[Kind][]access.Role{
	Doctor: {access.Doctor}, Courier: {access.Courier}, Pharmacist: {access.Pharmacist},
	Pharmacy: {access.Pharmacist},
}

func begin(a access.Actor, in Apply) (*Application, error) {
	roles, known := roleOf[in.Kind]
	if !known || a.Role != access.Operator && !slices.Contains(roles, a.Role) {
		return nil, fault.InvalidField("/kind", "Apply as what your account is: doctor, pharmacist, courier, or for your pharmacy.")
	}
	app := &Application{Kind: in.Kind, Subject: in.Subject, Applicant: a.Account, Papers: []Paper{}}
	if in.Kind == Pharmacy {
		app.Pharmacy = a.Pharmacy
		if in.Subject != "" {
			app.Pharmacy = id.Pharmacy(in.Subject)
		}
		app.Subject = string(app.Pharmacy)
		if _, err := id.Parse[id.Pharmacy](app.Subject); err != nil {
			return nil, fault.InvalidField("/subject", "Name the pharmacy by its id.")
		}
	} else {
		if in.Subject != "" {
			app.Applicant = id.Account(in.Subject)
		}
		app.Subject = string(app.Applicant)
		if _, err := id.Parse[id.Account](app.Subject); err != nil {
			return nil, fault.InvalidField("/subject", "Name the account by its id.")
		}
	}
	app.ID = IDOf(app.Subject)
	app.Details = in.Details
	return app, app.check()
}

// Application reads one; the reading is in the audit.
func (s *Service) Application(ctx context.Context, a access.Actor, aid id.Application) (*Application, error) {
	app, err := s.applications.Get(ctx, string(aid))
	if err != nil {
		return nil, err
	}
	if err := s.d.Guard.Read(ctx, a, "application.read", app.facts()); err != nil {
		return nil, err
	}
	return app, nil
}

// Mine lists what who asks has applied for, and the application of the pharmacy they work at.
func (s *Service) Mine(ctx context.Context, a access.Actor) ([]*Application, error) {
	if err := s.d.Guard.Check(ctx, a, "application.read", access.Facts{Owner: a.Account, Pharmacy: a.Pharmacy}); err != nil {
		return nil, err
	}
	own, err := s.applications.All(ctx, docstore.Query{Index: "applicant", Equal: string(a.Account)}, 10)
	if err != nil || a.Pharmacy == "" {
		return own, err
	}
	shared, err := s.applications.All(ctx, docstore.Query{Index: "pharmacy", Equal: string(a.Pharmacy)}, 10)
	for _, app := range shared {
		if app.Applicant != a.Account {
			own = append(own, app)
		}
	}
	return own, err
}

// Applications lists those in a state, oldest first, for operators.
func (s *Service) Applications(ctx context.Context, a access.Actor, state State, cursor string, limit int) (docstore.Page[Application], error) {
	if err := s.d.Guard.Check(ctx, a, "application.list", access.Facts{}); err != nil {
		return docstore.Page[Application]{}, err
	}
	if !slices.Contains(moves.States(), state) || state == "" {
		return docstore.Page[Application]{}, fault.InvalidField("/state", "Choose a state that an application can have.")
	}
	return s.applications.Find(ctx, docstore.Query{Index: "state", Equal: string(state), Cursor: cursor, Limit: limit})
}

// check refuses details that can't be.
func (a *Application) check() error {
	bad := fault.New(fault.Invalid, "Something is missing or can't be right. Look at the marked fields.")
	if len(a.Licence) > 80 {
		bad = bad.With("/licence", "Use 80 letters at most.")
	}
	for pointer, list := range map[string][]string{"/specialties": a.Specialties, "/languages": a.Languages, "/jurisdictions": a.Jurisdictions} {
		if len(list) > 20 || slices.ContainsFunc(list, func(s string) bool { return !isCode(s) }) {
			bad = bad.With(pointer, "Give at most 20 codes in small letters, like general-practice, en or house.")
		}
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

func isCode(s string) bool {
	if s == "" || len(s) > 40 {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return true
}

func (s *Service) now() time.Time { return s.d.Clock.Now() }
