package identity

import (
	"errors"
	"sync"
	"time"

	"housecall/internal/clock"
	"housecall/internal/fault"
)

// limiter counts what comes from one network address. So much may come at once; after that each further one waits
// until its share of a quarter of an hour has gone by. It is a brake on one node, not the defence: codes and guesses
// are counted in documents.
type limiter struct {
	clock clock.Clock
	mu    sync.Mutex // guards free, swept
	free  map[string]time.Time
	swept time.Time
}

const (
	window     = 15 * time.Minute
	maxRemotes = 100_000
)

func newLimiter(c clock.Clock) *limiter { return &limiter{clock: c, free: map[string]time.Time{}} }

// take counts one of this sort, or refuses it. An empty remote (the service itself) is free.
func (l *limiter) take(sort, remote string, most int) error {
	if remote == "" {
		return nil
	}
	now, share, key := l.clock.Now(), window/time.Duration(most), sort+" "+remote
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	free := l.free[key] // when all that was taken has run out
	if free.Before(now) {
		free = now
	}
	free = free.Add(share)
	if wait := free.Sub(now) - window; wait > 0 {
		return fault.New(fault.Limited, "Too many tries from here. Wait a little, then try again.").Coded("too-many-tries").After(wait)
	}
	l.free[key] = free
	return nil
}

// giveBack takes back one that was counted: it came to a good end.
func (l *limiter) giveBack(sort, remote string, most int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if free, counted := l.free[sort+" "+remote]; counted {
		l.free[sort+" "+remote] = free.Add(-window / time.Duration(most))
	}
}

// sweep forgets who owes nothing any more. Where so many come at once that they are no help to each other's count,
// all are forgotten.
func (l *limiter) sweep(now time.Time) {
	full := len(l.free) >= maxRemotes
	if !full && now.Sub(l.swept) < window {
		return
	}
	l.swept = now
	for key, free := range l.free {
		if !free.After(now) {
			delete(l.free, key)
		}
	}
	if full && len(l.free) > maxRemotes/2 {
		clear(l.free)
	}
}

// guess has a try from a network address judged. It is counted before, so that many at once gain nothing, and taken
// back when it was no wrong guess: behind one address may be a whole clinic, school or town, who all come in.
func (s *Service) guess(remote string, try func() error) error {
	if err := s.remotes.take("try", remote, s.d.Limits.TriesPerRemote); err != nil {
		return err
	}
	err := try()
	if !wrongGuess(err) {
		s.remotes.giveBack("try", remote, s.d.Limits.TriesPerRemote)
	}
	return err
}

// guessed are the refusals of who does not know what they say they know.
var guessed = map[string]bool{
	"sign-in-failed": true, "code-wrong": true, "code-dead": true, "link-dead": true, "too-many-tries": true,
	"passkey-failed": true, "ceremony-over": true,
}

func wrongGuess(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && guessed[f.Code]
}
