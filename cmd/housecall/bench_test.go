package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"housecall/internal/apptest/engine"
	"housecall/internal/docstore"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/sim"
	"housecall/internal/sim/load"
)

// The service beside itself, as a ratio in one run: on MongoDB, on three nodes, with a full store. scripts/bench asks
// for one of them by HOUSECALL_BENCH.
func benchOf(t *testing.T, name string) {
	t.Helper()
	if os.Getenv("HOUSECALL_BENCH") != name {
		t.Skip("only by scripts/bench, which asks for it by HOUSECALL_BENCH=" + name)
	}
}

// number is a setting of these figures.
func number(t *testing.T, name string, usual int) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv(name), strconv.Itoa(usual)))
	must(t, err)
	return n
}

// bear puts `load` on a service and answers what it found.
func bear(t *testing.T, patients int, more ...string) load.Report {
	t.Helper()
	args := append([]string{
		"load", "--json", "--patients", strconv.Itoa(number(t, "HOUSECALL_BENCH_PATIENTS", patients)),
		"--seconds", strconv.Itoa(number(t, "HOUSECALL_BENCH_SECONDS", 20)), "--callers", "16",
	}, more...)
	cmd := command(t.Context(), args...)
	cmd.Stderr = t.Output()
	said, err := cmd.Output()
	var r load.Report
	if bad := json.Unmarshal(said, &r); bad != nil {
		t.Fatalf("load: %v, %v: %.2000s", err, bad, said)
	}
	sound(t, &r)
	return r
}

// sound wants no error and every invariant.
func sound(t *testing.T, r *load.Report) {
	t.Helper()
	if !r.OK {
		var text strings.Builder
		r.Print(&text)
		t.Errorf("not everything holds:\n%s", text.String())
	}
}

// beside prints two runs and how they compare, step by step.
func beside(t *testing.T, one, two string, a, b load.Report) {
	t.Helper()
	t.Logf("%-46s %12s %12s %8s", "", one, two, "ratio")
	line := func(name string, x, y float64) { t.Logf("%-46s %12.2f %12.2f %8.2f", name, x, y, y/x) }
	line("durable steps a second", a.StepsPerSecond, b.StepsPerSecond)
	line("placed -> seen, p50 ms", a.PlacedToSeen.P50, b.PlacedToSeen.P50)
	line("placed -> seen, p99 ms", a.PlacedToSeen.P99, b.PlacedToSeen.P99)
	worst, slowest := 0.0, ""
	for _, step := range slices.Sorted(maps.Keys(a.ByStep)) {
		x, y := a.ByStep[step], b.ByStep[step]
		line(step+", p50 ms", x.P50, y.P50)
		if r := y.P50 / x.P50; r > worst {
			worst, slowest = r, step
		}
	}
	t.Logf("the step that slowed down most: %s, %.2f times", slowest, worst)
}

func TestBenchMongoDBBesideTheDefault(t *testing.T) {
	benchOf(t, "mongo")
	a := bear(t, 200)

	b := bear(t, 200, "--store", engine.Mongod(t).Database("load"))

	beside(t, "default", "MongoDB", a, b)
	t.Logf("target: 0.6 of the steps a second")
}

func TestBenchThreeNodesBesideOne(t *testing.T) {
	benchOf(t, "nodes")
	c := openCluster(t, 1)
	token := c.nodes[0].clinic.file("admin", adminToken)
	at := func() string {
		var all []string
		for _, n := range c.nodes {
			all = append(all, "http://"+n.address)
		}
		return strings.Join(all, ",")
	}
	run := func() load.Report { return bear(t, 40, "--url", at(), "--admin-token-file", token) }
	a := weigh(t, c, "one node", run)
	for _, name := range []string{"n1", "n2"} {
		c.add(name)
	}

	b := weigh(t, c, "three nodes", run)

	beside(t, "one node", "three nodes", a, b)
	t.Logf("target: no step slower than 1.5 times")
}

func TestBenchFullStoreBesideAnEmptyOne(t *testing.T) {
	benchOf(t, "orders")
	dir := t.TempDir()
	var sample docstore.Record
	a := bearOn(t, t.TempDir(), nil)
	bearOn(t, dir, &sample)
	begun := time.Now()
	stored := number(t, "HOUSECALL_BENCH_ORDERS", 1_000_000)
	fillOrders(t, filepath.Join(dir, "housecall.db"), sample, stored)
	t.Logf("%d orders stored in %.0f s", stored, time.Since(begun).Seconds())

	b := bearOn(t, dir, nil)

	beside(t, "new", strconv.Itoa(stored)+" orders", a, b)
	t.Logf("target: 1.3 times")
}

