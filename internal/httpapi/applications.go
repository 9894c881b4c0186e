package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/id"
	"housecall/internal/onboarding"
	"housecall/internal/phi"
)

// Applications are the routes of vetting.
func Applications(vetting *onboarding.Service) []Route {
	r := applicationRoutes{vetting}
	return []Route{
		post("/applications", "application.apply", "Begin to apply, for oneself or one's pharmacy", r.apply).created(),
		get("/applications", "application.list", "List applications in a state, oldest first", r.list),
		get("/applications/mine", "application.read", "List one's own applications", r.mine),
		get("/applications/{id}", "application.read", "Read an application", r.read),
		put("/applications/{id}", "application.edit", "Change what one said", r.edit),
		post("/applications/{id}/papers", "application.edit", "Hand in a paper", r.paper),
		post("/applications/{id}/submit", "application.submit", "Hand the application in", r.submit),
		post("/applications/{id}/review", "application.review", "Take an application up", r.review),
		post("/applications/{id}/approve", "application.approve", "Let the subject work", r.approve),
		post("/applications/{id}/renew", "application.approve", "Accept newer papers", r.renew),
		post("/applications/{id}/refuse", "application.refuse", "Refuse an application", r.refuse),
		post("/applications/{id}/ask", "application.ask", "Ask for more papers", r.ask),
		post("/applications/{id}/suspend", "application.suspend", "Stop the subject at once", r.suspend),
		post("/applications/{id}/reinstate", "application.reinstate", "Let a suspended subject work again", r.reinstate),
	}
}

type applicationRoutes struct{ vetting *onboarding.Service }

// PaperView is one paper that was handed in.
type PaperView struct {
	Number     int           `json:"number"`
	Kind       string        `json:"kind" enum:"licence,identity,specialty,background_check,insurance,other"`
	Attachment id.Attachment `json:"attachment,omitempty" doc:"Absent when it was shown to an operator."`
	ValidUntil *time.Time    `json:"valid_until,omitempty" doc:"Does not run out, when absent."`
	By         id.Account    `json:"by"`
	At         time.Time     `json:"at"`
	Accepted   bool          `json:"accepted"`
}

// ApplicationView is an application as it is answered.
type ApplicationView struct {
	ID            id.Application `json:"id"`
	State         string         `json:"state" enum:"draft,submitted,reviewing,asked,approved,refused,suspended,expired"`
	Kind          string         `json:"kind" enum:"doctor,pharmacy,pharmacist,courier"`
	Subject       string         `json:"subject" doc:"The account, or the pharmacy."`
	Applicant     id.Account     `json:"applicant"`
	Licence       phi.Text       `json:"licence,omitempty"`
	Specialties   []string       `json:"specialties" nullable:"false"`
	Languages     []string       `json:"languages" nullable:"false"`
	Jurisdictions []string       `json:"jurisdictions" nullable:"false"`
	Papers        []PaperView    `json:"papers" nullable:"false"`
	Wanted        []string       `json:"wanted,omitempty" doc:"Papers that were asked for."`
	Reason        string         `json:"reason,omitempty" doc:"Of the refusal or the suspension; coded."`
	Until         *time.Time     `json:"until,omitempty" doc:"When the first accepted paper runs out."`
	CreatedAt     time.Time      `json:"created_at"`
	History       []StepView     `json:"history" nullable:"false"`
}

func applicationView(a *onboarding.Application) ApplicationView {
	v := ApplicationView{
		ID: a.ID, State: string(a.State), Kind: string(a.Kind), Subject: a.Subject, Applicant: a.Applicant, Licence: a.Licence,
		Specialties: codes(a.Specialties), Languages: codes(a.Languages), Jurisdictions: codes(a.Jurisdictions), Wanted: a.Wanted, Reason: a.Reason,
		Until: moment(a.Until), CreatedAt: a.CreatedAt, Papers: make([]PaperView, 0, len(a.Papers)), History: make([]StepView, 0, len(a.History)),
	}
	for _, p := range a.Papers {
		v.Papers = append(v.Papers, PaperView{p.Number, string(p.Kind), p.Attachment, moment(p.ValidUntil), p.By, p.At, p.Accepted})
	}
	for _, s := range a.History {
		v.History = append(v.History, StepView{string(s.Event), string(s.From), string(s.To), s.At, s.Why})
	}
	return v
}

// codes answers [] rather than null.
func codes(in []string) []string { return append([]string{}, in...) }

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (r applicationRoutes) answered(a *onboarding.Application, err error) (*Reply[ApplicationView], error) {
	if err != nil {
		return nil, err
	}
	return reply(a.Version, applicationView(a)), nil
}

// ApplicationDetails are what an applicant says.
type ApplicationDetails struct {
	Licence       phi.Text `json:"licence,omitempty" maxLength:"80" doc:"Its number."`
	Specialties   []string `json:"specialties,omitempty" maxItems:"20" doc:"Codes, like general-practice."`
	Languages     []string `json:"languages,omitempty" maxItems:"20" doc:"Codes, like en."`
	Jurisdictions []string `json:"jurisdictions,omitempty" maxItems:"20" doc:"Codes, like house."`
}

