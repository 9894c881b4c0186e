package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/id"
	"housecall/internal/identity"
	"housecall/internal/phi"
)

// Sessions are the routes of one's own sessions.
func Sessions(people *identity.Service) []Route {
	r := sessionRoutes{people}
	return []Route{
		get("/sessions", "session.read", "List the devices that are signed in", r.list),
		del("/sessions/{id}", "session.revoke", "Sign a device out at once", r.revoke),
		del("/sessions", "session.revoke", "Sign every device out at once, this one too", r.revokeAll),
		post("/session/lock", "session.lock", "Lock this counter", r.lock),
		post("/session/unlock", "session.unlock", "Unlock this counter with an authenticator's code", r.unlock).keyless(),
		post("/session/code", "session.confirm", "Have a code sent that confirms one thing", r.code).keyless(),
		post("/session/second-factor", "session.confirm", "Show the second factor again", r.secondFactor).keyless(),
	}
}

type sessionRoutes struct{ people *identity.Service }

// SessionView is a session as it is answered.
type SessionView struct {
	ID           id.Session `json:"id"`
	State        string     `json:"state" enum:"active,locked"`
	Device       string     `json:"device"`
	OpenedAt     time.Time  `json:"opened_at"`
	SeenAt       time.Time  `json:"seen_at" doc:"Last used, to a few minutes."`
	Until        time.Time  `json:"until"`
	SecondFactor *time.Time `json:"second_factor,omitempty" doc:"When the second factor was last shown."`
	Present      bool       `json:"present" doc:"This is the session that asks."`
}

func (r sessionRoutes) list(ctx context.Context, a access.Actor, _ *none) (*Reply[ListOf[SessionView]], error) {
	all, err := r.people.Sessions(ctx, a)
	if err != nil {
		return nil, err
	}
	return listed(all, "", func(s *identity.Session) SessionView {
		v := SessionView{ID: s.ID, State: string(s.State), Device: s.Device, OpenedAt: s.CreatedAt, SeenAt: s.Seen, Until: s.Until, Present: s.ID == a.Session}
		if !s.SecondFactor.IsZero() {
			v.SecondFactor = &s.SecondFactor
		}
		return v
	}), nil
}

func (r sessionRoutes) revoke(ctx context.Context, a access.Actor, in *ByID) (*none, error) {
	return nil, r.people.RevokeSession(ctx, a, id.Session(in.ID))
}

func (r sessionRoutes) revokeAll(ctx context.Context, a access.Actor, _ *none) (*none, error) {
	return nil, r.people.RevokeAllSessions(ctx, a)
}

func (r sessionRoutes) lock(ctx context.Context, a access.Actor, _ *none) (*none, error) {
	return nil, r.people.LockSession(ctx, a)
}

type secondFactorIn struct {
	Body struct {
		Code phi.Text `json:"code" minLength:"6" maxLength:"6" doc:"Of the authenticator; of a patient, as it was sent for second-factor."`
	}
}

func (r sessionRoutes) unlock(ctx context.Context, a access.Actor, in *secondFactorIn) (*none, error) {
	return nil, r.people.UnlockSession(ctx, a, in.Body.Code)
}

func (r sessionRoutes) secondFactor(ctx context.Context, a access.Actor, in *secondFactorIn) (*none, error) {
	return nil, r.people.ConfirmSecondFactor(ctx, a, in.Body.Code)
}

type purposeIn struct {
	Body struct {
		Purpose string `json:"purpose" pattern:"^[a-z][a-z0-9_-]{1,94}$" doc:"The one thing the code is good for, like second-factor."`
	}
}

func (r sessionRoutes) code(ctx context.Context, a access.Actor, in *purposeIn) (*none, error) {
	return nil, r.people.RequestConfirmation(ctx, a, in.Body.Purpose)
}
