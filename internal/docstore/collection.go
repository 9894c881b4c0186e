package docstore

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json/v1"

	"housecall/internal/clock"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Pointer is *T for a T that is stored.
type Pointer[T any] interface {
	*T
	Document
}

// Spec describes a collection. Schema is the number of the newest shape; Migrate, when given,
// brings an older body up to it as it is read. Since is the oldest schema whose code may work on documents of
// this one, beside this code: the one before, unless said otherwise. Such a step only adds fields, and what the
// older code does not know of a document stays in it.
type Spec[T any] struct {
	Name    string
	Schema  int
	Since   int
	Indexes map[string]func(*T) (Key, bool) // false: this index does not list the document
	Migrate func(schema int, body []byte) ([]byte, error)
}

// Collection keeps documents of one type. Create one for each collection at start.
type Collection[T any, P Pointer[T]] struct {
	store   Store
	clock   clock.Clock
	spec    Spec[T]
	seed    maphash.Seed
	stripes [256]sync.Mutex // one writer a document in this process; versions decide between processes
}

// Open declares a collection in the store, and fills in what is new among its indexes; ErrNewer when its
// documents are too new for this code.
func Open[T any, P Pointer[T]](ctx context.Context, store Store, clk clock.Clock, spec Spec[T]) (*Collection[T, P], error) {
	if spec.Schema == 0 {
		spec.Schema = 1
	}
	if spec.Since == 0 {
		spec.Since = max(1, spec.Schema-1)
	}
	if spec.Name == own {
		return nil, fmt.Errorf("the name %s is the store's own", own)
	}
	if err := admit(ctx, store, spec.Name, spec.Schema, spec.Since); err != nil {
		return nil, err
	}
	names := make([]string, 0, len(spec.Indexes))
	for name := range spec.Indexes {
		names = append(names, name)
	}
	if err := store.Declare(ctx, spec.Name, names); err != nil {
		return nil, fmt.Errorf("declare collection %s: %w", spec.Name, err)
	}
	c := &Collection[T, P]{store: store, clock: clk, spec: spec, seed: maphash.MakeSeed()}
	slices.Sort(names)
	return c, c.whole(ctx, names)
}

// On says under what conditions a change is made. The zero On asks nothing.
type On struct {
	Request id.Request // done once: asked again, the document is answered as it stands
	Version int64      // only if this is the version (If-Match); 0: whatever it is
}

// notFound is what everybody reads who asks for what is not there or not theirs.
func notFound() error {
	return fault.New(fault.NotFound, "We can't find this. It may have been moved, or it is not yours to see.")
}

// NotFound is the fault for a document that does not exist, or may not be known to.
func NotFound() error { return notFound() }

// Insert writes a new document with version 1, for the request req. Asked again by the same request
// it fills doc with the stored one and answers nil; an id taken by anybody else is a Conflict.
func (c *Collection[T, P]) Insert(ctx context.Context, req id.Request, doc *T) error {
	p := P(doc)
	m := p.DocMeta()
	now := c.clock.Now()
	m.Version, m.Schema, m.CreatedAt, m.UpdatedAt, m.Made = 1, c.spec.Schema, now, now, req
	r, err := c.encode(ctx, p, now)
	if err != nil {
		return err
	}
	err = c.store.Insert(ctx, c.spec.Name, r)
	if errors.Is(err, ErrExists) {
		return c.again(ctx, req, doc)
	}
	m.outbox = nil
	return c.wrap("insert", p.DocID(), err)
}

// again answers a repeated insert with what the first one made.
func (c *Collection[T, P]) again(ctx context.Context, req id.Request, doc *T) error {
	stored, err := c.Get(ctx, P(doc).DocID())
	if err != nil {
		return err
	}
	known, err := P(stored).DocMeta().Knows(req)
	if err != nil {
		return err
	}
	if !known {
		return fault.New(fault.Conflict, "This exists already. Look at it before you try again.").Coded("exists").Because(ErrExists)
	}
	*doc = *stored
	return nil
}

// Get reads a document, or a NotFound fault.
func (c *Collection[T, P]) Get(ctx context.Context, docID string) (*T, error) {
	r, err := c.store.Get(ctx, c.spec.Name, docID)
	if err != nil {
		return nil, c.wrap("get", docID, err)
	}
	return c.decode(r)
}

