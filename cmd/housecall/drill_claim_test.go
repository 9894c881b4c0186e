package main

import (
	"fmt"
	"math"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/pquerna/otp/totp"

	"housecall/internal/sim"
)

// claims has three orders at a time want one signed prescription. One gets it, the others are refused; who has it
// gives it back, and it begins anew. Who had it when is kept.
type claims struct {
	d              *drill
	patient        *sim.Client
	part, pharmacy string
	pharmacist     *sim.Client
	orders, had    atomic.Int64 // how many wanted it, and had it

	mu      sync.Mutex // guards history
	history []porcupine.Operation
}

// claimAct is an order that wants the prescription, or gives it back.
type claimAct struct {
	order int64
	wants bool
}

// startClaims has a doctor sign a prescription; the shelf it is filled from is the one of the race.
func (d *drill) startClaims(shelf *race) *claims {
	d.t.Helper()
	for range 5 {
		must(d.t, shelf.act(0, received))
	}
	patient, part := d.prescription()
	return &claims{d: d, patient: patient, part: part, pharmacy: shelf.pharmacy, pharmacist: shelf.pharmacist}
}

// prescription takes somebody new to a new doctor, and answers who may order what was signed.
func (d *drill) prescription() (patient *sim.Client, part string) {
	t, ctx := d.t, d.t.Context()
	t.Helper()
	operator := d.c.operator(d.stubbornly())
	doctor := enrolStaff(t, operator, "doctor", "")
	token, who, _ := d.c.person(t)
	c := &sim.Client{Base: operator.Base, HTTP: operator.HTTP, Token: token}
	in := handedIn(t, c, who, "race")
	_, err := doctor.Post(ctx, "/duty/on", nil)
	must(t, err)
	offer, err := c.Post(ctx, "/visits/offer", sim.JSON{"intake": in})
	must(t, err)
	v, err := c.Post(ctx, "/visits", sim.JSON{"intake": in, "agreed": offer.At("terms.fee"), "method": "card_ok"})
	must(t, err)
	visit := "/visits/" + v.Text("id")
	_, err = sim.Until(ctx, 30*time.Second, func() (sim.Answer, error) { return c.Get(ctx, visit) }, func(a sim.Answer) bool { return a.Text("fee_state") == "held" })
	must(t, err)
	for _, s := range []struct {
		who  *sim.Client
		step string
	}{{c, "/here"}, {doctor.Client, "/admit"}, {doctor.Client, "/ticket"}, {c, "/ticket"}} {
		_, err = s.who.Post(ctx, visit+s.step, nil)
		must(t, err)
	}
	return c, d.signs(doctor, visit)
}

// signs has a doctor write and sign a prescription in a visit, and complete it.
func (d *drill) signs(doctor staff, visit string) (part string) {
	t, ctx := d.t, d.t.Context()
	t.Helper()
	_, err := doctor.Edit(ctx, http.MethodPatch, visit+"/note", "*", sim.JSON{
		"subjective": "Fever.", "plan": "Paracetamol.", "summary": "Drink, rest, take the tablets.", "diagnoses": []sim.JSON{{"code": "R50.9"}},
	})
	must(t, err)
	rx, err := doctor.Post(ctx, visit+"/prescriptions", sim.JSON{"items": []sim.JSON{{"product": "paracetamol/tablet/500mg", "steps": []sim.JSON{{
		"dose": sim.JSON{"value": "1", "unit": "tablet"}, "timing": sim.JSON{"frequency": 3, "period": 1, "period_unit": "d", "duration": 5, "duration_unit": "d"},
	}}}}})
	must(t, err)
	challenge, err := doctor.Post(ctx, "/signings", sim.JSON{"prescriptions": []string{rx.Text("id")}})
	must(t, err)
	code, err := totp.GenerateCode(doctor.secret, time.Now().Add(30*time.Second)) // the next: that of enrolling is used up
	must(t, err)
	signed, err := doctor.Post(ctx, "/signings/"+challenge.Text("id")+"/confirm", sim.JSON{"code": code})
	must(t, err)
	_, err = doctor.Post(ctx, visit+"/complete", nil)
	must(t, err)
	return signed.Text("items.0.parts.0.id")
}

