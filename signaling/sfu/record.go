package sfu

import (
	"sync"
	"time"
)

// How a tap waits for what was lost: as long as it may still come.
const (
	tapPace = 40 * time.Millisecond
	tapWait = int64(1200 * time.Millisecond)

	// A recording can be sought at keyframes alone, and a call asks for few.
	tapKeyframes = int64(10 * time.Second)
)

// Record gives what a seat sends from now on to a tap, until stop is called; stop waits for the last call
// of the tap. What a muted person sends is not given.
func (s *Seat) Record(to Tap) (stop func()) {
	r := &recorder{to: to, asked: time.Now().UnixNano()}
	for k, f := range s.feeds {
		r.reels[k] = reel{feed: f, kind: Kind(k)}
		if t := f.high.Load(); t != nil {
			r.reels[k].take(t)
			if Kind(k) != Sound {
				t.ask(time.Now().UnixNano())
			}
		}
	}
	end := Every(tapPace, r.wind)
	var once sync.Once
	return func() { once.Do(end) }
}

type recorder struct {
	to    Tap
	reels [3]reel
	asked int64 // for keyframes, last
	buf   [maxPacket]byte
}

// reel follows one kind of a seat through its tracks.
type reel struct {
	feed     *Feed
	kind     Kind
	t        *track
	next     uint64
	seqOff   uint16
	tsOff    uint32
	lastSeq  uint16
	lastTS   uint32
	lastAt   int64
	any      bool
	splicing bool
}

// take follows another track from what it brings next.
func (r *reel) take(t *track) {
	r.t, r.next, r.splicing = t, t.ring.newest()+1, true
}

func (r *recorder) wind() {
	now := time.Now().UnixNano()
	due := now-r.asked > tapKeyframes
	if due {
		r.asked = now
	}
	for i := range r.reels {
		reel := &r.reels[i]
		if due && reel.t != nil && reel.kind != Sound && !reel.feed.muted.Load() {
			reel.t.ask(now)
		}
		if t := reel.feed.high.Load(); t != nil && t != reel.t {
			begun := reel.t != nil
			reel.take(t)
			if begun || t.ring.newest() < 1<<17 {
				reel.next = t.ring.oldest(now - int64(2*tapPace)) // it has begun since we looked
			}
		}
		if reel.t != nil {
			r.follow(reel, now)
		}
	}
}

// follow hands over all that has come, up to the first packet that may still come.
func (r *recorder) follow(reel *reel, now int64) {
	newest, lost := reel.t.ring.newest(), 0
	for ; newest != 0 && reel.next <= newest; reel.next++ {
		p, ok := reel.t.ring.get(reel.next, r.buf[:])
		if !ok {
			if later := reel.t.ring.after(reel.next); later != 0 && now-later < tapWait {
				break
			}
			lost++
			continue
		}
		if lost > 0 {
			r.to.Gap(reel.kind, lost, time.Unix(0, p.at).UTC())
			lost = 0
			if reel.kind != Sound {
				reel.t.ask(now) // without it nothing more of the picture can be shown
			}
		}
		if !p.muted {
			r.give(reel, &p)
		}
	}
	if lost > 0 {
		r.to.Gap(reel.kind, lost, time.Unix(0, now).UTC())
	}
}

func (r *recorder) give(reel *reel, p *packet) {
	if reel.splicing && reel.any {
		rate := int64(90000)
		if reel.kind == Sound {
			rate = 48000
		}
		reel.seqOff = reel.lastSeq + 1 - uint16(p.seq)
		reel.tsOff = reel.lastTS + uint32((p.at-reel.lastAt)/1000*rate/1_000_000) - p.ts
	}
	reel.splicing, reel.any = false, true
	payload := p.payload
	if p.red {
		if inner, ok := primary(payload); ok {
			payload = inner
		}
	}
	reel.lastSeq, reel.lastTS, reel.lastAt = uint16(p.seq)+reel.seqOff, p.ts+reel.tsOff, p.at
	r.to.Packet(Recorded{
		Kind: reel.kind, Seq: reel.lastSeq, Timestamp: reel.lastTS, Marker: p.marker, Keyframe: p.isVP8 && p.vp8.keyframe,
		At: time.Unix(0, p.at).UTC(), Payload: payload,
	})
}
