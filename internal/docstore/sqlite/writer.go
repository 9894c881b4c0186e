package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"housecall/internal/docstore"
)

// maxGroup bounds how many writes share a transaction, and with it how long the first of them waits.
const maxGroup = 256

// write is one thing to do in a transaction that it may share with others.
type write struct {
	run   func(context.Context, *conn) error // either refuses before it changes anything, or does all of it
	wakes bool                               // it leaves events to publish
	done  chan error
}

// writer owns the one connection that writes.
type writer struct {
	db      *sql.DB
	conn    *conn
	queue   chan write // what stands in it is done, unless the writer is closed before: then it was never begun
	closing chan struct{}
	closed  chan struct{}
	wake    chan struct{}
	commits atomic.Int64
}

func startWriter(ctx context.Context, db *sql.DB) (*writer, error) {
	c, err := newConn(ctx, db)
	if err != nil {
		return nil, err
	}
	w := &writer{
		db: db, conn: c, queue: make(chan write, maxGroup), closing: make(chan struct{}),
		closed: make(chan struct{}), wake: make(chan struct{}, 1),
	}
	go w.loop(context.WithoutCancel(ctx))
	return w, nil
}

// do has the write done and answers what became of it. When ctx ends before it stands in the queue,
// it is not done and the answer is ctx's error; after that the answer is awaited, two commits at most,
// since who reads "cancelled" must be able to trust that nothing was written.
func (w *writer) do(ctx context.Context, one write) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	one.done = make(chan error, 1)
	if err := w.enqueue(ctx, one); err != nil {
		return err
	}
	select {
	case err := <-one.done:
		return err
	case <-w.closed:
	}
	select {
	case err := <-one.done: // it was the last that was done
		return err
	default:
		return errClosed
	}
}

// enqueue asks for ctx's end only where there is no room: that a deadline is watched has its cost.
func (w *writer) enqueue(ctx context.Context, one write) error {
	select {
	case <-w.closing:
		return errClosed
	case w.queue <- one:
		return nil
	default:
	}
	select {
	case w.queue <- one:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-w.closing:
		return errClosed
	}
}

// stop waits for the writes that have begun. It may be called once.
func (w *writer) stop() error {
	close(w.closing)
	<-w.closed
	return errors.Join(w.conn.close(), w.db.Close())
}

func (w *writer) loop(ctx context.Context) {
	defer close(w.closed)
	group := make([]write, 0, maxGroup)
	var c crowd
	for {
		// Who stands here already has come while others were written.
		if group = w.waiting(group[:0]); len(group) > 0 {
			c.stood(len(group))
			group = w.gather(group, &c)
		} else {
			select {
			case <-w.closing:
				return
			case first := <-w.queue:
				c.stood(0)
				group = w.gather(append(group, first), &c)
			}
		}
		begun := time.Now() //nolint:forbidigo // how long the machine takes, whatever time the service shows
		w.commit(ctx, group)
		c.committed(len(group), time.Since(begun)) //nolint:forbidigo // as above
		clear(group)
	}
}

// gather holds the group open for those of the last one who are likely to come back. Who was answered
// together comes back a moment apart: without this the first pays for a sync alone while the rest queue
// behind it, and from then on there are two crowds that never meet, each waiting for the other's sync.
func (w *writer) gather(group []write, c *crowd) []write {
	group = w.waiting(group)
	expected, patience := c.expected()
	if len(group) < expected {
		over := time.NewTimer(patience) //nolint:forbidigo // how long the machine waits, whatever time the service shows
		group = w.await(group, min(expected, maxGroup), over.C)
		over.Stop()
	}
	c.came(len(group))
	return group
}

// await adds who comes, until there are so many or the time is over.
func (w *writer) await(group []write, wanted int, over <-chan time.Time) []write {
	for len(group) < wanted {
		select {
		case one := <-w.queue:
			group = append(group, one)
		case <-over:
			return group
		}
	}
	return w.waiting(group)
}

// waiting adds those who stand in the queue.
func (w *writer) waiting(group []write) []write {
	for len(group) < maxGroup {
		select {
		case one := <-w.queue:
			group = append(group, one)
		default:
			return group
		}
	}
	return group
}

// commit does a group and answers everybody in it. A group that failed as a whole (a full disk, a
// value that is too big) is done again one by one, so that only who is to blame is refused.
func (w *writer) commit(ctx context.Context, group []write) {
	answers, err := w.transact(ctx, group)
	if err == nil || len(group) == 1 || errors.Is(err, errBegin) {
		w.answer(group, answers, err)
		return
	}
	for i := range group {
		answers, err := w.transact(ctx, group[i:i+1])
		w.answer(group[i:i+1], answers, err)
	}
}

func (w *writer) answer(group []write, answers []error, err error) {
	wakes := false
	for i, one := range group {
		if err != nil {
			one.done <- translate(err)
			continue
		}
		wakes = wakes || one.wakes && answers[i] == nil
		one.done <- answers[i]
	}
	if !wakes {
		return
	}
	select {
	case w.wake <- struct{}{}:
	default: // a signal waits already
	}
}

var errBegin = errors.New("begin a write")

// transact runs a group in one transaction. The answers are each write's own; an error means that
// nothing of the group was kept.
func (w *writer) transact(ctx context.Context, group []write) ([]error, error) {
	if err := w.conn.begin(ctx); err != nil {
		return nil, fmt.Errorf("%w: %w", errBegin, err)
	}
	answers := make([]error, len(group))
	for i, one := range group {
		answers[i] = one.run(ctx, w.conn)
		if answers[i] != nil && !refused(answers[i]) {
			w.conn.rollback(ctx)
			return nil, answers[i]
		}
	}
	if err := w.conn.commit(ctx); err != nil {
		w.conn.rollback(ctx)
		return nil, fmt.Errorf("commit: %w", err)
	}
	w.commits.Add(1)
	return answers, nil
}

// refused tells a write whose condition did not hold, and which therefore changed nothing.
func refused(err error) bool {
	return errors.Is(err, docstore.ErrExists) || errors.Is(err, docstore.ErrStale) || errors.Is(err, docstore.ErrNotFound)
}
