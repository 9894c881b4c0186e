package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"sync/atomic"
)

// mapped reads the first 16 GB of the file where the system already has them in memory: at a million
// documents a page of an index costs half of what it does through read calls.
const mapped = "mmap_size(17179869184)"

// stillAfter is how many reads without a write between them make a store a still one.
const stillAfter = 1000

// readers are the connections that read, of two kinds. Those for a still store have the file mapped. At the
// first read after a write SQLite lets go of the whole mapping, and finding the same pages again costs five
// times the read; so while writes go on, others read, which copy what they need.
type readers struct {
	still, busy readingSide
	seen        atomic.Int64 // writes, when somebody read last
	since       atomic.Int64 // reads since the last write, counted up to stillAfter
}

type readingSide struct {
	db *sql.DB
	reads
}

func (r *readers) open(ctx context.Context, path string) error {
	for _, side := range []struct {
		of       *readingSide
		settings []string
	}{
		{&r.still, []string{"query_only(1)", "cache_size(-16384)", mapped}},
		// What these have copied is thrown away after each write: there is no use in room for more.
		{&r.busy, []string{"query_only(1)", "cache_size(-2048)"}},
	} {
		if err := side.of.open(ctx, source(path, side.settings...)); err != nil {
			return errors.Join(err, r.close())
		}
	}
	return nil
}

func (r *readingSide) open(ctx context.Context, source string) (err error) {
	if r.db, err = sql.Open("sqlite", source); err != nil {
		return err
	}
	atOnce := max(4, runtime.GOMAXPROCS(0))
	r.db.SetMaxOpenConns(atOnce)
	r.db.SetMaxIdleConns(atOnce)
	return r.prepare(ctx, r.db)
}

func (r *readers) close() error {
	var all []error
	for _, side := range []*readingSide{&r.still, &r.busy} {
		if side.db != nil {
			all = append(all, side.db.Close())
		}
	}
	return errors.Join(all...)
}

// now is the side to read from after so many writes. Either answers the same: two who ask at once may
// be sent to different ones.
func (r *readers) now(writes int64) *readingSide {
	if r.seen.Load() != writes {
		r.seen.Store(writes)
		r.since.Store(0)
		return &r.busy
	}
	if r.since.Load() < stillAfter {
		r.since.Add(1)
		return &r.busy
	}
	return &r.still
}
