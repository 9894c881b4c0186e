package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json/v1"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"housecall/internal/docstore"
	"housecall/internal/event"
)

const (
	relayBatch = 256
	sweepEvery = time.Second // what a lost wake-up, or another node's death, leaves behind
	relayTime  = 30 * time.Second
)

// relay moves events out of documents into the streams until the bus stops.
func (b *Bus) relay() {
	life, end := context.WithCancel(context.Background())
	defer end()
	b.running.Go(func() {
		select {
		case <-b.hurry:
			end()
		case <-life.Done():
		}
	})
	r := &relay{b: b, life: life, flying: map[string]bool{}, keep: make(chan []docstore.Outgoing), kept: make(chan kept, 1)}
	go r.keepAll()
	r.run()
	close(r.keep)
	for range r.kept { // what is sent is taken out before the bus has stopped, or not at all
	}
}

// relay has two hands. One sends events to the streams, from where consumers have them at once; the other sees that
// they will stand there and takes them out of their documents, while the first sends what came meanwhile.
type relay struct {
	b    *Bus
	life context.Context //nolint:containedctx // of both hands

	flying map[string]bool          // ids of events that are sent and not yet taken out of their documents
	keep   chan []docstore.Outgoing // from the first hand to the second; closed when there is no more
	kept   chan kept                // and back
}

type kept struct {
	events []docstore.Outgoing
	err    error // they stand in their documents still, and are sent again
}

func (r *relay) run() {
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	for failed := 0; ; {
		var err error
		select {
		case <-r.b.stopping:
			return
		case k := <-r.kept:
			if err = r.landed(k); err == nil {
				continue
			}
		case <-r.b.store.Wake():
			err = r.drain(r.b.store.Written)
		case <-r.b.kick:
			err = r.drain(r.b.store.Waiting)
		case <-sweep.C:
			err = r.drain(r.b.store.Waiting)
		}
		if err == nil {
			failed = 0
			continue
		}
		r.b.log.Error("events could not be relayed", "error", err, "tries", failed+1)
		failed = min(failed+1, 6)
		select {
		case <-r.b.stopping:
			return
		case <-time.After(100 * time.Millisecond << failed):
		}
	}
}

// look lists events that wait.
type look func(ctx context.Context, limit int) ([]docstore.Outgoing, error)

// drain sends until nothing waits.
func (r *relay) drain(where look) error {
	for {
		select {
		case <-r.b.stopping:
			return nil
		default:
		}
		ctx, cancel := context.WithTimeout(r.life, relayTime)
		n, err := r.send(ctx, where)
		cancel()
		if n == 0 || err != nil {
			return err
		}
	}
}

// send sends what waits, up to one batch, and answers how much it was. An event is published only when the one
// before it in its document is in the stream, else a failure between the two would turn them round.
func (r *relay) send(ctx context.Context, where look) (int, error) {
	waiting, err := where(ctx, relayBatch+len(r.flying))
	if err != nil {
		return 0, fmt.Errorf("list waiting events: %w", err)
	}
	waiting = slices.DeleteFunc(waiting, func(o docstore.Outgoing) bool { return r.flying[o.Event.ID] })
	failed := map[string]bool{}
	var done []docstore.Outgoing
	var firstErr error
	for _, round := range r.b.rounds(waiting) {
		for i, err := range r.b.publish(ctx, round, failed) {
			if err != nil {
				failed[round[i].Doc] = true
				if !inProcess(err) && !errors.Is(err, errWaits) {
					firstErr = first(firstErr, err)
				}
				continue
			}
			done = append(done, round[i])
		}
	}
	return len(done), first(r.pass(done), firstErr)
}

// pass gives what was sent to the second hand, once that has done with what it had.
func (r *relay) pass(done []docstore.Outgoing) (err error) {
	if len(done) == 0 {
		return nil
	}
	for _, o := range done {
		r.flying[o.Event.ID] = true
	}
	for {
		select {
		case r.keep <- done:
			return err
		case k := <-r.kept:
			err = first(err, r.landed(k))
		}
	}
}

func (r *relay) landed(k kept) error {
	for _, o := range k.events {
		delete(r.flying, o.Event.ID)
	}
	return k.err
}

func (r *relay) keepAll() {
	defer close(r.kept)
	for done := range r.keep {
		ctx, cancel := context.WithTimeout(r.life, relayTime)
		err := r.b.takeOut(ctx, done)
		cancel()
		r.kept <- kept{done, err}
	}
}

