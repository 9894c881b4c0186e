package sfu

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
)

// How many beats pass between two of each.
const (
	everyRetry     = 3  // 60 ms: keyframes that were asked for and did not come
	everyTransport = 5  // 100 ms: how the sender's congestion control learns what arrived when
	everyReport    = 50 // a second
	everyClimb     = 25 // half a second: the ladder

	climbPace = int64(everyClimb * beat)
)

// beat sends the feedback that is due to one client. On most beats there is none.
func (p *Peer) beat(n int, now int64) {
	if p.lacking.Load() || n%everyTransport == 0 {
		for _, m := range p.due(n, now) {
			p.sendRTCP(m)
		}
	}
	if n%everyRetry == 0 {
		p.retry(now)
	}
	if at := p.pictured.Load(); at > 0 && p.pictured.CompareAndSwap(at, -1) {
		p.handler.Pictured(time.Unix(0, at).Sub(p.opened))
	}
	if n%everyClimb == 12 {
		p.climb(now)
	}
	if n%everyReport == 25 {
		p.senderReports(now)
	}
}

// due is what the client is told of what it sends.
func (p *Peer) due(n int, now int64) (out []rtcp.Packet) {
	p.rx.Lock()
	defer p.rx.Unlock()
	if n%everyReport == 0 {
		rr := &rtcp.ReceiverReport{}
		for _, t := range p.tracks {
			if t.max != 0 {
				rr.Reports = append(rr.Reports, t.report(now))
			}
		}
		if len(rr.Reports) > 0 {
			out = append(out, rr)
		}
	}
	lacking := false
	for _, t := range p.tracks {
		if m := t.nack(now); m != nil {
			out = append(out, m)
		}
		lacking = lacking || len(t.missing) > 0
	}
	p.lacking.Store(lacking)
	if n%everyTransport == 0 && p.recorder.PacketsHeld() > 0 {
		out = append(out, p.recorder.BuildFeedbackPacket()...)
	}
	return out
}

// retry asks again for keyframes that somebody waits for.
func (p *Peer) retry(now int64) {
	var pictures [maxTracks]*track
	count := 0
	p.rx.Lock()
	for _, t := range p.tracks {
		if t.kind != Sound && t.max != 0 {
			pictures[count] = t
			count++
		}
	}
	p.rx.Unlock()
	for _, t := range pictures[:count] {
		t.retry(now)
	}
}

// senderReports tells the client the time of what it is shown, so that lips and words keep together: it is
// the time of who sends, where they have told it.
func (p *Peer) senderReports(now int64) {
	for _, s := range p.slots {
		if s == nil {
			continue
		}
		if m := s.senderReport(now); m != nil {
			p.sendRTCP(m)
		}
	}
}

func (s *slot) senderReport(now int64) *rtcp.SenderReport {
	s.peer.tx.Lock()
	defer s.peer.tx.Unlock()
	if s.cur == nil || s.packets == 0 {
		return nil
	}
	// A report of the sender's is read without its lock: at worst it is the one before.
	ntp, ts := ntpTime(now), s.lastTS+uint32((now-s.lastAt)/1000*int64(s.rate)/1_000_000)
	if at := atomic.LoadInt64(&s.cur.srAt); at != 0 {
		passed := now - at
		ntp = atomic.LoadUint64(&s.cur.srNTP) + uint64(passed/int64(time.Second))<<32 + uint64(passed%int64(time.Second))<<32/uint64(time.Second)
		ts = atomic.LoadUint32(&s.cur.srRTP) + s.tsOff + uint32(passed/1000*int64(s.rate)/1_000_000)
	}
	s.told[s.tells%len(s.told)] = told{uint32(ntp >> 16), now}
	s.tells++
	return &rtcp.SenderReport{SSRC: s.ssrc, NTPTime: ntp, RTPTime: ts, PacketCount: s.packets, OctetCount: s.octets}
}

// ntpTime is seconds since 1900 in 32.32 bits.
func ntpTime(ns int64) uint64 {
	return uint64(ns/int64(time.Second)+2_208_988_800)<<32 | uint64(ns%int64(time.Second))<<32/uint64(time.Second)
}
