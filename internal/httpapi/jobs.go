package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/delivery"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/money"
)

// Jobs are the routes of delivery jobs for the counter, support and operators.
func Jobs(deliveries *delivery.Service, clk clock.Clock) []Route {
	r := jobRoutes{deliveries, clk}
	return []Route{
		get("/pharmacies/{id}/jobs", "job.counter", "List who comes to the counter", r.counter),
		post("/jobs/{id}/collect", "job.collect", "Hand the bag to the courier by their code", r.collect),
		post("/jobs/{id}/take-back", "job.take_back", "Take a bag back by the courier's code", r.takeBack),
		get("/jobs", "job.list", "List jobs by deadline", r.list),
		get("/jobs/{id}", "job.read", "Read a job with its history", r.read),
		get("/jobs/{id}/path", "job.path", "Read the way of a job, as evidence", r.path),
		post("/jobs/{id}/offer", "job.offer", "Offer a job to one courier", r.offer),
		post("/jobs/{id}/rematch", "job.rematch", "Take a job from its courier, so that another is found", r.rematch),
		post("/jobs/{id}/unlock", "job.unlock", "Let a code be typed again, with a new one", r.unlock),
		post("/jobs/{id}/recall", "job.recall", "Call a bag back that is on its way", r.recall),
		post("/jobs/{id}/hand-over-by-phone", "job.hand_over_by_phone", "Hand over by the PIN that the patient reads out", r.byPhone),
	}
}

type jobRoutes struct {
	deliveries *delivery.Service
	clock      clock.Clock
}

// JobView is a job for those who run it. It says nothing of who lives behind the door.
type JobView struct {
	ID           id.Job         `json:"id"`
	State        string         `json:"state" enum:"planned,offered,accepted,at_pharmacy,collected,at_door,delivered,cancelled,failed,returning,returned"`
	Order        id.Order       `json:"order"`
	Attempt      int            `json:"attempt"`
	Fill         id.Fill        `json:"fill"`
	Pharmacy     id.Pharmacy    `json:"pharmacy"`
	Zone         id.Zone        `json:"zone"`
	Counter      geo.Point      `json:"counter"`
	Door         *geo.Point     `json:"door,omitempty" doc:"For support and operators."`
	Courier      id.Account     `json:"courier,omitempty"`
	Offers       int            `json:"offers"`
	OfferExpires *time.Time     `json:"offer_expires,omitempty"`
	Placed       time.Time      `json:"placed"`
	Deadline     time.Time      `json:"deadline"`
	Slot         *SlotSpan      `json:"slot,omitempty" doc:"When a courier comes by appointment."`
	SlackSeconds int            `json:"slack_seconds" doc:"Time left to the deadline; below zero it is late."`
	ReadyAt      time.Time      `json:"ready_at"`
	Seal         string         `json:"seal,omitempty"`
	ColdChain    bool           `json:"cold_chain"`
	Pay          money.Amount   `json:"pay"`
	Failure      *FailureView   `json:"failure,omitempty"`
	Proof        string         `json:"proof,omitempty" enum:"pin,seal,pin_by_phone,return_code"`
	Locked       []string       `json:"locked,omitempty" doc:"Sides whose code was wrong five times."`
	Left         []LeftView     `json:"left" nullable:"false"`
	History      []StepView     `json:"history" nullable:"false"`
	EndedAt      *time.Time     `json:"ended_at,omitempty"`
	Reported     []ReportedView `json:"reported,omitempty" doc:"When the phone says it did what it sent later."`
}

// FailureView says why a bag did not reach a hand.
type FailureView struct {
	Reason string        `json:"reason"`
	Photo  id.Attachment `json:"photo,omitempty"`
	At     time.Time     `json:"at"`
}

// LeftView says who had a job and has it no more.
type LeftView struct {
	Courier id.Account `json:"courier"`
	Event   string     `json:"event"`
	Why     string     `json:"why,omitempty"`
	At      time.Time  `json:"at"`
}

// ReportedView is a step as the phone dates it.
type ReportedView struct {
	Sequence int       `json:"sequence"`
	Event    string    `json:"event"`
	DoneAt   time.Time `json:"done_at"`
}

// FixView is one position on the way of a job.
type FixView struct {
	PositionBody
	Courier id.Account `json:"courier"`
}

// view shows a job to a; the door's place is for those who help and oversee.
func (r jobRoutes) view(a access.Actor, j *delivery.Job) JobView {
	v := JobView{
		ID: j.ID, State: string(j.State), Order: j.Order, Attempt: j.Attempt, Fill: j.Fill, Pharmacy: j.Pharmacy, Zone: j.Zone,
		Counter: j.PharmacyAt, Courier: j.Courier, Offers: j.Offers, Placed: j.Placed, Deadline: j.Deadline, ReadyAt: j.ReadyAt,
		Seal: j.Seal, ColdChain: j.ColdChain, Pay: j.Pay, Proof: string(j.Proof), Locked: j.Locked(),
		Left: make([]LeftView, 0, len(j.Left)), History: make([]StepView, 0, len(j.History)),
	}
	if j.Slot != nil {
		v.Slot = &SlotSpan{j.Slot.From, j.Slot.Until}
	}
	now := r.clock.Now()
	if !j.EndedAt.IsZero() {
		now, v.EndedAt = j.EndedAt, &j.EndedAt
	}
	v.SlackSeconds = int(j.Deadline.Sub(now).Seconds())
	if j.State == delivery.Offered {
		v.OfferExpires = &j.OfferExpires
	}
	if a.Role == access.Operator || a.Role == access.Support {
		v.Door = &j.Door.Point
	}
	if f := j.Failure; f != nil {
		v.Failure = &FailureView{f.Reason, f.Photo, f.At}
	}
	for _, l := range j.Left {
		v.Left = append(v.Left, LeftView{l.Courier, string(l.Event), l.Why, l.At})
	}
	for _, s := range j.History {
		v.History = append(v.History, StepView{string(s.Event), string(s.From), string(s.To), s.At, s.Why})
	}
	for _, p := range j.Reported {
		v.Reported = append(v.Reported, ReportedView{p.Sequence, string(p.Event), p.DoneAt})
	}
	return v
}

