package signaling

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// Rights of a seat, as tickets name them.
const (
	Speak  = "speak"  // send sound and picture
	Share  = "share"  // show a screen
	Chat   = "chat"   // write
	File   = "file"   // offer a file
	Record = "record" // ask for a recording
	End    = "end"    // end the call for all
)

// Ticket lets one person take one seat in one room until it expires. A seat, once taken, is kept without it.
type Ticket struct {
	Room   string    `json:"room"`
	Seat   string    `json:"seat"`
	Role   string    `json:"role"`
	Rights []string  `json:"rights"`
	Expiry time.Time `json:"expiry"`
	Sound  bool      `json:"sound,omitempty"` // a room without pictures
}

// May tells whether the ticket gives this right.
func (t Ticket) May(right string) bool { return slices.Contains(t.Rights, right) }

// Why a ticket is not taken.
var (
	ErrTicketExpired = errors.New("the ticket has expired")
	ErrTicketRefused = errors.New("the ticket is not good here")
)

// Sign writes the ticket as a token: its JSON and the HMAC-SHA256 of it, both base64url, joined by a point.
func (t Ticket) Sign(secret []byte) (string, error) {
	body, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(body) + "." + base64.RawURLEncoding.EncodeToString(ticketSum(secret, body)), nil
}

// ReadTicket answers what a token says if it was signed with this secret and is good at that moment.
func ReadTicket(secret []byte, token string, now time.Time) (Ticket, error) {
	head, tail, found := strings.Cut(token, ".")
	body, err := base64.RawURLEncoding.DecodeString(head)
	sum, err2 := base64.RawURLEncoding.DecodeString(tail)
	if !found || err != nil || err2 != nil || !hmac.Equal(sum, ticketSum(secret, body)) {
		return Ticket{}, ErrTicketRefused
	}
	var t Ticket
	if json.Unmarshal(body, &t) != nil || t.Room == "" || t.Seat == "" || len(t.Room) > maxID || len(t.Seat) > maxID {
		return Ticket{}, ErrTicketRefused
	}
	if !now.Before(t.Expiry) {
		return Ticket{}, ErrTicketExpired
	}
	return t, nil
}

// ticketSum is what consult and delivery sign tickets with, too.
func ticketSum(secret, body []byte) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte("ticket\x1f"))
	m.Write(body)
	return m.Sum(nil)
}
