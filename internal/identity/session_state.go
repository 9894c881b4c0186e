package identity

import (
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/id"
	"housecall/internal/lifecycle"
)

// SessionState is a stage in the life of a session.
type SessionState string

// The states of a session.
const (
	SessionActive    SessionState = "active"
	SessionIsLocked  SessionState = "locked" // a shared counter left alone
	SessionEnded     SessionState = "ended"  // signed out
	SessionIsRevoked SessionState = "revoked"
	SessionExpired   SessionState = "expired"
)

// SessionEvent is what can happen to a session.
type SessionEvent string

// The events of a session.
const (
	Open   SessionEvent = "open"
	Lock   SessionEvent = "lock"
	Unlock SessionEvent = "unlock"
	End    SessionEvent = "end"
	Revoke SessionEvent = "revoke"
	Expire SessionEvent = "expire"
)

var sessionMoves = lifecycle.Table[SessionState, SessionEvent]{
	"":              {Open: SessionActive},
	SessionActive:   {Lock: SessionIsLocked, End: SessionEnded, Revoke: SessionIsRevoked, Expire: SessionExpired},
	SessionIsLocked: {Unlock: SessionActive, End: SessionEnded, Revoke: SessionIsRevoked, Expire: SessionExpired},
	SessionEnded:    {}, SessionIsRevoked: {}, SessionExpired: {},
}

// Session is one signed-in device. The token is kept only as a hash.
type Session struct {
	ID            id.Session `json:"id"`
	docstore.Meta `json:"meta"`
	State         SessionState                                 `json:"state"`
	History       []lifecycle.Step[SessionState, SessionEvent] `json:"history"`
	TokenHash     []byte                                       `json:"token_hash"`
	Account       id.Account                                   `json:"account"`
	Role          access.Role                                  `json:"role"`
	Patient       id.Patient                                   `json:"patient,omitempty"`
	Pharmacy      id.Pharmacy                                  `json:"pharmacy,omitempty"`
	Visit         id.Visit                                     `json:"visit,omitempty"` // of a guest
	Epoch         int                                          `json:"epoch"`
	Device        string                                       `json:"device"`
	Seen          time.Time                                    `json:"seen"`  // last used, to the half minute
	Until         time.Time                                    `json:"until"` // the end of its day, whatever happens
	SecondFactor  time.Time                                    `json:"second_factor,omitzero"`
	Passkey       id.Passkey                                   `json:"passkey,omitempty"` // that it was opened with
}

// DocID implements docstore.Document.
func (s *Session) DocID() string { return string(s.ID) }

// Over tells whether the session can't be used at this moment, whatever its stored state says.
func (s *Session) Over(now time.Time) bool {
	ended := s.State != SessionActive && s.State != SessionIsLocked
	return ended || !now.Before(s.Until) || now.Sub(s.Seen) >= lifeOf(s.Role).idle
}

// overAt is when the session could not be used any more, or can't, whether or not that was written down.
func (s *Session) overAt() time.Time {
	if n := len(s.History); n > 0 && sessionMoves.Ended(s.State) {
		return s.History[n-1].At
	}
	if idle := s.Seen.Add(lifeOf(s.Role).idle); idle.Before(s.Until) {
		return idle
	}
	return s.Until
}

func (s *Session) lockDue(now time.Time) bool {
	after := lifeOf(s.Role).lock
	return s.State == SessionActive && after > 0 && now.Sub(s.Seen) >= after
}

func (s *Session) actor() access.Actor {
	return access.Actor{
		Account: s.Account, Role: s.Role, Session: s.ID, Patient: s.Patient, Pharmacy: s.Pharmacy,
		Visit: s.Visit, SecondFactor: s.SecondFactor, Locked: s.State == SessionIsLocked,
	}
}

// sessionWhys says why a session moves when nobody says otherwise.
var sessionWhys = lifecycle.MustExplain(lifecycle.Whys[SessionEvent]{
	Open: "signed_in", Lock: "left-alone", Unlock: "code_shown", End: "signed_out", Revoke: "own_wish", Expire: "time_over",
}, sessionMoves)

// apply is the only place that sets the state.
func (s *Session) apply(now time.Time, by id.Account, e SessionEvent, why string) error {
	to, err := sessionMoves.Next(s.State, e)
	if err != nil {
		return err
	}
	s.History = append(s.History, lifecycle.Step[SessionState, SessionEvent]{Event: e, From: s.State, To: to, By: string(by), At: now, Why: sessionWhys.Of(e, why, "")})
	s.State = to
	return nil
}

var sessionSpec = docstore.Spec[Session]{Name: "sessions", Indexes: map[string]func(*Session) (docstore.Key, bool){
	"account": func(s *Session) (docstore.Key, bool) {
		live := s.State == SessionActive || s.State == SessionIsLocked
		return docstore.Key{Equal: string(s.Account), Order: docstore.ByTime(s.CreatedAt)}, live
	},
	"over": func(s *Session) (docstore.Key, bool) { return docstore.Key{Order: docstore.ByTime(s.overAt())}, true },
}}

// life is how long the sessions of a role last.
type life struct{ idle, absolute, lock, touch time.Duration }

// lifeOf keeps staff, who see other people's records, on a short line; a patient's phone stays
// signed in for a season.
func lifeOf(r access.Role) life {
	switch r {
	case access.Patient:
		return life{idle: 30 * day, absolute: 180 * day, touch: 5 * time.Minute}
	case access.Doctor:
		return life{idle: 2 * time.Hour, absolute: 14 * time.Hour, touch: time.Minute}
	case access.Pharmacist, access.PharmacyStaff:
		return life{idle: 2 * time.Hour, absolute: 14 * time.Hour, lock: 5 * time.Minute, touch: 30 * time.Second}
	case access.Courier:
		return life{idle: 12 * time.Hour, absolute: 24 * time.Hour, touch: 5 * time.Minute}
	case access.Guest:
		return life{idle: day, absolute: day, touch: 5 * time.Minute}
	case access.Support, access.Operator, access.Auditor, access.Nobody, access.System:
		return life{idle: 30 * time.Minute, absolute: 12 * time.Hour, touch: time.Minute}
	}
	return life{}
}

const day = 24 * time.Hour
