package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/order"
	"housecall/internal/phi"
)

// Orders are the routes of orders.
func Orders(orders *order.Service, clk clock.Clock) []Route {
	r := orderRoutes{orders, clk}
	return []Route{
		post("/orders", "order.place", "Order the medicine of a prescription", r.place).created(),
		get("/orders/{id}", "order.read", "Read an order", r.read),
		get("/patients/{id}/orders", "order.read", "List a patient's orders, newest first", r.list),
		get("/orders", "order.list", "List open orders by the moment they are due", r.late),
		post("/orders/{id}/pay", "order.pay", "Pay an order that is held", r.pay),
		post("/orders/{id}/extend", "order.extend", "Keep an unpaid order ten minutes longer", r.extend),
		post("/orders/{id}/cancel", "order.cancel", "Cancel an order that has not left the pharmacy", r.cancel),
		put("/orders/{id}/address", "order.readdress", "Change where an order goes", r.readdress),
		get("/orders/{id}/slots", "order.reschedule", "List the times that a paid order can be moved to, the soonest first", r.otherSlots),
		post("/orders/{id}/reschedule", "order.reschedule", "Move a paid order to another time, while no pharmacy has begun with it", r.reschedule),
		post("/orders/{id}/answer", "order.answer", "Answer the pharmacy's question", r.answer),
		post("/orders/{id}/reattempt", "order.reattempt", "Have an order that came back brought again", r.reattempt),
		post("/orders/{id}/rating", "order.rate", "Rate a delivered order", r.rate),
	}
}

type orderRoutes struct {
	orders *order.Service
	clock  clock.Clock
}

// OrderAddress is where an order goes.
type OrderAddress struct {
	Text     phi.Text  `json:"text" maxLength:"300" doc:"Street and number."`
	Entrance phi.Text  `json:"entrance,omitempty" maxLength:"60"`
	Floor    phi.Text  `json:"floor,omitempty" maxLength:"20"`
	Door     phi.Text  `json:"door,omitempty" maxLength:"20"`
	Receiver phi.Text  `json:"receiver,omitempty" maxLength:"120" doc:"Who takes it."`
	Note     phi.Text  `json:"note,omitempty" maxLength:"300"`
	Point    geo.Point `json:"point"`
}

// OrderView is an order as it is answered.
type OrderView struct {
	ID            id.Order        `json:"id"`
	State         order.State     `json:"state" enum:"unpaid,placed,reviewing,preparing,ready,collected,delivered,undelivered,cancelled"`
	Reason        string          `json:"reason,omitempty" doc:"Why it is cancelled, or was sent elsewhere; coded."`
	Patient       id.Patient      `json:"patient"`
	Prescription  id.Prescription `json:"prescription"`
	Part          id.Part         `json:"part"`
	Fulfilment    string          `json:"fulfilment" enum:"courier,pickup,parcel"`
	Address       *OrderAddress   `json:"address,omitempty"`
	Zone          id.Zone         `json:"zone,omitempty"`
	Slot          *OrderSlotView  `json:"slot,omitempty" doc:"When a courier comes, where a time was chosen. Until shortly before it the order stays placed."`
	Pharmacy      id.Pharmacy     `json:"pharmacy"`
	Attempt       int             `json:"attempt" doc:"Which pharmacy's turn it is, from 1."`
	Fill          id.Fill         `json:"fill"`
	Job           id.Job          `json:"job,omitempty"`
	Lines         []order.Line    `json:"lines" nullable:"false"`
	Medicine      money.Amount    `json:"medicine"`
	DeliveryFee   money.Amount    `json:"delivery_fee"`
	Discount      money.Amount    `json:"discount"`
	Total         money.Amount    `json:"total"`
	Held          bool            `json:"held" doc:"The prescription is claimed and the stock set aside: it can be paid."`
	Paying        bool            `json:"paying"`
	PaymentFailed string          `json:"payment_failed,omitempty"`
	PayUntil      *time.Time      `json:"pay_until,omitempty"`
	Promise       *PromiseView    `json:"promise,omitempty"`
	Question      *QuestionView   `json:"question,omitempty"`
	Rated         bool            `json:"rated"`
	CreatedAt     time.Time       `json:"created_at"`
	History       []StepView      `json:"history" nullable:"false"`
}

