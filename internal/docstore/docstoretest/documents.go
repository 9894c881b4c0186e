package docstoretest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"housecall/internal/docstore"

	"github.com/google/go-cmp/cmp"
)

var documents = []promise{
	{"a document reads as it was written, byte for byte", readsAsWritten},
	{"an id that is taken is refused and the first document stays", takenID},
	{"what is not there is not found", notThere},
	{"a document is replaced only from the version that was read", replacedFromVersion},
	{"a deleted document is gone from its indexes and its id is free", deleted},
	{"ids and collections do not see each other", apart},
	{"a request that has ended before its write begins writes nothing", endedRequest},
	{"ping answers while writes are accepted", pingAnswers},
	{"of many who write and read at once each is answered for itself", eachForItself},
	{"everything acknowledged is there after a restart", afterRestart},
}

// bodies are what encoding/json may write of a document.
var bodies = []string{
	`{}`,
	`{"z":1,"a":2,"m":{"y":[],"b":{}},"":"empty name"}`,
	`{"big":9223372036854775807,"small":-9223372036854775808,"past":9007199254740993}`,
	`{"dose":"0.125","share":0.1,"tiny":5e-324,"huge":1e+21,"round":100000000000000000000,"minus":-3.5}`,
	`{"yes":true,"no":false,"nothing":null,"list":[1,"two",[3.5,null],{"four":4}]}`,
	`{"text":"\u003cb\u003e \"quoted\" \\ \n \u0000 病历 😀","date":"2026-03-01T12:00:00.000Z"}`,
	`{"order.placed":1,"$set":{"a.b":2},"_id":"mine","k":{"by_owner":{"e":"x"}},"ob":[]}`,
}

func eachForItself(t *testing.T, p *place) {
	const crowd = 60
	for i := range crowd {
		if i%5 == 0 {
			p.insert(t, parcel(fmt.Sprintf("prc_%02d", i), 1, "before", "1"))
		}
	}
	ctx := t.Context()
	gone, cancel := context.WithCancel(ctx)
	cancel()
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range crowd {
		id, taken := fmt.Sprintf("prc_%02d", i), i%5 == 0
		all.Go(func() {
			<-start
			if err := p.Insert(ctx, parcels, parcel(id, 1, "ann", "1")); taken != errors.Is(err, docstore.ErrExists) || !taken && err != nil {
				t.Errorf("insert of %s = %v; taken before: %v", id, err, taken)
			}
			if r, err := p.Get(ctx, parcels, id); err != nil || r.ID != id || !strings.Contains(string(r.Body), id) {
				t.Errorf("get of %s = %s %s, %v", id, r.ID, r.Body, err)
			}
			if _, err := p.Get(gone, parcels, id); !errors.Is(err, context.Canceled) {
				t.Errorf("get of %s for nobody = %v", id, err)
			}
			if _, err := p.Get(ctx, parcels, "not_"+id); !errors.Is(err, docstore.ErrNotFound) {
				t.Errorf("get of what is not there = %v", err)
			}
		})
	}

	close(start)
	all.Wait()

	if n := len(p.ids(t, docstore.Query{Index: "by_owner", Equal: "ann", Limit: 100})); n != crowd*4/5 {
		t.Errorf("%d are ann's, want %d", n, crowd*4/5)
	}
}

func readsAsWritten(t *testing.T, p *place) {
	for i, body := range append(bodies, `{"long":"`+strings.Repeat("x", 1<<20)+`"}`) {
		r := parcel(fmt.Sprintf("prc_%d", i), 1, "ann", "1")
		r.Body = []byte(body)
		p.insert(t, r)
		changed := r
		changed.Version, changed.ID = 2, r.ID

		got := p.get(t, r.ID)
		p.replace(t, changed)
		again := p.get(t, r.ID)

		if string(got.Body) != body || got.Version != 1 || got.ID != r.ID {
			t.Errorf("inserted %.200s, read %s version %d: %.200s", body, got.ID, got.Version, got.Body)
		}
		if string(again.Body) != body || again.Version != 2 {
			t.Errorf("replaced by %.200s, read version %d: %.200s", body, again.Version, again.Body)
		}
	}
}

func takenID(t *testing.T, p *place) {
	p.insert(t, parcel("prc_1", 1, "ann", "1"))
	second := parcel("prc_1", 1, "bob", "2")
	second.Body = []byte(`{"other":true}`)
	second.Outbox = append(second.Outbox, happened("prc_1", 1, "parcel.packed"))

	err := p.Insert(t.Context(), parcels, second)

	if !errors.Is(err, docstore.ErrExists) {
		t.Errorf("second insert = %v, want ErrExists", err)
	}
	if got := p.get(t, "prc_1"); string(got.Body) != `{"id":"prc_1","n":1}` {
		t.Errorf("the first document became %s", got.Body)
	}
	if got := p.ids(t, docstore.Query{Index: "by_owner", Equal: "bob", Limit: 5}); len(got) != 0 {
		t.Errorf("the refused document is listed: %v", got)
	}
	if got := p.waiting(t, "prc_1"); len(got) != 0 {
		t.Errorf("the refused document left events: %v", got)
	}
}

func notThere(t *testing.T, p *place) {
	_, getErr := p.Get(t.Context(), parcels, "prc_0")
	replaceErr := p.Replace(t.Context(), parcels, parcel("prc_0", 2, "ann", "1"))
	deleteErr := p.Delete(t.Context(), parcels, "prc_0", 1)

	for what, err := range map[string]error{"get": getErr, "replace": replaceErr, "delete": deleteErr} {
		if !errors.Is(err, docstore.ErrNotFound) {
			t.Errorf("%s = %v, want ErrNotFound", what, err)
		}
	}
}

