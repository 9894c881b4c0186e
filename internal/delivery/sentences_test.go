package delivery_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"housecall/internal/delivery"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/lifecycle"
	"housecall/internal/money"
)

// courierCode is what ann shows at the counter now.
func (w *world) courierCode(t *testing.T, job id.Job) string {
	t.Helper()
	code, err := w.CourierCode(t.Context(), ann, job)
	must(t, err)
	return code.Code
}

// holdsNone searches for codes in what is stored of a job and of ann's shift, and in what was announced.
func (w *world) holdsNone(t *testing.T, job id.Job, codes ...string) {
	t.Helper()
	j, err := w.store.Get(t.Context(), "jobs", string(job))
	must(t, err)
	h, err := w.store.Get(t.Context(), "shifts", string(delivery.ShiftOf(ann.Account)))
	must(t, err)
	if !strings.Contains(string(j.Body), seal) || !strings.Contains(string(h.Body), string(ann.Account)) {
		t.Fatal("the search does not even find the seal and the courier")
	}
	stored := []string{string(j.Body), string(h.Body)}
	for _, o := range w.events(t) {
		data, err := json.Marshal(o.Event.Data)
		must(t, err)
		stored = append(stored, string(data))
	}
	for _, body := range stored {
		for _, code := range codes {
			if len(code) != 6 || strings.Contains(body, code) {
				t.Errorf("code %q is stored in %s", code, body)
			}
		}
	}
}

func TestHandOverCodesAreStoredNowhere(t *testing.T) {
	t.Parallel()
	for _, end := range []delivery.State{delivery.Delivered, delivery.Returned} {
		t.Run(string(end), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			job := w.to(t, delivery.AtPharmacy)
			codes := []string{w.courierCode(t, job), w.pin(t, job)}
			must(t, w.collect(t, job))
			must(t, w.do(t, job, w.AtDoor))
			_, err := w.HandOver(t.Context(), w.as(ann), job, wrong(codes[1]))
			refused(t, err, fault.Invalid, "wrong-code")
			w.holdsNone(t, job, codes...)

			if end == delivery.Delivered {
				w.beyond(t, job, end)
			} else {
				w.beyond(t, job, delivery.Returning)
				codes = append(codes, w.courierCode(t, job))
				_, err := w.Returned(t.Context(), w.as(clerk), job, codes[2])
				must(t, err)
			}

			w.holdsNone(t, job, codes...)
		})
	}
}

func TestHandOverCodesComeFromSecretJobAttemptSideAndRound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.Accepted)
	pin := w.pin(t, job)
	again := newWorld(t) // the same job elsewhere, as its second attempt
	must(t, again.Plan(t.Context(), again.as(house), delivery.Request{
		Job: job, Order: order1, Attempt: 2, Pharmacy: "phm_a", PharmacyAt: counterAt, Door: doorAt, Patient: mum.Patient,
	}))
	sameSecret, err := w.another(t).PIN(t.Context(), mum, job)
	must(t, err)
	otherNode, err := delivery.New(t.Context(), delivery.Deps{Store: w.store, Clock: w.clock, Guard: w.guard, Vetting: w, Names: w, Secret: make([]byte, 32)})
	must(t, err)
	otherSecret, err := otherNode.PIN(t.Context(), mum, job)
	must(t, err)

	codes := map[string]string{
		"the door's":        pin,
		"the counter's":     w.courierCode(t, job),
		"another job's":     w.pin(t, w.planned(t, "ord_2")),
		"another attempt's": again.pin(t, job),
		"another secret's":  otherSecret.Code,
	}
	_, err = w.Unlock(t.Context(), w.as(operator), job, delivery.SideDoor)
	must(t, err)
	codes["another round's"] = w.pin(t, job)

	if sameSecret.Code != pin {
		t.Error("a second node with the same secret derives another code")
	}
	whose := map[string]string{}
	for name, code := range codes {
		if before, taken := whose[code]; taken {
			t.Errorf("%s code is %s code", name, before)
		}
		whose[code] = name
	}
}

