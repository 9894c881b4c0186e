package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/billing"
	"housecall/internal/docstore"
	"housecall/internal/id"
	"housecall/internal/money"
)

// Payments are the routes of payments and tips.
func Payments(bills *billing.Service) []Route {
	r := paymentRoutes{bills}
	return []Route{
		get("/payments/{id}", "payment.read", "Read a payment", r.read),
		get("/patients/{id}/payments", "payment.read", "List a patient's payments, newest first", r.list),
		get("/orders/{id}/payments", "payment.read", "List the payments for an order", r.ofSubject),
		get("/visits/{id}/payments", "payment.read", "List the payments for a visit", r.ofSubject),
		get("/orders/{id}/tips", "payment.read", "List the tips for an order", r.tips),
		post("/orders/{id}/tips", "tip.give", "Give the courier of a delivered order a tip", r.tip).created(),
	}
}

type paymentRoutes struct{ bills *billing.Service }

// PaymentView is a payment as it is answered.
type PaymentView struct {
	ID         id.Payment        `json:"id"`
	State      billing.State     `json:"state" enum:"pending,authorised,captured,partly_refunded,refunded,refused,released"`
	Reason     string            `json:"reason,omitempty" doc:"Why it stands where it stands; coded."`
	Subject    string            `json:"subject" doc:"Id of the visit or order it pays for."`
	Patient    id.Patient        `json:"patient"`
	Lines      []PaymentLineView `json:"lines" nullable:"false"`
	Due        money.Amount      `json:"due" doc:"What is taken at most, less coupons and what failed before."`
	Paid       money.Amount      `json:"paid"`
	Refunded   money.Amount      `json:"refunded"`
	Refunds    []RefundView      `json:"refunds" nullable:"false"`
	CapturedAt *time.Time        `json:"captured_at,omitempty"`
	CreatedAt  time.Time         `json:"created_at"`
}

// PaymentLineView is one thing that is paid for.
type PaymentLineView struct {
	Kind     billing.Kind `json:"kind" enum:"visit_fee,medicine,delivery_fee,tip"`
	Amount   money.Amount `json:"amount"`
	Discount money.Amount `json:"discount"`
	Paid     money.Amount `json:"paid"`
	Refunded money.Amount `json:"refunded"`
}

// RefundView is money that went back.
type RefundView struct {
	Kinds  []string     `json:"kinds" nullable:"false"`
	Amount money.Amount `json:"amount"`
	Reason string       `json:"reason"`
	At     time.Time    `json:"at"`
}

func paymentView(p *billing.Payment) PaymentView {
	in := func(minor int64) money.Amount { return money.Of(minor, p.Currency) }
	v := PaymentView{
		ID: p.ID, State: p.State, Subject: p.Subject, Patient: p.Patient, Due: p.Due(), Paid: p.Paid(), Refunded: p.Back(),
		Lines: []PaymentLineView{}, Refunds: refundViews(p.Refunds, p.Currency), CreatedAt: p.CreatedAt,
	}
	for _, l := range p.Lines {
		v.Lines = append(v.Lines, PaymentLineView{l.Kind, in(l.Gross), in(l.Discount), in(l.Captured), in(l.Refunded)})
	}
	if n := len(p.History); n > 0 {
		v.Reason = p.History[n-1].Why
	}
	if !p.CapturedAt.IsZero() {
		v.CapturedAt = &p.CapturedAt
	}
	return v
}

func refundViews(refunds []billing.Refund, currency string) []RefundView {
	out := make([]RefundView, 0, len(refunds))
	for _, r := range refunds {
		out = append(out, RefundView{r.Kinds, money.Of(r.Amount, currency), r.Reason, r.At})
	}
	return out
}

func (r paymentRoutes) read(ctx context.Context, a access.Actor, in *ByID) (*Reply[PaymentView], error) {
	p, err := r.bills.Payment(ctx, a, id.Payment(in.ID))
	if err != nil {
		return nil, err
	}
	return reply(p.Version, paymentView(p)), nil
}

type pageOfIn struct {
	ByID
	PageIn
}

func (p PageIn) query() docstore.Query { return docstore.Query{Cursor: p.Cursor, Limit: p.Limit} }

func (r paymentRoutes) list(ctx context.Context, a access.Actor, in *pageOfIn) (*Reply[ListOf[PaymentView]], error) {
	page, err := r.bills.OfPatient(ctx, a, id.Patient(in.ID), in.query())
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, paymentView), nil
}

func (r paymentRoutes) ofSubject(ctx context.Context, a access.Actor, in *ByID) (*Reply[ListOf[PaymentView]], error) {
	all, err := r.bills.OfSubject(ctx, a, in.ID)
	if err != nil {
		return nil, err
	}
	return listed(all, "", paymentView), nil
}

func (r paymentRoutes) tips(ctx context.Context, a access.Actor, in *ByID) (*Reply[ListOf[PaymentView]], error) {
	all, err := r.bills.Tips(ctx, a, id.Order(in.ID))
	if err != nil {
		return nil, err
	}
	return listed(all, "", paymentView), nil
}

type tipIn struct {
	ByID
	Body struct {
		Amount money.Amount `json:"amount"`
		Method string       `json:"method" minLength:"1" maxLength:"100" doc:"Token of the payment gateway."`
	}
}

func (r paymentRoutes) tip(ctx context.Context, a access.Actor, in *tipIn) (*Reply[PaymentView], error) {
	p, err := r.bills.Tip(ctx, a, id.Order(in.ID), in.Body.Amount, in.Body.Method)
	if err != nil {
		return nil, err
	}
	return reply(p.Version, paymentView(p)), nil
}
