package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/consult"
)

// Queue are the routes of a doctor at work: who waits, and whether they see people now.
func Queue(visits *consult.Service) []Route {
	r := queueRoutes{visits}
	return []Route{
		get("/queue", "visit.queue", "List who waits for the doctor who asks, in the order they are called", r.list),
		post("/queue/next", "visit.admit", "Call in who is next", r.next),
		get("/duty", "duty.read", "Whether the doctor who asks is on duty", r.duty),
		post("/duty/on", "duty.go_on", "Go on duty", r.on),
		post("/duty/off", "duty.go_off", "Go off duty", r.off),
		post("/duty/beat", "duty.read", "Say that the doctor is still there", r.beat).keyless(),
	}
}

type queueRoutes struct{ visits *consult.Service }

func (r queueRoutes) list(ctx context.Context, a access.Actor, _ *none) (*Reply[ListOf[VisitView]], error) {
	waiting, err := r.visits.Queue(ctx, a)
	if err != nil {
		return nil, err
	}
	return listed(waiting, "", visitView), nil
}

func (r queueRoutes) next(ctx context.Context, a access.Actor, _ *none) (*Reply[VisitView], error) {
	return visitReply(r.visits.AdmitNext(ctx, a))
}

// DutyView is whether a doctor sees people now.
type DutyView struct {
	On            bool       `json:"on"`
	Since         *time.Time `json:"since,omitempty"`
	Specialties   []string   `json:"specialties" nullable:"false"`
	Languages     []string   `json:"languages" nullable:"false"`
	Jurisdictions []string   `json:"jurisdictions" nullable:"false"`
}

func dutyReply(d *consult.Duty, err error) (*Reply[DutyView], error) {
	if err != nil {
		return nil, err
	}
	v := DutyView{On: d.On, Specialties: whole(d.Standing.Specialties), Languages: whole(d.Standing.Languages), Jurisdictions: whole(d.Standing.Jurisdictions)}
	if !d.Since.IsZero() {
		v.Since = &d.Since
	}
	return reply(d.Version, v), nil
}

// whole answers an empty list where there is none: a list in an answer is never null.
func whole[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (r queueRoutes) duty(ctx context.Context, a access.Actor, _ *none) (*Reply[DutyView], error) {
	return dutyReply(r.visits.Duty(ctx, a))
}

func (r queueRoutes) on(ctx context.Context, a access.Actor, _ *none) (*Reply[DutyView], error) {
	return dutyReply(r.visits.GoOn(ctx, a))
}

func (r queueRoutes) off(ctx context.Context, a access.Actor, _ *none) (*Reply[DutyView], error) {
	return dutyReply(r.visits.GoOff(ctx, a))
}

func (r queueRoutes) beat(ctx context.Context, a access.Actor, _ *none) (*Reply[DutyView], error) {
	if err := r.visits.Beat(ctx, a); err != nil {
		return nil, err
	}
	return dutyReply(r.visits.Duty(ctx, a))
}
