package billing

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
)

// houseBears lists the reasons for which the payee keeps what was earned and the house pays: it was
// not their fault. For any other reason the earning is taken back.
var houseBears = []string{"goodwill", "promise_broken", "courier_failed", "lost", "undelivered", "service_failed"}

// Refund gives back the lines of these kinds (nil: all) of everything paid for a subject. What is not
// captured yet will not be. A line goes back once, whatever is asked how often; where nothing is left
// to give back it answers nil. It announces payment.refunded or payment.reduced.
func (s *Service) Refund(ctx context.Context, a access.Actor, subject string, kinds []string, reason string) error {
	if err := s.d.Guard.Check(ctx, a, "billing.advance", access.Facts{Record: subject}); err != nil {
		return err
	}
	all, err := s.of(ctx, subject)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return docstore.NotFound()
	}
	for _, p := range all {
		if err := s.finish(ctx, p); err != nil {
			return err
		}
		if err := s.begin(ctx, a, p, func(p *Payment) error { return s.intendRefund(p, a, kinds, reason) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) intendRefund(p *Payment, a access.Actor, kinds []string, reason string) error {
	if p.State == Authorised && len(kinds) == 0 {
		p.Intent = intend(release, a, reason)
		return nil
	}
	if p.State == Authorised {
		return s.reduce(p, a, kinds, reason)
	}
	if p.CapturedAt.IsZero() {
		return errNothing // refused or released: nothing was ever taken
	}
	i := intend(refundPart, a, reason)
	i.Cause = fmt.Sprintf("%s-%d", reason, len(p.Refunds)+1)
	for n, l := range p.Lines {
		if asked(kinds, l.Kind) && l.Captured > l.Refunded {
			i.Lines = append(i.Lines, n)
			i.Kinds = append(i.Kinds, string(l.Kind))
			i.Amount += l.Captured - l.Refunded
		}
	}
	if len(i.Lines) == 0 {
		return errNothing
	}
	p.Intent = i
	return nil
}

func asked(kinds []string, k Kind) bool { return len(kinds) == 0 || slices.Contains(kinds, string(k)) }

// reduce leaves lines out of the capture that is to come. The gateway holds the sum until then.
func (s *Service) reduce(p *Payment, a access.Actor, kinds []string, reason string) error {
	var left []string
	for n := range p.Lines {
		if l := &p.Lines[n]; asked(kinds, l.Kind) && l.due() > 0 {
			l.Reduced = true
			left = append(left, string(l.Kind))
		}
	}
	if len(left) == 0 {
		return errNothing
	}
	p.announce(PaymentReduced, string(a.Account), map[string]string{"kinds": strings.Join(left, " "), "reason": reason})
	return p.apply(s.d.Clock.Now(), *intend(reduce, a, reason), reduce, reason)
}

// settleRefund writes what went back, and who bears it.
func (p *Payment) settleRefund(i Intent, now time.Time) error {
	var postings []Posting
	for _, n := range i.Lines {
		l := &p.Lines[n]
		l.Refunded = l.Captured
		if slices.Contains(houseBears, i.Reason) {
			postings = append(postings, Posting{gatewayAccount, -l.Captured, l.Kind}, Posting{refunds, l.Captured, l.Kind})
			continue
		}
		for _, back := range l.captured() {
			postings = append(postings, Posting{back.Account, -back.Minor, back.For})
		}
	}
	m, err := movement("refund", now, p.Currency, postings)
	if err != nil {
		return err
	}
	p.Movements = append(p.Movements, m)
	p.Refunds = append(p.Refunds, Refund{i.Cause, i.Kinds, i.Amount, i.Reason, now})
	p.announce(PaymentRefunded, i.By, map[string]string{
		"amount_minor": minor(i.Amount), "kinds": strings.Join(i.Kinds, " "),
		"reason": i.Reason, "cause": i.Cause,
	})
	if p.Back() == p.Paid() {
		return p.apply(now, i, refundAll, i.Reason)
	}
	return p.apply(now, i, refundPart, i.Reason)
}
