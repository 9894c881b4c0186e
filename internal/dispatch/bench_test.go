package dispatch_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"housecall/internal/dispatch"
	"housecall/internal/geo"
	"housecall/internal/id"
)

// BenchmarkMetropolis plans one zone from nothing, a fifth as many couriers as open jobs and a pharmacy
// for every fifty: the cost of a plan should grow no faster than n log n.
func BenchmarkMetropolis(b *testing.B) {
	for _, jobs := range []int{100, 1_000, 10_000} {
		b.Run(fmt.Sprintf("jobs=%d", jobs), func(b *testing.B) {
			state := metropolis(jobs)

			var got dispatch.Decision
			began := processorTime()
			for b.Loop() {
				got = dispatch.Plan(state, noon)
			}

			busy := processorTime() - began
			if len(got.Offers)+len(got.Holds)+len(got.Nothing) == 0 {
				b.Fatal("nothing was decided")
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(jobs), "ns/job")
			b.ReportMetric(float64(busy.Microseconds())/1000/float64(b.N), "processor-ms/plan")
		})
	}
}

// BenchmarkSeveralCounters plans a town whose rides may be over two counters.
func BenchmarkSeveralCounters(b *testing.B) {
	for _, jobs := range []int{100, 300, 700, 10_000} {
		b.Run(fmt.Sprintf("jobs=%d", jobs), func(b *testing.B) {
			state := metropolis(jobs)
			state.Counters = dispatch.MostCounters
			began := processorTime()
			for b.Loop() {
				dispatch.Plan(state, noon)
			}
			b.ReportMetric(float64((processorTime()-began).Microseconds())/1000/float64(b.N), "processor-ms/plan")
		})
	}
}

// BenchmarkIdleMetropolis plans a night: nearly everybody has nothing to do, and is to wait where demand is.
func BenchmarkIdleMetropolis(b *testing.B) {
	state := metropolis(10_000)
	state.Jobs = state.Jobs[:20]
	for i := range state.Couriers {
		state.Couriers[i].IdleSince = noon.Add(-time.Hour)
	}
	var got dispatch.Decision
	began := processorTime()
	for b.Loop() {
		got = dispatch.Plan(state, noon)
	}
	busy := processorTime() - began
	if len(got.Prepositions) == 0 {
		b.Fatal("nobody was sent anywhere")
	}
	b.ReportMetric(float64(busy.Microseconds())/1000/float64(b.N), "processor-ms/plan")
}

// metropolis is a zone of one density, however many jobs there are.
func metropolis(jobs int) dispatch.State {
	r := rand.New(rand.NewPCG(1, uint64(jobs)))
	side := 0.06 * math.Sqrt(float64(jobs)/100) // degrees
	anywhere := func() geo.Point { return geo.Point{Lat: 30 + side*r.Float64(), Lon: 110 + side*r.Float64()} }
	near := func(p geo.Point) geo.Point {
		return geo.Point{Lat: p.Lat + 0.02*(r.Float64()-0.5), Lon: p.Lon + 0.02*(r.Float64()-0.5)}
	}
	var s dispatch.State
	for n := range max(2, jobs/50) {
		s.Places = append(s.Places, dispatch.Place{ID: id.Pharmacy(fmt.Sprintf("phm_%05d", n)), At: anywhere(), Demand: 20})
	}
	for n := range jobs {
		from := s.Places[r.IntN(len(s.Places))]
		placed := noon.Add(-time.Duration(r.IntN(600)) * time.Second)
		s.Jobs = append(s.Jobs, dispatch.Job{
			ID: id.Job(fmt.Sprintf("job_%05d", n)), From: from.ID, Pharmacy: from.At, Door: near(from.At), PlacedAt: placed,
			ReadyAt: placed.Add(time.Duration(r.IntN(1200)) * time.Second), Deadline: placed.Add(30 * time.Minute),
		})
	}
	for n := range jobs / 5 {
		c := courier(n, 0)
		c.ID, c.At, c.IdleSince = id.Account(fmt.Sprintf("acc_%05d", n)), anywhere(), noon
		s.Couriers = append(s.Couriers, c)
	}
	return s
}