func TestEachZoneMaySetItsOwnPromiseAndStageBudgets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	far := content()
	far.Name, far.Promise, far.Budgets = "Harbour", 55, delivery.Budgets{Review: 5, Pack: 10, Ride: 40}
	far.Polygon = geo.Polygon{{Lat: 4.9, Lon: 4.9}, {Lat: 4.9, Lon: 5.1}, {Lat: 5.1, Lon: 5.1}, {Lat: 5.1, Lon: 4.9}}
	_, err := w.DrawZone(ctx, w.as(operator), far)
	must(t, err)

	near := w.job(t, w.planned(t, order1))
	must(t, w.Plan(ctx, w.as(house), delivery.Request{Order: "ord_2", Attempt: 1, Pharmacy: "phm_b", PharmacyAt: outside, Door: outside, Patient: mum.Patient}))
	away := w.job(t, id.JobOf("ord_2", 1))

	now := w.clock.Now()
	if near.Deadline.Sub(now) != 30*time.Minute || away.Deadline.Sub(now) != 55*time.Minute {
		t.Errorf("promises = %s and %s, want 30 and 55 minutes", near.Deadline.Sub(now), away.Deadline.Sub(now))
	}
	if near.ReadyAt.Sub(now) != 10*time.Minute || away.ReadyAt.Sub(now) != 15*time.Minute {
		t.Errorf("ready in %s and %s, want 10 and 15 minutes", near.ReadyAt.Sub(now), away.ReadyAt.Sub(now))
	}
	here, err := w.Zone(ctx, near.Zone)
	must(t, err)
	there, err := w.Zone(ctx, away.Zone)
	must(t, err)
	if here.Budgets != content().Budgets || there.Budgets != far.Budgets {
		t.Errorf("budgets = %+v and %+v", here.Budgets, there.Budgets)
	}
}

func TestOfferSaysWhatItPaysAndWhereItGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.to(t, delivery.Offered)

	n, err := w.NextStep(t.Context(), ann)
	must(t, err)

	if n.Todo != delivery.Answer || n.Pay != money.Of(600, "CNY") {
		t.Errorf("%s for %s, want an offer of CNY 6.00", n.Todo, n.Pay)
	}
	if n.Counter != counterAt || n.Door != doorAt || n.Metres != int(geo.Metres(counterAt, doorAt)) || n.Metres == 0 {
		t.Errorf("from %v to %v, %d metres; want counter and door", n.Counter, n.Door, n.Metres)
	}
	if n.OfferExpires.Sub(w.clock.Now()) != delivery.OfferTime || n.Where != (delivery.Where{}) {
		t.Error("an offer has no end, or says who lives there")
	}
}

func TestOldPositionIsShownAsOld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.to(t, delivery.Accepted)
	seen := func(after time.Duration, old bool) {
		t.Helper()
		v, err := w.Track(t.Context(), mum, order1)
		must(t, err)
		if v.Courier.Old != old || v.Courier.Age != after {
			t.Errorf("position of age %s: old = %v, want %v after %s", v.Courier.Age, v.Courier.Old, old, after)
		}
	}

	seen(0, false)
	w.clock.Advance(30 * time.Second)
	seen(30*time.Second, false)
	w.clock.Advance(time.Second)
	seen(31*time.Second, true)
	_, err := w.Report(t.Context(), w.as(ann), []delivery.Position{w.at(0, 20)})
	must(t, err)
	seen(0, false)
}

