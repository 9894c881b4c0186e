package sfu

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// What one connection may bring: beyond it packets are dropped unread, so that nobody's flood costs the
// other rooms more than reading it off the socket.
const (
	byteRate  = 8_000_000 / 8 // camera, screen and sound together
	byteBurst = 1 << 20
)

// bucket is a budget of bytes that fills again with time.
type bucket struct {
	left float64
	at   int64
}

func (b *bucket) take(n int, now int64) bool {
	if b.at == 0 {
		b.left = byteBurst
	} else {
		b.left = min(byteBurst, b.left+float64(now-b.at)*byteRate/float64(time.Second))
	}
	b.at = now
	if b.left < float64(n) {
		return false
	}
	b.left -= float64(n)
	return true
}

// receive takes SRTP or SRTCP of this connection. The packet is ours for the call only.
func (p *Peer) receive(raw []byte, at time.Time) {
	p.rx.Lock()
	defer p.rx.Unlock()
	now := at.UnixNano()
	if p.keysIn.in == nil || !p.budget.take(len(raw), now) {
		return
	}
	if raw[1] >= 192 && raw[1] < 224 {
		p.receiveRTCP(raw, now)
		return
	}
	plain, err := p.keysIn.in.DecryptRTP(p.plain[:0], raw, &p.hdr)
	if err != nil {
		p.refused++
		return
	}
	p.ice.heard.Store(now)
	p.media(plain, &p.hdr, now)
}

// media takes one decrypted packet in. The caller holds rx.
func (p *Peer) media(plain []byte, h *rtp.Header, now int64) {
	size := h.MarshalSize()
	if size > len(plain) || !p.may {
		return
	}
	t := p.tracks[h.SSRC]
	if t == nil {
		if t = p.newcomer(h); t == nil {
			return
		}
	}
	if id := t.line.counter; id != 0 {
		if ext := h.GetExtension(id); len(ext) == 2 {
			p.recorder.Record(h.SSRC, uint16(ext[0])<<8|uint16(ext[1]), now/1000)
		}
	}
	payload := plain[size:]
	if h.Padding && len(payload) > 0 {
		pad := int(payload[len(payload)-1])
		if pad > len(payload) {
			return
		}
		payload = payload[:len(payload)-pad]
	}
	if h.PayloadType != t.line.main && (h.PayloadType != t.line.red || t.line.red == 0) {
		return
	}
	p.packet = packet{ts: h.Timestamp, at: now, marker: h.Marker, payload: payload, red: t.line.red != 0 && h.PayloadType == t.line.red}
	t.receive(&p.packet, h.SequenceNumber)
}

// maxTracks is how many streams one connection may send: sound, two pictures, a screen, and each of them
// once more after the client has changed its mind.
const maxTracks = 8

// newcomer finds which line a stream that is heard for the first time belongs to.
func (p *Peer) newcomer(h *rtp.Header) *track {
	if len(p.tracks) >= maxTracks {
		return nil
	}
	l, low := p.lineOf(h)
	if l == nil || !l.up {
		return nil
	}
	t := newTrack(p, l, h.SSRC, low)
	p.tracks[h.SSRC] = t
	if p.seat.peer.Load() == p {
		t.feed.bind(t)
	}
	if l.kind != Sound {
		defer t.feed.wake()
	}
	return t
}

func (p *Peer) lineOf(h *rtp.Header) (*line, bool) {
	for _, l := range p.lines {
		for i, ssrc := range l.ssrcs {
			if ssrc == h.SSRC {
				return l, i > 0 && len(l.rids) > 0
			}
		}
	}
	for _, l := range p.lines {
		if id := l.exts[extMid]; id != 0 && string(h.GetExtension(id)) == l.mid {
			rid := string(h.GetExtension(l.exts[extRid]))
			return l, len(l.rids) > 1 && rid == l.rids[1]
		}
	}
	return nil, false
}

func (p *Peer) receiveRTCP(raw []byte, now int64) {
	plain, err := p.keysIn.in.DecryptRTCP(p.plain[:0], raw, nil)
	if err != nil {
		p.refused++
		return
	}
	p.ice.heard.Store(now)
	messages, err := rtcp.Unmarshal(plain)
	if err != nil {
		return
	}
	for _, m := range messages {
		p.feedback(m, now)
	}
}

// feedback takes what the client says about the streams that it sends or receives.
func (p *Peer) feedback(m rtcp.Packet, now int64) {
	switch m := m.(type) {
	case *rtcp.PictureLossIndication:
		p.wanted(m.MediaSSRC, now)
	case *rtcp.FullIntraRequest:
		for _, e := range m.FIR {
			p.wanted(e.SSRC, now)
		}
	case *rtcp.TransportLayerNack:
		if s := p.slotBy(m.MediaSSRC); s != nil {
			s.resend(m.Nacks)
		}
	case *rtcp.ReceiverEstimatedMaximumBitrate:
		p.remb.Store(uint64(m.Bitrate))
		p.rembAt.Store(now)
	case *rtcp.SenderReport:
		if t := p.tracks[m.SSRC]; t != nil {
			atomic.StoreUint64(&t.srNTP, m.NTPTime)
			atomic.StoreUint32(&t.srRTP, m.RTPTime)
			atomic.StoreInt64(&t.srAt, now)
		}
		p.reports(m.Reports, now)
	case *rtcp.ReceiverReport:
		p.reports(m.Reports, now)
	}
}

func (p *Peer) slotBy(ssrc uint32) *slot {
	for _, s := range p.slots {
		if s != nil && s.ssrc == ssrc {
			return s
		}
	}
	return nil
}

// wanted passes the wish for a keyframe on to who sends it.
func (p *Peer) wanted(ssrc uint32, now int64) {
	s := p.slotBy(ssrc)
	if s == nil {
		return
	}
	s.peer.tx.Lock()
	t := s.cur
	s.peer.tx.Unlock()
	if f := s.feed.Load(); t == nil && f != nil {
		t = f.pick(false)
	}
	if t != nil {
		t.ask(now)
	}
}

func (p *Peer) reports(reports []rtcp.ReceptionReport, now int64) {
	for _, r := range reports {
		s := p.slotBy(r.SSRC)
		if s == nil {
			continue
		}
		s.loss.Store(uint32(r.FractionLost))
		s.jitter.Store(r.Jitter)
		p.tx.Lock()
		for _, told := range s.told {
			if r.LastSenderReport == 0 || r.LastSenderReport != told.ntp {
				continue
			}
			rtt := now - told.at - int64(r.Delay)*int64(time.Second)/65536
			if rtt > 0 && rtt < int64(10*time.Second) {
				p.roundTrip.Store(rtt)
			}
		}
		p.tx.Unlock()
	}
}
