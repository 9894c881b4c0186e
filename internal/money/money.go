// Package money counts in integer minor units of one currency. There are no floats and no
// conversions.
package money

import (
	"fmt"
	"strings"
)

// Amount is a sum of money; Minor counts the currency's smallest unit (fen, cents).
type Amount struct {
	Minor    int64  `json:"minor" doc:"Integer minor units, for example fen or cents."`
	Currency string `json:"currency" doc:"ISO 4217 code." minLength:"3" maxLength:"3"`
}

// Of is minor units of a currency.
func Of(minor int64, currency string) Amount { return Amount{Minor: minor, Currency: currency} }

// Plus adds b. Adding two currencies is the programmer's mistake and panics; the zero Amount goes
// with any.
func (a Amount) Plus(b Amount) Amount {
	switch {
	case a == Amount{}:
		return b
	case b == Amount{}:
		return a
	case a.Currency != b.Currency:
		panic("money: " + a.Currency + " plus " + b.Currency)
	}
	return Amount{a.Minor + b.Minor, a.Currency}
}

// Minus takes b away; the rules of Plus hold.
func (a Amount) Minus(b Amount) Amount { return a.Plus(b.Negated()) }

// Negated is the amount with its sign turned.
func (a Amount) Negated() Amount { return Amount{-a.Minor, a.Currency} }

// Times is n of a.
func (a Amount) Times(n int64) Amount { return Amount{a.Minor * n, a.Currency} }

// IsZero tells whether nothing is owed either way.
func (a Amount) IsZero() bool { return a.Minor == 0 }

// String is for receipts and logs: "CNY 86.40".
func (a Amount) String() string {
	sign, minor := "", a.Minor
	if minor < 0 {
		sign, minor = "-", -minor
	}
	if digits := Digits(a.Currency); digits == 0 {
		return strings.TrimSpace(fmt.Sprintf("%s %s%d", a.Currency, sign, minor))
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s%d.%02d", a.Currency, sign, minor/100, minor%100))
}

// Digits is how many decimals the currency is written with (ISO 4217).
func Digits(currency string) int {
	switch currency {
	case "JPY", "KRW", "VND", "CLP":
		return 0
	}
	return 2
}
