package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"housecall/internal/sim"
)

// drill lets faults happen to a service while people use it, and looks afterwards whether all that must hold
// does. One seed makes one order of faults and moments.
type drill struct {
	t    *testing.T
	c    *cluster
	rand *rand.Rand

	patience time.Duration // of people, beside what a step takes on a service that is well
	walked   atomic.Int64
	again    atomic.Int64 // requests that were sent again
	back     []back
	marks    int // of connections that were cut
}

// back is how long the service took to answer again after a fault.
type back struct {
	after string
	took  time.Duration
}

// fault is something that happens, and is mended before it answers.
type fault struct {
	name   string
	happen func(*drill)
}

func newDrill(t *testing.T, c *cluster, seed uint64) *drill {
	t.Helper()
	return &drill{t: t, c: c, rand: rand.New(rand.NewPCG(seed, seed)), patience: 90 * time.Second} //nolint:gosec // repeatable
}

var (
	killNode = fault{"a node is killed", func(d *drill) {
		i := d.rand.IntN(len(d.c.nodes))
		d.c.kill(i)
		d.backWithin(5 * time.Second)
		d.c.revive(i)
	}}
	pauseNode = fault{"a node stands still for five seconds", func(d *drill) {
		n := d.c.nodes[d.rand.IntN(len(d.c.nodes))]
		_ = n.cmd.Process.Signal(syscall.SIGSTOP)
		d.wait(5 * time.Second)
		_ = n.cmd.Process.Signal(syscall.SIGCONT)
		d.backWithin(5 * time.Second)
	}}
	killPrimary = fault{"MongoDB's primary is killed", func(d *drill) {
		m := d.c.mongo.Primary(d.t)
		m.Kill(d.t)
		d.c.mongo.Ready(d.t)
		d.backWithin(5 * time.Second)
		d.c.mongo.Revive(d.t, m)
	}}
	pausePrimary = fault{"MongoDB's primary stands still for five seconds", func(d *drill) {
		m := d.c.mongo.Primary(d.t)
		m.Pause(d.t)
		d.wait(5 * time.Second)
		m.Resume(d.t)
		d.c.mongo.Ready(d.t)
		d.backWithin(5 * time.Second)
	}}
	killEvents = fault{"the NATS server that leads the events is killed", func(d *drill) {
		s := d.c.nats.StreamLeader(d.t, d.c.creds, "EVENTS")
		s.Kill(d.t)
		d.c.nats.Leads(d.t, d.c.creds)
		d.backWithin(5 * time.Second)
		d.c.nats.Revive(d.t, s)
		d.c.nats.Healthy(d.t, d.c.creds)
	}}
	pauseEvents = fault{"the NATS server that leads the events stands still for five seconds", func(d *drill) {
		s := d.c.nats.StreamLeader(d.t, d.c.creds, "EVENTS")
		s.Pause(d.t)
		d.wait(5 * time.Second)
		s.Resume(d.t)
		d.c.nats.Healthy(d.t, d.c.creds)
		d.backWithin(5 * time.Second)
	}}
	killFiles = fault{"MinIO is killed", func(d *drill) {
		d.c.minio.Kill(d.t)
		d.wait(time.Second)
		d.c.minio.Start(d.t)
		d.backWithin(5 * time.Second)
	}}
	pauseFiles = fault{"MinIO stands still for five seconds", func(d *drill) {
		d.c.minio.Pause(d.t)
		d.wait(5 * time.Second)
		d.c.minio.Resume(d.t)
		d.backWithin(5 * time.Second)
	}}
	jumpClock = fault{"a node's clock jumps by an hour", func(d *drill) {
		i := d.rand.IntN(len(d.c.nodes))
		n := d.c.nodes[i]
		right := n.clinic.args
		n.clinic.args = append(right[:len(right):len(right)], "--drill-clock-jump", "1h")
		d.c.replace(i)
		said, err := sim.Until(d.t.Context(), 20*time.Second, func() (sim.Answer, error) { return readiness(n) },
			func(a sim.Answer) bool { return strings.Contains(a.Text("said"), "clock") })
		if err != nil {
			d.t.Errorf("the node does not see that its clock is wrong: %v, %v", said.Body, err)
		}
		d.backWithin(5 * time.Second)
		d.wait(5 * time.Second)
		n.clinic.args = right
		d.c.replace(i)
	}}
)

func readiness(n *node) (sim.Answer, error) {
	w, err := http.Get("http://" + n.address + "/readyz") //nolint:noctx // a node of the test's own
	if err != nil {
		return sim.Answer{}, err
	}
	defer func() { _ = w.Body.Close() }()
	text, err := io.ReadAll(w.Body)
	return sim.Answer{Body: sim.JSON{"said": string(text)}}, err
}

// TestDrill is the long one: scripts/drill runs it.
func TestDrill(t *testing.T) {
	seed, err := strconv.ParseUint(os.Getenv("HOUSECALL_TEST_DRILL"), 10, 64)
	if err != nil {
		t.Skip("only by scripts/drill, which names a seed by HOUSECALL_TEST_DRILL")
	}
	d := newDrill(t, openCluster(t, 3), seed)
	var faults []fault
	rounds, err := strconv.Atoi(cmp.Or(os.Getenv("HOUSECALL_TEST_DRILL_ROUNDS"), "4"))
	must(t, err)
	for range 5 * rounds {
		faults = append(faults, killNode)
	}
	for range rounds {
		faults = append(faults, killPrimary, killEvents, killFiles, pauseNode, pausePrimary, pauseEvents, pauseFiles, jumpClock)
		if os.Getenv(firewalled) != "" {
			faults = append(faults, cuts...)
		}
	}
	if only := os.Getenv("HOUSECALL_TEST_DRILL_ONLY"); only != "" { // some words of a fault, to look into it
		faults = slices.DeleteFunc(faults, func(f fault) bool { return !strings.Contains(f.name, only) })
	}
	d.rand.Shuffle(len(faults), func(i, j int) { faults[i], faults[j] = faults[j], faults[i] })
	faults = sliceOf(t, faults, cmp.Or(os.Getenv("HOUSECALL_TEST_DRILL_SLICE"), "1/1"))
	t.Logf("seed %d: %d faults", seed, len(faults))

	d.run(faults...)
}

