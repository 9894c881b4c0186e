package billing

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"housecall/internal/access"
)

// Posted is one side of a movement with the document that it stands in.
type Posted struct {
	Source   string
	What     string
	At       time.Time
	Currency string
	Posting
}

// Postings lists both sides of every movement from a time, included, until another, not included; oldest
// first. It is for operators and auditors, and stands in the audit before the answer leaves.
func (s *Service) Postings(ctx context.Context, a access.Actor, from, until time.Time) ([]Posted, error) {
	if err := s.d.Guard.Read(ctx, a, "ledger.read", access.Facts{Record: "ledger"}); err != nil {
		return nil, err
	}
	var out []Posted
	take := func(source string, all []Movement) {
		for _, m := range all {
			if m.At.Before(from) || !m.At.Before(until) {
				continue
			}
			for _, p := range m.Postings {
				out = append(out, Posted{source, m.What, m.At, m.Currency, p})
			}
		}
	}
	err := every(ctx, s.payments, func(p *Payment) { take(string(p.ID), p.Movements) })
	if err == nil {
		err = every(ctx, s.payouts, func(p *Payout) { take(string(p.ID), p.Movements) })
	}
	if err == nil {
		err = every(ctx, s.earnings, func(e *Earning) { take(string(e.ID), e.Movements) })
	}
	if err != nil {
		return nil, fmt.Errorf("list the postings of the ledger: %w", err)
	}
	slices.SortStableFunc(out, func(a, b Posted) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.Source, b.Source)
	})
	return out, nil
}
