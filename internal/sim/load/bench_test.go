package load_test

import (
	"syscall"
	"testing"
	"time"

	"housecall/internal/sim/load"
)

// BenchmarkPatients puts 200 patients with 16 callers on a demo in this process, for 20 seconds; the
// processor's time is that of both sides and of the preparation.
func BenchmarkPatients(b *testing.B) {
	url, token := town(b)
	for b.Loop() {
		before := cpu(b)
		r, err := load.Run(b.Context(), load.Options{URLs: []string{url}, Token: token, Patients: 200, For: 20 * time.Second, Seed: 1})
		if err != nil {
			b.Fatal(err)
		}
		if !r.OK {
			r.Print(b.Output())
			b.Error("not everything holds")
		}
		b.ReportMetric(r.StepsPerSecond, "steps/s")
		b.ReportMetric(r.PlacedToSeen.P50, "seen-p50-ms")
		b.ReportMetric(r.PlacedToSeen.P99, "seen-p99-ms")
		b.ReportMetric(float64((cpu(b)-before).Milliseconds())/float64(r.Steps), "cpu-ms/step")
	}
}

// cpu is the processor's time that this process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
