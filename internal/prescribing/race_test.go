package prescribing_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/anishathalye/porcupine"

	"housecall/internal/apptest/engine"
	"housecall/internal/docstore"
	"housecall/internal/docstore/mongo"
	"housecall/internal/fault"
	"housecall/internal/id"
)

func TestOfSixtyFourClaimsAtOnceOneWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	part := w.signed(sheet(amoxicillin())).Parts[0].ID
	var won atomic.Int32
	var all sync.WaitGroup

	for i := range 64 {
		all.Go(func() {
			err := w.Claim(t.Context(), asJourney(), part, id.Order(fmt.Sprintf("ord_%d", i)))
			switch {
			case err == nil:
				won.Add(1)
			case !fault.Is(err, fault.Conflict):
				t.Errorf("claim %d: %v, want a conflict", i, err)
			}
		})
	}
	all.Wait()

	if won.Load() != 1 {
		t.Errorf("%d claims won, want 1", won.Load())
	}
}

func TestOfSixtyFourSigningsAtOnceOneSigns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.draft(sheet(amoxicillin()))
	c, err := w.BeginSigning(t.Context(), asDoctor(), rx.ID)
	if err != nil {
		t.Fatal(err)
	}
	var won atomic.Int32
	var all sync.WaitGroup

	for range 64 {
		all.Go(func() {
			if _, err := w.Sign(t.Context(), asDoctor(), c.ID, freshCode()); err == nil {
				won.Add(1)
			}
		})
	}
	all.Wait()

	if won.Load() != 1 {
		t.Errorf("%d signings won, want 1", won.Load())
	}
	if err := w.Verify(t.Context(), rx.ID); err != nil {
		t.Errorf("verify: %v", err)
	}
}

// A history is what concurrent orders asked of one part, and what they were answered.
type (
	ask struct {
		what  string // claim, unclaim, dispense, cancel
		order int    // from 1
	}
	held struct {
		by        int // the order that holds it; 0: nobody
		dispensed int
		cancelled bool
	}
)

// partModel is the part as one person after another would see it.
var partModel = porcupine.Model{
	Init: func() any { return held{} },
	Step: func(state, input, output any) (bool, any) {
		s, in, ok := state.(held), input.(ask), output.(bool)
		next, allowed := s, true
		switch in.what {
		case "claim":
			free := s.by == 0 && s.dispensed == 0 && !s.cancelled
			if allowed = free || (s.by == in.order && s.dispensed == 0); allowed {
				next.by = in.order
			}
		case "unclaim": // never refused; does nothing when it is not theirs
			if s.by == in.order && s.dispensed == 0 {
				next.by = 0
			}
		case "dispense":
			if allowed = s.by == in.order; allowed {
				next.dispensed = in.order
			}
		case "cancel":
			if allowed = s.dispensed == 0 && !s.cancelled; allowed {
				next.cancelled = true
			}
		}
		return ok == allowed, next
	},
}

func TestEveryConcurrentHistoryOfAPartIsLinearizableAndDispensesAtMostOnce(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) docstore.Store{
		"on SQLite": func(t *testing.T) docstore.Store { t.Helper(); return sqliteStore(t) },
		"on MongoDB": func(t *testing.T) docstore.Store {
			t.Helper()
			store, err := mongo.Open(t.Context(), engine.Mongod(t).Database("races"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = store.Close() })
			return store
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldOn(t, open(t))
			const atOnce = 8
			all, wanted, seed := sync.WaitGroup{}, histories(t), rand.Uint64()
			t.Logf("%d histories with seed %d", wanted, seed)
			for first := range atOnce {
				all.Go(func() {
					for h := first; h < wanted && !t.Failed(); h += atOnce {
						w.history(h, seed)
					}
				})
			}
			all.Wait()
		})
	}
}

// histories is how many are tried on each store: a few by every go test, 200 by scripts/test, 10,000 by
// scripts/drill.
func histories(t *testing.T) int {
	t.Helper()
	if told := os.Getenv("HOUSECALL_DRILL_HISTORIES"); told != "" {
		n, err := strconv.Atoi(told)
		if err != nil || n < 1 {
			t.Fatalf("HOUSECALL_DRILL_HISTORIES is %q, not a number", told)
		}
		return n
	}
	if os.Getenv("HOUSECALL_TEST_MONGO") == "1" {
		return 200
	}
	return 40
}

// history lets four orders race for a part of their own and judges what they saw.
func (w *world) history(h int, seed uint64) {
	const orders, asks = 4, 3
	operations := w.race(w.signedAlone(h), orders, asks, rand.New(rand.NewPCG(uint64(h), seed)))
	if !porcupine.CheckOperations(partModel, operations) {
		w.t.Errorf("history %d of seed %d is not linearizable: %+v", h, seed, operations)
	}
	dispensed := map[int]bool{}
	for _, o := range operations {
		if in := o.Input.(ask); in.what == "dispense" && o.Output.(bool) {
			dispensed[in.order] = true
		}
	}
	if len(dispensed) > 1 {
		w.t.Errorf("history %d dispensed for %d orders", h, len(dispensed))
	}
}

// signedAlone signs a prescription of one part in a visit of its own, so that no other history counts.
func (w *world) signedAlone(h int) id.Part {
	w.t.Helper()
	v := id.Visit(fmt.Sprintf("vis_h%d", h))
	w.mu.Lock()
	own := w.visits[visit]
	own.Patient = id.Patient(fmt.Sprintf("pat_%d", h))
	w.visits[v] = own
	w.mu.Unlock()
	rx, err := w.Create(w.t.Context(), asDoctor(), v, sheet(amoxicillin()))
	if err != nil {
		w.t.Error(err)
		return ""
	}
	c, err := w.BeginSigning(w.t.Context(), asDoctor(), rx.ID)
	if err != nil {
		w.t.Error(err)
		return ""
	}
	if _, err := w.Sign(w.t.Context(), asDoctor(), c.ID, freshCode()); err != nil {
		w.t.Error(err)
	}
	return id.PartOf(rx.ID, 1)
}

// race lets every order ask a few things at once and writes down what it saw.
func (w *world) race(part id.Part, orders, asks int, r *rand.Rand) []porcupine.Operation {
	var (
		mu    sync.Mutex // guards out
		out   []porcupine.Operation
		all   sync.WaitGroup
		ticks atomic.Int64
	)
	for order := 1; order <= orders; order++ {
		plan := make([]ask, asks)
		for i := range plan {
			plan[i] = ask{[]string{"claim", "claim", "dispense", "unclaim", "dispense", "cancel"}[r.IntN(6)], order}
		}
		all.Go(func() {
			for _, in := range plan {
				call := ticks.Add(1)
				err := w.do(part, in)
				back := ticks.Add(1)
				mu.Lock()
				out = append(out, porcupine.Operation{ClientId: in.order, Input: in, Call: call, Output: err == nil, Return: back})
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return out
}

func (w *world) do(part id.Part, in ask) error {
	ctx, order := w.t.Context(), id.Order(fmt.Sprintf("ord_%d", in.order))
	switch in.what {
	case "claim":
		return w.Claim(ctx, asJourney(), part, order)
	case "unclaim":
		return w.Unclaim(ctx, asJourney(), part, order, "test")
	case "dispense":
		return w.Dispensed(ctx, asJourney(), part, order)
	}
	rx, _, err := w.Part(ctx, asJourney(), part)
	if err != nil {
		return err
	}
	return w.Cancel(ctx, asDoctor(), rx.ID, "test")
}
