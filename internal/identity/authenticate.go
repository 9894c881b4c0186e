package identity

import (
	"context"
	"crypto/sha256"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// AdminAccount is whom the admin token acts as.
const AdminAccount id.Account = "acc_admin"

// Authenticate finds who holds a token. Most calls are answered from memory: a session is read
// again every few seconds, and forgotten at once when it is revoked, locked or its account
// suspended. Anything but a live session is the same Unauthenticated fault.
func (s *Service) Authenticate(ctx context.Context, token string) (access.Actor, error) {
	hash := sha256.Sum256([]byte(token))
	if same(hash[:], s.d.AdminToken) {
		return access.Actor{Account: AdminAccount, Role: access.Operator, Session: "ses_admin", SecondFactor: s.d.Clock.Now()}, nil
	}
	now := s.d.Clock.Now()
	known, drops := s.live.get(hash)
	if known != nil && now.Before(known.fresh) {
		known.used.Store(now.UnixMilli())
		return known.actor, nil
	}
	session, err := s.look(ctx, sessionOf(hash), hash[:], known, now)
	if err != nil {
		return access.Actor{}, err
	}
	live := &liveSession{actor: session.actor(), fresh: now.Add(believed)}
	if session.Until.Before(live.fresh) {
		live.fresh = session.Until
	}
	live.used.Store(now.UnixMilli())
	s.live.put(hash, live, drops)
	return live.actor, nil
}

// sessionOf derives the id of a session from its token; the token can't be read back from it.
func sessionOf(hash [32]byte) id.Session { return id.Derive[id.Session](string(hash[:])) }

func signInAgain() error {
	return fault.New(fault.Unauthenticated, "You are not signed in any more. Sign in to go on; what you wrote is kept.").Coded("sign-in")
}

// look reads the session and its account, and writes down what time has done to it.
func (s *Service) look(ctx context.Context, sid id.Session, hash []byte, known *liveSession, now time.Time) (*Session, error) {
	session, err := s.sessions.Get(ctx, string(sid))
	if fault.Is(err, fault.NotFound) {
		return nil, signInAgain()
	}
	if err != nil {
		return nil, err
	}
	if !same(session.TokenHash, hash) {
		return nil, signInAgain()
	}
	stored := session.Seen
	if known != nil {
		session.Seen = later(session.Seen, time.UnixMilli(known.used.Load()).UTC())
	}
	if err := s.accountAllows(ctx, session); err != nil {
		return nil, err
	}
	switch {
	case session.Over(now):
		s.expire(ctx, session)
		return nil, signInAgain()
	case session.lockDue(now):
		return s.lock(ctx, sid, "left-alone")
	case now.Sub(stored) >= lifeOf(session.Role).touch && session.State == SessionActive:
		return s.touch(ctx, sid, now)
	}
	return session, nil
}

// accountAllows refuses sessions of an account that is suspended, gone, or has ended all that were open.
func (s *Service) accountAllows(ctx context.Context, session *Session) error {
	if session.Role == access.Guest {
		return nil
	}
	account, err := s.accounts.Get(ctx, string(session.Account))
	if fault.Is(err, fault.NotFound) {
		return signInAgain()
	}
	if err != nil {
		return err
	}
	if account.State != AccountActive || account.Epoch != session.Epoch {
		return signInAgain()
	}
	return s.passkeyAllows(ctx, session, account)
}

// expire writes the end of a session down. It is over whether or not this is written.
func (s *Service) expire(ctx context.Context, session *Session) {
	if session.State != SessionActive && session.State != SessionIsLocked {
		return
	}
	now := s.d.Clock.Now()
	_, _ = s.sessions.Update(ctx, string(session.ID), docstore.On{Version: session.Version}, func(d *Session) error {
		return d.apply(now, "identity", Expire, "")
	})
}

func (s *Service) touch(ctx context.Context, sid id.Session, now time.Time) (*Session, error) {
	session, err := s.sessions.Update(ctx, string(sid), docstore.On{}, func(d *Session) error {
		d.Seen = later(d.Seen, now)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if session.Over(now) { // revoked between reading and writing
		return nil, signInAgain()
	}
	return session, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
