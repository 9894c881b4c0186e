package docstoretest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"housecall/internal/docstore"
	"housecall/internal/event"

	"github.com/google/go-cmp/cmp"
)

var outbox = []promise{
	{"events wait in the order they were written in their document", inOrder},
	{"an event waits whole", waitsWhole},
	{"publishing takes events away and touches nothing else", publishing},
	{"what this process has left is listed until it is taken out", writtenHere},
	{"publishing while the document changes loses neither", publishingMeanwhile},
	{"a write that leaves events wakes the relay, one that is refused does not", wakes},
	{"events of a deleted document still go out or are gone with it, never half", afterDelete},
}

var timers = []promise{
	{"live timers are listed after a restart, page by page", timersAfterRestart},
	{"a replace puts new timers in the place of the old", timersReplaced},
}

func inOrder(t *testing.T, p *place) {
	r := parcel("prc_1", 1, "ann", "1")
	r.Outbox = []event.Event{happened("prc_1", 1, "e.01"), happened("prc_1", 2, "e.02")}
	p.insert(t, r)
	want := []event.Kind{"e.01", "e.02"}
	for n := 3; n < 20; n++ {
		kind := event.Kind(fmt.Sprintf("e.%02d", n))
		r := parcel("prc_1", int64(n-1), "ann", "1")
		r.Outbox = []event.Event{happened("prc_1", n, kind)}
		p.replace(t, r)
		want = append(want, kind)
	}

	if diff := cmp.Diff(want, p.waiting(t, "prc_1")); diff != "" {
		t.Error(diff)
	}
	first, err := p.Waiting(t.Context(), 3)
	if err != nil || len(first) != 3 || first[0].Event.Kind != "e.01" || first[2].Event.Kind != "e.03" {
		t.Errorf("the first three are %v, %v", first, err)
	}
}

func waitsWhole(t *testing.T, p *place) {
	due := noon.Add(time.Hour)
	want := docstore.Outgoing{Collection: parcels, Doc: "prc_1", Event: event.Event{
		ID: "prc_1.1.0", Kind: "parcel.packed", Doc: "prc_1", At: noon, By: "acc_1",
		Data: map[string]string{"order": "ord_1", "count": "2"}, To: []string{"pat_1", event.ToOperators}, Due: &due, Cancelled: true,
	}}
	r := parcel("prc_1", 1, "ann", "1")
	r.Outbox = []event.Event{want.Event}

	p.insert(t, r)

	got, err := p.Waiting(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]docstore.Outgoing{want}, got); diff != "" {
		t.Error(diff)
	}
}

