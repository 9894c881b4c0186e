package recording

import (
	"io"
	"slices"
	"testing"
	"time"

	"housecall/internal/clock"
	"housecall/signaling/sfu"
)

// nothing takes a film and forgets it.
type nothing struct{}

func (nothing) Write(p []byte) (int, error) { return io.Discard.Write(p) }
func (nothing) patch(int, []byte)           {}

// FuzzChunk reads a chunk as it may come out of a store that somebody has written to with our key.
func FuzzChunk(f *testing.F) {
	r := &reel{run: &running{recorder: &Recorder{Deps: Deps{Clock: clock.NewReal()}}}}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	r.add(sfu.Sound, 0, 1, 960, at, []byte{0x78, 1, 2, 3})
	r.add(sfu.Picture, flagKeyframe|flagMarker, 7, 3000, at, []byte{0x90, 0xc0, 0x80, 1, 1, 0, 0, 0, 0x9d, 1, 0x2a, 64, 0, 48, 0})
	r.add(sfu.Picture, flagGap, 3, 0, at, nil)
	f.Add(r.data)
	f.Fuzz(func(t *testing.T, data []byte) {
		film, err := newFilm(nothing{}, tracks{sound: true, picture: true, width: 64, height: 48}, at)
		if err != nil {
			t.Fatal(err)
		}
		streams := [3]*stream{}
		for k, track := range []int{1, 2, 2} {
			streams[k] = newStream(sfu.Kind(k), at)
			streams[k].track, streams[k].out = track, film.add
		}
		if each(data, func(r record) { streams[r.kind].take(r) }) != nil {
			return
		}
		_ = film.end()
	})
}

func TestPicturesBehindAGapAreLeftOutUntilOneThatStandsAlone(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var kept []time.Duration
	var gaps []Gap
	s := newStream(sfu.Picture, at)
	s.out, s.gap = func(f frame) { kept = append(kept, f.at) }, func(g Gap) { gaps = append(gaps, g) }
	shows := func(second uint32, flags byte) {
		s.take(record{kind: sfu.Picture, flags: flagMarker | flags, timestamp: second * 90000, at: at.Add(time.Duration(second) * time.Second), payload: []byte{0x10, 1, 0, 0}})
	}

	shows(0, flagKeyframe)
	shows(1, 0)
	s.take(record{kind: sfu.Picture, flags: flagGap, number: 4, at: at.Add(2 * time.Second)})
	shows(2, 0) // of what was lost
	shows(3, flagKeyframe)
	shows(4, 0)

	if want := []time.Duration{0, time.Second, 3 * time.Second, 4 * time.Second}; !slices.Equal(kept, want) {
		t.Errorf("kept pictures of %v, want %v", kept, want)
	}
	if len(gaps) != 1 || gaps[0] != (Gap{Kind: "picture", From: time.Second, Until: 3 * time.Second, Packets: 4}) {
		t.Errorf("told of %+v, want one gap from the second to the fourth picture", gaps)
	}
}
