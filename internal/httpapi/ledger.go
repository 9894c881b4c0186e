package httpapi

import (
	"context"

	"housecall/internal/access"
	"housecall/internal/billing"
	"housecall/internal/money"
)

// Ledger is the route of the ledger.
func Ledger(bills *billing.Service) []Route {
	r := ledgerRoutes{bills}
	return []Route{
		get("/ledger", "ledger.read", "Add up every movement of money: it must come to zero", r.total),
	}
}

type ledgerRoutes struct{ bills *billing.Service }

// LedgerView is the whole ledger.
type LedgerView struct {
	Zero      bool           `json:"zero" doc:"Every currency sums to zero."`
	Movements int            `json:"movements"`
	Sums      []money.Amount `json:"sums" nullable:"false"`
	Balances  []BalanceView  `json:"balances" nullable:"false"`
}

// BalanceView is what stands on one account; debit is positive.
type BalanceView struct {
	Account string       `json:"account"`
	Amount  money.Amount `json:"amount"`
}

func (r ledgerRoutes) total(ctx context.Context, a access.Actor, _ *none) (*Reply[LedgerView], error) {
	t, err := r.bills.LedgerTotal(ctx, a)
	if err != nil {
		return nil, err
	}
	v := LedgerView{Zero: t.Zero(), Movements: t.Movements, Sums: append([]money.Amount{}, t.Sums...), Balances: []BalanceView{}}
	for _, b := range t.Balances {
		v.Balances = append(v.Balances, BalanceView(b))
	}
	return reply(0, v), nil
}
