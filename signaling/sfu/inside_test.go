package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/srtp/v3"
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

func (*levels) Reached(time.Duration)               {}
func (*levels) Pictured(time.Duration)              {}
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

// showing is a connection whose slot 1 shows a seat, with keys and nobody at the other end.
func showing(t *testing.T, of *Seat) (*Peer, *slot) {
	t.Helper()
	out, err := srtp.CreateContext(make([]byte, 16), make([]byte, 12), srtp.ProtectionProfileAeadAes128Gcm)
	if err != nil {
		t.Fatal(err)
	}
	p := &Peer{seat: NewSeat(), handler: &levels{}, keys: keys{out: out}}
	s := newSlot(p, &line{kind: Picture, slot: 1, main: 96, sendTime: 3})
	p.slots = []*slot{s}
	s.show(of.feeds[Picture])
	return p, s
}

// picture is one packet of a frame with this picture id.
func picture(seq uint64, id uint16, key bool) *packet {
	b := []byte{0x90, 0xc0, byte(id>>8) | 0x80, byte(id), byte(id), 1, 0, 0}
	if key {
		b[5] = 0
	}
	return &packet{at: int64(time.Hour) + int64(seq)*int64(33*time.Millisecond), ts: uint32(seq * 3000), payload: b}
}

func TestReceiverIsMovedBetweenEncodingsAtKeyframesAndItsNumbersRunOn(t *testing.T) {
	t.Parallel()
	seat := NewSeat()
	sender := &Peer{seat: seat, handler: &levels{}}
	l := &line{kind: Picture, slot: 1, main: 96}
	high, low := newTrack(sender, l, 1, false), newTrack(sender, l, 2, true)
	seat.feeds[Picture].bind(high)
	seat.feeds[Picture].bind(low)
	_, s := showing(t, seat)
	high.receive(picture(1, 100, false), 1)
	if s.cur != nil {
		t.Fatal("shown before a keyframe")
	}
	high.receive(picture(2, 101, true), 2)
	high.receive(picture(3, 102, false), 3)
	seq, id, packets := s.lastSeq, s.lastID, s.packets

	s.level(true, false)
	low.receive(picture(500, 7, false), 500)
	high.receive(picture(4, 103, false), 4)
	if s.cur != high || s.packets != packets+1 {
		t.Error("left the picture before the low one had a keyframe")
	}
	low.receive(picture(501, 8, true), 501)

	if s.cur != low || s.lastSeq != seq+2 || s.lastID != id+2 {
		t.Errorf("low shown %v, seq %d after %d, picture %d after %d: want them to run on", s.cur == low, s.lastSeq, seq, s.lastID, id)
	}
	high.receive(picture(5, 104, false), 5)
	if s.lastSeq != seq+2 {
		t.Error("both encodings are sent at once")
	}
}

func TestWhatIsSentAgainIsTheSameToTheBit(t *testing.T) {
	t.Parallel()
	seat := NewSeat()
	high := newTrack(&Peer{seat: seat, handler: &levels{}}, &line{kind: Picture, slot: 1, main: 96}, 1, false)
	seat.feeds[Picture].bind(high)
	p, s := showing(t, seat)

	high.receive(picture(9, 55, true), 9)
	first := string(p.scratch[:40])
	high.receive(picture(10, 56, false), 10)
	s.resend([]rtcp.NackPair{{PacketID: 9}})

	if again := string(p.scratch[:40]); again != first || s.resent != 1 {
		t.Errorf("sent again %d times, the same %v: one key stream must never seal two packets", s.resent, again == first)
	}
}

func TestRecordingSkipsWhatCameMuted(t *testing.T) {
	t.Parallel()
	seat := NewSeat()
	high := newTrack(&Peer{seat: seat, handler: &levels{}}, &line{kind: Picture, slot: 1, main: 96}, 1, false)
	seat.feeds[Picture].bind(high)
	kept := &taken{}
	r := &recorder{to: kept}
	for k, f := range seat.feeds {
		r.reels[k] = reel{feed: f, kind: Kind(k)}
	}
	receive := func(seq uint16, key bool) {
		p := picture(uint64(seq), seq, key)
		p.at = time.Now().UnixNano()
		high.receive(p, seq)
	}

	receive(1, true)
	r.wind()
	seat.Mute(Picture, true)
	receive(2, false)
	seat.Mute(Picture, false)
	receive(3, true)
	receive(6, false) // 4 and 5 are lost
	r.follow(&r.reels[Picture], time.Now().UnixNano()+2*tapWait)

	if len(kept.seqs) != 3 || kept.lost != 2 {
		t.Errorf("kept %v, %d lost, want three of which none was muted, and two", kept.seqs, kept.lost)
	}
}

type taken struct {
	seqs []uint16
	lost int
}

func (k *taken) Packet(p Recorded)              { k.seqs = append(k.seqs, p.Seq) }
func (k *taken) Gap(_ Kind, n int, _ time.Time) { k.lost += n }
