package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
)

// unfinishedAfter is how long an answer of the gateway is waited for before it is asked again.
const unfinishedAfter = 2 * time.Minute

// Terms are what the house keeps of a line, in basis points (1500 is 15 %).
type Terms struct {
	OfVisitFee int64
	OfMedicine int64
}

// Deps are what billing needs.
type Deps struct {
	Store   docstore.Store
	Clock   clock.Clock
	Guard   *access.Guard
	Gateway Gateway
	Parties Parties
	Issuers Issuers
	Tips    Tippable
	Terms   Terms
	Taxes   Taxes
}

// Service moves money.
type Service struct {
	d        Deps
	payments *docstore.Collection[Payment, *Payment]
	coupons  *docstore.Collection[Coupon, *Coupon]
	earnings *docstore.Collection[Earning, *Earning]
	payouts  *docstore.Collection[Payout, *Payout]
	receipts *docstore.Collection[Receipt, *Receipt]
	numbers  *docstore.Collection[numbers, *numbers]
	invoices *docstore.Collection[Invoice, *Invoice]
	books    *docstore.Collection[book, *book]
}

// New declares billing's collections.
func New(ctx context.Context, d Deps) (*Service, error) {
	s := &Service{d: d}
	var errs [8]error
	s.payments, errs[0] = docstore.Open[Payment](ctx, d.Store, d.Clock, docstore.Spec[Payment]{Name: "payments", Indexes: paymentIndexes})
	s.coupons, errs[1] = docstore.Open[Coupon](ctx, d.Store, d.Clock, docstore.Spec[Coupon]{Name: "coupons", Indexes: couponIndexes})
	s.earnings, errs[2] = docstore.Open[Earning](ctx, d.Store, d.Clock, docstore.Spec[Earning]{Name: "earnings", Indexes: earningIndexes})
	s.payouts, errs[3] = docstore.Open[Payout](ctx, d.Store, d.Clock, docstore.Spec[Payout]{Name: "payouts", Indexes: payoutIndexes})
	s.receipts, errs[4] = docstore.Open[Receipt](ctx, d.Store, d.Clock, docstore.Spec[Receipt]{Name: "receipts", Indexes: receiptIndexes})
	s.numbers, errs[5] = docstore.Open[numbers](ctx, d.Store, d.Clock, docstore.Spec[numbers]{Name: "receipt_numbers"})
	s.invoices, errs[6] = docstore.Open[Invoice](ctx, d.Store, d.Clock, docstore.Spec[Invoice]{Name: "invoices", Indexes: invoiceIndexes})
	s.books, errs[7] = docstore.Open[book](ctx, d.Store, d.Clock, docstore.Spec[book]{Name: "invoice_books"})
	return s, errors.Join(errs[:]...)
}

// Authorise holds the sum of a charge, less what its coupon takes off. It announces
// payment.authorised or payment.refused; a refusal is no error. Asked again it goes on where the
// first try stopped. Only the service itself may ask.
func (s *Service) Authorise(ctx context.Context, a access.Actor, c Charge) error {
	p, err := newPayment(c)
	if err != nil {
		return err
	}
	if err := s.d.Guard.Check(ctx, a, "billing.advance", p.facts()); err != nil {
		return err
	}
	p, err = s.start(ctx, a, p, c.Coupon)
	if err != nil {
		return err
	}
	return s.finish(ctx, p)
}

// start writes the pending payment, or finds it.
func (s *Service) start(ctx context.Context, a access.Actor, p *Payment, code string) (*Payment, error) {
	if code != "" {
		coupon, err := s.discount(ctx, code, p)
		if err != nil {
			return nil, err
		}
		p.Coupon = coupon
	}
	p.Intent = intend(authorise, a, "")
	p.Intent.Amount = p.Due().Minor
	p.SetTimer(paymentUnfinished, s.d.Clock.Now().Add(unfinishedAfter))
	err := s.payments.Insert(ctx, a.Request, p)
	if !errors.Is(err, docstore.ErrExists) {
		return p, err
	}
	stored, err := s.payments.Get(ctx, p.DocID())
	if err != nil {
		return nil, err
	}
	if !stored.sameCharge(p) {
		return nil, fault.New(fault.Conflict, "This was charged before, with other lines. Look at the payment.").Coded("charged-before")
	}
	return stored, nil
}

