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

// Account is who signs in.
type Account struct {
	ID            id.Account `json:"id"`
	docstore.Meta `json:"meta"`
	State         AccountState                                 `json:"state"`
	History       []lifecycle.Step[AccountState, AccountEvent] `json:"history"`
	Role          access.Role                                  `json:"role"`
	Name          phi.Text                                     `json:"name"`
	Language      string                                       `json:"language"`
	TypeSize      string                                       `json:"type_size"`
	Person        id.Patient                                   `json:"person,omitempty"`   // of a patient
	Pharmacy      id.Pharmacy                                  `json:"pharmacy,omitempty"` // where a pharmacist works
	Logins        []LoginOf                                    `json:"logins"`
	Password      *Password                                    `json:"password,omitempty"`
	TOTP          *Authenticator                               `json:"totp,omitempty"`
	Wrong         Wrong                                        `json:"wrong"` // codes of the authenticator, guessed in a row
	// Epoch is the generation of sessions: when it moves on, all that were opened before are over.
	Epoch int `json:"epoch"`
	// Passkeys is the generation of passkeys: a recovery moves it on, and all that were added before are worthless.
	Passkeys int `json:"passkeys,omitempty"`
}

// LoginOf is one address of an account.
type LoginOf struct {
	ID      id.Login `json:"id"`
	Address Address  `json:"address"`
}

// DocID implements docstore.Document.
func (a *Account) DocID() string { return string(a.ID) }

// Staff tells whether the account signs in with a password and an authenticator.
func (a *Account) Staff() bool { return a.Role != access.Patient }

func (a *Account) holds(l id.Login) bool {
	return slices.ContainsFunc(a.Logins, func(of LoginOf) bool { return of.ID == l })
}

// Contact is where the account is told things, the first address it gave; false: none.
func (a *Account) Contact() (Address, bool) {
	if len(a.Logins) == 0 {
		return Address{}, false
	}
	return a.Logins[0].Address, true
}

// AccountState is a stage in the life of an account.
type AccountState string

// The states of an account.
const (
	AccountActive      AccountState = "active"
	AccountIsSuspended AccountState = "suspended"
)

// AccountEvent is what can happen to an account.
type AccountEvent string

// The events of an account.
const (
	Enrol     AccountEvent = "enrol"
	Suspend   AccountEvent = "suspend"
	Reinstate AccountEvent = "reinstate"
)

var accountMoves = lifecycle.Table[AccountState, AccountEvent]{
	"":                 {Enrol: AccountActive},
	AccountActive:      {Suspend: AccountIsSuspended},
	AccountIsSuspended: {Reinstate: AccountActive},
}

// accountWhys says why an account moves when nobody says otherwise.
var accountWhys = lifecycle.MustExplain(lifecycle.Whys[AccountEvent]{
	Enrol: "came_in", Suspend: "operator", Reinstate: "operator",
}, accountMoves)

// apply is the only place that sets the state.
func (a *Account) apply(now time.Time, by id.Account, e AccountEvent, why string) error {
	to, err := accountMoves.Next(a.State, e)
	if err != nil {
		return err
	}
	a.History = append(a.History, lifecycle.Step[AccountState, AccountEvent]{Event: e, From: a.State, To: to, By: string(by), At: now, Why: accountWhys.Of(e, why, "")})
	a.State = to
	return nil
}

var accountSpec = docstore.Spec[Account]{Name: "accounts", Indexes: map[string]func(*Account) (docstore.Key, bool){
	"role": func(a *Account) (docstore.Key, bool) {
		return docstore.Key{Equal: string(a.Role), Order: docstore.ByTime(a.CreatedAt)}, true
	},
	"pharmacy": func(a *Account) (docstore.Key, bool) {
		return docstore.Key{Equal: string(a.Pharmacy), Order: docstore.ByTime(a.CreatedAt)}, a.Pharmacy != ""
	},
	"all": func(a *Account) (docstore.Key, bool) {
		return docstore.Key{Equal: "all", Order: docstore.ByTime(a.CreatedAt)}, true
	},
}}
