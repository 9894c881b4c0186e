package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/delivery"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/phi"
)

// Rides are the routes of a courier on a job. Each step answers the next one, and nothing else.
func Rides(deliveries *delivery.Service) []Route {
	r := rideRoutes{deliveries}
	return []Route{
		get("/ride", "job.next", "Read my one next step", r.next),
		post("/jobs/{id}/accept", "job.accept", "Accept an offer", r.accept),
		post("/jobs/{id}/decline", "job.decline", "Decline an offer, or give back a job not yet collected", r.decline),
		post("/jobs/{id}/still-on-it", "job.still_on", "Say that I am still on a job", r.stillOn),
		post("/jobs/{id}/arrive", "job.arrive", "Say that I am at the counter", r.arrive),
		get("/jobs/{id}/code", "job.code", "Show my code for the counter", r.code),
		post("/jobs/{id}/at-door", "job.at_door", "Say that I am at the door", r.atDoor),
		post("/jobs/{id}/hand-over", "job.hand_over", "Hand the bag over by the patient's PIN", r.handOver),
		post("/jobs/{id}/fail", "job.fail", "Say that the bag could not be handed over", r.fail),
		post("/jobs/{id}/turn-back", "job.turn_back", "Say that I bring the bag back", r.turnBack),
	}
}

type rideRoutes struct{ deliveries *delivery.Service }

// NextView is the one next step of a courier.
type NextView struct {
	Todo         string        `json:"todo" enum:"start_shift,wait,answer_offer,ride_to_counter,show_code,ride_to_door,ask_pin,turn_back,bring_back"`
	Job          id.Job        `json:"job,omitempty"`
	Order        id.Order      `json:"order,omitempty"`
	Sequence     int           `json:"sequence" doc:"Send it with the step; each step done adds one."`
	State        string        `json:"state,omitempty"`
	To           *geo.Point    `json:"to,omitempty" doc:"Where to ride now; with nothing in hand, where the next job is likely."`
	Counter      *geo.Point    `json:"counter,omitempty"`
	Door         *geo.Point    `json:"door,omitempty"`
	Where        *WhereView    `json:"where,omitempty" doc:"The last metres; from accepting on."`
	Pharmacy     id.Pharmacy   `json:"pharmacy,omitempty"`
	Pay          *money.Amount `json:"pay,omitempty"`
	OfferExpires *time.Time    `json:"offer_expires,omitempty"`
	Deadline     *time.Time    `json:"deadline,omitempty"`
	Slot         *SlotSpan     `json:"slot,omitempty" doc:"When the door expects a courier, where a time was agreed: not before it."`
	ReadyAt      *time.Time    `json:"ready_at,omitempty"`
	Seal         string        `json:"seal,omitempty" doc:"Must be on the bag."`
	ColdChain    bool          `json:"cold_chain,omitempty"`
	Metres       int           `json:"metres,omitempty" doc:"From the counter to the door, as the crow flies."`
	OnBoard      int           `json:"on_board,omitempty" doc:"Bags that I carry, the one of this job among them: a counter may come before their doors."`
	Also         []AlsoView    `json:"also,omitempty" nullable:"false" doc:"The other bags that I have on board or am to collect, in the order in which I come to them."`
	AskedStill   bool          `json:"asked_still_on,omitempty" doc:"Nothing was heard of you: ask with sound whether you are still on it."`
}

// AlsoView is a bag that comes after the present step.
type AlsoView struct {
	Job      id.Job      `json:"job"`
	Pharmacy id.Pharmacy `json:"pharmacy"`
	OnBoard  bool        `json:"on_board" doc:"I carry it; else it waits at its counter."`
	Deadline time.Time   `json:"deadline"`
	Slot     *SlotSpan   `json:"slot,omitempty"`
}

// WhereView tells the last metres to a door.
type WhereView struct {
	Street   phi.Text `json:"street,omitempty" maxLength:"200" doc:"Street and house number."`
	Entrance phi.Text `json:"entrance,omitempty" maxLength:"80"`
	Floor    phi.Text `json:"floor,omitempty" maxLength:"40"`
	Flat     phi.Text `json:"flat,omitempty" maxLength:"40" doc:"Door or flat."`
	Receiver phi.Text `json:"receiver,omitempty" maxLength:"120" doc:"Who opens the door."`
	Note     phi.Text `json:"note,omitempty" maxLength:"300"`
}

// CodeView is a code as the one who shows it sees it.
type CodeView struct {
	Side string `json:"side" enum:"counter,door,return"`
	Code string `json:"code" doc:"Show it; never send it on."`
}