// OrderSlotView is when a courier comes with an order by appointment.
type OrderSlotView struct {
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"`
	Waits    bool      `json:"waits" doc:"It is paid for, and no pharmacy has begun: it is not time yet, and it can be moved."`
	Keepable bool      `json:"keepable" doc:"Begun now, or brought again now, it would still come in this time."`
	// A place in another slot is taken a moment after it was asked for.
	Moving   *SlotSpan  `json:"moving,omitempty" doc:"The time that it is being moved to; until it has a place there this one stands."`
	NotMoved *time.Time `json:"not_moved,omitempty" doc:"Begin of the time that it could not be moved to last: others were first."`
}

// PromiseView is the clock of an order.
type PromiseView struct {
	StartedAt    time.Time  `json:"started_at"`
	DueAt        time.Time  `json:"due_at"`
	SlackSeconds int        `json:"slack_seconds" doc:"Time to spare if every stage that is left takes no more than its budget. Below 240 the promise is in danger."`
	LeftSeconds  int        `json:"left_seconds" doc:"Time left; below zero the promise is broken."`
	Paused       bool       `json:"paused" doc:"The clock stands still while the patient owes an answer."`
	StoppedAt    *time.Time `json:"stopped_at,omitempty"`
	AtRisk       bool       `json:"at_risk"`
	BrokenIn     string     `json:"broken_in,omitempty" doc:"The stage that the promise broke in."`
}

// QuestionView is what the patient is asked.
type QuestionView struct {
	ID      string        `json:"id"`
	Kind    string        `json:"kind" enum:"substitute,dearer"`
	AskedAt time.Time     `json:"asked_at"`
	Old     string        `json:"old,omitempty"`
	New     string        `json:"new,omitempty"`
	Total   *money.Amount `json:"total,omitempty" doc:"What the order would cost."`
}

// StepView is one move in a history.
type StepView struct {
	Event string    `json:"event"`
	From  string    `json:"from"`
	To    string    `json:"to"`
	At    time.Time `json:"at"`
	Why   string    `json:"why,omitempty"`
}

func (r orderRoutes) view(o *order.Order) OrderView {
	v := OrderView{
		ID: o.ID, State: o.State, Patient: o.Patient, Prescription: o.Prescription, Part: o.Part, Fulfilment: string(o.Fulfilment),
		Zone: o.Zone, Pharmacy: o.Pharmacy, Attempt: o.Attempt, Fill: o.Fill(), Lines: o.Quote.Lines, Medicine: o.Quote.Medicine,
		DeliveryFee: o.Quote.DeliveryFee, Discount: o.Discount, Total: o.Total(), Held: o.Held, Paying: o.Paying,
		PaymentFailed: o.PaymentFailed, Rated: o.Rating != nil, CreatedAt: o.CreatedAt,
	}
	if o.Fulfilment == order.Courier {
		v.Job = o.Job()
	}
	if o.Slot != nil {
		v.Slot = r.slot(o)
	}
	if o.Fulfilment != order.Pickup {
		a := OrderAddress(o.Address)
		v.Address = &a
	}
	if len(v.Lines) == 0 {
		v.Lines = []order.Line{}
	}
	v.History = make([]StepView, 0, len(o.History))
	for _, s := range o.History {
		v.History = append(v.History, StepView{string(s.Event), string(s.From), string(s.To), s.At, s.Why})
		v.Reason = s.Why
	}
	for _, t := range o.Timers {
		if t.Kind == order.TimerUnpaid {
			v.PayUntil = &t.Due
		}
	}
	v.Promise, v.Question = r.promise(o), questionView(o)
	return v
}

func (r orderRoutes) slot(o *order.Order) *OrderSlotView {
	v := &OrderSlotView{From: o.Slot.From, Until: o.Slot.Until, Waits: o.Waits(), Keepable: o.Slot.Keepable(r.clock.Now())}
	if o.Moving != nil {
		v.Moving = &SlotSpan{o.Moving.From, o.Moving.Until}
	}
	if !o.NotMoved.IsZero() {
		v.NotMoved = &o.NotMoved
	}
	return v
}

