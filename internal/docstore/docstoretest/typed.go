package docstoretest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
)

var typed = []promise{
	{"a request made twice is answered with what the first one made", repeatedInsert},
	{"a step asked for twice is done once", repeatedStep},
	{"an Idempotency-Key used for another request is a conflict", keyReused},
	{"a version that is not the present one is stale and changes nothing", staleVersion},
	{"a change that fails leaves the document as it was", failedChange},
	{"a change is made to what is there, whatever this node has seen last", changedElsewhere},
	{"events and timers of a change are written with it", changeCarries},
	{"a document of an older schema is brought up as it is read", migrated},
	{"nodes of the old version and of the new change one document and neither loses what the other wrote", besideNewer},
	{"documents that are too new are refused at start", tooNew},
	{"a service has one id, whoever asks first", oneService},
	{"an index that came later lists what was written before it", laterIndex},
	{"what is of no use any more is cleared, what was changed meanwhile is not", cleared},
	{"what is not there reads as not found, in words for a person", typedNotFound},
}

// counter is the document that the typed promises are about.
type counter struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
	Owner         string `json:"owner"`
	N             int    `json:"n"`
	By            []int  `json:"by,omitempty"`
}

func (c *counter) DocID() string { return c.ID }

func counterSpec() docstore.Spec[counter] {
	return docstore.Spec[counter]{Name: "counter", Schema: 1, Indexes: map[string]func(*counter) (docstore.Key, bool){
		"by_owner": func(c *counter) (docstore.Key, bool) {
			return docstore.Key{Equal: c.Owner, Order: docstore.ByNumber(int64(c.N))}, c.Owner != ""
		},
	}}
}

