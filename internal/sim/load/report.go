package load

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// Report is what a run found.
type Report struct {
	OK             bool              `json:"ok"`
	Seconds        float64           `json:"seconds"`
	Nodes          int               `json:"nodes"`
	Patients       int               `json:"patients"`
	Doctors        int               `json:"doctors"`
	Couriers       int               `json:"couriers"`
	Callers        int               `json:"callers"`
	Steps          int64             `json:"steps"`
	StepsPerSecond float64           `json:"steps_per_second"`
	Orders         Orders            `json:"orders"`
	PlacedToSeen   Spread            `json:"placed_to_seen"`
	Chain          Spread            `json:"chain"`
	DoctorWait     Spread            `json:"doctor_wait"`
	ByStep         map[string]Spread `json:"by_step"`
	Endpoints      map[string]Spread `json:"endpoints"`
	Errors         map[string]int    `json:"errors"`
	Retried        int64             `json:"retried"`
	Repeated       int64             `json:"repeated"`
	Feeds          Feeds             `json:"feeds"`
	Invariants     []Invariant       `json:"invariants"`
	Watched        []Sample          `json:"watched,omitempty"`
	Growth         []Growth          `json:"growth,omitempty"`
}

// Orders counts what was ordered.
type Orders struct {
	Placed    int `json:"placed"`
	Delivered int `json:"delivered"`
	Cancelled int `json:"cancelled"`
	Raced     int `json:"raced"`
	Anew      int `json:"anew"` // given to another courier before the bag was theirs
}

// Feeds counts what live feeds went through.
type Feeds struct {
	Followed int `json:"followed"`
	Events   int `json:"events"`
	Breaks   int `json:"breaks"`
	Resets   int `json:"resets"`
}

// Invariant is one thing that must hold, how often it was looked at, and where it did not hold.
type Invariant struct {
	Name    string   `json:"name"`
	Checked int      `json:"checked"`
	Broken  []string `json:"broken"`
}

// Failed counts errors that people saw.
func (r *Report) Failed() int {
	n := 0
	for _, times := range r.Errors {
		n += times
	}
	return n
}

// Print writes the report for people.
func (r *Report) Print(w io.Writer) {
	p := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) } //nolint:errcheck // a terminal that is gone is no reason to stop
	p("%d patients, %d doctors, %d couriers, %d callers on %d node(s), for %.0f s", r.Patients, r.Doctors, r.Couriers, r.Callers, r.Nodes, r.Seconds)
	p("  %-34s %8.1f", "durable steps a second", r.StepsPerSecond)
	p("  %-34s %8d  delivered %d, cancelled %d, placed twice at once %d, given to another courier %d", "orders", r.Orders.Placed, r.Orders.Delivered, r.Orders.Cancelled, r.Orders.Raced, r.Orders.Anew)
	p("  %-34s %8d  asked again %d, repeated with the same key %d", "errors", r.Failed(), r.Retried, r.Repeated)
	p("  %-34s %8d  events %d, cut off %d times, begun anew %d", "live feeds", r.Feeds.Followed, r.Feeds.Events, r.Feeds.Breaks, r.Feeds.Resets)
	p("\n  %-44s %8s %9s %9s %9s  ms", "", "count", "p50", "p95", "p99")
	line := func(name string, s Spread) { p("  %-44s %8d %9.2f %9.2f %9.2f", name, s.Count, s.P50, s.P95, s.P99) }
	line("order placed -> job seen by the dispatcher", r.PlacedToSeen)
	line("from the first word to the door", r.Chain)
	line("waiting for a doctor who can sign", r.DoctorWait)
	for _, part := range []map[string]Spread{r.ByStep, r.Endpoints} {
		p("")
		names := slices.SortedFunc(maps.Keys(part), func(a, b string) int {
			return cmp.Or(-cmp.Compare(part[a].P99*float64(part[a].Count), part[b].P99*float64(part[b].Count)), cmp.Compare(a, b))
		})
		for _, name := range names {
			line(name, part[name])
		}
	}
	r.printWatched(p)
	p("")
	for _, what := range slices.Sorted(maps.Keys(r.Errors)) {
		p("  error, %d times: %s", r.Errors[what], what)
	}
	for _, i := range r.Invariants {
		verdict := "holds"
		if len(i.Broken) > 0 {
			verdict = fmt.Sprintf("BROKEN %d times", len(i.Broken))
		}
		p("  %-60s %s (%d looked at)", i.Name, verdict, i.Checked)
		for n, b := range i.Broken {
			if n == mostShown {
				p("      and %d more", len(i.Broken)-n)
				break
			}
			p("      %s", b)
		}
	}
}

const mostShown = 10

func (r *run) report(took time.Duration) *Report {
	measured := min(took, r.For)
	out := &Report{
		Seconds: measured.Seconds(), Nodes: len(r.meter.nodes), Patients: r.Patients, Callers: r.Callers,
		Steps: r.inTime.Load(), StepsPerSecond: float64(r.inTime.Load()) / measured.Seconds(),
		PlacedToSeen: r.seen.spread(), Chain: r.whole.spread(), DoctorWait: r.signWaits.spread(),
		ByStep: map[string]Spread{}, Endpoints: map[string]Spread{}, Errors: r.errors,
		Retried: r.meter.retried.Load(), Repeated: r.meter.repeats.Load(), Watched: r.watched, Growth: growths(r.watched),
	}
	out.Orders.Anew = int(r.anew.Load())
	for _, z := range r.zones {
		out.Doctors += len(z.doctors.everybody())
		out.Couriers += len(z.couriers)
	}
	for name, t := range r.stepTimes {
		out.ByStep[name] = t.spread()
	}
	for name, t := range r.meter.endpoints {
		out.Endpoints[name] = t.spread()
	}
	return out
}
