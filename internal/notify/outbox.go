package notify

import (
	"context"
	"slices"
	"sync"
	"time"

	"housecall/internal/clock"
	"housecall/internal/phi"
)

// Outbox keeps messages where the demo shows them, and sends none. It is a Mailer and a Texter.
type Outbox struct {
	clock clock.Clock

	mu   sync.Mutex // guards kept
	kept []Kept
}

// Kept is a message in the outbox.
type Kept struct {
	ID      string
	At      time.Time
	Channel Channel
	To      phi.Text
	Subject string
	Text    phi.Text
}

const outboxKeeps = 500

// NewOutbox returns an empty outbox.
func NewOutbox(c clock.Clock) *Outbox { return &Outbox{clock: c} }

// Mail implements Mailer.
func (o *Outbox) Mail(_ context.Context, m Mail) error {
	o.keep(Kept{ID: m.ID, Channel: ByMail, To: m.To, Subject: m.Subject, Text: phi.Text(m.Text)})
	return nil
}

// Text implements Texter.
func (o *Outbox) Text(_ context.Context, m SMS) error {
	o.keep(Kept{ID: m.ID, Channel: ByText, To: m.To, Text: phi.Text(m.Text)})
	return nil
}

func (o *Outbox) keep(k Kept) {
	k.At = o.clock.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kept = slices.DeleteFunc(o.kept, func(old Kept) bool { return old.ID == k.ID })
	o.kept = append(o.kept, k)
	if over := len(o.kept) - outboxKeeps; over > 0 {
		o.kept = slices.Delete(o.kept, 0, over)
	}
}

// List answers what was sent to an address, or to everybody for "", the newest first.
func (o *Outbox) List(to phi.Text) []Kept {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := []Kept{}
	for _, k := range slices.Backward(o.kept) {
		if to == "" || k.To == to {
			out = append(out, k)
		}
	}
	return out
}
