package billing

import (
	"context"
	"errors"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
)

// Final says what is known of a line only when it is captured: who earns it, and the sum where it
// came out lower than authorised. The zero Amount is what was authorised.
type Final struct {
	Kind   Kind         `json:"kind"`
	Payee  string       `json:"payee,omitempty"`
	Amount money.Amount `json:"amount,omitzero"`
}

// errNothing stops an update that has nothing to change.
var errNothing = errors.New("nothing to do")

// Capture takes what is held for a subject, less what failed before, and announces payment.captured.
// It is done once; asked again it answers nil. Name in finals who earns what where Authorise did not.
func (s *Service) Capture(ctx context.Context, a access.Actor, subject string, finals ...Final) error {
	i := intend(capture, a, "")
	i.Final = finals
	return s.capture(ctx, a, subject, i)
}

// CaptureNoShow takes the fee that was said before booking for the doctor who waited, and lets go of
// the rest.
func (s *Service) CaptureNoShow(ctx context.Context, a access.Actor, subject string, fee money.Amount, doctor id.Account) error {
	if fee.IsZero() {
		return s.Release(ctx, a, subject, "no_show")
	}
	i := intend(capture, a, "no_show")
	i.Final, i.Only = []Final{{VisitFee, string(doctor), fee}}, true
	return s.capture(ctx, a, subject, i)
}

func (s *Service) capture(ctx context.Context, a access.Actor, subject string, i *Intent) error {
	p, err := s.ready(ctx, a, subject)
	if err != nil {
		return err
	}
	if p == nil {
		return docstore.NotFound()
	}
	return s.begin(ctx, a, p, func(p *Payment) error {
		if !p.CapturedAt.IsZero() {
			return errNothing
		}
		if _, err := moves.Next(p.State, capture); err != nil {
			return err
		}
		intent := *i
		intent.Amount = p.worth(intent)
		p.Intent = &intent
		return nil
	})
}

// Release lets go of all that is held for a subject, and announces payment.released. Where nothing is
// held (never, or no longer) it answers nil; what was captured is a Conflict: that takes a refund.
func (s *Service) Release(ctx context.Context, a access.Actor, subject, reason string) error {
	if err := s.d.Guard.Check(ctx, a, "billing.advance", access.Facts{Record: subject}); err != nil {
		return err
	}
	all, err := s.of(ctx, subject)
	if err != nil {
		return err
	}
	var captured error
	for _, p := range all { // a first attempt may have been held while the second was made
		err := s.finish(ctx, p)
		if err == nil {
			err = s.begin(ctx, a, p, func(p *Payment) error { return p.intendRelease(a, reason) })
		}
		if fault.Is(err, fault.Conflict) {
			captured = err
			continue
		}
		if err != nil {
			return err
		}
	}
	return captured
}

func (p *Payment) intendRelease(a access.Actor, reason string) error {
	if !p.live() {
		return errNothing
	}
	if _, err := moves.Next(p.State, release); err != nil {
		return err
	}
	p.Intent = intend(release, a, reason)
	return nil
}

// ready finds the payment that holds a subject's money, asks whether the actor may move it, and
// finishes what somebody left half done. Nil where no payment holds anything.
func (s *Service) ready(ctx context.Context, a access.Actor, subject string) (*Payment, error) {
	if err := s.d.Guard.Check(ctx, a, "billing.advance", access.Facts{Record: subject}); err != nil {
		return nil, err
	}
	p, err := s.live(ctx, subject)
	if p == nil || err != nil {
		return nil, err
	}
	return p, s.finish(ctx, p)
}

// begin writes into the payment what the gateway will be asked, and asks.
func (s *Service) begin(ctx context.Context, a access.Actor, p *Payment, intend func(*Payment) error) error {
	changed, err := s.payments.Update(ctx, p.DocID(), docstore.On{Request: a.Request}, func(p *Payment) error {
		if p.Intent != nil {
			return errBusy
		}
		if err := intend(p); err != nil {
			return err
		}
		if p.Intent != nil {
			p.SetTimer(paymentUnfinished, s.d.Clock.Now().Add(unfinishedAfter))
		}
		return nil
	})
	if errors.Is(err, errNothing) {
		return s.tidy(ctx, p)
	}
	if err != nil {
		return err
	}
	return s.finish(ctx, changed)
}

// errBusy is for who comes while the gateway is being asked something else.
var errBusy = fault.New(fault.Unavailable, "Money of this payment is being moved. Try again in a moment.").Coded("payment-busy").After(2 * time.Second)

// taken is what a capture takes of a line: earned is its price, discount what a coupon bears of it.
func (i *Intent) taken(l Item) (earned, discount int64) {
	named, found := i.final(l.Kind)
	if l.Reduced || (i.Only && !found) {
		return 0, 0
	}
	earned, discount = l.Gross, l.Discount
	if found && named.Amount != (money.Amount{}) {
		earned = min(earned, max(0, named.Amount.Minor))
	}
	if i.Only { // less than the whole was agreed without the coupon
		discount = 0
		earned = min(earned, l.due())
	}
	return earned, min(discount, earned)
}

func (i *Intent) final(k Kind) (Final, bool) {
	for _, f := range i.Final {
		if f.Kind == k {
			return f, true
		}
	}
	return Final{}, false
}

// worth is what the payer pays when the intent is captured.
func (p *Payment) worth(i Intent) int64 {
	var sum int64
	for _, l := range p.Lines {
		earned, discount := i.taken(l)
		sum += earned - discount
	}
	return sum
}

// settleCapture writes a capture: what is held becomes what is owed to those who earned it.
func (s *Service) settleCapture(p *Payment, i Intent, now time.Time) error {
	if err := p.hold(now, string(capture), -p.Held); err != nil {
		return err
	}
	var postings []Posting
	for n := range p.Lines {
		l := &p.Lines[n]
		if f, ok := i.final(l.Kind); ok && f.Payee != "" {
			l.Payee = f.Payee
		}
		l.Earned, l.Discount = i.taken(*l)
		l.Captured = l.Earned - l.Discount
		l.Share = l.Earned - l.Earned*s.kept(l.Kind)/10_000
		postings = append(postings, l.captured()...)
	}
	m, err := movement(string(capture), now, p.Currency, postings)
	if err != nil {
		return err
	}
	p.Movements = append(p.Movements, m)
	p.CapturedAt = now
	p.announce(PaymentCaptured, i.By, map[string]string{"amount_minor": minor(i.Amount), "reason": i.Reason})
	return p.apply(now, i, capture, i.Reason)
}

func (s *Service) kept(k Kind) int64 {
	switch k {
	case VisitFee:
		return s.d.Terms.OfVisitFee
	case Medicine:
		return s.d.Terms.OfMedicine
	case DeliveryFee, TipLine, JobPay, CouponLine:
	}
	return 0
}

// captured is how a line's money is spread; the same with its sign turned gives it back.
func (i Item) captured() []Posting {
	return []Posting{
		{gatewayAccount, i.Captured, i.Kind},
		{coupons, i.Earned - i.Captured, i.Kind},
		{payable(i.Kind, i.Payee), -i.Share, i.Kind},
		{revenue, i.Share - i.Earned, i.Kind},
	}
}
