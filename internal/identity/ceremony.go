package identity

import (
	"context"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// forPasskey is what a ceremony that adds one is for; it is worth nothing for a sign-in, nor a sign-in's for it.
const forPasskey Purpose = "add-passkey"

// ceremonyLasts is how long a device and its owner have for an answer.
const ceremonyLasts = 5 * time.Minute

// Ceremony is one challenge to a passkey. Its id is derived from the challenge, which comes back in what the
// device signs; it is good once.
type Ceremony struct {
	ID            id.Ceremony `json:"id"`
	docstore.Meta `json:"meta"`
	Purpose       Purpose              `json:"purpose"`
	Account       id.Account           `json:"account,omitempty"` // who began it; nobody for a sign-in
	Data          webauthn.SessionData `json:"data"`
	Nonce         []byte               `json:"nonce,omitempty"` // of a challenge that covers something
	Expires       time.Time            `json:"expires"`
	Spent         time.Time            `json:"spent,omitzero"`
}

// DocID implements docstore.Document.
func (c *Ceremony) DocID() string { return string(c.ID) }

var ceremonySpec = docstore.Spec[Ceremony]{Name: "ceremonies", Indexes: map[string]func(*Ceremony) (docstore.Key, bool){
	"over": func(c *Ceremony) (docstore.Key, bool) { return docstore.Key{Order: docstore.ByTime(c.Expires)}, true },
}}

func ceremonyOf(challenge string) id.Ceremony { return id.Derive[id.Ceremony](challenge) }

func (s *Service) beginCeremony(ctx context.Context, p Purpose, by id.Account, data *webauthn.SessionData, nonce []byte) error {
	return s.ceremonies.Insert(ctx, id.Request{}, &Ceremony{
		ID: ceremonyOf(data.Challenge), Purpose: p, Account: by, Data: *data, Nonce: nonce, Expires: s.d.Clock.Now().Add(ceremonyLasts),
	})
}

// spendCeremony uses a challenge up before anything of the answer is judged, so that an answer is judged once. The
// request that spent it may come again: it is the same answer.
func (s *Service) spendCeremony(ctx context.Context, p Purpose, by id.Account, challenge string, req id.Request) (*Ceremony, error) {
	now := s.d.Clock.Now()
	c, err := s.ceremonies.Update(ctx, string(ceremonyOf(challenge)), docstore.On{Request: req}, func(c *Ceremony) error {
		if c.Purpose != p || c.Account != by || !c.Spent.IsZero() || !now.Before(c.Expires) {
			return overCeremony()
		}
		c.Spent = now
		return nil
	})
	if fault.Is(err, fault.NotFound) {
		return nil, overCeremony()
	}
	return c, err
}

func overCeremony() error {
	return fault.InvalidField("/credential", "This took too long, or was sent already. Try again.").Coded("ceremony-over")
}
