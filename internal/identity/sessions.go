package identity

import (
	"context"
	"crypto/sha256"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Opened is a session that was just opened. Token is shown this once.
type Opened struct {
	Token   string
	Session *Session
	Account *Account // nil for a guest
}

// openSession writes a new session of an account. The token is made by the caller.
func (s *Service) openSession(ctx context.Context, a *Account, token, device string, secondFactor time.Time) (*Opened, error) {
	return s.openBy(ctx, a, entry{token: token, device: device, secondFactor: secondFactor})
}

// entry is how somebody came in.
type entry struct {
	token, device string
	secondFactor  time.Time
	passkey       id.Passkey
}

func (s *Service) openBy(ctx context.Context, a *Account, by entry) (*Opened, error) {
	now := s.d.Clock.Now()
	hash := sha256.Sum256([]byte(by.token))
	session := &Session{
		ID: sessionOf(hash), TokenHash: hash[:], Account: a.ID, Role: a.Role, Patient: a.Person, Pharmacy: a.Pharmacy,
		Epoch: a.Epoch, Device: label(by.device), Seen: now, Until: now.Add(lifeOf(a.Role).absolute), SecondFactor: by.secondFactor,
		Passkey: by.passkey,
	}
	if err := session.apply(now, a.ID, Open, ""); err != nil {
		return nil, err
	}
	session.Emit(event.Event{Kind: SessionOpened, By: string(a.ID), Data: map[string]string{"account": string(a.ID), "role": string(a.Role)}})
	// The token is the request: asked again with the same one, it is the same session.
	if err := s.sessions.Insert(ctx, id.RequestOf(nil, "session", by.token), session); err != nil {
		return nil, err
	}
	return &Opened{Token: by.token, Session: session, Account: a}, nil
}

// label keeps what a device calls itself short and printable.
func label(device string) string {
	device = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(device, ""))
	runes := []rune(strings.TrimSpace(device))
	return string(runes[:min(len(runes), 80)])
}

// OpenGuestSession opens a session that may join one visit's call and sees nothing else. The token is shown
// once; the session's id names it to others.
func (s *Service) OpenGuestSession(ctx context.Context, visit id.Visit, until time.Time) (string, id.Session, error) {
	now := s.d.Clock.Now()
	token := newToken()
	hash := sha256.Sum256([]byte(token))
	sid := sessionOf(hash)
	if latest := now.Add(lifeOf(access.Guest).absolute); until.After(latest) {
		until = latest
	}
	session := &Session{
		ID: sid, TokenHash: hash[:], Account: id.Derive[id.Account]("guest", string(sid)), Role: access.Guest,
		Visit: visit, Seen: now, Until: until.UTC().Truncate(time.Millisecond),
	}
	if err := session.apply(now, "identity", Open, "guest"); err != nil {
		return "", "", err
	}
	if err := s.sessions.Insert(ctx, id.Request{}, session); err != nil {
		return "", "", err
	}
	return token, sid, nil
}

// Sessions lists the live sessions of who asks, newest first.
func (s *Service) Sessions(ctx context.Context, a access.Actor) ([]*Session, error) {
	if err := s.d.Guard.Check(ctx, a, "session.read", access.Facts{Owner: a.Account}); err != nil {
		return nil, err
	}
	epoch := 0
	account, err := s.accounts.Get(ctx, string(a.Account))
	if err == nil {
		epoch = account.Epoch
	} else if !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	all, err := s.sessions.All(ctx, docstore.Query{Index: "account", Equal: string(a.Account), Descending: true}, mostSessions)
	if err != nil {
		return nil, err
	}
	now, live := s.d.Clock.Now(), all[:0]
	for _, one := range all {
		if !one.Over(now) && one.Epoch == epoch {
			live = append(live, one)
		}
	}
	return live, nil
}

const mostSessions = 200

// SignOut ends the session of who asks.
func (s *Service) SignOut(ctx context.Context, a access.Actor) error {
	if err := s.d.Guard.Check(ctx, a, "session.end", access.Facts{Owner: a.Account, Record: string(a.Session)}); err != nil {
		return err
	}
	return s.close(ctx, a, a.Session, End)
}

// RevokeSession ends one session, of one's own account or, for an operator, of any. The device it
// was on is signed out at once.
func (s *Service) RevokeSession(ctx context.Context, a access.Actor, sid id.Session) error {
	session, err := s.sessions.Get(ctx, string(sid))
	if err != nil {
		return err
	}
	if err := s.d.Guard.Check(ctx, a, "session.revoke", access.Facts{Owner: session.Account, Record: string(sid)}); err != nil {
		return err
	}
	return s.close(ctx, a, sid, Revoke)
}

