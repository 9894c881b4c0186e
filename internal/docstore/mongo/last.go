package mongo

import (
	"sync"
	"time"

	"housecall/internal/docstore"
)

const (
	// believedFor is how long what was seen of a document is worth a try: a change on top of what another node has
	// changed meanwhile costs a command in vain.
	believedFor = 2 * time.Second
	mostBytes   = 16 << 20
)

// last remembers documents as this process has lately read or written them.
type last struct {
	mu         sync.Mutex // guards all below
	young, old map[place]seen
	bytes      int // of young; when it is half of all, old is let go
}

type place struct{ collection, id string }

type seen struct {
	record docstore.Record
	until  time.Time
}

// saw remembers a record, unless a newer one is known.
func (l *last) saw(collection string, r docstore.Record) {
	now := time.Now() //nolint:forbidigo // other nodes change it in real time
	l.mu.Lock()
	defer l.mu.Unlock()
	at := place{collection, r.ID}
	if known, found := l.find(at); found && known.record.Version > r.Version {
		return
	}
	if l.bytes += len(r.Body); l.young == nil || l.bytes > mostBytes/2 {
		l.young, l.old, l.bytes = map[place]seen{}, l.young, len(r.Body)
	}
	l.young[at] = seen{docstore.Record{ID: r.ID, Version: r.Version, Body: r.Body}, now.Add(believedFor)}
}

func (l *last) find(at place) (seen, bool) {
	if s, found := l.young[at]; found {
		return s, true
	}
	s, found := l.old[at]
	return s, found
}

func (l *last) forget(collection, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.young, place{collection, id})
	delete(l.old, place{collection, id})
}

// Last implements docstore.Store.
func (s *Store) Last(collection, id string) (docstore.Record, bool) {
	now := time.Now() //nolint:forbidigo // as above
	s.last.mu.Lock()
	defer s.last.mu.Unlock()
	known, found := s.last.find(place{collection, id})
	return known.record, found && now.Before(known.until)
}
