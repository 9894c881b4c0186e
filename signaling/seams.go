package signaling

import (
	"context"
	"time"

	"housecall/internal/clock"
	"housecall/signaling/sfu"
)

// maxID is how long the id of a room, a seat, a message may be.
const maxID = 64

// Gate decides who may take which seat. The product may look further than the signature: whether the
// call still goes on, say. It answers ErrTicketExpired or ErrTicketRefused, wrapped as it likes.
type Gate interface {
	Admit(ctx context.Context, token string) (Ticket, error)
}

// SecretGate admits whoever holds a ticket signed with the secret: all that a media node alone needs.
type SecretGate struct {
	Secret []byte
	Clock  clock.Clock
}

// Admit implements Gate.
func (g SecretGate) Admit(_ context.Context, token string) (Ticket, error) {
	return ReadTicket(g.Secret, token, g.Clock.Now())
}

// Watcher is told what becomes of rooms: each room's events in order, from one goroutine of the server's,
// which it may hold up for as long as a write takes.
type Watcher interface {
	Happened(ctx context.Context, e Event)
	Measured(ctx context.Context, q Quality)
}

// What a Watcher is told.
const (
	RoomOpened     = "room_opened"     // somebody took the first seat
	SeatJoined     = "seat_joined"     // for the first time, or after having left
	SeatAway       = "seat_away"       // connection lost, within the grace
	SeatBack       = "seat_back"       //
	SeatLeft       = "seat_left"       // for good, or after the grace
	RoomConnected  = "room_connected"  // media flows between two seats, for the first time
	RoomEnded      = "room_ended"      // ended by a seat or by the product; Reason says which
	RoomClosed     = "room_closed"     // everybody has left
	ChatKept       = "chat_kept"       // Chat holds the entry
	RecordingAsked = "recording_asked" //
	ConsentGiven   = "consent_given"   //
	ConsentRevoked = "consent_revoked" //
	RecordingBegan = "recording_began" // everybody present consents
	RecordingEnded = "recording_stopped"
)

// Event is one thing that happened in a room.
type Event struct {
	Kind   string
	Room   string
	Seat   string // "" where it is about the room
	Role   string
	At     time.Time
	Reason string
	Chat   *Entry // ChatKept alone
}

// Quality is how one seat received another in the last two seconds.
type Quality struct {
	Room, Seat, Of string
	Slot           int
	At             time.Time
	Loss           float64 // of what was sent to Seat, 0 to 1
	Jitter, RTT    time.Duration
	Bitrate        int // bit/s sent
	Freezes        int // as the client counts, in these two seconds
	Frozen         time.Duration
	Level          string // video, low, audio, chat
	Relayed        bool
}

// Relay gives a seat credentials to reach this node through TURN. A server without one passes nil.
type Relay interface {
	Credentials(room, seat string) (RelayAccess, error)
}

// RelayAccess is what a browser's RTCIceServer needs, for a short time.
type RelayAccess struct {
	URLs       []string  `json:"urls"`
	Username   string    `json:"username"`
	Credential string    `json:"credential"`
	Expires    time.Time `json:"expires"`
}

// Place says which node a room lives on. Claim makes it live here if it lives nowhere yet; the answer is
// this node ("" or its own name) or where it lives, as the base address a client can dial.
type Place interface {
	Claim(ctx context.Context, room string) (elsewhere string, err error)
	Release(ctx context.Context, room string)
}

// Recorder keeps what seats send while everybody present consents.
type Recorder interface {
	// Begin opens one recording of those present; it stands until its Stop. Who comes later is in another one.
	Begin(ctx context.Context, room string, present []Present, at time.Time) (Recording, error)
}

// Present is somebody who has a seat.
type Present struct{ Seat, Role string }

// Recording is one stretch during which everybody present consented.
type Recording interface {
	// Tap receives what a seat sends; asked once for each seat that is or comes present.
	Tap(seat string) sfu.Tap
	// Stop ends it at once. No tap is called after it returned.
	Stop(ctx context.Context, at time.Time)
}
