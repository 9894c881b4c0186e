package dispatcher_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/bus"
	"housecall/internal/clock"
	"housecall/internal/delivery"
	"housecall/internal/dispatcher"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/policies"
)

// BenchmarkPlannedToSeen measures how long after it is planned a job is seen by the dispatcher of its
// zone: one durable write, its relay, the feed.
func BenchmarkPlannedToSeen(b *testing.B) {
	c, seen := benchCity(b)
	took := make([]time.Duration, 0, b.N)

	for n := 0; b.Loop(); n++ {
		o := id.Order(fmt.Sprintf("ord_%d", n))
		must(b, c.Plan(b.Context(), house, delivery.Request{
			Order: o, Attempt: 1, Pharmacy: "phm_a", PharmacyAt: counter,
			Door: geo.Point{Lat: 1.01, Lon: 2.01}, Patient: "pat_mum",
		}))
		took = append(took, <-seen)
	}

	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// benchCity is a zone on the real clock with nobody on shift, so that every job stays on the board.
func benchCity(b *testing.B) (*city, <-chan time.Duration) {
	b.Helper()
	rules, err := access.NewRules(policies.Model, policies.Rules)
	must(b, err)
	store, err := sqlite.Open(b.Context(), b.TempDir()+"/housecall.db")
	must(b, err)
	b.Cleanup(func() { _ = store.Close() })
	c := &city{}
	real, quiet := clock.NewReal(), slog.New(slog.DiscardHandler)
	c.Service, err = delivery.New(b.Context(), delivery.Deps{
		Store: store, Clock: real,
		Guard: access.NewGuard(rules, everybody{}, everybody{}), Vetting: everybody{}, Names: everybody{}, Secret: make([]byte, 32),
	})
	must(b, err)
	_, err = c.DrawZone(b.Context(), operator, lantern())
	must(b, err)
	c.bus, err = bus.Start(b.Context(), bus.Config{Dir: b.TempDir()}, bus.Deps{Store: store, Clock: real, Log: quiet})
	must(b, err)
	b.Cleanup(func() { _ = c.bus.Stop(context.WithoutCancel(b.Context())) })
	leases, news := dispatcher.OverBus(c.bus, "bench")
	seen := make(chan time.Duration, 16)
	d := dispatcher.New(dispatcher.Deps{
		Delivery: c.Service, Clock: real, Leases: leases, News: news, Log: quiet,
		Seen: func(took time.Duration) { seen <- took },
	})
	must(b, d.Start(b.Context()))
	b.Cleanup(d.Stop)
	return c, seen
}
