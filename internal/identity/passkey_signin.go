package identity

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// BeginPasskeySignIn answers what a browser needs to ask for a passkey (PublicKeyCredentialRequestOptions, as JSON).
// It names no account and no key: the device finds those it has for this place, so that who asks learns nothing.
func (s *Service) BeginPasskeySignIn(ctx context.Context, remote string) (json.RawMessage, error) {
	relying, err := s.relyingParty()
	if err != nil {
		return nil, err
	}
	if err := s.remotes.take("passkey", remote, s.d.Limits.TriesPerRemote); err != nil {
		return nil, err
	}
	assertion, data, err := relying.BeginDiscoverableLogin()
	if err != nil {
		return nil, fmt.Errorf("begin sign-in by passkey: %w", err)
	}
	if err := s.beginCeremony(ctx, ForSignIn, "", data, nil); err != nil {
		return nil, err
	}
	return json.Marshal(assertion.Response)
}

// SignInByPasskey opens a session with a device's answer (an assertion, as PublicKeyCredential.toJSON writes it). The
// device has verified its owner, so for staff it stands for password and second factor. Whatever is wrong with it,
// the answer is one and the same.
func (s *Service) SignInByPasskey(ctx context.Context, answer []byte, from Origin) (*Opened, error) {
	relying, err := s.relyingParty()
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return nil, unreadable(err)
	}
	var opened *Opened
	err = s.guess(from.Remote, func() error {
		opened, err = s.signInBy(ctx, relying, parsed, from)
		return err
	})
	if err == nil {
		s.remotes.giveBack("passkey", from.Remote, s.d.Limits.TriesPerRemote) // its question led to something
	}
	return opened, err
}

func (s *Service) signInBy(ctx context.Context, relying *webauthn.WebAuthn, parsed *protocol.ParsedCredentialAssertionData, from Origin) (*Opened, error) {
	ceremony, err := s.spendCeremony(ctx, ForSignIn, "", parsed.Response.CollectedClientData.Challenge, id.Request{})
	if err != nil {
		return nil, err
	}
	h, err := s.holderOf(ctx, parsed.RawID)
	if err != nil {
		return nil, err
	}
	asked := func(_, _ []byte) (webauthn.User, error) { return h, nil }
	if _, _, err := relying.ValidatePasskeyLogin(asked, ceremony.Data, parsed); err != nil {
		return nil, wrongPasskey().Because(cause(err))
	}
	passkey, err := s.passkeyUsed(ctx, h, parsed.Response.AuthenticatorData.Counter, id.Request{})
	if err != nil {
		return nil, err
	}
	if err := h.account.mayEnter(); err != nil {
		return nil, err
	}
	return s.openBy(ctx, h.account, entry{token: newToken(), device: from.Device, secondFactor: s.d.Clock.Now(), passkey: passkey})
}

func wrongPasskey() *fault.Error {
	return fault.New(fault.Unauthenticated, "This passkey does not open an account here. Use a code, or another passkey.").Coded("passkey-failed")
}

// holderOf finds whose a credential is, with it alone.
func (s *Service) holderOf(ctx context.Context, credential []byte) (holder, error) {
	p, err := s.passkeys.Get(ctx, string(passkeyOf(credential)))
	if fault.Is(err, fault.NotFound) {
		return holder{}, wrongPasskey()
	}
	if err != nil {
		return holder{}, err
	}
	account, err := s.accounts.Get(ctx, string(p.Account))
	if fault.Is(err, fault.NotFound) {
		return holder{}, wrongPasskey()
	}
	if err != nil {
		return holder{}, err
	}
	if !p.opens(account) {
		return holder{}, wrongPasskey()
	}
	return holder{account, []*Passkey{p}}, nil
}

// passkeyUsed counts the use of a passkey whose signature was good. Removed since, or its counter gone back, it is
// refused; the write that decides is the passkey's own. A request that comes again has counted already.
func (s *Service) passkeyUsed(ctx context.Context, h holder, counter uint32, req id.Request) (id.Passkey, error) {
	now := s.d.Clock.Now()
	p, err := s.passkeys.Update(ctx, string(h.passkeys[0].ID), docstore.On{Request: req}, func(p *Passkey) error {
		if !p.opens(h.account) {
			return wrongPasskey()
		}
		return p.use(now, h.account.Role, counter)
	})
	if err != nil {
		return "", err
	}
	if p.State != PasskeyActive {
		if err := s.closeOf(ctx, h.account.ID, p.ID); err != nil {
			return "", err
		}
		return "", wrongPasskey()
	}
	return p.ID, nil
}

// passkeyAllows refuses a session whose passkey was removed, or is suspect: also one that was being opened meanwhile.
func (s *Service) passkeyAllows(ctx context.Context, session *Session, a *Account) error {
	if session.Passkey == "" {
		return nil
	}
	p, err := s.passkeys.Get(ctx, string(session.Passkey))
	if fault.Is(err, fault.NotFound) || err == nil && !p.opens(a) {
		return signInAgain()
	}
	return err
}
