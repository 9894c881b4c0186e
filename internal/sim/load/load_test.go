package load_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"housecall/internal/apptest/scratch"
	"housecall/internal/sim"
	"housecall/internal/sim/load"
)

// town is a quiet demo with an operator's token.
func town(t testing.TB) (url, token string) {
	t.Helper()
	d, err := sim.StartDemo(t.Context(), sim.DemoOptions{Listen: "localhost:0", Data: scratch.Folder(t), Quiet: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Log(err)
		}
	})
	operator, err := sim.SignInDemoOperator(t.Context(), d.URL, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	return d.URL, operator.Token
}

// few is a load of few people, each of whom goes once through the whole chain: who has come goes to the end.
func few(url, token string) load.Options {
	return load.Options{
		URLs: []string{url}, Token: token, Patients: 2, Doctors: 8, For: 100 * time.Millisecond,
		Patience: 5 * time.Second, Settle: 2 * time.Second, Grace: 80 * time.Second, RepeatOneIn: 10, Seed: 1,
	}
}

func TestFewPatientsComeToTheDoorAndEverythingHolds(t *testing.T) {
	t.Parallel()
	url, token := town(t)
	o := few(url, token)
	o.Patients, o.Doctors, o.For = 6, 24, 6*time.Second // a busy machine does thirty steps in a second

	r, err := load.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	r.Print(&text)
	if !r.OK || r.Failed() > 0 {
		t.Errorf("not everything holds:\n%s", text.String())
	}
	if r.Orders.Delivered < 6 || r.Steps < 6*10 || r.PlacedToSeen.Count < 6 || r.Feeds.Breaks == 0 || r.Repeated == 0 {
		t.Errorf("too little was done to tell:\n%s", text.String())
	}
	for _, i := range r.Invariants {
		if i.Checked == 0 {
			t.Errorf("nothing was looked at for: %s", i.Name)
		}
	}
}

// lies are answers of a broken service. Those of the verdict begin once a patient's orders are listed,
// which nobody asks for before.
var lies = []struct {
	name, invariant, says string
	lie                   func(*liar)
}{
	{"order is gone", "no order lost", "is gone", func(l *liar) { l.list("/patients/", "/orders", dropFirst) }},
	{"order was asked for by nobody", "no order lost", "by nobody", func(l *liar) { l.list("/patients/", "/orders", inventOne) }},
	{"order is listed twice", "no order lost", "listed twice", func(l *liar) { l.list("/patients/", "/orders", repeatFirst) }},
	{"delivered order is cancelled later", "no order lost", "is cancelled now", func(l *liar) { l.list("/patients/", "/orders", setOf("state", "cancelled")) }},
	{"order never comes to its end", "no order lost", "is stuck in", func(l *liar) {
		l.list("/patients/", "/orders", setOf("state", "ready"))
		l.late("/orders/", "", func(b load.JSON) { b["state"] = "ready" })
	}},
	{"prescription left two pharmacies", "every prescription", "left a pharmacy 2 times", func(l *liar) { l.list("/orders/", "/fills", repeatFirst) }},
	{"batch is below zero", "stock never negative", "has -3 units", func(l *liar) { l.list("/pharmacies/", "/stock", unitsOf(-3)) }},
	{"units are gone that nobody collected", "stock never negative", "though", func(l *liar) { l.list("/pharmacies/", "/stock", unitsOf(7)) }},
	{"ledger does not come to zero", "the ledger", "it comes to", func(l *liar) { l.late("/ledger", "", func(b load.JSON) { b["zero"] = false }) }},
	{"feed leaves an event out", "no event of a feed", "never came", func(l *liar) { l.feed = leavesOut("order.collected") }},
	{"feed tells an event twice", "no event of a feed", "came after place", func(l *liar) { l.feed = tellsTwice("order.collected") }},
	{"feed tells an event again at a later place", "no event of a feed", "came twice", func(l *liar) { l.feed = tellsLater("order.collected") }},
	{"request is done again", "a request repeated", "with the same key", func(l *liar) { l.doesAgain("/intakes") }},
}

func TestEachBrokenPromiseOfTheServiceIsFound(t *testing.T) {
	t.Parallel()
	url, token := town(t)
	for _, c := range lies {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLiar(t, url)
			c.lie(l)
			o := few(l.url, token)
			if c.invariant == "a request repeated" {
				o.RepeatOneIn = 1
			}

			r, err := load.Run(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if r.OK {
				t.Error("everything holds")
			}
			for _, i := range r.Invariants {
				said := slices.ContainsFunc(i.Broken, func(b string) bool { return strings.Contains(b, c.says) })
				if strings.HasPrefix(i.Name, c.invariant) && !said {
					t.Errorf("%s: %q, want something with %q", i.Name, i.Broken, c.says)
				}
			}
		})
	}
}

func TestErrorThatPatientsSeeFailsTheRun(t *testing.T) {
	t.Parallel()
	url, token := town(t)
	l := newLiar(t, url)
	l.fails = "/quotes"

	r, err := load.Run(t.Context(), few(l.url, token))
	if err != nil {
		t.Fatal(err)
	}
	if r.OK || r.Failed() == 0 {
		t.Errorf("the run is fine, though every comparison of pharmacies failed: %v", r.Errors)
	}
}

func TestLoadThatSaysTooLittleIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		o    load.Options
		want string
	}{
		{"nobody", load.Options{URLs: []string{"http://localhost:1"}, For: time.Second}, "how many patients"},
		{"no node", load.Options{Patients: 1, For: time.Second}, "no node"},
		{"address without a scheme", load.Options{URLs: []string{"localhost:8080"}, Patients: 1, For: time.Second}, "no address of a node"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()

			_, err := load.Run(t.Context(), c.o)

			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("answered %v, want something with %q", err, c.want)
			}
		})
	}
}
