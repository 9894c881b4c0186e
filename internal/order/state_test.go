package order_test

import (
	"context"
	"flag"
	"os"
	"slices"
	"testing"
	"time"

	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/order"
)

var update = flag.Bool("update", false, "write the golden files")

func TestLifeOfAnOrderIsAsDrawn(t *testing.T) {
	const golden = "testdata/order.mmd"
	got := order.Moves.Mermaid()
	if *update {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	must(t, err)
	if got != string(want) {
		t.Errorf("the table is not as drawn in %s; read the change, then run with -update:\n%s", golden, got)
	}
}

func TestPatientCancelsUntilItIsCollected(t *testing.T) {
	for _, from := range []order.State{order.Placed, order.Reviewing, order.Preparing, order.Ready, order.Collected, order.Delivered} {
		t.Run("from "+string(from), func(t *testing.T) {
			w := newWorld(t)
			oid := w.placed(t)
			if from != order.Placed {
				w.to(t, oid, from)
			}
			late := from == order.Collected || from == order.Delivered

			_, err := w.Cancel(t.Context(), w.as(patient), oid, "changed_mind")

			if fault.Is(err, fault.Conflict) != late {
				t.Errorf("cancel from %s = %v", from, err)
			}
			if late {
				w.wants(t, oid, from)
				return
			}
			w.wants(t, oid, order.Cancelled)
		})
	}
}

func TestIllegalTransitionIsRefusedFromEveryStateAndChangesNothing(t *testing.T) {
	acts := map[string]func(ctx context.Context, w *world, oid id.Order) error{
		"cancel": func(ctx context.Context, w *world, oid id.Order) error {
			_, err := w.Cancel(ctx, w.as(patient), oid, "changed_mind")
			return err
		},
		"pay": func(ctx context.Context, w *world, oid id.Order) error {
			_, err := w.Pay(ctx, w.as(patient), oid, "card_ok")
			return err
		},
		"extend": func(ctx context.Context, w *world, oid id.Order) error {
			_, err := w.Extend(ctx, w.as(patient), oid)
			return err
		},
		"reattempt": func(ctx context.Context, w *world, oid id.Order) error {
			_, err := w.Reattempt(ctx, w.as(patient), oid, time.Time{})
			return err
		},
		"rate": func(ctx context.Context, w *world, oid id.Order) error {
			_, err := w.Rate(ctx, w.as(patient), oid, order.Rating{Stars: 5})
			return err
		},
	}
	legal := map[order.State][]string{
		order.Unpaid: {"cancel", "pay", "extend"}, order.Placed: {"cancel"}, order.Reviewing: {"cancel"}, order.Preparing: {"cancel"},
		order.Ready: {"cancel"}, order.Collected: {}, order.Delivered: {"rate"}, order.Undelivered: {"cancel", "reattempt"}, order.Cancelled: {},
	}
	for state, allowed := range legal {
		for name, act := range acts {
			t.Run(name+" when "+string(state), func(t *testing.T) {
				w := newWorld(t)
				oid := w.in(t, state)
				before := w.order(t, oid)

				err := act(t.Context(), w, oid)

				if want := !slices.Contains(allowed, name); fault.Is(err, fault.Conflict) != want {
					t.Fatalf("error = %v, want a conflict: %v", err, want)
				}
				if err != nil && w.order(t, oid).Version != before.Version {
					t.Error("the refused step changed the order")
				}
			})
		}
	}
}

// in is an order in this state.
func (w *world) in(t *testing.T, s order.State) id.Order {
	t.Helper()
	if s == order.Unpaid {
		return w.unpaid(t)
	}
	oid := w.placed(t)
	switch s {
	case order.Placed:
	case order.Cancelled:
		_, err := w.Cancel(t.Context(), w.as(patient), oid, "changed_mind")
		must(t, err)
	case order.Undelivered:
		w.to(t, oid, order.Collected)
		must(t, w.Undelivered(t.Context(), w.house(), oid, 1))
	default:
		w.to(t, oid, s)
	}
	return oid
}

func TestEveryTransitionOfAnOrderRecordsWhoWhenAndWhy(t *testing.T) {
	w := newWorld(t)
	oid := w.placed(t)
	w.clock.Advance(time.Minute)
	_, err := w.Cancel(t.Context(), w.as(patient), oid, "changed_mind")
	must(t, err)

	h := w.order(t, oid).History
	last := h[len(h)-1]

	if last.By != string(patient.Account) || !last.At.Equal(w.clock.Now()) || last.Why != "changed_mind" || last.From != order.Placed || last.To != order.Cancelled {
		t.Errorf("last step = %+v, want the patient, now, changed_mind, from placed to cancelled", last)
	}
}
