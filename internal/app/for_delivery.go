package app

import (
	"context"
	"strings"

	"housecall/internal/config"
	"housecall/internal/delivery"
	"housecall/internal/id"
	"housecall/internal/phi"
	"housecall/signaling"
)

// forDelivery is what deliveries ask of vetting and accounts.
type forDelivery struct{ *Services }

// Vetted implements delivery.Vetting.
func (f forDelivery) Vetted(ctx context.Context, courier id.Account) (bool, error) {
	st, err := f.Onboarding.Standing(ctx, string(courier))
	return st.Active, err
}

// FirstName implements delivery.Names.
func (f forDelivery) FirstName(ctx context.Context, courier id.Account) (phi.Text, error) {
	acc, err := f.Identity.Account(ctx, courier)
	if err != nil {
		return "", err
	}
	first, _, _ := strings.Cut(acc.Name.Reveal(), " ")
	return phi.Text(first), nil
}

// ticketKey signs tickets to rooms, whoever gives them.
func ticketKey(secret []byte) []byte { return config.Key(secret, "tickets") }

// talkTickets signs tickets to the sound rooms of orders.
type talkTickets struct{ key []byte }

// Sign implements delivery.Tickets.
func (k talkTickets) Sign(t delivery.TalkTicket) (string, error) {
	return signaling.Ticket{Room: t.Room, Seat: t.Seat, Role: t.Role, Rights: t.Rights, Expiry: t.Expiry, Sound: true}.Sign(k.key)
}
