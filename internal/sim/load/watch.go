package load

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Sample is what a node said of itself at one moment.
type Sample struct {
	Node       string  `json:"node"`
	Seconds    float64 `json:"seconds"`   // since the patients began to come
	Delivered  int64   `json:"delivered"` // orders, so far
	Resident   float64 `json:"resident_mb"`
	Own        float64 `json:"own_mb"`       // of it, what belongs to no file: the mapped database is the system's to take back
	Heap       float64 `json:"live_heap_mb"` // what the last collection found in use
	Goroutines float64 `json:"goroutines"`
	Files      float64 `json:"open_files"`
}

// Growth is how something rose on one node while it was watched, the first third left out, in which it warms up.
type Growth struct {
	Node  string  `json:"node"`
	What  string  `json:"what"`
	Mean  float64 `json:"mean"`
	Hour  float64 `json:"by_the_hour"`  // the slope of the line that fits best
	Order float64 `json:"by_the_order"` // the same, for each order that was delivered
}

// figures are what is watched, by its name in a node's metrics.
var figures = []struct {
	metric, name string
	scale        float64
	of           func(*Sample) *float64
}{
	{"process_resident_memory_bytes", "resident memory, MB", 1e-6, func(s *Sample) *float64 { return &s.Resident }},
	{"housecall_own_memory_bytes", "of it, no file's, MB", 1e-6, func(s *Sample) *float64 { return &s.Own }},
	{"go_gc_heap_live_bytes", "heap in use after collection, MB", 1e-6, func(s *Sample) *float64 { return &s.Heap }},
	{"go_goroutines", "goroutines", 1, func(s *Sample) *float64 { return &s.Goroutines }},
	{"process_open_fds", "open files", 1, func(s *Sample) *float64 { return &s.Files }},
}

// watch asks the nodes now and then how they are, until it is stopped. A node that does not answer is asked the
// next time.
func (r *run) watch(ctx context.Context) (stop func()) {
	if r.Watch <= 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	begun := now()
	var watching sync.WaitGroup
	watching.Go(func() {
		for rest(ctx, r.Watch) {
			for _, node := range r.meter.nodes {
				s := Sample{Node: node.Host, Seconds: math.Round(now().Sub(begun).Seconds()), Delivered: r.delivered.Load()}
				if err := r.ask(ctx, node.JoinPath("/metrics").String(), &s); err == nil {
					r.watched = append(r.watched, s)
				}
			}
		}
	})
	return func() { cancel(); watching.Wait() }
}

// ask reads the figures of one node, beside the requests that are measured.
func (r *run) ask(ctx context.Context, url string, s *Sample) error {
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	w, err := r.meter.base.RoundTrip(q)
	if err != nil {
		return err
	}
	defer w.Body.Close() //nolint:errcheck // read to its end
	if w.StatusCode != http.StatusOK {
		return fmt.Errorf("the figures of %s were answered %d", s.Node, w.StatusCode)
	}
	return readFigures(w.Body, s)
}

// readFigures takes what is watched out of the text of a node's metrics.
func readFigures(text io.Reader, s *Sample) error {
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		for _, f := range figures {
			if name != f.metric {
				continue
			}
			v, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return fmt.Errorf("figure %s: %w", name, err)
			}
			*f.of(s) = math.Round(v*f.scale*10) / 10
		}
	}
	return lines.Err()
}

// fewest is how many samples of a node tell anything.
const fewest = 6

// growths fits a line to each figure of each node.
func growths(all []Sample) []Growth {
	var out []Growth
	for node, samples := range byNode(all) {
		if len(samples) < fewest {
			continue
		}
		warm := samples[len(samples)/3:]
		for _, f := range figures {
			hours, orders, values := make([]float64, len(warm)), make([]float64, len(warm)), make([]float64, len(warm))
			for i := range warm {
				hours[i], orders[i], values[i] = warm[i].Seconds/3600, float64(warm[i].Delivered), *f.of(&warm[i])
			}
			out = append(out, Growth{Node: node, What: f.name, Mean: mean(values), Hour: slope(hours, values), Order: slope(orders, values)})
		}
	}
	slices.SortStableFunc(out, func(a, b Growth) int { return strings.Compare(a.Node, b.Node) })
	return out
}

func byNode(all []Sample) map[string][]Sample {
	out := map[string][]Sample{}
	for _, s := range all {
		out[s.Node] = append(out[s.Node], s)
	}
	return out
}

func mean(v []float64) (sum float64) {
	for _, one := range v {
		sum += one / float64(len(v))
	}
	return sum
}

// slope is how much y rises with x, by least squares.
func slope(x, y []float64) float64 {
	mx, my := mean(x), mean(y)
	var up, across float64
	for i := range x {
		up += (x[i] - mx) * (y[i] - my)
		across += (x[i] - mx) * (x[i] - mx)
	}
	if across == 0 {
		return 0
	}
	return up / across
}

// judgeGrowth wants as many goroutines and open files at the end as when the node was warm: a screen, a room or a
// file that nobody closes shows there, however little memory it takes. People come and go, hence the margin.
func (r *run) judgeGrowth(v *verdict) {
	const margin, few = 1.2, 16
	for node, samples := range byNode(r.watched) {
		if len(samples) < 2*fewest {
			continue
		}
		third := len(samples) / 3
		for _, f := range figures[3:] {
			before, after := median(samples[third:2*third], f.of), median(samples[2*third:], f.of)
			broken := []string{}
			if after > before*margin+few {
				broken = append(broken, fmt.Sprintf("%s has %.0f %s after %.0f in the middle of the run", node, after, f.name, before))
			}
			v.looked(nothingLeft, 1, broken...)
		}
	}
}

func median(samples []Sample, of func(*Sample) *float64) float64 {
	values := make([]float64, 0, len(samples))
	for i := range samples {
		values = append(values, *of(&samples[i]))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// printWatched writes the samples as a table, and how each figure grew.
func (r *Report) printWatched(p func(string, ...any)) {
	if len(r.Watched) == 0 {
		return
	}
	p("\n  %-22s %8s %10s %12s %8s %13s %11s %11s", "node", "seconds", "delivered", "resident MB", "own MB", "live heap MB", "goroutines", "open files")
	for _, s := range r.Watched {
		p("  %-22s %8.0f %10d %12.1f %8.1f %13.1f %11.0f %11.0f", s.Node, s.Seconds, s.Delivered, s.Resident, s.Own, s.Heap, s.Goroutines, s.Files)
	}
	p("\n  %-22s %-34s %10s %12s %14s", "node, warm", "", "mean", "by the hour", "by 1000 orders")
	for _, g := range r.Growth {
		p("  %-22s %-34s %10.1f %+12.2f %+14.2f", g.Node, g.What, g.Mean, g.Hour, 1000*g.Order)
	}
}
