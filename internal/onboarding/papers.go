package onboarding

import (
	"context"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// NewPaper is a paper as it is handed in.
type NewPaper struct {
	Kind       PaperKind
	Attachment id.Attachment // empty when an operator was shown the paper
	ValidUntil time.Time     // zero: does not run out
}

const mostPapers = 40

// Edit changes what the applicant said, until it is reviewed; version is the one that was read.
func (s *Service) Edit(ctx context.Context, a access.Actor, aid id.Application, version int64, d Details) (*Application, error) {
	return s.change(ctx, a, "application.edit", aid, docstore.On{Request: a.Request, Version: version}, func(app *Application) error {
		if !slices.Contains([]State{Draft, Asked, Refused, Expired}, app.State) {
			return fault.New(fault.Conflict, "This is being reviewed or was approved. Ask an operator to change it.").Coded("under-review")
		}
		app.Details = d
		if err := app.check(); err != nil {
			return err
		}
		app.announce(ApplicationEdited, a.Account)
		return nil
	})
}

// AddPaper hands in a paper. While the application is approved it counts once an operator has
// accepted it with Renew.
func (s *Service) AddPaper(ctx context.Context, a access.Actor, aid id.Application, p NewPaper) (*Application, error) {
	now := s.now()
	if err := p.check(a, now); err != nil {
		return nil, err
	}
	if err := s.handed(ctx, a, p); err != nil {
		return nil, err
	}
	return s.change(ctx, a, "application.edit", aid, docstore.On{Request: a.Request}, func(app *Application) error {
		switch {
		case app.State == Reviewing:
			return fault.New(fault.Conflict, "This is being reviewed just now. Wait for the answer.").Coded("under-review")
		case len(app.Papers) >= mostPapers:
			return fault.New(fault.Conflict, "Forty papers have been handed in. Ask an operator for help.").Coded("too-many-papers")
		}
		app.Papers = append(app.Papers, Paper{
			Number: len(app.Papers) + 1, Kind: p.Kind, Attachment: p.Attachment,
			ValidUntil: p.ValidUntil.UTC().Truncate(time.Millisecond), By: a.Account, At: now,
		})
		app.announce(ApplicationEdited, a.Account)
		return nil
	})
}

func (p NewPaper) check(a access.Actor, now time.Time) error {
	if !slices.Contains(PaperKinds, p.Kind) {
		return fault.InvalidField("/kind", "Choose licence, identity, specialty, background_check, insurance or other.")
	}
	if !p.ValidUntil.IsZero() && !p.ValidUntil.After(now) {
		return fault.InvalidField("/valid_until", "This paper has run out. Hand in a newer one.")
	}
	if p.Attachment == "" {
		if a.Role != access.Operator {
			return fault.InvalidField("/attachment", "Upload the paper first, or show it to an operator.")
		}
		return nil
	}
	if _, err := id.Parse[id.Attachment](string(p.Attachment)); err != nil {
		return fault.InvalidField("/attachment", "Name the upload by its id.")
	}
	return nil
}

// handed makes sure that the file of a paper is there, and is of who hands it in.
func (s *Service) handed(ctx context.Context, a access.Actor, p NewPaper) error {
	switch {
	case p.Attachment == "":
		return nil
	case s.d.Uploads == nil:
		return fault.InvalidField("/attachment", "Nothing can be uploaded here. Show the paper to an operator.")
	}
	return s.d.Uploads.Handed(ctx, p.Attachment, a.Account)
}

// change loads, asks the guard and changes.
func (s *Service) change(ctx context.Context, a access.Actor, action access.Action, aid id.Application, on docstore.On, f func(*Application) error) (*Application, error) {
	app, err := s.applications.Get(ctx, string(aid))
	if err != nil {
		return nil, err
	}
	if err := s.d.Guard.Check(ctx, a, action, app.facts()); err != nil {
		return nil, err
	}
	app, err = s.applications.Update(ctx, string(aid), on, f)
	if err != nil {
		return nil, err
	}
	s.Forget(app.Subject)
	return app, nil
}
