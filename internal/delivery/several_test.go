package delivery_test

import (
	"slices"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/delivery"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
)

// otherClerk works at the counter of another pharmacy round the corner.
var otherClerk = access.Actor{Account: "acc_clerk_b", Role: access.Pharmacist, Pharmacy: "phm_b"}

// elsewhere plans a job of another pharmacy.
func (w *world) elsewhere(t *testing.T, order id.Order, pharmacy id.Pharmacy, change func(*delivery.Request)) id.Job {
	t.Helper()
	r := delivery.Request{
		Order: order, Attempt: 1, Fill: id.FillOf(order, 1), Pharmacy: pharmacy,
		PharmacyAt: geo.Point{Lat: counterAt.Lat + 0.002, Lon: counterAt.Lon}, Door: geo.Point{Lat: doorAt.Lat, Lon: doorAt.Lon + 0.001}, Patient: mum.Patient,
	}
	if change != nil {
		change(&r)
	}
	must(t, w.Plan(t.Context(), w.as(house), r))
	return id.JobOf(order, 1)
}

func (w *world) offered(t *testing.T, job id.Job) error {
	t.Helper()
	return w.Offer(t.Context(), w.as(house), job, ann.Account)
}

func (w *world) todo(t *testing.T, want delivery.Todo, job id.Job) *delivery.Next {
	t.Helper()
	n, err := w.NextStep(t.Context(), ann)
	must(t, err)
	if n.Todo != want || n.Job != job {
		t.Fatalf("next: %s of %s, want %s of %s", n.Todo, n.Job, want, job)
	}
	return n
}

func (w *world) collectAt(t *testing.T, at access.Actor, job id.Job) {
	t.Helper()
	must(t, w.do(t, job, w.Arrive))
	must(t, w.Ready(t.Context(), w.as(house), job, seal, w.clock.Now()))
	code, err := w.CourierCode(t.Context(), ann, job)
	must(t, err)
	_, err = w.Collect(t.Context(), w.as(at), job, code.Code)
	must(t, err)
}

func (w *world) handOver(t *testing.T, job id.Job) {
	t.Helper()
	must(t, w.do(t, job, w.AtDoor))
	_, err := w.HandOver(t.Context(), w.as(ann), job, w.pin(t, job))
	must(t, err)
}

func TestOneRideCollectsAtTwoCountersAndBringsBoth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.to(t, delivery.Accepted)
	second := w.elsewhere(t, "ord_2", "phm_b", nil)

	must(t, w.offered(t, second))
	w.todo(t, delivery.Answer, second)
	must(t, w.do(t, second, w.Accept))
	if n := w.todo(t, delivery.RideCounter, first); len(n.Also) != 1 || n.Also[0].Job != second || n.Also[0].OnBoard {
		t.Errorf("also = %+v, want the second counter", n.Also)
	}
	w.collectAt(t, clerk, first)
	if n := w.todo(t, delivery.RideCounter, second); n.OnBoard != 1 {
		t.Errorf("on board on the way to the second counter: %d, want 1", n.OnBoard)
	}
	w.collectAt(t, otherClerk, second)
	n, err := w.NextStep(t.Context(), ann)
	must(t, err)
	if n.Todo != delivery.RideDoor || n.OnBoard != 2 {
		t.Fatalf("next: %s with %d on board, want a door with both", n.Todo, n.OnBoard)
	}
	w.handOver(t, n.Job)
	left := map[id.Job]id.Job{first: second, second: first}[n.Job]
	w.todo(t, delivery.RideDoor, left)
	w.handOver(t, left)

	w.todo(t, delivery.Wait, "")
}

func TestTheCodeOfOneCounterIsNoGoodAtTheOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.to(t, delivery.AtPharmacy)
	second := w.elsewhere(t, "ord_2", "phm_b", nil)
	must(t, w.offered(t, second))
	must(t, w.do(t, second, w.Accept))
	must(t, w.Ready(t.Context(), w.as(house), first, seal, w.clock.Now()))
	mine, err := w.CourierCode(t.Context(), ann, first)
	must(t, err)
	other, err := w.CourierCode(t.Context(), ann, second)
	must(t, err)

	if _, err := w.Collect(t.Context(), w.as(otherClerk), first, mine.Code); !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Denied) {
		t.Errorf("the other pharmacy hands out the first bag: %v, want it refused", err)
	}
	if _, err := w.Collect(t.Context(), w.as(clerk), first, other.Code); err == nil && other.Code != mine.Code {
		t.Error("the code of the second job opened the first")
	}
}

