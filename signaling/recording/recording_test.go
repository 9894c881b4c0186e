package recording_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/at-wat/ebml-go"
	"github.com/at-wat/ebml-go/webm"

	"housecall/internal/clock"
	"housecall/signaling"
	"housecall/signaling/recording"
	"housecall/signaling/sfu"
	"housecall/signaling/signalingtest"
)

var (
	secret = []byte("a secret of tests, of more than 32 bytes")
	key    = bytes.Repeat([]byte{7}, 32)
)

// shelf is a store and a book in memory.
type shelf struct {
	mu     sync.Mutex // guards the rest
	pieces map[string][]byte
	tapes  []recording.Tape
	kept   map[string]recording.Manifest
	full   bool

	cleared []string
}

func newShelf() *shelf {
	return &shelf{pieces: map[string][]byte{}, kept: map[string]recording.Manifest{}}
}

func (s *shelf) Put(_ context.Context, key string, piece []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full {
		return fmt.Errorf("the shelf is full")
	}
	s.pieces[key] = bytes.Clone(piece)
	return nil
}

func (s *shelf) Get(_ context.Context, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.pieces[key]
	if !ok {
		return nil, recording.ErrNone
	}
	return bytes.Clone(p), nil
}

func (s *shelf) Delete(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pieces, key)
	return nil
}

func (s *shelf) Began(_ context.Context, t recording.Tape) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.ID = fmt.Sprintf("rec_%d", len(s.tapes)+1)
	s.tapes = append(s.tapes, t)
	return t.ID, nil
}

func (s *shelf) Kept(_ context.Context, id string, m recording.Manifest) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[id] = m
	return nil
}

func (s *shelf) Cleared(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cleared = append(s.cleared, id)
	return nil
}

func (s *shelf) manifest(id string) (recording.Manifest, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.kept[id]
	return m, ok
}

// copied is what another machine finds after this one was switched off at this moment.
func (s *shelf) copied() *shelf {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &shelf{pieces: maps.Clone(s.pieces), tapes: s.tapes, kept: map[string]recording.Manifest{}}
}

