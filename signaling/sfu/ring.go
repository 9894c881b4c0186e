package sfu

import "sync"

// packet is what is kept of one RTP packet: enough to send it again, to anybody, at any time.
type packet struct {
	seq     uint64 // extended
	ts      uint32
	at      int64 // unix nanoseconds of arrival
	marker  bool
	red     bool // payload is RED
	vp8     vp8
	isVP8   bool
	muted   bool // came while its sender was muted: nobody is given it
	payload []byte
}

// ring keeps the newest packets of one track, for all who watch: NACKs, rejoining and taps are served
// from it. Payloads lie one after the other in one piece of memory, so that a track costs what its
// bitrate needs and nothing is allocated for a packet.
type ring struct {
	mu       sync.Mutex // guards the rest
	slots    []packet   // payload is empty here: pos and size say where it lies
	pos      []uint64
	size     []uint16
	arena    []byte
	head     uint64 // bytes ever written
	keyframe uint64 // seq of the newest keyframe's first packet; 0: none
	keyAt    int64
	max      uint64
	grown    uint64 // head when the memory was last written once round
	grownAt  int64
}

// Kept of a track: a second and a quarter of sound; of a picture what its bitrate needs, for as long as a
// packet may be asked for again.
const (
	pictureSlots, pictureArena = 512, 64 << 10
	soundSlots, soundArena     = 64, 8 << 10
	mostArena                  = 1 << 20
	kept                       = giveUp
)

func newRing(k Kind) *ring {
	n, arena := pictureSlots, pictureArena
	if k == Sound {
		n, arena = soundSlots, soundArena
	}
	return &ring{slots: make([]packet, n), pos: make([]uint64, n), size: make([]uint16, n), arena: make([]byte, arena)}
}

// put keeps a packet.
func (r *ring) put(p *packet) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.head-r.grown > uint64(len(r.arena)) {
		r.grow(p.at)
	}
	n := uint64(len(r.arena))
	if n-r.head%n < uint64(len(p.payload)) {
		r.head += n - r.head%n // a payload lies in one piece
	}
	i := p.seq % uint64(len(r.slots))
	if r.slots[i].seq > p.seq {
		return // older than what has its place
	}
	r.slots[i], r.pos[i], r.size[i] = *p, r.head, uint16(len(p.payload))
	r.slots[i].payload = nil
	copy(r.arena[r.head%n:], p.payload)
	r.head += uint64(len(p.payload))
	r.max = max(r.max, p.seq)
	if p.isVP8 && p.vp8.keyframe && !p.muted && p.seq > r.keyframe {
		r.keyframe, r.keyAt = p.seq, p.at
	}
}

// grow makes room when the memory was written once round in less than packets are kept for. What is kept
// moves along.
func (r *ring) grow(now int64) {
	quick := now-r.grownAt < kept && r.grownAt != 0
	r.grown, r.grownAt = r.head, now
	if !quick || len(r.arena) >= mostArena {
		return
	}
	was, n := r.arena, uint64(len(r.arena))
	r.arena = make([]byte, n+n/2)
	head := uint64(0)
	for seq := r.max - min(r.max, uint64(len(r.slots))-1); seq <= r.max; seq++ {
		i := seq % uint64(len(r.slots))
		if p := &r.slots[i]; p.seq != seq || p.at == 0 || r.head-r.pos[i] > n {
			continue
		}
		at := r.pos[i] % n
		copy(r.arena[head:], was[at:at+uint64(r.size[i])])
		r.pos[i] = head | 1<<63
		head += uint64(r.size[i])
	}
	for i := range r.pos {
		if r.pos[i]&(1<<63) != 0 {
			r.pos[i] &^= 1 << 63
		} else {
			r.slots[i].at = 0
		}
	}
	r.head, r.grown = head, head
}

// get copies a packet out, its payload into buf.
func (r *ring) get(seq uint64, buf []byte) (packet, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := seq % uint64(len(r.slots))
	p := r.slots[i]
	if p.seq != seq || p.at == 0 || r.head-r.pos[i] > uint64(len(r.arena)) {
		return packet{}, false
	}
	at := r.pos[i] % uint64(len(r.arena))
	p.payload = buf[:copy(buf, r.arena[at:at+uint64(r.size[i])])]
	return p, true
}

// lastKeyframe answers where the newest keyframe begins.
func (r *ring) lastKeyframe() (seq uint64, at int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keyframe, r.keyAt
}

// newest answers the highest sequence number kept; 0: none.
func (r *ring) newest() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.max
}

// after answers when the first packet kept behind seq came; 0: none.
func (r *ring) after(seq uint64) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := seq + 1; s <= r.max; s++ {
		if p := &r.slots[s%uint64(len(r.slots))]; p.seq == s && p.at != 0 {
			return p.at
		}
	}
	return 0
}

// oldest answers the lowest sequence number kept that came since then.
func (r *ring) oldest(since int64) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	low := r.max + 1
	for i := range r.slots {
		if p := &r.slots[i]; p.at >= since && p.at != 0 && p.seq < low {
			low = p.seq
		}
	}
	return low
}
