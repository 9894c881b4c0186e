package top_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"housecall/internal/sim"
	"housecall/internal/top"
)

func TestFrameShowsWhoIsLateWhatWaitsAndWhoIsUp(t *testing.T) {
	t.Parallel()
	v := &top.View{
		At: time.Date(2026, 11, 27, 21, 0, 0, 0, time.UTC), Stages: map[string]int{"placed": 2, "collected": 4}, AtRisk: 3,
		Late:     []top.Order{{ID: "ord_1", State: "collected", Zone: "zone_1", Left: -150 * time.Second}},
		Couriers: map[string]int{"on shift": 5, "free": 2, "silent": 1},
		Service: top.Service{
			Node: "a", Version: "1", Unsent: 2, Nodes: []top.Node{{"a", 3, 9}, {"b", 0, 8}},
			Queues: []top.Queue{{"audit", 0, 0, 0}, {"journey", 7, 2, 1}},
		},
		Stuck: 1,
	}
	var out strings.Builder

	if err := v.Frame(&out); err != nil {
		t.Fatal(err)
	}

	for _, want := range []string{
		"2026-11-27 21:00:00", "2 node(s)", "placed          2  ############\n", "collected       4  ########################\n", "in danger 3   late 1",
		"2m30s late   zone_1", "on shift 5   free 2   silent 1", "waiting 7   not sent 2   stuck 1", "journey", "\n  b ",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "audit") {
		t.Error("a queue in which nothing waits takes a line")
	}
}

func TestOperatorLooksAtARunningTownAndNobodyElseDoes(t *testing.T) {
	t.Parallel()
	d, err := sim.StartDemo(t.Context(), sim.DemoOptions{Listen: "localhost:0", Quiet: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Stop(context.WithoutCancel(t.Context())) })
	operator, err := sim.SignInDemoOperator(t.Context(), d.URL, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}

	v, err := top.Look(t.Context(), operator, time.Now())

	if err != nil || v.Service.Node != "demo" || len(v.Service.Queues) == 0 {
		t.Errorf("saw %+v, %v", v, err)
	}
	if _, err := top.Look(t.Context(), &sim.Client{Base: d.URL}, time.Now()); sim.StatusOf(err) != http.StatusUnauthorized {
		t.Errorf("somebody unknown is answered %v", err)
	}
}
