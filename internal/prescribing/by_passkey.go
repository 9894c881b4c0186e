package prescribing

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"strings"

	"housecall/internal/access"
	"housecall/internal/id"
)

// Shown is the proof that a passkey has signed what a challenge covers, kept with it: the doctor's own device, and
// not this service alone, says what was agreed to.
type Shown struct {
	Passkey    string `json:"passkey"`
	PublicKey  []byte `json:"public_key"` // COSE
	Nonce      []byte `json:"nonce"`
	ClientData []byte `json:"client_data"`
	AuthData   []byte `json:"auth_data"`
	Signature  []byte `json:"signature"`
}

// Covers is the digest of all that stands on screen: this challenge, and each sheet's hash.
func (c *Challenge) Covers() []byte {
	parts := []string{"housecall signing", string(c.ID)}
	for _, s := range c.Sheets {
		parts = append(parts, string(s.Prescription), s.Hash)
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x1f")))
	return sum[:]
}

// BeginPasskey answers what the doctor's browser needs to have a passkey sign what the challenge covers, as JSON. The
// question itself is the digest: an answer to it is good for nothing else.
func (s *Service) BeginPasskey(ctx context.Context, a access.Actor, challenge id.Challenge) (json.RawMessage, error) {
	c, err := s.own(ctx, a, challenge)
	if err != nil {
		return nil, err
	}
	if c.State != ChallengeOpen {
		return nil, used()
	}
	if !s.clock.Now().Before(c.Until) {
		return nil, runOut()
	}
	return s.factor.AskPasskey(ctx, a, c.Purpose(), c.Covers())
}

// SignByPasskey is Sign with a passkey's answer in place of a code.
func (s *Service) SignByPasskey(ctx context.Context, a access.Actor, challenge id.Challenge, answer []byte) ([]*Prescription, error) {
	return s.sign(ctx, a, challenge, func(c *Challenge) (*Shown, error) {
		return s.factor.ConfirmByPasskey(ctx, a, c.Purpose(), c.Covers(), answer)
	})
}