// Update changes a document under the conditions of on. The change may run twice and must change
// nothing but its argument; an error from it is answered as it is and nothing is written. The
// answer is the document as it stands afterwards.
func (c *Collection[T, P]) Update(ctx context.Context, docID string, on On, change func(*T) error) (*T, error) {
	lock := &c.stripes[maphash.String(c.seed, docID)%uint64(len(c.stripes))]
	lock.Lock()
	defer lock.Unlock()
	if doc, done, err := c.ahead(ctx, docID, on, change); done {
		return doc, c.wrap("update", docID, err)
	}
	for try := 0; ; try++ {
		doc, err := c.attempt(ctx, docID, on, change)
		if !errors.Is(err, ErrStale) {
			return doc, c.wrap("update", docID, err)
		}
		if try == maxTries {
			return nil, fault.New(fault.Unavailable, "Too many people are changing this at once. Try again in a moment.").
				After(time.Second).Because(err)
		}
		if err := pause(ctx, try); err != nil {
			return nil, err
		}
	}
}

const maxTries = 200

// pause waits a random while that grows with the tries, so that nodes which race do not march in step.
func pause(ctx context.Context, try int) error {
	wait := time.NewTimer(time.Duration(rand.Int64N(int64(min(try+1, 16)) * int64(time.Millisecond)))) //nolint:forbidigo // real nodes race in real time
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wait.C:
		return nil
	}
}

// ahead changes the document as the store has seen it last, without reading it, if it is that still. Whatever could
// be otherwise by now, a refusal above all, is left to be judged by what is there: then it is not done.
func (c *Collection[T, P]) ahead(ctx context.Context, docID string, on On, change func(*T) error) (*T, bool, error) {
	r, found := c.store.Last(c.spec.Name, docID)
	if !found || on.Version != 0 && on.Version != r.Version {
		return nil, false, nil
	}
	doc, err := c.decode(r)
	if err != nil {
		return nil, false, nil //nolint:nilerr // who reads it says so
	}
	if known, err := P(doc).DocMeta().Knows(on.Request); known || err != nil {
		return nil, false, nil //nolint:nilerr // as above
	}
	refused := false
	doc, err = c.apply(ctx, doc, on, func(doc *T) error {
		err := change(doc)
		refused = err != nil
		return err
	})
	return doc, !refused && !errors.Is(err, ErrStale) && !errors.Is(err, ErrNotFound), err
}

func (c *Collection[T, P]) attempt(ctx context.Context, docID string, on On, change func(*T) error) (*T, error) {
	doc, err := c.Get(ctx, docID)
	if err != nil {
		return nil, err
	}
	return c.apply(ctx, doc, on, change)
}

func (c *Collection[T, P]) apply(ctx context.Context, doc *T, on On, change func(*T) error) (*T, error) {
	p := P(doc)
	m := p.DocMeta()
	if known, err := m.Knows(on.Request); known || err != nil {
		return doc, err
	}
	if on.Version != 0 && on.Version != m.Version {
		return nil, fault.New(fault.Stale, "Somebody changed this since you opened it. Look at the new state, then try again.").Coded("stale")
	}
	if err := change(doc); err != nil {
		return nil, err
	}
	m.remember(on.Request)
	m.Version++
	m.Schema, m.UpdatedAt = max(m.Schema, c.spec.Schema), c.clock.Now()
	r, err := c.encode(ctx, p, m.UpdatedAt)
	if err != nil {
		return nil, err
	}
	if err := c.store.Replace(ctx, c.spec.Name, r); err != nil {
		return nil, err
	}
	m.outbox = nil
	return doc, nil
}

// Delete removes a document for good: for what retention has ended, never for a step of a life.
func (c *Collection[T, P]) Delete(ctx context.Context, docID string) error {
	r, err := c.store.Get(ctx, c.spec.Name, docID)
	if err == nil {
		err = c.store.Delete(ctx, c.spec.Name, docID, r.Version)
	}
	return c.wrap("delete", docID, err)
}

