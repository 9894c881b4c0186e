package load

import (
	"context"
	"fmt"
	"math/rand/v2"

	"housecall/internal/sim"
)

// patient is a chair in front of the service: one person after another, each of whom comes back until
// there is no other medicine to give them.
type patient struct {
	*run
	zone *zone
	rand *rand.Rand
	now  *life
}

// life is one person and what they ordered.
type life struct {
	*sim.Enrolled
	id      string // of the patient
	feed    *follower
	zone    *zone
	consent string
	times   int // they came

	orders []*ordered
}

// ordered is an order that was answered to exist.
type ordered struct {
	id, part, rx, fill, job string
	medicine                medicine
	units                   int // that the pharmacy packed
	finished                bool
	raced                   bool // one of two for the same medicine
}

// comesAgain is one way through the chain.
func (p *patient) comesAgain(ctx context.Context) {
	if p.now == nil || p.now.times == len(medicines) {
		l, err := p.born(ctx)
		if err != nil {
			p.fails(ctx, "enrol a patient", err)
			return
		}
		if p.now != nil {
			p.leaves(p.now.feed)
		}
		p.now = l
	}
	c := &chain{patient: p, life: p.now, medicine: medicines[(p.now.times+len(p.now.id))%len(medicines)]}
	p.now.times++
	begun := now()
	for _, s := range c.script() {
		at := now()
		if err := s.do(ctx); err != nil {
			p.fails(ctx, s.name, err)
			return
		}
		if s.durable {
			p.stepped(s.name, now().Sub(at))
		}
	}
	p.whole.add(now().Sub(begun))
	p.run.delivered.Add(1)
}

// fails notes it. This person does not come back, since nobody knows how far they came; what they ordered
// is looked at in the end.
func (p *patient) fails(ctx context.Context, step string, err error) {
	if ctx.Err() != nil && now().Before(p.ends) {
		return // the run was broken off
	}
	p.wrong(step, err)
	if p.now != nil {
		p.leaves(p.now.feed)
	}
	p.now = nil
	rest(ctx, inAnyCase)
}

func (p *patient) born(ctx context.Context) (*life, error) {
	e, err := sim.Desk{Operator: p.operator}.Enrol(ctx, "patient", "Patient Load", "")
	if err != nil {
		return nil, err
	}
	me, err := e.Get(ctx, "/me")
	if err != nil {
		return nil, err
	}
	options, err := e.Get(ctx, "/intake-options")
	if err != nil {
		return nil, err
	}
	l := &life{Enrolled: e, id: me.Text("patient"), zone: p.zone, consent: options.Text("consent")}
	if l.id == "" {
		return nil, fmt.Errorf("%s is no patient", e.Account)
	}
	l.feed = p.follow("a patient", e.Client, nil)
	p.mu.Lock()
	p.lives = append(p.lives, l)
	p.mu.Unlock()
	return l, nil
}