func (r orderRoutes) promise(o *order.Order) *PromiseView {
	p := o.Promise
	if p.Started.IsZero() {
		return nil
	}
	now := r.clock.Now()
	v := &PromiseView{StartedAt: p.Started, DueAt: p.Due, Paused: !p.Paused.IsZero(), AtRisk: p.AtRisk, BrokenIn: string(p.Broken)}
	if !p.Stopped.IsZero() {
		now, v.StoppedAt = p.Stopped, &p.Stopped
	}
	v.SlackSeconds, v.LeftSeconds = int(o.Slack(now).Seconds()), int(p.Left(now).Seconds())
	return v
}

func questionView(o *order.Order) *QuestionView {
	q := o.Question
	if q == nil {
		return nil
	}
	v := &QuestionView{ID: q.ID, Kind: string(q.Kind), AskedAt: q.AskedAt, Old: q.Old, New: q.New}
	if q.Quote != nil {
		total := q.Quote.Total().Minus(o.Discount)
		v.Total = &total
	}
	return v
}

func (r orderRoutes) answered(o *order.Order, err error) (*Reply[OrderView], error) {
	if err != nil {
		return nil, err
	}
	return reply(o.Version, r.view(o)), nil
}

type placeOrderIn struct {
	Body struct {
		Part       id.Part       `json:"part" maxLength:"96"`
		Pharmacy   id.Pharmacy   `json:"pharmacy" maxLength:"96"`
		Fulfilment string        `json:"fulfilment" enum:"courier,pickup,parcel"`
		Address    *OrderAddress `json:"address,omitempty" doc:"Not for a pick-up."`
		Coupon     string        `json:"coupon,omitempty" maxLength:"40"`
		Warned     bool          `json:"risk_warning_read,omitempty" doc:"The risk of a prescription medicine was shown to who orders, apart from other goods; some places ask for that."`
		Slot       *time.Time    `json:"slot,omitempty" doc:"Begin of a slot that coverage or a quote offered; for a courier alone. Absent: as soon as it can be."`
	}
}

func (r orderRoutes) place(ctx context.Context, a access.Actor, in *placeOrderIn) (*Reply[OrderView], error) {
	w := order.Wanted{Part: in.Body.Part, Pharmacy: in.Body.Pharmacy, Fulfilment: order.Fulfilment(in.Body.Fulfilment), Coupon: in.Body.Coupon, Warned: in.Body.Warned}
	if in.Body.Address != nil {
		w.Address = order.Address(*in.Body.Address)
	}
	if in.Body.Slot != nil {
		w.Slot = *in.Body.Slot
	}
	return r.answered(r.orders.Place(ctx, a, w))
}

func (r orderRoutes) read(ctx context.Context, a access.Actor, in *ByID) (*Reply[OrderView], error) {
	return r.answered(r.orders.Read(ctx, a, id.Order(in.ID)))
}

type ofPatientIn struct {
	ByID
	PageIn
}

func (r orderRoutes) list(ctx context.Context, a access.Actor, in *ofPatientIn) (*Reply[ListOf[OrderView]], error) {
	page, err := r.orders.Of(ctx, a, id.Patient(in.ID), in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, r.view), nil
}

type lateIn struct {
	PageIn
	InDanger      bool `query:"in_danger" doc:"Only orders that have less than four minutes to spare, the longest in danger first."`
	WithinMinutes int  `query:"within_minutes" minimum:"0" maximum:"1440" default:"1440" doc:"Only orders due within so many minutes."`
}

func (r orderRoutes) late(ctx context.Context, a access.Actor, in *lateIn) (*Reply[ListOf[OrderView]], error) {
	if in.InDanger {
		page, err := r.orders.AtRisk(ctx, a, r.clock.Now(), in.Cursor, in.Limit)
		if err != nil {
			return nil, err
		}
		return listed(page.Items, page.Next, r.view), nil
	}
	page, err := r.orders.Late(ctx, a, r.clock.Now().Add(time.Duration(in.WithinMinutes)*time.Minute), in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, r.view), nil
}

