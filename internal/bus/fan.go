package bus

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"housecall/internal/event"
)

// fan reads the live feed once for the whole process and hands each event to those who follow its topic.
// A consumer of the engine for each open screen would be too many: a thousand are refused, and one that
// was left stays for minutes. What a follower has missed for a moment is still at hand here; what is older
// is read from the stream.
type fan struct {
	bus     *Bus
	reading chan struct{} // a few at a time read what is older

	mu        sync.Mutex // guards what follows
	atHand    int        // copies that are kept at least
	tail      uint64     // everything up to this place was handed on
	floor     uint64     // everything after this place, up to tail, is in recent
	recent    []feedCopy
	followers map[string]map[*follower]struct{} // by subject
}

// feedCopy is an event as it stands in the feed for one topic.
type feedCopy struct {
	seq     uint64
	subject string
	event   event.Event
}

const (
	feedAtHand  = 4096 // copies
	feedReaders = 32
)

// startFan begins to read where the feed ends now; the newest of what was before is read again, to have it
// at hand.
func (b *Bus) startFan(ctx context.Context) error {
	info, err := b.feed.Info(ctx)
	if err != nil {
		return fmt.Errorf("look at the feed: %w", err)
	}
	last := info.State.LastSeq
	b.fan = &fan{bus: b, reading: make(chan struct{}, feedReaders), atHand: feedAtHand, tail: last, floor: last, followers: map[string]map[*follower]struct{}{}}
	from := max(info.State.FirstSeq, last-min(last, feedAtHand)+1)
	b.running.Go(func() { b.fan.run(from) }) //nolint:contextcheck // it reads until the bus stops, long after this call
	return nil
}

// run reads the feed from a place until the bus stops. A reader that breaks is made anew.
func (f *fan) run(from uint64) {
	before := f.tail // what is known from before the start
	var old []feedCopy
	for {
		err := f.follow(from, func(c feedCopy) {
			if from = c.seq + 1; c.seq > before {
				f.pass(c)
				return
			}
			if old = append(old, c); c.seq == before {
				f.fill(old)
				old = nil
			}
		})
		select {
		case <-f.bus.stopping:
			return
		case <-time.After(100 * time.Millisecond):
		}
		f.bus.log.Warn("feed is read anew", "error", err)
		if f.behind() {
			from, before, old = 1, 0, nil
		}
	}
}

// follow reads from a place until the bus stops or the reader breaks.
func (f *fan) follow(from uint64, take func(feedCopy)) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	reader, err := f.bus.feed.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: max(1, from), InactiveThreshold: time.Minute,
	})
	if err != nil {
		return fmt.Errorf("follow the feed: %w", err)
	}
	expiry, heartbeat := f.bus.watched()
	messages, err := reader.Messages(jetstream.PullMaxMessages(512), expiry, heartbeat)
	if err != nil {
		return fmt.Errorf("read the feed: %w", err)
	}
	over := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-f.bus.stopping:
		case <-over:
		}
		messages.Stop()
	})
	defer watching.Wait()
	defer close(over)
	for {
		m, err := messages.Next()
		if err != nil {
			return err
		}
		c, err := copyOf(m)
		if err != nil {
			return err
		}
		take(c)
	}
}

func copyOf(m jetstream.Msg) (feedCopy, error) {
	meta, err := m.Metadata()
	if err != nil {
		return feedCopy{}, err
	}
	c := feedCopy{seq: meta.Sequence.Stream, subject: m.Subject()}
	if c.event, err = decode(m); err != nil {
		c.event = event.Event{} // nobody's: it goes to no topic
	}
	return c, nil
}

// pass hands a copy to those who follow its topic.
func (f *fan) pass(c feedCopy) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keep(c)
	f.tail = c.seq
	for one := range f.followers[c.subject] {
		one.give(c)
	}
}

// keep has the copy at hand; the oldest are let go of.
func (f *fan) keep(c feedCopy) {
	if f.recent = append(f.recent, c); len(f.recent) < 2*f.atHand {
		return
	}
	old := len(f.recent) - f.atHand
	f.floor = f.recent[old-1].seq
	f.recent = append([]feedCopy(nil), f.recent[old:]...)
}

