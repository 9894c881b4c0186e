package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/delivery"
	"housecall/internal/dispatch"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// checkExclusive looks for a courier with two jobs, or a shift that says otherwise than the job.
func checkExclusive(t *testing.T, w *world) {
	t.Helper()
	jobs, err := w.LiveJobs(t.Context(), house, w.zone)
	must(t, err)
	has := map[id.Account]id.Job{}
	for _, j := range jobs {
		if j.Courier == "" {
			continue
		}
		if before, taken := has[j.Courier]; taken {
			t.Errorf("%s has %s and %s", j.Courier, before, j.ID)
		}
		has[j.Courier] = j.ID
	}
	shifts, err := w.Shifts(t.Context(), house, w.zone)
	must(t, err)
	for _, h := range shifts {
		if len(h.Held) > 1 {
			t.Errorf("%s holds %v", h.Courier, h.Held)
		}
		if job, ok := has[h.Courier]; ok && (len(h.Held) != 1 || h.Held[0].Job != job) {
			t.Errorf("%s has %s and the shift says %v", h.Courier, job, h.Held)
		}
	}
}

func TestTwoDispatchersThatBothBelieveCantDouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	nodes := []*delivery.Service{w.Service, w.another(t)}
	var couriers []access.Actor
	for i := range 8 {
		couriers = append(couriers, access.Actor{Account: id.Account(fmt.Sprintf("acc_c%d", i)), Role: access.Courier})
	}
	w.onShift(t, couriers...)
	var jobs []id.Job
	for i := range 8 {
		jobs = append(jobs, w.planned(t, id.Order(fmt.Sprintf("ord_%d", i))))
	}

	var all sync.WaitGroup
	for g := range 64 {
		all.Go(func() {
			for n := range 4 {
				s, job, courier := nodes[g%2], jobs[(g/2+n)%8], couriers[(g*5+n*3)%8]
				err := s.Offer(t.Context(), house, job, courier.Account)
				if err != nil && !fault.Is(err, fault.Conflict) {
					t.Errorf("offer: %v", err)
				}
				if err != nil || g%3 == 0 {
					continue
				}
				// Some say no at once, so that jobs and couriers are raced for again and again.
				j, err := s.Job(t.Context(), operator, job)
				if err != nil || j.Courier != courier.Account {
					continue
				}
				_, err = s.Decline(t.Context(), courier, job, delivery.Step{Sequence: j.Sequence}, "too_far")
				if err != nil && !fault.Is(err, fault.Conflict) {
					t.Errorf("decline: %v", err)
				}
			}
		})
	}
	all.Wait()

	checkExclusive(t, w)
	for _, job := range jobs {
		j := w.job(t, job)
		for i, h := range j.History {
			if h.Event == delivery.Offer && h.From != delivery.Planned {
				t.Errorf("%s was offered in %s at step %d", job, h.From, i)
			}
		}
	}
}

// stumbling is a store whose next write of a job never comes back.
type stumbling struct {
	docstore.Store
	mu     sync.Mutex // guards broken
	broken bool
}

var errLost = errors.New("the line went dead")

func (s *stumbling) Replace(ctx context.Context, collection string, r docstore.Record) error {
	s.mu.Lock()
	dead := s.broken && collection == "jobs"
	s.mu.Unlock()
	if dead {
		return errLost
	}
	return s.Store.Replace(ctx, collection, r)
}

func TestCourierHeldByADeadNodeIsFreeAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onShift(t, ann)
	job := w.planned(t, order1)
	second := w.planned(t, "ord_2")
	store := &stumbling{Store: w.store, broken: true}
	dead, err := delivery.New(t.Context(), delivery.Deps{Store: store, Clock: w.clock, Guard: w.guard, Vetting: w, Names: w, Secret: make([]byte, 32)})
	must(t, err)
	if err := dead.Offer(t.Context(), house, job, ann.Account); !errors.Is(err, errLost) {
		t.Fatalf("offer = %v, want the broken line", err)
	}

	refused(t, w.Offer(t.Context(), house, second, ann.Account), fault.Conflict, "courier-busy")
	w.clock.Advance(11 * time.Second)
	before := w.job(t, job).Version
	must(t, w.Offer(t.Context(), house, second, ann.Account))

	if after := w.job(t, job).Version; after == before {
		t.Error("the late offer could still be written: the job's version was not moved on")
	}
	checkExclusive(t, w)
}

func TestSweepLeavesClaimsAloneThatAJobAnswersFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.Accepted)
	w.clock.Advance(time.Minute)
	before := w.job(t, job).Version

	must(t, w.Sweep(t.Context(), house, w.zone))

	h, err := w.Shift(t.Context(), ann, ann.Account)
	must(t, err)
	if len(h.Held) != 1 || w.job(t, job).Version != before {
		t.Errorf("held = %v, want the job, untouched", h.Held)
	}
}

func TestShiftBeginsOnlyForTheVettedAndInsideAZone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.unvet[bob.Account] = true

	_, err := w.StartShift(t.Context(), w.as(bob), dispatch.Bicycle, counterAt)
	refused(t, err, fault.Conflict, "not-vetted")
	_, err = w.StartShift(t.Context(), w.as(ann), "horse", counterAt)
	refused(t, err, fault.Invalid, "")
	_, err = w.StartShift(t.Context(), w.as(ann), dispatch.Bicycle, outside)
	refused(t, err, fault.Conflict, "outside-zones")
	_, err = w.StartShift(t.Context(), w.as(mum), dispatch.Bicycle, counterAt)
	refused(t, err, fault.NotFound, "")
	w.onShift(t, ann)
	_, err = w.StartShift(t.Context(), w.as(ann), dispatch.Bicycle, counterAt)
	refused(t, err, fault.Conflict, "illegal-transition")
}

func TestCourierEndsTheShiftAfterTheJobInHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.AtDoor)

	h, err := w.EndShift(t.Context(), w.as(ann))
	must(t, err)
	if h.State != delivery.Finishing {
		t.Fatalf("shift = %s, want finishing", h.State)
	}
	w.beyond(t, job, delivery.Delivered)

	h, err = w.Shift(t.Context(), ann, ann.Account)
	must(t, err)
	if h.State != delivery.Off {
		t.Errorf("shift = %s, want off", h.State)
	}
}

func TestEndingTheShiftDeclinesTheOfferInHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.Offered)

	h, err := w.EndShift(t.Context(), w.as(ann))
	must(t, err)

	if h.State != delivery.Off || w.state(t, job) != delivery.Planned {
		t.Errorf("shift %s, job %s; want off and planned", h.State, w.state(t, job))
	}
	refused(t, w.Offer(t.Context(), house, job, ann.Account), fault.Conflict, "courier-off")
}

func TestSuspendedCourierLosesWhatIsNotCollectedYet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.AtPharmacy)

	must(t, w.Suspend(t.Context(), w.as(house), ann.Account, "insurance_expired"))
	must(t, w.Suspend(t.Context(), w.as(house), ann.Account, "insurance_expired"))

	h, err := w.Shift(t.Context(), ann, ann.Account)
	must(t, err)
	if h.State != delivery.Off || w.state(t, job) != delivery.Planned {
		t.Errorf("shift %s, job %s; want off and planned", h.State, w.state(t, job))
	}
}

func TestServiceRefusesToStartWithoutASecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	_, err := delivery.New(t.Context(), delivery.Deps{Store: w.store, Clock: clock.NewReal(), Guard: w.guard, Vetting: w, Names: w, Secret: []byte("short")})

	if err == nil {
		t.Error("a short secret was taken")
	}
}
