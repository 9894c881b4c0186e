package identity

import (
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/id"
	"housecall/internal/lifecycle"
	"housecall/internal/phi"
)

// GrantState is a stage in the life of a grant.
type GrantState string

// The states of a grant.
const (
	GrantInvited    GrantState = "invited" // the caregiver has not answered
	GrantActive     GrantState = "active"
	GrantIsDeclined GrantState = "declined"
	GrantIsRevoked  GrantState = "revoked"
	GrantExpired    GrantState = "expired"
)

// GrantEvent is what can happen to a grant.
type GrantEvent string

// The events of a grant.
const (
	Invited      GrantEvent = "invite"
	Entrust      GrantEvent = "entrust" // a guardian's, with the dependant
	AcceptGrant  GrantEvent = "accept"
	DeclineGrant GrantEvent = "decline"
	RenewGrant   GrantEvent = "renew" // given again, with other rights or another day
	RevokeGrant  GrantEvent = "revoke"
	ExpireGrant  GrantEvent = "expire"
)

var grantMoves = lifecycle.Table[GrantState, GrantEvent]{
	"":              {Invited: GrantInvited, Entrust: GrantActive},
	GrantInvited:    {AcceptGrant: GrantActive, DeclineGrant: GrantIsDeclined, RevokeGrant: GrantIsRevoked, RenewGrant: GrantInvited, ExpireGrant: GrantExpired},
	GrantActive:     {RevokeGrant: GrantIsRevoked, RenewGrant: GrantActive, ExpireGrant: GrantExpired},
	GrantIsDeclined: {RenewGrant: GrantInvited},
	GrantIsRevoked:  {RenewGrant: GrantInvited, Entrust: GrantActive},
	GrantExpired:    {RenewGrant: GrantInvited},
}

// Grant is what a patient lets one caregiver do. Its id is derived from the two: given again, it is
// the same grant. A caregiver who was named by address is known once they have accepted.
type Grant struct {
	ID            id.Grant `json:"id"`
	docstore.Meta `json:"meta"`
	State         GrantState                               `json:"state"`
	History       []lifecycle.Step[GrantState, GrantEvent] `json:"history"`
	Patient       id.Patient                               `json:"patient"`
	Holder        id.Account                               `json:"holder,omitempty"`
	Login         id.Login                                 `json:"login,omitempty"`   // of the address it was sent to
	Address       *Address                                 `json:"address,omitempty"` // as the patient typed it, shown to them alone
	Label         phi.Text                                 `json:"label,omitempty"`   // what the patient calls the caregiver
	Scopes        []access.Scope                           `json:"scopes"`
	Until         time.Time                                `json:"until,omitzero"` // zero: until revoked
	Guardian      bool                                     `json:"guardian,omitempty"`
}

// DocID implements docstore.Document.
func (g *Grant) DocID() string { return string(g.ID) }

// Holds tells whether the grant gives anything at this moment.
func (g *Grant) Holds(now time.Time) bool {
	return g.State == GrantActive && (g.Until.IsZero() || now.Before(g.Until))
}

// StateAt is the state with what time has done to it.
func (g *Grant) StateAt(now time.Time) GrantState {
	live := g.State == GrantActive || g.State == GrantInvited
	if live && !g.Until.IsZero() && !now.Before(g.Until) {
		return GrantExpired
	}
	return g.State
}

// facts: a grant is the patient's own and the holder's; a guardian's is the guardian's alone.
func (g *Grant) facts() access.Facts {
	f := access.Facts{Record: string(g.ID), Owner: g.Holder}
	if !g.Guardian {
		f.Patient = g.Patient
	}
	return f
}

// grantWhys says why a grant moves when nobody says otherwise.
var grantWhys = lifecycle.MustExplain(lifecycle.Whys[GrantEvent]{
	Invited: "own_wish", Entrust: "added_dependant", AcceptGrant: "said_yes", DeclineGrant: "said_no", RenewGrant: "given_again",
	RevokeGrant: "taken_back", ExpireGrant: "time_over",
}, grantMoves)

// apply is the only place that sets the state.
func (g *Grant) apply(now time.Time, by id.Account, e GrantEvent) error {
	to, err := grantMoves.Next(g.State, e)
	if err != nil {
		return err
	}
	g.History = append(g.History, lifecycle.Step[GrantState, GrantEvent]{Event: e, From: g.State, To: to, By: string(by), At: now, Why: grantWhys.Of(e, "", "")})
	g.State = to
	return nil
}

var grantSpec = docstore.Spec[Grant]{Name: "grants", Indexes: map[string]func(*Grant) (docstore.Key, bool){
	"pair": func(g *Grant) (docstore.Key, bool) {
		return docstore.Key{Equal: docstore.Eq(string(g.Patient), string(g.Holder))}, g.State == GrantActive
	},
	"patient": func(g *Grant) (docstore.Key, bool) {
		return docstore.Key{Equal: string(g.Patient), Order: docstore.ByTime(g.CreatedAt)}, true
	},
	"holder": func(g *Grant) (docstore.Key, bool) {
		return docstore.Key{Equal: string(g.Holder), Order: docstore.ByTime(g.CreatedAt)}, g.Holder != "" && g.State == GrantActive
	},
	"invited": func(g *Grant) (docstore.Key, bool) {
		return docstore.Key{Equal: g.invitee(), Order: docstore.ByTime(g.CreatedAt)}, g.State == GrantInvited
	},
}}

// invitee is who may answer: the account itself, or whoever has the address.
func (g *Grant) invitee() string {
	if g.Login != "" {
		return string(g.Login)
	}
	return string(g.Holder)
}

func allScopes() []access.Scope { return slices.Clone(access.Scopes) }
