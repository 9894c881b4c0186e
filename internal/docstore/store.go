// Package docstore keeps documents: one document, one write, never a transaction across two. A
// write is "insert" or "replace if the version is the one I read"; what must be unique is an id.
// The events of a change are written with it (the outbox), as are the timers it sets. SQLite and
// MongoDB behave alike behind Store, and docstoretest proves it.
package docstore

import (
	"context"
	"errors"
	"time"

	"housecall/internal/event"
)

// What an adapter answers. Collection turns them into faults.
var (
	ErrNotFound = errors.New("no such document")
	ErrExists   = errors.New("a document with this id exists")
	ErrStale    = errors.New("the document has changed since it was read")
	ErrFull     = errors.New("the store has no room left") // nothing of the write is kept
	ErrAway     = errors.New("the store does not answer")  // whether a write was kept nobody can say
	// ErrUnreadable is answered for a document whose text is not one of its kind: somebody else wrote there.
	ErrUnreadable = errors.New("the document can't be read")
)

// Store is what an adapter does. Everything acknowledged is durable; nothing else is ever seen.
type Store interface {
	// Declare makes a collection and its indexes ready. Calling it again changes nothing.
	Declare(ctx context.Context, collection string, indexes []string) error
	// Insert writes a new document with its Outbox and Timers, or ErrExists.
	Insert(ctx context.Context, collection string, r Record) error
	// Replace writes the document if the stored version is r.Version-1, else ErrStale; its Outbox is
	// added to what waits, Keys and Timers take the place of the old ones. ErrNotFound when it is gone.
	Replace(ctx context.Context, collection string, r Record) error
	// Get reads a document or ErrNotFound. Only ID, Version and Body are filled.
	Get(ctx context.Context, collection, id string) (Record, error)
	// Last answers a document as this process has lately seen it, when it remembers, filled as Get does. It may have
	// changed since, which a Replace finds out. A store that reads at no cost remembers nothing.
	Last(collection, id string) (Record, bool)
	// Find reads one page of one index, filled as Get does.
	Find(ctx context.Context, collection string, q Query) (Found, error)
	// Delete removes a document of this version for good, with its timers; events that wait stay.
	Delete(ctx context.Context, collection, id string, version int64) error
	// Scan reads documents of a collection by id, those after one, filled as Get does.
	Scan(ctx context.Context, collection, after string, limit int) ([]Record, error)
	// Rekey puts Keys in place of the old ones and changes nothing else, if the stored version is
	// r.Version, else ErrStale; ErrNotFound when it is gone.
	Rekey(ctx context.Context, collection string, r Record) error

	// Waiting lists up to limit events not yet published, in the order written for each document.
	Waiting(ctx context.Context, limit int) ([]Outgoing, error)
	// Written lists what Waiting does, but may leave out what other processes have left.
	Written(ctx context.Context, limit int) ([]Outgoing, error)
	// Published takes events out of their documents; versions stay as they are.
	Published(ctx context.Context, events []Outgoing) error
	// Wake receives after writes that left events. It may drop signals when one is already waiting.
	Wake() <-chan struct{}
	// Timers lists live timers by (collection, id, kind), after the cursor, with the next cursor ("" at the end).
	Timers(ctx context.Context, cursor string, limit int) ([]LiveTimer, string, error)

	// Ping answers nil when a write would be accepted now.
	Ping(ctx context.Context) error
	Close() error
}

// Record is a document as an adapter sees it.
type Record struct {
	ID      string
	Version int64 // 1 for a new document
	Body    []byte

	// Only for writes.
	Keys   map[string]Key // by index name; an index that is absent does not list the document
	Timers []Timer
	Outbox []event.Event // to be published
}

// Key places a document in an index: equality on Equal, order by Order, then by id.
type Key struct {
	Equal string
	Order string
}

// Timer is a live timer of a document. It stands in the document so that it can be set again when
// the engine that keeps time has lost it.
type Timer struct {
	Kind event.Kind `json:"kind"`
	Due  time.Time  `json:"due"`
}

// LiveTimer is a timer with the document it belongs to.
type LiveTimer struct {
	Collection, Doc string
	Timer
}

// Outgoing is an event that waits in its document.
type Outgoing struct {
	Collection, Doc string
	Event           event.Event
}

// Query asks for one page of one index.
type Query struct {
	Index       string
	Equal       string // made by Eq
	From, Until string // range of Order, From included, Until not; "" is open
	Descending  bool
	Limit       int    // 1 to 500; 0 is 50
	Cursor      string // of the page before; "" is the first
}

// Found is a page of records; Next is "" on the last.
type Found struct {
	Records []Record
	Next    string
}
