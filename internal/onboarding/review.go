package onboarding

import (
	"context"
	"slices"
	"strings"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Submit hands the application in for review; a Conflict names the papers that are missing.
func (s *Service) Submit(ctx context.Context, a access.Actor, aid id.Application) (*Application, error) {
	return s.step(ctx, a, "application.submit", aid, Submit, ApplicationSubmitted, "", func(app *Application) error {
		if lacking := app.lacking(); len(lacking) > 0 {
			return fault.New(fault.Conflict, "Hand in first: "+strings.Join(lacking, ", ")+".").Coded("papers-missing")
		}
		app.Reason, app.Wanted = "", nil
		return nil
	})
}

// Review takes an application up, so that it does not change while an operator looks at it.
func (s *Service) Review(ctx context.Context, a access.Actor, aid id.Application) (*Application, error) {
	return s.step(ctx, a, "application.review", aid, Review, ApplicationReviewing, "", nothing)
}

// Approve lets the subject work until the first of its papers runs out.
func (s *Service) Approve(ctx context.Context, a access.Actor, aid id.Application) (*Application, error) {
	return s.step(ctx, a, "application.approve", aid, Approve, ApplicationApproved, "", s.accept)
}

// Renew accepts the papers handed in since it was approved.
func (s *Service) Renew(ctx context.Context, a access.Actor, aid id.Application) (*Application, error) {
	return s.step(ctx, a, "application.approve", aid, Renew, ApplicationRenewed, "", s.accept)
}

func (s *Service) accept(app *Application) error {
	now := s.now()
	if err := app.accept(now); err != nil {
		return err
	}
	app.watch(now)
	return nil
}

// Refuse ends the review with a coded reason; the applicant may hand in again.
func (s *Service) Refuse(ctx context.Context, a access.Actor, aid id.Application, reason string) (*Application, error) {
	return s.because(ctx, a, "application.refuse", aid, Refuse, ApplicationRefused, reason, nothing)
}

// AskMore ends the review with a list of papers that the applicant still owes.
func (s *Service) AskMore(ctx context.Context, a access.Actor, aid id.Application, wanted []PaperKind) (*Application, error) {
	list := make([]string, 0, len(wanted))
	for _, kind := range wanted {
		if !slices.Contains(PaperKinds, kind) {
			return nil, fault.InvalidField("/wanted", "Choose from licence, identity, specialty, background_check, insurance and other.")
		}
		list = append(list, string(kind))
	}
	if len(list) == 0 || len(list) > len(PaperKinds) {
		return nil, fault.InvalidField("/wanted", "Name at least one paper.")
	}
	return s.step(ctx, a, "application.ask", aid, Ask, ApplicationAsked, strings.Join(list, " "), func(app *Application) error {
		app.Wanted = list
		return nil
	})
}

// Suspend stops the subject at once, with a coded reason.
func (s *Service) Suspend(ctx context.Context, a access.Actor, aid id.Application, reason string) (*Application, error) {
	return s.because(ctx, a, "application.suspend", aid, Suspend, ApplicationSuspended, reason, nothing)
}

// Reinstate lets a suspended subject work again; its papers must still be good.
func (s *Service) Reinstate(ctx context.Context, a access.Actor, aid id.Application) (*Application, error) {
	return s.step(ctx, a, "application.reinstate", aid, Reinstate, ApplicationReinstated, "", func(app *Application) error {
		app.Reason = ""
		return s.accept(app)
	})
}

func (s *Service) because(ctx context.Context, a access.Actor, action access.Action, aid id.Application, e Event, kind event.Kind, reason string,
	more func(*Application) error,
) (*Application, error) {
	if !isCode(reason) {
		return nil, fault.InvalidField("/reason", "Give the reason as a code in small letters, like licence-not-found.")
	}
	return s.step(ctx, a, action, aid, e, kind, reason, func(app *Application) error {
		app.Reason = reason
		return more(app)
	})
}

// step is one move: asked of the guard, judged by the table, announced.
func (s *Service) step(ctx context.Context, a access.Actor, action access.Action, aid id.Application, e Event, kind event.Kind, why string,
	more func(*Application) error,
) (*Application, error) {
	return s.change(ctx, a, action, aid, docstore.On{Request: a.Request}, func(app *Application) error {
		if err := app.apply(s.now(), a, e, why); err != nil {
			return err
		}
		if err := more(app); err != nil {
			return err
		}
		if why == "" {
			app.announce(kind, a.Account)
			return nil
		}
		app.announce(kind, a.Account, "reason", why)
		return nil
	})
}

func nothing(*Application) error { return nil }

// TimerFired handles the timers of an application: what has run out expires, and who is about to run
// out is reminded. A timer that comes late or twice, or after a newer paper was accepted, does nothing.
func (s *Service) TimerFired(ctx context.Context, a access.Actor, docID string, kind event.Kind) error {
	if err := s.d.Guard.Check(ctx, a, "onboarding.advance", access.Facts{Record: docID}); err != nil {
		return err
	}
	now := s.now()
	app, err := s.applications.Update(ctx, docID, docstore.On{Request: a.Request}, func(app *Application) error {
		if !app.TimerDue(kind, now) {
			return nil
		}
		app.ClearTimer(kind)
		if kind != RanOut {
			days := map[event.Kind]string{ThirtyDaysDue: "30", SevenDaysDue: "7"}[kind]
			app.announce(ApplicationReminded, a.Account, "days", days)
			return nil
		}
		if !moves.Allows(app.State, Expire) {
			return nil
		}
		app.announce(ApplicationExpired, a.Account)
		return app.apply(now, a, Expire, "paper-ran-out")
	})
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	s.Forget(app.Subject)
	return nil
}
