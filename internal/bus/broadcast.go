package bus

import (
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
)

// Broadcast tells every node that listens now. Nothing is kept: it is for what a node would find out by
// itself a little later, as that a session was revoked.
func (b *Bus) Broadcast(subject string, data []byte) error {
	if err := b.conn.Publish("bc."+token(subject), data); err != nil {
		return fmt.Errorf("broadcast %s: %w", subject, err)
	}
	return nil
}

// Listen calls hear for each broadcast, one after the other, until stop is called or the bus stops.
func (b *Bus) Listen(subject string, hear func(data []byte)) (stop func(), err error) {
	sub, err := b.conn.Subscribe("bc."+token(subject), func(m *nats.Msg) { hear(m.Data) })
	if err != nil {
		return nil, fmt.Errorf("listen to %s: %w", subject, err)
	}
	if err := b.conn.Flush(); err != nil { // from here on nothing is missed
		return nil, fmt.Errorf("listen to %s: %w", subject, err)
	}
	return func() { _ = sub.Unsubscribe() }, nil
}

// token is the text as a single part of a subject.
func token(s string) string { return strings.ReplaceAll(safe(s), ".", "=2E") }
