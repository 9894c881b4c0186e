package signaling

import (
	"encoding/json"
	"time"

	"housecall/signaling/sfu"
)

// join seats whoever has this ticket. Somebody in the seat already is taken over: it is the same person.
func (r *room) join(c *conn, t Ticket, j *Join) (*seat, *reason) {
	if r.over {
		return nil, ended
	}
	s := r.seat(t.Seat)
	if s == nil {
		if len(r.seats) >= maxSeats || r.check() && len(r.seats) > 0 {
			return nil, roomFull
		}
		s = &seat{
			room: r, ticket: t, media: sfu.NewSeat(), slots: map[string]int{}, levels: map[int]sfu.Level{},
			reports: map[int]SlotReported{}, want: sfu.LevelVideo, quality: 4,
		}
		s.mute(j.Muted)
	}
	answer, why := r.media(s, t, j.Offer)
	if why != nil {
		return nil, why
	}
	if s.conn != nil {
		s.conn.end(takenOver)
	}
	was := s.state
	s.ticket, s.conn, s.state = t, c, "here"
	r.server.mu.Lock()
	delete(r.server.sessions, s.session)
	s.session, s.n, s.said = token("s_"), 0, nil
	r.server.sessions[s.session] = r
	r.server.mu.Unlock()
	if was == "" {
		r.seats = append(r.seats, s)
		r.taken.Store(int32(len(r.seats)))
		if !r.opened {
			r.opened = true
			r.happened(nil, RoomOpened, "")
		}
	}
	r.connect(s)
	r.welcome(s, answer, nil, false)
	r.arrived(s, was)
	return s, nil
}

// resume gives a seat its websocket back: with the same PeerConnection, or with another.
func (r *room) resume(c *conn, j *Join) (*seat, *reason) {
	var s *seat
	for _, o := range r.seats {
		if o.session == j.Session {
			s = o
		}
	}
	if s == nil {
		return nil, sessionGone
	}
	answer, why := r.media(s, s.ticket, j.Offer)
	if why != nil {
		return nil, why
	}
	if s.conn != nil {
		s.conn.end(takenOver)
	}
	was := s.state
	s.conn, s.state = c, "here"
	missed, _ := s.missed(j.Seen)
	r.connect(s)
	r.welcome(s, answer, missed, true)
	r.arrived(s, was)
	return s, nil
}

// media answers an offer: an ICE restart of the connection that stands, or a new one.
func (r *room) media(s *seat, t Ticket, offer string) (string, *reason) {
	if s.peer != nil && s.peer.Restarts(offer) {
		answer, err := s.peer.Restart(offer)
		if err != nil {
			return "", malformed
		}
		return answer, nil
	}
	rights := sfu.Listens
	if t.May(Speak) {
		rights = sfu.Speaks
	}
	p := &plug{seat: s, room: r, again: s.state != ""}
	peer, answer, err := r.server.Media.Join(s.media, offer, rights, p)
	if err != nil {
		return "", malformed
	}
	s.unplug()
	s.peer = peer
	s.levels = map[int]sfu.Level{}
	peer.Want(s.want)
	return answer, nil
}

// arrived tells the others, and the product.
func (r *room) arrived(s *seat, was string) {
	r.changed(s)
	switch was {
	case "":
		r.happened(s, SeatJoined, "")
		r.layers()
	case "away":
		r.happened(s, SeatBack, "")
	}
	if s.layered {
		s.tell(Layers{T: "layers", Low: true})
	}
	r.consents()
}

// welcome says everything there is to know.
func (r *room) welcome(s *seat, answer string, missed []json.RawMessage, resumed bool) {
	j := Joined{
		T: "joined", Session: s.session, Room: r.name, Seat: s.ticket.Seat, Role: s.ticket.Role, Rights: s.ticket.Rights,
		Answer: answer, Muted: s.muted, Hand: s.hand, Quality: s.quality, Chat: append([]Entry{}, r.chat...), Missed: missed, Resumed: resumed,
		Recording: r.recording.public(), ReportMS: 2000, Now: r.server.Clock.Now(), Seats: []Person{},
	}
	r.others(s, func(o *seat) { j.Seats = append(j.Seats, r.person(o, s)) })
	if s.renew() {
		j.Relay = s.relay
	}
	s.say(func(n int) any {
		j.N = n
		return j
	})
}

// lost is for a websocket that is no more.
func (r *room) lost(s *seat, c *conn) {
	if s.conn != c || s.state == "left" {
		return
	}
	s.conn, s.state, s.awaySince = nil, "away", r.server.Clock.Now()
	r.happened(s, SeatAway, "")
	r.changed(s)
}

// relayTime is how long before its end a credential is replaced.
const relayTime = 2 * time.Minute

func (s *seat) relayDue(now time.Time) bool {
	return s.relay != nil && !s.relay.Expires.IsZero() && now.Add(relayTime).After(s.relay.Expires)
}

// renew gets fresh credentials for the relay.
func (s *seat) renew() bool {
	if s.room.server.Relay == nil {
		return false
	}
	a, err := s.room.server.Relay.Credentials(s.room.name, s.ticket.Seat)
	if err != nil {
		s.relay = nil
		return false
	}
	s.relay = &a
	return true
}

func (s *seat) renewRelay() {
	if s.renew() {
		s.say(func(n int) any { return RelayRenewed{T: "relay", N: n, Relay: *s.relay} })
	}
}