// openCounter opens the collection and makes cnt_1 in it if nobody has.
func openCounter(t *testing.T, p *place) *docstore.Collection[counter, *counter] {
	t.Helper()
	c, err := docstore.Open(t.Context(), p.Store, clock.NewFake(noon), counterSpec())
	if err != nil {
		t.Fatal(err)
	}
	err = c.Insert(t.Context(), id.RequestOf(nil, "made"), &counter{ID: "cnt_1", Owner: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func raise(c *counter) error { c.N++; return nil }

func repeatedInsert(t *testing.T, p *place) {
	count := openCounter(t, p)
	req := id.RequestOf([]byte("five"), "ann", "POST /counters", "key-1")
	first := counter{ID: "cnt_2", Owner: "ann", N: 5}
	if err := count.Insert(t.Context(), req, &first); err != nil {
		t.Fatal(err)
	}
	if _, err := count.Update(t.Context(), "cnt_2", docstore.On{}, raise); err != nil {
		t.Fatal(err)
	}

	again := counter{ID: "cnt_2", Owner: "ann", N: 5}
	repeated := count.Insert(t.Context(), req, &again)
	stranger := count.Insert(t.Context(), id.RequestOf([]byte("five"), "bob", "POST /counters", "key-1"), &counter{ID: "cnt_2"})

	if repeated != nil || again.N != 6 || again.Version != 2 {
		t.Errorf("repeated = %v, answered n %d version %d; want the document as it stands", repeated, again.N, again.Version)
	}
	if !fault.Is(stranger, fault.Conflict) {
		t.Errorf("another request for the same id = %v, want Conflict", stranger)
	}
}

func repeatedStep(t *testing.T, p *place) {
	count := openCounter(t, p)
	on := docstore.On{Request: id.RequestOf([]byte("raise"), "ann", "key-1")}
	for range 3 {
		if _, err := count.Update(t.Context(), "cnt_1", on, raise); err != nil {
			t.Fatal(err)
		}
	}
	on.Version = 1 // of before: a repeated request is answered even so

	got, err := count.Update(t.Context(), "cnt_1", on, raise)

	if err != nil || got.N != 1 || got.Version != 2 {
		t.Errorf("after four times: n %d, version %d, %v; want 1, 2", got.N, got.Version, err)
	}
}

func changedElsewhere(t *testing.T, p *place) {
	here, there := openCounter(t, p), openCounter(t, &place{Store: p.open(t), target: p.target, at: p.at})
	for n := 1; n <= 4; n++ {
		raised, err := here.Update(t.Context(), "cnt_1", docstore.On{}, raise)
		if err != nil || raised.N != 3*n-2 {
			t.Fatalf("raised here = %+v, %v; want %d", raised, err, 3*n-2)
		}
		req := id.RequestOf(nil, "there", fmt.Sprint(n))
		raised, err = there.Update(t.Context(), "cnt_1", docstore.On{Request: req}, raise)
		if err != nil || raised.N != 3*n-1 {
			t.Fatalf("raised there = %+v, %v; want %d", raised, err, 3*n-1)
		}

		again, err := here.Update(t.Context(), "cnt_1", docstore.On{Request: req}, raise)
		if err != nil || again.N != 3*n-1 {
			t.Errorf("asked here again for what was done there = %+v, %v; want %d", again, err, 3*n-1)
		}
		judged, err := here.Update(t.Context(), "cnt_1", docstore.On{Version: raised.Version}, func(c *counter) error {
			if c.N != 3*n-1 {
				return fault.New(fault.Conflict, "Not yet.")
			}
			return raise(c)
		})
		if err != nil || judged.N != 3*n {
			t.Errorf("judged by what is there = %+v, %v; want %d", judged, err, 3*n)
		}
	}
	if err := there.Delete(t.Context(), "cnt_1"); err != nil {
		t.Fatal(err)
	}

	_, err := here.Update(t.Context(), "cnt_1", docstore.On{}, raise)

	if !fault.Is(err, fault.NotFound) {
		t.Errorf("update of what was deleted there = %v, want NotFound", err)
	}
}

func keyReused(t *testing.T, p *place) {
	count := openCounter(t, p)
	if _, err := count.Update(t.Context(), "cnt_1", docstore.On{Request: id.RequestOf([]byte("raise"), "ann", "key-1")}, raise); err != nil {
		t.Fatal(err)
	}

	_, step := count.Update(t.Context(), "cnt_1", docstore.On{Request: id.RequestOf([]byte("lower"), "ann", "key-1")}, raise)
	made := count.Insert(t.Context(), id.RequestOf([]byte("other"), "made"), &counter{ID: "cnt_1"})

	if !fault.Is(step, fault.Conflict) || !fault.Is(made, fault.Conflict) {
		t.Errorf("step = %v, insert = %v; want Conflict twice", step, made)
	}
	if got, err := count.Get(t.Context(), "cnt_1"); err != nil || got.N != 1 {
		t.Errorf("n = %d, %v; want 1", got.N, err)
	}
}

func staleVersion(t *testing.T, p *place) {
	count := openCounter(t, p)
	if _, err := count.Update(t.Context(), "cnt_1", docstore.On{Version: 1}, raise); err != nil {
		t.Fatal(err)
	}

	_, err := count.Update(t.Context(), "cnt_1", docstore.On{Version: 1}, raise)

	if !fault.Is(err, fault.Stale) {
		t.Errorf("update = %v, want Stale", err)
	}
	if got, err := count.Get(t.Context(), "cnt_1"); err != nil || got.N != 1 || got.Version != 2 {
		t.Errorf("n = %d, version %d, %v; want 1, 2", got.N, got.Version, err)
	}
}

func failedChange(t *testing.T, p *place) {
	count := openCounter(t, p)
	refusal := fault.New(fault.Conflict, "Not now.")

	_, err := count.Update(t.Context(), "cnt_1", docstore.On{}, func(c *counter) error {
		c.N = 99
		c.Emit(event.Event{Kind: "counter.raised"})
		return refusal
	})

	if err != refusal { //nolint:errorlint // the very error must come back, not one that wraps it
		t.Errorf("update = %v, want the refusal as it is", err)
	}
	if got, err := count.Get(t.Context(), "cnt_1"); err != nil || got.N != 0 || got.Version != 1 {
		t.Errorf("n = %d, version %d, %v; want 0, 1", got.N, got.Version, err)
	}
	if waiting, err := p.Waiting(t.Context(), 10); err != nil || len(waiting) != 0 {
		t.Errorf("waiting = %v, %v; want nothing", waiting, err)
	}
}

func changeCarries(t *testing.T, p *place) {
	count := openCounter(t, p)
	due := noon.Add(time.Hour)

	got, err := count.Update(t.Context(), "cnt_1", docstore.On{}, func(c *counter) error {
		c.SetTimer("counter.late", due)
		c.Emit(event.Event{Kind: "counter.raised", Data: map[string]string{"n": "1"}})
		return raise(c)
	})

	if err != nil || len(got.Emitted()) != 0 {
		t.Fatalf("update = %v, still to emit %v", err, got.Emitted())
	}
	waiting, err := p.Waiting(t.Context(), 10)
	if err != nil || len(waiting) != 2 {
		t.Fatalf("waiting = %v, %v; want two", waiting, err)
	}
	late, raised := waiting[0].Event, waiting[1].Event
	if late.Due == nil || !late.Due.Equal(due) || late.Doc != "cnt_1" || late.ID == raised.ID || !raised.At.Equal(noon) {
		t.Errorf("events are %+v and %+v", late, raised)
	}
	if timers := live(t, p); len(timers) != 1 || timers[0].Kind != "counter.late" || !timers[0].Due.Equal(due) || timers[0].Doc != "cnt_1" {
		t.Errorf("timers are %v", timers)
	}
	read, err := count.Get(t.Context(), "cnt_1")
	if err != nil || !slices.Equal(read.Timers, got.Timers) || !read.TimerDue("counter.late", due) || read.TimerDue("counter.late", noon) {
		t.Errorf("read back %v, %v", read, err)
	}
}

func migrated(t *testing.T, p *place) {
	openCounter(t, p)
	spec := counterSpec()
	spec.Schema = 2
	spec.Migrate = func(schema int, body []byte) ([]byte, error) {
		var old map[string]any
		if err := json.Unmarshal(body, &old); err != nil {
			return nil, err
		}
		old["owner"] = fmt.Sprint(old["owner"], " of schema ", schema)
		return json.Marshal(old)
	}
	newer, err := docstore.Open(t.Context(), p.Store, clock.NewFake(noon), spec)
	if err != nil {
		t.Fatal(err)
	}

	for _, want := range []int{1, 2} { // the second time it is of schema 2 and stays as it is
		got, err := newer.Update(t.Context(), "cnt_1", docstore.On{}, raise)
		if err != nil || got.Owner != "ann of schema 1" || got.N != want || got.Schema != 2 {
			t.Errorf("update %d = %+v, %v", want, got, err)
		}
	}
	page, err := newer.Find(t.Context(), docstore.Query{Index: "by_owner", Equal: "ann of schema 1"})
	if err != nil || len(page.Items) != 1 {
		t.Errorf("found %v, %v; want the document under its new owner", page, err)
	}
}

func typedNotFound(t *testing.T, p *place) {
	count := openCounter(t, p)

	_, get := count.Get(t.Context(), "cnt_9")
	_, update := count.Update(t.Context(), "cnt_9", docstore.On{}, raise)
	del := count.Delete(t.Context(), "cnt_9")

	for what, err := range map[string]error{"get": get, "update": update, "delete": del} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s = %v, want NotFound", what, err)
		}
	}
}

// grown is a counter of schema 2: it has learnt colours, in itself and in a list.
type grown struct {
	counter
	Colour string `json:"colour,omitempty"`
	Steps  []step `json:"steps,omitempty"`
}

type step struct {
	N      int    `json:"n"`
	Colour string `json:"colour"`
}

func openGrown(t *testing.T, p *place, since int) (*docstore.Collection[grown, *grown], error) {
	t.Helper()
	return docstore.Open(t.Context(), p.Store, clock.NewFake(noon), docstore.Spec[grown]{
		Name: "counter", Schema: 2, Since: since,
		Migrate: func(_ int, body []byte) ([]byte, error) { return body, nil },
		Indexes: map[string]func(*grown) (docstore.Key, bool){
			"by_owner": func(c *grown) (docstore.Key, bool) {
				return docstore.Key{Equal: c.Owner, Order: docstore.ByNumber(int64(c.N))}, c.Owner != ""
			},
		},
	})
}

func besideNewer(t *testing.T, p *place) {
	old := openCounter(t, p)
	fresh, err := openGrown(t, p, 0)
	if err != nil {
		t.Fatal(err)
	}

	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if _, err := old.Update(t.Context(), "cnt_1", docstore.On{}, raise); err != nil {
				t.Errorf("the old version: %v", err)
			}
		})
		all.Go(func() {
			_, err := fresh.Update(t.Context(), "cnt_1", docstore.On{}, func(c *grown) error {
				c.Colour, c.Steps = "blue", append(c.Steps, step{i, "green"})
				return raise(&c.counter)
			})
			if err != nil {
				t.Errorf("the new version: %v", err)
			}
		})
	}
	all.Wait()
	last, err := old.Update(t.Context(), "cnt_1", docstore.On{}, raise)
	if err != nil || last.Schema != 2 {
		t.Errorf("the old version's last change: schema %d, %v; want it to stay 2", last.Schema, err)
	}

	got, err := fresh.Get(t.Context(), "cnt_1")

	if err != nil || got.N != 41 || got.Colour != "blue" || len(got.Steps) != 20 || got.Steps[7].Colour != "green" || got.Version != 42 {
		t.Errorf("n %d, colour %q, %d steps, version %d, %v", got.N, got.Colour, len(got.Steps), got.Version, err)
	}
	again, err := docstore.Open(t.Context(), p.Store, clock.NewFake(noon), counterSpec())
	if err != nil {
		t.Fatalf("a node of the old version that starts beside the new one: %v", err)
	}
	if _, err := again.Update(t.Context(), "cnt_1", docstore.On{}, raise); err != nil {
		t.Error(err)
	}
}

