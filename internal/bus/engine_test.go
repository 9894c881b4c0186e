package bus_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"housecall/internal/apptest/engine"
	"housecall/internal/bus"
	"housecall/internal/clock"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/event"
)

// The stories of the engine in the process that mean as much on a cluster.
func TestClusterOfServersKeepsEveryPromise(t *testing.T) {
	t.Parallel()
	onCluster.Store(t.Name(), engine.NATS(t))
	for name, story := range map[string]func(*testing.T){
		"each kind to each consumer":      TestEventReachesEveryConsumerThatNamesItsKind,
		"order in a document under load":  TestEventsOfOneDocumentAreHandledInOrderUnderLoad,
		"others go on beside a failure":   TestFailingDocumentDoesNotHoldUpOthers,
		"dead letters":                    TestEventThatCantBeHandledBecomesADeadLetterThatCanBeReplayed,
		"one consumer of a name":          TestTwoConsumersCantShareAName,
		"stop cuts short":                 TestStopThatCantWaitCutsHandlersShort,
		"what was left is handled":        TestEventNotHandledBeforeAStopIsHandledAfterTheStart,
		"a stop with a long backlog":      TestStopDoesNotWaitForALongBacklogAndNothingOfItIsLost,
		"feed resumes":                    TestFeedResumesWithoutLosingOrDoubling,
		"feed is one's own":               TestFeedShowsNothingOfStrangers,
		"feed says it can't resume":       TestFeedSaysWhenItCantResume,
		"feed resumes across a restart":   TestFeedResumesAcrossARestart,
		"feeds end first":                 TestFeedsEndBeforeTheBusDoes,
		"broadcasts":                      TestBroadcastReachesWhoListens,
		"timers":                          TestTimerFiresAsAnEventAtItsTime,
		"timers set again, taken away":    TestTimerSetAgainFiresOnceAndClearedOnesNever,
		"timers due while it was stopped": TestTimerThatCameDueWhileStoppedFiresAfterTheStart,
		"a thousand timers at once":       TestAThousandTimersDueAtOnceAllFire,
	} {
		t.Run(name, story)
	}
}

func TestStreamsOfAClusterHaveThreeCopies(t *testing.T) {
	t.Parallel()
	c := engine.NATS(t)
	w := newWorld(t, func(w *world) { w.cfg.Dir, w.cfg.URL, w.cfg.CA, w.cfg.Creds = "", c.URL, c.CA, c.Credentials(t) })

	for _, stream := range []string{"EVENTS", "FEED", "TIMERS", "DEAD", "KV_LEASES", "KV_POSTS"} {
		if n := c.Replicas(t, w.cfg.Creds, stream); n != 3 {
			t.Errorf("%s has %d copies, want 3", stream, n)
		}
	}
}

func TestServersThatAreKilledOneByOneLoseNoEventAndNoTimer(t *testing.T) {
	t.Parallel()
	c := engine.NATS(t)
	w := newWorld(t, func(w *world) { w.cfg.Dir, w.cfg.URL, w.cfg.CA, w.cfg.Creds = "", c.URL, c.CA, c.Credentials(t) })
	ear, silent := newEar(), newEar()
	w.listen("orders", ear, "bell.rung")
	w.listen("timers", silent, "bell.silent")
	w.ring("bell_timer", func(x *bell) { x.SetTimer("bell.silent", w.clock.Now().Add(2*time.Second)) })

	for round, stream := range []string{"EVENTS", "TIMERS", "FEED"} {
		victim := c.StreamLeader(t, w.cfg.Creds, stream)
		for i := range 20 {
			w.ring(fmt.Sprint("bell_", i), emit("bell.rung", fmt.Sprint(round), "acc_1"))
		}
		victim.Kill(t)
		for i := range 20 {
			w.ring(fmt.Sprint("bell_", i), emit("bell.rung", fmt.Sprint(round, " and its leader dead")))
		}
		for range 40 {
			within(t, ear.news, 30*time.Second)
		}
		c.Revive(t, victim)
		c.Healthy(t, w.cfg.Creds)
	}

	within(t, silent.news, 30*time.Second)
	seen := map[string]int{}
	for _, e := range ear.all() {
		seen[e.ID]++
	}
	if len(seen) != 120 {
		t.Errorf("%d different events were heard, want 120", len(seen))
	}
}

func within(t *testing.T, from <-chan event.Event, d time.Duration) event.Event {
	t.Helper()
	select {
	case e := <-from:
		return e
	case <-time.After(d):
		t.Fatalf("nothing came within %s", d)
		panic("unreachable")
	}
}

func TestEngineThatCannotBeUsedIsRefusedWithWhatToDo(t *testing.T) {
	t.Parallel()
	c := engine.NATS(t)
	lone := outside(t)
	junk := filepath.Join(t.TempDir(), "junk")
	if err := os.WriteFile(junk, []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := bus.Config{URL: c.URL, CA: c.CA, Creds: c.Credentials(t)}
	for _, tt := range []struct {
		name        string
		spoil       func(*bus.Config)
		want        string
		unreachable bool
	}{
		{"an account without JetStream", func(x *bus.Config) { x.Creds = c.BareCredentials() }, "has no JetStream", false},
		{"no credentials", func(x *bus.Config) { x.Creds = "" }, "correct bus_creds", false},
		{"a file that is none", func(x *bus.Config) { x.Creds = junk }, "bus_creds", false},
		{"a file that is not there", func(x *bus.Config) { x.Creds = junk + "2" }, "bus_creds", false},
		{"nobody vouches for the certificate", func(x *bus.Config) { x.CA = "" }, "bus_ca", false},
		{"no certificate", func(x *bus.Config) { x.CA = junk }, "bus_ca", false},
		{"nobody listens", func(x *bus.Config) { *x = bus.Config{URL: "nats://127.0.0.1:1"} }, "start it, or correct bus", true},
		{"one server that shall keep three copies", func(x *bus.Config) { *x = bus.Config{URL: lone} }, "bus_replicas: 1", false},
	} {
		cfg := good
		tt.spoil(&cfg)
		_, err := startOn(t, cfg)

		if err == nil || !strings.Contains(err.Error(), tt.want) || errors.Is(err, bus.ErrUnreachable) != tt.unreachable {
			t.Errorf("%s: start = %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestEventsOfAnotherServiceAreRefusedAndStayAsTheyAre(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]bus.Config{
		"a folder": {Dir: t.TempDir(), Service: "svc_1"}, "a server": {URL: outside(t), Replicas: 1, Service: "svc_1"},
	} {
		for range 2 { // its own service comes again at each start
			b, err := startOn(t, cfg)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			stop(t, b)
		}
		cfg.Service = "svc_2"

		_, err := startOn(t, cfg)

		if !errors.Is(err, bus.ErrForeign) || !strings.Contains(err.Error(), "correct store") {
			t.Errorf("%s: start = %v, want it refused", name, err)
		}
		cfg.Service = "svc_1"
		b, err := startOn(t, cfg)
		if err != nil {
			t.Errorf("%s: its own service afterwards: %v", name, err)
			continue
		}
		stop(t, b)
	}
}

func startOn(t *testing.T, cfg bus.Config) (*bus.Bus, error) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return bus.Start(ctx, cfg, bus.Deps{Store: store, Clock: clock.NewReal(), Log: slog.New(slog.DiscardHandler)})
}
