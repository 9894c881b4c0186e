package blob

import (
	"bytes"
	"encoding/binary"
	"strings"
)

const (
	webpKept  = " VP8X VP8  VP8L ALPH ANIM ANMF ICCP "
	frameKept = " VP8  VP8L ALPH "
	// What VP8X says is in the file.
	webpExif = 0x08
	webpXMP  = 0x04
)

func stripWebP(raw []byte) ([]byte, error) {
	if len(raw) < 12 || string(raw[:4]) != "RIFF" || string(raw[8:12]) != "WEBP" {
		return nil, errDamaged
	}
	size := int64(binary.LittleEndian.Uint32(raw[4:]))
	if size < 4 || size+8 > int64(len(raw)) {
		return nil, errDamaged
	}
	chunks, err := stripRIFF(raw[12:size+8], webpKept)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(chunks, []byte("VP8")) {
		return nil, errDamaged // no picture in it
	}
	out := append(make([]byte, 0, len(chunks)+12), "RIFF\x00\x00\x00\x00WEBP"...)
	binary.LittleEndian.PutUint32(out[4:], uint32(len(chunks)+4))
	return append(out, chunks...), nil
}

// stripRIFF keeps the named chunks of a list, each padded to an even length.
func stripRIFF(list []byte, kept string) ([]byte, error) {
	out := make([]byte, 0, len(list))
	for len(list) > 0 {
		if len(list) < 8 {
			return nil, errDamaged
		}
		kind, size := string(list[:4]), int64(binary.LittleEndian.Uint32(list[4:]))
		if size+8 > int64(len(list)) {
			return nil, errDamaged
		}
		body := list[8 : 8+size]
		list = list[min(8+size+size%2, int64(len(list))):]
		if !strings.Contains(kept, " "+kind+" ") {
			continue
		}
		body, err := innerWebP(kind, body)
		if err != nil {
			return nil, err
		}
		out = binary.LittleEndian.AppendUint32(append(out, kind...), uint32(len(body)))
		out = append(out, body...)
		if len(body)%2 == 1 {
			out = append(out, 0)
		}
	}
	return out, nil
}

// innerWebP takes back what the head says of parts that are gone, and looks into the frames of a film.
func innerWebP(kind string, body []byte) ([]byte, error) {
	switch kind {
	case "VP8X":
		if len(body) < 10 {
			return nil, errDamaged
		}
		head := append([]byte{}, body[:10]...)
		head[0] &^= webpExif | webpXMP
		return head, nil
	case "ANMF":
		const head = 16
		if len(body) < head {
			return nil, errDamaged
		}
		inner, err := stripRIFF(body[head:], frameKept)
		return append(append([]byte{}, body[:head]...), inner...), err
	}
	return body, nil
}
