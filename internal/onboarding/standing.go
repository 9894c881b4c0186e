package onboarding

import (
	"context"
	"slices"
	"sync"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Standing says whether a subject may act at this moment, and as what.
type Standing struct {
	Active        bool
	Kind          Kind
	Specialties   []string
	Jurisdictions []string
	Languages     []string
	Until         time.Time // zero: no paper runs out
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
	now := s.now()
	st, drops, found := s.standings.get(subject, now)
	if !found {
		app, err := s.applications.Get(ctx, string(IDOf(subject)))
		if err != nil && !fault.Is(err, fault.NotFound) {
			return Standing{}, err
		}
		if err == nil {
			st = app.standing()
		}
		s.standings.put(subject, st, now, drops)
	}
	if !st.Until.IsZero() && !now.Before(st.Until) {
		st.Active = false
	}
	return st, nil
}

func (a *Application) standing() Standing {
	return Standing{
		Active: a.State == Approved, Kind: a.Kind, Specialties: a.Specialties, Jurisdictions: a.Jurisdictions,
		Languages: a.Languages, Until: a.Until,
	}
}

// Forget drops what is remembered of a subject: another node has changed it.
func (s *Service) Forget(subject string) { s.standings.forget(subject) }

// standings remembers answers for a few seconds. What is dropped while it is being read does not come back.
type standings struct {
	mu    sync.Mutex // guards known, drops
	known map[string]rememberedStanding
	drops uint64
}

type rememberedStanding struct {
	standing Standing
	fresh    time.Time
}

const (
	believed     = 3 * time.Second
	maxStandings = 20_000
)

func newStandings() *standings { return &standings{known: map[string]rememberedStanding{}} }

func (c *standings) get(subject string, now time.Time) (Standing, uint64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, found := c.known[subject]
	return known.standing, c.drops, found && now.Before(known.fresh)
}

func (c *standings) put(subject string, st Standing, now time.Time, drops uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.drops != drops {
		return
	}
	if len(c.known) >= maxStandings {
		clear(c.known)
	}
	c.known[subject] = rememberedStanding{st, now.Add(believed)}
}

func (c *standings) forget(subject string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	delete(c.known, subject)
}

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
	s.standings.forget(app.Subject)
	return s.applications.Get(ctx, string(app.ID))
}

var _ docstore.Document = (*Application)(nil)
