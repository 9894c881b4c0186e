package city

import (
	"fmt"
	"io"
	"time"

	"housecall/internal/dispatch"
)

// Calibration tells whether the bound that patients are told before paying is honest.
type Calibration struct {
	Seed uint64 `json:"seed"`
	// Thirds are the orders of a week, by the third of the day that they were placed in, and those of
	// them that came within their bound. The service begins with nothing known.
	Thirds [3]Share `json:"thirds"`
	// Evening is the same for the evening, 18 to 24, after the night in which review and packing turned
	// 40 % slower; Before is the evening before that night, Day the day between.
	Before  Share `json:"before"`
	Day     Share `json:"day"`
	Evening Share `json:"evening"`
}

const (
	weekHours   = 7 * 24
	slowerBy    = 1.4
	slowerFrom  = 2 * 24 // midnight after two days
	slowerHours = 3 * 24
)

// Calibrate lives through a week of a city, and through three other days of it, in the last of which
// everybody at the pharmacies is slower.
func Calibrate(c Config) (Calibration, error) {
	out := Calibration{Seed: c.Seed}
	c.Hours, c.Learned = weekHours, nil
	week, err := Run(c)
	if err != nil {
		return out, err
	}
	out.Thirds = week.HeldBy(0)
	c.Hours, c.Slower, c.SlowFrom = slowerHours, slowerBy, slowerFrom
	slow, err := Run(c)
	if err != nil {
		return out, err
	}
	out.Before = slow.heldFrom(slowerFrom-6, slowerFrom)
	out.Day = slow.heldFrom(slowerFrom, slowerFrom+18)
	out.Evening = slow.heldFrom(slowerFrom+18, slowerFrom+24)
	return out, nil
}

// heldFrom is how often the bound held for orders placed between two hours.
func (r *Result) heldFrom(from, until int) Share {
	var s Share
	for _, o := range r.All {
		if at := o.Placed.Sub(r.Beginning); at < time.Duration(from)*time.Hour || at >= time.Duration(until)*time.Hour {
			continue
		}
		s.Of++
		if o.Delivered && o.Took() <= o.Told.P90 {
			s.Good++
		}
	}
	return s
}

// Estimates prints the calibration of so many cities, one after another.
func Estimates(w io.Writer, c Config, seeds int) error {
	if c.Plan == nil {
		c.Plan = dispatch.Plan
	}
	_, _ = fmt.Fprintln(w, "Orders that came within the 90 % bound told before paying, %: a week by thirds of the day; then review and packing turn 40 % slower overnight")
	_, _ = fmt.Fprintf(w, "%6s %8s %8s %8s %9s %8s %8s %8s\n", "seed", "0-8", "8-16", "16-24", "orders", "before", "day", "evening")
	for i := range seeds {
		one := c
		one.Seed = c.Seed + uint64(i) //nolint:gosec // small
		k, err := Calibrate(one)
		if err != nil {
			return err
		}
		t := k.Thirds
		_, err = fmt.Fprintf(w, "%6d %8.1f %8.1f %8.1f %9d %8.1f %8.1f %8.1f\n", k.Seed, t[0].Percent(), t[1].Percent(), t[2].Percent(),
			t[0].Of+t[1].Of+t[2].Of, k.Before.Percent(), k.Day.Percent(), k.Evening.Percent())
		if err != nil {
			return err
		}
	}
	return nil
}
