package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/phi"
	"housecall/internal/support"
)

// Cases are the routes of support cases.
func Cases(cases *support.Service) []Route {
	r := caseRoutes{cases}
	return []Route{
		post("/cases", "case.open", "Say that something went wrong", r.open).created(),
		get("/cases", "case.list", "List cases for support, oldest first", r.list),
		get("/me/cases", "case.read", "List your own cases, or your pharmacy's, newest first", r.mine),
		get("/patients/{id}/cases", "case.read", "List a patient's cases, newest first", r.ofPatient),
		get("/cases/{id}", "case.read", "Read a case", r.read),
		post("/cases/{id}/messages", "case.write", "Write in a case", r.write),
		post("/cases/{id}/reopen", "case.reopen", "Take a resolved case up again", r.reopen),
		post("/cases/{id}/answer", "case.ask", "Answer the person", r.answer),
		post("/cases/{id}/assign", "case.assign", "Give a case to somebody of support", r.assign),
		get("/cases/{id}/evidence", "case.evidence", "Gather the whole evidence of a case", r.evidence),
		post("/cases/{id}/refund", "case.refund", "Have money given back", r.refund),
		post("/cases/{id}/coupon", "case.coupon", "Give a coupon", r.coupon),
		post("/cases/{id}/redelivery", "case.redeliver", "Have the order brought again", r.redeliver),
		post("/cases/{id}/resolve", "case.resolve", "Resolve a case", r.resolve),
		post("/cases/{id}/close", "case.close", "Close a resolved case", r.close),
	}
}

type caseRoutes struct{ cases *support.Service }

// CaseView is a case as both sides see it.
type CaseView struct {
	ID        id.Case          `json:"id"`
	State     support.State    `json:"state" enum:"open,waiting_for_person,waiting_for_support,resolved,closed"`
	Reason    string           `json:"reason" doc:"Why it stands where it stands; coded."`
	Category  support.Category `json:"category"`
	Subject   string           `json:"subject,omitempty" doc:"Id of what it is about."`
	Patient   id.Patient       `json:"patient,omitempty"`
	OpenedBy  access.Role      `json:"opened_by"`
	Assigned  id.Account       `json:"assigned,omitempty"`
	Overdue   bool             `json:"overdue"`
	Messages  []CaseMessage    `json:"messages" nullable:"false"`
	Actions   []CaseAction     `json:"actions" nullable:"false"`
	History   []StepView       `json:"history" nullable:"false"`
	CreatedAt time.Time        `json:"created_at"`
	UpdatedAt time.Time        `json:"updated_at"`
}

// CaseMessage is what somebody wrote.
type CaseMessage struct {
	ID   id.Message  `json:"id"`
	Role access.Role `json:"role"`
	Text phi.Text    `json:"text"`
	At   time.Time   `json:"at"`
}

// CaseAction is what is done to make good.
type CaseAction struct {
	ID     string              `json:"id"`
	What   support.What        `json:"what" enum:"refund,coupon,redelivery"`
	State  support.ActionState `json:"state" enum:"wanted,done,failed"`
	Kinds  []string            `json:"kinds,omitempty"`
	Amount *money.Amount       `json:"amount,omitempty"`
	Reason string              `json:"reason"`
	Result string              `json:"result,omitempty"`
	At     time.Time           `json:"at"`
}

func caseView(c *support.Case) CaseView {
	v := CaseView{
		ID: c.ID, State: c.State, Reason: c.Reason, Category: c.Category, Subject: c.Subject, Patient: c.Patient, OpenedBy: c.OpenedBy,
		Assigned: c.Assigned, Overdue: c.Overdue, Messages: []CaseMessage{}, Actions: []CaseAction{}, History: []StepView{},
		CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
	}
	for _, m := range c.Messages {
		v.Messages = append(v.Messages, CaseMessage{m.ID, m.Role, m.Text, m.At})
	}
	for _, a := range c.Actions {
		w := CaseAction{ID: a.ID, What: a.What, State: a.State, Kinds: a.Kinds, Reason: a.Reason, Result: a.Result, At: a.At}
		if !a.Amount.IsZero() {
			w.Amount = &a.Amount
		}
		v.Actions = append(v.Actions, w)
	}
	for _, s := range c.History {
		v.History = append(v.History, StepView{string(s.Event), string(s.From), string(s.To), s.At, s.Why})
	}
	return v
}