// fill takes what was read again from before the start.
func (f *fan) fill(old []feedCopy) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.floor, f.recent = old[0].seq-1, append(old, f.recent...)
}

// behind finds out whether the feed has lost what was handed on already: a stream that was made anew. All
// who follow begin anew then.
func (f *fan) behind() bool {
	ctx, stop := context.WithTimeout(context.Background(), relayTime)
	defer stop()
	info, err := f.bus.feed.Info(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil || info.State.LastSeq >= f.tail {
		return false
	}
	f.tail, f.floor, f.recent = 0, 0, nil
	told := map[*follower]bool{}
	for _, all := range f.followers {
		for one := range all {
			if !told[one] {
				one.put(FeedItem{Reset: true})
			}
			told[one] = true
		}
	}
	return true
}

// forgotten tells whether what came after a place can't be told any more.
func (f *fan) forgotten(ctx context.Context, after uint64) (bool, error) {
	f.mu.Lock()
	atHand := after >= f.floor && after <= f.tail
	f.mu.Unlock()
	if after == 0 || atHand {
		return after == 0, nil
	}
	info, err := f.bus.feed.Info(ctx)
	if err != nil {
		return false, fmt.Errorf("look at the feed: %w", err)
	}
	return after > info.State.LastSeq || after+1 < info.State.FirstSeq, nil
}

// join takes a follower in, with what is at hand of what they missed, and answers what is not.
func (f *fan) join(one *follower, reset bool) gap {
	f.mu.Lock()
	defer f.mu.Unlock()
	g := gap{after: one.after, until: f.floor}
	if reset {
		g, one.after = gap{}, f.tail
		one.put(FeedItem{Seq: f.tail, Reset: true})
	}
	for _, s := range one.subjects {
		if f.followers[s] == nil {
			f.followers[s] = map[*follower]struct{}{}
		}
		f.followers[s][one] = struct{}{}
	}
	if one.after >= f.tail {
		return g
	}
	subjects := map[string]bool{}
	for _, s := range one.subjects {
		subjects[s] = true
	}
	// A screen that lost its network for a moment missed the newest few of thousands.
	missed, _ := slices.BinarySearchFunc(f.recent, one.after+1, func(c feedCopy, seq uint64) int { return cmp.Compare(c.seq, seq) })
	for _, c := range f.recent[missed:] {
		if subjects[c.subject] {
			one.give(c)
		}
	}
	return g
}

func (f *fan) leave(one *follower) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range one.subjects {
		delete(f.followers[s], one)
		if len(f.followers[s]) == 0 {
			delete(f.followers, s)
		}
	}
}

// read reads a gap of these subjects from the stream, in order, until take says no. The consumer is taken
// away at the end: the engine bears only so many.
func (f *fan) read(ctx context.Context, subjects []string, g gap, take func(feedCopy) bool) error {
	select {
	case f.reading <- struct{}{}:
		defer func() { <-f.reading }()
	case <-ctx.Done():
		return ctx.Err()
	case <-f.bus.noFeeds:
		return nil
	}
	reader, err := f.bus.feed.CreateConsumer(ctx, jetstream.ConsumerConfig{
		FilterSubjects: subjects, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: g.after + 1,
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, InactiveThreshold: time.Minute, Replicas: 1,
	})
	if err != nil {
		return fmt.Errorf("read the feed from %s: %w", g, err)
	}
	info := reader.CachedInfo()
	defer func() { _ = f.bus.feed.DeleteConsumer(context.WithoutCancel(ctx), info.Name) }()
	if info.NumPending == 0 {
		return nil
	}
	expiry, heartbeat := f.bus.watched()
	messages, err := reader.Messages(jetstream.PullMaxMessages(512), expiry, heartbeat)
	if err != nil {
		return fmt.Errorf("read the feed from %s: %w", g, err)
	}
	defer messages.Stop()
	for n := uint64(1); n <= info.NumPending; n++ {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("read the feed from %s: %w", g, err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		if meta.Sequence.Consumer != n {
			return fmt.Errorf("read the feed from %s: message %d came as the %d", g, meta.Sequence.Consumer, n)
		}
		c, err := copyOf(m)
		if err != nil || c.seq > g.until || !take(c) {
			return err
		}
	}
	return nil
}
