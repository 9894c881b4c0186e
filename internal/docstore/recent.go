package docstore

import (
	"maps"
	"sync"
	"time"

	"housecall/internal/clock"
)

// Recent remembers what was read a moment ago, so that asking again at once costs no reading of the
// store. Who changes something says Forget; what other nodes change is believed no longer than for the
// time given. What is forgotten while it is being read does not come back.
type Recent[K comparable, V any] struct {
	clock    clock.Clock
	believed time.Duration
	most     int

	mu    sync.RWMutex // guards known, drops
	known map[K]recent[V]
	drops uint64
}

type recent[V any] struct {
	value V
	fresh time.Time // believed until then
}

// NewRecent remembers at most so many values, each for as long as it is believed.
func NewRecent[K comparable, V any](c clock.Clock, believed time.Duration, most int) *Recent[K, V] {
	return &Recent[K, V]{clock: c, believed: believed, most: most, known: map[K]recent[V]{}}
}

// Read answers from memory, or reads and remembers. An error is not remembered. What it answers is
// shared with others: nobody may change what it points to.
func (r *Recent[K, V]) Read(key K, read func() (V, error)) (V, error) {
	now := r.clock.Now()
	r.mu.RLock()
	known, found := r.known[key]
	drops := r.drops
	r.mu.RUnlock()
	if found && now.Before(known.fresh) {
		return known.value, nil
	}
	value, err := read()
	if err != nil {
		return value, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.drops == drops {
		r.makeRoom(now)
		r.known[key] = recent[V]{value, now.Add(r.believed)}
	}
	return value, nil
}

// makeRoom forgets what is believed no more; where all are, it begins anew.
func (r *Recent[K, V]) makeRoom(now time.Time) {
	if len(r.known) < r.most {
		return
	}
	maps.DeleteFunc(r.known, func(_ K, v recent[V]) bool { return !now.Before(v.fresh) })
	if len(r.known) >= r.most {
		clear(r.known)
	}
}

// Forget drops what is remembered under the keys that match.
func (r *Recent[K, V]) Forget(which func(K) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drops++
	maps.DeleteFunc(r.known, func(k K, _ recent[V]) bool { return which(k) })
}