func publishing(t *testing.T, p *place) {
	for _, id := range []string{"prc_1", "prc_2"} {
		r := parcel(id, 1, "ann", "1")
		r.Timers = []docstore.Timer{{Kind: "parcel.late", Due: noon}}
		r.Outbox = []event.Event{happened(id, 1, "e.1"), happened(id, 2, "e.2"), happened(id, 3, "e.3")}
		p.insert(t, r)
	}
	all, err := p.Waiting(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	gone := slices.DeleteFunc(all, func(o docstore.Outgoing) bool { return o.Doc == "prc_2" && o.Event.Kind == "e.2" })

	first, second := p.Published(t.Context(), gone), p.Published(t.Context(), gone)

	if first != nil || second != nil {
		t.Fatalf("published = %v, again = %v", first, second)
	}
	if got := p.waiting(t, "prc_1"); len(got) != 0 {
		t.Errorf("prc_1 still has %v", got)
	}
	if got := p.waiting(t, "prc_2"); !slices.Equal(got, []event.Kind{"e.2"}) {
		t.Errorf("prc_2 has %v, want e.2", got)
	}
	if got := p.get(t, "prc_1"); got.Version != 1 || string(got.Body) != `{"id":"prc_1","n":1}` {
		t.Errorf("publishing changed the document: version %d, %s", got.Version, got.Body)
	}
	p.replace(t, parcel("prc_1", 2, "ann", "1"))
	if got := len(live(t, p)); got != 1 {
		t.Errorf("%d timers live, want that of prc_2", got)
	}
}

func writtenHere(t *testing.T, p *place) {
	listed := func() (kinds []event.Kind) {
		t.Helper()
		all, err := p.Written(t.Context(), 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range all {
			kinds = append(kinds, o.Event.Kind)
		}
		return kinds
	}
	r := parcel("prc_1", 1, "ann", "1")
	r.Outbox = []event.Event{happened("prc_1", 1, "e.1")}
	p.insert(t, r)
	r.Version, r.Outbox = 2, []event.Event{happened("prc_1", 2, "e.2")}
	p.replace(t, r)

	first, second := listed(), listed()
	part, err := p.Written(t.Context(), 1)
	rest := listed()
	all, _ := p.Waiting(t.Context(), 100)
	if err := p.Published(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	after := listed()
	if err := p.Delete(t.Context(), parcels, "prc_1", 2); err != nil {
		t.Fatal(err)
	}
	r.Version, r.ID, r.Outbox = 1, "prc_2", []event.Event{happened("prc_2", 1, "e.3")}
	p.insert(t, r)
	if err := p.Delete(t.Context(), parcels, "prc_2", 1); err != nil {
		t.Fatal(err)
	}
	deleted := listed()

	want := []event.Kind{"e.1", "e.2"}
	if !slices.Equal(first, want) || !slices.Equal(second, want) || !slices.Equal(rest, want) || len(part) != 1 || err != nil {
		t.Errorf("listed %v, %v, one of them %v (%v), then %v; want both in order", first, second, part, err, rest)
	}
	if len(after) != 0 || !slices.Equal(deleted, []event.Kind{"e.3"}) {
		t.Errorf("listed %v when all were out and %v of a document that is gone", after, deleted)
	}
}

func publishingMeanwhile(t *testing.T, p *place) {
	p.insert(t, parcel("prc_1", 1, "ann", "1"))
	published := make(chan int)
	done := make(chan struct{})
	go func() {
		n := 0
		defer func() { published <- n }()
		for last := false; ; {
			all, err := p.Waiting(t.Context(), 5)
			if err != nil {
				t.Errorf("waiting = %v", err)
				return
			}
			if err := p.Published(t.Context(), all); err != nil {
				t.Errorf("published = %v", err)
				return
			}
			if n += len(all); last && len(all) == 0 {
				return
			}
			select {
			case <-done:
				last = true
			default:
			}
		}
	}()

	for n := int64(2); n <= 101; n++ {
		r := parcel("prc_1", n, "ann", "1")
		r.Outbox = []event.Event{happened("prc_1", int(n), "e.raised")}
		p.replace(t, r)
	}
	close(done)

	if got := <-published; got != 100 {
		t.Errorf("%d events went out, want 100", got)
	}
	if got := p.get(t, "prc_1").Version; got != 101 {
		t.Errorf("version = %d, want 101", got)
	}
}

func wakes(t *testing.T, p *place) {
	r := parcel("prc_1", 1, "ann", "1")
	r.Outbox = []event.Event{happened("prc_1", 1, "e.1")}
	p.insert(t, r)
	select {
	case <-p.Wake():
	case <-time.After(5 * time.Second):
		t.Fatal("nobody was woken")
	}

	p.insert(t, parcel("prc_2", 1, "ann", "1"))
	_ = p.Insert(t.Context(), parcels, r)

	select {
	case <-p.Wake():
		t.Error("woken for nothing")
	case <-time.After(50 * time.Millisecond):
	}
}

func afterDelete(t *testing.T, p *place) {
	r := parcel("prc_1", 1, "ann", "1")
	r.Outbox = []event.Event{happened("prc_1", 1, "e.1")}
	p.insert(t, r)

	if err := p.Delete(t.Context(), parcels, "prc_1", 1); err != nil {
		t.Fatal(err)
	}

	all, err := p.Waiting(t.Context(), 10)
	if err != nil || len(all) != 1 || all[0].Event.Kind != "e.1" {
		t.Fatalf("waiting = %v, %v; want the event", all, err)
	}
	if err := p.Published(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	if got := p.waiting(t, "prc_1"); len(got) != 0 {
		t.Errorf("still waiting: %v", got)
	}
	if _, err := p.Get(t.Context(), parcels, "prc_1"); err == nil {
		t.Error("the document came back")
	}
}

func timersAfterRestart(t *testing.T, p *place) {
	want := []docstore.LiveTimer{}
	for i := range 5 {
		r := parcel(fmt.Sprintf("prc_%d", i), 1, "ann", "1")
		for _, kind := range []event.Kind{"parcel.late", "parcel.lost"} {
			timer := docstore.Timer{Kind: kind, Due: noon.Add(time.Duration(i) * time.Minute)}
			r.Timers = append(r.Timers, timer)
			want = append(want, docstore.LiveTimer{Collection: parcels, Doc: r.ID, Timer: timer})
		}
		p.insert(t, r)
	}
	p.insert(t, parcel("prc_9", 1, "ann", "1"))

	p.restart(t)

	if diff := cmp.Diff(want, live(t, p)); diff != "" {
		t.Error(diff)
	}
}

func timersReplaced(t *testing.T, p *place) {
	r := parcel("prc_1", 1, "ann", "1")
	r.Timers = []docstore.Timer{{Kind: "parcel.late", Due: noon}, {Kind: "parcel.lost", Due: noon}}
	p.insert(t, r)
	r.Version, r.Timers = 2, []docstore.Timer{{Kind: "parcel.late", Due: noon.Add(time.Minute)}}

	p.replace(t, r)
	moved := live(t, p)
	r.Version, r.Timers = 3, nil
	p.replace(t, r)
	cleared := live(t, p)

	want := []docstore.LiveTimer{{Collection: parcels, Doc: "prc_1", Timer: docstore.Timer{Kind: "parcel.late", Due: noon.Add(time.Minute)}}}
	if diff := cmp.Diff(want, moved); diff != "" {
		t.Errorf("moved: %s", diff)
	}
	if len(cleared) != 0 {
		t.Errorf("cleared: %v", cleared)
	}
}
