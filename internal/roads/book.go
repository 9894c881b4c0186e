package roads

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"housecall/internal/clock"
	"housecall/internal/dispatch"
	"housecall/internal/geo"
)

// Source answers how long the ways of a vehicle take by road. What it does not know the table answers by
// distance; a source that can't be reached answers an error beside it.
type Source interface {
	Table(ctx context.Context, v dispatch.Vehicle, from, to []geo.Point) (dispatch.Table, error)
}

const (
	// quietFor is how long a source that did not answer is left alone.
	quietFor = 30 * time.Second
	// mostKnown is how many ways are remembered before all are forgotten.
	mostKnown = 200_000
)

// Book is travel times by road for one node. The nil Book knows none: every way is judged by distance.
type Book struct {
	source Source
	clock  clock.Clock

	mu    sync.Mutex // guards known, quiet
	known map[dispatch.Leg]time.Duration
	quiet time.Time // no question before: the source did not answer
}

// NewBook remembers what this source tells.
func NewBook(s Source, c clock.Clock) *Book {
	return &Book{source: s, clock: c, known: map[dispatch.Leg]time.Duration{}}
}

// Question is for the ways of one vehicle from each of some places to each of others.
type Question struct {
	Vehicle  dispatch.Vehicle
	From, To []geo.Point
}

// Travel is how a vehicle moves on the ways asked for, at the pace of the day (1: dry). Where the source is
// silent there is an error, and the travel times answer by distance all the same.
func (b *Book) Travel(ctx context.Context, pace float64, asked []Question) (dispatch.Travel, error) {
	crow := dispatch.Crow{Pace: pace}
	if b == nil {
		return crow, nil
	}
	err := b.learn(ctx, asked)
	return dispatch.Table{Times: b.ways(asked), Else: crow, Pace: pace}, err
}

// learn asks for what is not known yet, unless the source has been silent just now.
func (b *Book) learn(ctx context.Context, asked []Question) error {
	for _, q := range asked {
		if q = b.unknown(q); len(q.From) == 0 {
			continue
		}
		got, err := b.source.Table(ctx, q.Vehicle, q.From, q.To)
		b.mu.Lock()
		if len(b.known)+len(got.Times) > mostKnown {
			clear(b.known)
		}
		maps.Copy(b.known, got.Times)
		if err != nil && !errors.Is(ctx.Err(), context.Canceled) { // who turned away says nothing of the source
			b.quiet = b.clock.Now().Add(quietFor)
		}
		b.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// unknown leaves of a question the rows and columns of which something is not known; nothing while the source is left alone.
func (b *Book) unknown(q Question) Question {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.clock.Now().Before(b.quiet) {
		return Question{}
	}
	missing := func(from, to geo.Point) bool {
		_, known := b.known[dispatch.Leg{Vehicle: q.Vehicle, From: from, To: to}]
		return !known && from != to
	}
	out := Question{Vehicle: q.Vehicle}
	for _, from := range q.From {
		if slices.ContainsFunc(q.To, func(to geo.Point) bool { return missing(from, to) }) {
			out.From = append(out.From, from)
		}
	}
	for _, to := range q.To {
		if slices.ContainsFunc(q.From, func(from geo.Point) bool { return missing(from, to) }) {
			out.To = append(out.To, to)
		}
	}
	return out
}

// ways copies what is known of the ways asked for, so that a plan is made of one state of the book.
func (b *Book) ways(asked []Question) map[dispatch.Leg]time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[dispatch.Leg]time.Duration{}
	for _, q := range asked {
		for _, from := range q.From {
			for _, to := range q.To {
				leg := dispatch.Leg{Vehicle: q.Vehicle, From: from, To: to}
				if took, known := b.known[leg]; known {
					out[leg] = took
				}
			}
		}
	}
	return out
}

// Distinct sorts the places and leaves each in once.
func Distinct(points []geo.Point) []geo.Point {
	out := slices.Clone(points)
	slices.SortFunc(out, func(a, b geo.Point) int { return cmp.Or(cmp.Compare(a.Lat, b.Lat), cmp.Compare(a.Lon, b.Lon)) })
	return slices.Compact(out)
}

// grid is how many parts of a degree places on the way are told apart by: some 220 metres.
const grid = 500

// Near is the place on a coarse grid: who moves has the ways of a neighbourhood, and not a question for each step.
func Near(p geo.Point) geo.Point {
	return geo.Point{Lat: math.Round(p.Lat*grid) / grid, Lon: math.Round(p.Lon*grid) / grid}
}
