package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/docstore"
)

// Deps are what a Trail needs; all of them, but Node, which is "one" where there is but one node.
type Deps struct {
	Store docstore.Store
	Clock clock.Clock
	Log   *slog.Logger
	Key   []byte // seals the blocks; 32 bytes or more, kept out of the store
	Node  string // names the chain that this process writes
}

// Trail writes the audit and implements access.Trail. Stop it last of all.
type Trail struct {
	clock  clock.Clock
	log    *slog.Logger
	key    []byte
	chain  string
	blocks *docstore.Collection[Block, *Block]
	heads  *docstore.Collection[Head, *Head]
	lines  *docstore.Collection[Line, *Line]

	seen    *seenTable
	queue   chan waiting // somebody waits for each
	refused chan Entry   // nobody waits
	lost    atomic.Int64 // refusals not kept since the last block

	written atomic.Int64 // number of the last block; only the writer stores it
	indexed progress
	wake    chan struct{} // blocks wait to be indexed

	stopOnce sync.Once
	stop     chan struct{}
	stopped  chan struct{}
	quit     context.CancelFunc // ends the indexer
	done     chan struct{}      // the indexer has ended
}

// waiting is an entry whose writer waits until it is durable.
type waiting struct {
	entry Entry
	mark  *mark
}

var errStopped = errors.New("the audit has stopped")

// NewTrail finds the end of this node's chain and begins to write. It refuses a short key.
func NewTrail(ctx context.Context, d Deps) (*Trail, error) {
	if len(d.Key) < 32 {
		return nil, errors.New("audit key is shorter than 32 bytes")
	}
	chain := chainName(d.Node)
	t := &Trail{
		clock: d.Clock, log: d.Log.With("component", "audit"), key: d.Key, chain: chain,
		seen: newSeenTable(), queue: make(chan waiting, 1024), refused: make(chan Entry, 4096),
		wake: make(chan struct{}, 1), stop: make(chan struct{}), stopped: make(chan struct{}), done: make(chan struct{}),
	}
	if err := t.open(ctx, d.Store); err != nil {
		return nil, err
	}
	end, err := t.resume(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the end of audit chain %s: %w", chain, err)
	}
	background, quit := context.WithCancel(context.WithoutCancel(ctx))
	t.quit = quit
	w := &writer{t: t, end: end}
	go w.run(context.WithoutCancel(ctx))
	go t.index(background)
	return t, nil
}

func (t *Trail) open(ctx context.Context, store docstore.Store) (err error) {
	if t.blocks, err = docstore.Open[Block](ctx, store, t.clock, docstore.Spec[Block]{Name: "audit_blocks", Indexes: blockIndexes}); err != nil {
		return err
	}
	if t.heads, err = docstore.Open[Head](ctx, store, t.clock, docstore.Spec[Head]{Name: "audit_heads", Indexes: headIndexes}); err != nil {
		return err
	}
	t.lines, err = docstore.Open[Line](ctx, store, t.clock, docstore.Spec[Line]{Name: "audit_lines", Indexes: lineIndexes})
	return err
}

var blockIndexes = map[string]func(*Block) (docstore.Key, bool){
	"chain": func(b *Block) (docstore.Key, bool) {
		return docstore.Key{Equal: b.Chain, Order: docstore.ByNumber(b.N)}, true
	},
	"first": func(b *Block) (docstore.Key, bool) {
		return docstore.Key{Equal: "first", Order: b.Chain}, b.N == 1
	},
}

var headIndexes = map[string]func(*Head) (docstore.Key, bool){
	"all": func(h *Head) (docstore.Key, bool) { return docstore.Key{Equal: "all", Order: h.Chain}, true },
}

// chainName makes the node's name fit into an id. Two nodes whose names come out the same share a
// chain, which costs them retries and nothing else.
func chainName(node string) string {
	if node == "" {
		return "one"
	}
	name := strings.Map(func(r rune) rune {
		if (r >= 'a' && r <= 'z') || (r >= '0' && r <= '9') {
			return r
		}
		return '-'
	}, strings.ToLower(node))
	return name[:min(len(name), 40)]
}

// Seen implements access.Trail: it answers once the entry of this read is durable. The second read
// of a record in a session and window finds it so and writes nothing.
func (t *Trail) Seen(ctx context.Context, a access.Actor, action access.Action, f access.Facts) error {
	now := t.clock.Now()
	m, first := t.seen.find(seenKeyOf(a, f), now)
	if !first {
		if m.durable.Load() {
			return nil
		}
		return t.await(ctx, m)
	}
	return t.put(ctx, waiting{entryOf(Seen, now, a, action, f), m})
}

// seenKeyOf tells reads apart. Who has no session (a part that was given a role) is told by account.
func seenKeyOf(a access.Actor, f access.Facts) seenKey {
	k := seenKey{string(a.Session), f.Record}
	if k.session == "" {
		k.session = string(a.Account)
	}
	if k.record == "" {
		k.record = string(f.Patient)
	}
	return k
}

// Denied implements access.Trail: the refusal is written soon. It never waits: what there is no room
// for is counted, and the count is written.
func (t *Trail) Denied(ctx context.Context, a access.Actor, action access.Action, f access.Facts) {
	select {
	case t.refused <- entryOf(Denied, t.clock.Now(), a, action, f):
	default:
		if n := t.lost.Add(1); n == 1 || n%1000 == 0 {
			t.log.ErrorContext(ctx, "audit queue full, refusals counted only", "count", n)
		}
	}
}

// Record keeps an act that must be in the audit, and answers once it is durable. The caller goes on
// only then.
func (t *Trail) Record(ctx context.Context, e Entry) error {
	if e.What == "" {
		e.What = Done
	}
	if e.At.IsZero() {
		e.At = t.clock.Now()
	}
	return t.put(ctx, waiting{e, newMark()})
}

func (t *Trail) put(ctx context.Context, w waiting) error {
	select {
	case t.queue <- w:
		return t.await(ctx, w.mark)
	case <-ctx.Done():
		w.mark.settle(ctx.Err())
	case <-t.stopped:
		w.mark.settle(errStopped)
	}
	return w.mark.err
}

func (t *Trail) await(ctx context.Context, m *mark) error {
	select {
	case <-m.settled:
		return m.err
	case <-ctx.Done():
		return ctx.Err()
	case <-t.stopped:
		return errStopped
	}
}

// Stop writes what waits, notes how far the chain has come, and ends. Nothing is kept afterwards.
func (t *Trail) Stop(ctx context.Context) error {
	t.stopOnce.Do(func() { close(t.stop) })
	select {
	case <-t.stopped:
	case <-ctx.Done():
		return fmt.Errorf("stop audit: %w", ctx.Err())
	}
	t.quit()
	<-t.done
	return nil
}
