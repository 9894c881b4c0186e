package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/id"
)

type card struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
	Box           string `json:"box"`
}

func (c *card) DocID() string { return c.ID }

// counting counts documents that are looked through and listed anew.
type counting struct {
	*sqlite.Store
	scanned, rekeyed atomic.Int64
}

func (c *counting) Scan(ctx context.Context, collection, after string, limit int) ([]docstore.Record, error) {
	all, err := c.Store.Scan(ctx, collection, after, limit)
	c.scanned.Add(int64(len(all)))
	return all, err
}

func (c *counting) Rekey(ctx context.Context, collection string, r docstore.Record) error {
	c.rekeyed.Add(1)
	return c.Store.Rekey(ctx, collection, r)
}

func TestCollectionThatBeganEmptyIsNotLookedThroughAtTheNextStart(t *testing.T) {
	t.Parallel()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s := &counting{Store: store}
	byBox := func(c *card) (docstore.Key, bool) { return docstore.Key{Equal: c.Box, Order: c.ID}, true }
	open := func(indexes map[string]func(*card) (docstore.Key, bool)) *docstore.Collection[card, *card] {
		c, err := docstore.Open[card](t.Context(), s, clock.NewReal(), docstore.Spec[card]{Name: "cards", Indexes: indexes})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	const many = 450
	cards := open(map[string]func(*card) (docstore.Key, bool){"by_box": byBox})
	for n := range many {
		if err := cards.Insert(t.Context(), id.Request{}, &card{ID: fmt.Sprintf("card_%03d", n), Box: "one"}); err != nil {
			t.Fatal(err)
		}
	}

	open(map[string]func(*card) (docstore.Key, bool){"by_box": byBox})
	again := s.scanned.Load() + s.rekeyed.Load()
	cards = open(map[string]func(*card) (docstore.Key, bool){"by_box": byBox, "by_id": byBox})

	if again > 0 {
		t.Errorf("%d documents were looked through though every index listed them", again)
	}
	if s.rekeyed.Load() != many {
		t.Errorf("%d of %d were listed in a new index", s.rekeyed.Load(), many)
	}
	found, err := cards.Find(t.Context(), docstore.Query{Index: "by_id", Equal: "one", Limit: 200})
	if err != nil || len(found.Items) != 200 {
		t.Errorf("the new index lists %d: %v", len(found.Items), err)
	}
}
