package httpapi

import (
	"context"
	"net/http"
	"time"

	"housecall/internal/access"
	"housecall/internal/consult"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Rooms knows how the rooms of calls are reached.
type Rooms interface {
	Way(ctx context.Context, room, seat string) (CallWay, error)
}

// CallWay is how a browser reaches a room.
type CallWay struct {
	URL   string     `json:"url" doc:"The websocket of the node that the room lives on."`
	Relay *CallRelay `json:"relay,omitempty" doc:"For networks that let nothing but TCP or TLS through."`
}

// CallRelay is what a browser's RTCIceServer needs, for ten minutes.
type CallRelay struct {
	URLs       []string  `json:"urls" nullable:"false"`
	Username   string    `json:"username"`
	Credential string    `json:"credential"`
	Expires    time.Time `json:"expires"`
}

// CallMounts is the websocket of calls. Who opens it shows a ticket in the first message; nothing in the
// address or the headers lets anybody in.
func CallMounts(rooms http.Handler) []Mount {
	return []Mount{{Method: http.MethodGet, Path: Base + "/calls/:id/ws", Action: "call.connect", Handle: func(w http.ResponseWriter, r *http.Request, _ access.Actor) {
		rooms.ServeHTTP(w, r)
	}}}
}

// Calls are the routes to the room of a visit.
func Calls(visits *consult.Service, rooms Rooms) []Route {
	r := callRoutes{visits, rooms}
	return []Route{
		get("/visits/{id}/call", "visit.read_call", "Read where the call stands and how well it went", r.read),
		post("/call-checks", "call.check", "Get a ticket to a room that sends back what is sent, for trying camera and network", r.check).keyless(),
		post("/visits/{id}/ticket", "visit.join", "Get a ticket to the room, good for a minute", r.ticket),
		post("/visits/{id}/call/end", "visit.end_call", "End the call; the visit goes on", r.end),
		post("/visits/{id}/guests", "visit.invite", "Make a one-time link for a guest", r.invite).created(),
		post("/guests/look", "visit.exchange", "Learn whose call a guest's link is for; spends nothing", r.look).keyless(),
		post("/guests/exchange", "visit.exchange", "Exchange a guest's link for a session, once", r.exchange),
	}
}

type callRoutes struct {
	visits *consult.Service
	rooms  Rooms
}

// CallTicket lets one person take one seat.
type CallTicket struct {
	Token  string    `json:"token"`
	Room   string    `json:"room"`
	Seat   string    `json:"seat"`
	Role   string    `json:"role" enum:"doctor,patient,caregiver,guest,me"`
	Rights []string  `json:"rights" nullable:"false"`
	Expiry time.Time `json:"expiry"`
	CallWay
}

func (r callRoutes) ticket(ctx context.Context, a access.Actor, in *ByID) (*Reply[CallTicket], error) {
	t, err := r.visits.Ticket(ctx, a, id.Visit(in.ID))
	if err != nil {
		return nil, err
	}
	return r.ticketed(ctx, t)
}

func (r callRoutes) check(ctx context.Context, a access.Actor, _ *none) (*Reply[CallTicket], error) {
	t, err := r.visits.CheckTicket(ctx, a)
	if err != nil {
		return nil, err
	}
	return r.ticketed(ctx, t)
}

func (r callRoutes) ticketed(ctx context.Context, t consult.Ticket) (*Reply[CallTicket], error) {
	way, err := r.rooms.Way(ctx, t.Room, t.Seat)
	if err != nil {
		return nil, err
	}
	return reply(0, CallTicket{t.Token, t.Room, t.Seat, t.Role, t.Rights, t.Expiry, way}), nil
}

// CallView is the call of a visit: where it stands, and how well it went.
type CallView struct {
	State string     `json:"state" enum:"none,open,connected,interrupted,ended"`
	Lines []CallLine `json:"lines" nullable:"false"`
}

// CallLine is how well one room served those in it, oldest first.
type CallLine struct {
	Room    string           `json:"room"`
	Samples []consult.Sample `json:"samples" nullable:"false"`
}

func (r callRoutes) read(ctx context.Context, a access.Actor, in *ByID) (*Reply[CallView], error) {
	v, lines, err := r.visits.Lines(ctx, a, id.Visit(in.ID))
	if err != nil {
		return nil, err
	}
	view := CallView{State: "none", Lines: each(lines, func(l *consult.Line) CallLine { return CallLine{l.Room, l.Samples} })}
	if v.Call != nil {
		view.State = string(v.Call.State)
	}
	return reply(0, view), nil
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
		Token string   `json:"token" minLength:"1" maxLength:"300"`
		Name  phi.Text `json:"name,omitempty" maxLength:"60" doc:"What the guest wants to be called, for the others in this call."`
	}
}

// GuestLook is what a link says of itself.
type GuestLook struct {
	As       string            `json:"as" enum:"interpreter,family,other"`
	Doctor   string            `json:"doctor,omitempty" doc:"As patients read it."`
	StartsAt *time.Time        `json:"starts_at,omitempty"`
	Stage    consult.LinkStage `json:"stage" enum:"early,open,over"`
	Used     bool              `json:"used" doc:"Somebody has joined by it."`
}

type lookIn struct {
	Body struct {
		Token string `json:"token" minLength:"1" maxLength:"300"`
	}
}

func (r callRoutes) look(ctx context.Context, a access.Actor, in *lookIn) (*Reply[GuestLook], error) {
	l, err := r.visits.LookAt(ctx, a, in.Body.Token)
	if err != nil {
		return nil, err
	}
	return reply(0, GuestLook(l)), nil
}

func (r callRoutes) exchange(ctx context.Context, a access.Actor, in *exchangeIn) (*Reply[GuestSession], error) {
	session, visit, err := r.visits.Exchange(ctx, a, in.Body.Token, in.Body.Name)
	if err != nil {
		return nil, err
	}
	return reply(0, GuestSession{session, visit}), nil
}