// bearOn puts a load on a demo in a folder. With a sample wanted it only has one order delivered, and answers that.
func bearOn(t *testing.T, dir string, sample *docstore.Record) load.Report {
	t.Helper()
	d, err := sim.StartDemo(t.Context(), sim.DemoOptions{Data: dir, Listen: "localhost:0", Quiet: true})
	must(t, err)
	over := sync.OnceFunc(func() { must(t, d.Stop(context.WithoutCancel(t.Context()))) })
	defer over()
	operator, err := sim.SignInDemoOperator(t.Context(), d.URL, http.DefaultClient)
	must(t, err)
	if sample != nil {
		w := sim.Walk{Base: d.URL, Operator: operator}
		if r := w.Run(t.Context()); !r.OK {
			t.Fatal(r.Error)
		}
		over()
		*sample = deliveredOrder(t, filepath.Join(dir, "housecall.db"))
		return load.Report{}
	}
	r, err := load.Run(t.Context(), load.Options{
		URLs: []string{d.URL}, Token: operator.Token, Patients: number(t, "HOUSECALL_BENCH_PATIENTS", 200),
		For: time.Duration(number(t, "HOUSECALL_BENCH_SECONDS", 20)) * time.Second, Seed: 1,
	})
	must(t, err)
	sound(t, r)
	return *r
}

func deliveredOrder(t *testing.T, file string) (found docstore.Record) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), file)
	must(t, err)
	defer func() { must(t, s.Close()) }()
	must(t, s.Export(t.Context(), func(collection string, r docstore.Record) error {
		if collection == "orders" && bytes.Contains(r.Body, []byte(`"state":"delivered"`)) {
			found = r
		}
		return nil
	}, nil))
	if found.ID == "" {
		t.Fatal("no order was delivered")
	}
	return found
}

// hexID is where an id is one of a kind, dayOf where a moment begins.
var (
	hexID = regexp.MustCompile(`[0-9a-f]{32}`)
	dayOf = regexp.MustCompile(`20\d\d-\d\d-\d\dT`)
)

// fillOrders writes so many orders like this one, ten of each patient, over a year: same shape, other people, days, places
// and prescriptions.
func fillOrders(t *testing.T, file string, like docstore.Record, count int) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), file)
	must(t, err)
	defer func() { must(t, s.Close()) }()
	must(t, s.Declare(t.Context(), "orders", slices.Sorted(maps.Keys(like.Keys))))
	text := fmt.Sprintf("%s %s %v", like.ID, like.Body, like.Keys)
	ids, days := once(hexID.FindAllString(text, -1)), once(dayOf.FindAllString(text, -1))
	var next atomic.Int64
	var all sync.WaitGroup
	for range 512 { // the store writes those together that wait together
		all.Go(func() {
			for next.Add(10) <= int64(count)+9 {
				patient := newHex()
				for range 10 {
					other := slices.Concat(newIDs(ids), earlier(days))
					if err := s.Insert(t.Context(), "orders", likeness(like, patient, other)); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	all.Wait()
}

func newHex() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func once(all []string) []string {
	slices.Sort(all)
	return slices.Compact(all)
}

// newIDs are pairs of each id and another in its place.
func newIDs(ids []string) []string {
	pairs := make([]string, 0, 2*len(ids))
	for _, id := range ids {
		pairs = append(pairs, id, newHex())
	}
	return pairs
}

// earlier are pairs of each day and one so many days of the last year before.
func earlier(days []string) []string {
	back, pairs := mathrand.IntN(365), make([]string, 0, 2*len(days)) //nolint:gosec // chance for a test, not a secret
	for _, day := range days {
		at, _ := time.Parse("2006-01-02T", day)
		pairs = append(pairs, day, at.AddDate(0, 0, -back).Format("2006-01-02T"))
	}
	return pairs
}

// likeness is the record of this patient, with everything else that is in pairs replaced.
func likeness(like docstore.Record, patient string, pairs []string) docstore.Record {
	other := strings.NewReplacer(append([]string{"pat_" + patientOf(like), "pat_" + patient}, pairs...)...)
	r := docstore.Record{ID: other.Replace(like.ID), Version: like.Version, Body: []byte(other.Replace(string(like.Body))), Keys: map[string]docstore.Key{}}
	for name, k := range like.Keys {
		r.Keys[name] = docstore.Key{Equal: other.Replace(k.Equal), Order: other.Replace(k.Order)}
	}
	return r
}

func patientOf(r docstore.Record) string {
	_, after, _ := strings.Cut(string(r.Body), `"pat_`)
	return after[:min(32, len(after))]
}
