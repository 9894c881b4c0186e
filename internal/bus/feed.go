package bus

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"housecall/internal/event"
	"housecall/internal/fault"
)

// FeedItem is an event for somebody's live feed, with the place in the feed to resume after. Reset has no
// event: what came before is not kept, so load again what is shown; from Seq on nothing is missing.
type FeedItem struct {
	Seq   uint64
	Event event.Event
	Reset bool
}

// Feed follows the topics from after a place in the feed, without losing or doubling, until ctx ends and
// the channel is closed. After 0, and after a place that is no longer kept, it begins with a Reset.
func (b *Bus) Feed(ctx context.Context, topics []string, after uint64) (<-chan FeedItem, error) {
	select {
	case <-b.noFeeds:
		return nil, stoppingSoon()
	default:
	}
	if len(topics) == 0 {
		return nil, fault.New(fault.Denied, "There is no live feed for you.")
	}
	info, err := b.feed.Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("look at the feed: %w", err)
	}
	state := info.State
	reset := after == 0 || after > state.LastSeq || after+1 < state.FirstSeq
	if reset {
		after = state.LastSeq
	}
	filters := make([]string, 0, len(topics))
	for _, t := range topics {
		if f := feedSubject(t); !slices.Contains(filters, f) {
			filters = append(filters, f)
		}
	}
	reader, err := b.feed.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		FilterSubjects: filters,
		DeliverPolicy:  jetstream.DeliverByStartSequencePolicy, OptStartSeq: after + 1,
	})
	if err != nil {
		return nil, fmt.Errorf("follow the feed: %w", err)
	}
	expiry, heartbeat := b.watched()
	messages, err := reader.Messages(jetstream.PullMaxMessages(64), expiry, heartbeat)
	if err != nil {
		return nil, fmt.Errorf("read the feed: %w", err)
	}
	out := make(chan FeedItem, 1)
	if reset {
		out <- FeedItem{Seq: after, Reset: true}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		messages.Stop()
		return nil, stoppingSoon()
	}
	follow := &follower{bus: b, topics: topics, messages: messages, out: out}
	b.running.Go(func() { follow.run(ctx) })
	return out, nil
}

func stoppingSoon() error {
	return fault.New(fault.Unavailable, "The service is stopping. Try again in a moment.").After(time.Second)
}

type follower struct {
	bus      *Bus
	topics   []string
	messages jetstream.MessagesContext
	out      chan FeedItem
}

func (f *follower) run(ctx context.Context) {
	defer close(f.out)
	over := make(chan struct{})
	defer close(over)
	f.bus.running.Go(func() {
		select {
		case <-ctx.Done():
		case <-f.bus.noFeeds:
		case <-over:
		}
		f.messages.Stop()
	})
	for {
		m, err := f.messages.Next()
		if err != nil {
			return
		}
		meta, err := m.Metadata()
		if err != nil {
			return
		}
		e, err := decode(m)
		if err != nil || !f.mine(m.Subject(), e) {
			continue
		}
		select {
		case f.out <- FeedItem{Seq: meta.Sequence.Stream, Event: e}:
		case <-ctx.Done():
			return
		case <-f.bus.noFeeds:
			return
		}
	}
}

// mine picks one of the copies of an event that goes to several topics of the same reader: that of the
// first topic in the event's own list, so that it is the same one whenever the feed is resumed.
func (f *follower) mine(subject string, e event.Event) bool {
	for _, topic := range e.To {
		if slices.Contains(f.topics, topic) {
			return subject == feedSubject(topic)
		}
	}
	return false
}

// feedSubject has the topic as one token.
func feedSubject(topic string) string { return "feed." + token(topic) }
