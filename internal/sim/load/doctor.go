package load

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/pquerna/otp/totp"

	"housecall/internal/sim"
)

// doctor is one on duty. A code of their authenticator is good once, so that they sign once in half a
// minute.
type doctor struct {
	*sim.Enrolled
	step int64 // of the authenticator, last used
}

const halfMinute = 30

func stepOf(t time.Time) int64 { return t.Unix() / halfMinute }

// freshFrom is when the doctor has a code that was not used. The service takes the next half minute's code
// too, for phones that are fast; from two seconds into this one, for a service whose clock is slow.
func (d *doctor) freshFrom() time.Time {
	return time.Unix(d.step*halfMinute, 0).Add(2 * time.Second)
}

func (d *doctor) code() (string, error) {
	d.step = max(d.step+1, stepOf(now()))
	return totp.GenerateCode(d.Secret, time.Unix(d.step*halfMinute, 0))
}

// duty is the doctors of a zone: each sees one patient at a time.
type duty struct {
	mu   sync.Mutex // guards all, free, back
	all  []*doctor
	free []*doctor
	back chan struct{} // closed when one has come free
}

func newDuty() *duty { return &duty{back: make(chan struct{})} }

// add answers how many there are now.
func (q *duty) add(d *doctor) int {
	q.mu.Lock()
	q.all = append(q.all, d)
	n := len(q.all)
	q.mu.Unlock()
	q.give(d)
	return n
}

func (q *duty) everybody() []*doctor {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.all)
}

// take waits for a doctor who is free and can sign.
func (q *duty) take(ctx context.Context) (*doctor, error) {
	for {
		q.mu.Lock()
		for i, d := range q.free {
			if now().After(d.freshFrom()) {
				q.free = slices.Delete(q.free, i, i+1)
				q.mu.Unlock()
				return d, nil
			}
		}
		back := q.back
		q.mu.Unlock()
		if !wait(ctx, back, 100*time.Millisecond) {
			return nil, ctx.Err()
		}
	}
}

func (q *duty) give(d *doctor) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.free = append(q.free, d)
	close(q.back)
	q.back = make(chan struct{})
}
