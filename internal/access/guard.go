package access

import (
	"context"
	"fmt"

	"housecall/internal/fault"
	"housecall/internal/id"
)

// Circle knows what a patient has granted. Scopes lists what holds at this moment.
type Circle interface {
	Scopes(ctx context.Context, patient id.Patient, holder id.Account) ([]Scope, error)
}

// Trail keeps what the audit must hold. Seen answers only once the entry is durable.
type Trail interface {
	Seen(ctx context.Context, a Actor, action Action, f Facts) error
	Denied(ctx context.Context, a Actor, action Action, f Facts)
}

// Guard answers for the policy.
type Guard struct {
	rules  *Rules
	circle Circle
	trail  Trail
}

// NewGuard connects the policy with who knows the grants and who keeps the audit.
func NewGuard(rules *Rules, circle Circle, trail Trail) *Guard {
	return &Guard{rules: rules, circle: circle, trail: trail}
}

// whileLocked is what a locked session may still do. Locking is among it: whoever did not hear the answer
// asks again, and what is locked stays so.
var whileLocked = map[Action]bool{"session.unlock": true, "session.end": true, "session.lock": true}

// Route answers whether the role may ever do this: Unauthenticated for who has not signed in or
// whose counter is locked, Denied for the wrong role.
func (g *Guard) Route(a Actor, action Action) error {
	if a.Locked && !whileLocked[action] {
		return fault.New(fault.Unauthenticated, "This counter is locked. Unlock it with your code to go on.").Coded("locked")
	}
	if g.rules.Ever(a.Role, action) {
		return nil
	}
	if a.Role == Nobody {
		return fault.New(fault.Unauthenticated, "Sign in to go on. What you wrote is kept.").Coded("sign-in")
	}
	return fault.New(fault.Denied, "Your role can't do this. Ask somebody who may.").Coded("role")
}

// Check answers whether this person may do this to this record. "Not yours" reads as not found,
// and is in the audit as denied.
func (g *Guard) Check(ctx context.Context, a Actor, action Action, f Facts) error {
	allowed, err := g.allows(ctx, a, action, f)
	if err != nil {
		return fault.New(fault.Unavailable, "We can't check your rights just now. Nothing was changed; try again.").Because(err)
	}
	if allowed {
		return nil
	}
	g.trail.Denied(ctx, a, action, f)
	return fault.New(fault.NotFound, "We can't find this. It may have been moved, or it is not yours to see.")
}

// Read is Check for reading a person's record: the audit has it before the answer leaves, and where
// it can't be written there is no answer.
func (g *Guard) Read(ctx context.Context, a Actor, action Action, f Facts) error {
	if err := g.Check(ctx, a, action, f); err != nil {
		return err
	}
	if a.Role == System {
		return nil
	}
	if err := g.trail.Seen(ctx, a, action, f); err != nil {
		return fault.New(fault.Unavailable, "We can't show records just now. Try again in a moment.").Because(err)
	}
	return nil
}

func (g *Guard) allows(ctx context.Context, a Actor, action Action, f Facts) (bool, error) {
	standing, n := relations(a, f)
	for _, r := range standing[:n] {
		if g.rules.Allow(a.Role, action, r) {
			return true, nil
		}
	}
	if a.Role != Patient || f.Patient == "" || !g.rules.needsGrant(action) {
		return false, nil
	}
	scopes, err := g.circle.Scopes(ctx, f.Patient, a.Account)
	if err != nil {
		return false, fmt.Errorf("read grants of %s: %w", f.Patient, err)
	}
	for _, s := range scopes {
		if g.rules.Allow(a.Role, action, Relation("granted:"+string(s))) {
			return true, nil
		}
	}
	return false, nil
}

// relations lists the n relations that the facts alone show. It is asked several times a request, so it
// leaves nothing for the collector.
func relations(a Actor, f Facts) (out [6]Relation, n int) {
	add := func(r Relation, holds bool) {
		if holds {
			out[n], n = r, n+1
		}
	}
	add(Any, true)
	add(Own, same(a.Patient, f.Patient) || same(a.Account, f.Owner))
	add(Treating, same(a.Account, f.Doctor))
	add(Filling, same(a.Pharmacy, f.Pharmacy))
	add(Riding, same(a.Account, f.Courier))
	add(Seated, same(a.Visit, f.Visit))
	return out, n
}

func same[T ~string](a, b T) bool { return a != "" && a == b }
