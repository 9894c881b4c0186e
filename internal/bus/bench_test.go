package bus_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"housecall/internal/bus"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/event"
	"housecall/internal/id"
)

// BenchmarkChangeToHandler measures one change at a time, from the write to its handler.
func BenchmarkChangeToHandler(b *testing.B) {
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "x.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	clk := clock.NewReal()
	bells, err := docstore.Open[bell](b.Context(), store, clk, docstore.Spec[bell]{Name: "bells"})
	if err != nil {
		b.Fatal(err)
	}
	engine, err := bus.Start(b.Context(), bus.Config{Dir: b.TempDir()}, bus.Deps{Store: store, Clock: clk, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = engine.Stop(context.Background()) }()
	heard := make(chan struct{})
	if err := engine.Subscribe(bus.Consumer{
		Name: "bench", Kinds: []event.Kind{"bell.rung"},
		Handle: func(context.Context, event.Event) error { heard <- struct{}{}; return nil },
	}); err != nil {
		b.Fatal(err)
	}
	var took []time.Duration
	for b.Loop() {
		d := &bell{ID: string(id.New[id.Order]())}
		d.SetTimer("bell.old", clk.Now().Add(time.Hour))
		d.Emit(event.Event{Kind: "bell.rung", To: []string{"acc_1", "operators"}})
		start := time.Now()
		if err := bells.Insert(b.Context(), id.Request{}, d); err != nil {
			b.Fatal(err)
		}
		<-heard
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-us")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
}

// BenchmarkWrites measures durable writes of 16 callers that leave an event each, with nobody taking
// the events out and with the relay and a consumer at work on the same disk.
func BenchmarkWrites(b *testing.B) {
	for _, relayed := range []bool{false, true} {
		b.Run(map[bool]string{false: "bare", true: "relayed"}[relayed], func(b *testing.B) {
			store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "x.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = store.Close() }()
			clk := clock.NewReal()
			bells, err := docstore.Open[bell](b.Context(), store, clk, docstore.Spec[bell]{Name: "bells"})
			if err != nil {
				b.Fatal(err)
			}
			var engine *bus.Bus
			if relayed {
				engine, err = bus.Start(b.Context(), bus.Config{Dir: b.TempDir()}, bus.Deps{Store: store, Clock: clk, Log: slog.New(slog.DiscardHandler)})
				if err != nil {
					b.Fatal(err)
				}
				defer func() { _ = engine.Stop(context.Background()) }()
				if err := engine.Subscribe(bus.Consumer{Name: "bench", Handle: func(context.Context, event.Event) error { return nil }}); err != nil {
					b.Fatal(err)
				}
			}
			b.SetParallelism(8)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					d := &bell{ID: string(id.New[id.Order]())}
					if relayed {
						d.Emit(event.Event{Kind: "bell.rung", To: []string{"acc_1"}})
					}
					if err := bells.Insert(b.Context(), id.Request{}, d); err != nil {
						b.Error(err)
					}
				}
			})
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
			if relayed {
				begun := time.Now()
				if err := engine.Settle(b.Context()); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(b.N)/(b.Elapsed()+time.Since(begun)).Seconds(), "relayed/s")
			}
		})
	}
}
