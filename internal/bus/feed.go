package bus

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

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
// the channel is closed. After 0, and after a place that is no longer kept, it begins with a Reset. Who
// reads too slowly is let go of as well: the channel is closed, and they resume from their last place.
func (b *Bus) Feed(ctx context.Context, topics []string, after uint64) (<-chan FeedItem, error) {
	select {
	case <-b.noFeeds:
		return nil, stoppingSoon()
	default:
	}
	if len(topics) == 0 {
		return nil, fault.New(fault.Denied, "There is no live feed for you.")
	}
	reset, err := b.fan.forgotten(ctx, after)
	if err != nil {
		return nil, err
	}
	f := newFollower(topics, after)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, stoppingSoon()
	}
	gap := b.fan.join(f, reset)
	b.running.Go(func() {
		defer close(f.out)
		defer b.fan.leave(f)
		f.run(ctx, b, gap)
	})
	return f.out, nil
}

func stoppingSoon() error {
	return fault.New(fault.Unavailable, "The service is stopping. Try again in a moment.").After(time.Second)
}

// follower is one open feed.
type follower struct {
	topics   []string
	subjects []string
	out      chan FeedItem
	more     chan struct{} // something is queued

	mu    sync.Mutex // guards what follows
	after uint64     // nothing up to this place is given any more
	queue []FeedItem
	slow  bool
}

// mostQueued is how far a reader may lag before they have to resume.
const mostQueued = 4096

func newFollower(topics []string, after uint64) *follower {
	f := &follower{topics: topics, after: after, out: make(chan FeedItem, 1), more: make(chan struct{}, 1)}
	for _, t := range topics {
		if s := feedSubject(t); !slices.Contains(f.subjects, s) {
			f.subjects = append(f.subjects, s)
		}
	}
	return f
}

// give queues a copy of an event that is the follower's and new.
func (f *follower) give(c feedCopy) {
	if !f.mine(c.subject, c.event) {
		return
	}
	f.put(FeedItem{Seq: c.seq, Event: c.event})
}

func (f *follower) put(item FeedItem) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if item.Seq <= f.after && !item.Reset || f.slow {
		return
	}
	f.after, f.queue = item.Seq, append(f.queue, item)
	f.slow = len(f.queue) > mostQueued
	select {
	case f.more <- struct{}{}:
	default: // they know
	}
}

// run hands on what was missed, then what is queued, until the reader leaves or is too slow.
func (f *follower) run(ctx context.Context, b *Bus, g gap) {
	if g.until > g.after {
		err := b.fan.read(ctx, f.subjects, g, func(c feedCopy) bool {
			return !f.mine(c.subject, c.event) || f.hand(ctx, b, FeedItem{Seq: c.seq, Event: c.event})
		})
		if err != nil {
			b.log.WarnContext(ctx, "feed could not be resumed", "error", err)
			return // from their last place, they try again
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.noFeeds:
			return
		case <-f.more:
		}
		f.mu.Lock()
		items, slow := f.queue, f.slow
		f.queue = nil
		f.mu.Unlock()
		for _, item := range items {
			if !f.hand(ctx, b, item) {
				return
			}
		}
		if slow {
			return
		}
	}
}

// hand gives one item to the reader; false when they have left.
func (f *follower) hand(ctx context.Context, b *Bus, item FeedItem) bool {
	select {
	case f.out <- item:
		return true
	case <-ctx.Done():
	case <-b.noFeeds:
	}
	return false
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

// gap is what a follower has missed and the fan has not at hand: after one place, up to another.
type gap struct{ after, until uint64 }

func (g gap) String() string { return fmt.Sprintf("%d to %d", g.after, g.until) }