func TestAddressHasEntranceFloorDoorAndWhoReceives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	w.onShift(t, ann)
	place := home()
	place.Where = delivery.Where{Street: "7 Lamp Street", Entrance: "B", Floor: "3", Flat: "302", Receiver: "Ms Lin", Note: "Knock."}
	d, err := w.AddAddress(ctx, w.as(mum), mum.Patient, place)
	must(t, err)
	must(t, w.Plan(ctx, w.as(house), delivery.Request{Order: order1, Attempt: 1, Pharmacy: "phm_a", PharmacyAt: counterAt, Patient: mum.Patient, Address: d.ID}))
	job := id.JobOf(order1, 1)
	must(t, w.Offer(ctx, w.as(house), job, ann.Account))
	must(t, w.do(t, job, w.Accept))

	kept, err := w.Address(ctx, mum, d.ID)
	must(t, err)
	n, err := w.NextStep(ctx, ann)
	must(t, err)

	if kept.Where != place.Where {
		t.Error("the book does not keep all of the address")
	}
	if n.Where != place.Where {
		t.Error("the courier who accepted is not told all of the address")
	}
}

// deed is a move with who makes it and why.
type deed struct {
	ev  delivery.Event
	by  id.Account
	why string
	do  func() error
}

// deeds brings a job through what can happen to it until it is at the door.
func (w *world) deeds(t *testing.T, job id.Job) []deed {
	t.Helper()
	offer := deed{delivery.Offer, house.Account, "chosen_by_dispatch", func() error { return w.Offer(t.Context(), w.as(house), job, ann.Account) }}
	accept := deed{delivery.Accept, ann.Account, "took_the_offer", func() error { return w.do(t, job, w.Accept) }}
	return []deed{
		offer,
		{delivery.Decline, ann.Account, "too_far", func() error {
			_, err := w.Decline(t.Context(), w.as(ann), job, w.step(t, job), "too_far")
			return err
		}},
		offer,
		{delivery.Expire, house.Account, "unanswered", func() error {
			w.clock.Advance(delivery.OfferTime)
			return w.TimerFired(t.Context(), house, string(job), delivery.JobOfferExpired)
		}},
		offer, accept,
		{delivery.Rematch, operator.Account, "silent", func() error { return w.Rematch(t.Context(), w.as(operator), job, "silent") }},
		offer, accept,
		{delivery.Arrive, ann.Account, "reached_the_counter", func() error { return w.do(t, job, w.Arrive) }},
		{delivery.Collect, clerk.Account, "code_matched", func() error { return w.collect(t, job) }},
		{delivery.Reach, ann.Account, "reached_the_door", func() error { return w.do(t, job, w.AtDoor) }},
	}
}

// ends are the ways on from the door, and the cancel before there was one.
func (w *world) ends(t *testing.T, job id.Job) map[delivery.State][]deed {
	t.Helper()
	handOver := func() error { _, err := w.HandOver(t.Context(), w.as(ann), job, w.pin(t, job)); return err }
	fail := func() error {
		_, err := w.Fail(t.Context(), w.as(ann), job, w.step(t, job), "nobody_home", "att_1")
		return err
	}
	takeBack := func() error { _, err := w.Returned(t.Context(), w.as(clerk), job, w.courierCode(t, job)); return err }
	return map[delivery.State][]deed{
		delivery.Delivered: append(w.deeds(t, job), deed{delivery.HandOver, ann.Account, "pin", handOver}),
		delivery.Returned: append(w.deeds(t, job),
			deed{delivery.Fail, ann.Account, "nobody_home", fail},
			deed{delivery.TurnBack, ann.Account, "turned_back", func() error { return w.do(t, job, w.Returning) }},
			deed{delivery.TakeBack, clerk.Account, "code_matched", takeBack}),
		delivery.Cancelled: {{delivery.Cancel, house.Account, "order_cancelled", func() error { return w.Cancel(t.Context(), w.as(house), job, "order_cancelled") }}},
	}
}

