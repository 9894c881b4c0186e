package paper

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

//go:embed font/DroidSansFallbackFull.ttf.gz font/Roboto-Regular.ttf.gz font/Roboto-Bold.ttf.gz
var fontFiles embed.FS

// fonts are the fonts of a paper, taken apart once: the PDF library would read all four megabytes anew
// for every page.
type fonts struct{ latin, bold, han *font }

var theFonts = sync.OnceValues(func() (*fonts, error) {
	var f fonts
	for file, into := range map[string]**font{"Roboto-Regular": &f.latin, "Roboto-Bold": &f.bold, "DroidSansFallbackFull": &f.han} {
		raw, err := unpacked("font/" + file + ".ttf.gz")
		if err != nil {
			return nil, fmt.Errorf("open font: %w", err)
		}
		if *into, err = openFont(raw); err != nil {
			return nil, fmt.Errorf("read font %s: %w", file, err)
		}
	}
	return &f, nil
})

// unpacked reads a font; they are kept packed, which makes the binary two megabytes smaller.
func unpacked(name string) ([]byte, error) {
	packed, err := fontFiles.ReadFile(name)
	if err != nil {
		return nil, err
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// font is a TrueType font, ready to have some of its letters cut out.
type font struct {
	tables map[string][]byte
	glyphs map[rune]int
	loca   []uint32
	wide   int // how many glyphs have a width of their own
}

var errFont = errors.New("is no TrueType font that can be used")

func openFont(raw []byte) (*font, error) {
	f := &font{tables: map[string][]byte{}, glyphs: map[rune]int{}}
	if len(raw) < 12 {
		return nil, errFont
	}
	for i := range int(u16(raw, 4)) {
		at := 12 + 16*i
		if at+16 > len(raw) {
			return nil, errFont
		}
		from, size := int(u32(raw, at+8)), int(u32(raw, at+12))
		if from+size > len(raw) {
			return nil, errFont
		}
		f.tables[string(raw[at:at+4])] = raw[from : from+size]
	}
	for _, name := range []string{"head", "hhea", "hmtx", "maxp", "loca", "glyf", "cmap", "OS/2", "post"} {
		if len(f.tables[name]) == 0 {
			return nil, fmt.Errorf("has no table %s", name)
		}
	}
	f.wide = int(u16(f.tables["hhea"], 34))
	f.readLoca()
	return f, f.readCmap()
}

func (f *font) readLoca() {
	table := f.tables["loca"]
	long := u16(f.tables["head"], 50) == 1
	for i := range int(u16(f.tables["maxp"], 4)) + 1 {
		if long {
			f.loca = append(f.loca, u32(table, 4*i))
			continue
		}
		f.loca = append(f.loca, 2*uint32(u16(table, 2*i)))
	}
}

// readCmap reads the format 4 table for Unicode, which every font of ours has.
func (f *font) readCmap() error {
	cmap := f.tables["cmap"]
	for i := range int(u16(cmap, 2)) {
		sub := cmap[u32(cmap, 4+8*i+4):]
		platform, encoding := u16(cmap, 4+8*i), u16(cmap, 4+8*i+2)
		if u16(sub, 0) != 4 || platform == 1 || platform == 3 && encoding != 1 {
			continue
		}
		f.readSegments(sub)
		return nil
	}
	return errors.New("has no letters by Unicode")
}

func (f *font) readSegments(sub []byte) {
	twice := int(u16(sub, 6))
	for s := 0; s < twice; s += 2 {
		last, first := int(u16(sub, 14+s)), int(u16(sub, 16+twice+s))
		delta, offset := int(u16(sub, 16+2*twice+s)), int(u16(sub, 16+3*twice+s))
		for c := first; c <= last && c < 0xFFFF; c++ {
			glyph := (c + delta) & 0xFFFF
			if offset != 0 {
				if glyph = int(u16(sub, 16+3*twice+s+offset+2*(c-first))); glyph != 0 {
					glyph = (glyph + delta) & 0xFFFF
				}
			}
			if glyph != 0 {
				f.glyphs[rune(c)] = glyph
			}
		}
	}
}

func (f *font) has(r rune) bool { return f.glyphs[r] != 0 }

// cut makes a font that holds only these letters.
func (f *font) cut(letters []rune) []byte {
	order, place := []int{0}, map[int]int{0: 0} // glyph 0 is what an unknown letter looks like
	want := func(g int) int {
		if _, there := place[g]; !there {
			place[g] = len(order)
			order = append(order, g)
		}
		return place[g]
	}
	chars := map[rune]int{}
	for _, r := range letters {
		if g := f.glyphs[r]; g != 0 {
			chars[r] = want(g)
		}
	}
	var glyf, loca, hmtx []byte
	for i := 0; i < len(order); i++ { // grows while composed letters name their parts
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		glyf = append(glyf, f.glyph(order[i], want)...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
		hmtx = append(hmtx, f.metric(order[i])...)
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	return assembleFont(map[string][]byte{
		"head": patched(f.tables["head"], 50, 1), "hhea": patched(f.tables["hhea"], 34, len(order)),
		"maxp": patched(f.tables["maxp"], 4, len(order)), "OS/2": f.tables["OS/2"], "post": shortPost(f.tables["post"]),
		"name": {0, 0, 0, 0, 0, 6}, "cmap": cmapOf(chars), "glyf": glyf, "loca": loca, "hmtx": hmtx,
	})
}

// The flags of a part of a composed letter.
const (
	wordArgs  = 1 << 0
	oneScale  = 1 << 3
	moreParts = 1 << 5
	twoScales = 1 << 6
	matrix    = 1 << 7
)

// glyph is the outline of a letter; the parts of a composed one are named by their new places.
func (f *font) glyph(g int, want func(int) int) []byte {
	if g+1 >= len(f.loca) || f.loca[g+1] <= f.loca[g] {
		return nil
	}
	out := slices.Clone(f.tables["glyf"][f.loca[g]:f.loca[g+1]])
	if int16(u16(out, 0)) >= 0 {
		return out
	}
	for at := 10; at+4 <= len(out); {
		flags := u16(out, at)
		binary.BigEndian.PutUint16(out[at+2:], uint16(want(int(u16(out, at+2)))))
		at += 6
		if flags&wordArgs != 0 {
			at += 2
		}
		switch {
		case flags&oneScale != 0:
			at += 2
		case flags&twoScales != 0:
			at += 4
		case flags&matrix != 0:
			at += 8
		}
		if flags&moreParts == 0 {
			break
		}
	}
	return out
}

func (f *font) metric(g int) []byte {
	table := f.tables["hmtx"]
	if g < f.wide {
		return table[4*g : 4*g+4]
	}
	bearing := 4*f.wide + 2*(g-f.wide)
	return append(slices.Clone(table[4*f.wide-4:4*f.wide-2]), table[bearing:bearing+2]...)
}

// cmapOf writes a format 4 table with a segment for each run of letters.
func cmapOf(chars map[rune]int) []byte {
	var ends, starts, deltas []uint16
	for _, r := range sortedRunes(chars) {
		n, g := len(ends), uint16(chars[r])
		if n > 0 && ends[n-1]+1 == uint16(r) && ends[n-1]+deltas[n-1]+1 == g {
			ends[n-1]++
			continue
		}
		ends, starts, deltas = append(ends, uint16(r)), append(starts, uint16(r)), append(deltas, g-uint16(r))
	}
	ends, starts, deltas = append(ends, 0xFFFF), append(starts, 0xFFFF), append(deltas, 1)
	n := len(ends)
	search := 1
	for search*2 <= n {
		search *= 2
	}
	head := []uint16{0, 1, 3, 1, 0, 12, 4, uint16(16 + 8*n), 0, uint16(2 * n), uint16(2 * search), uint16(log2(search)), uint16(2 * (n - search))}
	all := slices.Concat(head, ends, []uint16{0}, starts, deltas, make([]uint16, n))
	var out []byte
	for _, v := range all {
		out = binary.BigEndian.AppendUint16(out, v)
	}
	return out
}

func sortedRunes(chars map[rune]int) []rune {
	out := make([]rune, 0, len(chars))
	for r := range chars {
		out = append(out, r)
	}
	slices.Sort(out)
	return out
}

func log2(n int) (out int) {
	for ; n > 1; n /= 2 {
		out++
	}
	return out
}

// shortPost is the post table without the letters' names.
func shortPost(table []byte) []byte {
	return append([]byte{0, 3, 0, 0}, table[4:min(32, len(table))]...)
}

func patched(table []byte, at, value int) []byte {
	out := slices.Clone(table)
	binary.BigEndian.PutUint16(out[at:], uint16(value))
	return out
}

func assembleFont(tables map[string][]byte) []byte {
	names := make([]string, 0, len(tables))
	for n := range tables {
		names = append(names, n)
	}
	slices.Sort(names)
	out := []byte{0, 1, 0, 0, 0, byte(len(names)), 0, 128, 0, 3, 0, 32}
	at := 12 + 16*len(names)
	var body []byte
	for _, n := range names {
		out = append(out, n...)
		out = binary.BigEndian.AppendUint32(out, checksum(tables[n]))
		out = binary.BigEndian.AppendUint32(out, uint32(at+len(body)))
		out = binary.BigEndian.AppendUint32(out, uint32(len(tables[n])))
		body = append(body, tables[n]...)
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
	}
	return append(out, body...)
}

func checksum(table []byte) (sum uint32) {
	for i := 0; i < len(table); i += 4 {
		var four [4]byte
		copy(four[:], table[i:])
		sum += binary.BigEndian.Uint32(four[:])
	}
	return sum
}

func u16(b []byte, at int) uint16 {
	if at+2 > len(b) {
		return 0
	}
	return binary.BigEndian.Uint16(b[at:])
}

func u32(b []byte, at int) uint32 {
	if at+4 > len(b) {
		return 0
	}
	return binary.BigEndian.Uint32(b[at:])
}