type applyIn struct {
	Body struct {
		Kind    string `json:"kind" enum:"doctor,pharmacy,pharmacist,courier"`
		Subject string `json:"subject,omitempty" maxLength:"96" doc:"An operator names the account or the pharmacy; others leave it out."`
		ApplicationDetails
	}
}

func (r applicationRoutes) apply(ctx context.Context, a access.Actor, in *applyIn) (*Reply[ApplicationView], error) {
	return r.answered(r.vetting.Apply(ctx, a, onboarding.Apply{
		Kind: onboarding.Kind(in.Body.Kind), Subject: in.Body.Subject,
		Details: onboarding.Details(in.Body.ApplicationDetails),
	}))
}

type applicationsIn struct {
	PageIn
	State string `query:"state" enum:"draft,submitted,reviewing,asked,approved,refused,suspended,expired" default:"submitted"`
}

func (r applicationRoutes) list(ctx context.Context, a access.Actor, in *applicationsIn) (*Reply[ListOf[ApplicationView]], error) {
	page, err := r.vetting.Applications(ctx, a, onboarding.State(in.State), in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, applicationView), nil
}

func (r applicationRoutes) mine(ctx context.Context, a access.Actor, _ *none) (*Reply[ListOf[ApplicationView]], error) {
	all, err := r.vetting.Mine(ctx, a)
	if err != nil {
		return nil, err
	}
	return listed(all, "", applicationView), nil
}

func (r applicationRoutes) read(ctx context.Context, a access.Actor, in *ByID) (*Reply[ApplicationView], error) {
	return r.answered(r.vetting.Application(ctx, a, id.Application(in.ID)))
}

type editApplicationIn struct {
	ByID
	Edit
	Body ApplicationDetails
}

func (r applicationRoutes) edit(ctx context.Context, a access.Actor, in *editApplicationIn) (*Reply[ApplicationView], error) {
	return r.answered(r.vetting.Edit(ctx, a, id.Application(in.ID), in.Version(), onboarding.Details(in.Body)))
}

type paperIn struct {
	ByID
	Body struct {
		Kind       string        `json:"kind" enum:"licence,identity,specialty,background_check,insurance,other"`
		Attachment id.Attachment `json:"attachment,omitempty" maxLength:"96" doc:"The upload; an operator who was shown the paper leaves it out."`
		ValidUntil *time.Time    `json:"valid_until,omitempty" doc:"Does not run out, when left out."`
	}
}

func (r applicationRoutes) paper(ctx context.Context, a access.Actor, in *paperIn) (*Reply[ApplicationView], error) {
	p := onboarding.NewPaper{Kind: onboarding.PaperKind(in.Body.Kind), Attachment: in.Body.Attachment}
	if in.Body.ValidUntil != nil {
		p.ValidUntil = *in.Body.ValidUntil
	}
	return r.answered(r.vetting.AddPaper(ctx, a, id.Application(in.ID), p))
}

func (r applicationRoutes) submit(ctx context.Context, a access.Actor, in *ByID) (*Reply[ApplicationView], error) {
	return r.answered(r.vetting.Submit(ctx, a, id.Application(in.ID)))
}

func (r applicationRoutes) review(ctx context.Context, a access.Actor, in *ByID) (*Reply[ApplicationView], error) {
	return r.answered(r.vetting.Review(ctx, a, id.Application(in.ID)))
}

func (r applicationRoutes) approve(ctx context.Context, a access.Actor, in *ByID) (*Reply[ApplicationView], error) {
	return r.answered(r.vetting.Approve(ctx, a, id.Application(in.ID)))
}

func (r applicationRoutes) renew(ctx context.Context, a access.Actor, in *ByID) (*Reply[ApplicationView], error) {
	return r.answered(r.vetting.Renew(ctx, a, id.Application(in.ID)))
}

func (r applicationRoutes) refuse(ctx context.Context, a access.Actor, in *codedReasonIn) (*Reply[ApplicationView], error) {
	return r.answered(r.vetting.Refuse(ctx, a, id.Application(in.ID), in.Body.Reason))
}

type askIn struct {
	ByID
	Body struct {
		Wanted []onboarding.PaperKind `json:"wanted" minItems:"1" maxItems:"6" nullable:"false" enum:"licence,identity,specialty,background_check,insurance,other"`
	}
}

func (r applicationRoutes) ask(ctx context.Context, a access.Actor, in *askIn) (*Reply[ApplicationView], error) {
	return r.answered(r.vetting.AskMore(ctx, a, id.Application(in.ID), in.Body.Wanted))
}

func (r applicationRoutes) suspend(ctx context.Context, a access.Actor, in *codedReasonIn) (*Reply[ApplicationView], error) {
	return r.answered(r.vetting.Suspend(ctx, a, id.Application(in.ID), in.Body.Reason))
}

func (r applicationRoutes) reinstate(ctx context.Context, a access.Actor, in *ByID) (*Reply[ApplicationView], error) {
	return r.answered(r.vetting.Reinstate(ctx, a, id.Application(in.ID)))
}
