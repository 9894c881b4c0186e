package signaling

import (
	"housecall/signaling/sfu"
)

// hear acts on one message of a seat's present websocket.
func (r *room) hear(s *seat, c *conn, m any) {
	if s.conn != c || r.over {
		return // of a connection that was taken over
	}
	switch m := m.(type) {
	case *Offer:
		r.offered(s, m)
	case *Mute:
		s.mute(m.Muted)
		r.changed(s)
	case *Switch:
		r.switched(s, m)
	case *Write:
		r.write(s, m)
	case *Seen:
		if m.Upto > s.upto && m.Upto <= r.lastEntry {
			s.upto = m.Upto
			r.changed(s)
		}
	case *Caption:
		if !s.ticket.May(Speak) {
			s.refuse("caption", "no_right", "You can listen, not speak, in this call.")
			return
		}
		r.others(s, func(o *seat) {
			o.say(func(n int) any {
				return Caption{T: "caption", N: n, From: s.ticket.Seat, Text: m.Text, Final: m.Final, Lang: m.Lang}
			})
		})
	case *Want:
		s.want = sfu.Level(m.Level)
		if s.peer != nil {
			s.peer.Want(s.want)
		}
	case *Report:
		s.relayed = m.Relayed
		for _, of := range m.Slots {
			s.reports[of.Slot] = of
		}
	case *Ping:
		s.tell(struct {
			T  string `json:"t"`
			ID int    `json:"id"`
		}{"pong", m.ID})
	}
}

func (r *room) offered(s *seat, m *Offer) {
	answer, why := r.media(s, s.ticket, m.SDP)
	if why != nil {
		s.conn.end(why)
		return
	}
	r.connect(s)
	s.tell(Answered{T: "answer", ID: m.ID, SDP: answer})
}

func (r *room) switched(s *seat, m *Switch) {
	switch m.T {
	case "leave":
		c := s.conn
		r.remove(s, "left")
		c.end(left)
	case "end":
		if !s.ticket.May(End) {
			s.refuse(m.T, "no_right", "Only the doctor can end the call for all.")
			return
		}
		r.end(ended, "by_"+s.ticket.Role, "")
	case "share":
		if m.On && (!s.ticket.May(Share) || s.ticket.Sound) {
			s.refuse(m.T, "no_right", "You can't share a screen in this call.")
			return
		}
		r.share(s, m.On)
	case "hand":
		s.hand = m.Up
		r.changed(s)
	case "record":
		r.record(s, m.On)
	case "consent":
		r.consent(s, m.On)
	}
}

// write keeps a line of the chat, once for each id of its writer.
func (r *room) write(s *seat, m *Write) {
	right := Chat
	if m.T == "file" {
		right = File
	}
	if !s.ticket.May(right) {
		s.refuse(m.T, "no_right", "You can't send this in this call.")
		return
	}
	for _, e := range r.chat {
		if e.From == s.ticket.Seat && e.ID == m.ID {
			s.say(func(n int) any { return Written{T: "chat", N: n, Entry: e} })
			return
		}
	}
	r.lastEntry++
	e := Entry{N: r.lastEntry, ID: m.ID, From: s.ticket.Seat, Text: m.Text, At: r.server.Clock.Now()}
	if m.T == "file" {
		offered := m.Offered
		e.File = &offered
	}
	r.chat = append(r.chat, e)
	if len(r.chat) > maxChat {
		r.chat = r.chat[1:]
	}
	s.upto = e.N
	for _, o := range r.seats {
		o.say(func(n int) any { return Written{T: "chat", N: n, Entry: e} })
	}
	r.server.happened(Event{Kind: ChatKept, Room: r.name, Seat: s.ticket.Seat, Role: s.ticket.Role, Chat: &e})
}
