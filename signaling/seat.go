package signaling

import (
	"encoding/json"
	"time"

	"housecall/signaling/sfu"
)

// maxMissed is how many messages are kept for who comes back.
const maxMissed = 256

// seat is one person's place in a room, whatever connection they have. It is its room's goroutine's.
type seat struct {
	room      *room
	ticket    Ticket
	media     *sfu.Seat
	peer      *sfu.Peer
	conn      *conn
	state     string
	awaySince time.Time

	session string
	n       int
	said    []numbered

	muted   Muted
	hand    bool
	layered bool
	upto    int
	quality int
	slots   map[string]int // seat -> slot
	levels  map[int]sfu.Level
	want    sfu.Level
	reports map[int]SlotReported
	relayed bool
	relay   *RelayAccess
}

// numbered is a message as it was said.
type numbered struct {
	n    int
	data []byte
}

// say numbers a message, keeps it for who comes back, and sends it.
func (s *seat) say(build func(n int) any) {
	s.n++
	data, err := json.Marshal(build(s.n))
	if err != nil {
		return
	}
	s.said = append(s.said, numbered{s.n, data})
	if len(s.said) > maxMissed {
		s.said = s.said[1:]
	}
	if s.conn != nil {
		s.conn.send(data)
	}
}

// tell sends a message that has no number.
func (s *seat) tell(m any) {
	if data, err := json.Marshal(m); err == nil && s.conn != nil {
		s.conn.send(data)
	}
}

// missed answers what was said after seen; false when not all of it is kept any more.
func (s *seat) missed(seen int) ([]json.RawMessage, bool) {
	if seen > s.n || seen < s.n-len(s.said) {
		return nil, false
	}
	var all []json.RawMessage
	for _, m := range s.said {
		if m.n > seen {
			all = append(all, m.data)
		}
	}
	return all, true
}

// refuse says that a message changed nothing.
func (s *seat) refuse(re, why, text string) {
	s.say(func(n int) any { return Refused{T: "error", N: n, Re: re, Reason: why, Text: text} })
}

// slotFor answers where s sees o, now and for as long as both are in the room.
func (s *seat) slotFor(o *seat) int {
	if n := s.slots[o.ticket.Seat]; n != 0 {
		return n
	}
	for n := 1; n < maxSeats; n++ {
		free := true
		for _, used := range s.slots {
			free = free && used != n
		}
		if free {
			s.slots[o.ticket.Seat] = n
			return n
		}
	}
	return 0
}

// level is what s is sent of o.
func (s *seat) level(o *seat) sfu.Level {
	if l, ok := s.levels[s.slots[o.ticket.Seat]]; ok {
		return l
	}
	return sfu.LevelVideo
}

// unplug takes the media connection down; the seat stays.
func (s *seat) unplug() {
	if s.peer != nil {
		s.peer.Close()
		s.peer = nil
	}
}

// drop ends all that a seat has.
func (s *seat) drop() {
	s.unplug()
	s.conn = nil
	s.room.server.mu.Lock()
	delete(s.room.server.sessions, s.session)
	s.room.server.mu.Unlock()
}

// mute makes what is off off, whatever the client sends.
func (s *seat) mute(m Muted) {
	s.muted = m
	s.media.Mute(sfu.Sound, m.Sound)
	s.media.Mute(sfu.Picture, m.Picture || s.ticket.Sound)
}

// plug is how a media connection talks to its seat: it posts.
type plug struct {
	seat  *seat
	room  *room
	again bool // the seat had media before
}

// Reached implements sfu.Handler.
func (p *plug) Reached(after time.Duration) {
	p.room.post(func() {
		if s := p.seat; s.peer == nil || s.peer.Handler() != p {
			return
		}
		p.measured("media", after)
		count := 0
		for _, o := range p.room.seats {
			if o.peer != nil && o.peer.Agreed() {
				count++
			}
		}
		if count > 1 && !p.room.connected {
			p.room.connected = true
			p.room.happened(nil, RoomConnected, "")
		}
	})
}

// Pictured implements sfu.Handler.
func (p *plug) Pictured(after time.Duration) { p.measured("keyframe", after) }

// measured says how long it took until this: after coming, or after coming back.
func (p *plug) measured(what string, after time.Duration) {
	from := "join_to_"
	if p.again {
		from = "reconnect_to_"
	}
	p.room.server.observe(from+what, after)
}

// Gone implements sfu.Handler: the client has closed its PeerConnection.
func (p *plug) Gone() {
	p.room.post(func() {
		if s := p.seat; s.peer != nil && s.peer.Handler() == p {
			s.unplug()
		}
	})
}

// Levels implements sfu.Handler.
func (p *plug) Levels(slot int, level sfu.Level, why string) {
	p.room.post(func() { p.room.levelled(p.seat, slot, level, why) })
}
