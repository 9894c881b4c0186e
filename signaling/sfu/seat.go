package sfu

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Seat is what one person sends, whatever connection it comes through. Who watches a seat goes on
// watching when the person comes back with another connection.
type Seat struct {
	feeds [3]*Feed
	peer  atomic.Pointer[Peer] // the connection that has the seat
}

// NewSeat returns a seat that nobody sends from yet.
func NewSeat() *Seat {
	s := &Seat{}
	for k := range s.feeds {
		s.feeds[k] = &Feed{seat: s, kind: Kind(k)}
		s.feeds[k].watching.Store(&[]*slot{})
	}
	return s
}

// Mute stops forwarding of this kind, or lets it flow again; whatever the client does.
func (s *Seat) Mute(k Kind, muted bool) {
	f := s.feeds[k]
	if f.muted.Swap(muted) == muted {
		return
	}
	for _, w := range *f.watching.Load() {
		w.reset()
	}
	if !muted {
		f.wake()
	}
}

// Feed is one kind of what a seat sends: up to two encodings, and the slots that show it.
type Feed struct {
	seat     *Seat
	kind     Kind
	muted    atomic.Bool
	high     atomic.Pointer[track]
	low      atomic.Pointer[track]
	watching atomic.Pointer[[]*slot]

	mu sync.Mutex // guards changes of watching
}

// pick answers the encoding for a receiver: the low one where it flows and is wanted.
func (f *Feed) pick(low bool) *track {
	if l := f.low.Load(); low && l != nil {
		return l
	}
	return f.high.Load()
}

// deliver carries a packet into every slot that shows the feed.
func (f *Feed) deliver(t *track, p *packet) {
	if f.muted.Load() {
		return
	}
	for _, s := range *f.watching.Load() {
		s.forward(t, p)
	}
}

func (f *Feed) add(s *slot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := append(slices.Clone(*f.watching.Load()), s)
	f.watching.Store(&all)
}

func (f *Feed) remove(s *slot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := slices.DeleteFunc(slices.Clone(*f.watching.Load()), func(x *slot) bool { return x == s })
	f.watching.Store(&all)
}

// wake brings every slot a picture as soon as there can be one.
func (f *Feed) wake() {
	for _, s := range *f.watching.Load() {
		s.wake()
	}
}

// bind makes t what the feed's sender sends now.
func (f *Feed) bind(t *track) {
	if t.low {
		f.low.Store(t)
		return
	}
	f.high.Store(t)
}

// unbind forgets what a connection that is gone has sent.
func (f *Feed) unbind(p *Peer) {
	if t := f.high.Load(); t != nil && t.peer == p {
		f.high.CompareAndSwap(t, nil)
	}
	if t := f.low.Load(); t != nil && t.peer == p {
		f.low.CompareAndSwap(t, nil)
	}
}
