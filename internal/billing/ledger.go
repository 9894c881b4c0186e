package billing

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/money"
)

// The accounts of the ledger. Payables are one for each payee: "doctor_payable:acc_...".
const (
	heldAtGateway  = "held_at_gateway"
	heldForPayers  = "held_for_payers"
	gatewayAccount = "gateway"
	bank           = "bank"
	revenue        = "house_revenue"
	coupons        = "coupons"
	refunds        = "refunds"
	courierCost    = "courier_cost"
	unassigned     = "unassigned_payable" // captured for nobody named
)

// payable is the account of what a payee has coming, by what the line is for.
func payable(k Kind, payee string) string {
	switch {
	case payee != "":
		return roleOf(k) + "_payable:" + payee
	case k == DeliveryFee:
		return revenue // the house pays its couriers by the job
	}
	return unassigned
}

func roleOf(k Kind) string {
	switch k {
	case VisitFee:
		return "doctor"
	case Medicine:
		return "pharmacy"
	case DeliveryFee, TipLine, JobPay, CouponLine:
	}
	return "courier"
}

// payeeOf reads whose account it is; "" for the house's own.
func payeeOf(account string) string {
	_, payee, _ := strings.Cut(account, "_payable:")
	return payee
}

// Posting is one side of a movement: positive is debit.
type Posting struct {
	Account string `json:"account"`
	Minor   int64  `json:"minor"`
	For     Kind   `json:"for,omitempty"`
}

// Movement is money that went from somewhere to somewhere. Its postings sum to zero.
type Movement struct {
	What     string    `json:"what"`
	At       time.Time `json:"at"`
	Currency string    `json:"currency"`
	Postings []Posting `json:"postings"`
}

// movement drops what is empty and refuses what does not sum to zero: that is the programmer's mistake,
// and nothing of the change is written.
func movement(what string, at time.Time, currency string, postings []Posting) (Movement, error) {
	var sum int64
	postings = slices.DeleteFunc(postings, func(p Posting) bool { return p.Minor == 0 })
	for _, p := range postings {
		sum += p.Minor
	}
	if sum != 0 {
		return Movement{}, fmt.Errorf("movement %s is off by %d", what, sum)
	}
	return Movement{what, at, currency, postings}, nil
}

// Total is the whole ledger: what stands on each account, and the sum, which must be zero.
type Total struct {
	Movements int
	Sums      []money.Amount // one for each currency
	Balances  []Balance
}

// Balance is what stands on one account.
type Balance struct {
	Account string
	Amount  money.Amount
}

// Zero tells whether every currency sums to zero.
func (t Total) Zero() bool {
	return !slices.ContainsFunc(t.Sums, func(a money.Amount) bool { return !a.IsZero() })
}

// LedgerTotal adds up every movement of every document. It is for operators and auditors.
func (s *Service) LedgerTotal(ctx context.Context, a access.Actor) (Total, error) {
	if err := s.d.Guard.Check(ctx, a, "ledger.read", access.Facts{Record: "ledger"}); err != nil {
		return Total{}, err
	}
	sum := summing{balances: map[[2]string]int64{}, sums: map[string]int64{}}
	err := every(ctx, s.payments, func(p *Payment) { sum.add(p.Movements...) })
	if err == nil {
		err = every(ctx, s.payouts, func(p *Payout) { sum.add(p.Movements...) })
	}
	if err == nil {
		err = every(ctx, s.earnings, func(e *Earning) { sum.add(e.Movements...) })
	}
	if err != nil {
		return Total{}, fmt.Errorf("add up the ledger: %w", err)
	}
	return sum.total(), nil
}

// every reads all documents of a collection, page by page, by its index "all".
func every[T any, P docstore.Pointer[T]](ctx context.Context, c *docstore.Collection[T, P], do func(*T)) error {
	q := docstore.Query{Index: "all", Equal: "all", Limit: 500}
	for {
		page, err := c.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, doc := range page.Items {
			do(doc)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return nil
		}
	}
}

type summing struct {
	movements int
	balances  map[[2]string]int64 // account, currency
	sums      map[string]int64
}

func (s *summing) add(movements ...Movement) {
	for _, m := range movements {
		s.movements++
		for _, p := range m.Postings {
			s.balances[[2]string{p.Account, m.Currency}] += p.Minor
			s.sums[m.Currency] += p.Minor
		}
	}
}

func (s *summing) total() Total {
	t := Total{Movements: s.movements}
	for _, currency := range slices.Sorted(maps.Keys(s.sums)) {
		t.Sums = append(t.Sums, money.Of(s.sums[currency], currency))
	}
	keys := slices.SortedFunc(maps.Keys(s.balances), func(a, b [2]string) int { return strings.Compare(a[0]+" "+a[1], b[0]+" "+b[1]) })
	for _, k := range keys {
		t.Balances = append(t.Balances, Balance{k[0], money.Of(s.balances[k], k[1])})
	}
	return t
}