func recorder(t *testing.T, s *shelf) *recording.Recorder {
	t.Helper()
	r := recording.New(recording.Deps{Store: s, Book: s, Key: key, Clock: clock.NewReal(), Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(r.Stop)
	return r
}

// call is a real room with a doctor and a patient who send.
type call struct {
	t               *testing.T
	shelf           *shelf
	recorder        *recording.Recorder
	doctor, patient *signalingtest.Client
}

const (
	doctorsMark  = 11
	patientsMark = 22
)

func calling(t *testing.T) *call {
	t.Helper()
	c := &call{t: t, shelf: newShelf()}
	c.recorder = recorder(t, c.shelf)
	media, err := sfu.Start(sfu.Config{Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	clk := clock.NewReal()
	server := signaling.New(signaling.Deps{
		Gate: signaling.SecretGate{Secret: secret, Clock: clk}, Media: media, Clock: clk, Log: slog.New(slog.DiscardHandler), Recorder: c.recorder,
	})
	web := httptest.NewServer(server)
	t.Cleanup(func() {
		server.Stop()
		web.Close()
		media.Stop()
	})
	join := func(seat string, mark uint32, rights ...string) *signalingtest.Client {
		ticket, err := signaling.Ticket{Room: "room", Seat: seat, Role: seat, Rights: append(rights, "speak"), Expiry: clk.Now().Add(time.Minute)}.Sign(secret)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		p, err := signalingtest.Join(ctx, signalingtest.JoinOptions{URL: "ws" + strings.TrimPrefix(web.URL, "http"), Ticket: ticket, Media: signalingtest.MediaOptions{Bitrate: 300_000}})
		if err != nil {
			t.Fatal(err)
		}
		p.Media.Send(mark)
		t.Cleanup(p.Close)
		return p
	}
	c.doctor, c.patient = join("doctor", doctorsMark, "record"), join("patient", patientsMark)
	c.until("both see each other", func() bool {
		return c.doctor.Media.Shown[1].By(patientsMark) > 5 && c.patient.Media.Shown[1].By(doctorsMark) > 5
	})
	return c
}

func (c *call) until(what string, ok func() bool) {
	c.t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	c.t.Fatalf("%s: not within ten seconds", what)
}

func (c *call) says(p *signalingtest.Client, what string, on bool) {
	c.t.Helper()
	if err := p.Send(c.t.Context(), map[string]any{"t": what, "on": on}); err != nil {
		c.t.Fatal(err)
	}
}

// agreed is a recording that has gone on for a while.
func (c *call) agreed(long time.Duration) {
	c.t.Helper()
	c.says(c.doctor, "record", true)
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	if _, err := c.patient.Wait(ctx, "recording", 0); err != nil {
		c.t.Fatal("the patient is not asked: ", err)
	}
	c.says(c.patient, "consent", true)
	c.until("a recording", func() bool { c.shelf.mu.Lock(); defer c.shelf.mu.Unlock(); return len(c.shelf.tapes) > 0 })
	before := time.Now()
	c.until("some of it", func() bool { return time.Since(before) > long })
}

func (c *call) manifest() recording.Manifest {
	c.t.Helper()
	var m recording.Manifest
	c.until("the files of the recording", func() bool {
		var ok bool
		m, ok = c.shelf.manifest("rec_1")
		return ok && !c.recorder.Live("rec_1")
	})
	return m
}

// watched is a file as a player reads it.
type watched struct {
	sounds, pictures int
	marks            map[uint32]bool
	first, last      time.Time // when what is in it was sent
	times            []time.Duration
	segment          webm.Segment
}

func watch(t *testing.T, r *recording.Recorder, id string, n int, f recording.File) watched {
	t.Helper()
	file, err := r.Open(t.Context(), id, n, f.Size)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	var whole struct {
		Header  webm.EBMLHeader `ebml:"EBML"`
		Segment webm.Segment    `ebml:"Segment"`
	}
	if err := ebml.Unmarshal(bytes.NewReader(raw), &whole); err != nil {
		t.Fatalf("read the file of %s: %v", f.Seat, err)
	}
	w := watched{marks: map[uint32]bool{}, segment: whole.Segment}
	for _, c := range whole.Segment.Cluster {
		for _, b := range c.SimpleBlock {
			w.times = append(w.times, time.Duration(int64(c.Timecode)+int64(b.Timecode))*time.Millisecond)
			stamp := b.Data[0][1:] // behind the first byte of sound, and of a picture
			if b.TrackNumber == 1 {
				w.sounds++
			} else {
				w.pictures++
			}
			sent := time.Unix(0, int64(binary.BigEndian.Uint64(stamp)))
			if w.first.IsZero() || sent.Before(w.first) {
				w.first = sent
			}
			if sent.After(w.last) {
				w.last = sent
			}
			w.marks[binary.BigEndian.Uint32(stamp[8:])] = true
		}
	}
	return w
}

func TestWhatAllAgreedToIsKeptAsOneFileForEachAndNothingElseIs(t *testing.T) {
	t.Parallel()
	c := calling(t)
	asked := time.Now()
	c.agreed(2500 * time.Millisecond)
	withdrawn := time.Now()
	c.says(c.patient, "consent", false)
	m := c.manifest()

	if len(m.Files) != 2 || m.Broken {
		t.Fatalf("the manifest names %+v, want a file of the doctor and one of the patient", m.Files)
	}
	for n, f := range m.Files {
		w := watch(t, c.recorder, "rec_1", n, f)
		want := map[string]uint32{"doctor": doctorsMark, "patient": patientsMark}[f.Seat]
		if len(w.marks) != 1 || !w.marks[want] {
			t.Errorf("the file of the %s holds what %v sent", f.Seat, w.marks)
		}
		if w.sounds < 80 || w.pictures < 45 || f.Length < 2*time.Second {
			t.Errorf("%s: %d sounds and %d pictures in %v, want those of two seconds", f.Seat, w.sounds, w.pictures, f.Length)
		}
		if w.first.Before(asked) || w.last.After(withdrawn.Add(time.Second)) {
			t.Errorf("%s: kept from %v to %v, which is outside of %v to %v", f.Seat, w.first, w.last, asked, withdrawn)
		}
		seekable(t, f, w)
	}
	c.shelf.mu.Lock()
	defer c.shelf.mu.Unlock()
	for name, piece := range c.shelf.pieces {
		if strings.Contains(name, "/seat") {
			t.Errorf("%s was not cleared away", name)
		}
		if bytes.Contains(piece, []byte("webm")) {
			t.Errorf("%s can be read by anybody", name)
		}
	}
}

// seekable looks that a player finds its way: the index leads to clusters, times run on.
func seekable(t *testing.T, f recording.File, w watched) {
	t.Helper()
	s := w.segment
	if s.SeekHead == nil || len(s.SeekHead.Seek) != 3 || s.Cues == nil || len(s.Cues.CuePoint) == 0 {
		t.Fatalf("%s: no index: %+v, %+v", f.Seat, s.SeekHead, s.Cues)
	}
	if got := time.Duration(s.Info.Duration) * time.Millisecond; got != f.Length.Truncate(time.Millisecond) {
		t.Errorf("%s: the file says %v, the manifest %v", f.Seat, got, f.Length)
	}
	for i := 1; i < len(w.times); i++ {
		if w.times[i] < w.times[i-1] {
			t.Fatalf("%s: block %d is played at %v, behind one at %v", f.Seat, i, w.times[i], w.times[i-1])
		}
	}
}

func TestWhoComesLaterIsInNoRecordingUntilTheyAgree(t *testing.T) {
	t.Parallel()
	c := calling(t)
	c.agreed(time.Second)

	c.says(c.doctor, "record", false)

	m := c.manifest()
	for _, f := range m.Files {
		if f.Seat != "doctor" && f.Seat != "patient" {
			t.Errorf("a file of %s", f.Seat)
		}
	}
	if got := c.shelf.tapes[0].Seats; len(got) != 2 {
		t.Errorf("the recording notes %v as those who agreed", got)
	}
}

func TestServerThatIsKilledLosesTwoSecondsAtTheMost(t *testing.T) {
	t.Parallel()
	c := calling(t)
	c.agreed(4 * time.Second)
	killed := time.Now()
	left := c.shelf.copied()
	next := recorder(t, left)

	if err := next.Finish(t.Context(), left.tapes[0]); err != nil {
		t.Fatal(err)
	}

	m, _ := left.manifest("rec_1")
	if len(m.Files) != 2 {
		t.Fatalf("after the kill there are %+v", m.Files)
	}
	for n, f := range m.Files {
		if w := watch(t, next, "rec_1", n, f); killed.Sub(w.last) > 2*time.Second {
			t.Errorf("%s: the last that was kept is %v older than the kill", f.Seat, killed.Sub(w.last))
		}
	}
}

func TestChangedPieceIsToldAndTheRestCanBeSeen(t *testing.T) {
	t.Parallel()
	c := calling(t)
	c.agreed(3 * time.Second)
	left := c.shelf.copied()
	changed := 0
	for name, piece := range left.pieces {
		if strings.HasSuffix(name, "/seat1/00000001") {
			piece = bytes.Clone(piece)
			piece[20] ^= 1
			left.pieces[name], changed = piece, changed+1
		}
	}
	next := recorder(t, left)
	if err := next.Finish(t.Context(), left.tapes[0]); err != nil {
		t.Fatal(err)
	}

	m, _ := left.manifest("rec_1")
	if changed != 1 || !m.Broken || len(m.Files) != 2 {
		t.Fatalf("%d pieces changed, told: %v, files: %d", changed, m.Broken, len(m.Files))
	}
	stranger := recording.New(recording.Deps{Store: left, Book: left, Key: bytes.Repeat([]byte{8}, 32), Clock: clock.NewReal(), Log: slog.New(slog.DiscardHandler)})
	file, err := stranger.Open(t.Context(), "rec_1", 0, m.Files[0].Size)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(file); err == nil {
		t.Error("a file was read with another key")
	}
}

func TestStoreThatTakesNothingForAWhileLeavesAGapAndNotAnEnd(t *testing.T) {
	t.Parallel()
	c := calling(t)
	c.agreed(time.Second)
	fill := func(full bool) {
		c.shelf.mu.Lock()
		defer c.shelf.mu.Unlock()
		c.shelf.full = full
	}
	fill(true)
	before := time.Now()
	c.until("a second without a store", func() bool { return time.Since(before) > 1500*time.Millisecond })
	fill(false)
	before = time.Now()
	c.until("a second with one", func() bool { return time.Since(before) > 1500*time.Millisecond })
	c.says(c.patient, "consent", false)

	m := c.manifest()
	for n, f := range m.Files {
		w := watch(t, c.recorder, "rec_1", n, f)
		var gap time.Duration
		for _, g := range f.Gaps {
			gap = max(gap, g.Until-g.From)
		}
		if gap < 500*time.Millisecond || f.Length < 3*time.Second || w.sounds == 0 {
			t.Errorf("%s: gaps %+v in %v: want one, and sound behind it", f.Seat, f.Gaps, f.Length)
		}
	}
}

func TestDestroyedRecordingLeavesNothingAndTakesNothingElseAlong(t *testing.T) {
	t.Parallel()
	s := newShelf()
	const mega = 1 << 20
	for _, key := range []string{"rec_1/file0/00000000", "rec_1/file0/00000001", "rec_1/file0/00000002", "rec_1/file1/00000000", "rec_2/file0/00000000"} {
		s.pieces["recordings/"+key] = []byte("sealed")
	}

	for range 2 { // again, as after a crash
		if err := recording.Destroy(t.Context(), s, "rec_1", []int64{2*mega + 1, mega}); err != nil {
			t.Fatal(err)
		}
	}

	if len(s.pieces) != 1 || s.pieces["recordings/rec_2/file0/00000000"] == nil {
		t.Errorf("left are %d pieces, want the other recording's one", len(s.pieces))
	}
}