func (r jobRoutes) answered(a access.Actor, j *delivery.Job, err error) (*Reply[JobView], error) {
	if err != nil {
		return nil, err
	}
	return reply(j.Version, r.view(a, j)), nil
}

func (r jobRoutes) list(ctx context.Context, a access.Actor, in *listJobsIn) (*Reply[ListOf[JobView]], error) {
	view := func(j *delivery.Job) JobView { return r.view(a, j) }
	if in.Zone != "" {
		jobs, err := r.deliveries.LiveJobs(ctx, a, id.Zone(in.Zone))
		if err != nil {
			return nil, err
		}
		return listed(jobs, "", view), nil
	}
	page, err := r.deliveries.JobsIn(ctx, a, delivery.State(in.State), in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, view), nil
}

type listJobsIn struct {
	PageIn
	State string `query:"state" enum:"planned,offered,accepted,at_pharmacy,collected,at_door,delivered,cancelled,failed,returning,returned" default:"planned"`
	Zone  string `query:"zone" maxLength:"96" doc:"All jobs of this zone that have not ended, whatever their state."`
}

func (r jobRoutes) counter(ctx context.Context, a access.Actor, in *ByID) (*Reply[ListOf[JobView]], error) {
	jobs, err := r.deliveries.AtCounter(ctx, a, id.Pharmacy(in.ID))
	if err != nil {
		return nil, err
	}
	return listed(jobs, "", func(j *delivery.Job) JobView { return r.view(a, j) }), nil
}

func (r jobRoutes) read(ctx context.Context, a access.Actor, in *ByID) (*Reply[JobView], error) {
	j, err := r.deliveries.Job(ctx, a, id.Job(in.ID))
	return r.answered(a, j, err)
}

// again answers a job after something was done to it.
func (r jobRoutes) again(ctx context.Context, a access.Actor, job string, err error) (*Reply[JobView], error) {
	if err != nil {
		return nil, err
	}
	return r.read(ctx, a, &ByID{job})
}

func (r jobRoutes) path(ctx context.Context, a access.Actor, in *ByID) (*Reply[ListOf[FixView]], error) {
	fixes, err := r.deliveries.Path(ctx, a, id.Job(in.ID))
	if err != nil {
		return nil, err
	}
	v := ListOf[FixView]{Items: make([]FixView, 0, len(fixes))}
	for _, f := range fixes {
		v.Items = append(v.Items, FixView{PositionBody(f.Position), f.Courier})
	}
	return &Reply[ListOf[FixView]]{Body: v}, nil
}

func (r jobRoutes) collect(ctx context.Context, a access.Actor, in *bagCodeIn) (*Reply[JobView], error) {
	j, err := r.deliveries.Collect(ctx, a, id.Job(in.ID), in.Body.Code)
	return r.answered(a, j, err)
}

func (r jobRoutes) takeBack(ctx context.Context, a access.Actor, in *bagCodeIn) (*Reply[JobView], error) {
	j, err := r.deliveries.Returned(ctx, a, id.Job(in.ID), in.Body.Code)
	return r.answered(a, j, err)
}

func (r jobRoutes) byPhone(ctx context.Context, a access.Actor, in *bagCodeIn) (*Reply[JobView], error) {
	j, err := r.deliveries.SupportHandOver(ctx, a, id.Job(in.ID), in.Body.Code)
	return r.answered(a, j, err)
}

type offerJobIn struct {
	ByID
	Body struct {
		Courier id.Account `json:"courier" maxLength:"96"`
	}
}

func (r jobRoutes) offer(ctx context.Context, a access.Actor, in *offerJobIn) (*Reply[JobView], error) {
	return r.again(ctx, a, in.ID, r.deliveries.Offer(ctx, a, id.Job(in.ID), in.Body.Courier))
}

func (r jobRoutes) rematch(ctx context.Context, a access.Actor, in *reasonIn) (*Reply[JobView], error) {
	return r.again(ctx, a, in.ID, r.deliveries.Rematch(ctx, a, id.Job(in.ID), in.Body.Reason))
}

func (r jobRoutes) recall(ctx context.Context, a access.Actor, in *reasonIn) (*Reply[JobView], error) {
	return r.again(ctx, a, in.ID, r.deliveries.Recall(ctx, a, id.Job(in.ID), in.Body.Reason))
}

type unlockJobIn struct {
	ByID
	Body struct {
		Side string `json:"side" enum:"counter,door,seal,return"`
	}
}

func (r jobRoutes) unlock(ctx context.Context, a access.Actor, in *unlockJobIn) (*Reply[JobView], error) {
	j, err := r.deliveries.Unlock(ctx, a, id.Job(in.ID), delivery.Side(in.Body.Side))
	return r.answered(a, j, err)
}
