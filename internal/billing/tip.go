package billing

import (
	"context"
	"errors"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
)

// Tippable tells whom a tip for an order goes to: NotFound until a courier has delivered it.
type Tippable interface {
	TipFor(ctx context.Context, order id.Order) (TipTarget, error)
}

// TipTarget is who gets a tip, and for whom the order was.
type TipTarget struct {
	Patient  id.Patient
	Courier  id.Account
	Currency string
	Zone     string
}

// mostTip stops a slip of the finger: minor units.
const mostTip = 50_000

// Tip gives the courier of a delivered order what the patient, or who pays or receives for them,
// wants to give. All of it is the courier's. It needs a request key: each key is one tip.
func (s *Service) Tip(ctx context.Context, a access.Actor, order id.Order, amount money.Amount, method string) (*Payment, error) {
	target, err := s.d.Tips.TipFor(ctx, order)
	if err != nil {
		return nil, err
	}
	if err := s.d.Guard.Check(ctx, a, "tip.give", access.Facts{Record: string(order), Patient: target.Patient}); err != nil {
		return nil, err
	}
	if amount.Minor <= 0 || amount.Minor > mostTip || amount.Currency != target.Currency {
		return nil, fault.InvalidField("/amount", "Give a tip above zero and up to 500, in the currency of the order.")
	}
	p, err := newPayment(Charge{
		Payment: id.Of[id.Payment](a.Request, TipsOf(order)), Subject: TipsOf(order), Patient: target.Patient,
		Payer: a.Account, Zone: target.Zone, Method: method, Lines: []Line{{TipLine, amount, string(target.Courier)}},
	})
	if err != nil {
		return nil, err
	}
	if p, err = s.start(ctx, a, p, ""); err != nil {
		return nil, err
	}
	if err := s.finish(ctx, p); err != nil {
		return nil, err
	}
	if p.State == Refused {
		return nil, fault.New(fault.Conflict, "The tip was not paid: the bank said no. Try another way to pay.").Coded("payment-declined")
	}
	return s.captureTip(ctx, p)
}

// captureTip takes a tip at once. It goes by the payment, not the subject: an order may have several tips.
func (s *Service) captureTip(ctx context.Context, p *Payment) (*Payment, error) {
	err := s.begin(ctx, access.Actor{}, p, func(p *Payment) error {
		if !p.CapturedAt.IsZero() {
			return errNothing
		}
		p.Intent = intend(capture, access.Actor{Account: p.Payer, Cause: "tip"}, "")
		p.Intent.Amount = p.worth(*p.Intent)
		return nil
	})
	if err != nil && !errors.Is(err, errNothing) {
		return nil, err
	}
	return s.payments.Get(ctx, p.DocID())
}

// TipsOf is the subject of an order's tips: they are no part of what the order cost, and stay with the
// courier when the order is refunded.
func TipsOf(order id.Order) string { return "tip_" + string(order) }

// Tips lists the tips for an order.
func (s *Service) Tips(ctx context.Context, a access.Actor, order id.Order) ([]*Payment, error) {
	all, err := s.OfSubject(ctx, a, TipsOf(order))
	if fault.Is(err, fault.NotFound) && len(all) == 0 {
		return nil, docstore.NotFound()
	}
	return all, err
}
