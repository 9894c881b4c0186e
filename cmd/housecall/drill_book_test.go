package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"housecall/internal/sim"
)

// bookings has three patients move their visits about among four times of one doctor, and keeps who had which time
// when. Whatever happens, a time is one visit's, and none is lost for good.
type bookings struct {
	d      *drill
	doctor string
	times  []string
	visits [3]booked

	mu      sync.Mutex // guards history
	history []porcupine.Operation
}

type booked struct {
	patient *sim.Client
	id      string
	at      int // of times
}

// seatAct is what happened to one time: a visit took it, or left it for another.
type seatAct struct {
	time, visit int
	takes       bool
}

func (d *drill) startBookings() *bookings {
	t, ctx := d.t, d.t.Context()
	t.Helper()
	operator := d.c.operator(d.stubbornly())
	doctor := enrolStaff(t, operator, "doctor", "")
	hours := make([]sim.JSON, 0, 7)
	for day := range 7 {
		hours = append(hours, sim.JSON{"day": day, "from": "00:00", "until": "24:00"})
	}
	_, err := doctor.Edit(ctx, http.MethodPut, "/doctors/"+doctor.account+"/hours", "*", sim.JSON{
		"name": "Dr Race", "time_zone": "UTC", "weekly": hours, "exceptions": []sim.JSON{},
	})
	must(t, err)
	b := &bookings{d: d, doctor: doctor.account}
	tomorrow := time.Now().UTC().Add(24 * time.Hour).Truncate(time.Hour)
	for n := range 4 {
		b.times = append(b.times, tomorrow.Add(time.Duration(n)*15*time.Minute).Format(time.RFC3339))
	}
	for n := range b.visits {
		b.visits[n] = b.book(operator, n)
		now := time.Now().UnixNano()
		b.history = append(b.history, porcupine.Operation{ClientId: n, Input: seatAct{n, n + 1, true}, Output: true, Call: now, Return: now + 1})
	}
	return b
}

// book takes a time for somebody new.
func (b *bookings) book(operator *sim.Client, n int) booked {
	t, ctx := b.d.t, b.d.t.Context()
	t.Helper()
	token, patient, _ := b.d.c.person(t)
	c := &sim.Client{Base: operator.Base, HTTP: operator.HTTP, Token: token}
	in := handedIn(t, c, patient, "race")
	offer, err := c.Post(ctx, "/visits/offer", sim.JSON{"intake": in})
	must(t, err)
	v, err := c.Post(ctx, "/visits", sim.JSON{
		"intake": in, "agreed": offer.At("terms.fee"), "method": "card_ok", "time": sim.JSON{"doctor": b.doctor, "start": b.times[n]},
	})
	must(t, err)
	return booked{c, v.Text("id"), n}
}

// handedIn is an intake of a patient with a fever.
func handedIn(t *testing.T, c *sim.Client, patient, specialty string) (intake string) {
	t.Helper()
	ctx := t.Context()
	a, err := c.Post(ctx, "/intakes", sim.JSON{"patient": patient, "specialty": specialty, "language": "en"})
	must(t, err)
	path := "/intakes/" + a.Text("id")
	options, err := c.Get(ctx, "/intake-options")
	must(t, err)
	answered, err := c.Edit(ctx, http.MethodPatch, path, a.ETag, sim.JSON{
		"where": sim.JSON{"lat": 61.0, "lon": 1.0}, "call_back": "+441234567", "consent": options.Text("consent"),
		"complaint": "fever", "words": "Fever since last night", "health": sim.JSON{"none": []string{"allergy", "medicine", "condition"}, "weight_kg": "62"},
	})
	must(t, err)
	answers := sim.JSON{}
	questions, _ := answered.At("questions").([]any)
	for _, q := range questions {
		if id, ok := q.(sim.JSON)["id"].(string); ok { //nolint:forcetypeassert // as the API says
			answers[id] = "no"
		}
	}
	_, err = c.Edit(ctx, http.MethodPatch, path, answered.ETag, sim.JSON{"answers": answers})
	must(t, err)
	_, err = c.Post(ctx, path+"/submit", nil)
	must(t, err)
	return a.Text("id")
}

// until has everybody go on until it is over.
func (b *bookings) until(done <-chan struct{}) {
	var all sync.WaitGroup
	for n := range b.visits {
		all.Go(func() {
			moves := rand.New(rand.NewPCG(7, uint64(n))) //nolint:gosec // repeatable
			for {
				select {
				case <-done:
					return
				case <-time.After(20 * time.Millisecond):
				}
				if err := b.move(n, moves.IntN(len(b.times))); err != nil {
					b.d.t.Errorf("visit %d: %v", n, err)
					return
				}
			}
		})
	}
	all.Wait()
}

// move asks for another time. That it was refused says little: somebody may have been about to take it.
func (b *bookings) move(n, to int) error {
	v := &b.visits[n]
	if to == v.at {
		return nil
	}
	begun := time.Now().UnixNano()
	_, err := v.patient.Post(b.d.t.Context(), "/visits/"+v.id+"/move", sim.JSON{"doctor": b.doctor, "start": b.times[to]})
	ended := time.Now().UnixNano()
	if sim.StatusOf(err) == http.StatusConflict {
		return nil
	}
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.history = append(b.history,
		porcupine.Operation{ClientId: n, Input: seatAct{to, n + 1, true}, Output: true, Call: begun, Return: ended},
		porcupine.Operation{ClientId: n + len(b.visits), Input: seatAct{v.at, n + 1, false}, Output: true, Call: begun, Return: ended})
	v.at = to
	return nil
}

// judge asks whether each time was one visit's at any moment, and whether the one that is left can be taken.
func (b *bookings) judge() {
	t := b.d.t
	t.Helper()
	one := porcupine.Model{
		Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
			of := make([][]porcupine.Operation, len(b.times))
			for _, o := range all {
				n := o.Input.(seatAct).time //nolint:forcetypeassert // our own
				of[n] = append(of[n], o)
			}
			return of
		},
		Init: func() any { return 0 },
		Step: func(state, in, _ any) (bool, any) {
			act, has := in.(seatAct), state.(int) //nolint:forcetypeassert // our own
			if act.takes {
				return has == 0, act.visit
			}
			return has == act.visit, 0
		},
	}
	if got := porcupine.CheckOperationsTimeout(one, b.history, time.Minute); got != porcupine.Ok {
		t.Errorf("the history of the doctor's times is %s: %d acts", got, len(b.history))
	}
	free := 0 + 1 + 2 + 3
	for _, v := range b.visits {
		free -= v.at
	}
	// A process that died over it may have left it to whoever looks two minutes later.
	_, err := sim.Until(t.Context(), 150*time.Second, func() (sim.Answer, error) {
		err := b.move(0, free)
		return sim.Answer{Body: sim.JSON{"state": fmt.Sprint(b.visits[0].at == free)}}, err
	}, func(sim.Answer) bool { return b.visits[0].at == free })
	if err != nil {
		t.Errorf("a time that nobody has can't be taken: %v", err)
	}
	t.Logf("%d acts on four times of a doctor: each was one visit's at any moment", len(b.history))
}
