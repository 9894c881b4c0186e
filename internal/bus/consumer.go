package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json/v1"
	"github.com/nats-io/nats.go/jetstream"

	"housecall/internal/event"
)

const (
	inHand      = 512              // events of one consumer that are handed out and not acknowledged
	atWork      = 8                // documents of one consumer that are handled at once, where it does not say
	ackWait     = 30 * time.Second // the engine gives an event to another after this without a sign of life
	handleTime  = 30 * time.Second
	retryAttach = time.Second
	attachTime  = 3 * time.Second // a server that dies answers nothing: ask another soon
)

// Consumer acts on events. Handle may be called again for the same event and must then do nothing new.
type Consumer struct {
	Name   string       // its place in the stream is kept under this name: never change it
	Kinds  []event.Kind // "order.*" is allowed; none: every event
	Handle func(context.Context, event.Event) error
	// AtOnce is how many documents are handled at once; 0: eight. A handler that people wait for, and that itself
	// waits for the disk most of its time, wants more than one that only listens.
	AtOnce int
}

// Early marks the refusal of an event that has come before what it stands on, which is on its way through another
// consumer. It is tried again like any other; that it was refused is told to developers alone, as long as it is
// likely to come right by itself.
func Early(err error) error { return earlyError{err} }

type earlyError struct{ error }

func (e earlyError) Unwrap() error { return e.error }

// quietTries is how often an early event is refused without a warning: for a second or so.
const quietTries = 3

// consumer is one durable reader of one stream.
type consumer struct {
	bus     *Bus
	name    string
	stream  jetstream.Stream
	filters []string
	atOnce  int
	handle  func(context.Context, jetstream.Msg, event.Event) error

	durable jetstream.Consumer
	held    atomic.Int64 // events in hand
	ended   chan struct{}
	cutOnce sync.Once
	cutOff  chan struct{} // closed: handlers that run are cut short
}

// Subscribe starts a consumer. Events of one document are handled in order; an event whose handler
// fails is tried again with growing pauses, the document's later events wait for it, and after the
// last try it becomes a dead letter. Fired timers come as events of their kind.
func (b *Bus) Subscribe(c Consumer) error {
	if c.Name == "" || safe(c.Name) != c.Name || c.Handle == nil {
		return fmt.Errorf("subscribe %q: a plain name and a handler are needed", c.Name)
	}
	filters := []string{"again." + c.Name}
	for _, k := range c.Kinds {
		if f := "ev." + string(k); !slices.Contains(filters, f) {
			filters = append(filters, f)
		}
	}
	if len(c.Kinds) == 0 {
		filters = append(filters, "ev.>")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return b.consume(ctx, &consumer{
		bus: b, name: c.Name, stream: b.events, filters: filters, atOnce: c.AtOnce,
		handle: func(ctx context.Context, _ jetstream.Msg, e event.Event) error { return c.Handle(ctx, e) },
	})
}

func (b *Bus) consume(ctx context.Context, c *consumer) error {
	var err error
	c.durable, err = c.stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: c.name, FilterSubjects: c.filters,
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxDeliver: -1, MaxAckPending: inHand,
	})
	if err != nil {
		return fmt.Errorf("make consumer %s: %w", c.name, err)
	}
	c.atOnce = cmp.Or(c.atOnce, atWork)
	c.ended, c.cutOff = make(chan struct{}), make(chan struct{})
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return errors.New("subscribe " + c.name + ": the bus has stopped")
	}
	if slices.ContainsFunc(b.consumers, func(o *consumer) bool { return o.name == c.name }) {
		return errors.New("subscribe " + c.name + ": there is a consumer of this name")
	}
	b.consumers = append(b.consumers, c)
	go c.run() //nolint:contextcheck // it reads until the bus stops, long after this call
	return nil
}

func (c *consumer) wait() { <-c.ended }
func (c *consumer) cut()  { c.cutOnce.Do(func() { close(c.cutOff) }) }

// run reads until the bus stops. On a cluster one node at a time reads for a consumer, else two of
// them would handle events of one document side by side.
func (c *consumer) run() {
	defer close(c.ended)
	for {
		lost := (<-chan struct{})(nil)
		lease, err := c.lease()
		if lease != nil {
			lost = lease.Lost()
		}
		if err == nil {
			err = c.read(lost)
		}
		if lease != nil {
			lease.Release()
		}
		if err != nil && !errors.Is(err, ErrHeld) {
			c.bus.log.Error("consumer stopped reading", "consumer", c.name, "error", err)
		}
		select {
		case <-c.bus.stopping:
			return
		case <-time.After(retryAttach):
		}
	}
}

func (c *consumer) lease() (*Lease, error) {
	if c.bus.server != nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), attachTime)
	defer cancel()
	return c.bus.Post(ctx, "consumer-"+c.name, c.bus.cfg.Node)
}

// read handles events until the bus stops, the lease is lost or reading fails.
func (c *consumer) read(lost <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(context.Background(), attachTime)
	defer cancel()
	// What the reader before left unacknowledged comes first again, in order, before anything newer.
	if _, err := c.stream.ResetConsumer(ctx, c.name); err != nil {
		return fmt.Errorf("go back to what is not acknowledged: %w", err)
	}
	d := newDesk(c)
	expiry, heartbeat := c.bus.watched()
	reading, err := c.durable.Consume(func(m jetstream.Msg) { d.take(m) }, jetstream.PullMaxMessages(inHand), expiry, heartbeat,
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) { d.fault(err) }))
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	life, end := context.WithCancel(context.Background())
	defer end()
	err = d.work(life, lost)
	if errors.Is(err, errLeaseLost) {
		end() // another node handles from now on
	}
	reading.Stop()
	d.clear(end)
	<-reading.Closed()
	return err
}

// call runs the handler; a panic in it is an error like others.
func (c *consumer) call(ctx context.Context, m jetstream.Msg, e event.Event) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
			c.bus.log.ErrorContext(ctx, "handler panicked", "consumer", c.name, "event_id", e.ID, "error", err, "stack", stack())
		}
	}()
	ctx, span := c.span(ctx, e)
	defer func() { ended(span, err) }()
	return c.handle(ctx, m, e)
}

func decode(m jetstream.Msg) (event.Event, error) {
	var e event.Event
	if err := json.Unmarshal(m.Data(), &e); err != nil {
		return event.Event{}, fmt.Errorf("decode event: %w", err)
	}
	return e, nil
}
