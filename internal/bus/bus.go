package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/trace"

	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/event"
)

// Config says where the engine is. Give Dir or URL.
type Config struct {
	Dir      string // the engine runs in the process and keeps its files here
	URL      string // a NATS cluster: "nats://a:4222,nats://b:4222"
	Creds    string // file with the credentials for the cluster; may be empty
	CA       string // file with the authority of the cluster's certificates, beside the system's; may be empty
	Replicas int    // copies of each stream on a cluster; 0 is 3

	// Service says whose events these are. An engine that holds those of another is refused; empty: not asked.
	Service string
	// Idle opens the engine without relaying, forwarding or setting timers again, for a tool.
	Idle bool

	// Ahead are the kinds of events that go into the streams before others that wait: what a promise's clock waits
	// for. "order.*" is allowed. The order of one document's events is never changed.
	Ahead []event.Kind

	// Node names this process among others that share the cluster. Empty: made at random.
	Node string
	// Backoff lists the pauses between the tries of a handler; after the last the event is a dead
	// letter. Nil: from 50 ms to 10 minutes, nine tries.
	Backoff []time.Duration
	// LeaseTTL is how long a lease outlives a holder that has died. 0 is 10 s. That of a post is 3 s, or as long
	// where that is shorter.
	LeaseTTL time.Duration
	// ClockTimers has timers fire when this clock is advanced, for tests.
	ClockTimers *clock.Fake
}

// Deps is what a bus stands on.
type Deps struct {
	Store docstore.Store
	Clock clock.Clock
	Log   *slog.Logger
	// Tracer makes spans of what is handled; nil: none.
	Tracer trace.Tracer
}

// Scheduler has the event delivered at event.Due, or takes that timer away when it says Cancelled.
type Scheduler interface {
	Schedule(ctx context.Context, e event.Event) error
}

// Bus is a running engine. Stop it.
type Bus struct {
	cfg    Config
	store  docstore.Store
	clock  clock.Clock
	log    *slog.Logger
	tracer trace.Tracer   // may be nil
	server *server.Server // nil on a cluster
	disk   *disk          // nil on a cluster
	lock   *os.File       // held while the engine runs in the process
	conn   *nats.Conn
	js     jetstream.JetStream
	events jetstream.Stream
	feed   jetstream.Stream
	fan    *fan
	timers jetstream.Stream
	dead   jetstream.Stream
	leases bucket
	posts  bucket
	sched  Scheduler

	adrift atomic.Bool // our clock is wrong

	stopping chan struct{} // closed when nothing new is begun
	noFeeds  chan struct{} // closed when live feeds end, before or with stopping
	hurry    chan struct{} // closed when stopping waits for nothing any more
	endFeeds sync.Once
	kick     chan struct{} // has the relay look at once
	moved    atomic.Uint64 // counts what was relayed or handled; Settle watches it
	running  sync.WaitGroup
	stopOnce sync.Once

	mu        sync.Mutex // guards consumers, closed, newest
	consumers []*consumer
	closed    bool
	newest    map[string]uint64 // place of the newest event of each kind that this process published
}

// Start opens the engine, makes its streams ready, sets lost timers again and starts the relay. Nothing
// is handled before Subscribe.
func Start(ctx context.Context, cfg Config, deps Deps) (*Bus, error) {
	if deps.Store == nil || deps.Clock == nil || deps.Log == nil || (cfg.Dir == "") == (cfg.URL == "") {
		return nil, errors.New("bus: store, clock, log and one of folder and address are needed")
	}
	b := &Bus{
		cfg: withDefaults(cfg), store: deps.Store, clock: deps.Clock, log: deps.Log.With("component", "bus"), tracer: deps.Tracer,
		stopping: make(chan struct{}), noFeeds: make(chan struct{}), hurry: make(chan struct{}), kick: make(chan struct{}, 1), newest: map[string]uint64{},
	}
	err := b.open(ctx)
	if err != nil {
		close(b.stopping)
		b.shut()
		b.running.Wait()
		return nil, err
	}
	if !cfg.Idle {
		b.running.Go(b.relay)
		b.running.Go(b.belong)
		if cfg.ClockTimers == nil {
			b.running.Go(b.fireOverdue)
		}
		if cfg.URL != "" && cfg.ClockTimers == nil {
			b.running.Go(b.watchClock)
		}
	}
	return b, nil
}

func (b *Bus) open(ctx context.Context) error {
	if err := b.connect(); err != nil {
		return err
	}
	fresh, err := b.makeStreams(ctx)
	if err != nil {
		return err
	}
	if err := b.startFan(ctx); err != nil {
		return err
	}
	if b.cfg.ClockTimers != nil {
		b.sched = newClockTimers(b, b.cfg.ClockTimers) //nolint:contextcheck // its timers fire when a clock is advanced
		return b.setTimersAgain(ctx)
	}
	b.sched = &streamTimers{bus: b}
	if b.cfg.Idle {
		return nil
	}
	if fresh {
		if err := b.setTimersAgain(ctx); err != nil {
			return err
		}
		if err := b.timersKept(ctx); err != nil {
			return err
		}
	}
	return b.forwardFired(ctx)
}

// Stop ends the relay and the consumers, waits for the handlers that run, and closes the engine. What is
// not handled or not relayed yet is there at the next start. When ctx ends first, handlers and the relay are
// cut short.
func (b *Bus) Stop(ctx context.Context) error {
	var err error
	b.stopOnce.Do(func() {
		b.mu.Lock()
		b.closed = true
		consumers := b.consumers
		b.mu.Unlock()
		close(b.stopping)
		b.EndFeeds()
		over := context.AfterFunc(ctx, func() {
			close(b.hurry)
			for _, c := range consumers {
				c.cut()
			}
		})
		for _, c := range consumers {
			c.wait()
		}
		b.running.Wait()
		over()
		b.shut()
		err = ctx.Err()
	})
	return err
}

// EndFeeds ends every live feed and takes no new one, while everything else goes on: a web server that
// stops waits for its requests, and a feed does not end by itself.
func (b *Bus) EndFeeds() { b.endFeeds.Do(func() { close(b.noFeeds) }) }

func (b *Bus) shut() {
	if b.conn != nil {
		_ = b.conn.FlushTimeout(2 * time.Second) // acknowledgements; without them events come once more
		b.conn.Close()
	}
	if b.server != nil {
		b.server.Shutdown()
		b.server.WaitForShutdown()
	}
	if b.lock != nil {
		_ = b.lock.Close() // which frees the folder
	}
}

// Ping answers nil when an event would be taken now.
func (b *Bus) Ping(ctx context.Context) error {
	if _, err := b.events.Info(ctx); err != nil {
		return fmt.Errorf("ask the event stream: %w", err)
	}
	if b.adrift.Load() {
		return clockIsWrong()
	}
	return nil
}

func withDefaults(cfg Config) Config {
	if cfg.Node == "" {
		cfg.Node = nats.NewInbox()[len("_INBOX."):]
	}
	if cfg.Backoff == nil {
		cfg.Backoff = []time.Duration{
			50 * time.Millisecond, 250 * time.Millisecond, time.Second, 5 * time.Second,
			15 * time.Second, time.Minute, 3 * time.Minute, 10 * time.Minute,
		}
	}
	if cfg.LeaseTTL == 0 {
		cfg.LeaseTTL = 10 * time.Second
	}
	if cfg.Replicas == 0 {
		cfg.Replicas = 3
	}
	if cfg.Dir != "" {
		cfg.Replicas = 1
	}
	return cfg
}
