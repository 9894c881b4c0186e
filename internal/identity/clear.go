package identity

import (
	"context"
	"errors"
	"time"

	"housecall/internal/docstore"
)

var (
	challengeSpec = docstore.Spec[Challenge]{Name: "challenges", Indexes: map[string]func(*Challenge) (docstore.Key, bool){
		"over": func(c *Challenge) (docstore.Key, bool) { return docstore.Key{Order: docstore.ByTime(c.Expires)}, true },
	}}
	guessesSpec = docstore.Spec[Guesses]{Name: "guesses", Indexes: map[string]func(*Guesses) (docstore.Key, bool){
		"over": func(g *Guesses) (docstore.Key, bool) {
			return docstore.Key{Order: docstore.ByTime(later(g.UpdatedAt, g.Until))}, true
		},
	}}
)

// mostCleared bounds what one call takes away; the next goes on.
const mostCleared = 5000

// leastKept is how long a code is kept whatever is asked: how often one was sent in the last day is
// counted in it.
const leastKept = day

// Clear deletes one-time codes and counts of wrong guesses, and sessions, that have been over for longer than
// they are kept. For housecall itself. It answers how many are gone.
func (s *Service) Clear(ctx context.Context, codes, sessions time.Duration) (int, error) {
	now := s.d.Clock.Now()
	old := now.Add(-max(codes, leastKept))
	challenges, err1 := s.codes.Clear(ctx, "over", old, mostCleared)
	guesses, err2 := s.guesses.Clear(ctx, "over", old, mostCleared)
	ended, err3 := s.sessions.Clear(ctx, "over", now.Add(-sessions), mostCleared)
	ceremonies, err4 := s.ceremonies.Clear(ctx, "over", now.Add(-ceremonyLasts), mostCleared)
	return challenges + guesses + ended + ceremonies, errors.Join(err1, err2, err3, err4)
}