// finish carries out what the payment's document says is being done, and writes what came of it. It
// is asked by whoever begins something, by whoever comes next, and by the timer.
func (s *Service) finish(ctx context.Context, p *Payment) error {
	if p.Intent == nil {
		return s.tidy(ctx, p)
	}
	intent := *p.Intent
	refusal, err := s.ask(ctx, p, intent)
	if err != nil {
		return fmt.Errorf("%s payment %s: %w", intent.What, p.ID, err)
	}
	done, err := s.payments.Update(ctx, p.DocID(), docstore.On{}, func(p *Payment) error {
		if !p.intends(intent) {
			return errFinished
		}
		p.Intent = nil
		p.ClearTimer(paymentUnfinished)
		return s.settle(p, intent, refusal)
	})
	if errors.Is(err, errFinished) {
		done, err = s.payments.Get(ctx, p.DocID())
	}
	if err != nil {
		return err
	}
	*p = *done
	return s.tidy(ctx, p)
}

// errFinished stops an update that somebody else has made already.
var errFinished = errors.New("finished by somebody else")

func (p *Payment) intends(i Intent) bool {
	return p.Intent != nil && p.Intent.What == i.What && p.Intent.Cause == i.Cause
}

// ask talks to the gateway. A refusal is an answer; an error means that the answer is not known.
func (s *Service) ask(ctx context.Context, p *Payment, i Intent) (refusal string, err error) {
	amount, ref := money.Of(i.Amount, p.Currency), string(p.ID)
	switch i.What {
	case authorise:
		if refusal, err = s.redeem(ctx, p); refusal != "" || err != nil || i.Amount == 0 {
			return refusal, err
		}
		err = s.d.Gateway.Authorise(ctx, Hold{ref, amount, p.Method})
	case capture:
		if i.Amount == 0 {
			err = s.d.Gateway.Void(ctx, ref)
			break
		}
		err = s.d.Gateway.Capture(ctx, ref, amount)
	case release:
		err = s.d.Gateway.Void(ctx, ref)
	case refundPart:
		if i.Amount > 0 {
			err = s.d.Gateway.Refund(ctx, ref, i.Cause, amount)
		}
	}
	var no *Declined
	if errors.As(err, &no) {
		return no.Reason, nil
	}
	return "", err
}

// settle writes the gateway's answer into the payment.
func (s *Service) settle(p *Payment, i Intent, refusal string) error {
	now := s.d.Clock.Now()
	switch {
	case i.What == authorise && refusal != "":
		p.announce(PaymentRefused, i.By, map[string]string{"reason": refusal})
		return p.apply(now, i, refuse, refusal)
	case i.What == authorise:
		p.announce(PaymentAuthorised, i.By, map[string]string{"amount_minor": minor(i.Amount)})
		return p.settleHold(now, i, authorise)
	case i.What == release:
		p.announce(PaymentReleased, i.By, map[string]string{"reason": i.Reason})
		return p.settleHold(now, i, release)
	case i.What == capture && refusal != "":
		p.announce(PaymentCaptureFailed, i.By, map[string]string{"reason": refusal})
		return nil
	case i.What == capture:
		return s.settleCapture(p, i, now)
	case refusal != "":
		return fmt.Errorf("refund of %s declined: %s", p.ID, refusal)
	}
	return p.settleRefund(i, now)
}

// settleHold notes that a sum is held for the payer, or is no longer.
func (p *Payment) settleHold(now time.Time, i Intent, e Event) error {
	held := i.Amount
	if e == release {
		held = -p.Held
	}
	if err := p.hold(now, string(e), held); err != nil {
		return err
	}
	return p.apply(now, i, e, i.Reason)
}

