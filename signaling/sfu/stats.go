package sfu

import (
	"sync/atomic"
	"time"
)

// SlotStats is how one stream reaches its receiver, since the last time it was asked.
type SlotStats struct {
	Slot        int
	Kind        Kind
	Loss        float64 // as the receiver said last
	Jitter, RTT time.Duration
	Bitrate     int // bit/s
	Packets     int
	Resent      int // packets sent again, ever
}

// counted is what a slot had sent when it was last asked.
type counted struct {
	packets, octets uint32
	at              time.Time
}

// Stats answers how everything that is shown to this client reaches it.
func (p *Peer) Stats() []SlotStats {
	var all []SlotStats
	now := time.Now()
	p.tx.Lock()
	defer p.tx.Unlock()
	for _, s := range p.slots {
		if s == nil || s.shown() == nil {
			continue
		}
		m := SlotStats{
			Slot: s.line.slot, Kind: s.line.kind, Loss: float64(s.loss.Load()) / 256, Resent: int(s.resent),
			Jitter: time.Duration(s.jitter.Load()) * time.Second / time.Duration(s.rate), RTT: time.Duration(p.roundTrip.Load()),
			Packets: int(s.packets - s.counted.packets),
		}
		if since := now.Sub(s.counted.at); !s.counted.at.IsZero() && since > 0 {
			m.Bitrate = int(float64(s.octets-s.counted.octets) * 8 / since.Seconds())
		}
		s.counted = counted{s.packets, s.octets, now}
		all = append(all, m)
	}
	return all
}

// UpStats is how what a client sends arrives.
type UpStats struct {
	Bitrate   int
	Loss      float64 // of the last second
	RTT       time.Duration
	Recovered int // packets that came after they were asked for again, ever
	Refused   int // packets that could not be decrypted, ever
}

// Up answers how what this client sends arrives.
func (p *Peer) Up() UpStats {
	p.rx.Lock()
	defer p.rx.Unlock()
	u := UpStats{RTT: time.Duration(p.roundTrip.Load()), Refused: p.refused}
	for _, t := range p.tracks {
		u.Bitrate += int(t.bitrate)
		u.Loss = max(u.Loss, t.lossNow)
		u.Recovered += int(t.recovered)
	}
	return u
}

// Delay answers how long a packet lately took from the socket to the last of who it was for.
func (s *SFU) Delay() (time.Duration, bool) {
	d := s.port.delay.Swap(0)
	return time.Duration(d), d != 0
}

// delays samples one batch of many: how long it took from the socket to the last receiver of its last packet.
type delays struct {
	atomic.Int64
	n int
}

const sampled = 128

func (d *delays) sample(at time.Time) {
	if d.n++; d.n%sampled == 0 {
		d.Store(int64(time.Since(at)))
	}
}
