package sfu

import (
	"time"

	"github.com/pion/rtcp"
)

// track is one stream that arrives: one SSRC of one connection.
type track struct {
	peer *Peer
	feed *Feed
	kind Kind
	low  bool
	ssrc uint32
	rate uint32
	line *line
	ring *ring

	// Guarded by peer.rx.
	first, max    uint64 // extended sequence numbers; max 0: nothing yet
	received      uint64
	bytes         uint64
	priorExpected uint64
	priorReceived uint64
	transit       int64
	jitter        float64
	missing       []hole
	recovered     uint64
	srNTP         uint64
	srRTP         uint32
	srAt          int64
	asked         int64 // last keyframe request
	again         bool  // another was wanted too soon after it
	lastAt        int64
	bitrate       float64
	bitrateBytes  uint64
	bitrateAt     int64
	lossNow       float64
}

// hole is a packet that has not come.
type hole struct {
	seq          uint64
	since, asked int64
	tries        int
}

// How packets that have not come are asked for.
const (
	maxHoles     = 256
	reordering   = int64(5 * time.Millisecond)  // late is not lost
	askAgain     = int64(40 * time.Millisecond) // at first; the measured round trip when there is one
	giveUp       = int64(900 * time.Millisecond)
	keyframePace = int64(300 * time.Millisecond)
	keyframeAge  = int64(time.Second)
)

func newTrack(p *Peer, l *line, ssrc uint32, low bool) *track {
	t := &track{peer: p, kind: l.kind, low: low, ssrc: ssrc, rate: 90000, line: l, ring: newRing(l.kind), feed: p.seat.feeds[l.kind]}
	if l.kind == Sound {
		t.rate = 48000
	}
	return t
}

// extend makes a sequence number that does not wrap, next to the highest seen.
func (t *track) extend(seq uint16) uint64 {
	if t.max == 0 {
		return 1<<16 + uint64(seq)
	}
	return uint64(int64(t.max) + int64(int16(seq-uint16(t.max))))
}

// receive takes one packet in, keeps it and hands it to the slots. It answers whether it was new.
func (t *track) receive(p *packet, seq uint16) {
	p.seq = t.extend(seq)
	switch {
	case t.max == 0:
		t.first, t.max = p.seq, p.seq
	case p.seq > t.max:
		t.gap(t.max+1, p.seq, p.at)
		t.max = p.seq
	default:
		if !t.fill(p.seq) && t.max-p.seq > uint64(len(t.ring.slots)) {
			return
		}
	}
	t.received++
	t.bytes += uint64(len(p.payload))
	t.measure(p)
	if t.kind != Sound && !p.red {
		p.vp8, p.isVP8 = readVP8(p.payload)
	}
	p.muted = t.feed.muted.Load()
	t.ring.put(p)
	t.feed.deliver(t, p)
}

// measure keeps the jitter of RFC 3550.
func (t *track) measure(p *packet) {
	transit := p.at/1000*int64(t.rate)/1_000_000 - int64(p.ts)
	if t.lastAt != 0 {
		d := float64(int32(transit - t.transit))
		if d < 0 {
			d = -d
		}
		t.jitter += (d - t.jitter) / 16
	}
	t.transit, t.lastAt = transit, p.at
}

func (t *track) gap(from, to uint64, at int64) {
	if to-from > maxHoles { // a jump: nothing of it will be asked for
		t.missing = t.missing[:0]
		return
	}
	for seq := from; seq < to && len(t.missing) < maxHoles; seq++ {
		t.missing = append(t.missing, hole{seq: seq, since: at})
	}
	t.peer.lacking.Store(true)
}

// fill closes a hole.
func (t *track) fill(seq uint64) bool {
	for i := range t.missing {
		if t.missing[i].seq == seq {
			if t.missing[i].tries > 0 {
				t.recovered++
			}
			t.missing = append(t.missing[:i], t.missing[i+1:]...)
			return true
		}
	}
	return false
}

// nack asks for what is missing, again each round trip, until it is too late to be of use.
func (t *track) nack(now int64) *rtcp.TransportLayerNack {
	if len(t.missing) == 0 || t.kind == Sound && !t.line.audioNak {
		return nil
	}
	pace := max(askAgain, t.peer.roundTrip.Load())
	var lost []uint16
	kept := t.missing[:0]
	for _, h := range t.missing {
		if now-h.since > giveUp {
			continue
		}
		if now-h.since >= reordering && (h.asked == 0 || now-h.asked >= pace) {
			h.asked = now
			h.tries++
			lost = append(lost, uint16(h.seq))
		}
		kept = append(kept, h)
	}
	t.missing = kept
	if len(lost) == 0 {
		return nil
	}
	return &rtcp.TransportLayerNack{MediaSSRC: t.ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(lost)}
}

// report is the receiver report about this track since the last one.
func (t *track) report(now int64) rtcp.ReceptionReport {
	expected := t.max - t.first + 1
	newExpected, newReceived := expected-t.priorExpected, t.received-t.priorReceived
	t.priorExpected, t.priorReceived = expected, t.received
	r := rtcp.ReceptionReport{SSRC: t.ssrc, LastSequenceNumber: uint32(t.max), Jitter: uint32(t.jitter)}
	if expected > t.received {
		r.TotalLost = uint32(min(expected-t.received, 0x7fffff))
	}
	t.lossNow = 0
	if newExpected > newReceived && newExpected > 0 {
		t.lossNow = float64(newExpected-newReceived) / float64(newExpected)
		r.FractionLost = uint8((newExpected - newReceived) * 255 / newExpected)
	}
	if t.srAt != 0 {
		r.LastSenderReport = uint32(t.srNTP >> 16)
		r.Delay = uint32((now - t.srAt) * 65536 / int64(time.Second))
	}
	if since := now - t.bitrateAt; since > 0 {
		t.bitrate = float64(t.bytes-t.bitrateBytes) * 8 * float64(time.Second) / float64(since)
		t.bitrateBytes, t.bitrateAt = t.bytes, now
	}
	return r
}

// ask wants a keyframe of the sender: at most one request in 300 ms, the last one is not forgotten.
func (t *track) ask(now int64) {
	t.peer.askMu.Lock()
	if now-t.asked < keyframePace {
		t.again = true
		t.peer.askMu.Unlock()
		return
	}
	t.asked, t.again = now, false
	t.peer.askMu.Unlock()
	t.peer.sendRTCP(&rtcp.PictureLossIndication{MediaSSRC: t.ssrc})
}

// retry sends the request that came too soon, when a slot still has no picture.
func (t *track) retry(now int64) {
	waiting := false
	for _, s := range *t.feed.watching.Load() {
		waiting = waiting || s.waits(t)
	}
	t.peer.askMu.Lock()
	due := (t.again || waiting) && now-t.asked >= keyframePace
	t.peer.askMu.Unlock()
	if due && !t.feed.muted.Load() {
		t.ask(now)
	}
}
