package billing

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
)

// Earning is what one payee has coming, or has to give back, for one line of one movement.
type Earning struct {
	ID            id.Entry `json:"id"`
	docstore.Meta `json:"meta"`
	Payee         string     `json:"payee"`
	Role          string     `json:"role"`
	For           Kind       `json:"for"`
	Source        string     `json:"source"` // document that caused it
	What          string     `json:"what"`
	Currency      string     `json:"currency"`
	Minor         int64      `json:"minor"`
	At            time.Time  `json:"at"`
	Payout        id.Payout  `json:"payout,omitempty"`
	Movements     []Movement `json:"movements,omitempty"` // of a courier's pay, which no payment holds
}

// JobPay is the kind of what a courier earns by a delivery.
const JobPay Kind = "job_pay"

// DocID implements docstore.Document.
func (e *Earning) DocID() string { return string(e.ID) }

// Amount is what is earned; negative is to be given back.
func (e *Earning) Amount() money.Amount { return money.Of(e.Minor, e.Currency) }

var earningIndexes = map[string]func(*Earning) (docstore.Key, bool){
	"payee": func(e *Earning) (docstore.Key, bool) {
		return docstore.Key{Equal: e.Payee, Order: docstore.ByTime(e.At)}, true
	},
	"open": func(e *Earning) (docstore.Key, bool) {
		return docstore.Key{Equal: "open", Order: openOrder(e.Payee, e.Currency) + docstore.ByTime(e.At)}, e.Payout == ""
	},
	"payout": func(e *Earning) (docstore.Key, bool) {
		return docstore.Key{Equal: string(e.Payout), Order: docstore.ByTime(e.At)}, e.Payout != ""
	},
	"all": func(e *Earning) (docstore.Key, bool) {
		return docstore.Key{Equal: "all", Order: docstore.ByTime(e.At)}, true
	},
}

func openOrder(payee, currency string) string { return payee + "/" + currency + "/" }

// accrue makes the earnings of a document's movements. An earning that is there was made before.
func (s *Service) accrue(ctx context.Context, source string, movements []Movement) error {
	for n, m := range movements {
		for i, p := range m.Postings {
			payee := payeeOf(p.Account)
			if payee == "" {
				continue
			}
			role, _, _ := strings.Cut(p.Account, "_payable:")
			e := &Earning{
				ID: id.Derive[id.Entry](source, strconv.Itoa(n), strconv.Itoa(i)), Payee: payee, Role: role, For: p.For,
				Source: source, What: m.What, Currency: m.Currency, Minor: -p.Minor, At: m.At,
			}
			if err := s.insertOnce(ctx, e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) insertOnce(ctx context.Context, e *Earning) error {
	err := s.earnings.Insert(ctx, id.Request{}, e)
	if errors.Is(err, docstore.ErrExists) {
		return nil
	}
	return err
}

// Earn notes what a courier earns by a job, whatever the patient paid. It is noted once for a job and
// courier. Only the service itself may ask.
func (s *Service) Earn(ctx context.Context, a access.Actor, job id.Job, courier id.Account, pay money.Amount) error {
	if err := s.d.Guard.Check(ctx, a, "billing.advance", access.Facts{Record: string(job), Courier: courier}); err != nil {
		return err
	}
	if pay.Minor <= 0 {
		return nil
	}
	now := s.d.Clock.Now()
	m, err := movement("job", now, pay.Currency, []Posting{
		{courierCost, pay.Minor, JobPay}, {"courier_payable:" + string(courier), -pay.Minor, JobPay},
	})
	if err != nil {
		return err
	}
	return s.insertOnce(ctx, &Earning{
		ID: id.Derive[id.Entry]("job", string(job), string(courier)), Payee: string(courier), Role: "courier",
		For: JobPay, Source: string(job), What: "job", Currency: pay.Currency, Minor: pay.Minor, At: now, Movements: []Movement{m},
	})
}

// Resupplied notes what a pharmacy earns by packing an order again whose first bag came back: the
// patient paid once, the house bears the second. It is noted once for a fill. Only the service itself
// may ask.
func (s *Service) Resupplied(ctx context.Context, a access.Actor, fill id.Fill, pharmacy id.Pharmacy, price money.Amount) error {
	if err := s.d.Guard.Check(ctx, a, "billing.advance", access.Facts{Record: string(fill), Pharmacy: pharmacy}); err != nil {
		return err
	}
	share := price.Minor - price.Minor*s.kept(Medicine)/10_000
	if share <= 0 {
		return nil
	}
	now := s.d.Clock.Now()
	m, err := movement("resupply", now, price.Currency, []Posting{
		{refunds, share, Medicine}, {payable(Medicine, string(pharmacy)), -share, Medicine},
	})
	if err != nil {
		return err
	}
	return s.insertOnce(ctx, &Earning{
		ID: id.Derive[id.Entry]("resupply", string(fill)), Payee: string(pharmacy), Role: "pharmacy",
		For: Medicine, Source: string(fill), What: "resupply", Currency: price.Currency, Minor: share, At: now, Movements: []Movement{m},
	})
}

// Earnings lists what a payee earned, newest first: for the payee, the pharmacist of a pharmacy, and
// operators.
func (s *Service) Earnings(ctx context.Context, a access.Actor, payee string, q docstore.Query) (docstore.Page[Earning], error) {
	if err := s.d.Guard.Check(ctx, a, "payout.read", payeeFacts(payee, payee)); err != nil {
		return docstore.Page[Earning]{}, err
	}
	if payee == "" {
		return docstore.Page[Earning]{}, fault.InvalidField("/payee", "Say whose earnings.")
	}
	q.Index, q.Equal, q.Descending = "payee", payee, true
	return s.earnings.Find(ctx, q)
}

func payeeFacts(record, payee string) access.Facts {
	if pharmacy, err := id.Parse[id.Pharmacy](payee); err == nil {
		return access.Facts{Record: record, Pharmacy: pharmacy}
	}
	return access.Facts{Record: record, Owner: id.Account(payee)}
}
