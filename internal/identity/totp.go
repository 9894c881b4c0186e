package identity

import (
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"net/url"
	"time"

	"github.com/pquerna/otp/hotp"

	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/phi"
)

// Authenticator is the second factor of staff (TOTP, RFC 6238). Step is the newest half minute
// whose code was accepted: that code and all older ones are never accepted again.
type Authenticator struct {
	Sealed []byte `json:"sealed"`
	Step   int64  `json:"step"`
}

const (
	stepSeconds = 30
	stepSkew    = 1 // a phone's clock may be half a minute off
)

func newTOTPSecret() string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(random(20))
}

// match finds the step of a code that has not been used yet; 0 when there is none.
func (s *Service) match(t *Authenticator, owner string, code phi.Text, now time.Time) (int64, error) {
	secret, err := s.keys.unseal(t.Sealed, owner)
	if err != nil {
		return 0, err
	}
	present, found := now.Unix()/stepSeconds, int64(0)
	for step := present - stepSkew; step <= present+stepSkew; step++ {
		want, err := hotp.GenerateCode(secret, uint64(step))
		if err != nil {
			return 0, fmt.Errorf("make code of %s: %w", owner, err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code.Reveal())) == 1 && step > t.Step && found == 0 {
			found = step
		}
	}
	return found, nil
}

func otpauth(secret string, a Address) string {
	label := url.PathEscape("housecall:" + a.Text.Reveal())
	return fmt.Sprintf("otpauth://totp/%s?secret=%s&issuer=housecall&digits=6&period=%d", label, secret, stepSeconds)
}

// Guesses slow down who guesses at one login, whether or not it is somebody's. After five wrong
// ones each further one doubles the wait, to a quarter of an hour.
type Guesses struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
	Wrong
}

// DocID implements docstore.Document.
func (g *Guesses) DocID() string { return g.ID }

// Wrong counts wrong guesses in a row.
type Wrong struct {
	Count int       `json:"count"`
	Until time.Time `json:"until,omitzero"`
}

const (
	freeGuesses = 5
	firstWait   = 30 * time.Second
	longestWait = 15 * time.Minute
)

func (w *Wrong) refuse(now time.Time) error {
	if !now.Before(w.Until) {
		return nil
	}
	return fault.New(fault.Limited, "Too many wrong tries. Wait a little, then try again.").Coded("too-many-tries").After(w.Until.Sub(now))
}

func (w *Wrong) miss(now time.Time) {
	w.Count++
	if w.Count < freeGuesses {
		return
	}
	w.Until = now.Add(min(longestWait, firstWait<<min(w.Count-freeGuesses, 10)))
}

func (w *Wrong) left() int { return max(0, freeGuesses-w.Count) }

func validSecret(secret phi.Text) bool {
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret.Reveal())
	return err == nil && len(raw) >= 10
}
