package consult

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Chat is what was written in the calls of a visit: it outlives the room, and the node that the room lived on.
type Chat struct {
	Visit         id.Visit `json:"visit"`
	docstore.Meta `json:"meta"`
	Lines         []ChatLine `json:"lines"`
	DestroyedAt   *time.Time `json:"destroyed_at,omitempty"` // it was kept for as long as it had to be
}

// ChatLine is one thing that somebody wrote, or a file that they offered.
type ChatLine struct {
	N    int       `json:"n"`
	ID   string    `json:"id"` // as the writer's page named it: once for each seat
	Seat string    `json:"seat"`
	At   time.Time `json:"at"`
	Text phi.Text  `json:"text,omitempty"`
	File *ChatFile `json:"file,omitempty"`
}

// Role is what who wrote it is in the call: seats are named by it.
func (l ChatLine) Role() string {
	role, _, _ := strings.Cut(l.Seat, "_")
	return role
}

// ChatFile is a file that was uploaded for the call.
type ChatFile struct {
	Name phi.Text `json:"name"`
	Size int64    `json:"size"`
	Type string   `json:"type"`
	Ref  string   `json:"ref"`
}

// mostLines keeps a chat in one document; the oldest go.
const mostLines = 1000

// DocID implements docstore.Document. It is not the visit's own id: events are told apart by the id of their document.
func (c *Chat) DocID() string { return chatOf(c.Visit) }

func chatOf(visit id.Visit) string { return "chat_" + string(visit) }

// lastAt is when something was written last.
func (c *Chat) lastAt() time.Time { return c.Lines[len(c.Lines)-1].At }

var chats = docstore.Spec[Chat]{Name: "call_chats", Indexes: map[string]func(*Chat) (docstore.Key, bool){
	"kept": func(c *Chat) (docstore.Key, bool) {
		if len(c.Lines) == 0 {
			return docstore.Key{}, false
		}
		return docstore.Key{Equal: "kept", Order: docstore.ByTime(c.lastAt())}, true
	},
}}

// Wrote keeps what was written in a room of a visit; again it is kept once.
func (s *Service) Wrote(ctx context.Context, a access.Actor, room string, line ChatLine) error {
	v, err := s.visitOfRoom(ctx, a, room)
	if err != nil {
		return err
	}
	if line.File != nil {
		if line.File, err = s.offered(ctx, v.ID, line.File); err != nil || line.File == nil {
			return err // of a file that nobody can read nothing is kept
		}
	}
	add := func(c *Chat) error {
		if slices.ContainsFunc(c.Lines, func(l ChatLine) bool { return l.Seat == line.Seat && l.ID == line.ID }) {
			return nil
		}
		c.Lines = append(c.Lines, line)
		c.Lines = c.Lines[max(0, len(c.Lines)-mostLines):]
		return nil
	}
	_, err = s.chats.Update(ctx, chatOf(v.ID), docstore.On{}, add)
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	first := &Chat{Visit: v.ID}
	_ = add(first)
	err = s.chats.Insert(ctx, id.Request{}, first)
	if errors.Is(err, docstore.ErrExists) {
		_, err = s.chats.Update(ctx, chatOf(v.ID), docstore.On{}, add)
	}
	return err
}

// Written answers what was written in the calls of a room's visit, for who runs the rooms.
func (s *Service) Written(ctx context.Context, a access.Actor, room string) ([]ChatLine, error) {
	v, err := s.visitOfRoom(ctx, a, room)
	if err != nil {
		return nil, err
	}
	c, err := s.chats.Get(ctx, chatOf(v.ID))
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return c.Lines, nil
}

// ReadChat answers what was written in the calls of a visit, the first line first: to the patient's side, and to the
// doctor who treats. That they read it is in the audit.
func (s *Service) ReadChat(ctx context.Context, a access.Actor, visit id.Visit) (*Chat, error) {
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Read(ctx, a, "visit.read_chat", v.facts()); err != nil {
		return nil, err
	}
	c, err := s.chats.Get(ctx, chatOf(visit))
	if fault.Is(err, fault.NotFound) {
		return &Chat{Visit: visit}, nil
	}
	return c, err
}
