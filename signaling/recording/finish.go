package recording

import (
	"context"
	"errors"
	"fmt"
	"time"

	"housecall/signaling"
	"housecall/signaling/sfu"
)

// Finish makes files of what was recorded, notes them, and deletes what they were made of. After a crash it
// makes the same anew. It must not be called for what another node records, nor for what the book has as kept.
func (r *Recorder) Finish(ctx context.Context, t Tape) error {
	seals, err := newSealer(r.Key, t.ID)
	if err != nil {
		return err
	}
	m := Manifest{Began: t.At}
	for n, seat := range t.Seats {
		take := &cutter{recorder: r, ctx: ctx, tape: t, seals: seals, seat: n, who: seat, manifest: &m}
		if err := take.survey(); err != nil {
			return fmt.Errorf("look through recording %s: %w", t.ID, err)
		}
		for _, screen := range []bool{false, true} {
			if err := take.file(screen); err != nil {
				return fmt.Errorf("make a file of recording %s: %w", t.ID, err)
			}
		}
	}
	if err := r.Book.Kept(ctx, t.ID, m); err != nil {
		return fmt.Errorf("note recording %s as kept: %w", t.ID, err)
	}
	return r.Clear(ctx, t)
}

// Clear deletes what the files of a recording were made of, the newest first: what a crash leaves is found
// again.
func (r *Recorder) Clear(ctx context.Context, t Tape) error {
	for seat := range t.Seats {
		count := 0
		for ; ; count++ {
			_, err := r.Store.Get(ctx, chunkKey(t.ID, seat, count))
			if errors.Is(err, ErrNone) {
				break
			}
			if err != nil {
				return fmt.Errorf("look what recording %s was made of: %w", t.ID, err)
			}
		}
		for n := count - 1; n >= 0; n-- {
			if err := r.Store.Delete(ctx, chunkKey(t.ID, seat, n)); err != nil {
				return fmt.Errorf("delete what recording %s was made of: %w", t.ID, err)
			}
		}
	}
	if err := r.Book.Cleared(ctx, t.ID); err != nil {
		return fmt.Errorf("note recording %s as cleared: %w", t.ID, err)
	}
	return nil
}

// cutter makes the files of one seat.
type cutter struct {
	recorder *Recorder
	ctx      context.Context //nolint:containedctx // of the one call that it is made for
	tape     Tape
	seals    sealer
	seat     int
	who      signaling.Present
	manifest *Manifest

	first [3]time.Time // when the first of each kind came
	size  [3][2]int    // of pictures
}

// records reads all that the seat sent, in order.
func (c *cutter) records(do func(record)) error {
	for n := 0; ; n++ {
		name := chunkKey(c.tape.ID, c.seat, n)
		sealed, err := c.recorder.Store.Get(c.ctx, name)
		if errors.Is(err, ErrNone) {
			return nil
		}
		if err != nil {
			return err
		}
		plain, err := c.seals.open(name, sealed)
		if err == nil {
			err = each(plain, do)
		}
		if err != nil {
			c.manifest.Broken = true // what follows it can still be seen
		}
	}
}

// survey finds out what there is.
func (c *cutter) survey() error {
	var streams [3]*stream
	for k := range streams {
		streams[k] = newStream(sfu.Kind(k), c.tape.At)
		streams[k].sizeSeen = func(w, h int) {
			if c.size[k] == [2]int{} {
				c.size[k] = [2]int{w, h}
			}
		}
	}
	return c.records(func(r record) {
		if r.flags&flagGap == 0 && c.first[r.kind].IsZero() {
			c.first[r.kind] = r.at
		}
		streams[r.kind].take(r)
	})
}

// file makes one: sound with the camera's picture, or the screen.
func (c *cutter) file(screen bool) error {
	shown, t := sfu.Picture, tracks{sound: !screen && !c.first[sfu.Sound].IsZero()}
	if screen {
		shown = sfu.Screen
	}
	t.width, t.height = c.size[shown][0], c.size[shown][1]
	t.picture = t.width > 0
	if !t.sound && !t.picture {
		return nil
	}
	start := c.first[shown]
	if t.sound && (!t.picture || c.first[sfu.Sound].Before(start)) {
		start = c.first[sfu.Sound]
	}
	f := File{Seat: c.who.Seat, Role: c.who.Role, Screen: screen, Offset: max(0, start.Sub(c.tape.At))}
	out := &parts{ctx: c.ctx, store: c.recorder.Store, seals: c.seals, id: c.tape.ID, file: len(c.manifest.Files)}
	film, err := newFilm(out, t, start)
	if err != nil {
		return err
	}
	streams := c.streams(shown, t, start, film, &f)
	if err := c.records(func(r record) {
		if s := streams[r.kind]; s != nil {
			s.take(r)
		}
	}); err != nil {
		return err
	}
	for _, s := range streams {
		if s != nil {
			s.end()
		}
	}
	if err := errors.Join(film.end(), out.end()); err != nil {
		return err
	}
	f.Length, f.Size, f.Parts = film.last, out.size, out.n
	c.manifest.Files = append(c.manifest.Files, f)
	return nil
}

// streams lead each kind that belongs into this file to its track.
func (c *cutter) streams(shown sfu.Kind, t tracks, start time.Time, film *film, f *File) (streams [3]*stream) {
	lead := func(kind sfu.Kind, track int) {
		s := newStream(kind, start)
		s.track, s.out = track, film.add
		s.gap = func(g Gap) { f.Gaps = append(f.Gaps, g) }
		streams[kind] = s
	}
	if t.sound {
		lead(sfu.Sound, 1)
	}
	if t.picture {
		lead(shown, film.picture)
	}
	return streams
}
