package recording

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/at-wat/ebml-go"
	"github.com/at-wat/ebml-go/webm"
)

// target takes a file as it is written; its beginning can be written over until the end.
type target interface {
	Write(p []byte) (int, error)
	patch(at int, p []byte)
}

// Limits of a file.
const (
	clusterTime = 4 * time.Second
	reorder     = 2 * time.Second // sound and pictures come that far apart
	seekRoom    = 160             // kept free in front for the list of what stands where
	segmentID   = 0x18538067
)

// film writes a WebM of at most two tracks.
type film struct {
	out     target
	written int
	segment int // where the segment's content begins
	places  [3]int
	length  int // where the duration stands
	waiting []frame
	newest  time.Duration
	cluster []frame
	cues    []webm.CuePoint
	picture int // the track that is sought by; 0: none
	last    time.Duration
	err     error
}

// tracks of a film: number 1 is sound where there is any.
type tracks struct {
	sound         bool
	picture       bool
	width, height int
}

func (t tracks) entries() (all []webm.TrackEntry, picture int) {
	if t.sound {
		all = append(all, webm.TrackEntry{
			TrackNumber: 1, TrackUID: 1, CodecID: "A_OPUS", TrackType: 2, SeekPreRoll: 80_000_000, CodecPrivate: opusHead(),
			Audio: &webm.Audio{SamplingFrequency: 48000, Channels: 2},
		})
	}
	if t.picture {
		picture = len(all) + 1
		all = append(all, webm.TrackEntry{
			TrackNumber: uint64(picture), TrackUID: uint64(picture), CodecID: "V_VP8", TrackType: 1,
			Video: &webm.Video{PixelWidth: uint64(t.width), PixelHeight: uint64(t.height)},
		})
	}
	return all, picture
}

// opusHead says what RFC 7845 asks for: two channels, no pre-skip.
func opusHead() []byte {
	head := append([]byte("OpusHead"), 1, 2)
	head = binary.LittleEndian.AppendUint16(head, 0)
	head = binary.LittleEndian.AppendUint32(head, 48000)
	return append(head, 0, 0, 0)
}

// newFilm writes the head of a file.
func newFilm(out target, t tracks, began time.Time) (*film, error) {
	f := &film{out: out}
	f.element(&struct {
		EBML webm.EBMLHeader `ebml:"EBML"`
	}{webm.EBMLHeader{EBMLVersion: 1, EBMLReadVersion: 1, EBMLMaxIDLength: 4, EBMLMaxSizeLength: 8, DocType: "webm", DocTypeVersion: 4, DocTypeReadVersion: 2}})
	f.bytes(binary.BigEndian.AppendUint32(nil, segmentID), sized(0))
	f.segment = f.written
	f.bytes(make([]byte, seekRoom))
	f.places[0] = f.written
	f.information(began)
	entries, picture := t.entries()
	f.picture, f.places[1] = picture, f.written
	f.element(&struct {
		Tracks webm.Tracks `ebml:"Tracks"`
	}{webm.Tracks{TrackEntry: entries}})
	return f, f.err
}

// information writes when the film began, and remembers where how long it is has to stand.
func (f *film) information(began time.Time) {
	var b bytes.Buffer
	if f.err = ebml.Marshal(&struct {
		Info webm.Info `ebml:"Info"`
	}{webm.Info{TimecodeScale: 1_000_000, MuxingApp: "housecall", WritingApp: "housecall", Duration: 1, DateUTC: began}}, &b); f.err != nil {
		return
	}
	at := bytes.Index(b.Bytes(), []byte{0x44, 0x89, 0x88}) // the duration, of eight bytes
	if at < 0 {
		f.err = errors.New("the information of a film has no place for its duration")
		return
	}
	f.length = f.written + at + 3
	f.bytes(b.Bytes())
}

// sized is a length in eight bytes.
func sized(n int) []byte { return binary.BigEndian.AppendUint64(nil, 1<<56|uint64(n)) }

