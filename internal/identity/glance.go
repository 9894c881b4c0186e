package identity

import (
	"context"
	"crypto/sha256"
	"time"

	"housecall/internal/fault"
)

// StillOpen answers nil when a request with this token would be let in now. Asking does not count as use:
// a live feed that is left open must not keep a counter's screen from locking.
func (s *Service) StillOpen(ctx context.Context, token string) error {
	hash := sha256.Sum256([]byte(token))
	if same(hash[:], s.d.AdminToken) {
		return nil
	}
	sid := sessionOf(hash)
	session, err := s.sessions.Get(ctx, string(sid))
	if fault.Is(err, fault.NotFound) {
		return signInAgain()
	}
	if err != nil {
		return err
	}
	if known, _ := s.live.get(hash); known != nil {
		session.Seen = later(session.Seen, time.UnixMilli(known.used.Load()).UTC())
	}
	now := s.d.Clock.Now()
	if !same(session.TokenHash, hash[:]) || session.Over(now) || session.State == SessionIsLocked || session.lockDue(now) {
		return signInAgain()
	}
	return s.accountAllows(ctx, session)
}
