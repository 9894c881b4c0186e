package identity

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"housecall/internal/access"
	"housecall/internal/id"
)

// liveSessions remembers sessions that were looked up a moment ago, so that most requests cost no
// reading of the store. What is dropped here while it is being read does not come back.
type liveSessions struct {
	mu    sync.RWMutex // guards known, drops
	known map[tokenHash]*liveSession
	drops uint64
}

// tokenHash is the SHA-256 of a session's token: who finds an entry by it knew the token.
type tokenHash [32]byte

// liveSession is one of them; only used changes after it was made.
type liveSession struct {
	actor access.Actor
	fresh time.Time    // believed until then
	used  atomic.Int64 // last use, in Unix milliseconds
}

const (
	believed = 3 * time.Second
	maxLive  = 50_000
)

func newLiveSessions() *liveSessions { return &liveSessions{known: map[tokenHash]*liveSession{}} }

// get answers the session, or nil, and the count of drops to hand to put.
func (l *liveSessions) get(h tokenHash) (*liveSession, uint64) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.known[h], l.drops
}

// put keeps a session that was read when drops stood at this count.
func (l *liveSessions) put(h tokenHash, s *liveSession, drops uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.drops != drops {
		return
	}
	if len(l.known) >= maxLive {
		l.makeRoom(s.fresh)
	}
	l.known[h] = s
}

// makeRoom forgets what is believed no more; where all are, it begins anew.
func (l *liveSessions) makeRoom(now time.Time) {
	maps.DeleteFunc(l.known, func(_ tokenHash, s *liveSession) bool { return s.fresh.Before(now.Add(-believed)) })
	if len(l.known) >= maxLive {
		clear(l.known)
	}
}

// drop forgets a session, or every session of an account.
func (l *liveSessions) drop(sid id.Session, acc id.Account) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drops++
	maps.DeleteFunc(l.known, func(_ tokenHash, s *liveSession) bool {
		return s.actor.Session == sid || acc != "" && s.actor.Account == acc
	})
}
