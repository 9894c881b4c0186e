package sim

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"housecall/internal/city"
	"housecall/internal/clock"
)

// Week sends patients to a running demo over the public API, as many as a week brings, so that the
// operator's screens can be watched under load. Doctors, pharmacies and couriers are the demo's own.
type Week struct {
	OrdersPerHour float64       // of the demo's clock, in the mean over a day
	Lasts         time.Duration // by the demo's clock
	Seed          uint64
	Out           io.Writer

	demo     runningDemo
	client   *http.Client
	operator *Client
	wall     clock.Clock
	begun    time.Time // by the machine's clock
	running  sync.WaitGroup

	mu    sync.Mutex // guards hour, whole, under
	hour  WeekResult // since the last line
	whole WeekResult
	under int // patients under way
}

// WeekResult counts what became of the patients.
type WeekResult struct {
	Patients  int `json:"patients"`
	Delivered int `json:"delivered"`
	InTime    int `json:"in_time"`
	Cancelled int `json:"cancelled"`
	Failed    int `json:"failed"`      // something was refused, or took too long
	TurnedOff int `json:"turned_away"` // so many were under way that they were not begun
	Left      int `json:"left"`        // under way when the week was stopped
	// Why is what the first failure said.
	Why string `json:"why,omitempty"`
}

// plus adds what came later.
func (r WeekResult) plus(o WeekResult) WeekResult {
	r.Patients += o.Patients
	r.Delivered += o.Delivered
	r.InTime += o.InTime
	r.Cancelled += o.Cancelled
	r.Failed += o.Failed
	r.TurnedOff += o.TurnedOff
	r.Left += o.Left
	if r.Why == "" {
		r.Why = o.Why
	}
	return r
}

// runningDemo is a demo that runs somewhere, with its clock.
type runningDemo struct {
	url   string
	now   time.Time
	speed int
}

const (
	// mostUnderWay keeps the load one that a machine can bear, and the demo's couriers find the door of
	// each among the newest hundred patients.
	mostUnderWay = 80
	// dayOfOrder is within how long of the demo's clock everything about a patient is over.
	dayOfOrder = 3 * time.Hour
	// signedAMinute is how many prescriptions the demo's doctors can sign in a minute of the world's time:
	// each has a second factor whose codes are good once, one for each half minute.
	signedAMinute = 12
)

// findDemo asks who is there, before anybody signs in: the well-known password of a demo is for demos.
func findDemo(ctx context.Context, url string, client *http.Client) (runningDemo, error) {
	nobody := &Client{Base: url, HTTP: client}
	a, err := nobody.Get(ctx, "/demo")
	if err != nil && StatusOf(err) == 0 {
		return runningDemo{}, fmt.Errorf("nobody answers at %s: start a demo there with `housecall demo --speed 30` (%w)", url, err)
	}
	speed, _ := a.At("speed").(float64)
	now, bad := time.Parse(time.RFC3339, a.Text("now"))
	if err != nil || bad != nil || speed < 1 {
		return runningDemo{}, fmt.Errorf("%s is no demo, and invented patients may go to a demo alone: start one with `housecall demo --speed 30` and name its address", url)
	}
	if speed < 2 {
		return runningDemo{}, fmt.Errorf("the demo at %s runs at the world's pace, so a week would take a week: start it with `housecall demo --speed 30`", url)
	}
	return runningDemo{url: url, now: now, speed: int(speed)}, nil
}

// Run sends the patients, and waits for the last of them. Stopped by ctx it still tells what it saw.
func (w *Week) Run(ctx context.Context, url string, client *http.Client) (WeekResult, error) {
	if w.OrdersPerHour <= 0 || w.Lasts <= 0 {
		return WeekResult{}, fmt.Errorf("say more than 0 orders an hour and for how long they come")
	}
	var err error
	if w.demo, err = findDemo(ctx, url, client); err != nil {
		return WeekResult{}, err
	}
	w.client, w.wall = client, clock.NewReal()
	if w.operator, err = SignInDemoOperator(ctx, url, client); err != nil {
		return WeekResult{}, fmt.Errorf("sign in as the demo's operator: %w", err)
	}
	w.begun = w.wall.Now()
	w.greet()
	w.send(ctx)
	w.running.Wait()
	w.line("to the end")
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.whole, nil
}