func tooNew(t *testing.T, p *place) {
	openCounter(t, p)
	if _, err := openGrown(t, p, 2); err != nil { // what it writes, the old version can't work on
		t.Fatal(err)
	}

	_, err := docstore.Open(t.Context(), p.Store, clock.NewFake(noon), counterSpec())

	if !errors.Is(err, docstore.ErrNewer) || !strings.Contains(err.Error(), "counter is of schema 2, this one knows up to 1") {
		t.Errorf("open by the old version = %v, want it refused with what to do", err)
	}
}

func oneService(t *testing.T, p *place) {
	nodes := []docstore.Store{p.Store, p.open(t)}
	ids := make([]string, 8)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			var err error
			if ids[i], err = docstore.Service(t.Context(), nodes[i%2]); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()

	if slices.Sort(ids); ids[0] == "" || ids[0] != ids[7] {
		t.Errorf("ids of one service: %v", ids)
	}
}

func laterIndex(t *testing.T, p *place) {
	_ = openCounter(t, p)
	spec := counterSpec()
	spec.Indexes["by_number"] = func(c *counter) (docstore.Key, bool) {
		return docstore.Key{Equal: "all", Order: docstore.ByNumber(int64(c.N))}, true
	}

	for start := range 3 { // the first fills it in; later ones find it whole
		c, err := docstore.Open(t.Context(), p.Store, clock.NewFake(noon), spec)
		if err != nil {
			t.Fatal(err)
		}
		found, err := c.Find(t.Context(), docstore.Query{Index: "by_number", Equal: "all"})
		if err != nil || len(found.Items) != 1 || found.Items[0].Version != 1 {
			t.Errorf("start %d: found %+v, %v; want cnt_1 as it was", start, found.Items, err)
		}
		owned, err := c.Find(t.Context(), docstore.Query{Index: "by_owner", Equal: "ann"})
		if err != nil || len(owned.Items) != 1 {
			t.Errorf("start %d: by owner %+v, %v", start, owned.Items, err)
		}
	}
}