// sliceOf is one part of the faults, "2/8" the second of eight: all parts together are all faults.
func sliceOf(t *testing.T, all []fault, which string) []fault {
	t.Helper()
	var n, of int
	if _, err := fmt.Sscanf(which, "%d/%d", &n, &of); err != nil || n < 1 || n > of || of > len(all) {
		t.Fatalf("HOUSECALL_TEST_DRILL_SLICE is %q, want one like 2/8 of %d faults", which, len(all))
	}
	return all[(n-1)*len(all)/of : n*len(all)/of]
}

// run has people walk and race while the faults happen one after the other.
func (d *drill) run(faults ...fault) {
	d.t.Helper()
	race, bookings := d.startRace(), d.startBookings()
	claims, jobs := d.startClaims(race), d.startJobs()
	done := make(chan struct{})
	var all sync.WaitGroup
	over := sync.OnceFunc(func() { close(done); all.Wait() })
	defer over() // whatever ends the drill
	for _, people := range []func(<-chan struct{}){d.walk, d.walk, race.until, bookings.until, claims.until, jobs.until} {
		all.Go(func() { people(done) })
	}
	for _, f := range faults {
		d.wait(time.Duration(d.rand.IntN(3000)) * time.Millisecond)
		begun := time.Now()
		f.happen(d)
		last := &d.back[len(d.back)-1]
		last.after = f.name
		d.t.Logf("%s %-60s service back after %.1f s, mended after %.1f s", begun.Format(time.TimeOnly), f.name, last.took.Seconds(), time.Since(begun).Seconds())
	}
	over()
	race.judge()
	bookings.judge()
	claims.judge()
	jobs.judge()
	d.invariants()
	d.t.Logf("%d orders went through the whole chain meanwhile; %d requests were sent again", d.walked.Load(), d.again.Load())
	d.tell()
}

// tell prints for each kind of fault how often it happened, and how long the service was away after it.
func (d *drill) tell() {
	by := map[string][]time.Duration{}
	for _, b := range d.back {
		by[b.after] = append(by[b.after], b.took)
	}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		took := by[name]
		slices.Sort(took)
		d.t.Logf("%2d x %-60s service back after %.1f s, at worst %.1f s", len(took), name, took[len(took)/2].Seconds(), took[len(took)-1].Seconds())
	}
}

// walk takes orders through the whole chain until it is over. Each walk proves that its order was delivered once,
// its prescription dispensed once and not a second time, and the ledger zero.
func (d *drill) walk(done <-chan struct{}) {
	for open := true; open; {
		s := &stubborn{inner: http.DefaultTransport, within: d.patience}
		out := &bytes.Buffer{}
		w := sim.Walk{Base: d.c.balance.url, Operator: d.c.operator(&http.Client{Transport: s}), Patience: d.patience, Out: out}
		if r := w.Run(d.t.Context()); !r.OK {
			d.t.Errorf("an order did not arrive: %s\n%s", r.Error, out)
			return
		}
		d.walked.Add(1)
		d.again.Add(s.again.Load())
		if strange, _ := s.strange.Load().(string); strange != "" {
			d.t.Errorf("an error that nobody can act on: %s", strange)
		}
		select {
		case <-done:
			open = false
		default:
		}
	}
}

// backWithin wants the service to write and read again in so much time.
func (d *drill) backWithin(limit time.Duration) {
	d.t.Helper()
	begun := time.Now()
	s := &stubborn{inner: http.DefaultTransport, within: time.Minute}
	operator := d.c.operator(&http.Client{Transport: s})
	_, err := operator.Post(d.t.Context(), "/invites", sim.JSON{
		"role": "patient", "address": fmt.Sprintf("b%d@drill.example", begun.UnixNano()), "name": "Back Again", "birth_date": "1950-05-05", "sex": "female",
	})
	took := time.Since(begun)
	d.back = append(d.back, back{took: took})
	if err != nil || took > limit {
		d.t.Errorf("the service answered again after %s (%v), want %s", took, err, limit)
	}
}

func (d *drill) wait(t time.Duration) {
	select {
	case <-d.t.Context().Done():
	case <-time.After(t):
	}
}

// invariants asks the service what must hold whatever happened.
func (d *drill) invariants() {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), time.Minute)
	defer cancel()
	operator := d.c.operator(&http.Client{Transport: &stubborn{inner: http.DefaultTransport, within: time.Minute}})
	a, err := operator.Get(ctx, "/ledger")
	if err != nil || a.At("zero") != true {
		d.t.Errorf("the ledger: %v, %v", a.Body, err)
	}
	a, err = operator.Get(ctx, "/stuck-events")
	if err != nil {
		d.t.Errorf("ask for what is stuck: %v", err)
		return
	}
	if items, _ := a.At("items").([]any); len(items) > 0 {
		text, _ := json.Marshal(items)
		d.t.Errorf("events that no handler could deal with: %.2000s", text)
	}
}
