package audit

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

// window is how long one entry stands for all reads of a record in a session.
const window = 5 * time.Minute

// seenTable remembers which reads of the present window are in the audit already. It forgets a
// window when the next begins.
type seenTable struct {
	seed   maphash.Seed
	shards [64]shard
}

type shard struct {
	mu     sync.Mutex // guards window, marks
	window int64
	marks  map[seenKey]*mark
}

type seenKey struct{ session, record string }

// mark is one entry on its way, or arrived. Who finds it waits for the same write.
type mark struct {
	durable atomic.Bool
	settled chan struct{} // closed once err is known
	err     error
	forget  func()
}

func newMark() *mark { return &mark{settled: make(chan struct{}), forget: func() {}} }

// settle tells everybody who waits. A read that is not in the audit is forgotten, so that the next
// try writes again.
func (m *mark) settle(err error) {
	if err != nil {
		m.forget()
	}
	m.err = err
	m.durable.Store(err == nil)
	close(m.settled)
}

func newSeenTable() *seenTable { return &seenTable{seed: maphash.MakeSeed()} }

// find answers the mark of this read; first is true for the one caller who must have it written.
func (t *seenTable) find(k seenKey, now time.Time) (m *mark, first bool) {
	s := &t.shards[maphash.String(t.seed, k.record)%uint64(len(t.shards))]
	w := now.UnixMilli() / window.Milliseconds()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.window != w || s.marks == nil {
		s.window, s.marks = w, map[seenKey]*mark{}
	}
	if m, ok := s.marks[k]; ok {
		return m, false
	}
	m = newMark()
	m.forget = func() { s.drop(k, m) }
	s.marks[k] = m
	return m, true
}

func (s *shard) drop(k seenKey, m *mark) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.marks[k] == m {
		delete(s.marks, k)
	}
}
