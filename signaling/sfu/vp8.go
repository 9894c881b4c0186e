package sfu

import "encoding/binary"

// vp8 is the payload descriptor of RFC 7741: where its picture id and TL0PICIDX stand, and what it starts.
type vp8 struct {
	keyframe bool // first packet of a keyframe
	begins   bool // first packet of a frame
	idAt     int  // 0: none
	idLong   bool // 15 bits
	id       uint16
	tl0At    int // 0: none
	tl0      uint8
}

// readVP8 looks at one payload. What is no VP8 is forwarded as it is: the receivers decide.
func readVP8(b []byte) (d vp8, ok bool) {
	if len(b) < 2 {
		return d, false
	}
	at := 1
	d.begins = b[0]&0x10 != 0 && b[0]&0x07 == 0
	if b[0]&0x80 != 0 {
		ext := b[1]
		at = 2
		if ext&0x80 != 0 {
			if len(b) < at+2 {
				return d, false
			}
			d.idAt, d.idLong, d.id = at, b[at]&0x80 != 0, uint16(b[at]&0x7f)
			at++
			if d.idLong {
				d.id = binary.BigEndian.Uint16(b[at-1:]) & 0x7fff
				at++
			}
		}
		if ext&0x40 != 0 {
			if len(b) <= at {
				return d, false
			}
			d.tl0At, d.tl0 = at, b[at]
			at++
		}
		if ext&0x30 != 0 {
			at++
		}
	}
	if len(b) <= at {
		return d, false
	}
	d.keyframe = d.begins && b[at]&0x01 == 0
	return d, true
}

// splice writes other numbers into a payload; b is a copy that is ours.
func (d vp8) splice(b []byte, id uint16, tl0 uint8) {
	if d.idAt > 0 && d.idLong {
		binary.BigEndian.PutUint16(b[d.idAt:], id&0x7fff|0x8000)
	} else if d.idAt > 0 {
		b[d.idAt] = byte(id & 0x7f)
	}
	if d.tl0At > 0 {
		b[d.tl0At] = tl0
	}
}

// primary answers the newest block of a RED payload (RFC 2198), and false where it is none.
func primary(b []byte) ([]byte, bool) {
	at, skip := 0, 0
	for {
		if at >= len(b) {
			return nil, false
		}
		if b[at]&0x80 == 0 {
			at++
			break
		}
		if at+4 > len(b) {
			return nil, false
		}
		skip += int(binary.BigEndian.Uint16(b[at+2:]) & 0x3ff)
		at += 4
	}
	if at+skip > len(b) {
		return nil, false
	}
	return b[at+skip:], true
}
