package sfu

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// Handler is told what becomes of a connection. It is called from the goroutines that carry media: it
// must not wait for anything.
type Handler interface {
	Reached(after time.Duration)              // media can flow
	Pictured(after time.Duration)             // the first keyframe was sent to the client
	Gone()                                    // the client has closed the connection, or never opened it
	Levels(slot int, level Level, why string) // what is shown in a slot has changed
}

// Peer is one connection of a seat.
type Peer struct {
	sfu     *SFU
	seat    *Seat
	handler Handler
	ice     ice
	link    *link
	slots   []*slot // by line; nil where nothing goes down
	lines   []*line
	phase   int
	opened  time.Time
	may     bool // send at all

	sdpID, sdpVersion uint64
	fingerprint       string

	rx       sync.Mutex // guards what follows, and every track's numbers
	keysIn   keys
	tracks   map[uint32]*track
	recorder *twcc.Recorder
	hdr      rtp.Header
	plain    [maxPacket]byte
	budget   bucket
	packet   packet
	refused  int

	tx      sync.Mutex // guards what follows, and every slot's numbers
	keys    keys
	scratch [maxPacket + srtpTail]byte
	again   [maxPacket]byte

	askMu     sync.Mutex // guards the keyframe requests of the tracks
	roundTrip atomic.Int64
	remb      atomic.Uint64 // bit/s the receiver says it can take; 0: never said
	rembAt    atomic.Int64
	want      atomic.Int32 // rank of the best level wanted
	ladder    ladder

	lacking  atomic.Bool  // packets of what it sends are missing
	pictured atomic.Int64 // when the first picture was sent; -1: told
	closed   atomic.Bool
}

// Join makes a connection for a seat out of its offer; the newest connection of a seat is the one that
// sends. speak: what it sends is forwarded.
func (s *SFU) Join(seat *Seat, offer string, speak Rights, h Handler) (*Peer, string, error) {
	o, err := readOffer(offer)
	if err != nil {
		return nil, "", err
	}
	p := &Peer{
		sfu: s, seat: seat, handler: h, lines: o.lines, may: speak == Speaks, phase: rand.IntN(50), opened: time.Now(),
		link: newLink(o.fingerprint), fingerprint: o.fingerprint, tracks: map[uint32]*track{},
		sdpID: rand.Uint64() >> 2, sdpVersion: 1,
	}
	p.recorder = newRecorder()
	p.ice.checks, p.ice.routes = map[netip.AddrPort]*check{}, map[netip.AddrPort]struct{}{}
	p.slots = make([]*slot, len(o.lines))
	for i, l := range o.lines {
		if l.down {
			p.slots[i] = newSlot(p, l)
		}
		l.up = l.up && p.may
	}
	mine := p.ice.restart(s.port, p, o.login)
	s.mu.Lock()
	s.peers[p] = struct{}{}
	s.mu.Unlock()
	seat.peer.Store(p)
	return p, p.answerTo(o, mine), nil
}

// Rights says whether what a connection sends is forwarded.
type Rights bool

// Rights of a connection.
const (
	Speaks  Rights = true
	Listens Rights = false
)

// Restart takes the offer of an ICE restart. An offer of another PeerConnection is refused.
func (p *Peer) Restart(offer string) (string, error) {
	o, err := readOffer(offer)
	if err != nil {
		return "", err
	}
	if o.fingerprint != p.fingerprint || len(o.lines) != len(p.lines) {
		return "", fmt.Errorf("%w: it is of another connection", ErrOffer)
	}
	o.lines = p.lines
	p.sdpVersion++
	return p.answerTo(o, p.ice.restart(p.sfu.port, p, o.login)), nil
}

// Restarts tells whether an offer can only be an ICE restart of this connection.
func (p *Peer) Restarts(offer string) bool {
	o, err := readOffer(offer)
	return err == nil && o.fingerprint == p.fingerprint && !p.closed.Load()
}

// Handler is who was given to Join.
func (p *Peer) Handler() Handler { return p.handler }

// Agreed tells whether media can flow.
func (p *Peer) Agreed() bool {
	p.tx.Lock()
	defer p.tx.Unlock()
	return p.keys.out != nil
}

func (p *Peer) slotOf(line int) *slot { return p.slots[line] }

// Watch shows what a seat sends in slot 1, 2 or 3; nil empties the slot.
func (p *Peer) Watch(n int, of *Seat) {
	for _, s := range p.slots {
		if s != nil && s.line.slot == n && s.line.kind != Screen {
			if of == nil {
				s.show(nil)
				continue
			}
			s.show(of.feeds[s.line.kind])
		}
	}
}

// WatchScreen shows a seat's screen; nil shows none.
func (p *Peer) WatchScreen(of *Seat) {
	for _, s := range p.slots {
		if s != nil && s.line.kind == Screen {
			if of == nil {
				s.show(nil)
				continue
			}
			s.show(of.feeds[Screen])
		}
	}
}

// reached is called when a way to the client stands, for the first time or another one.
func (p *Peer) reached() {
	if p.link.begin() {
		go p.link.agree(p, p.sfu.identity, p.agreed, p.bye)
	}
}

// agreed is called when there are keys: what waits to be shown is shown.
func (p *Peer) agreed(k keys) {
	p.rx.Lock()
	p.keysIn = k
	p.rx.Unlock()
	p.tx.Lock()
	p.keys = k
	p.tx.Unlock()
	for _, s := range p.slots {
		if s != nil {
			s.wake()
		}
	}
	p.handler.Reached(time.Since(p.opened))
}

func (p *Peer) bye() {
	if !p.closed.Load() {
		p.handler.Gone()
	}
}

// Silent is for how long nothing has proved that the client is still there.
func (p *Peer) Silent() time.Duration {
	if at := p.ice.heard.Load(); at != 0 {
		return time.Since(time.Unix(0, at))
	}
	return time.Since(p.opened)
}

// Close ends the connection. Whoever watched the seat goes on when it comes back with another.
func (p *Peer) Close() {
	if p.closed.Swap(true) {
		return
	}
	p.sfu.mu.Lock()
	delete(p.sfu.peers, p)
	p.sfu.mu.Unlock()
	for _, s := range p.slots {
		if s != nil {
			s.show(nil)
		}
	}
	for _, f := range p.seat.feeds {
		f.unbind(p)
	}
	p.link.stop()
	p.link.wait()
	p.sfu.port.forget(p)
}

func (p *Peer) send(packet []byte) {
	if r := p.ice.selected.Load(); r != nil {
		p.sfu.port.send(r, packet)
	}
}

// sendRTCP encrypts and sends feedback.
func (p *Peer) sendRTCP(messages ...rtcp.Packet) {
	plain, err := rtcp.Marshal(messages)
	if err != nil {
		return
	}
	p.tx.Lock()
	defer p.tx.Unlock()
	if p.keys.out == nil || len(plain) > maxPacket-srtpTail {
		return
	}
	if packet, err := p.keys.out.EncryptRTCP(p.scratch[:0], plain, nil); err == nil {
		p.send(packet)
	}
}

func newRecorder() *twcc.Recorder { return twcc.NewRecorder(newSSRC()) }
