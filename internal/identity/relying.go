package identity

import (
	"errors"
	"net"
	"net/url"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"housecall/internal/fault"
)

// newRelying is this service as devices know it: its host, and the one origin that its pages come from. nil where
// there can be no passkeys: browsers know none for a bare IP address, nor without TLS but on localhost.
func newRelying(website string) (*webauthn.WebAuthn, error) {
	u, err := url.Parse(website)
	if err != nil {
		return nil, err
	}
	host := u.Hostname()
	if host == "" || net.ParseIP(host) != nil || u.Scheme != "https" && host != "localhost" {
		return nil, nil
	}
	return webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: "housecall", RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation, // which make of device it is decides nothing here
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{
			Login:        webauthn.TimeoutConfig{Timeout: ceremonyLasts},
			Registration: webauthn.TimeoutConfig{Timeout: ceremonyLasts},
		},
		// Some keepers of passkeys answer extensions that nobody asked for; nothing here reads them.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
}

func (s *Service) relyingParty() (*webauthn.WebAuthn, error) {
	if s.relying == nil {
		return nil, fault.New(fault.Conflict, "Passkeys need an address with a name and TLS. Sign in with a code.").Coded("passkeys-off")
	}
	return s.relying, nil
}

// holder is an account as the library asks for it.
type holder struct {
	account  *Account
	passkeys []*Passkey
}

// WebAuthnID implements webauthn.User: an id that says nothing of the person.
func (h holder) WebAuthnID() []byte { return []byte(h.account.ID) }

// WebAuthnName implements webauthn.User: what the device shows beside the key, to its owner.
func (h holder) WebAuthnName() string {
	if to, found := h.account.Contact(); found {
		return to.Text.Reveal()
	}
	return h.account.Name.Reveal()
}

// WebAuthnDisplayName implements webauthn.User.
func (h holder) WebAuthnDisplayName() string { return h.account.Name.Reveal() }

// WebAuthnCredentials implements webauthn.User.
func (h holder) WebAuthnCredentials() []webauthn.Credential {
	all := make([]webauthn.Credential, 0, len(h.passkeys))
	for _, p := range h.passkeys {
		one := webauthn.Credential{ID: p.Credential, PublicKey: p.PublicKey}
		one.Flags.BackupEligible = p.Synced
		one.Authenticator = webauthn.Authenticator{AAGUID: p.Model, SignCount: p.Counter}
		for _, t := range p.Transports {
			one.Transport = append(one.Transport, protocol.AuthenticatorTransport(t))
		}
		all = append(all, one)
	}
	return all
}

// cause says in the log what a device's answer lacked: in the library's sentence alone, for what it adds quotes the answer.
func cause(err error) error {
	var e *protocol.Error
	if !errors.As(err, &e) {
		return err
	}
	return errors.New("passkey: " + e.Type + ": " + e.Details)
}
