package billing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/lifecycle"
	"housecall/internal/money"
)

// Payout is what one payee is paid for a period.
type Payout struct {
	ID            id.Payout `json:"id"`
	docstore.Meta `json:"meta"`
	State         PayoutState                          `json:"state"`
	History       []lifecycle.Step[PayoutState, Event] `json:"history"`
	Payee         string                               `json:"payee"`
	Role          string                               `json:"role"`
	Currency      string                               `json:"currency"`
	Until         time.Time                            `json:"until"` // of the period, not included
	Items         []PayoutItem                         `json:"items,omitempty"`
	Minor         int64                                `json:"minor"`
	Reference     string                               `json:"reference,omitempty"` // of the transfer, at the bank
	Movements     []Movement                           `json:"movements,omitempty"`
}

// PayoutItem is one earning in it.
type PayoutItem struct {
	Earning id.Entry  `json:"earning"`
	For     Kind      `json:"for"`
	What    string    `json:"what"`
	Source  string    `json:"source"`
	Minor   int64     `json:"minor"`
	At      time.Time `json:"at"`
}

// mostItems is how many earnings one payout holds; what is over goes into the next.
const mostItems = 2000

// DocID implements docstore.Document.
func (p *Payout) DocID() string { return string(p.ID) }

// Amount is what is paid.
func (p *Payout) Amount() money.Amount { return money.Of(p.Minor, p.Currency) }

var payoutIndexes = map[string]func(*Payout) (docstore.Key, bool){
	"payee": func(p *Payout) (docstore.Key, bool) {
		return docstore.Key{Equal: p.Payee, Order: docstore.ByTime(p.Until)}, true
	},
	"state": func(p *Payout) (docstore.Key, bool) {
		return docstore.Key{Equal: string(p.State), Order: docstore.ByTime(p.Until)}, true
	},
	"all": func(p *Payout) (docstore.Key, bool) {
		return docstore.Key{Equal: "all", Order: docstore.ByTime(p.Until)}, true
	},
}

// ClosePeriod gathers what every payee (or only one) earned before until into payouts, and answers
// them. For operators. Closing the same period again answers the same payouts.
func (s *Service) ClosePeriod(ctx context.Context, a access.Actor, until time.Time, only string) ([]*Payout, error) {
	if err := s.d.Guard.Check(ctx, a, "payout.close", access.Facts{Record: "payout"}); err != nil {
		return nil, err
	}
	if until.After(s.d.Clock.Now()) {
		return nil, fault.InvalidField("/until", "A period can be closed once it is over.")
	}
	due, err := s.openPayees(ctx, until, only)
	if err != nil {
		return nil, err
	}
	closed, err := s.closedBefore(ctx, until, only)
	if err != nil {
		return nil, err
	}
	for _, e := range due {
		p, err := s.closeFor(ctx, a, e, until)
		if err != nil {
			return nil, err
		}
		closed[p.ID] = p
	}
	out := make([]*Payout, 0, len(closed))
	for _, p := range closed {
		out = append(out, p)
	}
	return out, nil
}

