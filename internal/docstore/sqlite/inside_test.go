package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"housecall/internal/docstore"
)

func opened(t *testing.T) (*Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Declare(t.Context(), "parcel", []string{"by_owner"}); err != nil {
		t.Fatal(err)
	}
	return s, path
}

func big(id string) docstore.Record {
	return docstore.Record{
		ID: id, Version: 1, Body: fmt.Appendf(nil, `{"filler":%q}`, strings.Repeat("x", 20_000)),
		Keys: map[string]docstore.Key{"by_owner": {Equal: "ann", Order: id}},
	}
}

// limit allows the file so many pages more than it has, as a full disk does.
func limit(t *testing.T, s *Store, more int) {
	t.Helper()
	var pages int
	if err := s.write.conn.db.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if _, err := s.write.conn.db.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages+more)); err != nil {
		t.Fatal(err)
	}
}

func TestFullDiskRefusesAndLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	s, path := opened(t)
	limit(t, s, 200)

	kept, full := insertMany(t, s)
	pingFull := s.Ping(t.Context())

	if len(kept) < 20 || full == 0 || !errors.Is(pingFull, docstore.ErrFull) {
		t.Errorf("%d kept, %d refused, ping = %v; want some of each and ErrFull", len(kept), full, pingFull)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path) // there is room again
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Declare(t.Context(), "parcel", []string{"by_owner"}); err != nil {
		t.Fatal(err)
	}
	found, err := s.Find(t.Context(), "parcel", docstore.Query{Index: "by_owner", Equal: "ann", Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range found.Records {
		if !kept[r.ID] {
			t.Errorf("%s was refused and is there", r.ID)
		}
		delete(kept, r.ID)
	}
	if len(kept) != 0 {
		t.Errorf("acknowledged and lost: %v", kept)
	}
	if err := s.Insert(t.Context(), "parcel", big("prc_more")); err != nil {
		t.Errorf("insert with room again = %v", err)
	}
}

// insertMany has 64 insert at once and answers who was kept and how many found the disk full.
func insertMany(t *testing.T, s *Store) (kept map[string]bool, full int) {
	t.Helper()
	kept = map[string]bool{}
	var mu sync.Mutex // guards kept, full
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			id := fmt.Sprintf("prc_%02d", i)
			err := s.Insert(t.Context(), "parcel", big(id))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				kept[id] = true
			case errors.Is(err, docstore.ErrFull):
				full++
			default:
				t.Errorf("insert = %v, want nil or ErrFull", err)
			}
		})
	}
	all.Wait()
	return kept, full
}

