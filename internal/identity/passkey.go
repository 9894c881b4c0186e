package identity

import (
	"encoding/base64"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/lifecycle"
	"housecall/internal/phi"
)

// PasskeyState is a stage in the life of a passkey.
type PasskeyState string

// The states of a passkey.
const (
	PasskeyActive    PasskeyState = "active"
	PasskeyIsSuspect PasskeyState = "suspect" // its counter went back: somebody may hold a copy of the key
	PasskeyIsRemoved PasskeyState = "removed"
)

// PasskeyEvent is what can happen to a passkey.
type PasskeyEvent string

// The events of a passkey.
const (
	AddPasskey     PasskeyEvent = "add"
	SuspectPasskey PasskeyEvent = "suspect"
	RemovePasskey  PasskeyEvent = "remove"
)

var passkeyMoves = lifecycle.Table[PasskeyState, PasskeyEvent]{
	"":               {AddPasskey: PasskeyActive},
	PasskeyActive:    {SuspectPasskey: PasskeyIsSuspect, RemovePasskey: PasskeyIsRemoved},
	PasskeyIsSuspect: {RemovePasskey: PasskeyIsRemoved},
	PasskeyIsRemoved: {},
}

// passkeyWhys says why a passkey moves when nobody says otherwise.
var passkeyWhys = lifecycle.MustExplain(lifecycle.Whys[PasskeyEvent]{
	AddPasskey: "own_wish", SuspectPasskey: "counter_went_back", RemovePasskey: "own_wish",
}, passkeyMoves)

// Passkey is a key on a person's device that signs them in (WebAuthn). Its id is derived from the credential's, so
// that no two accounts can ever hold the same one. Only the public half is here.
type Passkey struct {
	ID            id.Passkey `json:"id"`
	docstore.Meta `json:"meta"`
	State         PasskeyState                                 `json:"state"`
	History       []lifecycle.Step[PasskeyState, PasskeyEvent] `json:"history"`
	Account       id.Account                                   `json:"account"`
	Generation    int                                          `json:"generation"` // of the account's passkeys; an older one is worthless
	Name          phi.Text                                     `json:"name"`
	Credential    []byte                                       `json:"credential"` // its id, as the device made it
	PublicKey     []byte                                       `json:"public_key"` // COSE
	Transports    []string                                     `json:"transports,omitempty"`
	Model         []byte                                       `json:"model,omitempty"` // AAGUID of the authenticator
	Synced        bool                                         `json:"synced"`          // may be kept on several devices (backup eligible)
	Counter       uint32                                       `json:"counter"`         // of signatures; 0 for ever where the device keeps none
	Used          time.Time                                    `json:"used,omitzero"`
}

// DocID implements docstore.Document.
func (p *Passkey) DocID() string { return string(p.ID) }

func passkeyOf(credential []byte) id.Passkey {
	return id.Derive[id.Passkey](base64.RawURLEncoding.EncodeToString(credential))
}

// opens tells whether the passkey may sign this account in.
func (p *Passkey) opens(a *Account) bool {
	return p.State == PasskeyActive && p.Account == a.ID && p.Generation == a.Passkeys
}

// stands tells whether the owner still sees it: a recovery makes all that were there before worthless.
func (p *Passkey) stands(a *Account) bool {
	return p.State != PasskeyIsRemoved && p.Account == a.ID && p.Generation == a.Passkeys
}

// apply is the only place that sets the state.
func (p *Passkey) apply(now time.Time, by id.Account, e PasskeyEvent) error {
	to, err := passkeyMoves.Next(p.State, e)
	if err != nil {
		return err
	}
	p.History = append(p.History, lifecycle.Step[PasskeyState, PasskeyEvent]{Event: e, From: p.State, To: to, By: string(by), At: now, Why: passkeyWhys.Of(e, "", "")})
	p.State = to
	return nil
}

// announce tells the owner: whoever has got into an account must not be able to settle there unseen.
func (p *Passkey) announce(kind event.Kind, by id.Account, role access.Role, more ...string) {
	p.Emit(event.Event{
		Kind: kind, By: string(by), To: append([]string{string(p.Account)}, more...),
		Data: map[string]string{"account": string(p.Account), "role": string(role)},
	})
}

// use counts a signature that was good. A counter that does not go on is that of a copy, or the copy has gone on
// without this one: it signs nobody in from here on, and the owner is told.
func (p *Passkey) use(now time.Time, role access.Role, counter uint32) error {
	if counter <= p.Counter && (counter != 0 || p.Counter != 0) {
		p.announce(PasskeySuspected, "identity", role, event.ToOperators)
		return p.apply(now, "identity", SuspectPasskey)
	}
	p.Counter, p.Used = counter, now
	return nil
}

// passkeyName is what the owner calls it; a passkey without a name is called by its device.
func passkeyName(name phi.Text) (phi.Text, error) {
	plain := strings.TrimSpace(name.Reveal())
	if plain == "" || len(plain) > 240 || label(plain) != plain {
		return "", fault.InvalidField("/name", "Give a name of 1 to 80 letters, like \"My phone\".")
	}
	return phi.Text(plain), nil
}

var passkeySpec = docstore.Spec[Passkey]{Name: "passkeys", Indexes: map[string]func(*Passkey) (docstore.Key, bool){
	"account": func(p *Passkey) (docstore.Key, bool) {
		return docstore.Key{Equal: string(p.Account), Order: docstore.ByTime(p.CreatedAt)}, p.State != PasskeyIsRemoved
	},
}}