// openPayees answers one open earning for each payee and currency that has any.
func (s *Service) openPayees(ctx context.Context, until time.Time, only string) ([]*Earning, error) {
	q := docstore.Query{Index: "open", Equal: "open", Limit: 500}
	if only != "" {
		q.From, q.Until = only+"/", only+"0" // "0" follows "/"
	}
	var out []*Earning
	seen := map[string]bool{}
	for {
		page, err := s.earnings.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Items {
			if k := openOrder(e.Payee, e.Currency); e.At.Before(until) && !seen[k] {
				out, seen[k] = append(out, e), true
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return out, nil
		}
	}
}

// closedBefore finds the payouts of this very period.
func (s *Service) closedBefore(ctx context.Context, until time.Time, only string) (map[id.Payout]*Payout, error) {
	q := docstore.Query{Index: "all", Equal: "all", From: docstore.ByTime(until), Until: docstore.ByTime(until.Add(time.Millisecond))}
	all, err := s.payouts.All(ctx, q, 10_000)
	out := map[id.Payout]*Payout{}
	for _, p := range all {
		if only == "" || p.Payee == only {
			out[p.ID] = p
		}
	}
	return out, err
}

// closeFor opens the payout of a payee and period, then fills it. The payout is written first: what
// claims an earning always exists, and its timer fills it should we stop in the middle.
func (s *Service) closeFor(ctx context.Context, a access.Actor, e *Earning, until time.Time) (*Payout, error) {
	for n := 1; ; n++ { // more than mostItems in a period make a second payout
		p := &Payout{
			ID: id.Derive[id.Payout](e.Payee, e.Currency, docstore.ByTime(until), fmt.Sprint(n)), State: PayoutClosing,
			Payee: e.Payee, Role: e.Role, Currency: e.Currency, Until: until,
		}
		p.SetTimer(payoutUnfinished, s.d.Clock.Now().Add(unfinishedAfter))
		err := s.payouts.Insert(ctx, id.Request{}, p)
		if errors.Is(err, docstore.ErrExists) {
			p, err = s.payouts.Get(ctx, p.DocID())
		}
		if err != nil {
			return nil, err
		}
		if p.State != PayoutClosing {
			continue
		}
		return s.fill(ctx, p, string(a.Account))
	}
}

func (s *Service) resumePayout(ctx context.Context, doc string) error {
	p, err := s.payouts.Get(ctx, doc)
	if err != nil || p.State != PayoutClosing || !p.TimerDue(payoutUnfinished, s.d.Clock.Now()) {
		return err
	}
	_, err = s.fill(ctx, p, "billing")
	return err
}

// fill claims the open earnings of the period, then writes all that is claimed into the payout. Two
// who fill at once claim for the same payout and write the same.
func (s *Service) fill(ctx context.Context, p *Payout, by string) (*Payout, error) {
	prefix := openOrder(p.Payee, p.Currency)
	open, err := s.earnings.All(ctx, docstore.Query{Index: "open", Equal: "open", From: prefix, Until: prefix + docstore.ByTime(p.Until)}, mostItems)
	if err != nil {
		return nil, err
	}
	for _, e := range open {
		if err := s.claim(ctx, e, "", p.ID); err != nil {
			return nil, err
		}
	}
	mine, err := s.earnings.All(ctx, docstore.Query{Index: "payout", Equal: p.DocID()}, 2*mostItems)
	if err != nil {
		return nil, err
	}
	sealed, err := s.seal(ctx, p, mine, by)
	if err != nil {
		return nil, err
	}
	for _, e := range mine { // claimed while somebody else sealed: open again, for the next period
		if !sealed.holds(e.ID) {
			if err := s.claim(ctx, e, p.ID, ""); err != nil {
				return nil, err
			}
		}
	}
	return sealed, s.carry(ctx, sealed)
}

// claim moves an earning from one payout to another, or leaves it where somebody else put it.
func (s *Service) claim(ctx context.Context, e *Earning, from, to id.Payout) error {
	_, err := s.earnings.Update(ctx, e.DocID(), docstore.On{}, func(e *Earning) error {
		if e.Payout != from {
			return errNothing
		}
		e.Payout = to
		return nil
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

func (p *Payout) holds(e id.Entry) bool {
	return slices.ContainsFunc(p.Items, func(i PayoutItem) bool { return i.Earning == e })
}

// seal closes a payout with these items, unless somebody has.
func (s *Service) seal(ctx context.Context, p *Payout, items []*Earning, by string) (*Payout, error) {
	sealed, err := s.payouts.Update(ctx, p.DocID(), docstore.On{}, func(p *Payout) error {
		if p.State != PayoutClosing {
			return errNothing
		}
		p.Items, p.Minor = nil, 0
		for _, e := range items {
			p.Items = append(p.Items, PayoutItem{e.ID, e.For, e.What, e.Source, e.Minor, e.At})
			p.Minor += e.Minor
		}
		p.ClearTimer(payoutUnfinished)
		if p.Minor <= 0 {
			return p.apply(s.d.Clock.Now(), by, carryPayout, "below_zero")
		}
		p.announce(PayoutReady, by)
		return p.apply(s.d.Clock.Now(), by, closePayout, "")
	})
	if errors.Is(err, errNothing) {
		return s.payouts.Get(ctx, p.DocID())
	}
	return sealed, err
}

// carry brings what is below zero into the next period, as one earning.
func (s *Service) carry(ctx context.Context, p *Payout) error {
	if p.State != PayoutCarried || p.Minor == 0 {
		return nil
	}
	return s.insertOnce(ctx, &Earning{
		ID: id.Derive[id.Entry](p.DocID(), "carried"), Payee: p.Payee, Role: p.Role, For: p.Items[0].For,
		Source: p.DocID(), What: "carried", Currency: p.Currency, Minor: p.Minor, At: s.d.Clock.Now(),
	})
}

func (p *Payout) announce(kind event.Kind, by string) {
	p.Emit(event.Event{Kind: kind, By: by, To: []string{p.Payee, event.ToOperators}, Data: map[string]string{
		"payout": string(p.ID),
		"payee":  p.Payee, "amount_minor": minor(p.Minor), "currency": p.Currency,
	}})
}

// MarkPaid notes that a payout was transferred, with the bank's reference. For operators.
func (s *Service) MarkPaid(ctx context.Context, a access.Actor, payout id.Payout, reference string) (*Payout, error) {
	if err := s.d.Guard.Check(ctx, a, "payout.pay", access.Facts{Record: string(payout)}); err != nil {
		return nil, err
	}
	if reference = strings.TrimSpace(reference); reference == "" || len(reference) > 140 {
		return nil, fault.InvalidField("/reference", "Give the bank's reference of the transfer, up to 140 characters.")
	}
	return s.payouts.Update(ctx, string(payout), docstore.On{Request: a.Request}, func(p *Payout) error {
		now := s.d.Clock.Now()
		postings := []Posting{{Account: bank, Minor: -p.Minor}}
		postings = append(postings, Posting{Account: p.Role + "_payable:" + p.Payee, Minor: p.Minor})
		m, err := movement("payout", now, p.Currency, postings)
		if err != nil {
			return err
		}
		p.Reference = reference
		p.Movements = append(p.Movements, m)
		p.announce(PayoutSent, string(a.Account))
		return p.apply(now, string(a.Account), payPayout, "")
	})
}

// Payout reads a payout for its payee and for operators.
func (s *Service) Payout(ctx context.Context, a access.Actor, payout id.Payout) (*Payout, error) {
	p, err := s.payouts.Get(ctx, string(payout))
	if err != nil {
		return nil, err
	}
	return p, s.d.Guard.Check(ctx, a, "payout.read", payeeFacts(string(payout), p.Payee))
}

// PayoutsOf lists the payouts of a payee, newest first.
func (s *Service) PayoutsOf(ctx context.Context, a access.Actor, payee string, q docstore.Query) (docstore.Page[Payout], error) {
	if err := s.d.Guard.Check(ctx, a, "payout.read", payeeFacts(payee, payee)); err != nil {
		return docstore.Page[Payout]{}, err
	}
	q.Index, q.Equal, q.Descending = "payee", payee, true
	return s.payouts.Find(ctx, q)
}

// Payouts lists payouts for operators, newest period first; a state narrows it.
func (s *Service) Payouts(ctx context.Context, a access.Actor, state PayoutState, q docstore.Query) (docstore.Page[Payout], error) {
	if err := s.d.Guard.Check(ctx, a, "payout.list", access.Facts{Record: "payout"}); err != nil {
		return docstore.Page[Payout]{}, err
	}
	q.Index, q.Equal, q.Descending = "all", "all", true
	if state != "" {
		q.Index, q.Equal = "state", string(state)
	}
	return s.payouts.Find(ctx, q)
}
