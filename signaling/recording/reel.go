package recording

import (
	"encoding/binary"
	"sync"
	"time"

	"housecall/signaling/sfu"
)

// reel gathers what one seat sends until it is time for a chunk.
type reel struct {
	run  *running
	seat int

	mu    sync.Mutex // guards the rest
	data  []byte
	since time.Time
	ended bool
	gone  [3]int // of each kind, packets of a chunk that was not kept
}

var _ sfu.Tap = (*reel)(nil)

// A record in a chunk: kind and flags, sequence or how many are lost, timestamp, arrival, length, content.
const (
	recordHead = 1 + 1 + 4 + 4 + 8 + 4

	flagMarker   = 1
	flagKeyframe = 2
	flagGap      = 4
)

// Packet implements sfu.Tap.
func (r *reel) Packet(p sfu.Recorded) {
	var flags byte
	if p.Marker {
		flags |= flagMarker
	}
	if p.Keyframe {
		flags |= flagKeyframe
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return
	}
	if n := r.gone[p.Kind]; n > 0 {
		r.gone[p.Kind] = 0
		r.add(p.Kind, flagGap, uint32(n), 0, p.At, nil)
	}
	r.add(p.Kind, flags, uint32(p.Seq), p.Timestamp, p.At, p.Payload)
}

// Gap implements sfu.Tap.
func (r *reel) Gap(kind sfu.Kind, n int, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		r.add(kind, flagGap, uint32(n), 0, at, nil)
	}
}

func (r *reel) add(kind sfu.Kind, flags byte, number, timestamp uint32, at time.Time, payload []byte) {
	if len(r.data) == 0 {
		r.since = r.run.recorder.Clock.Now()
	}
	b := append(r.data, byte(kind), flags)
	b = binary.BigEndian.AppendUint32(b, number)
	b = binary.BigEndian.AppendUint32(b, timestamp)
	b = binary.BigEndian.AppendUint64(b, uint64(at.UnixMicro()))
	b = binary.BigEndian.AppendUint32(b, uint32(len(payload)))
	r.data = append(b, payload...)
	if len(r.data) >= chunkSize {
		r.hand()
	}
}

// cut hands a chunk over when it is time, or at the end.
func (r *reel) cut(end bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return
	}
	r.ended = end
	if len(r.data) > 0 && (end || r.run.recorder.Clock.Now().Sub(r.since) >= chunkTime) {
		r.hand()
	}
}

// hand gives the chunk to the uploader. A store that is too slow loses chunks, and holds up nobody.
func (r *reel) hand() {
	data := r.data
	r.data = nil
	select {
	case r.run.uploads <- chunk{r.seat, data}:
	default:
		r.count(data)
	}
}

// lost notes that a chunk was not kept.
func (r *reel) lost(data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count(data)
}

func (r *reel) count(data []byte) {
	_ = each(data, func(rec record) { r.gone[rec.kind]++ })
}

// record is one packet, or one gap, as it was kept.
type record struct {
	kind      sfu.Kind
	flags     byte
	number    uint32
	timestamp uint32
	at        time.Time
	payload   []byte
}

// each reads the records of a chunk.
func each(data []byte, do func(record)) error {
	for len(data) > 0 {
		if len(data) < recordHead {
			return errSealed
		}
		n := int(binary.BigEndian.Uint32(data[18:]))
		if n < 0 || len(data)-recordHead < n || data[0] > byte(sfu.Screen) {
			return errSealed
		}
		do(record{
			kind: sfu.Kind(data[0]), flags: data[1], number: binary.BigEndian.Uint32(data[2:]), timestamp: binary.BigEndian.Uint32(data[6:]),
			at: time.UnixMicro(int64(binary.BigEndian.Uint64(data[10:]))).UTC(), payload: data[recordHead : recordHead+n],
		})
		data = data[recordHead+n:]
	}
	return nil
}