func (r caseRoutes) answered(c *support.Case, err error) (*Reply[CaseView], error) {
	if err != nil {
		return nil, err
	}
	return reply(c.Version, caseView(c)), nil
}

type openCaseIn struct {
	Body struct {
		Subject  string           `json:"subject,omitempty" maxLength:"96" doc:"Id of the order, visit, prescription, payment or person it is about."`
		Category support.Category `json:"category" enum:"late,missing,wrong_item,damaged,not_delivered,side_effect,care,money,access,conduct,other"`
		Text     phi.Text         `json:"text" minLength:"1" maxLength:"4000"`
	}
}

func (r caseRoutes) open(ctx context.Context, a access.Actor, in *openCaseIn) (*Reply[CaseView], error) {
	return r.answered(r.cases.Open(ctx, a, support.Opening(in.Body)))
}

type casesIn struct {
	PageIn
	State    support.State `query:"state" enum:"open,waiting_for_person,waiting_for_support,resolved,closed"`
	Assigned id.Account    `query:"assigned" maxLength:"96"`
	Subject  string        `query:"subject" maxLength:"96"`
	Overdue  bool          `query:"overdue"`
}

func (r caseRoutes) list(ctx context.Context, a access.Actor, in *casesIn) (*Reply[ListOf[CaseView]], error) {
	page, err := r.cases.List(ctx, a, support.Wish{State: in.State, Assigned: in.Assigned, Subject: in.Subject, Overdue: in.Overdue}, in.query())
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, caseView), nil
}

func (r caseRoutes) mine(ctx context.Context, a access.Actor, in *PageIn) (*Reply[ListOf[CaseView]], error) {
	whose := string(a.Account)
	if a.Patient != "" {
		whose = string(a.Patient)
	}
	if a.Pharmacy != "" {
		whose = string(a.Pharmacy)
	}
	page, err := r.cases.Mine(ctx, a, whose, in.query())
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, caseView), nil
}

func (r caseRoutes) ofPatient(ctx context.Context, a access.Actor, in *pageOfIn) (*Reply[ListOf[CaseView]], error) {
	page, err := r.cases.Mine(ctx, a, string(id.Patient(in.ID)), in.query())
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, caseView), nil
}

func (r caseRoutes) read(ctx context.Context, a access.Actor, in *ByID) (*Reply[CaseView], error) {
	return r.answered(r.cases.Case(ctx, a, id.Case(in.ID)))
}

type caseTextIn struct {
	ByID
	Body struct {
		Text phi.Text `json:"text" minLength:"1" maxLength:"4000"`
	}
}

func (r caseRoutes) write(ctx context.Context, a access.Actor, in *caseTextIn) (*Reply[CaseView], error) {
	return r.answered(r.cases.Write(ctx, a, id.Case(in.ID), in.Body.Text))
}

func (r caseRoutes) reopen(ctx context.Context, a access.Actor, in *caseTextIn) (*Reply[CaseView], error) {
	return r.answered(r.cases.Reopen(ctx, a, id.Case(in.ID), in.Body.Text))
}

func (r caseRoutes) answer(ctx context.Context, a access.Actor, in *caseTextIn) (*Reply[CaseView], error) {
	return r.answered(r.cases.Answer(ctx, a, id.Case(in.ID), in.Body.Text))
}

type assignIn struct {
	ByID
	Body struct {
		To id.Account `json:"to" maxLength:"96" doc:"Account of somebody of support."`
	}
}

