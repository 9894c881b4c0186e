package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/id"
	"housecall/internal/identity"
	"housecall/internal/phi"
)

// Accounts are the routes of accounts: one's own, and for operators everybody's.
func Accounts(people *identity.Service) []Route {
	r := accountRoutes{people}
	return []Route{
		get("/me", "account.read", "Read one's own account", r.me),
		put("/me", "account.edit", "Change name, language and type size", r.edit),
		post("/me/addresses/code", "account.edit", "Have a code sent to an address one wants to add", r.addressCode).keyless(),
		post("/me/addresses", "account.edit", "Add an address with the code sent to it", r.addAddress).created(),
		del("/me/addresses/{id}", "account.edit", "Take an address away", r.removeAddress),
		get("/accounts", "account.list", "List accounts, newest first", r.list),
		post("/accounts/{id}/suspend", "account.suspend", "Keep an account out, at once", r.suspend),
		post("/accounts/{id}/reinstate", "account.reinstate", "Let a suspended account in again", r.reinstate),
		post("/accounts/{id}/recovery", "recovery.ask", "Begin the way back for a lost second factor", r.recover),
		get("/recoveries", "recovery.list", "List recoveries, newest first", r.recoveries),
		post("/recoveries/{id}/approve", "recovery.approve", "Approve a recovery and make its link", r.approve),
		post("/recoveries/{id}/withdraw", "recovery.withdraw", "Stop a recovery", r.withdraw),
	}
}

type accountRoutes struct{ people *identity.Service }

// ReachView is a mail address or a phone number.
type ReachView struct {
	ID      id.Login `json:"id,omitempty"`
	Channel string   `json:"channel" enum:"mail,phone"`
	Text    phi.Text `json:"text"`
}

// AccountView is an account as it is answered, to its owner and to operators.
type AccountView struct {
	ID        id.Account  `json:"id"`
	State     string      `json:"state" enum:"active,suspended"`
	Role      access.Role `json:"role"`
	Name      phi.Text    `json:"name"`
	Language  string      `json:"language"`
	TypeSize  string      `json:"type_size"`
	Patient   id.Patient  `json:"patient,omitempty" doc:"The person whose account this is."`
	Pharmacy  id.Pharmacy `json:"pharmacy,omitempty"`
	Addresses []ReachView `json:"addresses" nullable:"false"`
	CreatedAt time.Time   `json:"created_at"`
	History   []StepView  `json:"history" nullable:"false"`
}

func accountView(a *identity.Account) AccountView {
	v := AccountView{
		ID: a.ID, State: string(a.State), Role: a.Role, Name: a.Name, Language: a.Language, TypeSize: a.TypeSize, Patient: a.Person,
		Pharmacy: a.Pharmacy, CreatedAt: a.CreatedAt, Addresses: make([]ReachView, 0, len(a.Logins)), History: make([]StepView, 0, len(a.History)),
	}
	for _, l := range a.Logins {
		v.Addresses = append(v.Addresses, ReachView{l.ID, string(l.Address.Channel), l.Address.Text})
	}
	for _, s := range a.History {
		v.History = append(v.History, StepView{string(s.Event), string(s.From), string(s.To), s.At, s.Why})
	}
	return v
}

func (r accountRoutes) answered(a *identity.Account, err error) (*Reply[AccountView], error) {
	if err != nil {
		return nil, err
	}
	return reply(a.Version, accountView(a)), nil
}

func (r accountRoutes) me(ctx context.Context, a access.Actor, _ *none) (*Reply[AccountView], error) {
	return r.answered(r.people.Me(ctx, a))
}

type editMeIn struct {
	Edit
	Body struct {
		Name     phi.Text `json:"name" minLength:"1" maxLength:"480"`
		Language string   `json:"language" enum:"en,zh"`
		TypeSize string   `json:"type_size" enum:"normal,large,largest"`
	}
}

func (r accountRoutes) edit(ctx context.Context, a access.Actor, in *editMeIn) (*Reply[AccountView], error) {
	return r.answered(r.people.EditMe(ctx, a, in.Version(), identity.Profile{Name: in.Body.Name, Language: in.Body.Language, TypeSize: in.Body.TypeSize}))
}

type addressCodeIn struct {
	Body struct {
		Address phi.Text `json:"address" minLength:"3" maxLength:"254"`
	}
}

func (r accountRoutes) addressCode(ctx context.Context, a access.Actor, in *addressCodeIn) (*none, error) {
	return nil, r.people.RequestAddress(ctx, a, in.Body.Address, remoteOf(ctx))
}

type addReachIn struct {
	Body struct {
		Address phi.Text `json:"address" minLength:"3" maxLength:"254"`
		Code    phi.Text `json:"code" minLength:"6" maxLength:"6"`
	}
}

