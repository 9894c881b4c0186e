package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/v1"

	"housecall/internal/docstore"
)

// reads are the statements of the reading connections.
type reads struct {
	get, scan, waiting, timers *sql.Stmt
	// A page walks the index; CROSS JOIN keeps SQLite from beginning at the documents. A bare LIMIT ?
	// would have the statement parsed again each time, to plan for the number.
	up, upUntil, down, downBefore *sql.Stmt
}

const page = `SELECT i.ord, i.id, d.version, d.body
	FROM index_rows i CROSS JOIN docs d ON d.n = i.doc WHERE i.ix = ? AND i.equal = ? AND `

func (r *reads) prepare(ctx context.Context, db *sql.DB) error {
	for _, s := range []struct {
		into **sql.Stmt
		text string
	}{
		{&r.get, `SELECT version, body FROM docs WHERE collection = ? AND id = ?`},
		{&r.scan, `SELECT id, version, body FROM docs WHERE collection = ? AND id > ? ORDER BY id LIMIT ? + 0`},
		{&r.up, page + `(i.ord, i.id) > (?, ?) ORDER BY i.ord, i.id LIMIT ? + 0`},
		{&r.upUntil, page + `(i.ord, i.id) > (?, ?) AND i.ord < ? ORDER BY i.ord, i.id LIMIT ? + 0`},
		{&r.down, page + `i.ord >= ? ORDER BY i.ord DESC, i.id DESC LIMIT ? + 0`},
		{&r.downBefore, page + `i.ord >= ? AND (i.ord, i.id) < (?, ?) ORDER BY i.ord DESC, i.id DESC LIMIT ? + 0`},
		{&r.waiting, `SELECT collection, doc, event FROM outbox ORDER BY n LIMIT ? + 0`},
		{&r.timers, `SELECT collection, doc, kind, due FROM timers
			WHERE (collection, doc, kind) > (?, ?, ?) ORDER BY collection, doc, kind LIMIT ? + 0`},
	} {
		var err error
		if *s.into, err = db.PrepareContext(ctx, s.text); err != nil { //nolint:sqlclosecheck // ends with the store
			return fmt.Errorf("prepare %q: %w", s.text, err)
		}
	}
	return nil
}

// Get implements docstore.Store.
func (s *Store) Get(ctx context.Context, collection, id string) (docstore.Record, error) {
	if err := ctx.Err(); err != nil {
		return docstore.Record{}, err
	}
	r := docstore.Record{ID: id}
	// A read takes microseconds; watching ctx during it would cost as much again.
	err := s.read().get.QueryRowContext(context.WithoutCancel(ctx), collection, id).Scan(&r.Version, &r.Body)
	if errors.Is(err, sql.ErrNoRows) {
		return docstore.Record{}, docstore.ErrNotFound
	}
	return r, err
}

// Scan implements docstore.Store.
func (s *Store) Scan(ctx context.Context, collection, after string, limit int) ([]docstore.Record, error) {
	rows, err := s.read().scan.QueryContext(ctx, collection, after, limit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []docstore.Record
	for rows.Next() {
		var r docstore.Record
		if err := rows.Scan(&r.ID, &r.Version, &r.Body); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// Find implements docstore.Store.
func (s *Store) Find(ctx context.Context, collection string, q docstore.Query) (docstore.Found, error) {
	q, err := q.Normal()
	if err != nil {
		return docstore.Found{}, err
	}
	index, err := s.index(collection, q.Index)
	if err != nil {
		return docstore.Found{}, err
	}
	stmt, args, err := s.read().walk(index, q) //nolint:sqlclosecheck // one of those prepared for all
	if err != nil {
		return docstore.Found{}, err
	}
	if err := ctx.Err(); err != nil {
		return docstore.Found{}, err
	}
	rows, err := stmt.QueryContext(context.WithoutCancel(ctx), args...)
	if err != nil {
		return docstore.Found{}, err
	}
	defer func() { _ = rows.Close() }()
	return collect(rows, q.Limit)
}

// walk chooses the statement for a page and its arguments. One row more than the page is asked for,
// to know whether there is a next one.
func (r *reads) walk(index int64, q docstore.Query) (*sql.Stmt, []any, error) {
	var order, id string
	if q.Cursor != "" {
		var err error
		if order, id, err = docstore.ParseCursor(q.Cursor); err != nil {
			return nil, nil, err
		}
	}
	args := []any{index, q.Equal}
	if q.Descending {
		before, beforeID := q.Until, ""
		if q.Cursor != "" && (before == "" || order < before) {
			before, beforeID = order, id
		}
		if before == "" {
			return r.down, append(args, q.From, q.Limit+1), nil
		}
		return r.downBefore, append(args, q.From, before, beforeID, q.Limit+1), nil
	}
	after, afterID := q.From, "" // (From, "") is before every document of that order
	if q.Cursor != "" && order >= after {
		after, afterID = order, id
	}
	if q.Until == "" {
		return r.up, append(args, after, afterID, q.Limit+1), nil
	}
	return r.upUntil, append(args, after, afterID, q.Until, q.Limit+1), nil
}

func collect(rows *sql.Rows, limit int) (docstore.Found, error) {
	var found docstore.Found
	var lastOrder string
	for rows.Next() {
		var order string
		var r docstore.Record
		if err := rows.Scan(&order, &r.ID, &r.Version, &r.Body); err != nil {
			return docstore.Found{}, err
		}
		if len(found.Records) == limit {
			found.Next = docstore.Cursor(lastOrder, found.Records[limit-1].ID)
			break
		}
		found.Records = append(found.Records, r)
		lastOrder = order
	}
	return found, rows.Err()
}

// Last implements docstore.Store: a read costs less than remembering.
func (s *Store) Last(string, string) (docstore.Record, bool) { return docstore.Record{}, false }

// Written implements docstore.Store.
func (s *Store) Written(ctx context.Context, limit int) ([]docstore.Outgoing, error) {
	return s.Waiting(ctx, limit)
}

// Waiting implements docstore.Store.
func (s *Store) Waiting(ctx context.Context, limit int) ([]docstore.Outgoing, error) {
	rows, err := s.read().waiting.QueryContext(ctx, limit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []docstore.Outgoing
	for rows.Next() {
		var o docstore.Outgoing
		var text []byte
		if err := rows.Scan(&o.Collection, &o.Doc, &text); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &o.Event); err != nil {
			return nil, fmt.Errorf("decode event of %s: %w", o.Doc, err)
		}
		out = append(out, o)
	}
	return out, rows.Err()
}

// Timers implements docstore.Store.
func (s *Store) Timers(ctx context.Context, cursor string, limit int) ([]docstore.LiveTimer, string, error) {
	after, err := docstore.ParseTimerCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	rows, err := s.read().timers.QueryContext(ctx, after.Collection, after.Doc, string(after.Kind), limit)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = rows.Close() }()
	var out []docstore.LiveTimer
	for rows.Next() {
		var collection, doc, kind string
		var due int64
		if err := rows.Scan(&collection, &doc, &kind, &due); err != nil {
			return nil, "", err
		}
		out = append(out, liveTimer(collection, doc, kind, due))
	}
	if err := rows.Err(); err != nil || len(out) < limit {
		return out, "", err
	}
	return out, docstore.TimerCursor(out[len(out)-1]), nil
}