func (w *Week) greet() {
	w.say("A demo whose clock runs %d times: %s there are %s here.\n", w.demo.speed, w.Lasts,
		(w.Lasts / time.Duration(w.demo.speed)).Round(time.Second))
	if most := signedAMinute * 60 / float64(w.demo.speed); w.OrdersPerHour > most {
		w.say("Its doctors can sign about %.0f prescriptions an hour at this speed, a code of their second factor for each: "+
			"of %.0f patients an hour many will wait in vain. A slower demo bears more.\n", most, w.OrdersPerHour)
	}
	w.say("\n%-16s %8s %9s %8s %9s %7s %11s %9s\n", "demo's clock", "patients", "delivered", "in time", "cancelled", "failed", "turned away", "under way")
}

// send draws when patients come, as the demand of the simulated city has it, and lets each of them begin.
func (w *Week) send(ctx context.Context) {
	r := rand.New(rand.NewPCG(w.Seed, 0x7765656b)) //nolint:gosec // chance, not a secret
	profile, most := city.DefaultProfile(), 0.0
	for _, p := range profile {
		most = max(most, p*w.OrdersPerHour)
	}
	at, end := w.demo.now, w.demo.now.Add(w.Lasts)
	told := at.Truncate(time.Hour)
	for n := 0; ctx.Err() == nil; {
		at = at.Add(time.Duration(r.ExpFloat64() / most * float64(time.Hour)))
		if !at.Before(end) {
			return
		}
		if r.Float64()*most > profile[at.Hour()]*w.OrdersPerHour {
			continue // thinned out: this hour is quieter than the loudest
		}
		select {
		case <-ctx.Done():
			return
		case <-clock.At(ctx, w.wall, w.begun.Add(at.Sub(w.demo.now)/time.Duration(w.demo.speed))):
		}
		if hour := at.Truncate(time.Hour); hour.After(told) {
			told = hour
			w.line(hour.Format("Mon 15:04"))
		}
		n++
		w.begin(ctx, n, r.Uint64())
	}
}

// begin lets one more patient come, where there is room for them.
func (w *Week) begin(ctx context.Context, n int, chance uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.under >= mostUnderWay {
		w.hour.TurnedOff++
		return
	}
	w.hour.Patients++
	w.under++
	w.running.Go(func() {
		order, err := w.patient(ctx, n, rand.New(rand.NewPCG(chance, w.Seed))) //nolint:gosec // chance, not a secret
		w.over(ctx, order, err)
	})
}

var complaints = []string{"fever", "skin", "abdominal_pain"}

// patient is enrolled at a desk, is seen, and orders to where they live.
func (w *Week) patient(ctx context.Context, n int, r *rand.Rand) (Answer, error) {
	look := max(200*time.Millisecond, 15*time.Second/time.Duration(w.demo.speed))
	invite, err := w.operator.Post(ctx, "/invites", JSON{
		"role": "patient", "address": fmt.Sprintf("week-%d-%s@lampford.example", n, newKey()[:8]), "name": fmt.Sprintf("Week Guest %d", n),
		"birth_date": fmt.Sprintf("%d-05-05", 1950+r.IntN(50)), "sex": []string{"female", "male"}[r.IntN(2)],
	})
	if err != nil {
		return Answer{}, err
	}
	c := &Client{Base: w.demo.url, HTTP: w.client}
	taken, err := c.Post(ctx, "/enrolment/accept", JSON{"token": invite.Text("token")})
	if err != nil {
		return Answer{}, err
	}
	c.Token = taken.Text("session.token")
	street := func() float64 { return float64(r.IntN(45)-22) * 100 }
	return seeAndOrder(ctx, c, Ailment{
		Complaint: complaints[r.IntN(len(complaints))], WeightKg: fmt.Sprint(50 + r.IntN(50)), Home: inTown(street(), street()), Look: look,
	}, max(30*time.Second, dayOfOrder/time.Duration(w.demo.speed)))
}

// over counts what became of a patient.
func (w *Week) over(ctx context.Context, order Answer, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.under--
	switch {
	case err != nil && ctx.Err() != nil:
		w.hour.Left++
	case err != nil:
		w.hour.Failed++
		if w.hour.Why == "" {
			w.hour.Why = err.Error()
		}
	case order.Text("state") == "delivered":
		w.hour.Delivered++
		if order.Text("promise.broken_in") == "" {
			w.hour.InTime++
		}
	default:
		w.hour.Cancelled++
	}
}

// line says what came since the line before.
func (w *Week) line(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := w.hour
	w.whole, w.hour = w.whole.plus(h), WeekResult{}
	w.say("%-16s %8d %9d %8d %9d %7d %11d %9d\n", what, h.Patients, h.Delivered, h.InTime, h.Cancelled, h.Failed, h.TurnedOff, w.under)
}

func (w *Week) say(format string, args ...any) {
	if w.Out != nil {
		fmt.Fprintf(w.Out, format, args...) //nolint:errcheck // a terminal that is gone is no reason to stop
	}
}
