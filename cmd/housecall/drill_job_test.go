package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"housecall/internal/sim"
)

// jobs has three couriers say yes to the same deliveries and give them back, while operators offer them by hand and
// take them away beside the dispatcher. Who had which when is kept, and who was seen to have it.
type jobs struct {
	d                 *drill
	operator, patient *sim.Client
	part, pharmacy    string
	lon               float64
	couriers          [racers]staff
	given, deliveries atomic.Int64 // how often one was given to a courier, and how many there were

	mu      sync.Mutex // guards what follows
	now     string     // the delivery that there is; empty: none
	history []porcupine.Operation
}

// jobAct is a courier who has got a delivery or lost it, or somebody who looks who has it.
type jobAct struct {
	job, does string
	courier   int // from 1; 0: nobody
}

const (
	got  = "got"
	lost = "lost"
	seen = "seen"
)

func (d *drill) startJobs() *jobs {
	t, ctx := d.t, d.t.Context()
	t.Helper()
	j := &jobs{d: d, operator: d.c.operator(d.stubbornly()), lon: 3.0}
	var pharmacist *sim.Client
	_, j.pharmacy, pharmacist = d.quarter("jobs", j.lon, "courier")
	for range 5 {
		must(t, receive(ctx, pharmacist, j.pharmacy))
	}
	for n := range j.couriers {
		j.couriers[n] = enrolStaff(t, j.operator, "courier", "")
		_, err := j.couriers[n].Post(ctx, "/shift/start", sim.JSON{"vehicle": "scooter", "point": sim.JSON{"lat": 61.0, "lon": j.lon}})
		must(t, err)
	}
	j.patient, j.part = d.prescription()
	return j
}

// until goes on until it is over.
func (j *jobs) until(done <-chan struct{}) {
	var all sync.WaitGroup
	each := func(what string, seed uint64, pause time.Duration, act func(moves *rand.Rand) error) {
		all.Go(func() {
			moves := rand.New(rand.NewPCG(11, seed)) //nolint:gosec // repeatable
			for {
				select {
				case <-done:
					return
				case <-time.After(pause):
				}
				if err := act(moves); err != nil {
					j.d.t.Errorf("%s: %v", what, err)
					return
				}
			}
		})
	}
	each("orders to be brought", racers, 100*time.Millisecond, func(*rand.Rand) error { return j.order() })
	each("an operator's hand", racers+1, 150*time.Millisecond, j.interfere)
	each("who has the delivery", racers+2, 30*time.Millisecond, func(*rand.Rand) error { return j.look() })
	for n := range j.couriers {
		each(fmt.Sprint("courier ", n), uint64(n), 40*time.Millisecond, func(moves *rand.Rand) error { return j.ride(n, moves) })
	}
	all.Wait()
}

// order makes a delivery when there is none, and ends one that has been about for a while: for good once its
// pharmacy has not answered, and by a patient who no longer wants it before that.
func (j *jobs) order() error {
	ctx := j.d.t.Context()
	o, err := j.patient.Post(ctx, "/orders", sim.JSON{
		"part": j.part, "pharmacy": j.pharmacy, "fulfilment": "courier",
		"address": sim.JSON{"text": "7 Lamp Street", "receiver": "Wu", "point": sim.JSON{"lat": 61.01, "lon": j.lon}},
	})
	if sim.StatusOf(err) == http.StatusConflict { // what the order before had is not free yet
		return nil
	}
	if err != nil {
		return err
	}
	path := "/orders/" + o.Text("id")
	read := func() (sim.Answer, error) { return j.patient.Get(ctx, path) }
	a, err := sim.Until(ctx, j.d.patience, read, func(a sim.Answer) bool { return a.At("held") == true || a.Text("state") == "cancelled" })
	if err != nil || a.Text("state") == "cancelled" {
		return err
	}
	if _, err := j.patient.Post(ctx, path+"/pay", sim.JSON{"method": "card_ok"}); err != nil {
		return err
	}
	a, err = sim.Until(ctx, j.d.patience, read, func(a sim.Answer) bool { return a.Text("job") != "" && a.Text("state") == "placed" })
	if err != nil {
		return fmt.Errorf("%s is stuck: %w", path, err)
	}
	j.is(a.Text("job"))
	j.d.wait(15 * time.Second)
	j.is("")
	_, err = j.patient.Post(ctx, path+"/cancel", sim.JSON{"reason": "changed_mind"})
	return err
}

