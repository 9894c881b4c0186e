package pharmacy_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/pharmacy"
)

// TestWhatIsPromisedIsAlwaysOnTheShelf tries random days of a counter: whatever was received, held,
// packed, given back, taken away or counted, no batch goes below nothing and nothing is promised twice.
func TestWhatIsPromisedIsAlwaysOnTheShelf(t *testing.T) {
	t.Parallel()
	const day = "2026-11-23"
	rapid.Check(t, func(t *rapid.T) {
		st := &pharmacy.Stock{PackUnits: 1}
		fill := rapid.Custom(func(t *rapid.T) id.Fill { return id.Fill(fmt.Sprint("fill_", rapid.IntRange(1, 4).Draw(t, "n"))) })
		batch := rapid.Custom(func(t *rapid.T) pharmacy.Batch {
			n := rapid.IntRange(0, 2).Draw(t, "batch")
			return pharmacy.Batch{Batch: fmt.Sprint("B", n), Expiry: []string{"2026-11-22", "2026-11-23", "2027-01-01"}[n], Units: rapid.IntRange(1, 20).Draw(t, "units")}
		})
		t.Repeat(map[string]func(*rapid.T){
			"receive":   func(t *rapid.T) { st.Add(batch.Draw(t, "in")) },
			"hold":      func(t *rapid.T) { _ = st.Hold(fill.Draw(t, "fill"), rapid.IntRange(1, 20).Draw(t, "units"), day) },
			"give back": func(t *rapid.T) { st.GiveBack(fill.Draw(t, "fill")) },
			"collect":   func(t *rapid.T) { st.Consume(fill.Draw(t, "fill")) },
			"pack": func(t *rapid.T) {
				f, b := fill.Draw(t, "fill"), batch.Draw(t, "from")
				if b.Units = st.Held[f].Units; b.Units > 0 {
					_ = st.Allot(f, []pharmacy.Batch{b}, day)
				}
			},
			"count": func(t *rapid.T) {
				before := *st
				if st.Recount(pharmacy.Count{PackUnits: 1, Batches: []pharmacy.Batch{batch.Draw(t, "counted")}}, day) != nil {
					*st = before // a refused change is not written
				}
			},
			"": func(t *rapid.T) {
				good, promised, packed := 0, 0, map[string]int{}
				for f, h := range st.Held {
					promised += h.Units
					sum := 0
					for _, b := range h.Batches {
						packed[b.Batch] += b.Units
						sum += b.Units
					}
					if len(h.Batches) > 0 && sum != h.Units {
						t.Fatalf("%s holds %d and packed %d", f, h.Units, sum)
					}
				}
				for _, b := range st.Batches {
					if b.Units < 0 || b.Units < packed[b.Batch] {
						t.Fatalf("batch %s has %d, %d are packed", b.Batch, b.Units, packed[b.Batch])
					}
					if b.Expiry >= day {
						good += b.Units
					}
				}
				if promised > good || st.Free(day) != good-promised {
					t.Fatalf("%d promised of %d good, %d free", promised, good, st.Free(day))
				}
			},
		})
	})
}

func TestReservationThatComesAfterItsReleaseIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.reservation("ord_1", pharmacy.ByCourier)

	must(t, w.Release(t.Context(), journey("cancelled"), r.Fill, "cancelled"))
	err := w.Service.Reserve(t.Context(), journey("late"), r)

	wantFault(t, err, fault.Conflict, "released")
	if got := w.free(w.oak, amoxicillin); got != 100 {
		t.Errorf("free = %d, want 100", got)
	}
}

func TestBatchThatExpiresOverNightIsNotSealed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.receive(w.oak, ibuprofen, "I1", "2026-11-23", 10)
	r := w.reservation("ord_1", pharmacy.ByPickup)
	r.Lines = []pharmacy.Line{{Product: ibuprofen, Quantity: 10}}
	must(t, w.Service.Reserve(t.Context(), journey("1"), r))
	must(t, w.Offer(t.Context(), journey("2"), r.Fill))
	_, err := w.Review(t.Context(), pharmacist(w.oak), r.Fill)
	must(t, err)
	_, err = w.Accept(t.Context(), pharmacist(w.oak), r.Fill, pharmacy.Acceptance{})
	must(t, err)
	_, err = w.Pack(t.Context(), staff(w.oak), r.Fill, []pharmacy.Packed{{Line: 0, Product: ibuprofen, Batch: "I1", Expiry: "2026-11-23", Units: 10}})
	must(t, err)

	w.clock.Advance(15 * time.Hour) // past midnight in Shanghai
	_, err = w.Ready(t.Context(), staff(w.oak), r.Fill, sealed())

	wantFault(t, err, fault.Conflict, "batch-expired")
}

func TestLateAnswerOfTheDoctorIsKept(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.reviewing("ord_1", pharmacy.ByCourier)
	f, err := w.AskDoctor(t.Context(), pharmacist(w.oak), fill, "Is the dose right?")
	must(t, err)
	w.clock.Advance(6 * time.Minute)
	w.fire(fill)

	after, err := w.Answer(t.Context(), doctor, fill, f.Questions[0].ID, pharmacy.Withdrawn, "")

	must(t, err)
	if after.Questions[0].Answer != pharmacy.Withdrawn || after.Paused != nil {
		t.Errorf("answer is %q", after.Questions[0].Answer)
	}
}

func TestCrashAfterTheBagLeftIsHealedByTheTimer(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.ready("ord_1", pharmacy.ByCourier)
	must(t, w.LeaveOnly(t.Context(), journey("1"), fill))

	w.clock.Advance(pharmacyStalled)
	w.fire(fill)
	w.fire(fill)

	if st := w.item(w.oak, amoxicillin); st.Batches[0].Units != 80 || len(st.Held) != 0 {
		t.Errorf("stock = %+v", st)
	}
	if f := w.fill(fill); f.Shelf != pharmacy.ShelfConsumed || len(f.Timers) != 0 {
		t.Errorf("shelf %s, %d timers", f.Shelf, len(f.Timers))
	}
}
