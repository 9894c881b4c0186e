package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"housecall/internal/event"
	"housecall/internal/fault"
)

// DeadLetter is an event that a consumer could not handle in all its tries.
type DeadLetter struct {
	Seq      uint64      `json:"seq"`
	Consumer string      `json:"consumer"`
	Event    event.Event `json:"event"`
	Tries    int         `json:"tries"`
	Cause    string      `json:"cause"` // the text of the last error, which carries ids only
	At       time.Time   `json:"at"`
}

func (b *Bus) bury(ctx context.Context, consumer string, e event.Event, tries int, cause error) error {
	body, err := json.Marshal(DeadLetter{Consumer: consumer, Event: e, Tries: tries, Cause: cause.Error(), At: b.clock.Now()})
	if err != nil {
		return fmt.Errorf("encode dead letter: %w", err)
	}
	if _, err := b.js.PublishMsg(ctx, message("dead."+consumer, "", body)); err != nil {
		return fmt.Errorf("keep dead letter: %w", err)
	}
	if err := b.disk.sync(deadStream); err != nil {
		return err
	}
	b.log.ErrorContext(ctx, "event became a dead letter", "consumer", consumer, "kind", string(e.Kind), "event_id", e.ID, "doc", e.Doc, "tries", tries)
	return nil
}

// Dead lists the dead letters, the oldest first, up to a thousand.
func (b *Bus) Dead(ctx context.Context) ([]DeadLetter, error) {
	const most = 1000
	info, err := b.dead.Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("look at the dead letters: %w", err)
	}
	letters := []DeadLetter{}
	for seq := info.State.FirstSeq; seq <= info.State.LastSeq && len(letters) < most; seq++ {
		// The next message at or after seq: replayed ones leave holes.
		m, err := b.dead.GetMsg(ctx, seq, jetstream.WithGetMsgSubject("dead.*"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read dead letter %d: %w", seq, err)
		}
		l, err := letter(m)
		if err != nil {
			return nil, err
		}
		letters = append(letters, l)
		seq = m.Sequence
	}
	return letters, nil
}

// Replay gives a dead letter to its consumer once more and takes it from the list; NotFound when there is
// none of this number.
func (b *Bus) Replay(ctx context.Context, seq uint64) error {
	m, err := b.dead.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return fault.New(fault.NotFound, "There is no dead letter of this number. List them again.")
	}
	if err != nil {
		return fmt.Errorf("read dead letter %d: %w", seq, err)
	}
	l, err := letter(m)
	if err != nil {
		return err
	}
	body, err := json.Marshal(l.Event)
	if err != nil {
		return fmt.Errorf("encode event %s: %w", l.Event.ID, err)
	}
	if _, err := b.js.PublishMsg(ctx, message("again."+l.Consumer, fmt.Sprintf("again/%d/%d", seq, m.Time.UnixNano()), body)); err != nil {
		return fmt.Errorf("replay dead letter %d: %w", seq, err)
	}
	if err := b.disk.sync(eventsStream); err != nil {
		return err
	}
	if err := b.dead.DeleteMsg(ctx, seq); err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return fmt.Errorf("take dead letter %d away: %w", seq, err)
	}
	return nil
}

func letter(m *jetstream.RawStreamMsg) (DeadLetter, error) {
	var l DeadLetter
	if err := json.Unmarshal(m.Data, &l); err != nil {
		return l, fmt.Errorf("decode dead letter %d: %w", m.Sequence, err)
	}
	l.Seq = m.Sequence
	return l, nil
}