// close ends a session; one that has ended already stays as it is.
func (s *Service) close(ctx context.Context, a access.Actor, sid id.Session, e SessionEvent) error {
	now := s.d.Clock.Now()
	_, err := s.sessions.Update(ctx, string(sid), docstore.On{Request: a.Request}, func(d *Session) error {
		if sessionMoves.Ended(d.State) {
			return nil
		}
		d.Emit(event.Event{Kind: SessionRevoked, By: string(a.Account), Data: map[string]string{"account": string(d.Account)}, To: []string{string(d.Account)}})
		return d.apply(now, a.Account, e, "")
	})
	if err != nil {
		return err
	}
	return s.forget(ctx, string(sid))
}

// RevokeAllSessions ends every session of one's own account at once, this one too.
func (s *Service) RevokeAllSessions(ctx context.Context, a access.Actor) error {
	if err := s.d.Guard.Check(ctx, a, "session.revoke", access.Facts{Owner: a.Account, Record: string(a.Account)}); err != nil {
		return err
	}
	_, err := s.accounts.Update(ctx, string(a.Account), docstore.On{Request: a.Request}, func(d *Account) error {
		d.endSessions(a.Account)
		return nil
	})
	if err != nil {
		return err
	}
	return s.forget(ctx, string(a.Account))
}

// endSessions is one write that ends every session of the account, however many there are.
func (a *Account) endSessions(by id.Account) {
	a.Epoch++
	a.Emit(event.Event{Kind: SessionRevoked, By: string(by), Data: map[string]string{"account": string(a.ID)}, To: []string{string(a.ID)}})
}

// LockSession locks one's own session, as a counter does that is left.
func (s *Service) LockSession(ctx context.Context, a access.Actor) error {
	if err := s.d.Guard.Check(ctx, a, "session.lock", access.Facts{Owner: a.Account, Record: string(a.Session)}); err != nil {
		return err
	}
	_, err := s.lock(ctx, a.Session, "by-hand")
	return err
}

func (s *Service) lock(ctx context.Context, sid id.Session, why string) (*Session, error) {
	now := s.d.Clock.Now()
	session, err := s.sessions.Update(ctx, string(sid), docstore.On{}, func(d *Session) error {
		if d.State == SessionIsLocked {
			return nil
		}
		d.Emit(event.Event{Kind: SessionLocked, Data: map[string]string{"account": string(d.Account)}, To: []string{string(d.Account)}})
		return d.apply(now, d.Account, Lock, why)
	})
	if err != nil {
		return nil, err
	}
	return session, s.forget(ctx, string(sid))
}

// UnlockSession opens a locked session with a code of the authenticator.
func (s *Service) UnlockSession(ctx context.Context, a access.Actor, code phi.Text) error {
	if err := s.d.Guard.Check(ctx, a, "session.unlock", access.Facts{Owner: a.Account, Record: string(a.Session)}); err != nil {
		return err
	}
	if err := s.spend(ctx, a.Account, code); err != nil {
		return err
	}
	now := s.d.Clock.Now()
	_, err := s.sessions.Update(ctx, string(a.Session), docstore.On{}, func(d *Session) error {
		d.Seen, d.SecondFactor = later(d.Seen, now), now
		return d.apply(now, a.Account, Unlock, "")
	})
	if err != nil {
		return err
	}
	return s.forget(ctx, string(a.Session))
}

// forget drops a session, or an account with all of its sessions, from every node's memory.
func (s *Service) forget(ctx context.Context, word string) error {
	s.Heard(word)
	return s.d.Broadcast.Tell(ctx, word)
}

// Heard forgets what another node has told of: an id of a session, an account or a patient.
func (s *Service) Heard(word string) {
	switch {
	case strings.HasPrefix(word, id.Session("").Prefix()+"_"):
		s.live.drop(id.Session(word), "")
	case strings.HasPrefix(word, id.Account("").Prefix()+"_"):
		s.live.drop("", id.Account(word))
	case strings.HasPrefix(word, id.Patient("").Prefix()+"_"):
		s.d.Circle.Forget(id.Patient(word))
		s.recent.Forget(func(known id.Patient) bool { return string(known) == word })
	}
}
