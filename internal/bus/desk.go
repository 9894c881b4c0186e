package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"housecall/internal/event"
)

// desk holds the events that a consumer has in hand. One goroutine (work) owns the piles: a pile is what
// waits of one document, and only its head is ever handled.
type desk struct {
	c     *consumer
	in    chan item
	done  chan outcome
	again chan string
	bad   chan error
	gone  chan struct{} // closed when nobody works here any more

	piles   map[string]*pile
	ready   []string // documents whose head may be handled now
	busy    int
	workers sync.WaitGroup
}

type item struct {
	msg   jetstream.Msg
	event event.Event
}

type pile struct {
	items []item
	tries int
	pause *time.Timer
}

type outcome struct {
	doc string
	err error // the head stays and is tried again
}

func newDesk(c *consumer) *desk {
	return &desk{
		c: c, in: make(chan item, inHand), done: make(chan outcome, c.atOnce), again: make(chan string, inHand),
		bad: make(chan error, 1), gone: make(chan struct{}), piles: map[string]*pile{},
	}
}

// take is called by the reader for each event, in the order of the stream.
func (d *desk) take(m jetstream.Msg) {
	e, err := decode(m)
	if err != nil {
		d.c.bus.log.Error("message was no event", "consumer", d.c.name, "error", err)
		_ = m.Term()
		return
	}
	d.c.held.Add(1)
	select {
	case d.in <- item{m, e}:
	case <-d.gone:
		d.c.held.Add(-1)
	}
}

// fault is called by the reader when reading fails. A missed heartbeat mends itself; a consumer or a
// connection that is gone does not.
func (d *desk) fault(err error) {
	if errors.Is(err, jetstream.ErrNoHeartbeat) {
		return
	}
	select {
	case d.bad <- err:
	default:
	}
}

// work hands out heads of piles until the bus stops, the lease is lost or reading fails. Handlers run
// under ctx.
func (d *desk) work(ctx context.Context, lost <-chan struct{}) error {
	beat := time.NewTicker(ackWait / 3)
	defer beat.Stop()
	for {
		for len(d.ready) > 0 && d.busy < d.c.atOnce {
			d.start(ctx, d.ready[0])
			d.ready = d.ready[1:]
		}
		select {
		case <-d.c.bus.stopping:
			return nil
		case <-lost:
			return errLeaseLost
		case err := <-d.bad:
			return err
		case it := <-d.in:
			d.put(it)
		case o := <-d.done:
			d.settle(o)
		case doc := <-d.again:
			d.ready = append(d.ready, doc)
		case <-beat.C:
			for _, p := range d.piles {
				for _, it := range p.items {
					_ = it.msg.InProgress()
				}
			}
		}
	}
}

func (d *desk) put(it item) {
	p := d.piles[it.event.Doc]
	if p == nil {
		p = &pile{}
		d.piles[it.event.Doc] = p
		d.ready = append(d.ready, it.event.Doc)
	}
	p.items = append(p.items, it)
}

func (d *desk) start(ctx context.Context, doc string) {
	p := d.piles[doc]
	p.tries++
	head, tries := p.items[0], p.tries
	d.busy++
	d.workers.Go(func() { d.done <- outcome{doc, d.handle(ctx, head, tries)} })
}

// handle does the work for one event, or buries it after the last try.
func (d *desk) handle(life context.Context, it item, tries int) error {
	b := d.c.bus
	ctx, cancel := context.WithTimeout(life, handleTime)
	defer cancel()
	err := d.c.call(ctx, it.msg, it.event)
	if err == nil {
		return nil
	}
	if life.Err() != nil {
		return err // cut short: no verdict on the event
	}
	level := slog.LevelWarn
	if early := (earlyError{}); errors.As(err, &early) && tries <= quietTries {
		level = slog.LevelDebug
	}
	b.log.Log(ctx, level, "event was not handled", "consumer", d.c.name, "kind", string(it.event.Kind), "event_id", it.event.ID,
		"doc", it.event.Doc, "tries", tries, "error", err)
	if tries <= len(b.cfg.Backoff) || d.c.stream == b.timers {
		return err // a timer that has fired is carried on until the events take it: nothing in it can be at fault
	}
	if buried := b.bury(life, d.c.name, it.event, tries, err); buried != nil {
		b.log.ErrorContext(ctx, "dead letter was not kept", "consumer", d.c.name, "event_id", it.event.ID, "error", buried)
		return err
	}
	return nil
}

// settle takes the head away when it is done, or has it tried again later.
func (d *desk) settle(o outcome) {
	d.busy--
	p := d.piles[o.doc]
	if o.err != nil {
		pauses := d.c.bus.cfg.Backoff
		wait := time.Second
		if p.tries <= len(pauses) {
			wait = pauses[p.tries-1]
		}
		p.pause = time.AfterFunc(wait, func() {
			select {
			case d.again <- o.doc:
			case <-d.gone:
			}
		})
		return
	}
	_ = p.items[0].msg.Ack() // lost: the event comes again
	p.items, p.tries = p.items[1:], 0
	d.c.bus.moved.Add(1)
	d.c.held.Add(-1)
	if len(p.items) == 0 {
		delete(d.piles, o.doc)
		return
	}
	d.ready = append(d.ready, o.doc)
}

// clear waits for the handlers that run, acknowledges what they did, and lets go of the rest: it comes
// again to whoever reads next. When the stop can't wait any longer it cuts them short.
func (d *desk) clear(cut func()) {
	over := d.c.cutOff
	for d.busy > 0 {
		select {
		case o := <-d.done:
			d.busy--
			if o.err == nil {
				_ = d.piles[o.doc].items[0].msg.Ack()
			}
		case <-over:
			cut()
			over = nil
		}
	}
	d.workers.Wait()
	close(d.gone)
	for _, p := range d.piles {
		if p.pause != nil {
			p.pause.Stop()
		}
	}
	d.c.held.Store(0)
}

var errLeaseLost = errors.New("the lease was lost")

// panicked tells what went wrong without the value, which may describe a person.
func panicked(p any) error {
	var broken runtime.Error
	if err, ok := p.(error); ok && errors.As(err, &broken) {
		return fmt.Errorf("panic: %w", broken)
	}
	return fmt.Errorf("panic with a %T", p)
}

// stack is where it went wrong: the frames above the runtime's own.
func stack() string {
	lines := strings.Split(string(debug.Stack()), "\n")
	return strings.Join(lines[:min(len(lines), 24)], " | ")
}