func (j *jobs) is(job string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.now = job; job != "" {
		j.deliveries.Add(1)
	}
}

func (j *jobs) current() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.now
}

// interfere offers the delivery to somebody, or takes it from whoever has it. Most of it is refused.
func (j *jobs) interfere(moves *rand.Rand) error {
	job := j.current()
	if job == "" {
		return nil
	}
	var err error
	if moves.IntN(4) == 0 {
		_, err = j.operator.Post(j.d.t.Context(), "/jobs/"+job+"/rematch", sim.JSON{"reason": "operator"})
	} else {
		_, err = j.operator.Post(j.d.t.Context(), "/jobs/"+job+"/offer", sim.JSON{"courier": j.couriers[moves.IntN(racers)].account})
	}
	return unlessRefused(err)
}

// unlessRefused is nil for the refusals of somebody who comes too late.
func unlessRefused(err error) error {
	switch sim.StatusOf(err) {
	case http.StatusConflict, http.StatusNotFound, http.StatusPreconditionFailed:
		return nil
	}
	return err
}

// ride has a courier say yes to what they are offered, carry on for a moment and give it back.
func (j *jobs) ride(n int, moves *rand.Rand) error {
	ctx, c, begun := j.d.t.Context(), j.couriers[n], time.Now()
	a, err := c.Get(ctx, "/ride")
	if err == nil && a.Text("todo") == "wait" && moves.IntN(100) == 0 { // a phone that is silent for a minute is given nothing
		here := sim.JSON{"at": time.Now().UTC(), "point": sim.JSON{"lat": 61.0, "lon": j.lon}, "accuracy_metres": 10}
		_, err = c.Post(ctx, "/shift/positions", sim.JSON{"positions": []sim.JSON{here}})
	}
	if err != nil || a.Text("todo") != "answer_offer" {
		return err
	}
	job := a.Text("job")
	_, err = c.Post(ctx, "/jobs/"+job+"/accept", sim.JSON{"sequence": a.At("sequence")})
	had := time.Now()
	if sim.StatusOf(err) == http.StatusConflict || sim.StatusOf(err) == http.StatusNotFound {
		// Too late; or the yes was taken, its answer was lost, and another took the delivery before it was sent again.
		j.keep(n, jobAct{job, got, n + 1}, begun, had)
		j.keep(n+racers, jobAct{job, lost, n + 1}, begun, had)
		return nil
	}
	if err != nil {
		return err
	}
	j.keep(n, jobAct{job, got, n + 1}, begun, had)
	j.given.Add(1)
	j.d.wait(time.Duration(moves.IntN(800)) * time.Millisecond)
	for { // until they are no longer told to carry it
		if a, err = c.Get(ctx, "/ride"); err != nil {
			return err
		}
		if a.Text("job") != job || a.Text("todo") != "ride_to_counter" {
			break
		}
		_, err = c.Post(ctx, "/jobs/"+job+"/decline", sim.JSON{"sequence": a.At("sequence"), "reason": "too_far"})
		if err := unlessRefused(err); err != nil {
			return err
		}
	}
	// Given back, taken away, or ended with its order: it is lost by now. Maybe it was before they heard of their yes:
	// a yes whose answer was lost is taken once, and answered as taken when it is sent again, whoever has it since.
	j.keep(n+racers, jobAct{job, lost, n + 1}, begun, time.Now())
	return nil
}

// look asks who has the delivery.
func (j *jobs) look() error {
	job := j.current()
	if job == "" {
		return nil
	}
	begun := time.Now()
	a, err := j.operator.Get(j.d.t.Context(), "/jobs/"+job)
	if sim.StatusOf(err) == http.StatusNotFound {
		return nil // its order stands as placed, and it will be planned in a moment
	}
	if err != nil {
		return err
	}
	by := 0
	if a.Text("state") == "accepted" {
		for n, c := range j.couriers {
			if a.Text("courier") == c.account {
				by = n + 1
			}
		}
	}
	j.keep(2*racers, jobAct{job, seen, by}, begun, time.Now())
	return nil
}

func (j *jobs) keep(n int, act jobAct, from, until time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.history = append(j.history, porcupine.Operation{ClientId: n, Input: act, Call: from.UnixNano(), Return: until.UnixNano()})
}

