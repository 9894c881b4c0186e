package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/pquerna/otp/totp"

	"housecall/internal/sim"
)

// race has several people at different nodes put packs on one shelf and count it, and keeps who did what when.
// However often a request was sent again, each pack stands there once, and nobody ever counts an older shelf than
// somebody before them.
type race struct {
	d          *drill
	pharmacist *sim.Client
	pharmacy   string

	mu      sync.Mutex // guards history
	history []porcupine.Operation
}

const (
	racers   = 3
	received = "received"
	counted  = "counted"
)

type shelfAct struct{ what string }

func (d *drill) startRace() *race {
	d.t.Helper()
	_, pharmacy, pharmacist := d.quarter("race", 1.0, "pickup")
	return &race{d: d, pharmacy: pharmacy, pharmacist: pharmacist}
}

// stubbornly sends requests again as long as the drill's people are patient.
func (d *drill) stubbornly() *http.Client {
	return &http.Client{Transport: &stubborn{inner: http.DefaultTransport, within: d.patience}}
}

// quarter draws a zone around a point in the north, with a pharmacy in its middle and somebody who works there.
func (d *drill) quarter(name string, lon float64, fulfilment string) (zone, pharmacy string, pharmacist *sim.Client) {
	d.t.Helper()
	ctx := d.t.Context()
	operator := d.c.operator(d.stubbornly())
	hours := make([]sim.JSON, 0, 7)
	for day := range 7 {
		hours = append(hours, sim.JSON{"day": day, "from": "00:00", "until": "24:00"})
	}
	z, err := operator.Post(ctx, "/zones", sim.JSON{
		"name": name, "jurisdiction": "house", "country": "XX", "time_zone": "UTC", "emergency_number": "112",
		"polygon":      []sim.JSON{{"lat": 60.9, "lon": lon - .1}, {"lat": 60.9, "lon": lon + .1}, {"lat": 61.1, "lon": lon + .1}, {"lat": 61.1, "lon": lon - .1}},
		"delivery_fee": amount(800), "courier_pay": amount(600), "promise_minutes": 30, "review_minutes": 4, "pack_minutes": 6, "ride_minutes": 20,
	})
	must(d.t, err)
	ph, err := operator.Post(ctx, "/pharmacies", sim.JSON{
		"name": name, "address": "1 Lamp Street", "phone": "+440000000", "at": sim.JSON{"lat": 61.0, "lon": lon}, "zone": z.Text("id"), "time_zone": "UTC",
		"currency": "CNY", "fulfilments": []string{fulfilment}, "hours": hours,
	})
	must(d.t, err)
	pharmacy = ph.Text("id")
	e := enrolStaff(d.t, operator, "pharmacist", pharmacy)
	vetSubject(d.t, operator, "pharmacy", pharmacy)
	_, err = operator.Post(ctx, "/pharmacies/"+pharmacy+"/staff", sim.JSON{"account": e.account, "role": "pharmacist"})
	must(d.t, err)
	return z.Text("id"), pharmacy, e.Client
}

// staff is somebody who works here, signed in.
type staff struct {
	*sim.Client
	account, secret string // of the authenticator; its code of the moment of enrolling is used up
}

// enrolStaff makes and vets somebody by an operator, and signs them in by their authenticator.
func enrolStaff(t *testing.T, operator *sim.Client, role, pharmacy string) staff {
	t.Helper()
	ctx := t.Context()
	body := sim.JSON{"role": role, "address": fmt.Sprintf("s%d@drill.example", time.Now().UnixNano()), "name": "Race " + role}
	if pharmacy != "" {
		body["pharmacy"] = pharmacy
	}
	invite, err := operator.Post(ctx, "/invites", body)
	must(t, err)
	c := staff{&sim.Client{Base: operator.Base, HTTP: operator.HTTP}, invite.Text("account"), ""}
	taken, err := c.Post(ctx, "/enrolment/accept", sim.JSON{"token": invite.Text("token"), "password": "seven lamps at the ford"})
	must(t, err)
	c.secret = taken.Text("secret")
	code, err := totp.GenerateCode(c.secret, time.Now())
	must(t, err)
	opened, err := c.Post(ctx, "/enrolment/confirm", sim.JSON{"token": invite.Text("token"), "code": code})
	must(t, err)
	c.Token = opened.Text("token")
	vetSubject(t, operator, role, c.account)
	return c
}

