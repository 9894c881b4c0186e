package load

import (
	"context"
	"net/http"
	"sync"

	"housecall/internal/sim"
)

// courier is one on shift.
type courier struct {
	*sim.Enrolled
	feed *follower
}

// riders tells who carries an order's job which couriers have said yes to it, one after the other.
type riders struct {
	mu   sync.Mutex // guards jobs
	jobs map[string]chan *courier
}

func (o *riders) of(job string) chan *courier {
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

func (o *riders) has(job string, c *courier) {
	select {
	case o.of(job) <- c:
	default: // nobody asks for it any more
	}
}

// answer has a courier say yes to an offer as soon as they hear of it: whoever leaves one open is shown nothing else.
func (r *run) answer(ctx context.Context, c *courier, job string) {
	begun := now()
	next, err := c.Get(ctx, "/ride")
	if err == nil {
		if next.Text("job") != job || next.Text("todo") != "answer_offer" {
			return // it ran out meanwhile, and another follows
		}
		_, err = c.Post(ctx, "/jobs/"+job+"/accept", JSON{"sequence": next.At("sequence")})
	}
	switch sim.StatusOf(err) {
	case http.StatusConflict, http.StatusNotFound: // as above
		return
	}
	if err == nil {
		r.stepped("take the offer", now().Sub(begun))
		r.riders.has(job, c)
	} else if ctx.Err() == nil {
		r.wrong("take the offer", err)
	}
}
