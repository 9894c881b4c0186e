package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// schemaVersion is the number of the newest shape of the tables. Raise it with a step in migrations.
const schemaVersion = 1

// migrations[n] brings tables of version n to n+1. Forward only.
var migrations = [schemaVersion]string{`
-- Documents have a rowid, so that a new one is appended and what points at it is one number.
CREATE TABLE docs (
	n          INTEGER PRIMARY KEY,
	collection TEXT    NOT NULL,
	id         TEXT    NOT NULL,
	version    INTEGER NOT NULL,
	body       BLOB    NOT NULL,
	keys       TEXT    NOT NULL, -- JSON, index name to [equal, order]: what index_rows holds of it
	timers     TEXT    NOT NULL, -- JSON: what timers holds of it
	UNIQUE (collection, id)
);
CREATE TABLE indexes (
	n          INTEGER PRIMARY KEY,
	collection TEXT NOT NULL,
	name       TEXT NOT NULL,
	UNIQUE (collection, name)
);
CREATE TABLE index_rows (
	ix    INTEGER NOT NULL, -- indexes.n
	equal TEXT    NOT NULL,
	ord   TEXT    NOT NULL,
	id    TEXT    NOT NULL,
	doc   INTEGER NOT NULL, -- docs.n
	PRIMARY KEY (ix, equal, ord, id)
) WITHOUT ROWID;
-- n grows with every write, so it is the order of events within a document too. A number may be
-- used again only after everything that was above it has been published.
CREATE TABLE outbox (
	n          INTEGER PRIMARY KEY,
	collection TEXT NOT NULL,
	doc        TEXT NOT NULL,
	event_id   TEXT NOT NULL,
	event      TEXT NOT NULL
);
CREATE INDEX outbox_event ON outbox (event_id);
CREATE TABLE timers (
	collection TEXT    NOT NULL,
	doc        TEXT    NOT NULL,
	kind       TEXT    NOT NULL,
	due        INTEGER NOT NULL, -- milliseconds since 1970
	PRIMARY KEY (collection, doc, kind)
) WITHOUT ROWID;
CREATE TABLE probe (n INTEGER PRIMARY KEY, filler BLOB NOT NULL);
`}

// prepareSchema makes the tables, or brings older ones up. Tables of a newer housecall are refused:
// this one does not know what they mean.
func prepareSchema(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS schema (version INTEGER NOT NULL)`); err != nil {
		return err
	}
	version := 0
	err = tx.QueryRowContext(ctx, `SELECT version FROM schema`).Scan(&version)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = tx.ExecContext(ctx, `INSERT INTO schema (version) VALUES (0)`)
	}
	if err != nil {
		return err
	}
	if version > schemaVersion {
		return fmt.Errorf("the tables are of version %d, this housecall knows up to %d: start the newer housecall that wrote them", version, schemaVersion)
	}
	for ; version < schemaVersion; version++ {
		if _, err := tx.ExecContext(ctx, migrations[version]); err != nil {
			return fmt.Errorf("bring tables of version %d up: %w", version, err)
		}
	}
	if _, err := tx.ExecContext(ctx, `UPDATE schema SET version = ?`, schemaVersion); err != nil {
		return err
	}
	return tx.Commit()
}
