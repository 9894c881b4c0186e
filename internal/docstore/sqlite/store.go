package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"

	"housecall/internal/docstore"

	"modernc.org/sqlite" // registers the driver, too
	sqlite3 "modernc.org/sqlite/lib"
)

// Store is a docstore.Store in one SQLite file. Open makes it.
type Store struct {
	reading readers
	write   *writer

	mu      sync.RWMutex // guards indexes
	indexes map[indexName]int64
}

type indexName struct{ collection, name string }

var _ docstore.Store = (*Store)(nil)

// errClosed is answered to a write that comes after Close; nothing of it is kept.
var errClosed = errors.New("the store is closed")

// cached is how much of the file the writing connection copies: what one group of writes touches, and not
// more. The rest is mapped anyway, and SQLite walks over the whole of it at each commit that followed the
// splitting of a page: at 64 MB that was a seventh of all a write cost.
const cached = "cache_size(-8192)"

// Open opens the file, or makes it, readable by nobody else. Its folder must exist. A file that a
// newer housecall has written is refused.
func Open(ctx context.Context, path string) (*Store, error) {
	s, err := open(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	return s, nil
}

func open(ctx context.Context, path string) (*Store, error) {
	// SQLite would make the file readable by everybody; the files it adds take this one's mode.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	writing, err := sql.Open("sqlite", source(path, "synchronous(FULL)", cached, mapped, "wal_autocheckpoint(4000)"))
	if err != nil {
		return nil, err
	}
	writing.SetMaxOpenConns(1)
	if err := prepareSchema(ctx, writing); err != nil {
		return nil, errors.Join(err, writing.Close())
	}
	s := &Store{indexes: map[indexName]int64{}}
	if err := s.reading.open(ctx, path); err != nil {
		return nil, errors.Join(err, writing.Close())
	}
	if s.write, err = startWriter(ctx, writing); err != nil {
		return nil, errors.Join(err, s.reading.close(), writing.Close())
	}
	return s, nil
}

// read is the side that reads at the moment.
func (s *Store) read() *readingSide { return s.reading.now(s.write.commits.Load()) }

// source is the driver's name for the file with the settings of each connection.
func source(path string, pragmas ...string) string {
	settings := url.Values{
		"_txlock": {"immediate"},
		// busy_timeout comes first: switching to WAL may itself have to wait for another process.
		"_pragma": append([]string{"busy_timeout(10000)", "journal_mode(WAL)"}, pragmas...),
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + settings.Encode()
}

// Close lets the writes that have begun end, then closes the file.
func (s *Store) Close() error {
	return errors.Join(s.write.stop(), s.reading.close())
}

// Declare implements docstore.Store.
func (s *Store) Declare(ctx context.Context, collection string, indexes []string) error {
	for _, name := range indexes {
		var n int64
		err := s.write.do(ctx, write{run: func(ctx context.Context, c *conn) (err error) {
			n, err = c.declare(ctx, collection, name)
			return err
		}})
		if err != nil {
			return err
		}
		s.mu.Lock()
		s.indexes[indexName{collection, name}] = n
		s.mu.Unlock()
	}
	return nil
}

// index is the number of a declared index.
func (s *Store) index(collection, name string) (int64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n, declared := s.indexes[indexName{collection, name}]
	if !declared {
		return 0, fmt.Errorf("index %s of %s is not declared", name, collection)
	}
	return n, nil
}

// Insert implements docstore.Store. When ctx ends while the write waits for its turn, it is
// withdrawn; once its turn has come, the answer is what became of it, whatever ctx says.
func (s *Store) Insert(ctx context.Context, collection string, r docstore.Record) error {
	row, err := s.encode(collection, r)
	if err != nil {
		return err
	}
	return s.write.do(ctx, write{wakes: len(row.events) > 0, run: func(ctx context.Context, c *conn) error { return c.insert(ctx, row) }})
}

// Replace implements docstore.Store; ctx is treated as Insert does.
func (s *Store) Replace(ctx context.Context, collection string, r docstore.Record) error {
	row, err := s.encode(collection, r)
	if err != nil {
		return err
	}
	return s.write.do(ctx, write{wakes: len(row.events) > 0, run: func(ctx context.Context, c *conn) error { return c.replace(ctx, row) }})
}

// Delete implements docstore.Store.
func (s *Store) Delete(ctx context.Context, collection, id string, version int64) error {
	return s.write.do(ctx, write{run: func(ctx context.Context, c *conn) error { return c.remove(ctx, collection, id, version) }})
}

// Rekey implements docstore.Store.
func (s *Store) Rekey(ctx context.Context, collection string, r docstore.Record) error {
	row, err := s.encode(collection, r)
	if err != nil {
		return err
	}
	return s.write.do(ctx, write{run: func(ctx context.Context, c *conn) error { return c.rekey(ctx, row) }})
}

// Published implements docstore.Store.
func (s *Store) Published(ctx context.Context, events []docstore.Outgoing) error {
	if len(events) == 0 {
		return nil
	}
	return s.write.do(ctx, write{run: func(ctx context.Context, c *conn) error { return c.published(ctx, events) }})
}

// Wake implements docstore.Store.
func (s *Store) Wake() <-chan struct{} { return s.write.wake }

// Ping implements docstore.Store: it writes, durably, and takes away what it wrote.
func (s *Store) Ping(ctx context.Context) error {
	return s.write.do(ctx, write{run: func(ctx context.Context, c *conn) error { return c.probe(ctx) }})
}

// translate answers what docstore calls a full disk; anything else stays as it is.
func translate(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_FULL || e.Code() == sqlite3.SQLITE_IOERR_SHMSIZE) {
		return fmt.Errorf("%w: %w", docstore.ErrFull, err)
	}
	return err
}
