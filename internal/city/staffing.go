package city

import (
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"

	"housecall/internal/dispatch"
)

//go:embed staffing.csv
var simulated string

// tried is one simulation: so many couriers for so many orders an hour, and the share that was in time.
type tried struct{ rate, couriers, share float64 }

// Staffing simulates steady hours of many cities and writes the share of orders in time for each rate of
// orders and number of couriers; the table that CouriersFor reads is what it wrote.
func Staffing(w io.Writer, budget int) error {
	flat := slices.Repeat([]float64{1}, 24)
	for _, rate := range []float64{10, 30, 60} {
		for _, each := range []float64{0.25, 0.31, 0.38, 0.5, 0.7} {
			n := max(1, int(rate*each+0.5))
			c := Config{
				Couriers: n, Pharmacies: Default().Pharmacies, OrdersPerHour: rate, Hours: max(3, int(80/rate)), Seed: 77,
				Profile: flat, Plan: dispatch.Plan, Budget: budget,
			}
			r, err := Run(c)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(w, "%g,%d,%.4f\n", rate, n, r.OnTime); err != nil {
				return err
			}
		}
	}
	return nil
}

// CouriersFor is how many couriers so many orders an hour take for a share of orders in time, by what the
// simulated city needed: between what was simulated by straight lines, above it in proportion. A share
// that no number of couriers reached is answered with the most that were tried.
func CouriersFor(perHour, share float64) float64 {
	byRate := map[float64][]tried{}
	var rates []float64
	for line := range strings.Lines(simulated) {
		var t tried
		if _, err := fmt.Sscanf(line, "%g,%g,%g", &t.rate, &t.couriers, &t.share); err != nil {
			continue
		}
		if byRate[t.rate] == nil {
			rates = append(rates, t.rate)
		}
		byRate[t.rate] = append(byRate[t.rate], t)
	}
	if len(rates) == 0 || perHour <= 0 {
		return 0
	}
	low, couriers := 0.0, 0.0
	for _, rate := range rates {
		needed := enough(byRate[rate], share)
		if perHour <= rate {
			return couriers + (needed-couriers)*(perHour-low)/(rate-low)
		}
		low, couriers = rate, needed
	}
	return couriers * perHour / low
}

// enough is the fewest couriers that reached the share and did not fall below it with more.
func enough(all []tried, share float64) float64 {
	best := all[len(all)-1]
	needed := best.couriers
	for _, t := range slices.Backward(all) {
		if t.share < share {
			if best.share >= share && best.share > t.share {
				return t.couriers + (best.couriers-t.couriers)*(share-t.share)/(best.share-t.share)
			}
			return needed
		}
		best, needed = t, t.couriers
	}
	return needed
}