type payIn struct {
	ByID
	Body struct {
		Method string `json:"method" minLength:"1" maxLength:"100" doc:"Token of the payment gateway; the sandbox takes card_ok and card_refused."`
	}
}

func (r orderRoutes) pay(ctx context.Context, a access.Actor, in *payIn) (*Reply[OrderView], error) {
	return r.answered(r.orders.Pay(ctx, a, id.Order(in.ID), in.Body.Method))
}

func (r orderRoutes) extend(ctx context.Context, a access.Actor, in *ByID) (*Reply[OrderView], error) {
	return r.answered(r.orders.Extend(ctx, a, id.Order(in.ID)))
}

type reasonIn struct {
	ByID
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"40" pattern:"^[a-z_]+$" doc:"Coded reason, like changed_mind."`
	}
}

func (r orderRoutes) cancel(ctx context.Context, a access.Actor, in *reasonIn) (*Reply[OrderView], error) {
	return r.answered(r.orders.Cancel(ctx, a, id.Order(in.ID), in.Body.Reason))
}

type readdressIn struct {
	ByID
	Edit
	Body OrderAddress
}

func (r orderRoutes) readdress(ctx context.Context, a access.Actor, in *readdressIn) (*Reply[OrderView], error) {
	return r.answered(r.orders.Readdress(ctx, a, id.Order(in.ID), in.Version(), order.Address(in.Body)))
}

type answerOrderIn struct {
	ByID
	Body struct {
		Question string `json:"question" maxLength:"96"`
		Accepted bool   `json:"accepted"`
	}
}

func (r orderRoutes) answer(ctx context.Context, a access.Actor, in *answerOrderIn) (*Reply[OrderView], error) {
	return r.answered(r.orders.Answer(ctx, a, id.Order(in.ID), in.Body.Question, in.Body.Accepted))
}

// AgainBody says when an order is to be brought again; left out, in its own slot while that can be kept, else as
// soon as it can be.
type AgainBody struct {
	Slot *time.Time `json:"slot,omitempty" doc:"Begin of a slot that coverage offered. Needed where couriers come by appointment alone and the order's own slot is over."`
}

type againIn struct {
	ByID
	Body *AgainBody
}

func (r orderRoutes) reattempt(ctx context.Context, a access.Actor, in *againIn) (*Reply[OrderView], error) {
	var slot time.Time
	if in.Body != nil && in.Body.Slot != nil {
		slot = *in.Body.Slot
	}
	return r.answered(r.orders.Reattempt(ctx, a, id.Order(in.ID), slot))
}

func (r orderRoutes) otherSlots(ctx context.Context, a access.Actor, in *ByID) (*Reply[ListOf[SlotSpan]], error) {
	all, err := r.orders.OtherSlots(ctx, a, id.Order(in.ID))
	if err != nil {
		return nil, err
	}
	return reply(0, ListOf[SlotSpan]{Items: each(all, func(s order.Slot) SlotSpan { return SlotSpan{s.From, s.Until} })}), nil
}

type rescheduleIn struct {
	ByID
	Body struct {
		Slot time.Time `json:"slot" doc:"Begin of one of the times that the order can be moved to."`
	}
}

func (r orderRoutes) reschedule(ctx context.Context, a access.Actor, in *rescheduleIn) (*Reply[OrderView], error) {
	return r.answered(r.orders.Reschedule(ctx, a, id.Order(in.ID), in.Body.Slot))
}

type rateIn struct {
	ByID
	Body struct {
		Stars int      `json:"stars" minimum:"1" maximum:"5"`
		Words phi.Text `json:"words,omitempty" maxLength:"500"`
	}
}

func (r orderRoutes) rate(ctx context.Context, a access.Actor, in *rateIn) (*Reply[OrderView], error) {
	return r.answered(r.orders.Rate(ctx, a, id.Order(in.ID), order.Rating{Stars: in.Body.Stars, Words: in.Body.Words}))
}