// until has orders come until it is over.
func (c *claims) until(done <-chan struct{}) {
	var all sync.WaitGroup
	for n := range racers {
		all.Go(func() {
			for {
				select {
				case <-done:
					return
				case <-time.After(50 * time.Millisecond):
				}
				if err := c.order(n); err != nil {
					c.d.t.Errorf("an order for a prescription: %v", err)
					return
				}
			}
		})
	}
	all.Wait()
}

// order wants the prescription, and gives it back when it has it.
func (c *claims) order(n int) error {
	ctx, number := c.d.t.Context(), c.orders.Add(1)
	begun := time.Now().UnixNano()
	o, err := c.patient.Post(ctx, "/orders", sim.JSON{
		"part": c.part, "pharmacy": c.pharmacy, "fulfilment": "pickup",
		"address": sim.JSON{"text": "7 Lamp Street", "receiver": "Wu", "point": sim.JSON{"lat": 61.0, "lon": 1.0}},
	})
	if sim.StatusOf(err) == http.StatusConflict {
		c.keep(n, claimAct{number, true}, false, begun, time.Now().UnixNano())
		return nil
	}
	if err != nil {
		return err
	}
	path := "/orders/" + o.Text("id")
	a, err := sim.Until(ctx, c.d.patience, func() (sim.Answer, error) { return c.patient.Get(ctx, path) },
		func(a sim.Answer) bool { return a.At("held") == true || a.Text("state") == "cancelled" })
	if err != nil {
		return fmt.Errorf("%s is stuck: %w", path, err)
	}
	if a.Text("state") == "cancelled" {
		c.keep(n, claimAct{number, true}, false, begun, time.Now().UnixNano())
		return nil
	}
	c.keep(n, claimAct{number, true}, true, begun, time.Now().UnixNano())
	c.had.Add(1)
	back := time.Now().UnixNano()
	_, err = c.patient.Post(ctx, path+"/cancel", sim.JSON{"reason": "changed_mind"})
	c.keep(n+racers*int(number), claimAct{number, false}, true, back, math.MaxInt64) // at some moment from now on
	return err
}

func (c *claims) keep(n int, act claimAct, ok bool, from, until int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.history = append(c.history, porcupine.Operation{ClientId: n, Input: act, Output: ok, Call: from, Return: until})
}

// judge asks whether the prescription was one order's at any moment, and whether all it had reserved is free again.
func (c *claims) judge() {
	t := c.d.t
	t.Helper()
	one := porcupine.Model{
		Init: func() any { return int64(0) },
		Step: func(state, in, out any) (bool, any) {
			act, has, ok := in.(claimAct), state.(int64), out.(bool) //nolint:forcetypeassert // our own
			switch {
			case !act.wants:
				return has == act.order, int64(0)
			case ok:
				return has == 0, act.order
			}
			return true, has // refused: another was about to have it, or to be told that it can't
		},
	}
	if got := porcupine.CheckOperationsTimeout(one, c.history, time.Minute); got != porcupine.Ok {
		t.Errorf("the history of the prescription is %s: %d acts", got, len(c.history))
	}
	a, err := sim.Until(t.Context(), 30*time.Second, func() (sim.Answer, error) { return c.pharmacist.Get(t.Context(), "/pharmacies/"+c.pharmacy+"/stock") },
		func(a sim.Answer) bool { return a.At("items.0.held") == float64(0) })
	if err != nil {
		t.Errorf("of the shelf %v units are still held for orders that are gone: %v", a.At("items.0.held"), err)
	}
	t.Logf("%d orders wanted one prescription, %d had it: it was one's at any moment", c.orders.Load(), c.had.Load())
}