// hold moves what the gateway holds by this much.
func (p *Payment) hold(now time.Time, what string, by int64) error {
	if by == 0 {
		return nil
	}
	m, err := movement(what, now, p.Currency, []Posting{{Account: heldAtGateway, Minor: by}, {Account: heldForPayers, Minor: -by}})
	if err != nil {
		return err
	}
	p.Held += by
	p.Movements = append(p.Movements, m)
	return nil
}

// tidy does what follows in other documents of billing: all of it can be done again.
func (s *Service) tidy(ctx context.Context, p *Payment) error {
	if p.Coupon != "" && !p.usesCoupon() {
		if err := s.giveBack(ctx, p.Coupon, p.ID); err != nil {
			return err
		}
	}
	return s.accrue(ctx, p.DocID(), p.Movements)
}

// usesCoupon tells whether the payment keeps its use of the coupon: not when it came to nothing, nor
// when no fee that the coupon lowered was taken.
func (p *Payment) usesCoupon() bool {
	if !p.live() {
		return false
	}
	if p.CapturedAt.IsZero() {
		return true
	}
	for _, l := range p.Lines {
		if l.Discount > 0 {
			return true
		}
	}
	return false
}

// facts leave the payer out: a caregiver reads by the grant to pay, as long as it holds.
func (p *Payment) facts() access.Facts {
	return access.Facts{Record: string(p.ID), Patient: p.Patient}
}

// Heard follows billing's own events, so that earnings, receipts and invoices exist even if whoever captured
// stopped in the middle.
func (s *Service) Heard(ctx context.Context, e event.Event) error {
	p, err := s.payments.Get(ctx, e.Doc)
	if err != nil {
		return err
	}
	if err := s.tidy(ctx, p); err != nil {
		return err
	}
	if _, err = s.issue(ctx, p); err != nil {
		return err
	}
	_, err = s.enterAll(ctx, p)
	return err
}

// TimerFired asks the gateway again where its answer was never written. It does nothing when the
// document has moved on.
func (s *Service) TimerFired(ctx context.Context, a access.Actor, doc string, kind event.Kind) error {
	if err := s.d.Guard.Check(ctx, a, "billing.advance", access.Facts{Record: doc}); err != nil {
		return err
	}
	if kind == payoutUnfinished {
		return s.resumePayout(ctx, doc)
	}
	p, err := s.payments.Get(ctx, doc)
	if err != nil || !p.TimerDue(paymentUnfinished, s.d.Clock.Now()) {
		return err
	}
	return s.finish(ctx, p)
}

// Payment reads a payment for the patient, their payer, support or an auditor.
func (s *Service) Payment(ctx context.Context, a access.Actor, pay id.Payment) (*Payment, error) {
	p, err := s.payments.Get(ctx, string(pay))
	if err != nil {
		return nil, err
	}
	return p, s.d.Guard.Read(ctx, a, "payment.read", p.facts())
}

// OfSubject lists the payments for a visit or order, oldest first, for those who may read them.
func (s *Service) OfSubject(ctx context.Context, a access.Actor, subject string) ([]*Payment, error) {
	all, err := s.of(ctx, subject)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, docstore.NotFound()
	}
	return all, s.d.Guard.Read(ctx, a, "payment.read", all[len(all)-1].facts())
}

// OfPatient lists a patient's payments, newest first.
func (s *Service) OfPatient(ctx context.Context, a access.Actor, patient id.Patient, q docstore.Query) (docstore.Page[Payment], error) {
	if err := s.d.Guard.Read(ctx, a, "payment.read", access.Facts{Record: string(patient), Patient: patient}); err != nil {
		return docstore.Page[Payment]{}, err
	}
	q.Index, q.Equal, q.Descending = "patient", string(patient), true
	return s.payments.Find(ctx, q)
}

func (s *Service) of(ctx context.Context, subject string) ([]*Payment, error) {
	return s.payments.All(ctx, docstore.Query{Index: "subject", Equal: subject}, 100)
}

// live is the payment of a subject that holds or held money; nil where there is none.
func (s *Service) live(ctx context.Context, subject string) (*Payment, error) {
	all, err := s.of(ctx, subject)
	if err != nil {
		return nil, err
	}
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].live() {
			return all[i], nil
		}
	}
	return nil, nil
}
