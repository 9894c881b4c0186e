package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Queue is what waits for one consumer.
type Queue struct {
	Consumer string
	Waiting  uint64 // not handed out yet
	InHand   int    // handed out and not done
	Again    int    // of these, handed out more than once
}

// Queues lists what waits for each consumer that this process knows, by name.
func (b *Bus) Queues(ctx context.Context) ([]Queue, error) {
	b.mu.Lock()
	consumers := slices.Clone(b.consumers)
	b.mu.Unlock()
	out := make([]Queue, 0, len(consumers))
	for _, c := range consumers {
		info, err := c.durable.Info(ctx)
		if err != nil {
			return nil, fmt.Errorf("ask what waits for %s: %w", c.name, err)
		}
		out = append(out, Queue{Consumer: c.name, Waiting: info.NumPending, InHand: info.NumAckPending, Again: info.NumRedelivered})
	}
	slices.SortFunc(out, func(a, b Queue) int { return strings.Compare(a.Consumer, b.Consumer) })
	return out, nil
}

// Unsent counts events that wait in their documents for the relay, up to a batch of them.
func (b *Bus) Unsent(ctx context.Context) (int, error) {
	waiting, err := b.store.Waiting(ctx, relayBatch)
	return len(waiting), err
}

// Member is a process that shares the engine, with how many leases of each kind it holds.
type Member struct {
	Name   string
	Leases map[string]int // by what stands before the first dot or dash of their names: dispatch, consumer
}

// memberLease is what a process holds as long as it lives.
const memberLease = "node."

// Members lists the processes that are alive, by name. One that died is listed until its lease ends.
func (b *Bus) Members(ctx context.Context) ([]Member, error) {
	keys, err := b.leases.ListKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the leases: %w", err)
	}
	held := map[string]map[string]int{}
	alive := []string{}
	for key := range keys.Keys() {
		entry, err := b.leases.Get(ctx, key)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read lease %s: %w", key, err)
		}
		holder := string(entry.Value())
		if strings.HasPrefix(key, memberLease) {
			alive = append(alive, holder)
			continue
		}
		if held[holder] == nil {
			held[holder] = map[string]int{}
		}
		kind, _, _ := strings.Cut(strings.Replace(key, "-", ".", 1), ".")
		held[holder][kind]++
	}
	slices.Sort(alive)
	out := make([]Member, 0, len(alive))
	for _, name := range alive {
		out = append(out, Member{Name: name, Leases: held[name]})
	}
	return out, nil
}

// belong holds this process's own lease until the bus stops.
func (b *Bus) belong() {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		mine, err := b.Lease(ctx, memberLease+b.cfg.Node, b.cfg.Node)
		cancel()
		if err == nil {
			<-mine.Lost() // with the bus, at the latest
		}
		select {
		case <-b.stopping:
			return
		case <-time.After(time.Second):
		}
	}
}
