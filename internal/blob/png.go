package blob

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
)

const pngHead = "\x89PNG\r\n\x1a\n"

// pngKept are the chunks that a picture needs to be shown; text, time, Exif and private ones go.
const pngKept = " IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP sBIT bKGD pHYs acTL fcTL fdAT "

func stripPNG(raw []byte) ([]byte, error) {
	rest, found := bytes.CutPrefix(raw, []byte(pngHead))
	if !found {
		return nil, errDamaged
	}
	out := append(make([]byte, 0, len(raw)), pngHead...)
	for {
		if len(rest) < 12 {
			return nil, errDamaged
		}
		size := int64(binary.BigEndian.Uint32(rest))
		if size+12 > int64(len(rest)) {
			return nil, errDamaged
		}
		chunk := rest[:size+12]
		rest = rest[size+12:]
		kind := string(chunk[4:8])
		if strings.ContainsRune(kind, ' ') || crc32.ChecksumIEEE(chunk[4:8+size]) != binary.BigEndian.Uint32(chunk[8+size:]) {
			return nil, errDamaged
		}
		if strings.Contains(pngKept, " "+kind+" ") {
			out = append(out, chunk...)
		}
		if kind == "IEND" {
			return out, nil
		}
	}
}
