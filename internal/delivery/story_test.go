package delivery_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"housecall/internal/access"
	"housecall/internal/delivery"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
)

func TestBagIsBroughtFromTheCounterToTheDoor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	job := w.to(t, delivery.Delivered)

	j := w.job(t, job)
	var path []delivery.State
	for _, h := range j.History {
		path = append(path, h.To)
	}
	want := []delivery.State{delivery.Offered, delivery.Accepted, delivery.AtPharmacy, delivery.Collected, delivery.AtDoor, delivery.Delivered}
	if !cmp.Equal(path, want) {
		t.Errorf("path = %v, want %v", path, want)
	}
	if j.Proof != delivery.ProofPIN || j.Courier != ann.Account {
		t.Errorf("proof %s by %s, want a PIN by ann", j.Proof, j.Courier)
	}
	h, err := w.Shift(t.Context(), ann, ann.Account)
	must(t, err)
	if !h.Free() {
		t.Errorf("ann holds %v, want nothing", h.Held)
	}
}

func TestJobAnnouncesItsStepsInIDsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	w.to(t, delivery.Delivered)

	var kinds []event.Kind
	for _, o := range w.events(t) {
		e := o.Event
		if o.Collection != "jobs" || e.Due != nil || e.Cancelled {
			continue
		}
		kinds = append(kinds, e.Kind)
		if e.Data["order"] != string(order1) || e.Data["fill"] != string(id.FillOf(order1, 1)) || e.Data["attempt"] != "1" || e.Data["zone"] != string(w.zone) {
			t.Errorf("%s carries %v", e.Kind, e.Data)
		}
		if text, _ := json.Marshal(e); strings.Contains(string(text), "Lamp") {
			t.Errorf("%s says where somebody lives", e.Kind)
		}
	}
	want := []event.Kind{"job.planned", "job.offered", "job.accepted", "job.arrived", "job.readied", "job.collected", "job.at_door", "job.delivered"}
	if !cmp.Equal(kinds, want) {
		t.Errorf("kinds = %v, want %v", kinds, want)
	}
}

func TestPlanningTwiceMakesOneJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.planned(t, order1)

	job := w.planned(t, order1)

	jobs, err := w.OfOrder(t.Context(), operator, order1)
	must(t, err)
	if len(jobs) != 1 || jobs[0].ID != job || jobs[0].Pay != money.Of(600, "CNY") || !jobs[0].Deadline.Equal(w.clock.Now().Add(30*time.Minute)) {
		t.Errorf("jobs = %+v, want one with the zone's pay and promise", jobs)
	}
}

func TestOfferIsExclusiveAndTimed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.Offered)
	second := w.planned(t, "ord_2")

	refused(t, w.Offer(t.Context(), house, job, bob.Account), fault.Conflict, "illegal-transition")
	refused(t, w.Offer(t.Context(), house, second, ann.Account), fault.Conflict, "courier-busy")

	must(t, w.TimerFired(t.Context(), house, string(job), delivery.JobOfferExpired)) // too early
	if got := w.state(t, job); got != delivery.Offered {
		t.Fatalf("state = %s before the time, want offered", got)
	}
	w.clock.Advance(delivery.OfferTime)
	_, err := w.Accept(t.Context(), w.as(ann), job, w.step(t, job))
	refused(t, err, fault.Conflict, "offer-expired")
	must(t, w.TimerFired(t.Context(), house, string(job), delivery.JobOfferExpired))
	must(t, w.TimerFired(t.Context(), house, string(job), delivery.JobOfferExpired)) // twice
	if got := w.state(t, job); got != delivery.Planned {
		t.Fatalf("state = %s, want planned", got)
	}
	must(t, w.Offer(t.Context(), house, second, ann.Account))
	must(t, w.Offer(t.Context(), house, job, bob.Account))
}

func TestCourierDeclinesWithAReasonAndWithoutPenalty(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.Offered)
	st := w.step(t, job)

	_, err := w.Decline(t.Context(), ann, job, st, "it rains and I am ill")
	refused(t, err, fault.Invalid, "")
	_, err = w.Decline(t.Context(), w.as(ann), job, st, "too_far")
	must(t, err)
	_, err = w.Decline(t.Context(), w.as(ann), job, st, "too_far") // sent again by the phone
	must(t, err)

	j := w.job(t, job)
	if j.State != delivery.Planned || len(j.Left) != 1 || j.Left[0].Why != "too_far" {
		t.Errorf("job = %s, left %+v", j.State, j.Left)
	}
	must(t, w.Offer(t.Context(), house, job, ann.Account)) // nothing is held against her
}

func TestQueuedStepsAreDoneInOrderAndOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.Accepted)
	at := w.step(t, job)
	ctx := t.Context()

	_, err := w.AtDoor(ctx, w.as(ann), job, delivery.Step{Sequence: at.Sequence + 2})
	refused(t, err, fault.Conflict, "steps-missing")
	_, err = w.AtDoor(ctx, w.as(ann), job, at)
	refused(t, err, fault.Conflict, "illegal-transition")
	first, err := w.Arrive(ctx, w.as(ann), job, delivery.Step{Sequence: at.Sequence, DoneAt: w.clock.Now()})
	must(t, err)
	again, err := w.Arrive(ctx, w.as(ann), job, at)
	must(t, err)
	_, err = w.AtDoor(ctx, w.as(ann), job, at)
	refused(t, err, fault.Conflict, "step-superseded")

	if first.Version != again.Version || len(first.Reported) != 1 {
		t.Errorf("version %d then %d, reported %v; want the same and one", first.Version, again.Version, first.Reported)
	}
}

func TestLateStepAfterARematchIsToldGivenToAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.Accepted)
	st := w.step(t, job)

	must(t, w.Rematch(t.Context(), w.as(operator), job, "silent"))
	must(t, w.Offer(t.Context(), house, job, bob.Account))

	_, err := w.Arrive(t.Context(), w.as(ann), job, st)
	refused(t, err, fault.Conflict, "given-to-another")
	_, err = w.CourierCode(t.Context(), ann, job)
	refused(t, err, fault.NotFound, "")
	next, err := w.NextStep(t.Context(), ann)
	must(t, err)
	if next.Todo != delivery.Wait {
		t.Errorf("ann's next step = %s, want wait", next.Todo)
	}
}

func TestCancelledJobTellsItsCourier(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.AtPharmacy)
	st := w.step(t, job)

	must(t, w.Cancel(t.Context(), w.as(house), job, "order_cancelled"))
	must(t, w.Cancel(t.Context(), w.as(house), job, "order_cancelled"))

	_, err := w.Decline(t.Context(), w.as(ann), job, st, "other")
	refused(t, err, fault.Conflict, "job-cancelled")
	h, err := w.Shift(t.Context(), ann, ann.Account)
	must(t, err)
	if !h.Free() {
		t.Error("ann is not free after the cancel")
	}
}

func TestCancelAfterCollectedCallsTheCourierBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.Collected)

	refused(t, w.Cancel(t.Context(), w.as(house), job, "rx_cancelled"), fault.Conflict, "illegal-transition")
	must(t, w.Recall(t.Context(), w.as(house), job, "rx_cancelled"))
	must(t, w.Recall(t.Context(), w.as(house), job, "rx_cancelled"))
	must(t, w.do(t, job, w.Returning))
	code, err := w.CourierCode(t.Context(), ann, job)
	must(t, err)
	_, err = w.Returned(t.Context(), w.as(clerk), job, code.Code)
	must(t, err)

	if j := w.job(t, job); j.State != delivery.Returned || j.Failure.Reason != "recalled" {
		t.Errorf("job = %s, %+v", j.State, j.Failure)
	}
}

func TestFailedDeliveryIsBroughtBackAndPaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	job := w.to(t, delivery.Returned)

	j := w.job(t, job)
	if j.State != delivery.Returned || j.Failure.Reason != "nobody_home" || j.Failure.Photo != "att_1" {
		t.Errorf("job = %s, failure %+v", j.State, j.Failure)
	}
	got, err := w.Earnings(t.Context(), ann, ann.Account, "", 0)
	must(t, err)
	if len(got.Items) != 1 || got.Items[0].Pay != money.Of(600, "CNY") {
		t.Errorf("earnings = %+v, want the ride", got.Items)
	}
}

func TestCourierGetsThanksAndEachTipOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.AtDoor)
	refused(t, w.Thank(t.Context(), w.as(mum), order1), fault.Conflict, "")
	w.beyond(t, job, delivery.Delivered)

	must(t, w.Thank(t.Context(), w.as(mum), order1))
	must(t, w.Tipped(t.Context(), w.as(house), order1, "pay_tip", money.Of(500, "CNY")))
	must(t, w.Tipped(t.Context(), w.as(house), order1, "pay_tip", money.Of(500, "CNY")))

	got, err := w.Earnings(t.Context(), ann, ann.Account, "", 0)
	must(t, err)
	want := []delivery.Earning{{Job: job, State: delivery.Delivered, At: w.clock.Now(), Pay: money.Of(600, "CNY"), Tip: money.Of(500, "CNY"), Thanked: true}}
	if !cmp.Equal(got.Items, want) {
		t.Errorf("earnings: %s", cmp.Diff(want, got.Items))
	}
	_, err = w.Earnings(t.Context(), bob, ann.Account, "", 0)
	refused(t, err, fault.NotFound, "")
}

