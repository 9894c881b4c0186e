package journey_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"housecall/internal/apptest"
	"housecall/internal/id"
	"housecall/internal/order"
)

// BenchmarkPlacedToSeen measures how long after an order stands as placed its job is seen by the
// dispatcher: the relay of order.placed, the journey, the fill's and the job's durable writes, the relay
// of job.planned. Nobody is on shift, so that every job stays on the board.
func BenchmarkPlacedToSeen(b *testing.B) {
	w := apptest.Start(b)
	took := make([]time.Duration, 0, b.N)

	for b.Loop() {
		b.StopTimer()
		script := w.Prescribed()
		o := w.Unpaid(script, w.Corner, order.Courier)
		before := seenJobs(b, w)
		b.StartTimer()
		if _, err := w.Order.Pay(b.Context(), w.As(w.Daughter), o, "card_ok"); err != nil {
			b.Fatal(err)
		}
		wait(b, func() bool { return stands(b, w, o) })
		placed := time.Now()
		wait(b, func() bool { return seenJobs(b, w) > before })
		took = append(took, time.Since(placed))
		b.StopTimer()
		undo(b, w, o, script)
		b.StartTimer()
	}

	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// undo ends the order and the prescription, as nobody is given the same medicine twice.
func undo(b *testing.B, w *apptest.Town, o id.Order, s apptest.Script) {
	b.Helper()
	w.Settle()
	if _, err := w.Order.Cancel(b.Context(), w.As(w.Daughter), o, ""); err != nil {
		b.Fatal(err)
	}
	w.Settle()
	if err := w.Prescribing.Cancel(b.Context(), w.As(w.Doctor), s.ID, "no longer needed"); err != nil {
		b.Fatal(err)
	}
	w.Settle()
}

func stands(b *testing.B, w *apptest.Town, o id.Order) bool {
	b.Helper()
	r, err := w.Store.Get(b.Context(), "orders", string(o))
	if err != nil {
		b.Fatal(err)
	}
	return bytes.Contains(r.Body, []byte(`"state":"placed"`))
}

// seenJobs is how many jobs the dispatcher has seen, as the metrics tell.
func seenJobs(b *testing.B, w *apptest.Town) uint64 {
	b.Helper()
	families, err := w.Metrics.Gather()
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "housecall_job_seen_seconds" {
			return f.GetMetric()[0].GetHistogram().GetSampleCount()
		}
	}
	b.Fatal("no metric tells of jobs seen")
	return 0
}

func wait(b *testing.B, come func() bool) {
	b.Helper()
	for tries := 0; !come(); tries++ {
		if tries > 200_000 {
			b.Fatal("waited in vain")
		}
		time.Sleep(100 * time.Microsecond)
	}
}
