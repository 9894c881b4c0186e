package notify

import (
	"context"
	"errors"

	"housecall/internal/phi"
)

// Mailer hands mail to whoever carries it.
type Mailer interface {
	Mail(ctx context.Context, m Mail) error
}

// Mail is one letter. The same ID is the same letter, should it come twice.
type Mail struct {
	ID            string
	To            phi.Text
	Subject, Text string
}

// Texter hands a text message to whoever carries it.
type Texter interface {
	Text(ctx context.Context, m SMS) error
}

// SMS is one text message. The same ID is the same message.
type SMS struct {
	ID   string
	To   phi.Text
	Text string
}

// ErrRefused is wrapped by a gateway's error when trying again is of no use: there is no such address.
var ErrRefused = errors.New("the gateway refused this message for good")

// Contact is how one person is reached.
type Contact struct {
	Channel  Channel
	To       phi.Text
	Language string // "en", "zh"; anything else reads English
	Zone     string // IANA name, for times; "" is UTC
}

// Directory knows how people are reached. A patient without an account is reached through who cares for
// them, a pharmacy through its staff; nobody at all is an empty list.
type Directory interface {
	Contacts(ctx context.Context, who string) ([]Contact, error)
	// Helpers are those who order or receive for a patient by a grant that holds now.
	Helpers(ctx context.Context, patient string) ([]Contact, error)
}
