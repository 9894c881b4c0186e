package billing

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
)

// maxUses bounds a coupon: its uses stand in its document.
const maxUses = 1000

// Coupon lowers the fees of a payment, by a sum or by a share. Its id is derived from its code.
type Coupon struct {
	ID            id.Coupon `json:"id"`
	docstore.Meta `json:"meta"`
	CouponTerms
	Uses    []Use      `json:"uses,omitempty"`
	EndedAt time.Time  `json:"ended_at,omitzero"`
	EndedBy id.Account `json:"ended_by,omitempty"`
	Case    id.Case    `json:"case,omitempty"` // it makes up for
	MadeBy  id.Account `json:"made_by"`
}

// CouponTerms are what a coupon is good for. They are never changed: end it and make another.
type CouponTerms struct {
	Code      string       `json:"code"`
	Amount    money.Amount `json:"amount,omitzero"`      // taken off, in its currency alone
	Percent   int64        `json:"percent,omitempty"`    // or this share of the fees
	Limit     int          `json:"limit"`                // uses by all
	PerPerson int          `json:"per_person,omitempty"` // uses by one payer; 0 is no limit but Limit
	From      time.Time    `json:"from,omitzero"`
	Until     time.Time    `json:"until,omitzero"`    // not included
	Patient   id.Patient   `json:"patient,omitempty"` // it is for nobody else
}

// Use is a payment that a coupon lowers.
type Use struct {
	Payment id.Payment `json:"payment"`
	By      string     `json:"by"`
	At      time.Time  `json:"at"`
}

// DocID implements docstore.Document.
func (c *Coupon) DocID() string { return string(c.ID) }

var couponIndexes = map[string]func(*Coupon) (docstore.Key, bool){
	"all": func(c *Coupon) (docstore.Key, bool) {
		return docstore.Key{Equal: "all", Order: docstore.ByTime(c.CreatedAt)}, true
	},
}

func couponOf(code string) id.Coupon { return id.Derive[id.Coupon]("coupon", normal(code)) }

// normal is a code as people may type it: in any case, with spaces and hyphens anywhere.
func normal(code string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, strings.ToUpper(code))
}

// refusal says why the coupon is not good for this payment, as a code; "" is good.
func (c *Coupon) refusal(now time.Time, p *Payment) string {
	mine := 0
	for _, u := range c.Uses {
		if u.Payment == p.ID {
			return ""
		}
		if u.By == p.person() {
			mine++
		}
	}
	switch {
	case c.Patient != "" && c.Patient != p.Patient:
		return "coupon-unknown" // that it exists is nobody else's business
	case !c.EndedAt.IsZero() || (!c.Until.IsZero() && !now.Before(c.Until)):
		return "coupon-ended"
	case now.Before(c.From):
		return "coupon-not-yet"
	case !c.Amount.IsZero() && c.Amount.Currency != p.Currency:
		return "coupon-currency"
	case len(c.Uses) >= c.Limit:
		return "coupon-used-up"
	case c.PerPerson > 0 && mine >= c.PerPerson:
		return "coupon-used"
	}
	return ""
}

func (p *Payment) person() string {
	if p.Payer != "" {
		return string(p.Payer)
	}
	return string(p.Patient)
}

// lower spreads the coupon over the fees, in their order.
func (c *Coupon) lower(p *Payment) {
	left := c.Amount.Minor
	for n := range p.Lines {
		l := &p.Lines[n]
		if !isFee(l.Kind) {
			continue
		}
		if c.Percent > 0 {
			l.Discount = l.Gross * c.Percent / 100
			continue
		}
		l.Discount = min(left, l.Gross)
		left -= l.Discount
	}
}

// discount lowers the lines of a payment that is about to be made. Whether the coupon still holds is
// decided when it is redeemed.
func (s *Service) discount(ctx context.Context, code string, p *Payment) (id.Coupon, error) {
	coupon := couponOf(code)
	c, err := s.coupons.Get(ctx, string(coupon))
	if fault.Is(err, fault.NotFound) {
		return coupon, nil // redeem refuses the payment
	}
	if err != nil {
		return "", err
	}
	if c.refusal(s.d.Clock.Now(), p) == "" {
		c.lower(p)
	}
	return coupon, nil
}

