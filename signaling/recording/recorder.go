package recording

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"housecall/internal/clock"
	"housecall/signaling"
	"housecall/signaling/sfu"
)

// ErrNone is what a Store answers for a key that it does not have.
var ErrNone = errors.New("recording: nothing is kept under this key")

// Store keeps sealed pieces of at most two megabytes.
type Store interface {
	Put(ctx context.Context, key string, piece []byte) error
	Get(ctx context.Context, key string) ([]byte, error)
	Delete(ctx context.Context, key string) error
}

// Book is the product's list of recordings.
type Book interface {
	// Began notes a recording before anything of it is kept, and gives it an id of small letters, figures and "_".
	Began(ctx context.Context, t Tape) (id string, err error)
	// Kept notes what became of it: its files can be read from now on.
	Kept(ctx context.Context, id string, m Manifest) error
	// Cleared notes that nothing else is left of it.
	Cleared(ctx context.Context, id string) error
}

// Tape is one recording.
type Tape struct {
	ID    string
	Room  string
	Seats []signaling.Present
	At    time.Time
}

// Deps is what a recorder needs; all of it.
type Deps struct {
	Store Store
	Book  Book
	Key   []byte // 32 bytes or more, from which each recording gets a key
	Clock clock.Clock
	Log   *slog.Logger
}

// Recorder records rooms of this node. Stop it.
type Recorder struct {
	Deps
	mu      sync.Mutex // guards live, closed
	live    map[string]bool
	closed  bool
	running sync.WaitGroup
}

var _ signaling.Recorder = (*Recorder)(nil)

// New makes a recorder that records nothing yet.
func New(d Deps) *Recorder {
	if d.Store == nil || d.Book == nil || len(d.Key) < 32 || d.Clock == nil || d.Log == nil {
		panic("recording: a dependency is missing")
	}
	return &Recorder{Deps: d, live: map[string]bool{}}
}

// Begin implements signaling.Recorder.
func (r *Recorder) Begin(ctx context.Context, room string, present []signaling.Present, at time.Time) (signaling.Recording, error) {
	t := Tape{Room: room, Seats: present, At: at}
	id, err := r.Book.Began(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("note a recording: %w", err)
	}
	t.ID = id
	seals, err := newSealer(r.Key, id)
	if err != nil {
		return nil, err
	}
	run := &running{recorder: r, tape: t, seals: seals, uploads: make(chan chunk, uploadQueue), next: make([]int, len(present))}
	for n := range present {
		run.reels = append(run.reels, &reel{run: run, seat: n})
	}
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil, errors.New("begin a recording: this recorder has been stopped")
	}
	r.live[id] = true
	r.running.Add(1)
	r.mu.Unlock()
	go run.upload()
	run.endFlush = sfu.Every(flushPace, run.flushDue)
	return run, nil
}

// Live tells whether this node is recording this now, or making files of it.
func (r *Recorder) Live(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.live[id]
}

// Stop waits until all that was recorded is kept. Recordings that run are the rooms' to stop before.
func (r *Recorder) Stop() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.running.Wait()
}

func (r *Recorder) stopping() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed
}

// How what comes is cut: what a killed server loses is one chunk and what waits for a lost packet.
const (
	chunkTime   = 600 * time.Millisecond
	chunkSize   = 1 << 20
	flushPace   = 100 * time.Millisecond
	uploadQueue = 64
	uploadTime  = 5 * time.Second
	uploadTries = 3
)

// running is a recording that goes on.
type running struct {
	recorder *Recorder
	tape     Tape
	seals    sealer
	reels    []*reel
	next     []int // of each seat, the number of its next chunk; the uploader's
	endFlush func()
	uploads  chan chunk
	once     sync.Once
}

// chunk is some of what a seat sent.
type chunk struct {
	seat int
	data []byte
}

// Tap implements signaling.Recording. Who was not present when it began is not recorded.
func (r *running) Tap(seat string) sfu.Tap {
	for n, s := range r.tape.Seats {
		if s.Seat == seat {
			return r.reels[n]
		}
	}
	return nowhere{}
}

// Stop implements signaling.Recording. What was recorded goes on being kept after it has returned.
func (r *running) Stop(context.Context, time.Time) {
	r.once.Do(func() {
		r.endFlush()
		for _, reel := range r.reels {
			reel.cut(true)
		}
		close(r.uploads)
	})
}

func (r *running) flushDue() {
	for _, reel := range r.reels {
		reel.cut(false)
	}
}

// upload seals and keeps chunks as they come, then makes files of them.
func (r *running) upload() {
	rec := r.recorder
	defer rec.running.Done()
	defer func() {
		rec.mu.Lock()
		delete(rec.live, r.tape.ID)
		rec.mu.Unlock()
	}()
	for c := range r.uploads {
		name := chunkKey(r.tape.ID, c.seat, r.next[c.seat])
		if err := r.put(name, r.seals.seal(name, c.data)); err != nil {
			rec.Log.Error("some of a recording was not kept", "recording", r.tape.ID, "bytes", len(c.data), "error", err)
			r.reels[c.seat].lost(c.data)
			continue // its number is the next chunk's: numbers have no holes
		}
		r.next[c.seat]++
	}
	if rec.stopping() {
		return // whoever starts next makes the files
	}
	if err := rec.Finish(context.Background(), r.tape); err != nil {
		rec.Log.Error("a recording was not finished", "recording", r.tape.ID, "error", err)
	}
}

func (r *running) put(key string, piece []byte) (err error) {
	for range uploadTries {
		ctx, cancel := context.WithTimeout(context.Background(), uploadTime)
		err = r.recorder.Store.Put(ctx, key, piece)
		cancel()
		if err == nil {
			return nil
		}
	}
	return err
}

// The keys say which recording a piece is of, and nothing of whom.
func chunkKey(id string, seat, n int) string {
	return fmt.Sprintf("recordings/%s/seat%d/%08d", id, seat, n)
}

func partKey(id string, file, n int) string {
	return fmt.Sprintf("recordings/%s/file%d/%08d", id, file, n)
}

// nowhere is where somebody goes who is not recorded.
type nowhere struct{}

func (nowhere) Packet(sfu.Recorded)          {}
func (nowhere) Gap(sfu.Kind, int, time.Time) {}
