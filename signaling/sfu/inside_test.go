package sfu

import (
	"testing"
	"time"
)

func TestRingKeepsWhatItsMemoryHolds(t *testing.T) {
	t.Parallel()
	r := newRing(Sound)
	for i := range uint64(1000) {
		r.put(&packet{seq: 1<<16 + i, at: int64(i + 1), payload: []byte{byte(i), byte(i >> 8)}})
	}
	buf := make([]byte, maxPacket)

	p, ok := r.get(1<<16+999, buf)
	_, old := r.get(1<<16+100, buf)

	if !ok || p.payload[0] != 999&0xff || p.payload[1] != 999>>8 {
		t.Errorf("newest = %v, %v", p, ok)
	}
	if old {
		t.Error("what was overwritten is still given")
	}
}

func TestRingGrowsWithTheBitrateAndLosesNothingByIt(t *testing.T) {
	t.Parallel()
	r := newRing(Picture)
	buf := make([]byte, maxPacket)
	for i := range uint64(2000) { // 4 Mbit/s
		payload := make([]byte, 1000)
		payload[0], payload[999] = byte(i), byte(i>>8)
		r.put(&packet{seq: 1<<16 + i, at: int64(time.Hour) + int64(i)*int64(2*time.Millisecond), payload: payload})
		for back := range min(i, 50) {
			p, ok := r.get(1<<16+i-back, buf)
			if !ok || p.payload[0] != byte(i-back) || p.payload[999] != byte((i-back)>>8) {
				t.Fatalf("packet %d, %d later: %v", i-back, back, ok)
			}
		}
	}

	for back := range uint64(400) {
		if _, ok := r.get(1<<16+1999-back, buf); !ok {
			t.Fatalf("the packet of %d ms ago is gone", 2*back)
		}
	}
}

func TestLadderGoesDownAtOnceAndUpOneStepAfterFiveGoodSeconds(t *testing.T) {
	t.Parallel()
	h := &levels{}
	p := &Peer{handler: h}
	l := &line{kind: Picture, slot: 1}
	s := &slot{peer: p, line: l}
	s.feed.Store(NewSeat().feeds[Picture])
	p.slots = []*slot{s}
	now := int64(time.Hour)
	after := func(d time.Duration, target Level) Level {
		now += int64(d)
		p.move(now, target)
		return p.ladder.level
	}

	if got := after(0, LevelVideo); got != LevelVideo {
		t.Fatalf("began at %q", got)
	}
	if got := after(time.Second, LevelAudio); got != LevelAudio {
		t.Errorf("a bad network: %q, want sound alone at once", got)
	}
	after(time.Second, LevelVideo)
	if got := after(4*time.Second, LevelVideo); got != LevelAudio {
		t.Errorf("after four good seconds: %q, want still sound alone", got)
	}
	if got := after(time.Second, LevelVideo); got != LevelLow {
		t.Errorf("after five: %q, want one step up", got)
	}
	if got := after(5*time.Second, LevelVideo); got != LevelVideo {
		t.Errorf("after ten: %q, want the picture", got)
	}
	p.Want(LevelAudio)
	if got := after(time.Second, LevelVideo); got != LevelAudio || h.why != "wanted" {
		t.Errorf("wanted sound: %q because of %q", got, h.why)
	}
}

type levels struct{ why string }

func (*levels) Reached()                            {}
func (*levels) Gone()                               {}
func (l *levels) Levels(_ int, _ Level, why string) { l.why = why }

func FuzzOffer(f *testing.F) {
	f.Add("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 AA\r\na=ice-ufrag:a\r\na=ice-pwd:b\r\na=setup:actpass\r\n" +
		"m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\na=extmap:3 " + extMid + "\r\n" +
		"m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\na=rid:h send\r\na=rid:l send\r\na=simulcast:send h;l\r\na=ssrc:1 cname:x\r\n")
	s := &SFU{candidates: []string{"1 1 udp 1 127.0.0.1 1 typ host"}}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := readOffer(text)
		if err != nil {
			return
		}
		p := &Peer{sfu: s, slots: make([]*slot, len(o.lines))}
		for i, l := range o.lines {
			p.slots[i] = &slot{peer: p, line: l, ssrc: 7}
		}
		if _, err := readOffer(p.answerTo(o, login{"a", "b"})); err == nil && len(o.lines) == 0 {
			t.Error("an answer without lines")
		}
	})
}

// FuzzMedia gives decrypted packets to a connection whose receiver shows them.
func FuzzMedia(f *testing.F) {
	f.Add([]byte{0x90, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 0x10, '1', 0, 0, 0x90, 0xc0, 0x80, 1, 1, 0, 0, 0})
	f.Add([]byte{0x80, 63, 0, 1, 0, 0, 0, 1, 0, 0, 0, 8, 0x80 | 111, 0, 0, 1, 111, 1, 2})
	f.Fuzz(func(_ *testing.T, b []byte) {
		p := &Peer{seat: NewSeat(), tracks: map[uint32]*track{}, may: true}
		p.seat.peer.Store(p)
		p.recorder = newRecorder()
		p.lines = []*line{
			{kind: Sound, slot: 1, mid: "0", up: true, main: 111, red: 63, ssrcs: []uint32{8}, exts: map[string]uint8{extMid: 1, extTransport: 2}},
			{kind: Picture, slot: 1, mid: "1", up: true, main: 96, ssrcs: []uint32{9}, exts: map[string]uint8{extMid: 1, extRid: 3}},
		}
		for i := 0; i+14 < len(b); i += 14 {
			if _, err := p.hdr.Unmarshal(b[i:]); err == nil {
				p.media(b[i:], &p.hdr, int64(i+1)*int64(time.Millisecond))
			}
		}
		for _, t := range p.tracks {
			t.nack(int64(time.Second))
			t.report(int64(time.Second))
		}
	})
}

func FuzzVP8(f *testing.F) {
	f.Add([]byte{0x90, 0xf0, 0x80, 1, 2, 3, 0})
	f.Fuzz(func(_ *testing.T, b []byte) {
		if d, ok := readVP8(b); ok {
			d.splice(b, 77, 7)
		}
		_, _ = primary(b)
	})
}
