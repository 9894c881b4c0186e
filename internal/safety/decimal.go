package safety

import (
	"encoding/json"
	"errors"
	"math/big"
	"regexp"
	"strings"
)

// Decimal is an exact number of a dose. It is written as decimal text, never as a float: 0.1 + 0.2
// must be 0.3 on a prescription. big.Rat is inside, from the standard library, because doses are
// divided (80 mg/kg/day in 3 doses) and a third times three must come back whole, which decimal
// libraries that round at each division do not promise. The zero Decimal is 0.
type Decimal struct{ r *big.Rat }

// What is wrong with a number that a person wrote. The sentences are theirs to read.
var (
	ErrNoNumber     = errors.New("Write a number in digits, for example 7.5.")                   //nolint:staticcheck,revive // a sentence for the person
	ErrTrailingZero = errors.New("Leave out the trailing zero: 5.0 is read as 50. Write 5.")     //nolint:staticcheck,revive // as above
	ErrLeadingPoint = errors.New("Write a zero before the point: .5 is read as 5. Write 0.5.")   //nolint:staticcheck,revive // as above
	ErrNegative     = errors.New("A dose can't be negative.")                                    //nolint:staticcheck,revive // as above
	ErrAbsurd       = errors.New("This number is too large or too long to be a dose. Check it.") //nolint:staticcheck,revive // as above
	decimalShape    = regexp.MustCompile(`^(0|[1-9][0-9]{0,7})(\.[0-9]{0,5}[1-9])?$`)
)

// ParseDecimal reads a number as a doctor may write it: digits, at most one point, no sign, no
// leading point, no trailing zero.
func ParseDecimal(s string) (Decimal, error) {
	switch {
	case s == "" || strings.Trim(s, "0123456789.-") != "":
		return Decimal{}, ErrNoNumber
	case strings.HasPrefix(s, "-"):
		return Decimal{}, ErrNegative
	case strings.HasPrefix(s, "."):
		return Decimal{}, ErrLeadingPoint
	case strings.Contains(s, ".") && (strings.HasSuffix(s, "0") || strings.HasSuffix(s, ".")):
		return Decimal{}, ErrTrailingZero
	case strings.Count(s, ".") > 1 || strings.Contains(s, "-"):
		return Decimal{}, ErrNoNumber
	case !decimalShape.MatchString(s):
		return Decimal{}, ErrAbsurd
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return Decimal{}, ErrNoNumber
	}
	return Decimal{r}, nil
}

// Measured reads a measured fact, a weight or an eGFR, where "70.0" is no slip of the hand.
func Measured(s string) (Decimal, error) {
	if strings.Contains(s, ".") {
		s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	}
	return ParseDecimal(s)
}

// MustDecimal is ParseDecimal for tables and tests.
func MustDecimal(s string) Decimal {
	d, err := ParseDecimal(s)
	if err != nil {
		panic("safety: " + s + ": " + err.Error())
	}
	return d
}

// Whole is the number n.
func Whole(n int) Decimal { return Decimal{new(big.Rat).SetInt64(int64(n))} }

func (d Decimal) rat() *big.Rat {
	if d.r == nil {
		return new(big.Rat)
	}
	return d.r
}

// Plus is d + o.
func (d Decimal) Plus(o Decimal) Decimal { return Decimal{new(big.Rat).Add(d.rat(), o.rat())} }

// Minus is d - o.
func (d Decimal) Minus(o Decimal) Decimal { return Decimal{new(big.Rat).Sub(d.rat(), o.rat())} }

// Times is d x o.
func (d Decimal) Times(o Decimal) Decimal { return Decimal{new(big.Rat).Mul(d.rat(), o.rat())} }

// Over is d / o; a division by zero answers 0 and false.
func (d Decimal) Over(o Decimal) (Decimal, bool) {
	if o.IsZero() {
		return Decimal{}, false
	}
	return Decimal{new(big.Rat).Quo(d.rat(), o.rat())}, true
}

// Cmp is -1, 0 or 1 as d is less than, equal to or more than o.
func (d Decimal) Cmp(o Decimal) int { return d.rat().Cmp(o.rat()) }

// Equal tells whether both are the same number.
func (d Decimal) Equal(o Decimal) bool { return d.Cmp(o) == 0 }

// More tells whether d > o.
func (d Decimal) More(o Decimal) bool { return d.Cmp(o) > 0 }

// IsZero tells whether d is 0.
func (d Decimal) IsZero() bool { return d.rat().Sign() == 0 }

// Sign is -1, 0 or 1.
func (d Decimal) Sign() int { return d.rat().Sign() }

// Min is the lesser.
func (d Decimal) Min(o Decimal) Decimal {
	if o.Cmp(d) < 0 {
		return o
	}
	return d
}

// Up is the least whole number not less than d.
func (d Decimal) Up() int {
	r := d.rat()
	q, m := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int))
	if m.Sign() > 0 {
		q.Add(q, big.NewInt(1))
	}
	return int(q.Int64())
}

// To rounds to the nearest multiple of step; halves go down, as a syringe is read for a child.
func (d Decimal) To(step Decimal) Decimal {
	steps, ok := d.Over(step)
	if !ok {
		return d
	}
	half := Decimal{big.NewRat(1, 2)}
	n := steps.Minus(half).Up() // n - 1/2 <= x is n; exactly a half is the lower
	return Whole(n).Times(step)
}

// Float is the nearest float, for comparing with a rule's number; a dose is never worked out with it.
func (d Decimal) Float() float64 { f, _ := d.rat().Float64(); return f }

// String is decimal text without a trailing zero, at most six digits after the point.
func (d Decimal) String() string {
	r := d.rat()
	if r.IsInt() {
		return r.Num().String()
	}
	s := strings.TrimRight(r.FloatString(6), "0")
	return strings.TrimSuffix(s, ".")
}

// MarshalJSON writes decimal text in quotes.
func (d Decimal) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads what MarshalJSON writes; a JSON number is refused, it may have been a float.
func (d *Decimal) UnmarshalJSON(raw []byte) error {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return ErrNoNumber
	}
	if s == "" {
		*d = Decimal{}
		return nil
	}
	read, err := ParseDecimal(s)
	if err != nil {
		return err
	}
	*d = read
	return nil
}