func (r accountRoutes) addAddress(ctx context.Context, a access.Actor, in *addReachIn) (*Reply[AccountView], error) {
	return r.answered(r.people.AddAddress(ctx, a, in.Body.Address, in.Body.Code))
}

func (r accountRoutes) removeAddress(ctx context.Context, a access.Actor, in *ByID) (*Reply[AccountView], error) {
	return r.answered(r.people.RemoveAddress(ctx, a, id.Login(in.ID)))
}

type accountsIn struct {
	PageIn
	Role string `query:"role" enum:"patient,doctor,pharmacist,pharmacy_staff,courier,support,operator,auditor" doc:"All of them when left out."`
}

func (r accountRoutes) list(ctx context.Context, a access.Actor, in *accountsIn) (*Reply[ListOf[AccountView]], error) {
	page, err := r.people.Accounts(ctx, a, access.Role(in.Role), in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, accountView), nil
}

// codedReasonIn names one document and a reason as a code.
type codedReasonIn struct {
	ByID
	Body struct {
		Reason string `json:"reason" minLength:"3" maxLength:"40" pattern:"^[a-z][a-z-]+$" doc:"Coded reason in small letters, like lost-phone."`
	}
}

func (r accountRoutes) suspend(ctx context.Context, a access.Actor, in *codedReasonIn) (*Reply[AccountView], error) {
	return r.answered(r.people.SuspendAccount(ctx, a, id.Account(in.ID), in.Body.Reason))
}

func (r accountRoutes) reinstate(ctx context.Context, a access.Actor, in *ByID) (*Reply[AccountView], error) {
	return r.answered(r.people.ReinstateAccount(ctx, a, id.Account(in.ID)))
}

// RecoveryView is the way back for a lost second factor.
type RecoveryView struct {
	ID      id.Recovery `json:"id"`
	State   string      `json:"state" enum:"asked,approved,completed,withdrawn"`
	Account id.Account  `json:"account"`
	AskedBy id.Account  `json:"asked_by"`
	AskedAt time.Time   `json:"asked_at"`
	Link    string      `json:"link,omitempty" doc:"To a new password and authenticator; good once, for ten minutes. Answered to who approves."`
	Token   string      `json:"token,omitempty" doc:"What stands behind the # of the link."`
	History []StepView  `json:"history" nullable:"false"`
}

func recoveryView(r *identity.Recovery) RecoveryView {
	v := RecoveryView{ID: r.ID, State: string(r.State), Account: r.Account, AskedBy: r.AskedBy, AskedAt: r.AskedAt, History: make([]StepView, 0, len(r.History))}
	for _, s := range r.History {
		v.History = append(v.History, StepView{string(s.Event), string(s.From), string(s.To), s.At, s.Why})
	}
	return v
}

func recoveryReply(recovery *identity.Recovery, err error) (*Reply[RecoveryView], error) {
	if err != nil {
		return nil, err
	}
	return reply(recovery.Version, recoveryView(recovery)), nil
}

type lostIn struct {
	ByID
	Body struct {
		Reason  string   `json:"reason" minLength:"3" maxLength:"40" pattern:"^[a-z][a-z-]+$" doc:"Coded reason, like lost-phone."`
		Address phi.Text `json:"address,omitempty" maxLength:"254" doc:"Of a patient: where codes go from now on."`
	}
}

func (r accountRoutes) recover(ctx context.Context, a access.Actor, in *lostIn) (*Reply[RecoveryView], error) {
	return recoveryReply(r.people.AskRecovery(ctx, a, id.Account(in.ID), identity.Lost{Reason: in.Body.Reason, Address: in.Body.Address}))
}

type recoveriesIn struct {
	PageIn
	State string `query:"state" enum:"asked,approved,completed,withdrawn" default:"asked"`
}

func (r accountRoutes) recoveries(ctx context.Context, a access.Actor, in *recoveriesIn) (*Reply[ListOf[RecoveryView]], error) {
	page, err := r.people.Recoveries(ctx, a, identity.RecoveryState(in.State), in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, recoveryView), nil
}

func (r accountRoutes) approve(ctx context.Context, a access.Actor, in *ByID) (*Reply[RecoveryView], error) {
	recovery, token, err := r.people.ApproveRecovery(ctx, a, id.Recovery(in.ID))
	out, err := recoveryReply(recovery, err)
	if err == nil {
		out.Body.Token, out.Body.Link = token, r.people.Link(token)
	}
	return out, err
}

func (r accountRoutes) withdraw(ctx context.Context, a access.Actor, in *ByID) (*Reply[RecoveryView], error) {
	return recoveryReply(r.people.WithdrawRecovery(ctx, a, id.Recovery(in.ID)))
}