func TestAddressCanBeChangedUntilCollected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.AtPharmacy)
	door := delivery.Door{Point: doorAt, Where: delivery.Where{Street: "9 Lamp Street"}}
	door.Point.Lat += 0.001

	must(t, w.Redirect(t.Context(), w.as(house), job, door))
	refused(t, w.Redirect(t.Context(), w.as(mum), job, door), fault.NotFound, "") // the order's address is what she changes
	refused(t, w.Redirect(t.Context(), w.as(house), job, delivery.Door{Point: outside}), fault.NotFound, "outside-zones")
	must(t, w.collect(t, job))
	refused(t, w.Redirect(t.Context(), w.as(house), job, door), fault.Conflict, "collected")

	if got := w.job(t, job).Door; got != door {
		t.Errorf("door = %v, want %v", got.Point, door.Point)
	}
}

func TestNextStepTellsOneThing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	todo := func(want delivery.Todo) *delivery.Next {
		t.Helper()
		n, err := w.NextStep(t.Context(), ann)
		must(t, err)
		if n.Todo != want {
			t.Fatalf("next = %s, want %s", n.Todo, want)
		}
		return n
	}

	todo(delivery.GoOnShift)
	job := w.to(t, delivery.Offered)
	if n := todo(delivery.Answer); n.Where.Street != "" || n.Pay.Minor != 600 || n.Door != doorAt {
		t.Error("an offer says what it pays and where it goes, and not who lives there")
	}
	must(t, w.do(t, job, w.Accept))
	if n := todo(delivery.RideCounter); n.Where.Floor != "3" {
		t.Error("who accepted does not know the floor")
	}
	must(t, w.do(t, job, w.Arrive))
	todo(delivery.ShowCode)
	must(t, w.collect(t, job))
	todo(delivery.RideDoor)
	must(t, w.do(t, job, w.AtDoor))
	todo(delivery.AskPIN)
	w.beyond(t, job, delivery.Failed)
	todo(delivery.TurnBackNow)
	must(t, w.do(t, job, w.Returning))
	todo(delivery.BringBack)
}

func TestStepsAreNobodyElses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.AtDoor)
	st := w.step(t, job)
	ctx := t.Context()
	pin := w.pin(t, job)
	tests := []struct {
		name string
		do   func() error
	}{
		{"another courier fails it", func() error { _, err := w.Fail(ctx, bob, job, st, "other", ""); return err }},
		{"another courier hands it over", func() error { _, err := w.HandOver(ctx, bob, job, pin); return err }},
		{"another pharmacy collects it", func() error { _, err := w.Collect(ctx, other, job, "123456"); return err }},
		{"the pharmacy hands it over", func() error { _, err := w.HandOver(ctx, clerk, job, pin); return err }},
		{"a stranger sees the PIN", func() error { _, err := w.PIN(ctx, stranger, job); return err }},
		{"the courier sees the PIN", func() error { _, err := w.PIN(ctx, ann, job); return err }},
		{"support sees the PIN", func() error { _, err := w.PIN(ctx, support, job); return err }},
		{"the pharmacy sees the courier's code", func() error { _, err := w.CourierCode(ctx, clerk, job); return err }},
		{"a stranger confirms the seal", func() error { _, err := w.ConfirmSeal(ctx, stranger, job, seal); return err }},
		{"a stranger tracks it", func() error { _, err := w.Track(ctx, stranger, order1); return err }},
		{"a courier matches it again", func() error { return w.Rematch(ctx, ann, job, "x") }},
		{"a patient plans a ride", func() error { return w.Plan(ctx, mum, delivery.Request{Order: "ord_9"}) }},
		{"a stranger reads it", func() error { _, err := w.Job(ctx, stranger, job); return err }},
		{"nobody reads it", func() error { _, err := w.Job(ctx, nobody, job); return err }},
	}
	before := w.job(t, job).Version
	for _, tt := range tests {
		refused(t, tt.do(), fault.NotFound, "")
	}
	if w.denied != len(tests) {
		t.Errorf("the audit has %d denials, want %d", w.denied, len(tests))
	}
	if after := w.job(t, job).Version; after != before {
		t.Error("a refused step changed the job")
	}
}

func TestCaregiverWhoMayReceiveSeesThePINAndTheSeal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.Collected)

	code, err := w.PIN(t.Context(), daughter, job)
	must(t, err)
	_, err = w.ConfirmSeal(t.Context(), w.as(daughter), job, "s-4711 ")
	must(t, err)

	if len(code.Code) != 6 {
		t.Errorf("PIN = %q, want six digits", code.Code)
	}
	w.granted = []access.Scope{access.Book}
	_, err = w.Track(t.Context(), daughter, order1)
	refused(t, err, fault.NotFound, "")
}
