package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/delivery"
	"housecall/internal/dispatch"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Tracking are the routes of the one who waits for a delivery.
func Tracking(deliveries *delivery.Service) []Route {
	r := trackRoutes{deliveries}
	return []Route{
		get("/orders/{id}/delivery", "job.track", "Follow the delivery of an order", r.track),
		post("/orders/{id}/delivery/link", "job.share", "Make a read-only link for the one who receives", r.link),
		post("/orders/{id}/delivery/thanks", "job.thank", "Thank the courier", r.thank),
		get("/track", "track.view", "Follow a delivery by its link", r.byLink),
		get("/jobs/{id}/pin", "job.pin", "Show my PIN for the courier", r.pin),
		post("/jobs/{id}/confirm-seal", "job.confirm_seal", "Confirm the number on the bag's seal, where the courier has no network", r.confirmSeal),
	}
}

type trackRoutes struct{ deliveries *delivery.Service }

// TrackedView is a delivery as the one who waits sees it.
type TrackedView struct {
	Order    id.Order   `json:"order"`
	Job      id.Job     `json:"job"`
	Attempt  int        `json:"attempt"`
	State    string     `json:"state" enum:"planned,accepted,at_pharmacy,collected,at_door,delivered,cancelled,failed,returning,returned"`
	Reason   string     `json:"reason,omitempty" doc:"Coded, of a delivery that failed."`
	Placed   time.Time  `json:"placed"`
	Deadline time.Time  `json:"deadline"`
	ReadyAt  time.Time  `json:"ready_at"`
	Packed   bool       `json:"packed"`
	Arrives  *time.Time `json:"arrives,omitempty" doc:"When we expect the bag in your hand; absent while nobody can say."`
	Door     geo.Point  `json:"door"`
	Counter  geo.Point  `json:"counter"`
	Courier  *SeenView  `json:"courier,omitempty" doc:"While a courier is on the way for this order."`
}

// SeenView is a courier on the way.
type SeenView struct {
	FirstName  phi.Text         `json:"first_name"`
	Vehicle    dispatch.Vehicle `json:"vehicle"`
	Point      geo.Point        `json:"point"`
	At         time.Time        `json:"at"`
	AgeSeconds int              `json:"age_seconds"`
	Old        bool             `json:"old" doc:"More than half a minute old: show it so."`
}

func trackedAnswered(t *delivery.View, err error) (*Reply[TrackedView], error) {
	if err != nil {
		return nil, err
	}
	v := TrackedView{
		Order: t.Order, Job: t.Job, Attempt: t.Attempt, State: string(t.State), Reason: t.Reason, Placed: t.Placed,
		Deadline: t.Deadline, ReadyAt: t.ReadyAt, Packed: t.Packed, Door: t.Door, Counter: t.Counter,
	}
	if !t.Arrives.IsZero() {
		v.Arrives = &t.Arrives
	}
	if c := t.Courier; c != nil {
		v.Courier = &SeenView{c.FirstName, c.Vehicle, c.Point, c.At, int(c.Age.Seconds()), c.Old}
	}
	return reply(0, v), nil
}

func (r trackRoutes) track(ctx context.Context, a access.Actor, in *ByID) (*Reply[TrackedView], error) {
	return trackedAnswered(r.deliveries.Track(ctx, a, id.Order(in.ID)))
}

// LinkView is a tracking token; the web app shows it behind a #, which no server sees.
type LinkView struct {
	Token string `json:"token"`
	Path  string `json:"path" doc:"Page of the web app that shows it."`
}

func (r trackRoutes) link(ctx context.Context, a access.Actor, in *ByID) (*Reply[LinkView], error) {
	token, err := r.deliveries.TrackLink(ctx, a, id.Order(in.ID))
	if err != nil {
		return nil, err
	}
	return reply(0, LinkView{Token: token, Path: "/t#" + token}), nil
}

type byLinkIn struct {
	Token string `header:"Tracking-Token" maxLength:"300" doc:"What stands behind the # of the link."`
}

func (r trackRoutes) byLink(ctx context.Context, a access.Actor, in *byLinkIn) (*Reply[TrackedView], error) {
	return trackedAnswered(r.deliveries.TrackView(ctx, a, in.Token))
}

func (r trackRoutes) thank(ctx context.Context, a access.Actor, in *ByID) (*none, error) {
	return &none{}, r.deliveries.Thank(ctx, a, id.Order(in.ID))
}

func (r trackRoutes) pin(ctx context.Context, a access.Actor, in *ByID) (*Reply[CodeView], error) {
	return codeAnswered(r.deliveries.PIN(ctx, a, id.Job(in.ID)))
}

type confirmSealIn struct {
	ByID
	Body struct {
		Seal string `json:"seal" minLength:"1" maxLength:"40" doc:"The number on the bag's seal."`
	}
}

func (r trackRoutes) confirmSeal(ctx context.Context, a access.Actor, in *confirmSealIn) (*Reply[TrackedView], error) {
	j, err := r.deliveries.ConfirmSeal(ctx, a, id.Job(in.ID), in.Body.Seal)
	if err != nil {
		return nil, err
	}
	return trackedAnswered(r.deliveries.Delivered(ctx, a, j))
}
