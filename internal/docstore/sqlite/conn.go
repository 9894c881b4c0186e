package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/v1"

	"housecall/internal/docstore"
)

// conn is the writing connection with its statements. Only the writer's goroutine uses it, and never
// with the context of a caller: many share a transaction.
type conn struct {
	db      *sql.Conn
	indexes map[indexName]int64 // numbers already known

	beginTx, commitTx, rollbackTx   *sql.Stmt
	insertDoc, readDoc, updateDoc   *sql.Stmt
	deleteDoc, insertRow, deleteRow *sql.Stmt
	updateKeys                      *sql.Stmt
	insertEvent, deleteEvent        *sql.Stmt
	insertTimer, deleteTimers       *sql.Stmt
	declareIndex, readIndex         *sql.Stmt
	fillProbe, clearProbe           *sql.Stmt
}

func newConn(ctx context.Context, db *sql.DB) (*conn, error) {
	// The connection lives as long as the store, not as long as the call that opened it.
	one, err := db.Conn(context.WithoutCancel(ctx))
	if err != nil {
		return nil, err
	}
	c := &conn{db: one, indexes: map[indexName]int64{}}
	for _, s := range []struct {
		into **sql.Stmt
		text string
	}{
		{&c.beginTx, `BEGIN IMMEDIATE`},
		{&c.commitTx, `COMMIT`},
		{&c.rollbackTx, `ROLLBACK`},
		{&c.insertDoc, `INSERT INTO docs (collection, id, version, body, keys, timers) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`},
		{&c.readDoc, `SELECT n, version, keys, timers FROM docs WHERE collection = ? AND id = ?`},
		{&c.updateDoc, `UPDATE docs SET version = ?, body = ?, keys = ?, timers = ? WHERE n = ?`},
		{&c.updateKeys, `UPDATE docs SET keys = ? WHERE n = ?`},
		{&c.deleteDoc, `DELETE FROM docs WHERE n = ?`},
		{&c.insertRow, `INSERT INTO index_rows (ix, equal, ord, id, doc) VALUES (?, ?, ?, ?, ?)`},
		{&c.deleteRow, `DELETE FROM index_rows WHERE ix = ? AND equal = ? AND ord = ? AND id = ?`},
		{&c.insertEvent, `INSERT INTO outbox (collection, doc, event_id, event) VALUES (?, ?, ?, ?)`},
		{&c.deleteEvent, `DELETE FROM outbox WHERE event_id = ? AND doc = ? AND collection = ?`},
		{&c.insertTimer, `INSERT OR REPLACE INTO timers (collection, doc, kind, due) VALUES (?, ?, ?, ?)`},
		{&c.deleteTimers, `DELETE FROM timers WHERE collection = ? AND doc = ?`},
		{&c.declareIndex, `INSERT INTO indexes (collection, name) VALUES (?, ?) ON CONFLICT DO NOTHING`},
		{&c.readIndex, `SELECT n FROM indexes WHERE collection = ? AND name = ?`},
		{&c.fillProbe, `INSERT INTO probe (filler) VALUES (zeroblob(16384))`},
		{&c.clearProbe, `DELETE FROM probe`},
	} {
		if *s.into, err = one.PrepareContext(ctx, s.text); err != nil { //nolint:sqlclosecheck // ends with the store
			return nil, fmt.Errorf("prepare %q: %w", s.text, err)
		}
	}
	return c, nil
}

// close gives the connection back; its statements end with the database.
func (c *conn) close() error { return c.db.Close() }

func (c *conn) begin(ctx context.Context) error { _, err := c.beginTx.ExecContext(ctx); return err }

func (c *conn) commit(ctx context.Context) error { _, err := c.commitTx.ExecContext(ctx); return err }

// rollback answers nothing: SQLite has rolled back by itself after some errors, and then complains.
func (c *conn) rollback(ctx context.Context) { _, _ = c.rollbackTx.ExecContext(ctx) }

func (c *conn) declare(ctx context.Context, collection, name string) (int64, error) {
	key := indexName{collection, name}
	if n, known := c.indexes[key]; known {
		return n, nil
	}
	result, err := c.declareIndex.ExecContext(ctx, collection, name)
	if err != nil {
		return 0, err
	}
	made, err := result.RowsAffected()
	if err != nil {
		return 0, err
	}
	var n int64
	if err := c.readIndex.QueryRowContext(ctx, collection, name).Scan(&n); err != nil {
		return 0, err
	}
	if made == 0 { // one made just now is gone again if this transaction is rolled back
		c.indexes[key] = n
	}
	return n, nil
}

func (c *conn) insert(ctx context.Context, r row) error {
	result, err := c.insertDoc.ExecContext(ctx, r.collection, r.id, r.version, r.body, r.keys, r.timers)
	if err != nil {
		return err
	}
	if made, err := result.RowsAffected(); err != nil || made == 0 {
		return cmp.Or(err, docstore.ErrExists)
	}
	n, err := result.LastInsertId()
	if err != nil {
		return err
	}
	if err := c.addPlaces(ctx, r, n, r.places); err != nil {
		return err
	}
	if err := c.addTimers(ctx, r); err != nil {
		return err
	}
	return c.addEvents(ctx, r)
}

