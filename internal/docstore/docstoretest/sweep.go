package docstoretest

import (
	"errors"
	"fmt"
	"testing"

	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/id"
)

// spoil makes a document one that nothing can read.
func spoil(t *testing.T, store docstore.Store, collection, docID string, keys map[string]docstore.Key) {
	t.Helper()
	r, err := store.Get(t.Context(), collection, docID)
	if err != nil {
		t.Fatal(err)
	}
	r.Version++
	r.Body, r.Keys = []byte(`{"n":"many"}`), keys
	if err := store.Replace(t.Context(), collection, r); err != nil {
		t.Fatal(err)
	}
}

func passedOver(t *testing.T, p *place) {
	spec := counterSpec()
	kept := func(c *counter) (docstore.Key, bool) {
		return docstore.Key{Equal: "kept", Order: docstore.ByNumber(int64(c.N))}, true
	}
	spec.Indexes["kept"] = kept
	c, err := docstore.Open(t.Context(), p.Store, clock.NewFake(noon), spec)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 6 {
		if err := c.Insert(t.Context(), id.Request{}, &counter{ID: fmt.Sprintf("cnt_%d", n), N: n}); err != nil {
			t.Fatal(err)
		}
	}
	first, _ := kept(&counter{N: 1})
	spoil(t, p.Store, spec.Name, "cnt_1", map[string]docstore.Key{"kept": first})
	broken := errors.New("the disk is full")
	var seen []int
	sweep := func(at func(*counter) (docstore.Swept, error)) (int, error) {
		seen = nil
		return c.Sweep(t.Context(), docstore.Query{Index: "kept", Equal: "kept"}, 100, func(c *counter) (docstore.Swept, error) {
			seen = append(seen, c.N)
			return at(c)
		})
	}

	done, err := sweep(func(c *counter) (docstore.Swept, error) {
		switch c.N {
		case 2:
			return docstore.Left, fmt.Errorf("its visit: %w", docstore.ErrUnreadable)
		case 3:
			return docstore.Left, nil
		case 5:
			return docstore.Enough, nil
		}
		return docstore.Done, nil
	})
	over, left := docstore.Overlooked(errors.Join(err, nil))

	if done != 2 || left != nil || len(seen) != 5 {
		t.Errorf("done %d, seen %v, error %v; want the first and the fifth done", done, seen, left)
	}
	if len(over) != 2 || over[0].ID != "cnt_1" || over[1].ID != "cnt_2" || over[0].Collection != spec.Name || !errors.Is(over[0].Cause, docstore.ErrUnreadable) {
		t.Errorf("passed over %+v, want the one that can't be read and the one whose visit can't", over)
	}

	done, err = sweep(func(c *counter) (docstore.Swept, error) {
		if c.N == 2 {
			return docstore.Left, broken
		}
		return docstore.Done, nil
	})
	over, left = docstore.Overlooked(err)

	if done != 1 || !errors.Is(left, broken) || len(over) != 1 {
		t.Errorf("done %d, passed over %v, error %v; want it to stop at what is no document's own fault", done, over, left)
	}
}
