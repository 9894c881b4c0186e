package mdrp

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"
)

// Report is a run over instances: each one's figures, their mean, and how long decisions took.
type Report struct {
	Instances []Figures `json:"instances"`
	Mean      Figures   `json:"mean"`
	Decisions Decisions `json:"decisions"`
}

// Decisions tells how long the calls of the engine took, in milliseconds.
type Decisions struct {
	Calls int     `json:"calls"`
	P50   float64 `json:"p50_ms"`
	P99   float64 `json:"p99_ms"`
	Worst float64 `json:"worst_ms"`
}

// Run plays every instance, writes its three files into a folder of its own below out, has them
// checked, and measures. A breach of the rules is an error: figures of it would say nothing.
func Run(days []*Instance, r Rules, out string) (Report, error) {
	var report Report
	var took []time.Duration
	for _, in := range days {
		played, err := Play(in, r)
		if err != nil {
			return report, err
		}
		dir := filepath.Join(out, in.Name)
		if err := played.Solution.Write(dir); err != nil {
			return report, err
		}
		if err := Check(in, dir); err != nil {
			return report, fmt.Errorf("%s breaks the rules: %w", in.Name, err)
		}
		f := Measure(in, played.Solution)
		f.Decisions = decisionsOf(played.Took)
		report.Instances = append(report.Instances, f)
		took = append(took, played.Took...)
	}
	report.Mean, report.Decisions = Mean(report.Instances), decisionsOf(took)
	report.Mean.Decisions = report.Decisions
	return report, nil
}

func decisionsOf(took []time.Duration) Decisions {
	if len(took) == 0 {
		return Decisions{}
	}
	t := slices.Clone(took)
	slices.Sort(t)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return Decisions{len(t), ms(t[len(t)/2]), ms(t[len(t)*99/100]), ms(t[len(t)-1])}
}

// WriteTable writes the report for reading.
func (r Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "instance\torders\tundelivered %\tCtD\tCtD+\tp90\toverage\tready to pick-up\t<= 30 min %\t<= 40 min %\tcost an order\tideal courier\tp50 ms\tp99 ms\tworst ms\t")
	for _, f := range append(slices.Clone(r.Instances), r.Mean) {
		_, _ = fmt.Fprintf(t, "%s\t%d\t%.3f\t%.2f\t%.2f\t%.1f\t%.2f\t%.2f\t%.1f\t%.1f\t%.2f\t%.2f\t%.1f\t%.1f\t%.1f\t\n",
			f.Instance, f.Orders, f.Undelivered, f.ClickToDoor, f.ClickToDoorPlus, f.P90, f.Overage, f.ReadyToPickup,
			f.Within30, f.Within40, f.Cost, f.IdealClickToDoor, f.Decisions.P50, f.Decisions.P99, f.Decisions.Worst)
	}
	return t.Flush()
}
