package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

const (
	// stepUp is how long a session counts as just signed in: who finds a phone lying about must not settle in its account.
	stepUp = 10 * time.Minute
	// mostPasskeys is enough for every device of a person.
	mostPasskeys = 20
)

// BeginPasskey answers what a browser needs to make a passkey for who asks
// (PublicKeyCredentialCreationOptions, as JSON). The session has to be a fresh one: signed in, or the second factor
// shown, in the last ten minutes.
func (s *Service) BeginPasskey(ctx context.Context, a access.Actor) (json.RawMessage, error) {
	if err := s.d.Guard.Check(ctx, a, "passkey.add", access.Facts{Owner: a.Account, Record: string(a.Account)}); err != nil {
		return nil, err
	}
	relying, err := s.relyingParty()
	if err != nil {
		return nil, err
	}
	h, err := s.holder(ctx, a)
	if err != nil {
		return nil, err
	}
	if len(h.passkeys) >= mostPasskeys {
		return nil, fault.New(fault.Conflict, "You have as many passkeys as we keep. Remove one that you don't use.").Coded("passkeys-full")
	}
	if err := s.justSignedIn(ctx, a); err != nil {
		return nil, err
	}
	// Left out are devices that have one already: they say so themselves.
	known := webauthn.Credentials(h.WebAuthnCredentials()).CredentialDescriptors()
	creation, data, err := relying.BeginRegistration(h, webauthn.WithExclusions(known))
	if err != nil {
		return nil, fmt.Errorf("begin passkey of %s: %w", a.Account, err)
	}
	if err := s.beginCeremony(ctx, forPasskey, a.Account, data, nil); err != nil {
		return nil, err
	}
	return json.Marshal(creation.Response)
}

// holder is who asks, with the passkeys that stand.
func (s *Service) holder(ctx context.Context, a access.Actor) (holder, error) {
	account, err := s.accounts.Get(ctx, string(a.Account))
	if err != nil {
		return holder{}, err
	}
	h := holder{account: account}
	all, err := s.passkeys.All(ctx, docstore.Query{Index: "account", Equal: string(a.Account)}, 200)
	if err != nil {
		return holder{}, err
	}
	for _, p := range all {
		if p.stands(account) {
			h.passkeys = append(h.passkeys, p)
		}
	}
	return h, nil
}

// justSignedIn refuses a session that may have been left open.
func (s *Service) justSignedIn(ctx context.Context, a access.Actor) error {
	session, err := s.sessions.Get(ctx, string(a.Session))
	if err != nil {
		return err
	}
	if s.d.Clock.Now().Sub(later(session.CreatedAt, session.SecondFactor)) < stepUp {
		return nil
	}
	return fault.New(fault.Conflict, "You signed in a while ago. Show with a code that it is you, then add the passkey.").Coded("step-up-needed")
}

// AddPasskey keeps the passkey that a device has made (a registration, as PublicKeyCredential.toJSON writes it).
// Announces passkey.added; the owner is told by mail.
func (s *Service) AddPasskey(ctx context.Context, a access.Actor, name phi.Text, made []byte) (*Passkey, error) {
	if err := s.d.Guard.Check(ctx, a, "passkey.add", access.Facts{Owner: a.Account, Record: string(a.Account)}); err != nil {
		return nil, err
	}
	relying, err := s.relyingParty()
	if err != nil {
		return nil, err
	}
	if name, err = passkeyName(name); err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(made)
	if err != nil {
		return nil, unreadable(err)
	}
	ceremony, err := s.spendCeremony(ctx, forPasskey, a.Account, parsed.Response.CollectedClientData.Challenge, a.Request)
	if err != nil {
		return nil, err
	}
	account, err := s.accounts.Get(ctx, string(a.Account))
	if err != nil {
		return nil, err
	}
	credential, err := relying.CreateCredential(holder{account: account}, ceremony.Data, parsed)
	if err != nil {
		return nil, fault.InvalidField("/credential", "This device's answer is not good for housecall. Try again, or use another device.").
			Coded("passkey-refused").Because(cause(err))
	}
	passkey := newPasskey(account, name, credential)
	passkey.announce(PasskeyAdded, a.Account, a.Role)
	if err := passkey.apply(s.d.Clock.Now(), a.Account, AddPasskey); err != nil {
		return nil, err
	}
	return passkey, s.passkeys.Insert(ctx, a.Request, passkey)
}

