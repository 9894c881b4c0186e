package delivery_test

import (
	"testing"

	"housecall/internal/delivery"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// attempts is everything that anybody can try on a job, with the move it would make.
func (w *world) attempts(t *testing.T, job id.Job, code string) map[delivery.Event]func() error {
	t.Helper()
	ctx := t.Context()
	st := w.step(t, job)
	return map[delivery.Event]func() error{
		delivery.Offer:    func() error { return w.Offer(ctx, w.as(house), job, bob.Account) },
		delivery.Accept:   func() error { _, err := w.Accept(ctx, w.as(ann), job, st); return err },
		delivery.Decline:  func() error { _, err := w.Decline(ctx, w.as(ann), job, st, "other"); return err },
		delivery.Arrive:   func() error { _, err := w.Arrive(ctx, w.as(ann), job, st); return err },
		delivery.Reach:    func() error { _, err := w.AtDoor(ctx, w.as(ann), job, st); return err },
		delivery.Fail:     func() error { _, err := w.Fail(ctx, w.as(ann), job, st, "other", ""); return err },
		delivery.TurnBack: func() error { _, err := w.Returning(ctx, w.as(ann), job, st); return err },
		delivery.Collect:  func() error { _, err := w.Collect(ctx, w.as(clerk), job, code); return err },
		delivery.HandOver: func() error { _, err := w.HandOver(ctx, w.as(ann), job, code); return err },
		delivery.TakeBack: func() error { _, err := w.Returned(ctx, w.as(clerk), job, code); return err },
		delivery.Rematch:  func() error { return w.Rematch(ctx, w.as(operator), job, "silent") },
		delivery.Cancel:   func() error { return w.Cancel(ctx, w.as(house), job, "order_cancelled") },
	}
}

func TestIllegalStepIsRefusedInEveryStateAndChangesNothing(t *testing.T) {
	t.Parallel()
	ends := []delivery.State{
		delivery.Planned, delivery.Offered, delivery.Accepted, delivery.AtPharmacy, delivery.Collected,
		delivery.AtDoor, delivery.Failed, delivery.Returning, delivery.Returned, delivery.Delivered,
	}
	for _, state := range ends {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			job := w.to(t, state)
			before := w.job(t, job).Version

			for ev, try := range w.attempts(t, job, "999999") {
				if delivery.Moves().Allows(state, ev) {
					continue
				}
				if err := try(); !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.NotFound) {
					t.Errorf("%s in %s = %v, want a conflict, or not theirs", ev, state, err)
				}
			}

			if after := w.job(t, job); after.State != state || after.Version != before {
				t.Errorf("job is %s in version %d, want %s in %d", after.State, after.Version, state, before)
			}
		})
	}
}
