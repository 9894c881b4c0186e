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

// Enrolment are the routes by which an operator brings people in.
func Enrolment(people *identity.Service, clk clock.Clock) []Route {
	r := enrolmentRoutes{people, clk}
	return []Route{
		post("/invites", "account.enrol", "Enrol somebody new of any role", r.enrol).created(),
		get("/invites", "invite.list", "List enrolment links, newest first", r.list),
		post("/invites/{id}/withdraw", "invite.withdraw", "Make an enrolment link worthless", r.withdraw),
	}
}

type enrolmentRoutes struct {
	people *identity.Service
	clock  clock.Clock
}

// InviteView is an enrolment link as it is answered to operators.
type InviteView struct {
	ID        id.Invite   `json:"id"`
	State     string      `json:"state" enum:"open,accepted,confirmed,expired,withdrawn"`
	Role      access.Role `json:"role"`
	Pharmacy  id.Pharmacy `json:"pharmacy,omitempty"`
	Name      phi.Text    `json:"name"`
	Address   ReachView   `json:"address"`
	Account   id.Account  `json:"account" doc:"That it makes, or that has lost its second factor."`
	Recovery  id.Recovery `json:"recovery,omitempty"`
	By        id.Account  `json:"by"`
	ExpiresAt time.Time   `json:"expires_at"`
	Link      string      `json:"link,omitempty" doc:"Good once, for ten minutes. Answered to who enrols, this once."`
	Token     string      `json:"token,omitempty" doc:"What stands behind the # of the link."`
}

func (r enrolmentRoutes) view(i *identity.Invite) InviteView {
	return InviteView{
		ID: i.ID, State: string(i.StateAt(r.clock.Now())), Role: i.Role, Pharmacy: i.Pharmacy, Name: i.Profile.Name,
		Address: ReachView{"", string(i.Login.Address.Channel), i.Login.Address.Text}, Account: i.Account, Recovery: i.Recovery, By: i.By, ExpiresAt: i.Expires,
	}
}

type enrolIn struct {
	Body struct {
		Role      access.Role `json:"role" enum:"patient,doctor,pharmacist,pharmacy_staff,courier,support,operator,auditor"`
		Address   phi.Text    `json:"address" minLength:"3" maxLength:"254"`
		Name      phi.Text    `json:"name" minLength:"1" maxLength:"480"`
		Language  string      `json:"language,omitempty" enum:"en,zh" default:"en"`
		Pharmacy  id.Pharmacy `json:"pharmacy,omitempty" maxLength:"96" doc:"Where a pharmacist or one of the staff works."`
		BirthDate phi.Text    `json:"birth_date,omitempty" format:"date" doc:"Of a patient."`
		Sex       phi.Text    `json:"sex,omitempty" enum:"female,male,other,unknown" doc:"Of a patient."`
	}
}

func (r enrolmentRoutes) enrol(ctx context.Context, a access.Actor, in *enrolIn) (*Reply[InviteView], error) {
	b := in.Body
	invite, token, err := r.people.Enrol(ctx, a, identity.Enrolment{
		Role: b.Role, Address: b.Address, Pharmacy: b.Pharmacy,
		Profile: identity.Profile{Name: b.Name, Language: b.Language, BirthDate: b.BirthDate, Sex: b.Sex},
	})
	if err != nil {
		return nil, err
	}
	v := r.view(invite)
	v.Token, v.Link = token, r.people.Link(token)
	return reply(invite.Version, v), nil
}

func (r enrolmentRoutes) list(ctx context.Context, a access.Actor, in *PageIn) (*Reply[ListOf[InviteView]], error) {
	page, err := r.people.Invites(ctx, a, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, r.view), nil
}

func (r enrolmentRoutes) withdraw(ctx context.Context, a access.Actor, in *ByID) (*Reply[InviteView], error) {
	invite, err := r.people.WithdrawInvite(ctx, a, id.Invite(in.ID))
	if err != nil {
		return nil, err
	}
	return reply(invite.Version, r.view(invite)), nil
}
