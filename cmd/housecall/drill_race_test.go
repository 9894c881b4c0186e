package main

import (
	"context"
	"fmt"
	"net/http"
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
	ctx := d.t.Context()
	how := &http.Client{Transport: &stubborn{inner: http.DefaultTransport, within: d.patience}}
	operator := d.c.operator(how)
	hours := make([]sim.JSON, 0, 7)
	for day := range 7 {
		hours = append(hours, sim.JSON{"day": day, "from": "00:00", "until": "24:00"})
	}
	corner := sim.JSON{"lat": 61.0, "lon": 1.0}
	z, err := operator.Post(ctx, "/zones", sim.JSON{
		"name": "race", "jurisdiction": "house", "country": "XX", "time_zone": "UTC", "emergency_number": "112",
		"polygon":      []sim.JSON{{"lat": 60.9, "lon": .9}, {"lat": 60.9, "lon": 1.1}, {"lat": 61.1, "lon": 1.1}, {"lat": 61.1, "lon": .9}},
		"delivery_fee": amount(800), "courier_pay": amount(600), "promise_minutes": 30, "review_minutes": 4, "pack_minutes": 6, "ride_minutes": 20,
	})
	must(d.t, err)
	ph, err := operator.Post(ctx, "/pharmacies", sim.JSON{
		"name": "Race", "address": "1 Lamp Street", "phone": "+440000000", "at": corner, "zone": z.Text("id"), "time_zone": "UTC",
		"currency": "CNY", "fulfilments": []string{"pickup"}, "hours": hours,
	})
	must(d.t, err)
	r := &race{d: d, pharmacy: ph.Text("id"), pharmacist: &sim.Client{Base: d.c.balance.url, HTTP: how}}
	invite, err := operator.Post(ctx, "/invites", sim.JSON{
		"role": "pharmacist", "address": fmt.Sprintf("r%d@drill.example", time.Now().UnixNano()), "name": "Race", "pharmacy": r.pharmacy,
	})
	must(d.t, err)
	taken, err := r.pharmacist.Post(ctx, "/enrolment/accept", sim.JSON{"token": invite.Text("token"), "password": "seven lamps at the ford"})
	must(d.t, err)
	code, err := totp.GenerateCode(taken.Text("secret"), time.Now())
	must(d.t, err)
	opened, err := r.pharmacist.Post(ctx, "/enrolment/confirm", sim.JSON{"token": invite.Text("token"), "code": code})
	must(d.t, err)
	r.pharmacist.Token = opened.Text("token")
	for kind, subject := range map[string]string{"pharmacy": r.pharmacy, "pharmacist": invite.Text("account")} {
		r.vet(ctx, operator, kind, subject)
	}
	_, err = operator.Post(ctx, "/pharmacies/"+r.pharmacy+"/staff", sim.JSON{"account": invite.Text("account"), "role": "pharmacist"})
	must(d.t, err)
	return r
}

func (r *race) vet(ctx context.Context, operator *sim.Client, kind, subject string) {
	t := r.d.t
	t.Helper()
	a, err := operator.Post(ctx, "/applications", sim.JSON{
		"kind": kind, "subject": subject, "licence": "R-1", "specialties": []string{"general"}, "languages": []string{"en"}, "jurisdictions": []string{"house"},
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
		_, err := r.pharmacist.Post(ctx, "/pharmacies/"+r.pharmacy+"/stock", sim.JSON{
			"product": "paracetamol/tablet/500mg", "pack_units": racePack, "price": amount(1250),
			"batch": sim.JSON{"batch": "R1", "expiry": time.Now().AddDate(1, 0, 0).UTC().Format(time.DateOnly), "units": racePack},
		})
		if err != nil {
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
		t.Errorf("the history of the shelf is %s: %d acts", got, len(r.history))
	}
	t.Logf("%d acts of %d people on one shelf were as if done one after the other", len(r.history), racers)
}
