package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"housecall/internal/docstore"
	"housecall/internal/event"
)

var _ docstore.Archive = (*Store)(nil)

// Empty implements docstore.Archive.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	var n int
	err := s.reading.busy.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM docs) + EXISTS (SELECT 1 FROM outbox)`).Scan(&n)
	return n == 0, err
}

// Export implements docstore.Archive. One transaction reads it all: writers go on beside it.
func (s *Store) Export(ctx context.Context, document func(string, docstore.Record) error, loose func(event.Event) error) error {
	// Not by BeginTx: the driver would begin to write.
	c, err := s.reading.busy.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if _, err := c.ExecContext(ctx, `BEGIN DEFERRED`); err != nil {
		return err
	}
	defer func() { _, _ = c.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`) }()
	waiting, err := outboxes(ctx, c)
	if err != nil {
		return err
	}
	if err := documents(ctx, c, waiting, document); err != nil {
		return err
	}
	for _, of := range waiting { // what is left has no document
		for _, e := range of {
			if err := loose(e); err != nil {
				return err
			}
		}
	}
	return nil
}

type owner struct{ collection, id string }

// outboxes are the events that wait, by their documents, in order.
func outboxes(ctx context.Context, c *sql.Conn) (map[owner][]event.Event, error) {
	rows, err := c.QueryContext(ctx, `SELECT collection, doc, event FROM outbox ORDER BY n`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	out := map[owner][]event.Event{}
	for rows.Next() {
		var of owner
		var text []byte
		var e event.Event
		if err := rows.Scan(&of.collection, &of.id, &text); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &e); err != nil {
			return nil, fmt.Errorf("decode event of %s: %w", of.id, err)
		}
		out[of] = append(out[of], e)
	}
	return out, rows.Err()
}

// documents reads every document and takes its events out of those that wait.
func documents(ctx context.Context, c *sql.Conn, waiting map[owner][]event.Event, document func(string, docstore.Record) error) error {
	rows, err := c.QueryContext(ctx, `SELECT collection, id, version, body, keys, timers FROM docs ORDER BY n`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var of owner
		var r docstore.Record
		var keys, timers string
		if err := rows.Scan(&of.collection, &of.id, &r.Version, &r.Body, &keys, &timers); err != nil {
			return err
		}
		var places keyed
		if err := json.Unmarshal([]byte(keys), &places); err != nil {
			return fmt.Errorf("decode keys of %s: %w", of.id, err)
		}
		r.ID, r.Keys, r.Outbox = of.id, make(map[string]docstore.Key, len(places)), waiting[of]
		for name, k := range places {
			r.Keys[name] = docstore.Key{Equal: k[0], Order: k[1]}
		}
		if timers != "" {
			if err := json.Unmarshal([]byte(timers), &r.Timers); err != nil {
				return fmt.Errorf("decode timers of %s: %w", of.id, err)
			}
		}
		delete(waiting, of)
		if err := document(of.collection, r); err != nil {
			return err
		}
	}
	return rows.Err()
}
