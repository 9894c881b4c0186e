package journey_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"housecall/internal/apptest"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/order"
	"housecall/internal/support"
)

// chain are the collections whose documents move through states on the way from intake to door.
var chain = []string{
	"intakes", "visits", "slots", "prescriptions", "signing_challenges", "orders", "fills", "jobs", "shifts", "payments", "cases",
	"applications", "messages", "accounts", "grants",
}

type told struct {
	Event, By, Why string
	At             time.Time
}

// histories finds every step in a document, however deep, and counts them.
func histories(t *testing.T, where string, body any) int {
	t.Helper()
	n := 0
	switch v := body.(type) {
	case []any:
		for _, one := range v {
			n += histories(t, where, one)
		}
	case map[string]any:
		for key, one := range v {
			if key != "history" {
				n += histories(t, where, one)
				continue
			}
			text, err := json.Marshal(one)
			if err != nil {
				t.Fatal(err)
			}
			var steps []told
			if err := json.Unmarshal(text, &steps); err != nil {
				t.Fatalf("%s: %v", where, err)
			}
			for _, s := range steps {
				n++
				if s.By == "" || s.At.IsZero() || s.Why == "" {
					t.Errorf("%s: %s by %q at %v because of %q; want who, when and why", where, s.Event, s.By, s.At, s.Why)
				}
			}
		}
	}
	return n
}

// stepsOf looks through every document that an event was about, and counts the steps in each collection.
func stepsOf(t *testing.T, w *apptest.Town, all []event.Event) map[string]int {
	t.Helper()
	seen, steps := map[string]bool{}, map[string]int{}
	for _, e := range all {
		for _, doc := range append([]string{e.Doc}, values(e.Data)...) {
			if seen[doc] {
				continue
			}
			seen[doc] = true
			for _, c := range chain {
				r, err := w.Store.Get(t.Context(), c, doc)
				if errors.Is(err, docstore.ErrNotFound) {
					continue
				}
				w.Must(err)
				var body any
				w.Must(json.Unmarshal(r.Body, &body))
				steps[c] += histories(t, c+" "+doc, body)
			}
		}
	}
	return steps
}

func values(m map[string]string) []string {
	var out []string
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

func TestEveryTransitionOfEveryDocumentOfAnOrderSaysWhoWhenAndWhy(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx := t.Context()
	w.OnShift(w.Couriers[0], w.Couriers[1])
	o, _ := w.Placed(order.Courier)
	first := w.Offered(o)
	job, st := w.Step(o)
	_, err := w.Delivery.Decline(ctx, w.As(first), job, st, "too_far")
	w.Must(err)
	w.Offered(o)
	w.Pass(25 * time.Second) // not answered
	w.RefusesTo(o, "overload")
	c := w.Collects(o)
	w.Knocks(o, c)
	w.Fails(o, c, "nobody_home")
	_, err = w.Order.Reattempt(ctx, w.As(w.Mother), o, time.Time{})
	w.Must(err)
	w.Settle()
	c = w.Collects(o)
	w.Knocks(o, c)
	w.HandsOver(o, c)
	_, err = w.App.Support.Open(ctx, w.As(w.Mother), support.Opening{Subject: string(o), Category: support.Money, Text: "It came twice."})
	w.Must(err)
	w.In(o, order.Delivered)

	steps := stepsOf(t, w, record(w).events())

	for _, c := range []string{"intakes", "visits", "prescriptions", "orders", "fills", "jobs", "shifts", "payments", "applications", "messages"} {
		if steps[c] == 0 {
			t.Errorf("no step of %s was looked at: %v", c, steps)
		}
	}
}

func TestAStepThatFollowsFromAnotherNamesItAsItsReason(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, s, c := w.OnItsWay()
	w.Knocks(o, c)
	w.HandsOver(o, c)

	_, part, err := w.Prescribing.Part(t.Context(), w.House(), s.Part)
	w.Must(err)
	history := w.In(o, order.Delivered).History

	if why := part.History[0].Why; why != string(order.EventPlacing) {
		t.Errorf("the part was claimed because of %q", why)
	}
	if why := part.History[len(part.History)-1].Why; why != "job.delivered" {
		t.Errorf("the part was dispensed because of %q", why)
	}
	if why := history[len(history)-1].Why; why != "job.delivered" {
		t.Errorf("the order was delivered because of %q", why)
	}
	if f := w.FillNow(o, 1); f.History[0].Why != "order.placed" || f.History[2].Why != "checked" {
		t.Errorf("the fill was offered because of %q, accepted because of %q", f.History[0].Why, f.History[2].Why)
	}
}
