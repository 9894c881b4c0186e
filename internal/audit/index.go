package audit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"housecall/internal/docstore"
	"housecall/internal/id"
)

// Line is one entry where it can be found. It follows its block; it proves nothing by itself.
type Line struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
	Entry         Entry         `json:"entry"`
	Block         id.AuditBlock `json:"block"`
}

// DocID implements docstore.Document.
func (l *Line) DocID() string { return l.ID }

var lineIndexes = map[string]func(*Line) (docstore.Key, bool){
	"patient": lineBy(func(e Entry) string { return string(e.Patient) }),
	"record":  lineBy(func(e Entry) string { return e.Record }),
	"account": lineBy(func(e Entry) string { return string(e.Account) }),
	"time":    lineBy(func(Entry) string { return "all" }),
	"looked": lineBy(func(e Entry) string { // what the patient reads: who got to see, not who was refused
		if e.What != Seen && e.What != Done {
			return ""
		}
		return string(e.Patient)
	}),
}

func lineBy(equal func(Entry) string) func(*Line) (docstore.Key, bool) {
	return func(l *Line) (docstore.Key, bool) {
		eq := equal(l.Entry)
		return docstore.Key{Equal: eq, Order: docstore.ByTime(l.Entry.At)}, eq != ""
	}
}

// progress is a number that grows and can be waited for.
type progress struct {
	mu    sync.Mutex // guards n, moved
	n     int64
	moved chan struct{}
}

func (p *progress) reached() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.n
}

func (p *progress) reach(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n <= p.n {
		return
	}
	p.n = n
	if p.moved != nil {
		close(p.moved)
		p.moved = nil
	}
}

func (p *progress) await(ctx context.Context, n int64) error {
	for {
		p.mu.Lock()
		if p.n >= n {
			p.mu.Unlock()
			return nil
		}
		if p.moved == nil {
			p.moved = make(chan struct{})
		}
		moved := p.moved
		p.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (t *Trail) nudge() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// index follows the chain and makes its lines. It reads blocks from the store, so that a restart or a
// backlog goes the same way as the ordinary case. The ends of other nodes' chains are made up for
// once, at the start: a node that is gone does not come back to do it.
func (t *Trail) index(ctx context.Context) {
	defer close(t.done)
	t.indexOthers(ctx)
	retry := time.NewTicker(headEvery) //nolint:forbidigo // how far the store may lag is real time, whatever the service shows
	defer retry.Stop()
	for ctx.Err() == nil {
		n, err := t.indexFrom(ctx, t.chain, t.indexed.reached(), t.indexed.reach)
		if err != nil && ctx.Err() == nil {
			t.log.ErrorContext(ctx, "audit entries not indexed", "chain", t.chain, "block", n+1, "error", err)
		}
		select {
		case <-t.wake:
		case <-retry.C:
		case <-ctx.Done():
		}
	}
}

func (t *Trail) indexOthers(ctx context.Context) {
	heads, err := t.heads.All(ctx, docstore.Query{Index: "all", Equal: "all"}, 10_000)
	for _, h := range heads {
		if h.Chain == t.chain || h.Indexed >= h.N {
			continue
		}
		if _, failed := t.indexFrom(ctx, h.Chain, h.Indexed, func(int64) {}); failed != nil {
			err = failed
		}
	}
	if err != nil && ctx.Err() == nil {
		t.log.ErrorContext(ctx, "other chains not indexed", "error", err)
	}
}

// indexFrom makes the lines of all blocks after n, and tells how far it came.
func (t *Trail) indexFrom(ctx context.Context, chain string, n int64, reach func(int64)) (int64, error) {
	for {
		page, err := t.blocks.Find(ctx, docstore.Query{Index: "chain", Equal: chain, From: docstore.ByNumber(n + 1), Limit: 50})
		if err == nil {
			err = t.indexBlocks(ctx, page.Items)
		}
		if err != nil {
			return n, err
		}
		for _, b := range page.Items {
			n = b.N
			reach(n)
		}
		if page.Next == "" { // what came meanwhile has woken us
			return n, nil
		}
	}
}

// indexBlocks inserts the lines of blocks, several at a time so that they share the store's writes.
// A line that is there already is one we wrote before.
func (t *Trail) indexBlocks(ctx context.Context, blocks []*Block) error {
	const atOnce = 32
	var lines []*Line
	for _, b := range blocks {
		for i := range b.Entries {
			lines = append(lines, b.line(i))
		}
	}
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex // guards failed
		failed error
	)
	for worker := range min(atOnce, len(lines)) {
		wg.Go(func() {
			for i := worker; i < len(lines); i += atOnce {
				err := t.lines.Insert(ctx, id.Request{}, lines[i])
				if err != nil && !errors.Is(err, docstore.ErrExists) {
					mu.Lock()
					failed = err
					mu.Unlock()
					return
				}
			}
		})
	}
	wg.Wait()
	return failed
}

// line is where an entry can be searched.
func (b *Block) line(i int) *Line {
	l := &Line{ID: fmt.Sprintf("%s_%d", b.ID, i), Entry: b.Entries[i], Block: b.ID}
	if l.Entry.Event != "" { // an event told twice is one act
		l.ID = "aud_" + string(id.Derive[id.Event]("audit", l.Entry.Event))
	}
	return l
}
