package docstoretest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"housecall/internal/docstore"
	"housecall/internal/event"
)

var kills = []promise{
	{"a process killed in mid-write has kept all it acknowledged and nothing by half", killedMidWrite},
}

// childEnv names the place that a process started by killedMidWrite writes to.
const childEnv = "DOCSTORETEST_CHILD"

// Main runs the tests, or, in a process that a test has started, writes until it is killed.
func Main(m *testing.M, target Target) int {
	at := os.Getenv(childEnv)
	if at == "" {
		return m.Run()
	}
	if err := writeForever(at, target); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
	}
	return 1
}

// writers is how many goroutines of the child write at once.
const writers = 8

// writeForever inserts and replaces parcels and says so on stdout after each acknowledgement.
func writeForever(at string, target Target) error {
	ctx := context.Background()
	s, err := target.Open(ctx, at)
	if err != nil {
		return err
	}
	if err := declare(ctx, s); err != nil {
		return err
	}
	failed := make(chan error, writers)
	var mu sync.Mutex // guards stdout
	for w := range writers {
		go func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("prc_%d_%d_%d", os.Getpid(), w, n)
				for version := int64(1); version <= 2; version++ {
					if err := writeVersion(ctx, s, id, version); err != nil {
						failed <- err
						return
					}
					mu.Lock()
					_, _ = fmt.Fprintf(os.Stdout, "%s %d\n", id, version)
					mu.Unlock()
				}
			}
		}()
	}
	return <-failed
}

// writeVersion writes a version that tells everywhere which it is: body, indexes, timer and event.
func writeVersion(ctx context.Context, s docstore.Store, id string, version int64) error {
	order := docstore.ByNumber(version)
	r := parcel(id, version, "everybody", order)
	r.Body = fmt.Appendf(nil, `{"first":%d,"filler":%q,"last":%d}`, version, strings.Repeat("x", 3000), version)
	r.Timers = []docstore.Timer{{Kind: event.Kind("late." + order), Due: noon}}
	r.Outbox = []event.Event{happened(id, int(version), event.Kind("written."+order))}
	if version == 1 {
		return s.Insert(ctx, parcels, r)
	}
	return s.Replace(ctx, parcels, r)
}

func killedMidWrite(t *testing.T, p *place) {
	acknowledged := map[string]int64{}
	for range 3 {
		writeUntilKilled(t, p.at, acknowledged)
	}
	p.restart(t)

	present := map[string]int64{}
	for _, id := range p.ids(t, docstore.Query{Index: "by_owner", Equal: "everybody", Limit: 500}) {
		present[id] = checkWhole(t, p.get(t, id))
	}
	for id, version := range acknowledged {
		if present[id] < version {
			t.Errorf("%s: version %d was acknowledged, %d is there", id, version, present[id])
		}
	}
	checkCompanions(t, p, present)
	t.Logf("%d acknowledged documents, %d there", len(acknowledged), len(present))
}

// writeUntilKilled starts a child, notes what it acknowledges and kills it in the middle.
func writeUntilKilled(t *testing.T, at string, acknowledged map[string]int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0]) //nolint:gosec // the test binary itself
	child.Env = append(os.Environ(), childEnv+"="+at)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	n := 0
	for ; lines.Scan(); n++ { // goes on after the kill: what stands in the pipe was acknowledged
		var id string
		var version int64
		if _, err := fmt.Sscan(lines.Text(), &id, &version); err == nil {
			acknowledged[id] = max(acknowledged[id], version)
		}
		if n == 200 {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = child.Wait()
	if n < 200 {
		t.Fatalf("the child ended after %d acknowledgements", n)
	}
}

// checkWhole answers the version of a document after looking for traces of another.
func checkWhole(t *testing.T, r docstore.Record) int64 {
	t.Helper()
	var body struct{ First, Last int64 }
	if err := json.Unmarshal(r.Body, &body); err != nil || body.First != r.Version || body.Last != r.Version {
		t.Errorf("%s is version %d with a body of %d and %d (%v)", r.ID, r.Version, body.First, body.Last, err)
	}
	return r.Version
}

// checkCompanions looks whether indexes, events and timers are those of the versions present.
func checkCompanions(t *testing.T, p *place, present map[string]int64) {
	t.Helper()
	if got := len(p.ids(t, docstore.Query{Index: "by_state", Equal: docstore.Eq("packed", "everybody"), Limit: 500})); got != len(present) {
		t.Errorf("one index lists %d documents, the other %d", got, len(present))
	}
	for version := int64(1); version <= 2; version++ {
		order := docstore.ByNumber(version)
		q := docstore.Query{Index: "by_owner", Equal: "everybody", From: order, Until: order + "~", Limit: 500}
		for _, id := range p.ids(t, q) {
			if present[id] != version {
				t.Errorf("%s is version %d, its index says %d", id, present[id], version)
			}
		}
	}
	events := map[string]int64{}
	waiting, err := p.Waiting(t.Context(), 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range waiting {
		events[o.Doc]++
		if want := event.Kind("written." + docstore.ByNumber(events[o.Doc])); o.Event.Kind != want {
			t.Errorf("event %d of %s is %s, want %s", events[o.Doc], o.Doc, o.Event.Kind, want)
		}
	}
	timers := 0
	for cursor := ""; ; {
		page, next, err := p.Timers(t.Context(), cursor, 500)
		if err != nil {
			t.Fatal(err)
		}
		for _, timer := range page {
			timers++
			if want := event.Kind("late." + docstore.ByNumber(present[timer.Doc])); timer.Kind != want {
				t.Errorf("timer of %s is %s, want %s", timer.Doc, timer.Kind, want)
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	for id, version := range present {
		if events[id] != version {
			t.Errorf("%s is version %d and left %d events", id, version, events[id])
		}
	}
	if timers != len(present) {
		t.Errorf("%d timers for %d documents", timers, len(present))
	}
}
