package onboarding

import (
	"context"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Standing says whether a subject may act at this moment, and as what.
type Standing struct {
	Active        bool
	Kind          Kind
	Specialties   []string
	Jurisdictions []string
	Languages     []string
	Until         time.Time // zero: no paper runs out
	Licence       phi.Text  // its number, for papers
}

// Speaks tells whether the subject works in a language.
func (st Standing) Speaks(language string) bool { return slices.Contains(st.Languages, language) }

// In tells whether the subject may work in a jurisdiction.
func (st Standing) In(jurisdiction string) bool {
	return slices.Contains(st.Jurisdictions, jurisdiction)
}

// Standing answers for an account or a pharmacy; who never applied is not active. It is remembered
// for a moment, forgotten at once when the application changes here, and never outlives a paper.
func (s *Service) Standing(ctx context.Context, subject string) (Standing, error) {
	st, err := s.standings.Read(subject, func() (Standing, error) {
		app, err := s.applications.Get(ctx, string(IDOf(subject)))
		if fault.Is(err, fault.NotFound) {
			return Standing{}, nil
		}
		if err != nil {
			return Standing{}, err
		}
		return app.standing(), nil
	})
	if err != nil {
		return Standing{}, err
	}
	if !st.Until.IsZero() && !s.now().Before(st.Until) {
		st.Active = false
	}
	return st, nil
}

func (a *Application) standing() Standing {
	return Standing{
		Active: a.State == Approved, Kind: a.Kind, Specialties: a.Specialties, Jurisdictions: a.Jurisdictions,
		Languages: a.Languages, Licence: a.Licence, Until: a.Until,
	}
}

// Forget drops what is remembered of a subject: another node has changed it.
func (s *Service) Forget(subject string) {
	s.standings.Forget(func(known string) bool { return known == subject })
}

const (
	believed     = 3 * time.Second
	maxStandings = 20_000
)

// Seed makes an approved application in one go, for the demo and tests alone: it is not reachable from
// outside. The rules for papers are the usual ones. A subject that has applied already stays as it is.
func (s *Service) Seed(ctx context.Context, in Apply, papers ...NewPaper) (*Application, error) {
	by := access.Actor{Account: "onboarding", Role: access.Operator}
	app, err := begin(by, in)
	if err != nil {
		return nil, err
	}
	now := s.now()
	for i, p := range papers {
		if err := p.check(by, now); err != nil {
			return nil, err
		}
		app.Papers = append(app.Papers, Paper{Number: i + 1, Kind: p.Kind, Attachment: p.Attachment, ValidUntil: p.ValidUntil, By: by.Account, At: now})
	}
	for _, e := range []Event{Begin, Submit, Review, Approve} {
		if err := app.apply(now, by, e, "seed"); err != nil {
			return nil, err
		}
	}
	if err := s.accept(app); err != nil {
		return nil, err
	}
	app.announce(ApplicationApproved, by.Account)
	if err := s.applications.Insert(ctx, id.RequestOf(nil, "seed", app.Subject), app); err != nil && !fault.Is(err, fault.Conflict) {
		return nil, err
	}
	s.Forget(app.Subject)
	return s.applications.Get(ctx, string(app.ID))
}

var _ docstore.Document = (*Application)(nil)