func (c *conn) replace(ctx context.Context, r row) error {
	old, err := c.load(ctx, r.collection, r.id, r.version-1)
	if err != nil {
		return err
	}
	if _, err := c.updateDoc.ExecContext(ctx, r.version, r.body, r.keys, r.timers, old.n); err != nil {
		return err
	}
	if old.keys != r.keys {
		if err := c.movePlaces(ctx, r, old); err != nil {
			return err
		}
	}
	if old.timers != r.timers {
		if err := c.clearTimers(ctx, r.collection, r.id); err != nil {
			return err
		}
		if err := c.addTimers(ctx, r); err != nil {
			return err
		}
	}
	return c.addEvents(ctx, r)
}

// rekey lists a document of this version as r says, and changes nothing else of it.
func (c *conn) rekey(ctx context.Context, r row) error {
	old, err := c.load(ctx, r.collection, r.id, r.version)
	if err != nil || old.keys == r.keys {
		return err
	}
	if _, err := c.updateKeys.ExecContext(ctx, r.keys, old.n); err != nil {
		return err
	}
	return c.movePlaces(ctx, r, old)
}

func (c *conn) remove(ctx context.Context, collection, id string, version int64) error {
	old, err := c.load(ctx, collection, id, version)
	if err != nil {
		return err
	}
	if _, err := c.deleteDoc.ExecContext(ctx, old.n); err != nil {
		return err
	}
	if err := c.movePlaces(ctx, row{collection: collection, id: id}, old); err != nil {
		return err
	}
	return c.clearTimers(ctx, collection, id)
}

// stored is what the tables hold of a document that is to change.
type stored struct {
	n            int64
	keys, timers string
}

// load reads a document of this version, or refuses.
func (c *conn) load(ctx context.Context, collection, id string, version int64) (stored, error) {
	var s stored
	var present int64
	err := c.readDoc.QueryRowContext(ctx, collection, id).Scan(&s.n, &present, &s.keys, &s.timers)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return s, docstore.ErrNotFound
	case err != nil:
		return s, err
	case present != version:
		return s, docstore.ErrStale
	}
	return s, nil
}

// movePlaces takes away the index rows that are no longer true and adds the new ones.
func (c *conn) movePlaces(ctx context.Context, r row, old stored) error {
	before, err := c.places(ctx, r.collection, old.keys)
	if err != nil {
		return err
	}
	for _, p := range before {
		if slices.Contains(r.places, p) {
			continue
		}
		if _, err := c.deleteRow.ExecContext(ctx, p.index, p.equal, p.ord, r.id); err != nil {
			return err
		}
	}
	added := slices.DeleteFunc(slices.Clone(r.places), func(p place) bool { return slices.Contains(before, p) })
	return c.addPlaces(ctx, r, old.n, added)
}

// places lists the index rows that docs.keys stands for.
func (c *conn) places(ctx context.Context, collection, keys string) ([]place, error) {
	var k keyed
	if err := json.Unmarshal([]byte(keys), &k); err != nil {
		return nil, err
	}
	out := make([]place, 0, len(k))
	for name, parts := range k {
		n, err := c.declare(ctx, collection, name) // another process may have declared it
		if err != nil {
			return nil, err
		}
		out = append(out, place{n, parts[0], parts[1]})
	}
	return out, nil
}

func (c *conn) addPlaces(ctx context.Context, r row, n int64, places []place) error {
	for _, p := range places {
		if _, err := c.insertRow.ExecContext(ctx, p.index, p.equal, p.ord, r.id, n); err != nil {
			return err
		}
	}
	return nil
}

func (c *conn) addTimers(ctx context.Context, r row) error {
	for _, t := range r.live {
		if _, err := c.insertTimer.ExecContext(ctx, r.collection, r.id, t.kind, t.due); err != nil {
			return err
		}
	}
	return nil
}

func (c *conn) clearTimers(ctx context.Context, collection, id string) error {
	_, err := c.deleteTimers.ExecContext(ctx, collection, id)
	return err
}

func (c *conn) addEvents(ctx context.Context, r row) error {
	for _, e := range r.events {
		if _, err := c.insertEvent.ExecContext(ctx, r.collection, r.id, e.id, e.event); err != nil {
			return err
		}
	}
	return nil
}

func (c *conn) published(ctx context.Context, events []docstore.Outgoing) error {
	for _, e := range events {
		if _, err := c.deleteEvent.ExecContext(ctx, e.Event.ID, e.Doc, e.Collection); err != nil {
			return err
		}
	}
	return nil
}

// probe needs room as a document does and leaves nothing.
func (c *conn) probe(ctx context.Context) error {
	if _, err := c.fillProbe.ExecContext(ctx); err != nil {
		return err
	}
	_, err := c.clearProbe.ExecContext(ctx)
	return err
}