func (f *film) bytes(all ...[]byte) {
	for _, b := range all {
		if f.err != nil {
			return
		}
		var n int
		n, f.err = f.out.Write(b)
		f.written += n
	}
}

func (f *film) element(e any) {
	if f.err != nil {
		return
	}
	var b bytes.Buffer
	if err := ebml.Marshal(e, &b); err != nil {
		f.err = fmt.Errorf("write an element: %w", err)
		return
	}
	f.bytes(b.Bytes())
}

// add takes a frame; those of both tracks are put in order.
func (f *film) add(x frame) {
	x.data = slices.Clone(x.data)
	f.waiting = append(f.waiting, x)
	f.newest = max(f.newest, x.at)
	f.release(f.newest - reorder)
}

// release gives what is older than this to clusters.
func (f *film) release(until time.Duration) {
	slices.SortStableFunc(f.waiting, func(a, b frame) int { return int(a.at - b.at) })
	n := 0
	for ; n < len(f.waiting) && f.waiting[n].at <= until; n++ {
		x := f.waiting[n]
		if len(f.cluster) > 0 {
			begun := f.cluster[0].at
			if x.track == f.picture && x.key || x.at-begun >= clusterTime {
				f.flush()
			}
		}
		f.cluster = append(f.cluster, x)
	}
	f.waiting = slices.Delete(f.waiting, 0, n)
}

// flush writes a cluster, and where it stands when it can be sought.
func (f *film) flush() {
	if len(f.cluster) == 0 {
		return
	}
	c := webm.Cluster{Timecode: uint64(f.cluster[0].at.Milliseconds())}
	for _, x := range f.cluster {
		c.SimpleBlock = append(c.SimpleBlock, ebml.Block{
			TrackNumber: uint64(x.track), Timecode: int16(x.at.Milliseconds() - int64(c.Timecode)), Keyframe: x.key, Data: [][]byte{x.data},
		})
		f.last = max(f.last, x.at)
	}
	if first := f.cluster[0]; f.picture == 0 || first.track == f.picture && first.key {
		f.cues = append(f.cues, webm.CuePoint{CueTime: c.Timecode, CueTrackPositions: []webm.CueTrackPosition{
			{CueTrack: uint64(first.track), CueClusterPosition: uint64(f.written - f.segment)},
		}})
	}
	f.cluster = nil
	f.element(&struct {
		Cluster webm.Cluster `ebml:"Cluster"`
	}{c})
}

// end writes what is left, the index, and in front how long it all is.
func (f *film) end() error {
	f.release(f.newest)
	f.flush()
	f.places[2] = f.written
	f.element(&struct {
		Cues webm.Cues `ebml:"Cues"`
	}{webm.Cues{CuePoint: f.cues}})
	if f.err != nil {
		return f.err
	}
	f.out.patch(f.segment-8, sized(f.written-f.segment))
	f.out.patch(f.length, binary.BigEndian.AppendUint64(nil, math.Float64bits(float64(f.last.Milliseconds()))))
	return f.seekHead()
}

// seekHead says in the room in front where information, tracks and index stand.
func (f *film) seekHead() error {
	var list webm.SeekHead
	for i, id := range [][]byte{{0x15, 0x49, 0xA9, 0x66}, {0x16, 0x54, 0xAE, 0x6B}, {0x1C, 0x53, 0xBB, 0x6B}} {
		list.Seek = append(list.Seek, webm.Seek{SeekID: id, SeekPosition: uint64(f.places[i] - f.segment)})
	}
	var b bytes.Buffer
	err := ebml.Marshal(&struct {
		SeekHead webm.SeekHead `ebml:"SeekHead"`
	}{list}, &b)
	if err != nil {
		return err
	}
	left := seekRoom - b.Len() - 9
	if left < 0 {
		return fmt.Errorf("the list of %d bytes does not fit in front", b.Len())
	}
	b.WriteByte(0xEC) // void: the rest of the room
	b.Write(sized(left))
	b.Write(make([]byte, left))
	f.out.patch(f.segment, b.Bytes())
	return nil
}