// takeOut takes events out of their documents once the streams have them for good.
func (b *Bus) takeOut(ctx context.Context, done []docstore.Outgoing) error {
	if err := b.disk.sync(touched(done)...); err != nil {
		return err
	}
	if err := b.store.Published(ctx, done); err != nil {
		return fmt.Errorf("take %d published events out: %w", len(done), err)
	}
	b.moved.Add(uint64(len(done)))
	return nil
}

// touched lists the streams that these events went to.
func touched(done []docstore.Outgoing) []string {
	streams := []string{eventsStream}
	feed, timers := false, false
	for _, o := range done {
		feed = feed || len(o.Event.To) > 0
		timers = timers || isTimer(o.Event)
	}
	if feed {
		streams = append(streams, feedStream)
	}
	if timers {
		streams = append(streams, timersStream)
	}
	return streams
}

func isTimer(e event.Event) bool { return e.Due != nil || e.Cancelled }

// errWaits says that an event was not sent, for the sake of the one before it in its document.
var errWaits = errors.New("it waits for the one before it")

// rounds puts the n-th waiting event of each document into round n, and in each round first what goes ahead.
func (b *Bus) rounds(waiting []docstore.Outgoing) [][]docstore.Outgoing {
	var out [][]docstore.Outgoing
	next := make(map[string]int, len(waiting))
	for _, w := range waiting {
		n := next[w.Doc]
		next[w.Doc]++
		if n == len(out) {
			out = append(out, nil)
		}
		out[n] = append(out[n], w)
	}
	for _, round := range out {
		slices.SortStableFunc(round, func(x, y docstore.Outgoing) int { return b.place(x.Event.Kind) - b.place(y.Event.Kind) })
	}
	return out
}

// place is 0 for events that go ahead of others, and 1 for those.
func (b *Bus) place(k event.Kind) int {
	for _, ahead := range b.cfg.Ahead {
		if matches(string(ahead), string(k)) {
			return 0
		}
	}
	return 1
}

// publish sends one round and waits until the streams have it. The answer has an error for each event
// that is not certainly there; events of documents that failed before are not sent.
func (b *Bus) publish(ctx context.Context, round []docstore.Outgoing, failed map[string]bool) []error {
	errs := make([]error, len(round))
	acks := make([][]jetstream.PubAckFuture, len(round))
	var timers sync.WaitGroup
	for i, w := range round {
		e := w.Event
		switch {
		case failed[w.Doc]:
			errs[i] = errWaits
		case isTimer(e):
			timers.Go(func() { errs[i] = b.sched.Schedule(ctx, e) })
		default:
			acks[i], errs[i] = b.send(e)
		}
	}
	for i := range round {
		for _, ack := range acks[i] {
			select {
			case got := <-ack.Ok():
				b.took(round[i].Event.Kind, got)
			case err := <-ack.Err():
				errs[i] = first(errs[i], fmt.Errorf("publish event %s: %w", round[i].Event.ID, err))
			case <-ctx.Done():
				errs[i] = first(errs[i], fmt.Errorf("publish event %s: %w", round[i].Event.ID, ctx.Err()))
			}
		}
	}
	timers.Wait()
	return errs
}

// send begins to publish an event and its copies for the live feeds.
func (b *Bus) send(e event.Event) ([]jetstream.PubAckFuture, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", e.ID, err)
	}
	acks := make([]jetstream.PubAckFuture, 0, 1+len(e.To))
	ack, err := b.js.PublishMsgAsync(message("ev."+string(e.Kind), e.ID, body))
	if err != nil {
		return nil, fmt.Errorf("publish event %s: %w", e.ID, err)
	}
	acks = append(acks, ack)
	for i, topic := range e.To {
		if contains(e.To[:i], topic) {
			continue
		}
		ack, err := b.js.PublishMsgAsync(message(feedSubject(topic), e.ID+"/"+topic, body))
		if err != nil {
			return acks, fmt.Errorf("publish event %s to a feed: %w", e.ID, err)
		}
		acks = append(acks, ack)
	}
	return acks, nil
}

// message has an id, so that a message published again is dropped.
func message(subject, msgID string, body []byte) *nats.Msg {
	m := nats.NewMsg(subject)
	m.Header.Set(nats.MsgIdHdr, msgID)
	m.Data = body
	return m
}

func contains(all []string, s string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}

func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
