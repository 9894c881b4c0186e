package safety

import (
	"fmt"
	"time"
)

// Date is a day in the place where the patient is, without a time. The zero Date is unknown.
type Date struct {
	Year  int        `json:"year"`
	Month time.Month `json:"month"`
	Day   int        `json:"day"`
}

// DateOf is the day that t shows in its own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseDate reads "2026-11-22".
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("not a date like 2026-11-22")
	}
	return DateOf(t), nil
}

// MustDate is ParseDate for tables and tests.
func MustDate(s string) Date {
	d, err := ParseDate(s)
	if err != nil {
		panic("safety: " + s + ": " + err.Error())
	}
	return d
}

// IsZero tells whether the date is unknown.
func (d Date) IsZero() bool { return d == Date{} }

// Time is midnight UTC of the day.
func (d Date) Time() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// String is "2026-11-22"; "" when unknown.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.Time().Format(time.DateOnly)
}

// Add is the day that many days later.
func (d Date) Add(days int) Date { return DateOf(d.Time().AddDate(0, 0, days)) }

// Before tells whether d is an earlier day than o.
func (d Date) Before(o Date) bool { return d.Time().Before(o.Time()) }

// DaysUntil counts the days from d to o.
func (d Date) DaysUntil(o Date) int { return int(o.Time().Sub(d.Time()).Hours() / 24) }

// MarshalText writes "2026-11-22".
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads "2026-11-22"; "" is unknown.
func (d *Date) UnmarshalText(raw []byte) error {
	if len(raw) == 0 {
		*d = Date{}
		return nil
	}
	read, err := ParseDate(string(raw))
	if err == nil {
		*d = read
	}
	return err
}

// Age is how old somebody is, as the rules of medicines count it.
type Age struct{ Years, Months, Weeks int }

// AgeOn is the age on a day; false when a date is unknown or before birth.
func AgeOn(born, on Date) (Age, bool) {
	if born.IsZero() || on.IsZero() || on.Before(born) {
		return Age{}, false
	}
	months := (on.Year-born.Year)*12 + int(on.Month) - int(born.Month)
	if on.Day < born.Day {
		months--
	}
	return Age{Years: months / 12, Months: months, Weeks: born.DaysUntil(on) / 7}, true
}
