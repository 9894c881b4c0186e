package delivery

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Talk is what is said about one order on its way, between the patient's side, the courier, the
// pharmacy and support, so that no number is given away. It closes when the order ends.
type Talk struct {
	Order         id.Order `json:"order"`
	docstore.Meta `json:"meta"`
	Said          []Said     `json:"said"`
	Speaking      []Speaker  `json:"speaking,omitempty"` // who is in the sound room
	ClosedAt      *time.Time `json:"closed_at,omitempty"`
	DestroyedAt   *time.Time `json:"destroyed_at,omitempty"` // it was kept for as long as it had to be
}

// Said is one thing that somebody wrote.
type Said struct {
	ID   id.Message `json:"id"`
	By   id.Account `json:"by,omitempty"` // "" of what was written in the sound room
	Role string     `json:"role"`         // patient, caregiver, courier, pharmacy, support
	At   time.Time  `json:"at"`
	Text phi.Text   `json:"text"`
}

// Speaker is somebody in the sound room.
type Speaker struct {
	Seat string `json:"seat"`
	Role string `json:"role"`
}

// DocID implements docstore.Document. It is not the order's own id: events are told apart by the id and
// version of their document.
func (t *Talk) DocID() string { return TalkRoom(t.Order) }

// What happens to a talk. Both carry order and job; nothing of what was said.
const (
	TalkSaid   event.Kind = "talk.said" // data: item, role
	TalkClosed event.Kind = "talk.closed"
	// TalkSpeaks is that somebody came into the sound room or left it; data: role, speaking, how many are in it.
	TalkSpeaks event.Kind = "talk.speaks"
	// TalkDestroyed is that it was kept for as long as it had to be; data: order, patient, closed: when it ended.
	TalkDestroyed event.Kind = "talk.destroyed"
)

// Tickets signs tickets to sound rooms, as who runs the rooms reads them.
type Tickets interface {
	Sign(t TalkTicket) (token string, err error)
}

// TalkTicket lets one person take one seat in the sound room of an order, for the next minute.
type TalkTicket struct {
	Room, Seat, Role string
	Rights           []string
	Expiry           time.Time
	Token            string
}

const (
	talkTicketTime = time.Minute
	mostSaid       = 500
	longestSaid    = 4000
	talkRoom       = "talk_"
)

// TalkRoom is the name of the sound room of an order.
func TalkRoom(order id.Order) string { return talkRoom + string(order) }

// OrderOfRoom is the order of a sound room, if it is one.
func OrderOfRoom(room string) (id.Order, bool) {
	order, found := strings.CutPrefix(room, talkRoom)
	return id.Order(order), found
}

// TalkTicket answers a ticket to the sound room of an order that is on its way.
func (s *Service) TalkTicket(ctx context.Context, a access.Actor, order id.Order) (TalkTicket, error) {
	if s.tickets == nil {
		return TalkTicket{}, fault.New(fault.Unavailable, "Nobody can be called here. Write instead.")
	}
	j, err := s.talking(ctx, a, "talk.join", order)
	if err != nil {
		return TalkTicket{}, err
	}
	t := TalkTicket{
		Room: TalkRoom(order), Seat: s.seatOf(a, j), Role: partOf(a, j), Rights: []string{"speak", "chat"}, Expiry: s.clock.Now().Add(talkTicketTime),
	}
	t.Token, err = s.tickets.Sign(t)
	return t, err
}

// Say writes to everybody of an order that is on its way.
func (s *Service) Say(ctx context.Context, a access.Actor, order id.Order, text phi.Text) (*Talk, error) {
	j, err := s.talking(ctx, a, "talk.write", order)
	if err != nil {
		return nil, err
	}
	said := Said{ID: made[id.Message](a), By: a.Account, Role: partOf(a, j), At: s.clock.Now(), Text: text}
	t, err := s.keep(ctx, a, j, said)
	if err != nil {
		return nil, err
	}
	return t.seenBy(a, j), nil
}

// SaidInRoom keeps what was written in the sound room; again under the same id it is kept once.
func (s *Service) SaidInRoom(ctx context.Context, a access.Actor, order id.Order, role, entry string, text phi.Text) error {
	j, err := s.latest(ctx, order)
	if err != nil {
		return err
	}
	if err := s.guard.Check(ctx, a, advance, j.facts()); err != nil {
		return err
	}
	_, err = s.keep(ctx, a, j, Said{ID: id.Derive[id.Message](string(order), role, entry), Role: role, At: s.clock.Now(), Text: text})
	return err
}

// EnteredRoom notes who is in the sound room, so that the others learn that somebody wants to speak to them.
func (s *Service) EnteredRoom(ctx context.Context, a access.Actor, order id.Order, who Speaker) error {
	return s.speaking(ctx, a, order, who.Role, func(now []Speaker) []Speaker {
		if slices.Contains(now, who) {
			return now
		}
		return append(slices.Clone(now), who)
	})
}