// Page is one page of documents; Next is "" on the last.
type Page[T any] struct {
	Items []*T
	Next  string
}

// Find reads one page of an index.
func (c *Collection[T, P]) Find(ctx context.Context, q Query) (Page[T], error) {
	q, err := q.Normal()
	if err != nil {
		return Page[T]{}, err
	}
	if _, declared := c.spec.Indexes[q.Index]; !declared {
		return Page[T]{}, fmt.Errorf("collection %s has no index %s", c.spec.Name, q.Index)
	}
	found, err := c.store.Find(ctx, c.spec.Name, q)
	if err != nil {
		return Page[T]{}, c.wrap("find in", c.spec.Name, err)
	}
	page := Page[T]{Next: found.Next, Items: make([]*T, 0, len(found.Records))}
	for _, r := range found.Records {
		doc, err := c.decode(r)
		if err != nil {
			return Page[T]{}, err
		}
		page.Items = append(page.Items, doc)
	}
	return page, nil
}

// All reads every page of an index, up to limit documents.
func (c *Collection[T, P]) All(ctx context.Context, q Query, limit int) ([]*T, error) {
	var all []*T
	for q.Limit = 200; len(all) < limit; {
		page, err := c.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	return all[:min(len(all), limit)], nil
}

func (c *Collection[T, P]) encode(ctx context.Context, p P, now time.Time) (Record, error) {
	m, part := p.DocMeta(), traceOf(ctx)
	for i := range m.outbox {
		e := &m.outbox[i]
		e.Doc, e.At, e.Trace = p.DocID(), now, part
		if e.ID == "" {
			e.ID = eventID(c.spec.Name, p.DocID(), m.Version, i)
		}
	}
	body, err := json.Marshal(p)
	if err != nil {
		return Record{}, fmt.Errorf("encode %s: %w", p.DocID(), err)
	}
	if m.newer != nil {
		if body, err = m.newer.keepUnknown(body); err != nil {
			return Record{}, fmt.Errorf("keep what is newer of %s: %w", p.DocID(), err)
		}
	}
	return Record{
		ID: p.DocID(), Version: m.Version, Body: body, Keys: c.keys(p),
		Timers: m.Timers, Outbox: append([]event.Event(nil), m.outbox...),
	}, nil
}

func (c *Collection[T, P]) decode(r Record) (*T, error) {
	doc := new(T)
	body := r.Body
	if c.spec.Migrate != nil {
		var err error
		if body, err = c.migrate(body); err != nil {
			return nil, fmt.Errorf("migrate %s: %w: %w", r.ID, ErrUnreadable, err)
		}
	}
	if err := json.Unmarshal(body, doc); err != nil {
		return nil, fmt.Errorf("decode %s: %w: %w", r.ID, ErrUnreadable, err)
	}
	m := P(doc).DocMeta()
	m.Version = r.Version
	if m.Schema > c.spec.Schema {
		known, err := json.Marshal(P(doc))
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", r.ID, err)
		}
		m.newer = &newer{body, known}
	}
	return doc, nil
}

func (c *Collection[T, P]) migrate(body []byte) ([]byte, error) {
	var head struct {
		Meta struct {
			Schema int `json:"schema"`
		} `json:"meta"`
	}
	if err := json.Unmarshal(body, &head); err != nil {
		return nil, err
	}
	if head.Meta.Schema >= c.spec.Schema {
		return body, nil
	}
	return c.spec.Migrate(head.Meta.Schema, body)
}

// wrap turns what an adapter answers into what a caller reads.
func (c *Collection[T, P]) wrap(verb, docID string, err error) error {
	var f *fault.Error
	switch {
	case err == nil, errors.As(err, &f), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, ErrNotFound):
		return notFound()
	case errors.Is(err, ErrFull):
		return fault.New(fault.Unavailable, "We can't save anything just now. Nothing was changed; try again in a few minutes.").
			After(time.Minute).Because(err)
	case errors.Is(err, ErrAway):
		return fault.New(fault.Unavailable, "We can't reach our records just now. Send this again in a moment: it is done once.").
			After(time.Second).Because(err)
	}
	return fmt.Errorf("%s %s: %w", verb, docID, err)
}