func vetSubject(t *testing.T, operator *sim.Client, kind, subject string) {
	t.Helper()
	ctx := t.Context()
	a, err := operator.Post(ctx, "/applications", sim.JSON{
		"kind": kind, "subject": subject, "licence": "R-1", "specialties": []string{"race"}, "languages": []string{"en"}, "jurisdictions": []string{"house"},
	})
	must(t, err)
	path := "/applications/" + a.Text("id")
	for _, paper := range []string{"licence", "identity", "background_check", "insurance"} {
		_, err := operator.Post(ctx, path+"/papers", sim.JSON{"kind": paper, "valid_until": time.Now().AddDate(1, 0, 0).UTC().Format(time.RFC3339)})
		must(t, err)
	}
	for _, step := range []string{"/submit", "/review", "/approve"} {
		_, err := operator.Post(ctx, path+step, nil)
		must(t, err)
	}
}

func amount(minor int) sim.JSON { return sim.JSON{"minor": minor, "currency": "CNY"} }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// until has the racers go on until it is over.
func (r *race) until(done <-chan struct{}) {
	var all sync.WaitGroup
	for n := range racers {
		all.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				what := received
				if i%2 == 1 {
					what = counted
				}
				if err := r.act(n, what); err != nil {
					r.d.t.Errorf("racer %d: %v", n, err)
					return
				}
			}
		})
	}
	all.Wait()
}

const racePack = 20

// act does one thing and keeps it. Received answers the shelf as it stood then or later, so only counting is held
// to what it says.
func (r *race) act(n int, what string) error {
	ctx := r.d.t.Context()
	begun := time.Now()
	var units int
	if what == received {
		if err := receive(ctx, r.pharmacist, r.pharmacy); err != nil {
			return err
		}
	} else {
		a, err := r.pharmacist.Get(ctx, "/pharmacies/"+r.pharmacy+"/stock")
		if err != nil {
			return err
		}
		have, _ := a.At("items.0.batches.0.units").(float64)
		units = int(have)
	}
	ended := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history = append(r.history, porcupine.Operation{
		ClientId: n, Input: shelfAct{what}, Output: units, Call: begun.UnixNano(), Return: ended.UnixNano(),
	})
	return nil
}

// receive puts one pack on a pharmacy's shelf.
func receive(ctx context.Context, pharmacist *sim.Client, pharmacy string) error {
	_, err := pharmacist.Post(ctx, "/pharmacies/"+pharmacy+"/stock", sim.JSON{
		"product": "paracetamol/tablet/500mg", "pack_units": racePack, "price": amount(1250),
		"batch": sim.JSON{"batch": "R1", "expiry": "2099-12-31", "units": racePack},
	})
	return err
}

// why tells what is wrong with a history: somebody counted fewer packs than had come before they asked, an older shelf;
// or more than anybody had brought by the time they were answered, a pack that stands there twice.
func (r *race) why() string {
	var all []string
	for _, c := range r.history {
		if c.Input.(shelfAct).what != counted { //nolint:forcetypeassert // our own
			continue
		}
		least, most := 0, 0
		for _, o := range r.history {
			if o.Input.(shelfAct).what != received { //nolint:forcetypeassert // our own
				continue
			}
			if o.Return < c.Call {
				least += racePack
			}
			if o.Call < c.Return {
				most += racePack
			}
		}
		if n, _ := c.Output.(int); n < least || n > most {
			all = append(all, fmt.Sprintf("%s: %d counted in %s, want %d to %d", time.Unix(0, c.Return).Format(time.TimeOnly), n, time.Duration(c.Return-c.Call), least, most))
		}
	}
	return fmt.Sprintf("%d counts are wrong by themselves: %s", len(all), strings.Join(all[:min(len(all), 10)], "; "))
}

// judge asks whether the history is that of one shelf.
func (r *race) judge() {
	t := r.d.t
	t.Helper()
	shelf := porcupine.Model{
		Init: func() any { return 0 },
		Step: func(state, in, out any) (bool, any) {
			if in.(shelfAct).what == received { //nolint:forcetypeassert // our own
				return true, state.(int) + racePack //nolint:forcetypeassert // our own
			}
			return state == out, state
		},
	}
	if got := porcupine.CheckOperationsTimeout(shelf, r.history, time.Minute); got != porcupine.Ok {
		t.Errorf("the history of the shelf is %s: %d acts; %s", got, len(r.history), r.why())
		return
	}
	t.Logf("%d acts of %d people on one shelf were as if done one after the other", len(r.history), racers)
}