func cleared(t *testing.T, p *place) {
	spec := counterSpec()
	spec.Indexes["useless"] = func(c *counter) (docstore.Key, bool) {
		return docstore.Key{Order: docstore.ByTime(noon.Add(time.Duration(c.N) * time.Hour))}, c.Owner == ""
	}
	c, err := docstore.Open(t.Context(), p.Store, clock.NewFake(noon), spec)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		doc := &counter{ID: fmt.Sprintf("cnt_%d", n), N: n}
		if n == 1 {
			doc.Owner = "ann" // in use
		}
		if err := c.Insert(t.Context(), id.Request{}, doc); err != nil {
			t.Fatal(err)
		}
	}

	gone, err := c.Clear(t.Context(), "useless", noon.Add(3*time.Hour), 100)
	again, errAgain := c.Clear(t.Context(), "useless", noon.Add(3*time.Hour), 100)

	if gone != 2 || again != 0 || err != nil || errAgain != nil {
		t.Errorf("cleared %d, then %d; %v, %v", gone, again, err, errAgain)
	}
	for n, want := range []bool{false, true, false, true, true} {
		if _, err := c.Get(t.Context(), fmt.Sprintf("cnt_%d", n)); (err == nil) != want {
			t.Errorf("cnt_%d is there: %v, want %v", n, err == nil, want)
		}
	}
}
