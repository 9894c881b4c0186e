package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/delivery"
	"housecall/internal/dispatch"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/money"
)

// Shifts are the routes of couriers: on and off shift, where they are, what they earned.
func Shifts(deliveries *delivery.Service, clk clock.Clock) []Route {
	r := shiftRoutes{deliveries, clk}
	return []Route{
		get("/shift", "shift.report", "Read my shift", r.mine),
		post("/shift/start", "shift.start", "Go on shift", r.start),
		post("/shift/end", "shift.end", "Go off shift, after the job in hand", r.end),
		post("/shift/positions", "shift.report", "Report where my phone was", r.report).upTo(256 << 10),
		get("/shifts", "shift.list", "List the couriers on shift", r.list),
		get("/couriers/{id}/shift", "shift.read", "Read a courier's shift", r.read),
		get("/couriers/{id}/earnings", "earnings.read", "List what a courier earned, newest first", r.earnings),
	}
}

type shiftRoutes struct {
	deliveries *delivery.Service
	clock      clock.Clock
}

// PositionBody is where a phone says it was.
type PositionBody struct {
	At       time.Time `json:"at" doc:"By the phone's clock."`
	Point    geo.Point `json:"point"`
	Accuracy float64   `json:"accuracy_metres" minimum:"0" maximum:"10000"`
}

// ShiftView is a courier's shift.
type ShiftView struct {
	Courier    id.Account       `json:"courier"`
	State      string           `json:"state" enum:"off,on,finishing"`
	Zone       id.Zone          `json:"zone,omitempty"`
	Vehicle    dispatch.Vehicle `json:"vehicle,omitempty"`
	Last       *PositionBody    `json:"last,omitempty"`
	AgeSeconds int              `json:"age_seconds,omitempty" doc:"Age of the last position."`
	Silent     bool             `json:"silent" doc:"Nothing was heard for a minute. The courier keeps the job."`
	Jobs       []id.Job         `json:"jobs" nullable:"false"`
	StartedAt  *time.Time       `json:"started_at,omitempty"`
	IdleSince  *time.Time       `json:"idle_since,omitempty"`
}

// RideEarningView is what one job brought.
type RideEarningView struct {
	Job     id.Job       `json:"job"`
	State   string       `json:"state" enum:"delivered,returned"`
	At      time.Time    `json:"at"`
	Pay     money.Amount `json:"pay"`
	Tip     money.Amount `json:"tip"`
	Thanked bool         `json:"thanked"`
}

func (r shiftRoutes) view(h *delivery.Shift) ShiftView {
	now := r.clock.Now()
	v := ShiftView{Courier: h.Courier, State: string(h.State), Silent: h.Silent(now), Jobs: []id.Job{}}
	if h.State == delivery.Off {
		return v // off shift, nobody follows where they are
	}
	v.Zone, v.Vehicle, v.StartedAt = h.Zone, h.Vehicle, &h.StartedAt
	v.Last = &PositionBody{h.Last.At, h.Last.Point, h.Last.Accuracy}
	v.AgeSeconds = int(max(0, now.Sub(h.Last.At)).Seconds())
	for _, c := range h.Held {
		v.Jobs = append(v.Jobs, c.Job)
	}
	if len(h.Held) == 0 {
		v.IdleSince = &h.IdleSince
	}
	return v
}

func (r shiftRoutes) answered(h *delivery.Shift, err error) (*Reply[ShiftView], error) {
	if err != nil {
		return nil, err
	}
	return reply(h.Version, r.view(h)), nil
}

func (r shiftRoutes) mine(ctx context.Context, a access.Actor, _ *none) (*Reply[ShiftView], error) {
	return r.answered(r.deliveries.Shift(ctx, a, a.Account))
}

func (r shiftRoutes) read(ctx context.Context, a access.Actor, in *ByID) (*Reply[ShiftView], error) {
	return r.answered(r.deliveries.Shift(ctx, a, id.Account(in.ID)))
}

type startShiftIn struct {
	Body struct {
		Vehicle string    `json:"vehicle" enum:"walk,bicycle,scooter,car,drone"`
		Point   geo.Point `json:"point" doc:"Where you start: inside a zone."`
	}
}

func (r shiftRoutes) start(ctx context.Context, a access.Actor, in *startShiftIn) (*Reply[ShiftView], error) {
	return r.answered(r.deliveries.StartShift(ctx, a, dispatch.Vehicle(in.Body.Vehicle), in.Body.Point))
}

func (r shiftRoutes) end(ctx context.Context, a access.Actor, _ *none) (*Reply[ShiftView], error) {
	return r.answered(r.deliveries.EndShift(ctx, a))
}

type reportPositionsIn struct {
	Body struct {
		Positions []PositionBody `json:"positions" minItems:"1" maxItems:"720" nullable:"false" doc:"The oldest first."`
	}
}

func (r shiftRoutes) report(ctx context.Context, a access.Actor, in *reportPositionsIn) (*Reply[ShiftView], error) {
	positions := make([]delivery.Position, 0, len(in.Body.Positions))
	for _, p := range in.Body.Positions {
		positions = append(positions, delivery.Position(p))
	}
	return r.answered(r.deliveries.Report(ctx, a, positions))
}

type listShiftsIn struct {
	Zone string `query:"zone" maxLength:"96" doc:"Only this zone."`
}

func (r shiftRoutes) list(ctx context.Context, a access.Actor, in *listShiftsIn) (*Reply[ListOf[ShiftView]], error) {
	shifts, err := r.deliveries.Shifts(ctx, a, id.Zone(in.Zone))
	if err != nil {
		return nil, err
	}
	return listed(shifts, "", r.view), nil
}

type ofCourierIn struct {
	ByID
	PageIn
}

func (r shiftRoutes) earnings(ctx context.Context, a access.Actor, in *ofCourierIn) (*Reply[ListOf[RideEarningView]], error) {
	page, err := r.deliveries.Earnings(ctx, a, id.Account(in.ID), in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	v := ListOf[RideEarningView]{Items: make([]RideEarningView, 0, len(page.Items)), Next: page.Next}
	for _, e := range page.Items {
		tip := e.Tip
		if tip == (money.Amount{}) {
			tip = money.Of(0, e.Pay.Currency)
		}
		v.Items = append(v.Items, RideEarningView{e.Job, string(e.State), e.At, e.Pay, tip, e.Thanked})
	}
	return &Reply[ListOf[RideEarningView]]{Body: v}, nil
}