// redeem notes the payment in its coupon, once. Of two payments that race for the last use one gets
// it: both write the same document.
func (s *Service) redeem(ctx context.Context, p *Payment) (refusal string, err error) {
	if p.Coupon == "" {
		return "", nil
	}
	_, err = s.coupons.Update(ctx, string(p.Coupon), docstore.On{}, func(c *Coupon) error {
		now := s.d.Clock.Now()
		if refusal = c.refusal(now, p); refusal != "" || c.usedBy(p.ID) {
			return errNothing
		}
		c.Uses = append(c.Uses, Use{p.ID, p.person(), now})
		return nil
	})
	switch {
	case fault.Is(err, fault.NotFound):
		return "coupon-unknown", nil
	case err != nil && !errors.Is(err, errNothing):
		return "", err
	}
	return refusal, nil
}

func (c *Coupon) usedBy(pay id.Payment) bool {
	for _, u := range c.Uses {
		if u.Payment == pay {
			return true
		}
	}
	return false
}

// giveBack frees the use of a payment that came to nothing.
func (s *Service) giveBack(ctx context.Context, coupon id.Coupon, pay id.Payment) error {
	c, err := s.coupons.Get(ctx, string(coupon))
	if fault.Is(err, fault.NotFound) || (err == nil && !c.usedBy(pay)) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = s.coupons.Update(ctx, string(coupon), docstore.On{}, func(c *Coupon) error {
		kept := make([]Use, 0, len(c.Uses))
		for _, u := range c.Uses {
			if u.Payment != pay {
				kept = append(kept, u)
			}
		}
		c.Uses = kept
		return nil
	})
	return err
}

// MakeCoupon is for operators. The code must be free.
func (s *Service) MakeCoupon(ctx context.Context, a access.Actor, t CouponTerms) (*Coupon, error) {
	if err := s.d.Guard.Check(ctx, a, "coupon.make", access.Facts{Record: "coupon"}); err != nil {
		return nil, err
	}
	if err := t.check(s.d.Clock.Now()); err != nil {
		return nil, err
	}
	c := &Coupon{ID: couponOf(t.Code), CouponTerms: t, MadeBy: a.Account}
	c.Emit(event.Event{Kind: CouponMade, By: string(a.Account), Data: map[string]string{"coupon": string(c.ID)}, To: []string{event.ToOperators}})
	return c, s.coupons.Insert(ctx, a.Request, c)
}

func (t CouponTerms) check(now time.Time) error {
	switch {
	case len(normal(t.Code)) < 4 || len(t.Code) > 40:
		return fault.InvalidField("/code", "A code has 4 to 40 characters.")
	case (t.Percent == 0) == t.Amount.IsZero():
		return fault.InvalidField("/amount", "Give either an amount or a share in percent.")
	case t.Percent < 0 || t.Percent > 100:
		return fault.InvalidField("/percent", "Give a share from 1 to 100 percent.")
	case t.Amount.Minor < 0 || (!t.Amount.IsZero() && len(t.Amount.Currency) != 3):
		return fault.InvalidField("/amount", "Give an amount above zero, with its currency.")
	case t.Limit < 1 || t.Limit > maxUses:
		return fault.InvalidField("/limit", "A coupon is good for 1 to 1000 uses. Make several for more.")
	case t.PerPerson < 0:
		return fault.InvalidField("/per_person", "Give a number above zero, or leave it out.")
	case !t.Until.IsZero() && !t.Until.After(now):
		return fault.InvalidField("/until", "The last day is over already.")
	}
	return nil
}

// Gift is a coupon that makes up for something that went wrong.
type Gift struct {
	Case    id.Case
	Patient id.Patient
	Amount  money.Amount
	By      id.Account // who gave it
}

// giftFor is how long a gift can be used.
const giftFor = 180 * 24 * time.Hour

