package city

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

//go:embed plot.html
var page string

// Row is one line of the table: a way of planning, and what came of it.
type Row struct {
	Name string `json:"name"`
	*Result
}

// WritePlot writes a page that stands alone: the city moving, and the day as curves. The last row's film
// is shown.
func WritePlot(w io.Writer, c Config, rows []Row) error {
	shown := rows[len(rows)-1]
	if shown.Film == nil {
		return fmt.Errorf("plot %s: nothing was filmed", shown.Name)
	}
	data, err := json.Marshal(map[string]any{
		"side": Side, "couriers": c.Couriers, "pharmacies": shown.Film.Pharmacies, "perHour": c.OrdersPerHour, "hours": c.Hours,
		"seed": c.Seed, "rain": c.Rain, "every": shown.Film.Every.Seconds(), "frames": frames(shown.Film), "orders": dots(shown.All),
		"rows": rows, "days": days(rows),
	})
	if err != nil {
		return fmt.Errorf("write the plot: %w", err)
	}
	before, after, found := strings.Cut(page, "/*DATA*/null")
	if !found {
		return fmt.Errorf("write the plot: the page has no place for its data")
	}
	_, err = io.WriteString(w, before+string(data)+after)
	return err
}

// frames packs a film: for each moment the couriers' east, north and state, then who waits.
func frames(f *Film) [][]int {
	out := make([][]int, 0, len(f.Frames))
	for _, fr := range f.Frames {
		row := []int{fr.Open, fr.Free}
		for _, c := range fr.Couriers {
			row = append(row, c[0], c[1], c[2])
		}
		out = append(out, row)
	}
	return out
}

// dots packs the orders: home, pharmacy, and the seconds at which it was placed, ready, collected, ended;
// 1 when it came.
func dots(orders []*Order) [][]int {
	at := func(t time.Time) int {
		if t.IsZero() {
			return -1
		}
		return int(t.Sub(begin).Seconds())
	}
	out := make([][]int, 0, len(orders))
	for _, o := range orders {
		came := 0
		if o.Delivered {
			came = 1
		}
		h := spot(o.Home)
		out = append(out, []int{h[0], h[1], o.Pharmacy, at(o.Placed), at(o.Ready), at(o.Collected), at(o.Ended), came})
	}
	return out
}

// day is one way of planning, hour by hour.
type day struct {
	Name   string    `json:"name"`
	Orders []int     `json:"orders"`
	OnTime []float64 `json:"on_time"`
	Held   []float64 `json:"held"`
	Median []float64 `json:"median"`
}

func days(rows []Row) []day {
	var out []day
	for _, r := range rows {
		hours := int(r.Horizon.Sub(r.Beginning) / time.Hour)
		d := day{r.Name, make([]int, hours), make([]float64, hours), make([]float64, hours), make([]float64, hours)}
		took := make([][]float64, hours)
		for _, o := range r.All {
			h := min(hours-1, int(o.Placed.Sub(begin)/time.Hour))
			d.Orders[h]++
			if o.InTime() {
				d.OnTime[h]++
			}
			if o.Delivered && o.Took() <= o.Told.P90 {
				d.Held[h]++
			}
			if o.Delivered {
				took[h] = append(took[h], o.Took().Minutes())
			}
		}
		for h := range hours {
			n := float64(max(1, d.Orders[h]))
			d.OnTime[h], d.Held[h], d.Median[h] = 100*d.OnTime[h]/n, 100*d.Held[h]/n, quantile(took[h], 0.5)
		}
		out = append(out, d)
	}
	return out
}

// WriteTable writes the rows as people read them; the first line is what no plan can do better than.
func WriteTable(w io.Writer, rows []Row) error {
	first := rows[0]
	var b strings.Builder
	fmt.Fprintf(&b, "%-16s %8s %8s %7s %6s %6s %9s %6s %6s %6s  %s\n", "", "in time", "of ideal", "median", "p90", "slack", "declined", "km", "cost", "idle", "decision ms: median, p99, worst")
	fmt.Fprintf(&b, "%-16s %7.1f%% %8s %7.1f %6.1f\n", "ideal courier", 100*first.IdealTime, "", first.IdealMedian, first.IdealP90)
	for _, r := range rows {
		fmt.Fprintf(&b, "%-16s %7.1f%% %7.1f%% %7.1f %6.1f %6.1f %9.2f %6.2f %6.2f %5.0f%%  %.2f, %.1f, %.1f\n", r.Name, 100*r.OnTime, 100*r.OfIdeal,
			r.Median, r.P90, r.Slack, r.Declines, r.Km, r.Cost, 100*r.Idle, r.DecisionP50, r.DecisionP99, r.DecisionMax)
	}
	for _, r := range rows {
		held := r.HeldBy(0)
		fmt.Fprintf(&b, "%s: %d orders, %d delivered; the 90%% bound told before paying held in %.1f, %.1f and %.1f%% by thirds of the day; %d re-matched, %.0f%% bundled; %.0f%% of the late ones seen before they were\n",
			r.Name, r.Orders, r.Delivered, held[0].Percent(), held[1].Percent(), held[2].Percent(), r.Rematches, 100*r.Bundled, 100*r.Foreseen)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
