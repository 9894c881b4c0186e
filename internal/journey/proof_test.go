package journey_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/apptest"
	"housecall/internal/bus"
	"housecall/internal/event"
	"housecall/internal/journey"
	"housecall/internal/order"
	"housecall/internal/phi"
	"housecall/internal/prescribing"
)

var update = flag.Bool("update", false, "write the golden files")

// recorder keeps every event, the old ones too.
type recorder struct {
	mu  sync.Mutex
	all []event.Event
}

func (r *recorder) hear(_ context.Context, e event.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, e)
	return nil
}

func (r *recorder) events() []event.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

func record(w *apptest.Town) *recorder {
	r := &recorder{}
	w.Must(w.Bus.Subscribe(bus.Consumer{Name: "story_record", Handle: r.hear}))
	w.Settle()
	return r
}

// consumers are the journeys once more, to be told by hand.
type consumers []bus.Consumer

func (c *consumers) Subscribe(one bus.Consumer) error {
	*c = append(*c, one)
	return nil
}

// anything is no limit: what the law says of medicines has stories of its own.
type anything struct{}

func (anything) Within(context.Context, access.Actor, *order.Order) error { return nil }

func journeysOf(w *apptest.Town) (consumers, *journey.Journeys) {
	j := journey.New(journey.Deps{
		Intake: w.Intake, Consult: w.Consult, Prescribing: w.Prescribing, Pharmacy: w.Pharmacy, Order: w.Order,
		Delivery: w.Delivery, Billing: w.Billing, Support: w.App.Support, Paces: w.App.Forecast, Limits: anything{},
	})
	var c consumers
	w.Must(j.Subscribe(&c))
	return c, j
}

// again tells the journeys every event once more, in order.
func again(t *testing.T, w *apptest.Town, all []event.Event) {
	t.Helper()
	told, _ := journeysOf(w)
	for _, e := range all {
		for _, c := range told {
			if !slices.Contains(c.Kinds, e.Kind) {
				continue
			}
			if err := c.Handle(t.Context(), e); err != nil {
				t.Errorf("%s told of %s again: %v", c.Name, e.Kind, err)
			}
		}
	}
}

func standing(t *testing.T, w *apptest.Town, s apptest.Script, o *order.Order) string {
	t.Helper()
	total, err := w.Billing.LedgerTotal(t.Context(), w.As(w.Operator))
	w.Must(err)
	text, err := json.Marshal(map[string]any{
		"order": o.State, "attempt": o.Attempt, "history": o.History, "promise": o.Promise, "part": w.PartNow(s),
		"fill": w.FillNow(o.ID, o.Attempt).State, "free": []int{w.Free(w.Corner), w.Free(w.Mill)}, "ledger": total,
	})
	w.Must(err)
	return string(text)
}

func TestEveryEventToldTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.OnShift(w.Couriers[0])
	o, s := w.Placed(order.Courier)
	w.RefusesTo(o, "overload")
	c := w.Collects(o)
	w.Knocks(o, c)
	w.Fails(o, c, "nobody_home")
	_, err := w.Order.Reattempt(t.Context(), w.As(w.Mother), o, time.Time{})
	w.Must(err)
	w.Settle()
	c = w.Collects(o)
	w.Knocks(o, c)
	w.HandsOver(o, c)
	w.In(o, order.Delivered)
	r := record(w)
	before, events := standing(t, w, s, w.OrderNow(o)), r.events()

	again(t, w, events)
	w.Settle()

	if after := standing(t, w, s, w.OrderNow(o)); after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
	if more := r.events()[len(events):]; len(more) > 0 {
		t.Errorf("%d more events came of it, the first is %s", len(more), more[0].Kind)
	}
	wantPart(t, w, s, prescribing.Dispensed)
	w.LedgerIsZero()
}

func TestACrashBetweenTwoStepsIsHealed(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	s := w.Prescribed()
	o, err := w.Order.Place(t.Context(), w.As(w.Daughter), apptest.Wanted(s.Part, w.Corner, order.Courier))
	w.Must(err)
	w.Crash()
	w.Settle()
	if !w.In(o.ID, order.Unpaid).Held {
		t.Fatal("the order was not held after the crash")
	}
	_, err = w.Order.Pay(t.Context(), w.As(w.Daughter), o.ID, "card_ok")
	w.Must(err)
	w.Crash()
	w.Settle()
	w.In(o.ID, order.Placed)
	w.OnShift(w.Couriers[0])
	_, err = w.Pharmacy.Review(t.Context(), w.As(w.Corner.Pharmacist), o.Fill())
	w.Must(err)
	w.Crash()
	w.Settle()
	c := w.Collects(o.ID)
	w.Crash()
	w.Settle()
	w.Knocks(o.ID, c)
	w.HandsOver(o.ID, c)

	w.In(o.ID, order.Delivered)
	wantPart(t, w, s, prescribing.Dispensed)
	w.LedgerIsZero()
}

func TestNoPersonalDataIsInEventsLogsMetricsOrURLs(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, s, c := w.OnItsWay()
	w.Knocks(o, c)
	w.HandsOver(o, c)
	_, err := w.Consult.Question(t.Context(), w.As(w.Mother), s.Visit, phi.Text(apptest.Words))
	w.Must(err)
	r := record(w)
	events, err := json.Marshal(r.events())
	w.Must(err)
	if len(r.events()) < 30 {
		t.Errorf("only %d events were seen", len(r.events()))
	}
	metrics := get(t, "http://"+w.Addr()+"/metrics")
	if !strings.Contains(metrics, "housecall_") {
		t.Errorf("the metrics say nothing: %s", metrics)
	}
	_ = get(t, "http://"+w.Addr()+"/orders/"+string(o)) // refused, and logged
	var addresses []string
	for _, m := range w.Outbox.List("") {
		for _, word := range strings.Fields(m.Text.Reveal()) {
			if strings.Contains(word, "://") {
				addresses = append(addresses, word)
			}
		}
	}
	for place, text := range map[string]string{
		"events": string(events), "log": w.Log.String(), "metrics": metrics, "URLs": strings.Join(addresses, "\n"),
	} {
		for _, secret := range []string{"Wilhelmina", "Quarkenbush", "Ottoline", "Zephyrine", "glimmers", "5550171717", "paracetamol", "R50.9", "fever"} {
			if at := strings.Index(strings.ToLower(text), strings.ToLower(secret)); at >= 0 {
				t.Errorf("%s hold %q: ...%s...", place, secret, text[max(0, at-120):min(len(text), at+40)])
			}
		}
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestTheJourneysAreAsListed(t *testing.T) {
	t.Parallel()
	const golden = "testdata/steps.txt"
	var lines []string
	for name, kinds := range journey.New(journey.Deps{}).Steps() {
		for _, k := range kinds {
			lines = append(lines, fmt.Sprintf("%-30s %s\n", k, name))
		}
	}
	slices.Sort(lines)
	got := strings.Join(lines, "")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || got != string(want) {
		t.Errorf("the steps are not as listed in %s; read the change, then run with -update:\n%s", golden, got)
	}
}
