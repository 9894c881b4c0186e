package city

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"housecall/internal/dispatch"
)

// Planner decides who rides where.
type Planner func(dispatch.State, time.Time) dispatch.Decision

// Compare simulates the same days under each planner, the slowest to bring last. The figures of several
// days are their means; films and orders are those of the first.
func Compare(c Config, seeds int, planners map[string]Planner) ([]Row, error) {
	var rows []Row
	for _, name := range slices.Sorted(maps.Keys(planners)) {
		var days []*Result
		for i := range seeds {
			one := c
			one.Seed, one.Plan, one.Film = c.Seed+uint64(i), planners[name], c.Film && i == 0 //nolint:gosec // small
			r, err := Run(one)
			if err != nil {
				return nil, err
			}
			if i > 0 {
				r.All, r.Learned = nil, nil
			}
			days = append(days, r)
		}
		rows = append(rows, Row{name, mean(days)})
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(b.Name, a.Name) }) // the product's last
	return rows, nil
}

// mean puts days together: sums of orders, means of shares and minutes, the worst of the worst.
func mean(days []*Result) *Result {
	r := *days[0]
	for _, d := range days[1:] {
		r.Orders += d.Orders
		r.Delivered += d.Delivered
		r.Rematches += d.Rematches
		r.Plans += d.Plans
		for i, x := range d.figures() {
			*r.figures()[i] += *x
		}
		r.DecisionMax = max(r.DecisionMax, d.DecisionMax)
		for i := range d.Held {
			for third, s := range d.Held[i] {
				r.Held[i][third] = r.Held[i][third].Plus(s)
			}
		}
	}
	for _, x := range r.figures() {
		*x /= float64(len(days))
	}
	r.OfIdeal = r.OnTime / max(r.IdealTime, 1e-9)
	return &r
}

func (r *Result) figures() []*float64 {
	return []*float64{
		&r.OnTime, &r.IdealTime, &r.Median, &r.P90, &r.IdealMedian, &r.IdealP90, &r.Slack, &r.Declines, &r.Km, &r.Cost, &r.Idle,
		&r.Foreseen, &r.Bundled, &r.DecisionP50, &r.DecisionP99,
	}
}
