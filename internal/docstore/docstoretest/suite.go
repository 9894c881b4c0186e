// Package docstoretest is what docstore promises, as tests: one suite that every adapter runs against
// its real engine. An adapter's test package calls Main from TestMain and Run from a test.
package docstoretest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"housecall/internal/docstore"
	"housecall/internal/event"
)

// Target is an adapter under test. What New names must be reachable by a second process, too.
type Target struct {
	New  func(tb testing.TB) string // a new, empty place: a path, a URI
	Open func(ctx context.Context, at string) (docstore.Store, error)
}

// Run checks every promise of docstore.Store, and of Collection on top of it.
func Run(t *testing.T, target Target) {
	t.Helper()
	for _, group := range [][]promise{documents, races, indexes, outbox, timers, typed, kills} {
		for _, p := range group {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				p.check(t, newPlace(t, target))
			})
		}
	}
}

// promise is one sentence of docstore and how it is checked.
type promise struct {
	name  string
	check func(t *testing.T, p *place)
}

// place is a store at a target of its own, with one collection declared.
type place struct {
	docstore.Store
	target Target
	at     string
}

const parcels = "parcel"

func newPlace(t *testing.T, target Target) *place {
	t.Helper()
	p := &place{target: target, at: target.New(t)}
	p.Store = p.open(t)
	return p
}

// open opens the place once more, as a second node or a restart does.
func (p *place) open(t *testing.T) docstore.Store {
	t.Helper()
	s, err := p.target.Open(t.Context(), p.at)
	if err != nil {
		t.Fatal(err)
	}
	closed := &closer{Store: s}
	t.Cleanup(func() {
		if err := closed.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if err := declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return closed
}

// closer is a store that may be closed by the test and again by its cleanup.
type closer struct {
	docstore.Store
	done bool
}

func (c *closer) Close() error {
	if c.done {
		return nil
	}
	c.done = true
	return c.Store.Close()
}

func declare(ctx context.Context, s docstore.Store) error {
	return s.Declare(ctx, parcels, []string{"by_owner", "by_state"})
}

// restart closes the store and opens it again.
func (p *place) restart(t *testing.T) {
	t.Helper()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	p.Store = p.open(t)
}

// parcel is a record with one place in each index.
func parcel(id string, version int64, owner, order string) docstore.Record {
	return docstore.Record{
		ID: id, Version: version, Body: fmt.Appendf(nil, `{"id":%q,"n":%d}`, id, version),
		Keys: map[string]docstore.Key{
			"by_owner": {Equal: owner, Order: order},
			"by_state": {Equal: docstore.Eq("packed", owner), Order: order},
		},
	}
}

func (p *place) insert(t *testing.T, records ...docstore.Record) {
	t.Helper()
	for _, r := range records {
		if err := p.Insert(t.Context(), parcels, r); err != nil {
			t.Fatalf("insert %s: %v", r.ID, err)
		}
	}
}

func (p *place) replace(t *testing.T, r docstore.Record) {
	t.Helper()
	if err := p.Replace(t.Context(), parcels, r); err != nil {
		t.Fatalf("replace %s: %v", r.ID, err)
	}
}

func (p *place) get(t *testing.T, id string) docstore.Record {
	t.Helper()
	r, err := p.Get(t.Context(), parcels, id)
	if err != nil {
		t.Fatalf("get %s: %v", id, err)
	}
	return r
}

// ids lists the ids of every page of a query.
func (p *place) ids(t *testing.T, q docstore.Query) []string {
	t.Helper()
	var all []string
	for {
		found, err := p.Find(t.Context(), parcels, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range found.Records {
			all = append(all, r.ID)
		}
		if found.Next == "" {
			return all
		}
		if len(found.Records) != q.Limit {
			t.Fatalf("a page of %d has a next one, want %d on it", len(found.Records), q.Limit)
		}
		q.Cursor = found.Next
	}
}

// waiting lists the kinds of the events that wait in a document, in order.
func (p *place) waiting(t *testing.T, doc string) []event.Kind {
	t.Helper()
	all, err := p.Waiting(t.Context(), 10_000)
	if err != nil {
		t.Fatal(err)
	}
	kinds := []event.Kind{}
	for _, o := range all {
		if o.Doc == doc && o.Collection == parcels {
			kinds = append(kinds, o.Event.Kind)
		}
	}
	return kinds
}

// live lists every live timer, page by page.
func live(t *testing.T, s docstore.Store) []docstore.LiveTimer {
	t.Helper()
	all := []docstore.LiveTimer{}
	for cursor := ""; ; {
		page, next, err := s.Timers(t.Context(), cursor, 2)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page...)
		if cursor = next; cursor == "" {
			return all
		}
	}
}

func happened(doc string, n int, kind event.Kind) event.Event {
	return event.Event{ID: fmt.Sprintf("%s.%d", doc, n), Kind: kind, Doc: doc, At: noon}
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
