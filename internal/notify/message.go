package notify

import (
	"time"

	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/id"
	"housecall/internal/lifecycle"
	"housecall/internal/phi"
)

// Channel is how somebody is reached.
type Channel string

// The channels.
const (
	ByMail Channel = "mail"
	ByText Channel = "sms"
)

// Message is one message to one address.
type Message struct {
	ID            id.Message `json:"id"`
	docstore.Meta `json:"meta"`
	State         State                          `json:"state"`
	History       []lifecycle.Step[State, Event] `json:"history"`
	About         string                         `json:"about,omitempty"` // the document it tells of
	Channel       Channel                        `json:"channel"`
	To            phi.Text                       `json:"to"`
	Language      string                         `json:"language"`
	Template      string                         `json:"template"`
	Data          map[string]phi.Text            `json:"data,omitempty"` // never a code or a link that signs in
	Tries         int                            `json:"tries"`
}

// DocID implements docstore.Document.
func (m *Message) DocID() string { return string(m.ID) }

// The events of a message. Data: template, channel, about.
const (
	MessageQueued event.Kind = "message.queued"
	MessageSent   event.Kind = "message.sent"
	MessageFailed event.Kind = "message.failed"
	RetryDue      event.Kind = "message.retry_due" // a timer
)

var spec = docstore.Spec[Message]{Name: "messages", Indexes: map[string]func(*Message) (docstore.Key, bool){
	"about": func(m *Message) (docstore.Key, bool) {
		return docstore.Key{Equal: m.About, Order: docstore.ByTime(m.CreatedAt)}, m.About != ""
	},
}}

// pauses between the tries to hand a message to its gateway.
var pauses = []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute, 20 * time.Minute, time.Hour}

func (m *Message) announce(kind event.Kind) {
	to := []string(nil)
	if kind == MessageFailed {
		to = []string{event.ToOperators}
	}
	m.Emit(event.Event{
		Kind: kind, By: part, To: to,
		Data: map[string]string{"template": m.Template, "channel": string(m.Channel), "about": m.About},
	})
}

// part is who acts here.
const part = "notify"