// LeftRoom notes that somebody is there no more; "" for everybody, when the room has closed.
func (s *Service) LeftRoom(ctx context.Context, a access.Actor, order id.Order, seat string) error {
	return s.speaking(ctx, a, order, "", func(now []Speaker) []Speaker {
		return slices.DeleteFunc(slices.Clone(now), func(x Speaker) bool { return seat == "" || x.Seat == seat })
	})
}

func (s *Service) speaking(ctx context.Context, a access.Actor, order id.Order, role string, change func([]Speaker) []Speaker) error {
	j, err := s.latest(ctx, order)
	if err != nil {
		return err
	}
	if err := s.guard.Check(ctx, a, advance, j.facts()); err != nil {
		return err
	}
	_, err = s.write(ctx, order, docstore.On{}, func(t *Talk) error {
		next := change(t.Speaking)
		if len(next) == len(t.Speaking) {
			return nil
		}
		t.Speaking = next
		t.tell(a, j, TalkSpeaks, map[string]string{"role": role, "speaking": strconv.Itoa(len(next))})
		return nil
	})
	return err
}

// ReadTalk answers what was said. The patient's side and support read all of it; a courier and a pharmacy
// what was said since they have the order, until it ends.
func (s *Service) ReadTalk(ctx context.Context, a access.Actor, order id.Order) (*Talk, error) {
	j, err := s.latest(ctx, order)
	if err != nil {
		return nil, err
	}
	if err := s.guard.Read(ctx, a, "talk.read", j.talkers()); err != nil {
		return nil, err
	}
	t, err := s.talkOf(ctx, order)
	if err != nil {
		return nil, err
	}
	if t.closed(j) && staffed(a) {
		return nil, docstore.NotFound()
	}
	return t.seenBy(a, j), nil
}

// CloseTalk ends the talk of an order that has ended, whether anybody talked or not: a room may be open.
func (s *Service) CloseTalk(ctx context.Context, a access.Actor, order id.Order) error {
	j, err := s.latest(ctx, order)
	if err != nil {
		return err
	}
	if err := s.guard.Check(ctx, a, advance, j.facts()); err != nil {
		return err
	}
	now := s.clock.Now()
	end := func(t *Talk) error {
		if t.ClosedAt == nil {
			t.ClosedAt = &now
			t.tell(a, j, TalkClosed, nil)
		}
		return nil
	}
	_, err = s.write(ctx, order, docstore.On{Request: a.Request}, end)
	return err
}

// TalkGoesOn tells whether somebody who has this seat may still be in the sound room of an order.
func (s *Service) TalkGoesOn(ctx context.Context, order id.Order, seat string) (bool, error) {
	j, err := s.latest(ctx, order)
	if err != nil {
		return false, err
	}
	t, err := s.talkOf(ctx, order)
	if err != nil || t.closed(j) {
		return false, err
	}
	if strings.HasPrefix(seat, "courier_") {
		return seat == s.courierSeat(j), nil
	}
	return true, nil
}

// TalkLostCourier tells whether the courier of an order has just gone who had said yes: their seat is
// nobody's any more.
func (s *Service) TalkLostCourier(ctx context.Context, a access.Actor, order id.Order) (bool, error) {
	j, err := s.latest(ctx, order)
	if err != nil {
		return false, err
	}
	if err := s.guard.Check(ctx, a, advance, j.facts()); err != nil {
		return false, err
	}
	for _, step := range slices.Backward(j.History) {
		if step.To == Planned {
			return step.From != Offered, nil
		}
	}
	return false, nil
}

// talking is the way in for who may write and speak: not after the end.
func (s *Service) talking(ctx context.Context, a access.Actor, action access.Action, order id.Order) (*Job, error) {
	j, err := s.latest(ctx, order)
	if err != nil {
		return nil, err
	}
	if err := s.guard.Check(ctx, a, action, j.talkers()); err != nil {
		return nil, err
	}
	t, err := s.talkOf(ctx, order)
	if err != nil {
		return nil, err
	}
	if t.closed(j) {
		return nil, talkEnded()
	}
	return j, nil
}

func talkEnded() error {
	return fault.New(fault.Conflict, "This order has ended. Support is there for what is left to say.").Coded("talk-ended")
}

// talkers are the facts by which somebody takes part: a courier only once they have said yes.
func (j *Job) talkers() access.Facts {
	f := j.facts()
	if j.State == Planned || j.State == Offered {
		f.Courier = ""
	}
	return f
}

func (t *Talk) closed(j *Job) bool { return t.ClosedAt != nil || j.State == Delivered }

