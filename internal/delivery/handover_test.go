package delivery_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"housecall/internal/delivery"
	"housecall/internal/fault"
)

func TestCodeIsShownToOneSideAndTypedByTheOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.AtPharmacy)
	ctx := t.Context()
	code, err := w.CourierCode(ctx, ann, job)
	must(t, err)

	_, err = w.Collect(ctx, w.as(clerk), job, code.Code)
	refused(t, err, fault.Conflict, "not-ready")
	must(t, w.Ready(ctx, w.as(house), job, seal, w.clock.Now()))
	_, err = w.Collect(ctx, w.as(clerk), job, wrong(code.Code))
	refused(t, err, fault.Invalid, "wrong-code")
	again := w.as(clerk)
	for range 2 { // the counter's computer sends it twice
		_, err = w.Collect(ctx, again, job, code.Code)
		must(t, err)
	}

	_, err = w.CourierCode(ctx, ann, job)
	refused(t, err, fault.Conflict, "no-code-now")
	if pin := w.pin(t, job); pin == code.Code {
		t.Error("both sides have the same code")
	}
	if got := w.job(t, job).Tries[delivery.SideCounter]; got != 1 {
		t.Errorf("tries = %d, want 1", got)
	}
}

func TestCodeIsLockedAfterFiveTriesUntilTheOperatorHelps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.AtDoor)
	ctx := t.Context()
	pin := w.pin(t, job)
	w.said(t)

	same := w.as(ann)
	_, err := w.HandOver(ctx, same, job, wrong(pin))
	refused(t, err, fault.Invalid, "wrong-code")
	_, err = w.HandOver(ctx, same, job, wrong(pin)) // the same request again is no success
	refused(t, err, fault.Invalid, "wrong-code")
	for range 2 {
		_, err = w.HandOver(ctx, w.as(ann), job, wrong(pin))
		refused(t, err, fault.Invalid, "wrong-code")
	}
	_, err = w.HandOver(ctx, w.as(ann), job, wrong(pin))
	refused(t, err, fault.Conflict, "code-locked")
	_, err = w.HandOver(ctx, w.as(ann), job, pin)
	refused(t, err, fault.Conflict, "code-locked")
	_, err = w.SupportHandOver(ctx, w.as(support), job, pin)
	refused(t, err, fault.Conflict, "code-locked")
	if kinds := w.said(t); len(kinds) != 1 || kinds[0] != delivery.JobCodeLocked {
		t.Errorf("announced %v, want one locked code", kinds)
	}

	_, err = w.Unlock(ctx, w.as(operator), job, delivery.SideDoor)
	must(t, err)
	if w.pin(t, job) == pin {
		t.Error("the PIN is the one that was guessed at")
	}
	w.beyond(t, job, delivery.Delivered)
}

func TestGuessingAtOnceGivesNoMoreThanFiveTries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.AtDoor)
	pin := w.pin(t, job)
	var told atomic.Int32
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			if _, err := w.HandOver(t.Context(), w.as(ann), job, wrong(pin)); fault.Is(err, fault.Invalid) {
				told.Add(1)
			}
		})
	}
	all.Wait()

	if j := w.job(t, job); j.Tries[delivery.SideDoor] != 5 || told.Load() != 4 {
		t.Errorf("tries = %d, %d told that they were wrong; want 5 and 4", j.Tries[delivery.SideDoor], told.Load())
	}
}

func TestPatientConfirmsTheSealWhereTheCourierHasNoNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.Collected)
	queued := w.step(t, job)

	_, err := w.ConfirmSeal(t.Context(), w.as(mum), job, "S-0000")
	refused(t, err, fault.Invalid, "wrong-code")
	j, err := w.ConfirmSeal(t.Context(), w.as(mum), job, seal)
	must(t, err)

	if j.State != delivery.Delivered || j.Proof != delivery.ProofSeal || j.History[queued.Sequence].To != delivery.AtDoor {
		t.Errorf("job = %s by %s; want delivered by the seal, through the door", j.State, j.Proof)
	}
	if _, err = w.AtDoor(t.Context(), w.as(ann), job, queued); err != nil {
		t.Errorf("the courier's queued arrival is refused: %v", err)
	}
}

func TestSupportTypesThePINThatThePatientReadsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.Collected)

	_, err := w.SupportHandOver(t.Context(), w.as(ann), job, w.pin(t, job))
	refused(t, err, fault.NotFound, "")
	j, err := w.SupportHandOver(t.Context(), w.as(support), job, w.pin(t, job))
	must(t, err)

	if j.State != delivery.Delivered || j.Proof != delivery.ProofByPhone {
		t.Errorf("job = %s by %s, want delivered by telephone", j.State, j.Proof)
	}
}

func TestCodesAreOfTheirJobAndCourierAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.Accepted)
	first, err := w.CourierCode(t.Context(), ann, job)
	must(t, err)
	pin := w.pin(t, job)

	must(t, w.Rematch(t.Context(), w.as(operator), job, "silent"))
	must(t, w.Offer(t.Context(), house, job, bob.Account))
	_, err = w.Accept(t.Context(), w.as(bob), job, w.step(t, job))
	must(t, err)
	second, err := w.CourierCode(t.Context(), bob, job)
	must(t, err)

	if first.Code == second.Code {
		t.Error("bob shows ann's code")
	}
	if w.pin(t, job) != pin {
		t.Error("the patient's PIN changed with the courier")
	}
}
