package blob

import (
	"bytes"
	"encoding/binary"
	"errors"
)

var errDamaged = errors.New("the picture's parts do not fit together")

// stripJPEG keeps what the picture needs to be shown: its data, tables, colour profile and which way is
// up. Everything else (position, camera, time, comments, thumbnails, what comes after the end) goes.
func stripJPEG(raw []byte) ([]byte, error) {
	const start, end, scan = 0xD8, 0xD9, 0xDA
	if len(raw) < 4 || raw[0] != 0xFF || raw[1] != start {
		return nil, errDamaged
	}
	out := append(make([]byte, 0, len(raw)), 0xFF, start)
	turned := false
	for i := 2; ; {
		for i < len(raw) && raw[i] == 0xFF && i+1 < len(raw) && raw[i+1] == 0xFF {
			i++ // fill bytes
		}
		if i+2 > len(raw) || raw[i] != 0xFF {
			return nil, errDamaged
		}
		marker := raw[i+1]
		if marker == end {
			return append(out, 0xFF, end), nil
		}
		if i+4 > len(raw) || marker < 0xC0 || marker >= 0xD0 && marker <= start {
			return nil, errDamaged
		}
		next := i + 2 + int(binary.BigEndian.Uint16(raw[i+2:]))
		if next < i+4 || next > len(raw) {
			return nil, errDamaged
		}
		body := raw[i+4 : next]
		if marker == scan {
			next = endOfScan(raw, next)
		}
		switch way := orientation(marker, body); {
		case keepJPEG(marker, body):
			out = append(out, raw[i:next]...)
		case way > 1 && !turned:
			out, turned = append(out, orientationOnly(way)...), true
		}
		i = next
	}
}

// keepJPEG drops application segments but JFIF's, the colour profile's and Adobe's (which says how colours
// are coded), and comments.
func keepJPEG(marker byte, body []byte) bool {
	switch marker {
	case 0xE0:
		return bytes.HasPrefix(body, []byte("JFIF\x00"))
	case 0xE2:
		return bytes.HasPrefix(body, []byte("ICC_PROFILE\x00"))
	case 0xEE:
		return bytes.HasPrefix(body, []byte("Adobe"))
	}
	return marker < 0xE0 // 0xE1 to 0xEF: other applications; 0xF0 to 0xFE: extensions and comments
}

// endOfScan is where the coded data after a scan's header ends: at a marker that is no restart.
func endOfScan(raw []byte, i int) int {
	for ; i+1 < len(raw); i++ {
		if raw[i] == 0xFF && raw[i+1] != 0 && raw[i+1] != 0xFF && (raw[i+1] < 0xD0 || raw[i+1] > 0xD7) {
			return i
		}
	}
	return len(raw)
}

// orientation reads from an Exif segment which way is up, 1 to 8; 0 when it says nothing.
func orientation(marker byte, body []byte) byte {
	tiff, found := bytes.CutPrefix(body, []byte("Exif\x00\x00"))
	if marker != 0xE1 || !found || len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at+2 > len(tiff) {
		return 0
	}
	entries := tiff[at+2:]
	for n := int(order.Uint16(tiff[at:])); n > 0 && len(entries) >= 12; n, entries = n-1, entries[12:] {
		if order.Uint16(entries) == 0x0112 {
			if way := order.Uint16(entries[8:]); way >= 1 && way <= 8 {
				return byte(way)
			}
			return 0
		}
	}
	return 0
}

// orientationOnly is an Exif segment that says which way is up and nothing else.
func orientationOnly(way byte) []byte {
	return []byte{
		0xFF, 0xE1, 0, 34, 'E', 'x', 'i', 'f', 0, 0,
		'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, way, 0, 0, 0, 0, 0, 0,
	}
}
