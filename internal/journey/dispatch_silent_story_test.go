package journey_test

import (
	"strconv"
	"testing"
	"time"

	"housecall/internal/apptest"
	"housecall/internal/delivery"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/order"
)

// reports has a courier's phone say that it is where it was.
func reports(t *testing.T, w *apptest.Town, n int) {
	t.Helper()
	sh, err := w.Delivery.Shift(t.Context(), w.House(), w.Couriers[n].Account)
	w.Must(err)
	_, err = w.Delivery.Report(t.Context(), w.As(w.Couriers[n]), []delivery.Position{{At: w.Clock.Now(), Point: sh.Last.Point, Accuracy: 5}})
	w.Must(err)
}

// accepted is an order whose bag is ready and whose courier, the first of the two, has said yes.
func accepted(t *testing.T, w *apptest.Town) (id.Order, int) {
	t.Helper()
	w.OnShift(w.Couriers[0], w.Couriers[1])
	o, _ := w.Placed(order.Courier)
	w.Brings(o, order.Ready)
	c := w.Offered(o)
	job, st := w.Step(o)
	_, err := w.Delivery.Accept(t.Context(), w.As(c), job, st)
	w.Must(err)
	w.Settle()
	if c.Account == w.Couriers[1].Account {
		return o, 1
	}
	return o, 0
}

func TestASilentCourierIsAskedAndKeepsTheJobWhoAnswers(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, n := accepted(t, w)
	w.Clock.Advance(70 * time.Second)
	w.Until("the courier is asked", func() bool { return !w.JobNow(o, 1).AskedAt.IsZero() })
	next, err := w.Delivery.NextStep(t.Context(), w.As(w.Couriers[n]))
	w.Must(err)
	if !next.AskedStill {
		t.Error("the phone does not ask whether they are still on it")
	}
	_, err = w.Delivery.StillOn(t.Context(), w.As(w.Couriers[n]), id.JobOf(o, 1))
	w.Must(err)
	w.Settle()

	j := w.JobNow(o, 1)
	if !j.AskedAt.IsZero() || j.Courier != w.Couriers[n].Account || j.State != delivery.Accepted {
		t.Errorf("the job is %s with %s, asked at %v; want it kept", j.State, j.Courier, j.AskedAt)
	}
	_, err = w.Delivery.StillOn(t.Context(), w.As(w.Couriers[1-n]), id.JobOf(o, 1))
	w.Refuses("an answer for another's job", err, fault.NotFound)
}

func TestASilentCourierLosesTheJobOnceItIsTooLateAndTheLateStepIsAnsweredSo(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, n := accepted(t, w)
	job, st := w.Step(o)
	w.Clock.Advance(70 * time.Second)
	w.Until("the courier is asked", func() bool { return !w.JobNow(o, 1).AskedAt.IsZero() })
	if j := w.JobNow(o, 1); j.State != delivery.Accepted {
		t.Fatalf("silence alone took the job away: it is %s", j.State)
	}
	due := w.OrderNow(o).Promise.Due
	w.Clock.Advance(due.Sub(w.Clock.Now()) - 4*time.Minute)
	reports(t, w, 1-n)
	w.Until("the job goes to another", func() bool { return w.JobNow(o, 1).Courier == w.Couriers[1-n].Account })
	_, late := w.Delivery.Arrive(t.Context(), w.As(w.Couriers[n]), job, st)

	w.Refuses("the late step", late, fault.Conflict)
	if j := w.JobNow(o, 1); len(j.Left) != 1 || j.Left[0].Why != "silent" {
		t.Errorf("left = %+v, want it to say silent", j.Left)
	}
	list, err := w.Order.AtRisk(t.Context(), w.As(w.Operator), w.Clock.Now(), "", 10)
	w.Must(err)
	if len(list.Items) != 1 || list.Items[0].ID != o {
		t.Errorf("the operator sees %d orders in danger, want this one", len(list.Items))
	}
}

func TestWithTheBagOnBoardASilentCourierIsShownAndKeepsIt(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, _, c := w.OnItsWay()
	w.Clock.Advance(70 * time.Second)
	w.Until("the silence is told", func() bool { return w.JobNow(o, 1).Silent })

	if j := w.JobNow(o, 1); j.State != delivery.Collected || j.Courier != c.Account {
		t.Errorf("the job is %s with %s, want it with the courier", j.State, j.Courier)
	}
	w.Knocks(o, c)
	if w.JobNow(o, 1).Silent {
		t.Error("a courier who is heard again is still shown as silent")
	}
}

func TestAnOrderInDangerGoesToAnotherPharmacyWhileThatStillHelps(t *testing.T) {
	t.Parallel()
	for _, quick := range []bool{true, false} {
		w := apptest.Start(t)
		w.OnShift(w.Couriers[0], w.Couriers[1])
		o, _ := w.Placed(order.Courier)
		w.Brings(o, order.Preparing)
		if quick {
			learned(t, w, w.Mill.ID)
		}
		due := w.OrderNow(o).Promise.Due
		w.Pass(due.Sub(w.Clock.Now()) - 8*time.Minute)

		got := w.OrderNow(o)
		if want := map[bool]id.Pharmacy{true: w.Mill.ID, false: w.Corner.ID}[quick]; got.Pharmacy != want {
			t.Errorf("a quick pharmacy is there: %v; the order is with %s, want %s", quick, got.Pharmacy, want)
		}
		if quick && (got.State != order.Placed || got.Attempt != 2) {
			t.Errorf("the order is %s, attempt %d; want placed anew", got.State, got.Attempt)
		}
	}
}

// learned teaches the service that a pharmacy packs within a minute and that its bags are at the door at once.
func learned(t *testing.T, w *apptest.Town, ph id.Pharmacy) {
	t.Helper()
	for i := range 120 {
		n := strconv.Itoa(i)
		for _, e := range []event.Event{
			{Kind: "fill.ready", Doc: "fill_" + n, Data: map[string]string{"pharmacy": string(ph), "took_s": "60", "review_s": "20", "queue": "0"}},
			{Kind: "job.delivered", Doc: "job_" + n, Data: map[string]string{"zone": string(w.Zone), "metres": "1250", "brought_s": "30", "busy_s": "300"}},
		} {
			w.Must(w.Forecast.Heard(t.Context(), e))
		}
	}
}
