package identity

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"housecall/internal/access"
	"housecall/internal/fault"
)

// Proof is what a passkey has signed: that its owner, verified by the device, agreed to what was covered. Whoever
// holds it can check it: the challenge in ClientData is ConfirmedBy of the purpose, Nonce and what was covered, and
// Signature is that of PublicKey (COSE) over AuthData and the SHA-256 of ClientData.
type Proof struct {
	Passkey    string `json:"passkey"`
	PublicKey  []byte `json:"public_key"`
	Nonce      []byte `json:"nonce"`
	ClientData []byte `json:"client_data"`
	AuthData   []byte `json:"auth_data"`
	Signature  []byte `json:"signature"`
}

// ConfirmedBy is the challenge that binds an answer to one purpose and to what it covers.
func ConfirmedBy(purpose string, nonce, covered []byte) []byte {
	sum := sha256.Sum256([]byte(strings.Join([]string{"housecall confirms", purpose, string(nonce), string(covered)}, "\x1f")))
	return sum[:]
}

// BeginPasskeyConfirmation answers what a browser needs to have one of the own passkeys sign what is covered
// (PublicKeyCredentialRequestOptions, as JSON), for one purpose.
func (s *Service) BeginPasskeyConfirmation(ctx context.Context, a access.Actor, purpose string, covered []byte) (json.RawMessage, error) {
	if err := s.d.Guard.Check(ctx, a, "session.confirm", access.Facts{Owner: a.Account, Record: string(a.Session)}); err != nil {
		return nil, err
	}
	relying, err := s.relyingParty()
	if err != nil {
		return nil, err
	}
	h, err := s.opening(ctx, a)
	if err != nil {
		return nil, err
	}
	if len(h.passkeys) == 0 {
		return nil, fault.New(fault.Conflict, "You have no passkey yet. Use a code of your authenticator.").Coded("no-passkey")
	}
	nonce := random(32)
	assertion, data, err := relying.BeginLogin(h, webauthn.WithChallenge(ConfirmedBy(purpose, nonce, covered)))
	if err != nil {
		return nil, fmt.Errorf("begin confirmation by %s: %w", a.Account, err)
	}
	if err := s.beginCeremony(ctx, confirming(purpose), a.Account, data, nonce); err != nil {
		return nil, err
	}
	return json.Marshal(assertion.Response)
}

func confirming(purpose string) Purpose { return Purpose("confirm:" + purpose) }

// opening is who asks, with the passkeys that may be shown.
func (s *Service) opening(ctx context.Context, a access.Actor) (holder, error) {
	h, err := s.holder(ctx, a)
	h.passkeys = slices.DeleteFunc(h.passkeys, func(p *Passkey) bool { return !p.opens(h.account) })
	return h, err
}

// ConfirmByPasskey takes the answer of a passkey for one purpose, once, and only if it covers this very thing. It
// answers the proof, to be kept with what was agreed to.
func (s *Service) ConfirmByPasskey(ctx context.Context, a access.Actor, purpose string, covered, answer []byte) (*Proof, error) {
	relying, err := s.relyingParty()
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return nil, unreadable(err)
	}
	ceremony, err := s.spendCeremony(ctx, confirming(purpose), a.Account, parsed.Response.CollectedClientData.Challenge, a.Request)
	if err != nil {
		return nil, err
	}
	wanted := protocol.URLEncodedBase64(ConfirmedBy(purpose, ceremony.Nonce, covered)).String()
	if wanted != ceremony.Data.Challenge {
		return nil, refusedPasskey()
	}
	h, err := s.opening(ctx, a)
	if err != nil {
		return nil, err
	}
	h.passkeys = slices.DeleteFunc(h.passkeys, func(p *Passkey) bool { return p.ID != passkeyOf(parsed.RawID) })
	if len(h.passkeys) == 0 {
		return nil, refusedPasskey()
	}
	ceremony.Data.AllowedCredentialIDs = [][]byte{h.passkeys[0].Credential} // those of the question may have been removed since
	if _, err := relying.ValidateLogin(h, ceremony.Data, parsed); err != nil {
		return nil, refusedPasskey().Because(cause(err))
	}
	passkey, err := s.passkeyUsed(ctx, h, parsed.Response.AuthenticatorData.Counter, a.Request)
	if fault.Is(err, fault.Unauthenticated) {
		return nil, refusedPasskey()
	}
	if err != nil {
		return nil, err
	}
	raw := parsed.Raw.AssertionResponse
	return &Proof{
		Passkey: string(passkey), PublicKey: h.passkeys[0].PublicKey, Nonce: ceremony.Nonce,
		ClientData: raw.ClientDataJSON, AuthData: raw.AuthenticatorData, Signature: raw.Signature,
	}, nil
}

// refusedPasskey is said to who is signed in: they stay so.
func refusedPasskey() *fault.Error {
	return fault.InvalidField("/passkey", "This passkey does not confirm it. Try again, or use a code of your authenticator.").Coded("passkey-failed")
}
