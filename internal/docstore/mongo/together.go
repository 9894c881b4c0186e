package mongo

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// mostTogether bounds what goes in one command.
const mostTogether = 64

// patience is how long somebody waits for the command before theirs: one that hangs, at a primary that stands still,
// must not keep back who could be answered by another.
const patience = 250 * time.Millisecond

// together has those who ask the same collection for the same kind of thing share a command: one is under way, and who
// comes meanwhile goes with the next. So who is alone never waits, and the more come at once the fewer commands they
// cost. What each is answered was done after they asked.
type together[Q, A any] struct {
	// do does it for all; the answers stand where the questions do.
	do func(ctx context.Context, collection string, all []Q) []answer[A]
	// begun has who asks wait for the answer once it is being done: what was written is not "cancelled".
	begun bool

	mu    sync.Mutex // guards lines and what stands in them
	lines map[string]*line[Q, A]
}

type answer[A any] struct {
	value A
	err   error
}

// line are those who ask one collection.
type line[Q, A any] struct {
	busy    bool
	waiting []*asking[Q, A]
}

type asking[Q, A any] struct {
	question Q
	answer   answer[A]
	answered chan struct{}
	leads    chan []*asking[Q, A] // has whom it goes with, when it is this one who does it
}

// errBroken is what the others of a group hear when it ended in a panic.
var errBroken = errors.New("what was asked for several at once was not done to its end")

// ask answers what the collection says.
func (t *together[Q, A]) ask(ctx context.Context, collection string, q Q) (A, error) {
	if err := ctx.Err(); err != nil {
		var none A
		return none, err
	}
	me := &asking[Q, A]{question: q, answered: make(chan struct{}), leads: make(chan []*asking[Q, A], 1)}
	if t.join(collection, me) {
		t.lead(ctx, collection, []*asking[Q, A]{me})
		return me.answer.value, me.answer.err
	}
	var err error
	over := time.NewTimer(patience) //nolint:forbidigo // how long a server takes, whatever time the service shows
	defer over.Stop()
	select {
	case group := <-me.leads:
		t.lead(ctx, collection, group)
	case <-me.answered:
	case <-over.C:
		err = t.goOn(ctx, collection, me)
	case <-ctx.Done():
		err = t.leave(ctx, collection, me)
	}
	if err != nil {
		var none A
		return none, err
	}
	return me.answer.value, me.answer.err
}

// join tells whether nobody is before us.
func (t *together[Q, A]) join(collection string, me *asking[Q, A]) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lines == nil {
		t.lines = map[string]*line[Q, A]{}
	}
	l := t.lines[collection]
	if l == nil {
		l = &line[Q, A]{}
		t.lines[collection] = l
	}
	if !l.busy {
		l.busy = true
		return true
	}
	l.waiting = append(l.waiting, me)
	return false
}

// leave answers why who asks has gone, or nil with the answer there, when it was too late to go.
func (t *together[Q, A]) leave(ctx context.Context, collection string, me *asking[Q, A]) error {
	if t.takeBack(collection, me) {
		return ctx.Err()
	}
	select {
	case group := <-me.leads: // the others count on us
		t.lead(ctx, collection, group)
		return nil
	default:
	}
	if t.begun {
		<-me.answered
		return nil
	}
	return ctx.Err()
}

// goOn is done by who has waited long enough: alone, unless it is their turn by now.
func (t *together[Q, A]) goOn(ctx context.Context, collection string, me *asking[Q, A]) error {
	if t.takeBack(collection, me) {
		t.carryOut(ctx, collection, []*asking[Q, A]{me})
		return nil
	}
	select {
	case group := <-me.leads:
		t.lead(ctx, collection, group)
	case <-me.answered:
	case <-ctx.Done():
		return t.leave(ctx, collection, me)
	}
	return nil
}

// takeBack tells whether it was not yet handed on.
func (t *together[Q, A]) takeBack(collection string, me *asking[Q, A]) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.lines[collection]
	at := slices.Index(l.waiting, me)
	if at < 0 {
		return false
	}
	l.waiting = slices.Delete(l.waiting, at, at+1)
	return true
}

// lead does it for a group and hands on to the first of those who came meanwhile.
func (t *together[Q, A]) lead(ctx context.Context, collection string, group []*asking[Q, A]) {
	defer t.handOn(collection)
	t.carryOut(ctx, collection, group)
}

func (t *together[Q, A]) carryOut(ctx context.Context, collection string, group []*asking[Q, A]) {
	defer func() {
		for _, a := range group {
			close(a.answered)
		}
	}()
	if len(group) > 1 { // then it is not for us alone
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), writeTime)
		defer cancel()
	}
	questions := make([]Q, len(group))
	for i, a := range group {
		questions[i], a.answer.err = a.question, errBroken
	}
	for i, answer := range t.do(ctx, collection, questions) {
		group[i].answer = answer
	}
}

func (t *together[Q, A]) handOn(collection string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.lines[collection]
	if len(l.waiting) == 0 {
		l.busy = false
		return
	}
	n := min(len(l.waiting), mostTogether)
	group := slices.Clone(l.waiting[:n])
	l.waiting = slices.Delete(l.waiting, 0, n)
	group[0].leads <- group
}
