package recording

import (
	"time"

	"github.com/pion/rtp/codecs"

	"housecall/signaling/sfu"
)

// frame is one piece of sound or one picture, and when it is played, from the file's beginning.
type frame struct {
	track int
	at    time.Duration
	key   bool
	data  []byte
}

// stream makes frames of one kind's packets.
type stream struct {
	kind  sfu.Kind
	track int
	rate  int64
	start time.Time // of the file

	any     bool
	firstAt time.Time
	firstTS uint32
	lastTS  uint32
	ticks   int64 // since the first, without wrapping

	broken  bool // pictures: nothing is of use until a keyframe
	missing int
	since   time.Duration
	partial []byte
	partAt  uint32
	partKey bool

	last     time.Duration // of the newest frame
	out      func(frame)
	gap      func(Gap)
	sizeSeen func(width, height int)
}

func newStream(kind sfu.Kind, start time.Time) *stream {
	s := &stream{kind: kind, rate: 90000, start: start, broken: kind != sfu.Sound, gap: func(Gap) {}, sizeSeen: func(int, int) {}}
	if kind == sfu.Sound {
		s.rate = 48000
	}
	return s
}

// take reads one record.
func (s *stream) take(r record) {
	if r.flags&flagGap != 0 {
		if s.missing == 0 {
			s.since = s.last
		}
		s.missing += int(r.number)
		s.partial, s.broken = nil, s.kind != sfu.Sound
		return
	}
	at := s.when(r)
	if s.kind == sfu.Sound {
		s.emit(frame{track: s.track, at: at, key: true, data: r.payload})
		return
	}
	s.picture(r, at)
}

// when counts in the sender's own clock, from when its first packet came.
func (s *stream) when(r record) time.Duration {
	if !s.any {
		s.any, s.firstAt, s.firstTS, s.lastTS = true, r.at, r.timestamp, r.timestamp
	}
	s.ticks += int64(int32(r.timestamp - s.lastTS))
	s.lastTS = r.timestamp
	return max(0, s.firstAt.Sub(s.start)+time.Duration(s.ticks*int64(time.Second)/s.rate))
}

func (s *stream) picture(r record, at time.Duration) {
	var vp8 codecs.VP8Packet
	content, err := vp8.Unmarshal(r.payload)
	if err != nil {
		s.broken, s.partial = true, nil
		return
	}
	begins := vp8.S == 1 && vp8.PID == 0
	if begins {
		s.partial, s.partAt, s.partKey = []byte{}, r.timestamp, r.flags&flagKeyframe != 0
		if s.partKey {
			s.broken = false
		}
	}
	if s.partial == nil || s.partAt != r.timestamp {
		s.partial = nil
		return
	}
	s.partial = append(s.partial, content...)
	if r.flags&flagMarker == 0 {
		return
	}
	whole := s.partial
	s.partial = nil
	if s.broken || len(whole) == 0 {
		return
	}
	if s.partKey && len(whole) >= 10 {
		s.sizeSeen(int(whole[6])|int(whole[7]&0x3f)<<8, int(whole[8])|int(whole[9]&0x3f)<<8)
	}
	s.emit(frame{track: s.track, at: at, key: s.partKey, data: whole})
}

func (s *stream) emit(f frame) {
	if s.missing > 0 {
		s.gap(Gap{Kind: s.kind.String(), From: s.since, Until: max(f.at, s.since), Packets: s.missing})
		s.missing = 0
	}
	s.last = max(s.last, f.at)
	if s.out != nil {
		s.out(f)
	}
}

// end tells of what was missing to the last.
func (s *stream) end() {
	if s.missing > 0 {
		s.gap(Gap{Kind: s.kind.String(), From: s.since, Until: s.since, Packets: s.missing})
		s.missing = 0
	}
}
