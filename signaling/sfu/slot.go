package sfu

import (
	"encoding/binary"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// slot is a place in one receiver's view. What is shown in it may change; to the receiver it is one
// stream, whose numbers run on.
type slot struct {
	peer *Peer
	line *line
	ssrc uint32
	rate uint32
	feed atomic.Pointer[Feed]

	// Guarded by peer.tx.
	cur             *track
	since           uint64 // first packet of cur that belongs to this splice
	low, paused     bool
	seqOff          uint16
	tsOff           uint32
	idOff           uint16
	tl0Off          uint8
	lastSeq         uint16
	lastTS          uint32
	lastAt          int64
	lastID          uint16
	lastTL0         uint8
	started         bool
	history         []sent
	header          rtp.Header
	packets, octets uint32
	resent          uint64
	told            [8]told // the last reports: an answer to one may come behind the next
	tells           int
	counted         counted

	// What the receiver said last.
	loss, jitter atomic.Uint32 // of 256; in units of the clock
}

// told is one report to the receiver: the middle bits of its time, and when it was sent.
type told struct {
	ntp uint32
	at  int64
}

// sent is how a packet was written: again, it must be the same to the bit, since its key is.
type sent struct {
	t      *track
	src    uint64
	out    uint16
	tsOff  uint32
	idOff  uint16
	tl0Off uint8
}

func newSlot(p *Peer, l *line) *slot {
	s := &slot{peer: p, line: l, ssrc: newSSRC(), rate: 90000, history: make([]sent, 256)}
	if l.kind == Sound {
		s.rate, s.history = 48000, make([]sent, 64)
	}
	return s
}

// show makes a feed what the slot shows; nil empties it.
func (s *slot) show(f *Feed) {
	was := s.feed.Swap(f)
	if was == f {
		return
	}
	if was != nil {
		was.remove(s)
	}
	s.reset()
	if f != nil {
		f.add(s)
		s.wake()
	}
}

// reset makes the next packet start a new splice.
func (s *slot) reset() {
	s.peer.tx.Lock()
	defer s.peer.tx.Unlock()
	s.cur = nil
}

// level says what the slot may show: the low encoding, or for now nothing.
func (s *slot) level(low, paused bool) {
	s.peer.tx.Lock()
	changed := s.low != low || s.paused != paused
	s.low, s.paused = low, paused
	if paused {
		s.cur = nil
	}
	s.peer.tx.Unlock()
	if changed && !paused {
		s.wake()
	}
}

// wake brings a picture: out of the ring when the last keyframe is young, else a new one is asked for.
func (s *slot) wake() {
	f := s.feed.Load()
	if f == nil || f.kind == Sound || f.muted.Load() {
		return
	}
	s.peer.tx.Lock()
	t := f.pick(s.low)
	var served bool
	if t != nil && s.cur != t && !s.paused && s.peer.keys.out != nil {
		served = s.replay(t)
	}
	s.peer.tx.Unlock()
	if t != nil && !served {
		t.ask(time.Now().UnixNano())
	}
}

// replay writes what the ring holds since its last keyframe. The caller holds peer.tx.
func (s *slot) replay(t *track) bool {
	seq, at := t.ring.lastKeyframe()
	if seq == 0 || time.Now().UnixNano()-at > keyframeAge {
		return false
	}
	for missed := 0; missed < 8; seq++ {
		p, ok := t.ring.get(seq, s.peer.again[:])
		if !ok {
			missed++
			continue
		}
		if p.muted {
			continue
		}
		if s.cur != t {
			s.join(t, &p)
		}
		s.write(t, &p)
	}
	return s.cur == t
}

// waits tells whether this slot should show t and has no picture of it yet.
func (s *slot) waits(t *track) bool {
	s.peer.tx.Lock()
	defer s.peer.tx.Unlock()
	f := s.feed.Load()
	return t.kind != Sound && f != nil && !s.paused && s.peer.keys.out != nil && s.cur != t && f.pick(s.low) == t
}

// forward writes a packet of a track to the receiver, when it is what the slot shows.
func (s *slot) forward(t *track, p *packet) {
	s.peer.tx.Lock()
	defer s.peer.tx.Unlock()
	if s.peer.keys.out == nil || s.paused {
		return
	}
	if s.cur != t {
		begins := t.kind == Sound || p.isVP8 && p.vp8.keyframe
		if !begins || t.feed.pick(s.low) != t || t.feed != s.feed.Load() {
			return
		}
		s.join(t, p)
		s.write(t, p)
		s.overtaken(t, p.seq)
		return
	}
	if p.seq >= s.since {
		s.write(t, p)
	}
}

// overtaken writes what the network brought before the keyframe's first packet, though it comes behind it.
func (s *slot) overtaken(t *track, seq uint64) {
	for newest := t.ring.newest(); seq < newest; {
		seq++
		if p, ok := t.ring.get(seq, s.peer.again[:]); ok && !p.muted {
			s.write(t, &p)
		}
	}
}

// join makes t what is shown from p on: its numbers follow what was shown before.
func (s *slot) join(t *track, p *packet) {
	s.cur, s.since = t, p.seq
	if t.kind == Picture {
		s.peer.pictured.CompareAndSwap(0, time.Now().UnixNano())
	}
	if !s.started {
		s.started = true
		s.seqOff, s.tsOff, s.idOff, s.tl0Off = 0, 0, 0, 0
		s.lastSeq, s.lastTS, s.lastAt = uint16(p.seq)-1, p.ts, p.at
		return
	}
	passed := uint32(max(p.at-s.lastAt, int64(20*time.Millisecond)) / 1000 * int64(s.rate) / 1_000_000)
	s.seqOff = s.lastSeq + 1 - uint16(p.seq)
	s.tsOff = s.lastTS + passed - p.ts
	s.idOff = s.lastID + 1 - p.vp8.id
	s.tl0Off = s.lastTL0 + 1 - p.vp8.tl0
}

// write sends a packet of the present splice.
func (s *slot) write(t *track, p *packet) {
	out := uint16(p.seq) + s.seqOff
	s.history[int(out)%len(s.history)] = sent{t: t, src: p.seq, out: out, tsOff: s.tsOff, idOff: s.idOff, tl0Off: s.tl0Off}
	if int16(out-s.lastSeq) > 0 {
		s.lastSeq, s.lastTS, s.lastAt = out, p.ts+s.tsOff, p.at
		if p.isVP8 {
			s.lastID, s.lastTL0 = p.vp8.id+s.idOff, p.vp8.tl0+s.tl0Off
		}
	}
	s.packets++
	s.octets += uint32(len(p.payload))
	s.emit(p, out, s.tsOff, s.idOff, s.tl0Off)
}

// emit builds, encrypts and sends one packet. The send time in it is when it arrived here: the same
// however often it is sent.
func (s *slot) emit(p *packet, out uint16, tsOff uint32, idOff uint16, tl0Off uint8) {
	payload, pt := p.payload, s.line.main
	if p.red {
		if s.line.red != 0 {
			pt = s.line.red
		} else if inner, ok := primary(payload); ok {
			payload = inner
		}
	}
	b := s.peer.scratch[:]
	b[0], b[1] = 0x80, pt
	if p.marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], out)
	binary.BigEndian.PutUint32(b[4:], p.ts+tsOff)
	binary.BigEndian.PutUint32(b[8:], s.ssrc)
	n := 12
	if id := s.line.sendTime; id != 0 {
		b[0] |= 0x10
		sendTime := uint32(p.at % int64(64*time.Second) << 18 / int64(time.Second))
		copy(b[12:], []byte{0xbe, 0xde, 0, 1, id<<4 | 2, byte(sendTime >> 16), byte(sendTime >> 8), byte(sendTime)})
		n = 20
	}
	if n+len(payload)+srtpTail > len(b) {
		return
	}
	copy(b[n:], payload)
	if p.isVP8 {
		p.vp8.splice(b[n:n+len(payload)], p.vp8.id+idOff, p.vp8.tl0+tl0Off)
	}
	done, err := s.peer.keys.out.EncryptRTP(b[:n+len(payload)], b[:n+len(payload)], &s.header)
	if err == nil {
		s.peer.send(done)
	}
}

const srtpTail = 20 // tag and index that SRTP and SRTCP append

// resend answers a NACK out of the ring.
func (s *slot) resend(lost []rtcp.NackPair) {
	s.peer.tx.Lock()
	defer s.peer.tx.Unlock()
	if s.peer.keys.out == nil {
		return
	}
	for _, pair := range lost {
		for _, out := range pair.PacketList() {
			h := s.history[int(out)%len(s.history)]
			if h.t == nil || h.out != out {
				continue
			}
			if p, ok := h.t.ring.get(h.src, s.peer.again[:]); ok && !p.muted {
				s.resent++
				s.emit(&p, out, h.tsOff, h.idOff, h.tl0Off)
			}
		}
	}
}