func nextView(n *delivery.Next) NextView {
	v := NextView{
		Todo: string(n.Todo), Job: n.Job, Order: n.Order, Sequence: n.Sequence, State: string(n.State), Pharmacy: n.Pharmacy,
		Seal: n.Seal, ColdChain: n.ColdChain, Metres: n.Metres, OnBoard: n.OnBoard, AskedStill: n.AskedStill,
	}
	for _, b := range n.Also {
		also := AlsoView{Job: b.Job, Pharmacy: b.Pharmacy, OnBoard: b.OnBoard, Deadline: b.Deadline}
		if b.Slot != nil {
			also.Slot = &SlotSpan{b.Slot.From, b.Slot.Until}
		}
		v.Also = append(v.Also, also)
	}
	if n.Job == "" {
		if !n.To.IsZero() {
			v.To = &n.To
		}
		return v
	}
	v.To, v.Counter, v.Door, v.Pay, v.Deadline, v.ReadyAt = &n.To, &n.Counter, &n.Door, &n.Pay, &n.Deadline, &n.ReadyAt
	if n.Slot != nil {
		v.Slot = &SlotSpan{n.Slot.From, n.Slot.Until}
	}
	if !n.OfferExpires.IsZero() {
		v.OfferExpires = &n.OfferExpires
	}
	if n.Where != (delivery.Where{}) {
		w := WhereView(n.Where)
		v.Where = &w
	}
	return v
}

func (r rideRoutes) next(ctx context.Context, a access.Actor, _ *none) (*Reply[NextView], error) {
	n, err := r.deliveries.NextStep(ctx, a)
	if err != nil {
		return nil, err
	}
	return reply(0, nextView(n)), nil
}

// after answers a step with what comes next.
func (r rideRoutes) after(ctx context.Context, a access.Actor, err error) (*Reply[NextView], error) {
	if err != nil {
		return nil, err
	}
	return r.next(ctx, a, nil)
}

// StepBody is what every step carries.
type StepBody struct {
	Sequence int       `json:"sequence" minimum:"0" doc:"The job's sequence that this step was made on."`
	DoneAt   time.Time `json:"done_at,omitzero" doc:"When the phone did it, if it was off line then."`
}

func (b StepBody) step() delivery.Step { return delivery.Step{Sequence: b.Sequence, DoneAt: b.DoneAt} }

type rideStepIn struct {
	ByID
	Body StepBody
}

func (r rideRoutes) accept(ctx context.Context, a access.Actor, in *rideStepIn) (*Reply[NextView], error) {
	_, err := r.deliveries.Accept(ctx, a, id.Job(in.ID), in.Body.step())
	return r.after(ctx, a, err)
}

type declineJobIn struct {
	ByID
	Body struct {
		StepBody
		Reason string `json:"reason" enum:"too_far,vehicle,break,weather,unsafe,breakdown,end_of_shift,other"`
	}
}

func (r rideRoutes) decline(ctx context.Context, a access.Actor, in *declineJobIn) (*Reply[NextView], error) {
	_, err := r.deliveries.Decline(ctx, a, id.Job(in.ID), in.Body.step(), in.Body.Reason)
	return r.after(ctx, a, err)
}

func (r rideRoutes) stillOn(ctx context.Context, a access.Actor, in *ByID) (*Reply[NextView], error) {
	_, err := r.deliveries.StillOn(ctx, a, id.Job(in.ID))
	return r.after(ctx, a, err)
}

func (r rideRoutes) arrive(ctx context.Context, a access.Actor, in *rideStepIn) (*Reply[NextView], error) {
	_, err := r.deliveries.Arrive(ctx, a, id.Job(in.ID), in.Body.step())
	return r.after(ctx, a, err)
}

func (r rideRoutes) code(ctx context.Context, a access.Actor, in *ByID) (*Reply[CodeView], error) {
	return codeAnswered(r.deliveries.CourierCode(ctx, a, id.Job(in.ID)))
}

func codeAnswered(c delivery.Code, err error) (*Reply[CodeView], error) {
	if err != nil {
		return nil, err
	}
	return reply(0, CodeView{string(c.Side), c.Code}), nil
}

func (r rideRoutes) atDoor(ctx context.Context, a access.Actor, in *rideStepIn) (*Reply[NextView], error) {
	_, err := r.deliveries.AtDoor(ctx, a, id.Job(in.ID), in.Body.step())
	return r.after(ctx, a, err)
}

type bagCodeIn struct {
	ByID
	Body struct {
		Code string `json:"code" minLength:"1" maxLength:"40" doc:"As it is shown by the other side."`
	}
}

func (r rideRoutes) handOver(ctx context.Context, a access.Actor, in *bagCodeIn) (*Reply[NextView], error) {
	_, err := r.deliveries.HandOver(ctx, a, id.Job(in.ID), in.Body.Code)
	return r.after(ctx, a, err)
}

type failJobIn struct {
	ByID
	Body struct {
		StepBody
		Reason string `json:"reason" enum:"nobody_home,wrong_address,refused,unsafe,damaged,breakdown,no_signal,other"`
		Photo  string `json:"photo,omitempty" maxLength:"96" doc:"Id of the attachment."`
	}
}

func (r rideRoutes) fail(ctx context.Context, a access.Actor, in *failJobIn) (*Reply[NextView], error) {
	_, err := r.deliveries.Fail(ctx, a, id.Job(in.ID), in.Body.step(), in.Body.Reason, id.Attachment(in.Body.Photo))
	return r.after(ctx, a, err)
}

func (r rideRoutes) turnBack(ctx context.Context, a access.Actor, in *rideStepIn) (*Reply[NextView], error) {
	_, err := r.deliveries.Returning(ctx, a, id.Job(in.ID), in.Body.step())
	return r.after(ctx, a, err)
}
