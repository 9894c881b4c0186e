package load

import (
	"sync"

	"housecall/internal/sim"
)

// courier is one on shift.
type courier struct {
	*sim.Enrolled
	feed *follower
}

// offers tells who carries an order's job whom it was offered to.
type offers struct {
	mu   sync.Mutex // guards jobs
	jobs map[string]chan *courier
}

func (o *offers) of(job string) chan *courier {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.jobs == nil {
		o.jobs = map[string]chan *courier{}
	}
	if o.jobs[job] == nil {
		o.jobs[job] = make(chan *courier, 16)
	}
	return o.jobs[job]
}

func (o *offers) made(job string, c *courier) {
	select {
	case o.of(job) <- c:
	default: // nobody asks for it any more
	}
}
