package identity

import (
	"encoding/hex"
	"net/mail"
	"strings"

	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Channel is how an address is reached.
type Channel string

// The channels.
const (
	Mail  Channel = "mail"
	Phone Channel = "phone"
)

// Address is a mail address or a telephone number in its one normal form.
type Address struct {
	Channel Channel  `json:"channel"`
	Text    phi.Text `json:"text"`
}

// ParseAddress normalises what somebody typed: mail in lower case, a phone as + and digits.
func ParseAddress(typed phi.Text) (Address, error) {
	text := strings.TrimSpace(typed.Reveal())
	if strings.Contains(text, "@") {
		return parseMail(text)
	}
	return parsePhone(text)
}

func parseMail(text string) (Address, error) {
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Address != text || len(text) > 254 {
		return Address{}, fault.InvalidField("/address", "This is not a mail address. Write it like name@example.org.")
	}
	return Address{Mail, phi.Text(strings.ToLower(text))}, nil
}

func parsePhone(text string) (Address, error) {
	text = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -().\u00a0", r) {
			return -1
		}
		return r
	}, text)
	if strings.HasPrefix(text, "00") {
		text = "+" + text[2:]
	}
	digits, international := strings.CutPrefix(text, "+")
	if !international || len(digits) < 7 || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" {
		return Address{}, fault.InvalidField("/address", "Write a mail address, or a phone number that starts with + and the country's number.")
	}
	return Address{Phone, phi.Text("+" + digits)}, nil
}

// Login says which account an address belongs to. Its id is the keyed hash of the address: two
// accounts can't have one address, and nobody can read the address from it.
type Login struct {
	ID            id.Login `json:"id"`
	docstore.Meta `json:"meta"`
	Account       id.Account `json:"account"`
}

// DocID implements docstore.Document.
func (l *Login) DocID() string { return string(l.ID) }

func (s *Service) loginID(a Address) id.Login {
	sum := mac(s.keys.address, string(a.Channel), a.Text.Reveal())
	return id.Login(id.Login("").Prefix() + "_" + hex.EncodeToString(sum[:16]))
}
