package billing

import (
	"fmt"
	"strconv"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/lifecycle"
	"housecall/internal/money"
)

// Kind is what a line pays for.
type Kind string

// The kinds of lines.
const (
	VisitFee    Kind = "visit_fee"
	Medicine    Kind = "medicine"
	DeliveryFee Kind = "delivery_fee"
	TipLine     Kind = "tip"
	CouponLine  Kind = "coupon"
)

// isFee tells what a coupon may lower: fees, never medicine (a discount on a prescribed medicine is
// an inducement that many places forbid), nor a courier's tip.
func isFee(k Kind) bool { return k == VisitFee || k == DeliveryFee }

// Line is one thing to be paid. Payee is the doctor's account or the pharmacy; empty when it is not
// known yet (the doctor of a queued visit) or when it is the house.
type Line struct {
	Kind   Kind
	Amount money.Amount
	Payee  string
}

// Charge is what Authorise is asked to hold.
type Charge struct {
	Payment id.Payment // PaymentOf(Subject, attempt)
	Subject string     // id of the visit or order
	Patient id.Patient
	Payer   id.Account
	Zone    string // for the numbers of receipts; "" is the house
	Lines   []Line
	Coupon  string // a code, or ""
	Method  string
}

// PaymentOf is the id of attempt n (from 1) to pay for a subject.
func PaymentOf(subject string, n int) id.Payment {
	return id.Derive[id.Payment](subject, strconv.Itoa(n))
}

// Payment is one payment for one subject.
type Payment struct {
	ID            id.Payment `json:"id"`
	docstore.Meta `json:"meta"`
	State         State                          `json:"state"`
	History       []lifecycle.Step[State, Event] `json:"history"`
	Subject       string                         `json:"subject"`
	Patient       id.Patient                     `json:"patient"`
	Payer         id.Account                     `json:"payer"`
	Zone          string                         `json:"zone,omitempty"`
	Currency      string                         `json:"currency"`
	Lines         []Item                         `json:"lines"`
	Coupon        id.Coupon                      `json:"coupon,omitempty"`
	Held          int64                          `json:"held,omitempty"` // at the gateway
	Method        string                         `json:"method"`
	Intent        *Intent                        `json:"intent,omitempty"`
	Refunds       []Refund                       `json:"refunds,omitempty"`
	Movements     []Movement                     `json:"movements,omitempty"`
	CapturedAt    time.Time                      `json:"captured_at,omitzero"`
}

// Item is a line as it is kept, in minor units of the payment's currency.
type Item struct {
	Kind     Kind   `json:"kind"`
	Payee    string `json:"payee,omitempty"`
	Gross    int64  `json:"gross"`
	Discount int64  `json:"discount,omitempty"` // of a coupon, borne by the house
	Reduced  bool   `json:"reduced,omitempty"`  // failed before the capture: not taken
	Earned   int64  `json:"earned,omitempty"`   // gross, as captured
	Share    int64  `json:"share,omitempty"`    // of Earned, for the payee; the rest is the house's
	Captured int64  `json:"captured,omitempty"` // what the payer paid
	Refunded int64  `json:"refunded,omitempty"`
}

// due is what the payer is to pay for the line, at most.
func (i Item) due() int64 {
	if i.Reduced {
		return 0
	}
	return i.Gross - i.Discount
}

// Intent is what the gateway is being asked, until its answer is written.
type Intent struct {
	What   Event    `json:"what"`
	Amount int64    `json:"amount"`
	By     string   `json:"by"`
	On     string   `json:"on,omitempty"` // the event that it was asked on
	Reason string   `json:"reason,omitempty"`
	Cause  string   `json:"cause,omitempty"` // of a refund, for the gateway
	Kinds  []string `json:"kinds,omitempty"`
	Lines  []int    `json:"lines,omitempty"` // of a refund
	Final  []Final  `json:"final,omitempty"` // of a capture
	Only   bool     `json:"only,omitempty"`  // of a capture: nothing but what Final names
}

func intend(what Event, a access.Actor, reason string) *Intent {
	return &Intent{What: what, By: string(a.Account), On: a.Cause, Reason: reason}
}

