package roads_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"housecall/internal/clock"
	"housecall/internal/dispatch"
	"housecall/internal/geo"
	"housecall/internal/roads"
)

var (
	mill   = geo.Point{Lat: 1, Lon: 2}
	bridge = geo.Point{Lat: 1.01, Lon: 2}
	market = geo.Point{Lat: 1.02, Lon: 2}
)

// town answers ten minutes for every way, and notes what it was asked.
type town struct {
	mu    sync.Mutex // guards asked, dead
	asked []int      // ways of each question
	dead  bool
}

func (s *town) Table(ctx context.Context, v dispatch.Vehicle, from, to []geo.Point) (dispatch.Table, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, len(from)*len(to))
	t := dispatch.Table{Times: map[dispatch.Leg]time.Duration{}}
	if err := ctx.Err(); err != nil {
		return t, err
	}
	if s.dead {
		return t, errors.New("no answer")
	}
	for _, a := range from {
		for _, b := range to {
			t.Times[dispatch.Leg{Vehicle: v, From: a, To: b}] = 10 * time.Minute
		}
	}
	return t, nil
}

func (s *town) is(dead bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = dead
}

func (s *town) questions() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

func book() (*roads.Book, *town, *clock.Fake) {
	source, wall := &town{}, clock.NewFake(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	return roads.NewBook(source, wall), source, wall
}

func scooter(from, to geo.Point) []roads.Question {
	return []roads.Question{{Vehicle: dispatch.Scooter, From: []geo.Point{from}, To: []geo.Point{to}}}
}

func TestAWayIsAskedForOnceAndSlowerInTheRain(t *testing.T) {
	t.Parallel()
	b, source, _ := book()

	dry, err := b.Travel(t.Context(), 1, scooter(mill, bridge))
	wet, again := b.Travel(t.Context(), 0.5, scooter(mill, bridge))

	if err != nil || again != nil || len(source.questions()) != 1 {
		t.Fatalf("asked %d times (%v, %v), want once", len(source.questions()), err, again)
	}
	if d, w := dry.Time(dispatch.Scooter, mill, bridge), wet.Time(dispatch.Scooter, mill, bridge); d != 10*time.Minute || w != 20*time.Minute {
		t.Errorf("dry %s and wet %s, want 10 and 20 minutes", d, w)
	}
}

func TestOnlyWhatIsNotKnownIsAsked(t *testing.T) {
	t.Parallel()
	b, source, _ := book()
	_, _ = b.Travel(t.Context(), 1, scooter(mill, bridge))

	_, err := b.Travel(t.Context(), 1, []roads.Question{
		{Vehicle: dispatch.Scooter, From: []geo.Point{mill}, To: []geo.Point{bridge, market}},
		{Vehicle: dispatch.Scooter, From: []geo.Point{mill}, To: []geo.Point{mill}}, // where one is already
	})

	if asked := source.questions(); err != nil || !slices.Equal(asked, []int{1, 1}) {
		t.Errorf("ways asked for = %v (%v), want one and then the other one", asked, err)
	}
}

func TestASilentSourceIsLeftAloneForHalfAMinute(t *testing.T) {
	t.Parallel()
	b, source, wall := book()
	source.is(true)
	byDistance := dispatch.Crow{}.Time(dispatch.Scooter, mill, bridge)

	first, err := b.Travel(t.Context(), 1, scooter(mill, bridge))
	_, soon := b.Travel(t.Context(), 1, scooter(mill, bridge))
	source.is(false)
	wall.Advance(31 * time.Second)
	later, healed := b.Travel(t.Context(), 1, scooter(mill, bridge))

	if err == nil || soon != nil || healed != nil || len(source.questions()) != 2 {
		t.Errorf("errors = %v, %v, %v with %d questions; want one error and two questions", err, soon, healed, len(source.questions()))
	}
	if got := first.Time(dispatch.Scooter, mill, bridge); got != byDistance {
		t.Errorf("while it is silent the way takes %s, want %s by distance", got, byDistance)
	}
	if got := later.Time(dispatch.Scooter, mill, bridge); got != 10*time.Minute {
		t.Errorf("after it the way takes %s, want 10 minutes", got)
	}
}

func TestWhoTurnedAwaySaysNothingOfTheSourceAndWhoWaitedTooLongDoes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		give func(context.Context) (context.Context, context.CancelFunc)
		want int
	}{
		"turned away": {context.WithCancel, 2},
		"waited too long": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithDeadline(ctx, time.Time{})
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, source, _ := book()
			ended, end := tt.give(t.Context())
			end()

			_, err := b.Travel(ended, 1, scooter(mill, bridge))
			_, _ = b.Travel(t.Context(), 1, scooter(mill, bridge))

			if err == nil || len(source.questions()) != tt.want {
				t.Errorf("%d questions after %v, want %d", len(source.questions()), err, tt.want)
			}
		})
	}
}

func TestWithoutASourceEveryWayIsByDistance(t *testing.T) {
	t.Parallel()
	var none *roads.Book

	got, err := none.Travel(t.Context(), 0.75, scooter(mill, bridge))

	want := dispatch.Crow{Pace: 0.75}.Time(dispatch.Scooter, mill, bridge)
	if err != nil || got.Time(dispatch.Scooter, mill, bridge) != want {
		t.Errorf("the way takes %s (%v), want %s", got.Time(dispatch.Scooter, mill, bridge), err, want)
	}
}

func TestWhoRidesAlongAStreetStaysInOneNeighbourhoodForAWhile(t *testing.T) {
	t.Parallel()
	seen := map[geo.Point]bool{}
	for metre := range 1000 {
		p := geo.Point{Lat: 1 + float64(metre)/111_000, Lon: 2}
		seen[roads.Near(p)] = true
		if off := geo.Metres(p, roads.Near(p)); off > 160 {
			t.Fatalf("its middle is %.0f m away", off)
		}
	}
	if len(seen) < 4 || len(seen) > 7 {
		t.Errorf("a kilometre lies in %d neighbourhoods, want some five", len(seen))
	}
}
