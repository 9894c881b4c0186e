package dispatcher

import (
	"context"
	"errors"

	"housecall/internal/bus"
	"housecall/internal/event"
)

// OverBus takes leases and news from the event engine; node names this process among the others.
func OverBus(b *bus.Bus, node string) (Leases, News) {
	return busLeases{b, node}, busNews{b}
}

type busLeases struct {
	bus  *bus.Bus
	node string
}

// Take implements Leases.
func (l busLeases) Take(ctx context.Context, name string) (Lease, error) {
	lease, err := l.bus.Post(ctx, name, l.node)
	switch {
	case errors.Is(err, bus.ErrHeld):
		return nil, nil //nolint:nilnil // held by another is an answer, not an error
	case err != nil:
		return nil, err
	}
	return lease, nil
}

type busNews struct{ bus *bus.Bus }

// Follow implements News.
func (n busNews) Follow(ctx context.Context) (<-chan bus.FeedItem, error) {
	return n.bus.Feed(ctx, []string{event.ToOperators}, 0)
}
