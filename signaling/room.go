package signaling

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"housecall/signaling/sfu"
)

// Limits of a room.
const (
	maxSeats = 4
	grace    = 2 * time.Minute // how long somebody who is away keeps their seat
	maxChat  = 1000
	checking = "check_" // what a device check's room begins with
)

// room is one call. One goroutine runs its acts in order; everything below name is that goroutine's.
type room struct {
	server *Server
	name   string
	done   chan struct{}
	taken  atomic.Int32

	mu     sync.Mutex // guards acts, closed
	acts   []func()
	closed bool
	wake   chan struct{}

	seats     []*seat
	chat      []Entry
	lastEntry int
	sharing   *seat
	recording recording
	opened    bool
	connected bool
	over      bool
	beats     int
}

func newRoom(s *Server, name string, chat []Entry) *room {
	r := &room{server: s, name: name, done: make(chan struct{}), wake: make(chan struct{}, 1), recording: recording{state: "off"}, chat: chat}
	if len(chat) > 0 {
		r.lastEntry = chat[len(chat)-1].N
	}
	return r
}

// post queues an act; false when the room is no more.
func (r *room) post(act func()) bool {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return false
	}
	r.acts = append(r.acts, act)
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
	return true
}

// run ends when nobody has a seat and nothing waits.
func (r *room) run() {
	defer close(r.done)
	for range r.wake {
		for {
			r.mu.Lock()
			acts := r.acts
			r.acts = nil
			if len(acts) == 0 && len(r.seats) == 0 {
				r.closed = true
			}
			r.mu.Unlock()
			if len(acts) == 0 {
				break
			}
			for _, act := range acts {
				act()
			}
		}
		if r.closed {
			r.close()
			return
		}
	}
}

func (r *room) close() {
	r.stopRecording()
	r.server.mu.Lock()
	delete(r.server.rooms, r.name)
	r.server.mu.Unlock()
	if !r.over {
		r.happened(nil, RoomClosed, "")
	}
	if r.server.Place != nil {
		r.server.Place.Release(context.Background(), r.name)
	}
}

// end ends the call for everybody.
func (r *room) end(why *reason, cause, node string) {
	if r.over {
		return
	}
	r.over = true
	r.stopRecording()
	r.happened(nil, RoomEnded, cause)
	for _, s := range r.seats {
		if s.conn != nil {
			s.conn.end(why.at(node))
		}
		s.drop()
	}
	r.seats = nil
	r.taken.Store(0)
}

func (r *room) happened(s *seat, kind, cause string) {
	e := Event{Kind: kind, Room: r.name, Reason: cause}
	if s != nil {
		e.Seat, e.Role = s.ticket.Seat, s.ticket.Role
	}
	r.server.happened(e)
}

func (r *room) seat(name string) *seat {
	for _, s := range r.seats {
		if s.ticket.Seat == name {
			return s
		}
	}
	return nil
}

// check tells whether this is the room of a device check, whose one seat sees itself.
func (r *room) check() bool {
	return len(r.name) >= len(checking) && r.name[:len(checking)] == checking
}

// others calls f for every seat but s.
func (r *room) others(s *seat, f func(*seat)) {
	for _, o := range r.seats {
		if o != s {
			f(o)
		}
	}
}

// changed tells everybody else how a seat is now.
func (r *room) changed(s *seat) {
	r.others(s, func(o *seat) {
		o.say(func(n int) any { return PersonChanged{T: "seat", N: n, Seat: r.person(s, o)} })
	})
}

// person is how s looks to o.
func (r *room) person(s, o *seat) Person {
	return Person{
		Seat: s.ticket.Seat, Role: s.ticket.Role, State: s.state, Slot: o.slots[s.ticket.Seat],
		Sound: !s.muted.Sound, Picture: !s.muted.Picture && !s.ticket.Sound, Sharing: r.sharing == s, Hand: s.hand,
		Level: string(o.level(s)), Quality: s.quality, Upto: s.upto,
	}
}

// tick looks at what time has done.
func (r *room) tick() {
	r.beats++
	now := r.server.Clock.Now()
	for _, s := range append([]*seat(nil), r.seats...) {
		switch {
		case s.conn == nil && now.Sub(s.awaySince) >= grace:
			r.remove(s, "away")
			continue
		case s.conn != nil && s.relayDue(now):
			s.renewRelay()
		}
		if s.peer != nil && s.conn == nil && s.peer.Silent() > silence {
			s.unplug()
		}
	}
	if r.beats%5 == 0 && r.check() {
		r.checked()
	}
	if r.beats%10 == 0 {
		r.measure()
	}
	if len(r.seats) == 0 {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
}

// silence is how long a connection whose websocket is lost may say nothing before it is taken down.
const silence = 20 * time.Second

// remove takes a seat away for good.
func (r *room) remove(s *seat, cause string) {
	kept := r.seats[:0:0]
	for _, o := range r.seats {
		if o != s {
			kept = append(kept, o)
		}
	}
	r.seats = kept
	r.taken.Store(int32(len(kept)))
	s.state = "left"
	if r.sharing == s {
		r.share(s, false)
	}
	s.drop()
	r.happened(s, SeatLeft, cause)
	r.changed(s)
	for _, o := range r.seats {
		if n := o.slots[s.ticket.Seat]; n != 0 {
			delete(o.slots, s.ticket.Seat)
			if o.peer != nil {
				o.peer.Watch(n, nil)
			}
		}
	}
	r.layers()
	r.consents()
}

// layers asks for the low encoding where three or more are in the room.
func (r *room) layers() {
	for _, s := range r.seats {
		if low := len(r.seats) > 2; low != s.layered {
			s.layered = low
			s.tell(Layers{T: "layers", Low: low})
		}
	}
}

// connect shows every two seats to each other, each in the slot it has in the other's view.
func (r *room) connect(s *seat) {
	if r.check() {
		s.slots[s.ticket.Seat] = 1
		s.peer.Watch(1, s.media)
		return
	}
	r.others(s, func(o *seat) {
		n := s.slotFor(o)
		o.slotFor(s)
		if s.peer != nil {
			s.peer.Watch(n, o.media)
		}
		if o.peer != nil {
			o.peer.Watch(o.slots[s.ticket.Seat], s.media)
		}
	})
	if r.sharing != nil && r.sharing != s && s.peer != nil {
		s.peer.WatchScreen(r.sharing.media)
	}
}

// share makes s the one whose screen is seen, or nobody.
func (r *room) share(s *seat, on bool) {
	was := r.sharing
	if on {
		r.sharing = s
	} else if was == s {
		r.sharing = nil
	}
	if r.sharing == was {
		return
	}
	for _, o := range r.seats {
		var seen *sfu.Seat
		if r.sharing != nil && r.sharing != o {
			seen = r.sharing.media
		}
		if o.peer != nil {
			o.peer.WatchScreen(seen)
		}
	}
	if was != nil {
		r.changed(was)
		if was.state != "left" && r.sharing != nil {
			was.say(func(n int) any { return PersonChanged{T: "seat", N: n, Seat: r.person(was, was)} })
		}
	}
	if r.sharing != nil {
		r.changed(r.sharing)
	}
}