func newPasskey(account *Account, name phi.Text, made *webauthn.Credential) *Passkey {
	p := &Passkey{
		ID: passkeyOf(made.ID), Account: account.ID, Generation: account.Passkeys, Name: name, Credential: made.ID, PublicKey: made.PublicKey,
		Model: made.Authenticator.AAGUID, Synced: made.Flags.BackupEligible, Counter: made.Authenticator.SignCount,
	}
	for _, t := range made.Transport {
		p.Transports = append(p.Transports, string(t))
	}
	return p
}

func unreadable(err error) error {
	return fault.InvalidField("/credential", "Send what the browser gave: PublicKeyCredential.toJSON().").Because(cause(err))
}

// Passkeys lists those of who asks, oldest first.
func (s *Service) Passkeys(ctx context.Context, a access.Actor) ([]*Passkey, error) {
	if err := s.d.Guard.Check(ctx, a, "passkey.read", access.Facts{Owner: a.Account}); err != nil {
		return nil, err
	}
	h, err := s.holder(ctx, a)
	if fault.Is(err, fault.NotFound) { // the admin token: a token, not somebody
		return nil, nil
	}
	return h.passkeys, err
}

// RenamePasskey gives one's own passkey another name; version is the one that was read.
func (s *Service) RenamePasskey(ctx context.Context, a access.Actor, pid id.Passkey, version int64, name phi.Text) (*Passkey, error) {
	if err := s.owned(ctx, a, "passkey.edit", pid); err != nil {
		return nil, err
	}
	name, err := passkeyName(name)
	if err != nil {
		return nil, err
	}
	return s.passkeys.Update(ctx, string(pid), docstore.On{Request: a.Request, Version: version}, func(p *Passkey) error {
		p.Name = name
		return nil
	})
}

// RemovePasskey makes one's own passkey worthless and ends every session that it has opened. Announces
// passkey.removed; the owner is told by mail.
func (s *Service) RemovePasskey(ctx context.Context, a access.Actor, pid id.Passkey) error {
	if err := s.owned(ctx, a, "passkey.remove", pid); err != nil {
		return err
	}
	now := s.d.Clock.Now()
	_, err := s.passkeys.Update(ctx, string(pid), docstore.On{Request: a.Request}, func(p *Passkey) error {
		p.announce(PasskeyRemoved, a.Account, a.Role)
		return p.apply(now, a.Account, RemovePasskey)
	})
	if err != nil {
		return err
	}
	return s.closeOf(ctx, a.Account, pid)
}

// owned refuses what is not there, not one's own, or gone, all alike.
func (s *Service) owned(ctx context.Context, a access.Actor, action access.Action, pid id.Passkey) error {
	p, err := s.passkeys.Get(ctx, string(pid))
	if err != nil {
		return err
	}
	if err := s.d.Guard.Check(ctx, a, action, access.Facts{Owner: p.Account, Record: string(pid)}); err != nil {
		return err
	}
	if known, err := p.Knows(a.Request); known || err != nil {
		return err
	}
	if p.State == PasskeyIsRemoved {
		return docstore.NotFound()
	}
	return nil
}

// closeOf writes down the end of the sessions that a passkey has opened. They are over whether or not this gets
// to its end: a session looks at its passkey (accountAllows).
func (s *Service) closeOf(ctx context.Context, acc id.Account, pid id.Passkey) error {
	all, err := s.sessions.All(ctx, docstore.Query{Index: "account", Equal: string(acc)}, mostSessions)
	if err != nil {
		return err
	}
	for _, one := range all {
		if one.Passkey != pid {
			continue
		}
		if err := s.close(ctx, access.Actor{Account: acc}, one.ID, Revoke); err != nil {
			return err
		}
	}
	return s.forget(ctx, string(acc))
}
