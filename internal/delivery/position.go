package delivery

import (
	"context"
	"fmt"
	"time"

	"housecall/internal/access"
	"housecall/internal/dispatch"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
)

// Position is where a courier's phone says it was.
type Position struct {
	At       time.Time `json:"at" doc:"When the phone was there, by its own clock."`
	Point    geo.Point `json:"point"`
	Accuracy float64   `json:"accuracy_metres" minimum:"0" maximum:"10000"`
}

// Track is the way of one job, for the live map and as evidence.
type Track struct {
	Job           id.Job `json:"job"`
	docstore.Meta `json:"meta"`
	Points        []Fix `json:"points"`
}

// Fix is a position with who reported it.
type Fix struct {
	Position
	Courier id.Account `json:"courier"`
}

// DocID implements docstore.Document.
func (t *Track) DocID() string { return string(t.Job) }

const (
	// aheadOfUs is how far a phone's clock may be ahead of ours.
	aheadOfUs = 10 * time.Second
	// mostPositions is how many come at once: an hour off line, one each five seconds.
	mostPositions = 720
	// mostFixes bounds a track; a longer one is thinned to every second fix.
	mostFixes = 720
)

// Report takes the positions of the courier's own phone, oldest first. Out of the world, from the
// future, out of order or too fast to be true: the answer says which one, and nothing moves.
func (s *Service) Report(ctx context.Context, a access.Actor, positions []Position) (*Shift, error) {
	shift := ShiftOf(a.Account)
	if err := s.guard.Check(ctx, a, "shift.report", access.Facts{Record: string(shift), Owner: a.Account}); err != nil {
		return nil, err
	}
	if len(positions) == 0 || len(positions) > mostPositions {
		return nil, fault.InvalidField("/positions", fmt.Sprintf("Send 1 to %d positions at a time.", mostPositions))
	}
	if err := plausible(positions, s.clock.Now()); err != nil {
		return nil, err
	}
	last := positions[len(positions)-1]
	zone, err := s.ZoneAt(ctx, last.Point)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	h, err := s.shifts.Update(ctx, string(shift), docstore.On{Request: a.Request}, func(h *Shift) error {
		if h.State == Off {
			return offShift()
		}
		if err := follows(h, positions); err != nil {
			return err
		}
		h.Last, h.HeardAt = last, s.clock.Now()
		h.Last.At = h.Last.At.UTC().Truncate(time.Millisecond)
		if zone != nil && len(h.Held) == 0 {
			h.Zone = zone.ID // who rides free into the next zone works there
		}
		return nil
	})
	if fault.Is(err, fault.NotFound) {
		return nil, offShift()
	}
	if err != nil {
		return nil, err
	}
	return h, s.trace(ctx, h, positions)
}

func offShift() error {
	return fault.New(fault.Conflict, "You are off shift: nobody follows where you are. Start your shift first.").Coded("off-shift")
}

// plausible refuses what no phone can have seen.
func plausible(positions []Position, now time.Time) error {
	for i, p := range positions {
		at := func(field string) string { return fmt.Sprintf("/positions/%d/%s", i, field) }
		switch {
		case !p.Point.Valid() || p.Point.IsZero():
			return fault.InvalidField(at("point"), "This place is not on the earth.").Coded("position-off-earth")
		case !(p.Accuracy >= 0 && p.Accuracy <= 10_000): // NaN is neither
			return fault.InvalidField(at("accuracy_metres"), "Give 0 to 10000 metres.").Coded("position-accuracy")
		case p.At.After(now.Add(aheadOfUs)):
			return fault.InvalidField(at("at"), "This moment has not come yet. Set the phone's clock.").Coded("position-from-future")
		case i > 0 && !p.At.After(positions[i-1].At):
			return fault.InvalidField(at("at"), "Send positions in the order they were taken.").Coded("position-out-of-order")
		}
	}
	return nil
}

// follows refuses positions that can't come after the last one known.
func follows(h *Shift, positions []Position) error {
	before, top := h.Last, dispatch.Of(h.Vehicle).TopSpeed
	for i, p := range positions {
		at := func(field string) string { return fmt.Sprintf("/positions/%d/%s", i, field) }
		gone := p.At.Sub(before.At)
		if gone <= 0 {
			return fault.InvalidField(at("at"), "A later position is known already.").Coded("position-out-of-order")
		}
		// A fix is a circle, not a point: only the way between the circles was surely ridden.
		way := geo.Metres(before.Point, p.Point) - before.Accuracy - p.Accuracy
		if way > max(top*gone.Seconds(), 30) {
			return fault.InvalidField(at("point"), "Nobody rides this fast. Check the phone's position.").Coded("position-too-fast")
		}
		before = p
	}
	return nil
}

// trace adds the positions to the tracks of the jobs in hand.
func (s *Service) trace(ctx context.Context, h *Shift, positions []Position) error {
	for _, c := range h.Held {
		j, err := s.jobs.Get(ctx, string(c.Job))
		if err != nil {
			return err
		}
		if !j.Holds(h.Courier, c.Offer) || j.State == Offered {
			continue
		}
		if err := s.lengthen(ctx, j, h.Courier, positions); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) lengthen(ctx context.Context, j *Job, courier id.Account, positions []Position) error {
	_, err := s.tracks.Get(ctx, string(j.ID))
	if fault.Is(err, fault.NotFound) {
		err = s.tracks.Insert(ctx, id.Request{}, &Track{Job: j.ID})
		if fault.Is(err, fault.Conflict) {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	_, err = s.tracks.Update(ctx, string(j.ID), docstore.On{}, func(t *Track) error {
		for _, p := range positions {
			if n := len(t.Points); n > 0 && !p.At.After(t.Points[n-1].At) {
				continue // sent again
			}
			t.Points = append(t.Points, Fix{p, courier})
			if len(t.Points) > mostFixes {
				t.Points = thin(t.Points)
			}
		}
		return nil
	})
	return err
}

// thin keeps every second fix, and the last.
func thin(points []Fix) []Fix {
	out := points[:0]
	for i, p := range points {
		if i%2 == 0 || i == len(points)-1 {
			out = append(out, p)
		}
	}
	return out
}

// Path answers the way of a job, as evidence: for support and operators.
func (s *Service) Path(ctx context.Context, a access.Actor, job id.Job) ([]Fix, error) {
	j, err := s.jobs.Get(ctx, string(job))
	if err != nil {
		return nil, err
	}
	if err := s.guard.Read(ctx, a, whoever(a, "job.path"), j.facts()); err != nil {
		return nil, err
	}
	t, err := s.tracks.Get(ctx, string(job))
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return t.Points, nil
}

// mostCleared bounds what one call takes away; the next goes on.
const mostCleared = 5000

// ClearTracks deletes the ways of jobs whose last position came before a moment. For housecall itself. It
// answers how many are gone.
func (s *Service) ClearTracks(ctx context.Context, before time.Time) (int, error) {
	return s.tracks.Clear(ctx, "over", before, mostCleared)
}
