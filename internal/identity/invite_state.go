package identity

import (
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/id"
	"housecall/internal/lifecycle"
)

// InviteState is a stage in the life of an enrolment link.
type InviteState string

// The states of an enrolment link.
const (
	InviteOpen        InviteState = "open"
	InviteIsAccepted  InviteState = "accepted" // a password is set, the authenticator has not shown a code yet
	InviteIsConfirmed InviteState = "confirmed"
	InviteExpired     InviteState = "expired"
	InviteIsWithdrawn InviteState = "withdrawn"
)

// InviteEvent is what can happen to an enrolment link.
type InviteEvent string

// The events of an enrolment link.
const (
	MakeInvite     InviteEvent = "make"
	AcceptInvite   InviteEvent = "accept"
	ConfirmInvite  InviteEvent = "confirm"
	ExpireInvite   InviteEvent = "expire"
	WithdrawInvite InviteEvent = "withdraw"
)

// A patient has no authenticator: theirs goes from open to confirmed.
var inviteMoves = lifecycle.Table[InviteState, InviteEvent]{
	"":                {MakeInvite: InviteOpen},
	InviteOpen:        {AcceptInvite: InviteIsAccepted, ConfirmInvite: InviteIsConfirmed, ExpireInvite: InviteExpired, WithdrawInvite: InviteIsWithdrawn},
	InviteIsAccepted:  {ConfirmInvite: InviteIsConfirmed, ExpireInvite: InviteExpired, WithdrawInvite: InviteIsWithdrawn},
	InviteIsConfirmed: {}, InviteExpired: {}, InviteIsWithdrawn: {},
}

// Invite is a link, good once and for ten minutes, by which somebody an operator has enrolled comes
// in, or gets a new second factor. The link is kept only as a hash.
type Invite struct {
	ID            id.Invite `json:"id"`
	docstore.Meta `json:"meta"`
	State         InviteState                                `json:"state"`
	History       []lifecycle.Step[InviteState, InviteEvent] `json:"history"`
	TokenHash     []byte                                     `json:"token_hash"`
	Account       id.Account                                 `json:"account"` // that it will make, or that has lost its factor
	Recovery      id.Recovery                                `json:"recovery,omitempty"`
	Role          access.Role                                `json:"role"`
	Pharmacy      id.Pharmacy                                `json:"pharmacy,omitempty"`
	Login         LoginOf                                    `json:"login"`
	Profile       Profile                                    `json:"profile"`
	By            id.Account                                 `json:"by"`
	Expires       time.Time                                  `json:"expires"`
	Password      *Password                                  `json:"password,omitempty"`
	TOTP          *Authenticator                             `json:"totp,omitempty"`
	Tries         int                                        `json:"tries"` // wrong first codes
}

// DocID implements docstore.Document.
func (i *Invite) DocID() string { return string(i.ID) }

// StateAt is the state with what time has done to it.
func (i *Invite) StateAt(now time.Time) InviteState {
	if !inviteMoves.Ended(i.State) && !now.Before(i.Expires) {
		return InviteExpired
	}
	return i.State
}

// inviteWhys says why a link moves when nobody says otherwise.
var inviteWhys = lifecycle.MustExplain(lifecycle.Whys[InviteEvent]{
	MakeInvite: "enrolling", AcceptInvite: "link_followed", ConfirmInvite: "code_shown", ExpireInvite: "time_over", WithdrawInvite: "operator",
}, inviteMoves)

// apply is the only place that sets the state.
func (i *Invite) apply(now time.Time, by id.Account, e InviteEvent) error {
	to, err := inviteMoves.Next(i.State, e)
	if err != nil {
		return err
	}
	i.History = append(i.History, lifecycle.Step[InviteState, InviteEvent]{Event: e, From: i.State, To: to, By: string(by), At: now, Why: inviteWhys.Of(e, "", "")})
	i.State = to
	return nil
}

var inviteSpec = docstore.Spec[Invite]{Name: "invites", Indexes: map[string]func(*Invite) (docstore.Key, bool){
	"all": func(i *Invite) (docstore.Key, bool) {
		return docstore.Key{Equal: "all", Order: docstore.ByTime(i.CreatedAt)}, true
	},
}}
