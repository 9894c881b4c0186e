package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/delivery"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Talks are the routes of those who write and speak to each other about an order on its way.
func Talks(deliveries *delivery.Service, rooms Rooms) []Route {
	r := talkRoutes{deliveries, rooms}
	return []Route{
		get("/orders/{id}/talk", "talk.read", "Read what was said about an order on its way", r.read),
		post("/orders/{id}/talk", "talk.write", "Write to everybody of an order on its way", r.say).created(),
		post("/orders/{id}/talk/ticket", "talk.join", "Get a ticket to the sound room of an order, good for a minute", r.ticket),
	}
}

type talkRoutes struct {
	deliveries *delivery.Service
	rooms      Rooms
}

// TalkView is what was said about an order, as far as who asks has part in it.
type TalkView struct {
	Order  id.Order   `json:"order"`
	Said   []SaidView `json:"said" nullable:"false"`
	Speaks []string   `json:"speaks" nullable:"false" doc:"Roles of those who are in the sound room now."`
	Closed *time.Time `json:"closed,omitempty" doc:"When the order ended: nothing more can be said."`

	DestroyedAt *time.Time `json:"destroyed_at,omitempty" doc:"It was kept for as long as it had to be, and is gone."`
}

// SaidView is one thing that was said, by what somebody is to the order, never by name.
type SaidView struct {
	ID   id.Message `json:"id"`
	Role string     `json:"role" enum:"patient,caregiver,courier,pharmacy,support"`
	Mine bool       `json:"mine"`
	At   time.Time  `json:"at"`
	Text phi.Text   `json:"text"`
}

func talkAnswered(a access.Actor, t *delivery.Talk, err error) (*Reply[TalkView], error) {
	if err != nil {
		return nil, err
	}
	return reply(t.Version, TalkView{Order: t.Order, Closed: t.ClosedAt, DestroyedAt: t.DestroyedAt, Speaks: each(t.Speaking, func(s delivery.Speaker) string { return s.Role }), Said: each(t.Said, func(s delivery.Said) SaidView {
		return SaidView{s.ID, s.Role, s.By == a.Account, s.At, s.Text}
	})}), nil
}

func (r talkRoutes) read(ctx context.Context, a access.Actor, in *ByID) (*Reply[TalkView], error) {
	t, err := r.deliveries.ReadTalk(ctx, a, id.Order(in.ID))
	return talkAnswered(a, t, err)
}

type sayIn struct {
	ByID
	Body struct {
		Text phi.Text `json:"text" minLength:"1" maxLength:"4000"`
	}
}

func (r talkRoutes) say(ctx context.Context, a access.Actor, in *sayIn) (*Reply[TalkView], error) {
	t, err := r.deliveries.Say(ctx, a, id.Order(in.ID), in.Body.Text)
	return talkAnswered(a, t, err)
}

// TalkTicket lets one person take one seat in the sound room of an order.
type TalkTicket struct {
	Token  string    `json:"token"`
	Room   string    `json:"room"`
	Seat   string    `json:"seat"`
	Role   string    `json:"role" enum:"patient,caregiver,courier,pharmacy,support"`
	Rights []string  `json:"rights" nullable:"false"`
	Expiry time.Time `json:"expiry"`
	CallWay
}

func (r talkRoutes) ticket(ctx context.Context, a access.Actor, in *ByID) (*Reply[TalkTicket], error) {
	t, err := r.deliveries.TalkTicket(ctx, a, id.Order(in.ID))
	if err != nil {
		return nil, err
	}
	way, err := r.rooms.Way(ctx, t.Room, t.Seat)
	if err != nil {
		return nil, err
	}
	return reply(0, TalkTicket{t.Token, t.Room, t.Seat, t.Role, t.Rights, t.Expiry, way}), nil
}
