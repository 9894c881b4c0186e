package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

const (
	blockSize  = 512              // entries that share a write at most
	keptBack   = 4096             // refusals kept while the store can't write
	headEvery  = time.Second      // how far a head may lag
	blockLimit = 15 * time.Second // one write
	retries    = 1000             // numbers lost to another writer of the same chain in a row
)

// end is the last block of a chain.
type end struct {
	n   int64
	sum string
}

// writer is the one goroutine that writes this node's chain; it owns its fields.
type writer struct {
	t     *Trail
	end   end
	head  end     // as last written
	noted int64   // Indexed as last written
	again []Entry // refusals of a block that could not be written
}

// resume finds where the chain ends, and makes its head where there is none yet: a chain without a
// head is a chain whose head was removed. It never goes on before the head: what was cut off stays
// a gap that Verify sees.
func (t *Trail) resume(ctx context.Context) (end, error) {
	h, err := t.heads.Get(ctx, headID(t.chain))
	if fault.Is(err, fault.NotFound) {
		h = &Head{ID: headID(t.chain), Chain: t.chain, Seal: seal(t.key, headParts(t.chain, 0, "")...)}
		err = t.heads.Insert(ctx, id.Request{}, h)
		if errors.Is(err, docstore.ErrExists) {
			h, err = t.heads.Get(ctx, headID(t.chain))
		}
	}
	if err != nil {
		return end{}, err
	}
	last, err := t.last(ctx)
	if err != nil {
		return end{}, err
	}
	if last.n < h.N {
		t.log.ErrorContext(ctx, "audit chain is cut off, run `housecall audit verify`", "chain", t.chain, "block", h.N)
		last = end{h.N, h.Sum}
	}
	t.written.Store(last.n)
	t.indexed.reach(min(h.Indexed, last.n))
	return last, nil
}

func (t *Trail) last(ctx context.Context) (end, error) {
	page, err := t.blocks.Find(ctx, docstore.Query{Index: "chain", Equal: t.chain, Descending: true, Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return end{}, err
	}
	return end{page.Items[0].N, page.Items[0].Sum}, nil
}

func (w *writer) run(ctx context.Context) {
	defer close(w.t.stopped)
	tick := time.NewTicker(headEvery) //nolint:forbidigo // how far the store may lag is real time, whatever the service shows
	defer tick.Stop()
	for {
		select {
		case first := <-w.t.queue:
			w.write(ctx, []waiting{first})
		case e := <-w.t.refused:
			w.again = append(w.again, e)
			w.write(ctx, nil)
		case <-tick.C:
			w.tick(ctx)
		case <-w.t.stop:
			w.drain(ctx)
			return
		}
	}
}

func (w *writer) tick(ctx context.Context) {
	if len(w.again) > 0 || w.t.lost.Load() > 0 {
		w.write(ctx, nil)
	}
	w.writeHead(ctx)
}

// drain writes what was asked before the stop.
func (w *writer) drain(ctx context.Context) {
	for len(w.t.queue)+len(w.t.refused) > 0 {
		before := len(w.again)
		w.write(ctx, nil)
		if len(w.again) > before {
			break // the store does not write; the head shows that
		}
	}
	w.writeHead(ctx)
}

// write makes one block of all that waits now. Who waits is told; refusals of a block that could not
// be written are kept for the next.
func (w *writer) write(ctx context.Context, asked []waiting) {
	asked = w.gather(asked)
	now := w.t.clock.Now()
	entries := make([]Entry, 0, len(asked)+len(w.again)+1)
	for _, a := range asked {
		entries = append(entries, a.entry)
	}
	entries = append(entries, w.again...)
	lost := w.t.lost.Swap(0)
	if lost > 0 {
		entries = append(entries, Entry{What: Lost, At: now, Action: "audit.lost", Count: lost})
	}
	if len(entries) == 0 {
		return
	}
	err := w.append(ctx, entries, now)
	if err != nil {
		w.t.log.ErrorContext(ctx, "audit block not written", "chain", w.t.chain, "block", w.end.n+1, "error", err)
		w.t.lost.Add(lost)
		w.keepBack()
	} else {
		w.again = w.again[:0]
	}
	for _, a := range asked {
		a.mark.settle(err)
	}
	w.t.nudge()
}

func (w *writer) keepBack() {
	if over := len(w.again) - keptBack; over > 0 {
		w.t.lost.Add(int64(over))
		w.again = w.again[:keptBack]
	}
}

// gather takes what waits, without waiting itself.
func (w *writer) gather(asked []waiting) []waiting {
	for len(asked) < blockSize {
		select {
		case a := <-w.t.queue:
			asked = append(asked, a)
			continue
		default:
		}
		break
	}
	for len(asked)+len(w.again) < blockSize {
		select {
		case e := <-w.t.refused:
			w.again = append(w.again, e)
			continue
		default:
		}
		break
	}
	return asked
}

// append writes the next block of the chain. A number that somebody else took (a second process of
// the same name, or our own write whose answer was lost) moves us behind it.
func (w *writer) append(ctx context.Context, entries []Entry, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, blockLimit)
	defer cancel()
	for range retries {
		b := &Block{ID: blockID(w.t.chain, w.end.n+1), Chain: w.t.chain, N: w.end.n + 1, Prev: w.end.sum, At: now, Entries: entries}
		var err error
		if b.Sum, err = b.hash(); err != nil {
			return err
		}
		b.Seal = seal(w.t.key, b.Sum)
		err = w.t.blocks.Insert(ctx, id.Request{}, b)
		if err == nil {
			w.end = end{b.N, b.Sum}
			w.t.written.Store(b.N)
			return nil
		}
		if !errors.Is(err, docstore.ErrExists) {
			return err
		}
		taken, err := w.t.blocks.Get(ctx, b.DocID())
		if err != nil {
			return err
		}
		w.end = end{taken.N, taken.Sum}
	}
	return fmt.Errorf("chain %s: no free number after %d tries", w.t.chain, retries)
}

// writeHead notes how far the chain has come. It lags, so that a block stays one write.
func (w *writer) writeHead(ctx context.Context) {
	indexed := w.t.indexed.reached()
	if w.head == w.end && w.noted == indexed {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, blockLimit)
	defer cancel()
	_, err := w.t.heads.Update(ctx, headID(w.t.chain), docstore.On{}, func(h *Head) error {
		h.Indexed = max(h.Indexed, indexed)
		if h.N < w.end.n {
			h.N, h.Sum = w.end.n, w.end.sum
			h.Seal = seal(w.t.key, headParts(h.Chain, h.N, h.Sum)...)
		}
		return nil
	})
	if err != nil {
		w.t.log.ErrorContext(ctx, "audit head not written", "chain", w.t.chain, "error", err)
		return
	}
	w.head, w.noted = w.end, indexed
}
