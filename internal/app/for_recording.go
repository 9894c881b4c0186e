package app

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"housecall/internal/blob"
	"housecall/internal/bus"
	"housecall/internal/config"
	"housecall/internal/consult"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/signaling"
	"housecall/signaling/recording"
	"housecall/signaling/sfu"
)

// recordings are what is recorded on this node, and what others left unfinished.
type recordings struct {
	*Services
	*recording.Recorder
	bus    *bus.Bus
	log    *slog.Logger
	node   string
	places *places

	end     func()
	running sync.Mutex // held by the one look at a time
}

// sweepPace is how often a node looks for recordings that another was killed in.
const sweepPace = 30 * time.Second

func newRecordings(s *Services, e engines, places *places) *recordings {
	r := &recordings{Services: s, bus: e.bus, log: e.log.With("component", "recordings"), node: e.node, places: places}
	r.Recorder = recording.New(recording.Deps{
		Store: pieces{e.files}, Book: r, Key: config.Key(e.secret, "recordings"), Clock: e.wall, Log: r.log,
	})
	return r
}

// start looks for unfinished recordings, now and again and again.
func (r *recordings) start(ctx context.Context) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	sweep := func() {
		if r.running.TryLock() {
			defer r.running.Unlock()
			r.sweep(ctx)
		}
	}
	var first sync.WaitGroup
	first.Go(sweep)
	stop := sfu.Every(sweepPace, sweep)
	r.end = func() {
		cancel()
		stop()
		first.Wait()
	}
}

func (r *recordings) stop() {
	if r.end != nil {
		r.end()
	}
	r.Recorder.Stop()
}

// Begin implements signaling.Recorder: a call of a visit can be recorded, the sound room of an order not.
func (r *recordings) Begin(ctx context.Context, room string, present []signaling.Present, at time.Time) (signaling.Recording, error) {
	if _, ok := consult.VisitOfRoom(room); !ok {
		return nil, fault.New(fault.Denied, "Only the call of a visit can be recorded.")
	}
	return r.Recorder.Begin(ctx, room, present, at)
}

// Began implements recording.Book.
func (r *recordings) Began(ctx context.Context, t recording.Tape) (string, error) {
	agreed := make([]consult.Seat, 0, len(t.Seats))
	for _, s := range t.Seats {
		agreed = append(agreed, consult.Seat{ID: s.Seat, Role: s.Role})
	}
	rec, err := r.Consult.RecordingBegan(ctx, roomKeeper(), t.Room, agreed, t.At)
	return string(rec), err
}

// Kept implements recording.Book.
func (r *recordings) Kept(ctx context.Context, rec string, m recording.Manifest) error {
	files := make([]consult.RecordedFile, 0, len(m.Files))
	for _, f := range m.Files {
		kept := consult.RecordedFile{
			Seat: consult.Seat{ID: f.Seat, Role: f.Role}, Screen: f.Screen, Size: f.Size,
			OffsetMS: int(f.Offset.Milliseconds()), LengthMS: int(f.Length.Milliseconds()),
		}
		for _, g := range f.Gaps {
			kept.Gaps = append(kept.Gaps, consult.RecordingGap{What: g.Kind, FromMS: int(g.From.Milliseconds()), UntilMS: int(g.Until.Milliseconds())})
		}
		files = append(files, kept)
	}
	return r.Consult.RecordingKept(ctx, roomKeeper(), id.Recording(rec), files, m.Broken)
}

// Cleared implements recording.Book.
func (r *recordings) Cleared(ctx context.Context, rec string) error {
	return r.Consult.RecordingCleared(ctx, roomKeeper(), id.Recording(rec))
}

// Open implements httpapi.RecordedFiles.
func (r *recordings) Open(ctx context.Context, rec id.Recording, n int, size int64) (io.ReadSeeker, error) {
	return r.Recorder.Open(ctx, string(rec), n, size)
}

// sweep finishes what a node was killed in. A lease keeps two nodes from doing so at once.
func (r *recordings) sweep(ctx context.Context) {
	open, err := r.Consult.RecordingsOpen(ctx, roomKeeper())
	if err != nil {
		r.log.WarnContext(ctx, "unfinished recordings could not be looked for", "error", err)
		return
	}
	for _, rec := range open {
		if ctx.Err() != nil || r.Live(string(rec.ID)) {
			continue
		}
		if err := r.finish(ctx, rec); err != nil {
			r.log.WarnContext(ctx, "a recording was not finished", "recording", string(rec.ID), "error", err)
		}
	}
}

func (r *recordings) finish(ctx context.Context, rec *consult.Recording) error {
	if node, err := r.places.where(ctx, rec.Room); err != nil || node != "" {
		return nil // the call lives on another node, which still records, or can't be asked
	}
	lease, err := r.bus.Lease(ctx, "recording_"+string(rec.ID), r.node)
	if err != nil {
		return nil // another node does it
	}
	defer lease.Release()
	t := recording.Tape{ID: string(rec.ID), Room: rec.Room, At: rec.BeganAt}
	for _, s := range rec.Agreed {
		t.Seats = append(t.Seats, signaling.Present{Seat: s.ID, Role: s.Role})
	}
	if rec.Seen() {
		return r.Clear(ctx, t)
	}
	return r.Finish(ctx, t)
}

// pieces keeps sealed pieces of recordings among the files.
type pieces struct{ files blob.Store }

// Put implements recording.Store.
func (p pieces) Put(ctx context.Context, key string, piece []byte) error {
	_, err := p.files.Put(ctx, key, "application/octet-stream", bytes.NewReader(piece))
	return err
}

// Get implements recording.Store.
func (p pieces) Get(ctx context.Context, key string) ([]byte, error) {
	f, _, err := p.files.Get(ctx, key)
	if fault.Is(err, fault.NotFound) {
		return nil, recording.ErrNone
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(f)
}

// Delete implements recording.Store.
func (p pieces) Delete(ctx context.Context, key string) error { return p.files.Delete(ctx, key) }
