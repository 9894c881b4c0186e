package money_test

import (
	"testing"

	"housecall/internal/money"
)

func TestAmountsAreCountedInMinorUnits(t *testing.T) {
	t.Parallel()
	a, b := money.Of(1050, "CNY"), money.Of(995, "CNY")

	tests := []struct {
		name      string
		got, want money.Amount
	}{
		{"plus", a.Plus(b), money.Of(2045, "CNY")},
		{"minus", b.Minus(a), money.Of(-55, "CNY")},
		{"times", a.Times(3), money.Of(3150, "CNY")},
		{"nothing goes with any currency", money.Amount{}.Plus(a), a},
		{"any currency goes with nothing", a.Plus(money.Amount{}), a},
		{"nothing minus something", money.Amount{}.Minus(a), money.Of(-1050, "CNY")},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s = %v, want %v", tt.name, tt.got, tt.want)
		}
	}
	if !a.Minus(a).IsZero() || a.IsZero() {
		t.Error("zero is not told from more")
	}
}

func TestTwoCurrenciesAreNeverAdded(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("CNY and EUR were added")
		}
	}()

	money.Of(1, "CNY").Plus(money.Of(1, "EUR"))
}

func TestAmountReadsAsOnReceipt(t *testing.T) {
	t.Parallel()
	for want, amount := range map[string]money.Amount{
		"CNY 86.40": money.Of(8640, "CNY"),
		"EUR 0.05":  money.Of(5, "EUR"),
		"USD -0.05": money.Of(-5, "USD"),
		"JPY 1200":  money.Of(1200, "JPY"),
		"0.00":      {},
	} {
		if got := amount.String(); got != want {
			t.Errorf("%d %s reads %q, want %q", amount.Minor, amount.Currency, got, want)
		}
	}
}
