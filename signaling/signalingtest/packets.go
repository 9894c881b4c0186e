package signalingtest

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtp"
)

// generator makes packets that look like VP8 and Opus, and carry who sent them when.
type generator struct {
	mark     uint32
	frame    int // bytes
	seqs     [3]uint16
	pictures [2]uint16
	began    time.Time
}

const (
	stampSize  = 12
	descriptor = 5
	mtu        = 1100
)

func (g *generator) clock(rate int64) uint32 {
	if g.began.IsZero() {
		g.began = time.Now()
	}
	return uint32(int64(time.Since(g.began)) / 1000 * rate / 1_000_000)
}

func stamp(b []byte, mark uint32) {
	binary.BigEndian.PutUint64(b, uint64(time.Now().UnixNano()))
	binary.BigEndian.PutUint32(b[8:], mark)
}

func (g *generator) sound() *rtp.Packet {
	payload := make([]byte, 80)
	payload[0] = 0x78
	stamp(payload[1:], g.mark)
	g.seqs[0]++
	return &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: g.seqs[0], Timestamp: g.clock(48000)}, Payload: payload}
}

// picture writes one frame; a keyframe is three times as large. It answers how many packets it made.
func (g *generator) picture(t *uplink, key bool) int {
	size := g.frame
	if key {
		size *= 3
	}
	return g.write(t, 1, size, key)
}

func (g *generator) screenFrame(t *uplink) {
	g.write(t, 2, g.frame/4, g.pictures[1]%30 == 0)
}

func (g *generator) write(t *uplink, stream, size int, key bool) int {
	ts, n := g.clock(90000), 0
	id := g.pictures[stream-1] & 0x7fff
	g.pictures[stream-1]++
	for left := size; left > 0; left -= mtu {
		payload := make([]byte, max(min(left, mtu), descriptor+1+stampSize))
		payload[0], payload[1] = 0x80, 0xc0
		if n == 0 {
			payload[0] = 0x90
		}
		binary.BigEndian.PutUint16(payload[2:], id|0x8000)
		payload[4] = byte(id)
		if !key {
			payload[descriptor] = 1
		}
		stamp(payload[descriptor+1:], g.mark)
		g.seqs[stream]++
		_ = t.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: g.seqs[stream], Timestamp: ts, Marker: left <= mtu}, Payload: payload})
		n++
	}
	return n
}

type stamped struct {
	sent     time.Time
	mark     uint32
	id       int
	keyframe bool
}

func readStamp(b []byte, sound bool) (f stamped, ok bool) {
	at := 1
	f.id = -1
	if !sound {
		if len(b) < descriptor+1+stampSize {
			return f, false
		}
		at = descriptor + 1
		f.id = int(binary.BigEndian.Uint16(b[2:]) & 0x7fff)
		f.keyframe = b[0]&0x10 != 0 && b[descriptor]&1 == 0
	}
	if len(b) < at+stampSize {
		return f, false
	}
	f.sent = time.Unix(0, int64(binary.BigEndian.Uint64(b[at:])))
	f.mark = binary.BigEndian.Uint32(b[at+8:])
	return f, true
}
