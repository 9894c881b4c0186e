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
)

// Line is how well one call went, as who runs the rooms measured it: kept with the visit.
type Line struct {
	Room          string   `json:"room"`
	Visit         id.Visit `json:"visit"`
	docstore.Meta `json:"meta"`
	Samples       []Sample `json:"samples"`
}

// Sample is how one seat received another during some seconds.
type Sample struct {
	At       time.Time `json:"at"`
	Seat     string    `json:"seat"`
	Of       string    `json:"of"`
	Loss     float64   `json:"loss"`
	JitterMS int       `json:"jitter_ms"`
	RTTMS    int       `json:"rtt_ms"`
	Kbps     int       `json:"kbps"`
	Freezes  int       `json:"freezes"`
	FrozenMS int       `json:"frozen_ms"`
	Level    string    `json:"level"` // video, low, audio, chat
	Relayed  bool      `json:"relayed"`
}

// DocID implements docstore.Document.
func (l *Line) DocID() string { return l.Room }

// mostSamples keeps the line of a long call in one document; what comes after is not kept.
const mostSamples = 5000

// VisitOfRoom is the visit of a room's name, if it is a visit's.
func VisitOfRoom(room string) (id.Visit, bool) {
	i := strings.LastIndexByte(room, '_')
	if i < 0 {
		return "", false
	}
	visit, err := id.Parse[id.Visit](room[:i])
	return visit, err == nil
}

// RoomSaw says what became of one room of a visit; of a room that was opened anew since, nothing is kept.
func (s *Service) RoomSaw(ctx context.Context, a access.Actor, room string, e RoomEvent) error {
	visit, ok := VisitOfRoom(room)
	if !ok {
		return docstore.NotFound()
	}
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return err
	}
	if v.Call == nil || v.Call.Room != room {
		return nil
	}
	return s.Room(ctx, a, visit, e)
}

// CallGoesOn tells whether somebody who has this seat may be in this room: the visit is in progress, the
// call has not ended, and the seat is theirs.
func (s *Service) CallGoesOn(ctx context.Context, room, seat string) (bool, error) {
	visit, ok := VisitOfRoom(room)
	if !ok {
		return false, nil
	}
	v, err := s.visits.Get(ctx, string(visit))
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if v.State != InProgress || v.Call == nil || v.Call.Room != room || v.Call.State == RoomEnded {
		return false, nil
	}
	return slices.ContainsFunc(v.Call.Seats, func(x Seat) bool { return x.ID == seat }), nil
}

// RoomOf is the room of a visit's call, "" where there is none or it may go on.
func (s *Service) RoomOf(ctx context.Context, a access.Actor, visit id.Visit) (room string, over bool, err error) {
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return "", false, err
	}
	if err := s.Guard.Check(ctx, a, "visit.advance", v.facts()); err != nil {
		return "", false, err
	}
	if v.Call == nil {
		return "", true, nil
	}
	return v.Call.Room, v.State != InProgress || v.Call.State == RoomEnded, nil
}

// Measured keeps how a call went.
func (s *Service) Measured(ctx context.Context, a access.Actor, room string, samples []Sample) error {
	visit, ok := VisitOfRoom(room)
	if !ok || len(samples) == 0 {
		return nil
	}
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return err
	}
	if err := s.Guard.Check(ctx, a, "visit.advance", v.facts()); err != nil {
		return err
	}
	add := func(l *Line) error {
		l.Samples = append(l.Samples, samples[:min(len(samples), max(0, mostSamples-len(l.Samples)))]...)
		return nil
	}
	_, err = s.lines.Update(ctx, room, docstore.On{}, add)
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	first := &Line{Room: room, Visit: visit}
	_ = add(first)
	err = s.lines.Insert(ctx, id.Request{}, first)
	if errors.Is(err, docstore.ErrExists) {
		_, err = s.lines.Update(ctx, room, docstore.On{}, add)
	}
	return err
}

// Lines answers how the calls of a visit went, the last call last.
func (s *Service) Lines(ctx context.Context, a access.Actor, visit id.Visit) (*Visit, []*Line, error) {
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return nil, nil, err
	}
	if err := s.Guard.Read(ctx, a, "visit.read_call", v.facts()); err != nil {
		return nil, nil, err
	}
	page, err := s.lines.Find(ctx, docstore.Query{Index: "visit", Equal: string(visit), Limit: 50})
	return v, page.Items, err
}

var lines = docstore.Spec[Line]{Name: "call_lines", Indexes: map[string]func(*Line) (docstore.Key, bool){
	"visit": func(l *Line) (docstore.Key, bool) {
		return docstore.Key{Equal: string(l.Visit), Order: docstore.ByTime(l.CreatedAt)}, true
	},
}}

// CheckTicket answers a ticket to a room of one's own that sends back what is sent: for looking at camera,
// microphone and network before a call. Everybody may who is signed in, or a guest.
func (s *Service) CheckTicket(ctx context.Context, a access.Actor) (Ticket, error) {
	if err := s.Guard.Check(ctx, a, "call.check", access.Facts{Visit: a.Visit}); err != nil {
		return Ticket{}, err
	}
	room := "check_" + short(string(a.Account), string(a.Session), s.Clock.Now().String())
	return s.sign(Ticket{Room: room, Seat: "me", Role: "me", Rights: []string{"speak"}, Expiry: s.Clock.Now().Add(ticketTime)})
}
