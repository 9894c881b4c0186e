package app

import (
	"context"

	"housecall/internal/bus"
	"housecall/internal/id"
	"housecall/internal/identity"
	"housecall/internal/notify"
	"housecall/internal/phi"
)

// forIdentity sends identity's codes and links.
type forIdentity struct{ notify *notify.Service }

// Send implements identity.Sender.
func (f forIdentity) Send(ctx context.Context, m identity.Message) error {
	channel := notify.ByMail
	if m.Channel != identity.Mail {
		channel = notify.ByText
	}
	return f.notify.Send(ctx, notify.Letter{Key: m.Key, To: m.To, Channel: channel, Template: m.Template, Language: m.Language, Data: m.Data})
}

const forgetSubject = "identity.forget"

// broadcast tells the other nodes which sessions and grants to forget.
type broadcast struct{ bus *bus.Bus }

// Tell implements identity.Broadcast.
func (b broadcast) Tell(_ context.Context, word string) error {
	return b.bus.Broadcast(forgetSubject, []byte(word))
}

// forAudit names people to the patient who asks who looked.
type forAudit struct{ *Services }

// NameOf implements audit.Names.
func (f forAudit) NameOf(ctx context.Context, account id.Account) (phi.Text, error) {
	acc, err := f.Identity.Account(ctx, account)
	if err != nil {
		return "", err
	}
	return acc.Name, nil
}
