package docstore

import (
	"slices"
	"time"

	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Document is what a capability stores. It embeds Meta and names itself.
type Document interface {
	DocID() string
	DocMeta() *Meta
}

// Meta is what the store keeps with every document. Embed it with the tag `json:"meta"`.
type Meta struct {
	Version   int64        `json:"version"`
	Schema    int          `json:"schema"`
	CreatedAt time.Time    `json:"created_at"`
	UpdatedAt time.Time    `json:"updated_at"`
	Timers    []Timer      `json:"timers,omitempty"`
	Made      id.Request   `json:"made,omitzero"` // the request that made the document
	Done      []id.Request `json:"done,omitempty"`

	outbox []event.Event
	newer  *newer // when a newer housecall has written it
}

// remembered is how many requests a document knows: enough for every step of its life and for a
// courier's phone that sends its queue twice.
const remembered = 48

// DocMeta implements half of Document for whoever embeds Meta.
func (m *Meta) DocMeta() *Meta { return m }

// Emit announces an event with the change that is being made. Doc and At are filled when written.
func (m *Meta) Emit(e event.Event) { m.outbox = append(m.outbox, e) }

// Emitted lists what has been announced since the document was read; for tests.
func (m *Meta) Emitted() []event.Event { return m.outbox }

// SetTimer has the event of this kind delivered at due, in place of one already set.
func (m *Meta) SetTimer(kind event.Kind, due time.Time) {
	due = due.UTC().Truncate(time.Millisecond)
	m.Timers = slices.DeleteFunc(m.Timers, func(t Timer) bool { return t.Kind == kind })
	m.Timers = append(m.Timers, Timer{kind, due})
	m.Emit(event.Event{Kind: kind, Due: &due})
}

// ClearTimer takes timers away. One that was not set is no mistake.
func (m *Meta) ClearTimer(kinds ...event.Kind) {
	for _, kind := range kinds {
		before := len(m.Timers)
		m.Timers = slices.DeleteFunc(m.Timers, func(t Timer) bool { return t.Kind == kind })
		if len(m.Timers) < before {
			m.Emit(event.Event{Kind: kind, Cancelled: true})
		}
	}
}

// TimerDue tells whether a timer of this kind is set and its time has come: a timer that comes late,
// twice or after it was moved finds no answer here, and its handler does nothing.
func (m *Meta) TimerDue(kind event.Kind, now time.Time) bool {
	for _, t := range m.Timers {
		if t.Kind == kind {
			return !now.Before(t.Due)
		}
	}
	return false
}

// Knows tells whether the request was done before; the same key with another body is a Conflict. Ask it before
// whatever is judged outside of the change: what was done is answered as it stands, whatever has become of
// its conditions since.
func (m *Meta) Knows(r id.Request) (bool, error) {
	if r.Key == "" {
		return false, nil
	}
	for _, d := range append([]id.Request{m.Made}, m.Done...) {
		if d.Key != r.Key {
			continue
		}
		if d.Body != r.Body {
			return true, fault.New(fault.Conflict,
				"This Idempotency-Key was used for another request. Send a new key.").Coded("key-reused")
		}
		return true, nil
	}
	return false, nil
}

func (m *Meta) remember(r id.Request) {
	if r.Key == "" {
		return
	}
	m.Done = append(m.Done, r)
	if len(m.Done) > remembered {
		m.Done = m.Done[len(m.Done)-remembered:]
	}
}
