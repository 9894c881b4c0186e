package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/billing"
	"housecall/internal/id"
	"housecall/internal/money"
)

// Coupons are the routes of coupons.
func Coupons(bills *billing.Service) []Route {
	r := couponRoutes{bills}
	return []Route{
		post("/coupons", "coupon.make", "Make a coupon", r.make).created(),
		get("/coupons", "coupon.list", "List coupons, newest first", r.list),
		post("/coupons/{id}/end", "coupon.end", "End a coupon", r.end),
		post("/coupons/check", "coupon.check", "Ask what a code takes off", r.check).keyless(),
	}
}

type couponRoutes struct{ bills *billing.Service }

// CouponView is a coupon as it is answered.
type CouponView struct {
	ID        id.Coupon     `json:"id"`
	Code      string        `json:"code"`
	Amount    *money.Amount `json:"amount,omitempty"`
	Percent   int64         `json:"percent,omitempty"`
	Limit     int           `json:"limit"`
	PerPerson int           `json:"per_person,omitempty"`
	Used      int           `json:"used"`
	From      *time.Time    `json:"from,omitempty"`
	Until     *time.Time    `json:"until,omitempty"`
	Patient   id.Patient    `json:"patient,omitempty" doc:"It is for nobody else."`
	Case      id.Case       `json:"case,omitempty" doc:"It makes up for."`
	EndedAt   *time.Time    `json:"ended_at,omitempty"`
	CreatedAt time.Time     `json:"created_at"`
}

func couponView(c *billing.Coupon) CouponView {
	v := CouponView{
		ID: c.ID, Code: c.Code, Percent: c.Percent, Limit: c.Limit, PerPerson: c.PerPerson, Used: len(c.Uses),
		From: maybe(c.From), Until: maybe(c.Until), Patient: c.Patient, Case: c.Case, EndedAt: maybe(c.EndedAt), CreatedAt: c.CreatedAt,
	}
	if !c.Amount.IsZero() {
		v.Amount = &c.Amount
	}
	return v
}

// maybe leaves a moment out that never came.
func maybe(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type makeCouponIn struct {
	Body struct {
		Code      string        `json:"code" minLength:"4" maxLength:"40" doc:"As people type it: case, spaces and hyphens do not count."`
		Amount    *money.Amount `json:"amount,omitempty" doc:"Taken off the fees. Either this or percent."`
		Percent   int64         `json:"percent,omitempty" minimum:"1" maximum:"100"`
		Limit     int           `json:"limit" minimum:"1" maximum:"1000" doc:"Uses by all."`
		PerPerson int           `json:"per_person,omitempty" minimum:"1" maximum:"1000"`
		From      *time.Time    `json:"from,omitempty"`
		Until     *time.Time    `json:"until,omitempty" doc:"Not included."`
	}
}

func (r couponRoutes) make(ctx context.Context, a access.Actor, in *makeCouponIn) (*Reply[CouponView], error) {
	b := in.Body
	t := billing.CouponTerms{Code: b.Code, Percent: b.Percent, Limit: b.Limit, PerPerson: b.PerPerson}
	if b.Amount != nil {
		t.Amount = *b.Amount
	}
	if b.From != nil {
		t.From = b.From.UTC()
	}
	if b.Until != nil {
		t.Until = b.Until.UTC()
	}
	return r.answered(r.bills.MakeCoupon(ctx, a, t))
}

func (r couponRoutes) answered(c *billing.Coupon, err error) (*Reply[CouponView], error) {
	if err != nil {
		return nil, err
	}
	return reply(c.Version, couponView(c)), nil
}

func (r couponRoutes) list(ctx context.Context, a access.Actor, in *PageIn) (*Reply[ListOf[CouponView]], error) {
	page, err := r.bills.Coupons(ctx, a, in.query())
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, couponView), nil
}

func (r couponRoutes) end(ctx context.Context, a access.Actor, in *ByID) (*Reply[CouponView], error) {
	return r.answered(r.bills.EndCoupon(ctx, a, id.Coupon(in.ID)))
}

type checkCouponIn struct {
	Body struct {
		Code    string       `json:"code" minLength:"1" maxLength:"40"`
		Patient id.Patient   `json:"patient,omitempty" maxLength:"96" doc:"For whom; you, when left out."`
		Lines   []PricedLine `json:"lines" minItems:"1" maxItems:"20" nullable:"false"`
	}
}

// PricedLine is one thing that is to be paid.
type PricedLine struct {
	Kind   billing.Kind `json:"kind" enum:"visit_fee,medicine,delivery_fee,tip"`
	Amount money.Amount `json:"amount"`
}

// CouponOff is what a code takes off.
type CouponOff struct {
	Off money.Amount `json:"off"`
}

func (r couponRoutes) check(ctx context.Context, a access.Actor, in *checkCouponIn) (*Reply[CouponOff], error) {
	c := billing.Charge{Subject: "check", Patient: in.Body.Patient}
	if c.Patient == "" {
		c.Patient = a.Patient
	}
	for _, l := range in.Body.Lines {
		c.Lines = append(c.Lines, billing.Line{Kind: l.Kind, Amount: l.Amount})
	}
	off, err := r.bills.CheckCoupon(ctx, a, in.Body.Code, c)
	if err != nil {
		return nil, err
	}
	return reply(0, CouponOff{off}), nil
}