func replacedFromVersion(t *testing.T, p *place) {
	p.insert(t, parcel("prc_1", 1, "ann", "1"))
	p.replace(t, parcel("prc_1", 2, "bob", "2"))

	stale := p.Replace(t.Context(), parcels, parcel("prc_1", 2, "cid", "3"))
	ahead := p.Replace(t.Context(), parcels, parcel("prc_1", 4, "cid", "3"))

	if !errors.Is(stale, docstore.ErrStale) || !errors.Is(ahead, docstore.ErrStale) {
		t.Errorf("stale = %v, ahead = %v, want ErrStale twice", stale, ahead)
	}
	if got := p.get(t, "prc_1"); got.Version != 2 || string(got.Body) != `{"id":"prc_1","n":2}` {
		t.Errorf("document is version %d: %s", got.Version, got.Body)
	}
	for owner, want := range map[string][]string{"ann": nil, "bob": {"prc_1"}, "cid": nil} {
		if diff := cmp.Diff(want, p.ids(t, docstore.Query{Index: "by_owner", Equal: owner, Limit: 5})); diff != "" {
			t.Errorf("parcels of %s: %s", owner, diff)
		}
	}
}

func deleted(t *testing.T, p *place) {
	r := parcel("prc_1", 1, "ann", "1")
	r.Timers = []docstore.Timer{{Kind: "parcel.late", Due: noon}}
	p.insert(t, r)

	stale := p.Delete(t.Context(), parcels, "prc_1", 7)
	err := p.Delete(t.Context(), parcels, "prc_1", 1)

	if !errors.Is(stale, docstore.ErrStale) || err != nil {
		t.Fatalf("stale delete = %v, delete = %v", stale, err)
	}
	if _, err := p.Get(t.Context(), parcels, "prc_1"); !errors.Is(err, docstore.ErrNotFound) {
		t.Errorf("get = %v, want ErrNotFound", err)
	}
	if got := p.ids(t, docstore.Query{Index: "by_owner", Equal: "ann", Limit: 5}); len(got) != 0 {
		t.Errorf("still listed: %v", got)
	}
	if got := live(t, p); len(got) != 0 {
		t.Errorf("timers still live: %v", got)
	}
	p.insert(t, parcel("prc_1", 1, "ann", "1"))
}

func apart(t *testing.T, p *place) {
	if err := p.Declare(t.Context(), "letter", []string{"by_owner"}); err != nil {
		t.Fatal(err)
	}
	letter := docstore.Record{ID: "prc_1", Version: 1, Body: []byte(`{"letter":true}`), Keys: map[string]docstore.Key{"by_owner": {Equal: "ann"}}}
	p.insert(t, parcel("prc_1", 1, "ann", "1"), parcel("PRC_1", 1, "Ann", "1"), parcel("prc_1 ", 1, "ann ", "1"))

	err := p.Insert(t.Context(), "letter", letter)
	if err != nil {
		t.Fatal(err)
	}
	for owner, want := range map[string][]string{"ann": {"prc_1"}, "Ann": {"PRC_1"}, "ann ": {"prc_1 "}} {
		if diff := cmp.Diff(want, p.ids(t, docstore.Query{Index: "by_owner", Equal: owner, Limit: 5})); diff != "" {
			t.Errorf("parcels of %q: %s", owner, diff)
		}
	}
	found, err := p.Find(t.Context(), "letter", docstore.Query{Index: "by_owner", Equal: "ann"})
	if err != nil || len(found.Records) != 1 || string(found.Records[0].Body) != `{"letter":true}` {
		t.Errorf("letters = %v, %v", found, err)
	}
}

func endedRequest(t *testing.T, p *place) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var refused, written atomic.Int64
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			err := p.Insert(ctx, parcels, parcel(fmt.Sprintf("prc_%02d", i), 1, "ann", "1"))
			switch {
			case err == nil:
				written.Add(1) // its turn came first: then it must be there
			case errors.Is(err, context.Canceled):
				refused.Add(1)
			default:
				t.Errorf("insert = %v", err)
			}
		})
	}
	all.Wait()

	listed := p.ids(t, docstore.Query{Index: "by_owner", Equal: "ann", Limit: 100})

	if int64(len(listed)) != written.Load() || written.Load()+refused.Load() != 64 {
		t.Errorf("%d acknowledged, %d cancelled, %d there", written.Load(), refused.Load(), len(listed))
	}
}

func pingAnswers(t *testing.T, p *place) {
	if err := p.Ping(t.Context()); err != nil {
		t.Errorf("ping = %v", err)
	}
}

func afterRestart(t *testing.T, p *place) {
	r := parcel("prc_1", 1, "ann", "1")
	r.Outbox = append(r.Outbox, happened("prc_1", 1, "parcel.packed"))
	p.insert(t, r)

	p.restart(t)

	if got := p.get(t, "prc_1"); string(got.Body) != string(r.Body) {
		t.Errorf("read %s", got.Body)
	}
	if got := p.ids(t, docstore.Query{Index: "by_owner", Equal: "ann", Limit: 5}); len(got) != 1 {
		t.Errorf("listed: %v", got)
	}
	if got := p.waiting(t, "prc_1"); len(got) != 1 {
		t.Errorf("waiting: %v", got)
	}
}
