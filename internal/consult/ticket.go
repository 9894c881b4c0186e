package consult

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Ticket lets one person take one seat in one room, for the next minute.
type Ticket struct {
	Room   string    `json:"room"`
	Seat   string    `json:"seat"`
	Role   string    `json:"role"` // doctor | patient | caregiver | guest
	Rights []string  `json:"rights"`
	Expiry time.Time `json:"expiry"`
	Token  string    `json:"-"`
}

// ticketTime is how long a ticket is good to join with. A seat, once taken, does not need it again.
const ticketTime = time.Minute

// mostSeats is how many people a call has room for.
const mostSeats = 4

// Rights of a seat.
var rights = map[string][]string{
	"doctor":    {"speak", "chat", "share", "file", "record", "end"},
	"patient":   {"speak", "chat", "share", "file"},
	"caregiver": {"speak", "chat", "share", "file"},
	"guest":     {"speak", "chat"},
}

// Ticket answers a ticket to the room of a visit, while it is in progress: to the doctor who treats, the
// patient, a caregiver who may attend, a guest of this visit. Taking one, the patient's side is there.
func (s *Service) Ticket(ctx context.Context, a access.Actor, visit id.Visit) (Ticket, error) {
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return Ticket{}, err
	}
	if err := s.Guard.Check(ctx, a, "visit.join", v.facts()); err != nil {
		return Ticket{}, err
	}
	if !v.seated(a) {
		if v, err = s.step(ctx, a, "visit.join", visit, func(v *Visit, now time.Time) error { return v.sit(a, now) }); err != nil {
			return Ticket{}, err
		}
	}
	if !v.seated(a) {
		return Ticket{}, callEnded() // an old request asked again
	}
	if a.Role == access.Doctor {
		if err := s.beat(ctx, a); err != nil {
			return Ticket{}, err
		}
	}
	seat := seatOf(a, v)
	return s.sign(Ticket{Room: v.Call.Room, Seat: seat.ID, Role: seat.Role, Rights: rights[seat.Role], Expiry: s.Clock.Now().Add(ticketTime)})
}

func callEnded() error { return conflict("call-ended", "The call has ended.") }

// seated tells whether this person has their seat in a call that goes on: coming back writes nothing.
func (v *Visit) seated(a access.Actor) bool {
	return v.State == InProgress && v.Call != nil && v.Call.State != RoomEnded && slices.Contains(v.Call.Seats, seatOf(a, v))
}

// sit gives this person their seat. The doctor opens a call anew that has ended.
func (v *Visit) sit(a access.Actor, now time.Time) error {
	if v.State != InProgress || v.Call == nil {
		return conflict("not-called-yet", "The doctor has not called you in yet. Stay on this page.")
	}
	seat := seatOf(a, v)
	if v.Call.State == RoomEnded {
		if seat.Role != "doctor" {
			return callEnded()
		}
		v.openRoom()
		v.announce(a, RoomChanged, map[string]string{"room": string(RoomOpen)})
	}
	if !slices.Contains(v.Call.Seats, seat) {
		if len(v.Call.Seats) >= mostSeats {
			return conflict("room-full", "Four people are in this call already.")
		}
		v.Call.Seats = append(v.Call.Seats, seat)
	}
	if seat.Role == "patient" || seat.Role == "caregiver" {
		v.there(now)
	}
	return nil
}

// seatOf is the one seat of a person in a call: coming back, they take it over.
func seatOf(a access.Actor, v *Visit) Seat {
	switch {
	case a.Role == access.Guest:
		return Seat{"guest_" + short(string(v.ID), string(a.Session)), "guest"}
	case a.Account == v.Doctor:
		return Seat{"doctor", "doctor"}
	case a.Patient == v.Patient:
		return Seat{"patient", "patient"}
	}
	return Seat{"caregiver_" + short(string(v.ID), string(a.Account)), "caregiver"}
}

func short(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x1f")))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// sign writes the token: the ticket as JSON and its HMAC-SHA256, both base64url, joined by a point.
func (s *Service) sign(t Ticket) (Ticket, error) {
	body, err := json.Marshal(t)
	if err != nil {
		return t, err
	}
	t.Token = base64.RawURLEncoding.EncodeToString(body) + "." + base64.RawURLEncoding.EncodeToString(s.mac("ticket", body))
	return t, nil
}

func (s *Service) mac(purpose string, body []byte) []byte {
	m := hmac.New(sha256.New, s.Secret)
	m.Write([]byte(purpose + "\x1f"))
	m.Write(body)
	return m.Sum(nil)
}

// ReadTicket is the other side: it answers what a token says if it is genuine and not expired.
func (s *Service) ReadTicket(token string) (Ticket, error) {
	bad := fault.New(fault.Unauthenticated, "This ticket is not good any more. Ask for a new one.").Coded("ticket")
	head, tail, found := strings.Cut(token, ".")
	body, err := base64.RawURLEncoding.DecodeString(head)
	sum, err2 := base64.RawURLEncoding.DecodeString(tail)
	if !found || err != nil || err2 != nil || !hmac.Equal(sum, s.mac("ticket", body)) {
		return Ticket{}, bad
	}
	var t Ticket
	if err := json.Unmarshal(body, &t); err != nil || !s.Clock.Now().Before(t.Expiry) {
		return Ticket{}, bad
	}
	t.Token = token
	return t, nil
}

// Room says what became of a call, as who runs the rooms has seen it. The visit's state is never changed.
func (s *Service) Room(ctx context.Context, a access.Actor, visit id.Visit, e RoomEvent) error {
	_, err := s.step(ctx, a, "visit.advance", visit, func(v *Visit, now time.Time) error {
		if v.Call == nil {
			return docstore.NotFound()
		}
		if !roomMoves.Allows(v.Call.State, e) {
			return nil // late or twice: rooms are reported at least once
		}
		to := roomMoves[v.Call.State][e]
		v.Call.State = to
		if to == RoomConnected {
			v.there(now)
		}
		v.announce(a, RoomChanged, map[string]string{"room": string(to)})
		return nil
	})
	return err
}

// What a room reports.
const (
	RoomConnects   = connect
	RoomInterrupts = interrupt
	RoomEnds       = end
)

// EndCall ends the call, by its doctor. The visit goes on until they complete it.
func (s *Service) EndCall(ctx context.Context, a access.Actor, visit id.Visit) (*Visit, error) {
	return s.step(ctx, a, "visit.end_call", visit, func(v *Visit, _ time.Time) error {
		if v.Call == nil {
			return conflict("no-call", "There is no call.")
		}
		to, err := roomMoves.Next(v.Call.State, end)
		if err != nil {
			return err
		}
		v.Call.State = to
		v.announce(a, RoomChanged, map[string]string{"room": string(to)})
		return nil
	})
}
