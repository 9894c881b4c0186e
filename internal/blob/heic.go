package blob

import "encoding/binary"

// stripHEIC writes zeros over what a picture of Apple's kind holds beside the picture: its Exif and XMP
// items and boxes of others. Lengths stay, so that every offset in the file still holds. A film is refused.
func stripHEIC(raw []byte) ([]byte, error) {
	out := append([]byte{}, raw...)
	var meta []byte
	for rest := out; len(rest) > 0; {
		b, next, err := nextBox(rest)
		if err != nil {
			return nil, err
		}
		rest = next
		switch b.kind {
		case "ftyp", "mdat":
		case "meta":
			meta = b.body
		case "moov", "moof":
			return nil, errDamaged
		default:
			clear(b.body)
		}
	}
	if len(meta) < 4 {
		return nil, errDamaged
	}
	return out, stripMeta(out, meta[4:])
}

// stripMeta finds the items that describe and writes zeros over their bytes, wherever these lie.
func stripMeta(file, boxes []byte) error {
	found := map[string][]byte{}
	for rest := boxes; len(rest) > 0; {
		b, next, err := nextBox(rest)
		if err != nil {
			return err
		}
		rest = next
		if b.kind == "uuid" || b.kind == "xml " || b.kind == "bxml" || b.kind == "udta" {
			clear(b.body)
		}
		found[b.kind] = b.body
	}
	hidden, err := describing(found["iinf"])
	if err != nil || len(hidden) == 0 {
		return err
	}
	return zeroItems(file, found["idat"], found["iloc"], hidden)
}

type box struct {
	kind string
	body []byte
}

func nextBox(b []byte) (box, []byte, error) {
	if len(b) < 8 {
		return box{}, nil, errDamaged
	}
	head, size := uint64(8), uint64(binary.BigEndian.Uint32(b))
	switch size {
	case 0:
		size = uint64(len(b))
	case 1:
		if len(b) < 16 {
			return box{}, nil, errDamaged
		}
		head, size = 16, binary.BigEndian.Uint64(b[8:])
	}
	if size < head || size > uint64(len(b)) {
		return box{}, nil, errDamaged
	}
	return box{string(b[4:8]), b[head:size]}, b[size:], nil
}

// describing lists the items that hold Exif or XMP.
func describing(iinf []byte) (map[uint32]bool, error) {
	hidden := map[uint32]bool{}
	if iinf == nil {
		return hidden, nil
	}
	r := reader{b: iinf}
	version := r.number(1)
	r.number(3)
	r.number(2 + 2*min(version, 1))
	for rest := r.b; !r.bad && len(rest) > 0; {
		b, next, err := nextBox(rest)
		if err != nil {
			return nil, err
		}
		rest = next
		entry := reader{b: b.body}
		v := entry.number(1)
		entry.number(3)
		if b.kind != "infe" || v < 2 {
			return nil, errDamaged // no picture of this kind has older entries
		}
		item := entry.number(2 + 2*(min(v, 3)-2))
		entry.number(2)
		kind := entry.bytes(4)
		if entry.bad {
			return nil, errDamaged
		}
		if k := string(kind); k == "Exif" || k == "mime" || k == "uri " {
			hidden[uint32(item)] = true
		}
	}
	if r.bad {
		return nil, errDamaged
	}
	return hidden, nil
}

// zeroItems reads where each item lies (ISO 14496-12, 8.11.3) and writes zeros over the hidden ones.
func zeroItems(file, idat, iloc []byte, hidden map[uint32]bool) error {
	r := reader{b: iloc}
	version := r.number(1)
	r.number(3)
	sizes := r.number(2)
	offsetSize, lengthSize, baseSize, indexSize := sizes>>12, sizes>>8&15, sizes>>4&15, sizes&15
	wide := uint64(0)
	if version == 2 {
		wide = 2
	}
	for items := r.number(2 + wide); items > 0 && !r.bad; items-- {
		item, method := r.number(2+wide), uint64(0)
		if version > 0 {
			method = r.number(2) & 15
		}
		r.number(2)
		base := r.number(baseSize)
		for extents := r.number(2); extents > 0 && !r.bad; extents-- {
			if version > 0 {
				r.number(indexSize)
			}
			offset, length := base+r.number(offsetSize), r.number(lengthSize)
			if !hidden[uint32(item)] || r.bad {
				continue
			}
			within := file
			if method == 1 {
				within = idat
			}
			if method > 1 || offset > uint64(len(within)) || length > uint64(len(within))-offset {
				return errDamaged
			}
			if length == 0 {
				length = uint64(len(within)) - offset
			}
			clear(within[offset : offset+length])
		}
	}
	if r.bad {
		return errDamaged
	}
	return nil
}

// reader takes big-endian numbers off the front; bad once there were too few bytes.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) number(size uint64) uint64 {
	var n uint64
	for _, c := range r.bytes(size) {
		n = n<<8 | uint64(c)
	}
	return n
}