// staffed tells who takes part for their work alone.
func staffed(a access.Actor) bool {
	return slices.Contains([]access.Role{access.Courier, access.Pharmacist, access.PharmacyStaff}, a.Role)
}

// partOf is what somebody is to the order.
func partOf(a access.Actor, j *Job) string {
	switch a.Role {
	case access.Courier:
		return "courier"
	case access.Pharmacist, access.PharmacyStaff:
		return "pharmacy"
	case access.Patient:
		if a.Patient != j.Patient {
			return "caregiver"
		}
		return "patient"
	case access.Doctor, access.Guest, access.Support, access.Operator, access.Auditor, access.System, access.Nobody:
	}
	return "support"
}

// seatOf is a person's one place. A pharmacy has one for whoever stands at the counter, support has one.
func (s *Service) seatOf(a access.Actor, j *Job) string {
	switch part := partOf(a, j); part {
	case "courier":
		return s.courierSeat(j)
	case "caregiver":
		return part + "_" + s.short(string(j.Order), string(a.Account))
	default:
		return part
	}
}

// courierSeat ends with the courier who has the order now.
func (s *Service) courierSeat(j *Job) string {
	return "courier_" + s.short(string(j.ID), string(j.talkers().Courier))
}

func (s *Service) short(parts ...string) string {
	return base64.RawURLEncoding.EncodeToString(s.mac("seat", strings.Join(parts, "\x1f"))[:9])
}

// seenBy leaves out what somebody has no part in: what was said before they had the order.
func (t *Talk) seenBy(a access.Actor, j *Job) *Talk {
	var since time.Time
	switch a.Role {
	case access.Courier:
		since = j.acceptedAt()
	case access.Pharmacist, access.PharmacyStaff:
		since = j.CreatedAt
	case access.Patient, access.Doctor, access.Guest, access.Support, access.Operator, access.Auditor, access.System, access.Nobody:
	}
	seen := *t
	seen.Said = slices.DeleteFunc(slices.Clone(t.Said), func(x Said) bool { return x.At.Before(since) })
	return &seen
}

// acceptedAt is when the courier of now said yes.
func (j *Job) acceptedAt() time.Time {
	for _, step := range slices.Backward(j.History) {
		if step.Event == Accept {
			return step.At
		}
	}
	return j.CreatedAt
}

func (s *Service) talkOf(ctx context.Context, order id.Order) (*Talk, error) {
	t, err := s.talks.Get(ctx, TalkRoom(order))
	if fault.Is(err, fault.NotFound) {
		return &Talk{Order: order}, nil
	}
	return t, err
}

// keep writes what was said, once.
func (s *Service) keep(ctx context.Context, a access.Actor, j *Job, said Said) (*Talk, error) {
	if text := strings.TrimSpace(said.Text.Reveal()); text == "" || len([]rune(text)) > longestSaid {
		return nil, fault.InvalidField("/text", "Write it, in at most 4000 characters.")
	}
	return s.write(ctx, j.Order, docstore.On{Request: a.Request}, func(t *Talk) error {
		if slices.ContainsFunc(t.Said, func(x Said) bool { return x.ID == said.ID }) {
			return nil
		}
		if t.closed(j) {
			return talkEnded()
		}
		if len(t.Said) >= mostSaid {
			return fault.New(fault.Conflict, "Much has been said already. Support is there for the rest.").Coded("talk-full")
		}
		t.Said = append(t.Said, said)
		t.tell(a, j, TalkSaid, map[string]string{"item": string(said.ID), "role": said.Role})
		return nil
	})
}

// write changes the talk of an order, which begins with the first write.
func (s *Service) write(ctx context.Context, order id.Order, on docstore.On, do func(*Talk) error) (*Talk, error) {
	t, err := s.talks.Update(ctx, TalkRoom(order), on, do)
	if !fault.Is(err, fault.NotFound) {
		return t, err
	}
	first := &Talk{Order: order}
	if err := do(first); err != nil {
		return nil, err
	}
	err = s.talks.Insert(ctx, on.Request, first)
	if errors.Is(err, docstore.ErrExists) {
		return s.talks.Update(ctx, TalkRoom(order), on, do)
	}
	return first, err
}

// tell announces to everybody who takes part.
func (t *Talk) tell(a access.Actor, j *Job, kind event.Kind, more map[string]string) {
	data := map[string]string{"order": string(j.Order), "job": string(j.ID)}
	for key, value := range more {
		data[key] = value
	}
	to := []string{string(j.Patient), string(j.Pharmacy), event.ToSupport}
	if courier := j.talkers().Courier; courier != "" {
		to = append(to, string(courier))
	}
	t.Emit(event.Event{Kind: kind, By: string(a.Account), Data: data, To: to})
}