func (r caseRoutes) assign(ctx context.Context, a access.Actor, in *assignIn) (*Reply[CaseView], error) {
	return r.answered(r.cases.Assign(ctx, a, id.Case(in.ID), in.Body.To))
}

// EvidenceView is what is known about the subject of a case, in order of time.
type EvidenceView struct {
	Items   []EvidenceItem `json:"items" nullable:"false"`
	Missing []string       `json:"missing" nullable:"false" doc:"Kinds that could not be had just now."`
}

// EvidenceItem is one piece of it.
type EvidenceItem struct {
	Kind   string            `json:"kind" doc:"intake, visit, prescription, review, packing, hand_overs, positions, messages, payment."`
	Record string            `json:"record" doc:"Id of the document it comes from."`
	At     *time.Time        `json:"at,omitempty"`
	By     string            `json:"by,omitempty"`
	Code   string            `json:"code,omitempty" doc:"A state, an event, a reason."`
	Text   phi.Text          `json:"text,omitempty"`
	Data   map[string]string `json:"data,omitempty"`
}

func (r caseRoutes) evidence(ctx context.Context, a access.Actor, in *ByID) (*Reply[EvidenceView], error) {
	d, err := r.cases.Evidence(ctx, a, id.Case(in.ID))
	if err != nil {
		return nil, err
	}
	v := EvidenceView{Items: []EvidenceItem{}, Missing: append([]string{}, d.Missing...)}
	for _, i := range d.Items {
		v.Items = append(v.Items, EvidenceItem{i.Kind, i.Record, maybe(i.At), i.By, i.Code, i.Text, i.Data})
	}
	return reply(0, v), nil
}

type caseRefundIn struct {
	ByID
	Body struct {
		Kinds  []string `json:"kinds,omitempty" maxItems:"5" doc:"visit_fee, medicine, delivery_fee; none is all that was paid."`
		Reason string   `json:"reason" minLength:"1" maxLength:"40" pattern:"^[a-z0-9_]+$" doc:"Coded reason, like goodwill or damaged."`
	}
}

func (r caseRoutes) refund(ctx context.Context, a access.Actor, in *caseRefundIn) (*Reply[CaseView], error) {
	return r.answered(r.cases.WantRefund(ctx, a, id.Case(in.ID), in.Body.Kinds, in.Body.Reason))
}

type caseCouponIn struct {
	ByID
	Body struct {
		Amount money.Amount `json:"amount"`
		Reason string       `json:"reason" minLength:"1" maxLength:"40" pattern:"^[a-z0-9_]+$"`
	}
}

func (r caseRoutes) coupon(ctx context.Context, a access.Actor, in *caseCouponIn) (*Reply[CaseView], error) {
	return r.answered(r.cases.WantCoupon(ctx, a, id.Case(in.ID), in.Body.Amount, in.Body.Reason))
}

func (r caseRoutes) redeliver(ctx context.Context, a access.Actor, in *reasonIn) (*Reply[CaseView], error) {
	return r.answered(r.cases.WantRedelivery(ctx, a, id.Case(in.ID), in.Body.Reason))
}

type resolveIn struct {
	ByID
	Body struct {
		Reason string   `json:"reason" minLength:"1" maxLength:"40" pattern:"^[a-z0-9_]+$" doc:"Coded reason, like refunded or explained."`
		Text   phi.Text `json:"text" minLength:"1" maxLength:"4000" doc:"A word to the person."`
	}
}

func (r caseRoutes) resolve(ctx context.Context, a access.Actor, in *resolveIn) (*Reply[CaseView], error) {
	return r.answered(r.cases.Resolve(ctx, a, id.Case(in.ID), in.Body.Reason, in.Body.Text))
}

func (r caseRoutes) close(ctx context.Context, a access.Actor, in *ByID) (*Reply[CaseView], error) {
	return r.answered(r.cases.Close(ctx, a, id.Case(in.ID)))
}
