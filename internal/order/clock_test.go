package order_test

import (
	"testing"
	"time"

	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/order"
)

func TestClockStandsStillOnlyWhileThePatientOwesTheAnswer(t *testing.T) {
	w := newWorld(t)
	oid := w.placed(t)
	w.to(t, oid, order.Reviewing)
	due := w.order(t, oid).Promise.Due
	must(t, w.Ask(t.Context(), w.house(), oid, 1, order.Question{ID: "q1", Kind: order.Substitute, Old: "a", New: "b"}))
	w.clock.Advance(5 * time.Minute)
	if o := w.order(t, oid); o.Promise.Left(w.clock.Now()) != 30*time.Minute {
		t.Errorf("%v left while the patient is asked, want 30m", o.Promise.Left(w.clock.Now()))
	}

	_, err := w.Answer(t.Context(), w.as(daughter), oid, "q1", true)
	must(t, err)

	if o := w.order(t, oid); !o.Promise.Due.Equal(due.Add(5*time.Minute)) || o.Question != nil {
		t.Errorf("due %v, question %v; want five minutes later and none", o.Promise.Due, o.Question)
	}
	if _, err := w.Answer(t.Context(), w.as(patient), oid, "q1", false); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second answer = %v, want a conflict", err)
	}
}

func TestPromiseIsSeenAtRiskBeforeItBreaksAndBreaksOnce(t *testing.T) {
	w := newWorld(t)
	oid := w.placed(t)
	w.to(t, oid, order.Preparing)
	w.clock.Advance(26 * time.Minute)
	w.fire(t, oid, order.TimerAtRisk)
	if o := w.order(t, oid); !o.Promise.AtRisk || o.Promise.Broken != "" {
		t.Errorf("promise = %+v, want at risk, not broken", o.Promise)
	}
	w.clock.Advance(4 * time.Minute)
	w.fire(t, oid, order.TimerPromise)
	version := w.order(t, oid).Version

	w.fire(t, oid, order.TimerPromise)

	o := w.order(t, oid)
	if o.Promise.Broken != order.Preparing {
		t.Errorf("broken in %q, want preparing", o.Promise.Broken)
	}
	if n := countKind(o, order.TimerPromise); n != 0 || o.Version != version+1 {
		t.Errorf("the timer that came twice did something: %d timers, version %d", n, o.Version)
	}
}

func countKind(o *order.Order, kind event.Kind) (n int) {
	for _, timer := range o.Timers {
		if timer.Kind == kind {
			n++
		}
	}
	return n
}

func TestOperatorSeesWhoIsLateBeforeTheyAre(t *testing.T) {
	w := newWorld(t)
	oid := w.placed(t)
	w.to(t, w.placed(t), order.Delivered)
	w.clock.Advance(27 * time.Minute)

	page, err := w.Late(t.Context(), w.as(operator), w.clock.Now().Add(4*time.Minute), "", 10)
	must(t, err)
	_, nosy := w.Late(t.Context(), w.as(patient), w.clock.Now(), "", 10)

	if len(page.Items) != 1 || page.Items[0].ID != oid {
		t.Errorf("late = %d orders, want the open one alone", len(page.Items))
	}
	if nosy == nil {
		t.Error("a patient saw the operator's list")
	}
}