func TestOneThatFailsTakesNothingFromThoseItSharesWith(t *testing.T) {
	t.Parallel()
	s, _ := opened(t)
	defer func() { _ = s.Close() }()
	broken := errors.New("broken")
	run := func(id string) func(context.Context, *conn) error {
		return func(ctx context.Context, c *conn) error {
			row, err := s.encode("parcel", big(id))
			if err != nil {
				return err
			}
			if err := c.insert(ctx, row); err != nil {
				return err
			}
			if id == "prc_broken" {
				return broken // after it has changed something
			}
			return nil
		}
	}
	var group []write
	for _, id := range []string{"prc_1", "prc_broken", "prc_2", "prc_1"} {
		group = append(group, write{run: run(id), done: make(chan error, 1)})
	}

	// A write of its own holds the writer's goroutine while the group runs on its connection.
	err := s.write.do(t.Context(), write{run: func(ctx context.Context, c *conn) error {
		if err := c.commit(ctx); err != nil {
			return err
		}
		s.write.commit(ctx, group)
		return c.begin(ctx)
	}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{nil, broken, nil, docstore.ErrExists} {
		if got := <-group[i].done; !errors.Is(got, want) {
			t.Errorf("write %d = %v, want %v", i, got, want)
		}
	}
	if _, err := s.Get(t.Context(), "parcel", "prc_broken"); !errors.Is(err, docstore.ErrNotFound) {
		t.Errorf("the broken write is there: %v", err)
	}
	if _, err := s.Get(t.Context(), "parcel", "prc_2"); err != nil {
		t.Errorf("the write after the broken one = %v", err)
	}
}

func TestWriteWhoseTurnHasComeIsAnsweredWhateverItsContextSays(t *testing.T) {
	t.Parallel()
	s, _ := opened(t)
	defer func() { _ = s.Close() }()
	ctx, cancel := context.WithCancel(t.Context())

	err := s.write.do(ctx, write{run: func(runCtx context.Context, c *conn) error {
		cancel() // in the middle of its turn
		row, err := s.encode("parcel", big("prc_1"))
		if err != nil {
			return err
		}
		return c.insert(runCtx, row)
	}})
	if err != nil {
		t.Errorf("write = %v, want the truth, that it was done", err)
	}
	if _, err := s.Get(t.Context(), "parcel", "prc_1"); err != nil {
		t.Errorf("get = %v", err)
	}
	if err := s.Insert(ctx, "parcel", big("prc_2")); !errors.Is(err, context.Canceled) {
		t.Errorf("the next write = %v, want cancelled", err)
	}
}

func TestFileOfNewerHousecallIsRefused(t *testing.T) {
	t.Parallel()
	s, path := opened(t)
	if _, err := s.write.conn.db.ExecContext(t.Context(), "UPDATE schema SET version = ?", schemaVersion+1); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	_, err := Open(t.Context(), path)

	if err == nil || !strings.Contains(err.Error(), "start the newer housecall") {
		t.Errorf("open = %v, want a refusal that says what to do", err)
	}
}

func TestWhoWritesAloneAfterACrowdWaitsOnceAtMost(t *testing.T) {
	t.Parallel()
	var c crowd
	c.committed(16, time.Millisecond)

	for n := range 3 {
		c.stood(0)
		if expected, _ := c.expected(); n > 0 && expected > 1 {
			t.Errorf("write %d is held open for %d", n+1, expected)
		}
		c.came(1)
		c.committed(1, time.Millisecond)
	}
}

// Sixteen callers whom a slow start has split in two halves, each waiting for the other's sync.
func TestTwoCrowdsThatMissEachOtherBecomeOne(t *testing.T) {
	t.Parallel()
	var c crowd
	standing, answered := 8, 8
	c.committed(answered, time.Millisecond)

	for range 60 {
		c.stood(standing)
		expected, _ := c.expected()
		group := max(standing, min(expected, standing+answered)) // those answered are back within the patience
		c.came(group)
		standing, answered = 16-group, group // the rest come during the commit
		c.committed(group, time.Millisecond)
	}

	if answered != 16 {
		t.Errorf("groups of %d are written, want all 16 together", answered)
	}
}

func TestGroupIsHeldOpenForHalfACommitAtMost(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name            string
		commit, longest time.Duration
	}{
		{"a disk that syncs at once", time.Microsecond, leastPatience},
		{"an ordinary one", time.Millisecond, time.Millisecond / 2},
		{"one that takes for ever", time.Second, mostPatience},
	} {
		var c crowd
		for range 100 {
			c.committed(16, tt.commit)
		}
		if _, got := c.expected(); got > tt.longest {
			t.Errorf("%s: held open for %s, want %s at most", tt.name, got, tt.longest)
		}
	}
}

func TestKeysThatDocumentsBearAreReadBackWhateverTheyHold(t *testing.T) {
	t.Parallel()
	s, _ := opened(t)
	if err := s.Declare(t.Context(), "parcel", []string{"by_town"}); err != nil {
		t.Fatal(err)
	}
	for _, equal := range []string{"", `ann "the 1st"`, "安娜 <a&b>", "line\nfeed\x00\x1f", "\u2028"} {
		r := docstore.Record{ID: "p", Version: 1, Keys: map[string]docstore.Key{
			"by_owner": {Equal: equal, Order: "1"}, "by_town": {Equal: "x", Order: equal},
		}}
		stored, err := s.encode("parcel", r)
		if err != nil {
			t.Fatal(err)
		}
		var read keyed
		if err := json.Unmarshal([]byte(stored.keys), &read); err != nil {
			t.Errorf("keys of %q can't be read: %s: %v", equal, stored.keys, err)
		}
		want := keyed{"by_owner": {equal, "1"}, "by_town": {"x", equal}}
		if !maps.Equal(read, want) {
			t.Errorf("keys of %q = %v, want %v", equal, read, want)
		}
	}
}