// Refund is money that went back.
type Refund struct {
	Cause  string    `json:"cause"`
	Kinds  []string  `json:"kinds"`
	Amount int64     `json:"amount"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// DocID implements docstore.Document.
func (p *Payment) DocID() string { return string(p.ID) }

var paymentIndexes = map[string]func(*Payment) (docstore.Key, bool){
	"subject": func(p *Payment) (docstore.Key, bool) {
		return docstore.Key{Equal: p.Subject, Order: docstore.ByTime(p.CreatedAt)}, true
	},
	"patient": func(p *Payment) (docstore.Key, bool) {
		return docstore.Key{Equal: string(p.Patient), Order: docstore.ByTime(p.CreatedAt)}, true
	},
	"all": func(p *Payment) (docstore.Key, bool) {
		return docstore.Key{Equal: "all", Order: docstore.ByTime(p.CreatedAt)}, true
	},
}

// Due is what will be captured at most, as it stands now.
func (p *Payment) Due() money.Amount {
	var sum int64
	for _, l := range p.Lines {
		sum += l.due()
	}
	return money.Of(sum, p.Currency)
}

// Paid is what was captured, Back what has gone back of it.
func (p *Payment) Paid() money.Amount {
	var sum int64
	for _, l := range p.Lines {
		sum += l.Captured
	}
	return money.Of(sum, p.Currency)
}

// Back is what was refunded.
func (p *Payment) Back() money.Amount {
	var sum int64
	for _, l := range p.Lines {
		sum += l.Refunded
	}
	return money.Of(sum, p.Currency)
}

// live tells whether the payment holds, or held, money of its subject.
func (p *Payment) live() bool { return p.State != Refused && p.State != Released }

// announce emits an event that everybody who follows the payment can read.
func (p *Payment) announce(kind event.Kind, by string, data map[string]string) {
	all := map[string]string{"payment": string(p.ID), "subject": p.Subject, "patient": string(p.Patient), "currency": p.Currency}
	for k, v := range data {
		all[k] = v
	}
	to := []string{string(p.Patient)}
	if kind == PaymentCaptureFailed {
		to = append(to, event.ToOperators)
	}
	p.Emit(event.Event{Kind: kind, By: by, Data: all, To: to})
}

func minor(n int64) string { return strconv.FormatInt(n, 10) }

// newPayment checks a charge and makes the document of it.
func newPayment(c Charge) (*Payment, error) {
	if c.Payment == "" || c.Subject == "" || len(c.Lines) == 0 {
		return nil, fmt.Errorf("charge for %q is incomplete", c.Subject)
	}
	p := &Payment{
		ID: c.Payment, State: Pending, Subject: c.Subject, Patient: c.Patient, Payer: c.Payer,
		Zone: c.Zone, Method: c.Method, Currency: c.Lines[0].Amount.Currency,
	}
	for i, l := range c.Lines {
		at := fmt.Sprintf("/lines/%d", i)
		switch {
		case l.Kind == CouponLine || !known(l.Kind):
			return nil, fault.InvalidField(at+"/kind", "This can't be charged.")
		case l.Amount.Minor < 0:
			return nil, fault.InvalidField(at+"/amount", "A price can't be below zero.")
		case l.Amount.Currency != p.Currency || p.Currency == "":
			return nil, fault.InvalidField(at+"/amount", "All lines of a payment are in one currency.")
		}
		p.Lines = append(p.Lines, Item{Kind: l.Kind, Payee: l.Payee, Gross: l.Amount.Minor})
	}
	return p, nil
}

func known(k Kind) bool { return isFee(k) || k == Medicine || k == TipLine }

// sameCharge tells whether a document was made of this very charge.
func (p *Payment) sameCharge(q *Payment) bool {
	if p.Subject != q.Subject || p.Patient != q.Patient || p.Currency != q.Currency || len(p.Lines) != len(q.Lines) {
		return false
	}
	for i := range p.Lines {
		if p.Lines[i].Kind != q.Lines[i].Kind || p.Lines[i].Gross != q.Lines[i].Gross {
			return false
		}
	}
	return true
}