// GiveCoupon makes the one coupon that a case gives to a patient, good once and for nobody else. Asked
// again for the same case it answers the same coupon. Only the service itself may ask.
func (s *Service) GiveCoupon(ctx context.Context, a access.Actor, g Gift) (*Coupon, error) {
	if err := s.d.Guard.Check(ctx, a, "billing.advance", access.Facts{Record: string(g.Case), Patient: g.Patient}); err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte("gift\x1f" + string(g.Case) + "\x1f" + a.Request.Key))
	t := CouponTerms{
		Code: "SORRY-" + base32.StdEncoding.EncodeToString(sum[:5]), Amount: g.Amount, Limit: 1,
		Until: s.d.Clock.Now().Add(giftFor), Patient: g.Patient,
	}
	if err := t.check(s.d.Clock.Now()); err != nil {
		return nil, err
	}
	c := &Coupon{ID: couponOf(t.Code), CouponTerms: t, MadeBy: g.By, Case: g.Case}
	c.Emit(event.Event{
		Kind: CouponMade, By: string(g.By), To: []string{string(g.Patient)},
		Data: map[string]string{"coupon": string(c.ID), "case": string(g.Case), "patient": string(g.Patient)},
	})
	return c, s.coupons.Insert(ctx, a.Request, c)
}

// EndCoupon stops a coupon: payments made with it stay as they are.
func (s *Service) EndCoupon(ctx context.Context, a access.Actor, coupon id.Coupon) (*Coupon, error) {
	if err := s.d.Guard.Check(ctx, a, "coupon.end", access.Facts{Record: string(coupon)}); err != nil {
		return nil, err
	}
	return s.coupons.Update(ctx, string(coupon), docstore.On{Request: a.Request}, func(c *Coupon) error {
		if !c.EndedAt.IsZero() {
			return fault.New(fault.Conflict, "This coupon has ended already.").Coded("coupon-ended")
		}
		c.EndedAt, c.EndedBy = s.d.Clock.Now(), a.Account
		return nil
	})
}

// Coupons lists coupons for operators, newest first.
func (s *Service) Coupons(ctx context.Context, a access.Actor, q docstore.Query) (docstore.Page[Coupon], error) {
	if err := s.d.Guard.Check(ctx, a, "coupon.list", access.Facts{Record: "coupon"}); err != nil {
		return docstore.Page[Coupon]{}, err
	}
	q.Index, q.Equal, q.Descending = "all", "all", true
	return s.coupons.Find(ctx, q)
}

// CheckCoupon tells what a code would take off these lines now. A code that does not hold is an
// Invalid fault whose code says why.
func (s *Service) CheckCoupon(ctx context.Context, a access.Actor, code string, c Charge) (money.Amount, error) {
	if err := s.d.Guard.Check(ctx, a, "coupon.check", access.Facts{Record: "coupon"}); err != nil {
		return money.Amount{}, err
	}
	c.Payment, c.Payer = PaymentOf("coupon check", 1), a.Account
	p, err := newPayment(c)
	if err != nil {
		return money.Amount{}, err
	}
	stored, err := s.coupons.Get(ctx, string(couponOf(code)))
	refusal := "coupon-unknown"
	if err == nil {
		refusal = stored.refusal(s.d.Clock.Now(), p)
	} else if !fault.Is(err, fault.NotFound) {
		return money.Amount{}, err
	}
	if refusal != "" {
		return money.Amount{}, fault.InvalidField("/coupon", "This coupon can't be used here. Check the code, its last day and how often you used it.").Coded(refusal)
	}
	whole := p.Due()
	stored.lower(p)
	return whole.Minus(p.Due()), nil
}

// Discount tells what a code would take off these fees now, for who is about to pay them. Whom a gift
// was given to is looked at when it is redeemed.
func (s *Service) Discount(ctx context.Context, a access.Actor, code string, fees money.Amount) (money.Amount, error) {
	c, err := s.coupons.Get(ctx, string(couponOf(code)))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return money.Amount{}, err
	}
	charge := Charge{Subject: "coupon check", Lines: []Line{{Kind: DeliveryFee, Amount: fees}}}
	if err == nil {
		charge.Patient = c.Patient
	}
	return s.CheckCoupon(ctx, a, code, charge)
}