// oneCarries is the model of a delivery: nobody has it, or one courier.
var oneCarries = porcupine.Model{
	Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
		of := map[string][]porcupine.Operation{}
		for _, o := range all {
			job := o.Input.(jobAct).job //nolint:forcetypeassert // our own
			of[job] = append(of[job], o)
		}
		out := make([][]porcupine.Operation, 0, len(of))
		for _, one := range of {
			out = append(out, one)
		}
		return out
	},
	Init: func() any { return 0 },
	Step: func(state, in, _ any) (bool, any) {
		act, has := in.(jobAct), state.(int) //nolint:forcetypeassert // our own
		switch act.does {
		case got:
			return has == 0, act.courier
		case lost:
			return has == act.courier, 0
		}
		return has == act.courier, has
	},
}

// why shows the deliveries whose history is none, each act in the order in which it began.
func (j *jobs) why() string {
	var all strings.Builder
	for _, of := range oneCarries.Partition(j.history) {
		if porcupine.CheckOperationsTimeout(oneCarries, of, time.Minute) == porcupine.Ok {
			continue
		}
		slices.SortFunc(of, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
		for _, o := range of {
			act := o.Input.(jobAct) //nolint:forcetypeassert // our own
			fmt.Fprintf(&all, "\n%s to %s %s %s %d", clockTime(o.Call), clockTime(o.Return), act.job, act.does, act.courier)
		}
	}
	return all.String()
}

func clockTime(nanoseconds int64) string { return time.Unix(0, nanoseconds).Format("15:04:05.000") }

// judge asks whether each delivery was one courier's at any moment, and shown as theirs.
func (j *jobs) judge() {
	t := j.d.t
	t.Helper()
	if got := porcupine.CheckOperationsTimeout(oneCarries, j.history, time.Minute); got != porcupine.Ok {
		t.Errorf("the history of the deliveries is %s: %d acts; %s", got, len(j.history), j.why())
	}
	if j.deliveries.Load() > 0 && j.given.Load() == 0 {
		t.Errorf("of %d deliveries none was ever given to a courier", j.deliveries.Load())
	}
	for n, c := range j.couriers { // nothing is left in anybody's hands
		_, err := sim.Until(t.Context(), 30*time.Second, func() (sim.Answer, error) { return c.Get(context.WithoutCancel(t.Context()), "/ride") },
			func(a sim.Answer) bool { return a.Text("todo") == "wait" })
		if err != nil {
			t.Errorf("courier %d is still told to do something for an order that is gone: %v", n, err)
		}
	}
	t.Logf("%d deliveries were given %d times to one of %d couriers: each was one's at any moment (%d acts)", j.deliveries.Load(), j.given.Load(), racers, len(j.history))
}

func TestHistoriesOfDeliveriesThatTwoHadAtOnceAreFoundOut(t *testing.T) {
	t.Parallel()
	act := func(n int, does string, courier int, from, until int64) porcupine.Operation {
		return porcupine.Operation{ClientId: n, Input: jobAct{"job_1", does, courier}, Call: from, Return: until}
	}
	for _, c := range []struct {
		name string
		ok   bool
		acts []porcupine.Operation
	}{
		{"one after the other", true, []porcupine.Operation{act(0, got, 1, 1, 2), act(3, lost, 1, 2, 4), act(1, got, 2, 5, 6), act(6, seen, 2, 7, 8)}},
		{"taken away unseen before another has it", true, []porcupine.Operation{act(0, got, 1, 1, 2), act(3, lost, 1, 2, 9), act(1, got, 2, 5, 6)}},
		{"a yes answered only when it is sent again, after another has it", true, []porcupine.Operation{
			act(0, got, 1, 1, 9), act(3, lost, 1, 1, 10), act(1, got, 2, 4, 5), act(6, seen, 2, 6, 7), act(6, seen, 2, 11, 12),
		}},
		{"two at once", false, []porcupine.Operation{act(0, got, 1, 1, 2), act(1, got, 2, 3, 4), act(3, lost, 1, 5, 6)}},
		{"seen with somebody who has lost it", false, []porcupine.Operation{act(0, got, 1, 1, 2), act(3, lost, 1, 3, 4), act(6, seen, 1, 5, 6)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := porcupine.CheckOperations(oneCarries, c.acts); got != c.ok {
				t.Errorf("taken for one courier's at any moment: %t", got)
			}
		})
	}
}
