package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/consult"
	"housecall/internal/id"
)

// Calls are the routes to the room of a visit.
func Calls(visits *consult.Service) []Route {
	r := callRoutes{visits}
	return []Route{
		post("/visits/{id}/ticket", "visit.join", "Get a ticket to the room, good for a minute", r.ticket),
		post("/visits/{id}/call/end", "visit.end_call", "End the call; the visit goes on", r.end),
		post("/visits/{id}/guests", "visit.invite", "Make a one-time link for a guest", r.invite).created(),
		post("/guests/exchange", "visit.exchange", "Exchange a guest's link for a session, once", r.exchange),
	}
}

type callRoutes struct{ visits *consult.Service }

// CallTicket lets one person take one seat.
type CallTicket struct {
	Token  string    `json:"token"`
	Room   string    `json:"room"`
	Seat   string    `json:"seat"`
	Role   string    `json:"role" enum:"doctor,patient,caregiver,guest"`
	Rights []string  `json:"rights" nullable:"false"`
	Expiry time.Time `json:"expiry"`
}

func (r callRoutes) ticket(ctx context.Context, a access.Actor, in *ByID) (*Reply[CallTicket], error) {
	t, err := r.visits.Ticket(ctx, a, id.Visit(in.ID))
	if err != nil {
		return nil, err
	}
	return reply(0, CallTicket{t.Token, t.Room, t.Seat, t.Role, t.Rights, t.Expiry}), nil
}

func (r callRoutes) end(ctx context.Context, a access.Actor, in *ByID) (*Reply[VisitView], error) {
	return visitReply(r.visits.EndCall(ctx, a, id.Visit(in.ID)))
}

// GuestLink is shown once. The web app makes an address of it, with the token behind the #.
type GuestLink struct {
	Token string    `json:"token"`
	Until time.Time `json:"until"`
}

type inviteGuestIn struct {
	ByID
	Body struct {
		As string `json:"as" enum:"interpreter,family,other"`
	}
}

func (r callRoutes) invite(ctx context.Context, a access.Actor, in *inviteGuestIn) (*Reply[GuestLink], error) {
	link, err := r.visits.Invite(ctx, a, id.Visit(in.ID), in.Body.As)
	if err != nil {
		return nil, err
	}
	return reply(0, GuestLink(link)), nil
}

// GuestSession is a session that sees one room and nothing else.
type GuestSession struct {
	Session string   `json:"session" doc:"Send it as a Bearer token."`
	Visit   id.Visit `json:"visit"`
}

type exchangeIn struct {
	Body struct {
		Token string `json:"token" minLength:"1" maxLength:"300"`
	}
}

func (r callRoutes) exchange(ctx context.Context, a access.Actor, in *exchangeIn) (*Reply[GuestSession], error) {
	session, visit, err := r.visits.Exchange(ctx, a, in.Body.Token)
	if err != nil {
		return nil, err
	}
	return reply(0, GuestSession{session, visit}), nil
}
