package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/id"
	"housecall/internal/identity"
	"housecall/internal/phi"
)

// Grants are the routes of the care circle.
func Grants(people *identity.Service, clk clock.Clock) []Route {
	r := grantRoutes{people, clk}
	return []Route{
		get("/patients/{id}/grants", "grant.read", "List what a patient has granted", r.given),
		post("/patients/{id}/grants", "grant.give", "Give a caregiver rights, or other ones", r.give).created(),
		get("/grants", "grant.held", "List what one may do for others, and invitations", r.held),
		post("/grants/{id}/accept", "grant.answer", "Accept an invitation", r.accept),
		post("/grants/{id}/decline", "grant.answer", "Decline an invitation", r.decline),
		post("/grants/{id}/revoke", "grant.revoke", "End a grant at once", r.revoke),
	}
}

type grantRoutes struct {
	people *identity.Service
	clock  clock.Clock
}

// GrantView is a grant as it is answered. The address and the label are the patient's own words, shown to their side alone.
type GrantView struct {
	ID       id.Grant       `json:"id"`
	State    string         `json:"state" enum:"invited,active,declined,revoked,expired"`
	Patient  id.Patient     `json:"patient"`
	Holder   id.Account     `json:"holder,omitempty"`
	Address  *ReachView     `json:"address,omitempty"`
	Label    phi.Text       `json:"label,omitempty"`
	Scopes   []access.Scope `json:"scopes" nullable:"false"`
	Until    *time.Time     `json:"until,omitempty"`
	Guardian bool           `json:"guardian" doc:"A guardian's, over a dependant."`
	History  []StepView     `json:"history" nullable:"false"`
}

// ofHolder is the view for the side that holds it.
func (r grantRoutes) ofHolder(g *identity.Grant) GrantView {
	v := GrantView{
		ID: g.ID, State: string(g.StateAt(r.clock.Now())), Patient: g.Patient, Holder: g.Holder, Scopes: g.Scopes, Guardian: g.Guardian,
		History: make([]StepView, 0, len(g.History)),
	}
	if !g.Until.IsZero() {
		v.Until = &g.Until
	}
	for _, s := range g.History {
		v.History = append(v.History, StepView{string(s.Event), string(s.From), string(s.To), s.At, s.Why})
	}
	return v
}

// ofPatient is the view for the side that gave it.
func (r grantRoutes) ofPatient(g *identity.Grant) GrantView {
	v := r.ofHolder(g)
	v.Label = g.Label
	if g.Address != nil {
		v.Address = &ReachView{"", string(g.Address.Channel), g.Address.Text}
	}
	return v
}

func (r grantRoutes) given(ctx context.Context, a access.Actor, in *ByID) (*Reply[ListOf[GrantView]], error) {
	all, err := r.people.GrantsGiven(ctx, a, id.Patient(in.ID))
	if err != nil {
		return nil, err
	}
	return listed(all, "", r.ofPatient), nil
}

type giveIn struct {
	ByID
	Body struct {
		Address phi.Text       `json:"address,omitempty" maxLength:"254" doc:"Of the one who shall help; they are invited."`
		Holder  id.Account     `json:"holder,omitempty" maxLength:"96" doc:"Instead of an address: an account you know."`
		Label   phi.Text       `json:"label,omitempty" maxLength:"120" doc:"What you call them."`
		Scopes  []access.Scope `json:"scopes" minItems:"1" maxItems:"5" nullable:"false" enum:"see,book,attend,pay,receive"`
		Until   *time.Time     `json:"until,omitempty" doc:"Until revoked, when left out."`
	}
}

func (r grantRoutes) give(ctx context.Context, a access.Actor, in *giveIn) (*Reply[GrantView], error) {
	give := identity.Give{Patient: id.Patient(in.ID), Address: in.Body.Address, Holder: in.Body.Holder, Label: in.Body.Label, Scopes: in.Body.Scopes}
	if in.Body.Until != nil {
		give.Until = in.Body.Until.UTC().Truncate(time.Millisecond)
	}
	g, err := r.people.GiveGrant(ctx, a, give)
	if err != nil {
		return nil, err
	}
	return reply(g.Version, r.ofPatient(g)), nil
}

// CircleView is what somebody may do for others.
type CircleView struct {
	Held        []GrantView `json:"held" nullable:"false"`
	Invitations []GrantView `json:"invitations" nullable:"false"`
}

func (r grantRoutes) held(ctx context.Context, a access.Actor, _ *none) (*Reply[CircleView], error) {
	held, invitations, err := r.people.GrantsHeld(ctx, a)
	if err != nil {
		return nil, err
	}
	return reply(0, CircleView{listed(held, "", r.ofHolder).Body.Items, listed(invitations, "", r.ofHolder).Body.Items}), nil
}

func (r grantRoutes) accept(ctx context.Context, a access.Actor, in *ByID) (*Reply[GrantView], error) {
	return r.answered(r.people.AnswerGrant(ctx, a, id.Grant(in.ID), identity.AcceptGrant))
}

func (r grantRoutes) decline(ctx context.Context, a access.Actor, in *ByID) (*Reply[GrantView], error) {
	return r.answered(r.people.AnswerGrant(ctx, a, id.Grant(in.ID), identity.DeclineGrant))
}

func (r grantRoutes) revoke(ctx context.Context, a access.Actor, in *ByID) (*Reply[GrantView], error) {
	return r.answered(r.people.RevokeGrant(ctx, a, id.Grant(in.ID)))
}

func (r grantRoutes) answered(g *identity.Grant, err error) (*Reply[GrantView], error) {
	if err != nil {
		return nil, err
	}
	return reply(g.Version, r.ofHolder(g)), nil
}
