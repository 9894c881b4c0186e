package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"housecall/internal/event"
)

// Pending is an event that somebody has still to handle.
type Pending struct {
	Event event.Event `json:"event"`
	// Again names the one consumer it is for, where an operator had it replayed; else it is for all.
	Again string `json:"again,omitempty"`
	// Loose says that its document is gone.
	Loose bool `json:"loose,omitempty"`
}

// Floor is the place in the events up to which every consumer has handled everything.
func (b *Bus) Floor(ctx context.Context) (uint64, error) {
	info, err := b.events.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("look at the events: %w", err)
	}
	floor := info.State.LastSeq
	list := b.events.ListConsumers(ctx)
	for c := range list.Info() {
		if c.NumPending > 0 || c.NumAckPending > 0 {
			floor = min(floor, c.AckFloor.Stream)
		}
	}
	if err := list.Err(); err != nil {
		return 0, fmt.Errorf("list consumers: %w", err)
	}
	return floor, nil
}

// After lists the events behind a place, in order. Timers that have fired are not among them: while they are not
// handled, they stand in their documents.
func (b *Bus) After(ctx context.Context, floor uint64) ([]Pending, error) {
	info, err := b.events.Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("look at the events: %w", err)
	}
	var out []Pending
	for seq := max(floor+1, info.State.FirstSeq); seq <= info.State.LastSeq; seq++ {
		m, err := b.events.GetMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read event at %d: %w", seq, err)
		}
		var p Pending
		if err := json.Unmarshal(m.Data, &p.Event); err != nil {
			return nil, fmt.Errorf("decode event at %d: %w", seq, err)
		}
		p.Again, _ = strings.CutPrefix(m.Subject, "again.")
		if strings.HasPrefix(m.Subject, "ev.") {
			p.Again = ""
		}
		if p.Event.Due == nil {
			out = append(out, p)
		}
	}
	return out, nil
}

// Empty tells whether there are no events, no timers and no dead letters.
func (b *Bus) Empty(ctx context.Context) (bool, error) {
	for _, s := range []jetstream.Stream{b.events, b.timers, b.dead} {
		info, err := s.Info(ctx)
		if err != nil {
			return false, fmt.Errorf("look at a stream: %w", err)
		}
		if info.State.LastSeq > 0 {
			return false, nil
		}
	}
	return true, nil
}

// Restore puts events and dead letters of a backup into an engine that is empty. Every consumer that comes later
// handles them first.
func (b *Bus) Restore(ctx context.Context, events []Pending, dead []DeadLetter) error {
	for i, p := range events {
		body, err := json.Marshal(p.Event)
		if err != nil {
			return fmt.Errorf("encode event %s: %w", p.Event.ID, err)
		}
		subject, id := "ev."+string(p.Event.Kind), p.Event.ID
		if p.Again != "" {
			subject, id = "again."+p.Again, fmt.Sprintf("again/restored/%d", i)
		}
		if _, err := b.js.PublishMsg(ctx, message(subject, id, body)); err != nil {
			return fmt.Errorf("restore event %s: %w", p.Event.ID, err)
		}
	}
	for i, l := range dead {
		body, err := json.Marshal(l)
		if err != nil {
			return fmt.Errorf("encode dead letter: %w", err)
		}
		if _, err := b.js.PublishMsg(ctx, message("dead."+l.Consumer, fmt.Sprintf("dead/restored/%d", i), body)); err != nil {
			return fmt.Errorf("restore dead letter %d: %w", l.Seq, err)
		}
	}
	return b.disk.sync(eventsStream, deadStream)
}