func TestWhoHasABagOnBoardTakesAnotherOnTheWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.to(t, delivery.Collected)
	second := w.elsewhere(t, "ord_2", "phm_b", nil)
	before, err := w.Track(t.Context(), mum, order1)
	must(t, err)

	must(t, w.offered(t, second))
	aboard := delivery.Also{Job: first, Pharmacy: clerk.Pharmacy, OnBoard: true, Deadline: w.job(t, first).Deadline}
	if n := w.todo(t, delivery.Answer, second); len(n.Also) != 1 || n.Also[0] != aboard {
		t.Errorf("with the offer comes %+v, want the bag on board and until when it was promised: %+v", n.Also, aboard)
	}
	must(t, w.do(t, second, w.Accept))

	if n := w.todo(t, delivery.RideCounter, second); len(n.Also) != 1 || n.Also[0] != aboard {
		t.Errorf("on the way to the counter: %+v, want %+v", n.Also, aboard)
	}
	after, err := w.Track(t.Context(), mum, order1)
	must(t, err)
	if !after.Arrives.After(before.Arrives) {
		t.Errorf("the first bag is told for %s, before the detour %s; want it told later", after.Arrives, before.Arrives)
	}
	w.collectAt(t, otherClerk, second)
	n, err := w.NextStep(t.Context(), ann)
	must(t, err)
	w.handOver(t, n.Job)
	if got := w.state(t, first); n.Job == first && got != delivery.Delivered {
		t.Errorf("first = %s, want delivered", got)
	}
}

func TestWhatMayNotShareARideIsNotOffered(t *testing.T) {
	t.Parallel()
	third := func(t *testing.T, w *world, _ id.Job) {
		t.Helper()
		must(t, w.offered(t, w.elsewhere(t, "ord_3", "phm_c", nil)))
		must(t, w.do(t, id.JobOf("ord_3", 1), w.Accept))
	}
	for name, c := range map[string]struct {
		at     delivery.State
		before func(t *testing.T, w *world, first id.Job)
		change func(*delivery.Request)
	}{
		"of a third counter":                          {delivery.Accepted, third, nil},
		"while an offer is not answered":              {delivery.Offered, nil, nil},
		"to who stands at a door":                     {delivery.AtDoor, nil, nil},
		"cooled, with a bag that is not":              {delivery.Collected, nil, func(r *delivery.Request) { r.ColdChain = true }},
		"controlled, with a bag that is not":          {delivery.Accepted, nil, func(r *delivery.Request) { r.Controlled = true }},
		"with a bag that could not be handed over":    {delivery.Failed, nil, nil},
		"with a bag that goes back to its pharmacy":   {delivery.Returning, nil, nil},
		"on board, where rides keep to one counter":   {delivery.Collected, oneCounter, nil},
		"elsewhere, where rides keep to one counter":  {delivery.Accepted, oneCounter, nil},
		"as a fourth, when three bags are a full box": {delivery.Accepted, full, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			first := w.to(t, c.at)
			if c.before != nil {
				c.before(t, w, first)
			}
			second := w.elsewhere(t, "ord_2", "phm_b", c.change)

			refused(t, w.offered(t, second), fault.Conflict, "courier-busy")

			if got := w.job(t, second); got.State != delivery.Planned || got.Offers != 0 {
				t.Errorf("the job is %s after %d offers, want untouched", got.State, got.Offers)
			}
		})
	}
}

func oneCounter(t *testing.T, w *world, _ id.Job) {
	t.Helper()
	c := content()
	c.OneCounter = true
	z, err := w.Zone(t.Context(), w.zone)
	must(t, err)
	_, err = w.ChangeZone(t.Context(), w.as(operator), w.zone, z.Version, c)
	must(t, err)
}

func full(t *testing.T, w *world, _ id.Job) {
	t.Helper()
	for _, order := range []id.Order{"ord_8", "ord_9"} {
		must(t, w.offered(t, w.elsewhere(t, order, "phm_a", nil)))
		must(t, w.do(t, id.JobOf(order, 1), w.Accept))
	}
}

func TestDecliningTheSecondCounterKeepsTheFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.to(t, delivery.Collected)
	second := w.elsewhere(t, "ord_2", "phm_b", nil)
	must(t, w.offered(t, second))

	_, err := w.Decline(t.Context(), w.as(ann), second, w.step(t, second), "too_far")
	must(t, err)

	w.todo(t, delivery.RideDoor, first)
	must(t, w.Offer(t.Context(), w.as(house), second, bob.Account))
}

func TestACourierLostBetweenTwoCountersLosesOnlyWhatIsNotCollected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.to(t, delivery.Accepted)
	second := w.elsewhere(t, "ord_2", "phm_b", nil)
	must(t, w.offered(t, second))
	must(t, w.do(t, second, w.Accept))
	w.collectAt(t, clerk, first)
	watch := func() {
		shifts, err := w.Shifts(t.Context(), house, w.zone)
		must(t, err)
		h := shifts[slices.IndexFunc(shifts, func(h *delivery.Shift) bool { return h.Courier == ann.Account })]
		must(t, w.WatchSilent(t.Context(), w.as(house), h))
	}

	w.clock.Advance(2 * time.Minute)
	watch()
	w.clock.Advance(27 * time.Minute)
	watch()

	if got := w.job(t, second); got.State != delivery.Planned || got.Courier != "" {
		t.Errorf("the second job is %s of %q, want back on the board", got.State, got.Courier)
	}
	if got := w.job(t, first); got.State != delivery.Collected || got.Courier != ann.Account || !got.Silent {
		t.Errorf("the first job is %s of %s, silent %v; want with ann, and told as silent", got.State, got.Courier, got.Silent)
	}
	_, err := w.Arrive(t.Context(), w.as(ann), second, delivery.Step{Sequence: 2})
	refused(t, err, fault.Conflict, "given-to-another")
	w.todo(t, delivery.RideDoor, first)
}