func TestEveryTransitionOfAJobRecordsWhoWhenAndWhy(t *testing.T) {
	t.Parallel()
	var made []delivery.Event
	for _, end := range []delivery.State{delivery.Delivered, delivery.Returned, delivery.Cancelled} {
		w := newWorld(t)
		w.onShift(t, ann)
		job := w.planned(t, order1)
		var want []lifecycle.Step[delivery.State, delivery.Event]
		from := delivery.Planned
		for _, d := range w.ends(t, job)[end] {
			w.clock.Advance(time.Second)
			must(t, d.do())
			to, err := delivery.Moves().Next(from, d.ev)
			must(t, err)
			want = append(want, lifecycle.Step[delivery.State, delivery.Event]{Event: d.ev, From: from, To: to, By: string(d.by), At: w.clock.Now(), Why: d.why})
			from, made = to, append(made, d.ev)
		}

		if got := w.job(t, job); got.State != end || !cmp.Equal(got.History, want) {
			t.Errorf("%s: %s", got.State, cmp.Diff(want, got.History))
		}
	}

	for _, ev := range delivery.Moves().Events() {
		if !slices.Contains(made, ev) {
			t.Errorf("nobody made the move %s", ev)
		}
	}
}

func TestJobGoesBackToPlannedFromOfferedAcceptedAndAtPharmacy(t *testing.T) {
	t.Parallel()
	back := map[string]struct {
		from []delivery.State
		do   func(ctx context.Context, w *world, job id.Job, st delivery.Step) error
	}{
		"declined": {[]delivery.State{delivery.Offered, delivery.Accepted, delivery.AtPharmacy}, func(ctx context.Context, w *world, job id.Job, st delivery.Step) error {
			_, err := w.Decline(ctx, w.as(ann), job, st, "vehicle")
			return err
		}},
		"expired": {[]delivery.State{delivery.Offered}, func(ctx context.Context, w *world, job id.Job, _ delivery.Step) error {
			w.clock.Advance(delivery.OfferTime)
			return w.TimerFired(ctx, house, string(job), delivery.JobOfferExpired)
		}},
		"silent": {[]delivery.State{delivery.Offered, delivery.Accepted, delivery.AtPharmacy}, func(ctx context.Context, w *world, job id.Job, _ delivery.Step) error {
			return w.Rematch(ctx, w.as(house), job, "silent")
		}},
		"matched anew": {[]delivery.State{delivery.Offered, delivery.Accepted, delivery.AtPharmacy}, func(ctx context.Context, w *world, job id.Job, _ delivery.Step) error {
			return w.Rematch(ctx, w.as(operator), job, "breakdown")
		}},
	}
	for name, c := range back {
		for _, from := range c.from {
			t.Run(name+" when "+string(from), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				job := w.to(t, from)

				must(t, c.do(t.Context(), w, job, w.step(t, job)))

				j := w.job(t, job)
				h, err := w.Shift(t.Context(), ann, ann.Account)
				must(t, err)
				if j.State != delivery.Planned || j.Courier != "" || j.Attempt != 1 || !h.Free() {
					t.Errorf("the job is %s with %q, attempt %d, ann free: %v; want the same job planned for another", j.State, j.Courier, j.Attempt, h.Free())
				}
				must(t, w.Offer(t.Context(), w.as(house), job, bob.Account))
			})
		}
	}
}

func TestArrivalTimeFollowsWhereTheCourierIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.to(t, delivery.Collected)
	left := func() time.Duration {
		t.Helper()
		v, err := w.Track(t.Context(), mum, order1)
		must(t, err)
		return v.Arrives.Sub(w.clock.Now())
	}

	whole := left()
	w.clock.Advance(time.Minute)
	waiting := left()
	near := geo.Point{Lat: counterAt.Lat + 0.9*(doorAt.Lat-counterAt.Lat), Lon: counterAt.Lon + 0.9*(doorAt.Lon-counterAt.Lon)}
	w.clock.Advance(3 * time.Minute)
	_, err := w.Report(t.Context(), w.as(ann), []delivery.Position{{At: w.clock.Now(), Point: near, Accuracy: 5}})
	must(t, err)
	close := left()

	if waiting < whole {
		t.Errorf("%v left at first and %v after a minute without moving: nobody came nearer", whole, waiting)
	}
	if close >= whole/2 || close <= 0 {
		t.Errorf("%v left of %v with a tenth of the way to go", close, whole)
	}
}
