package identity

import (
	"context"
	"slices"
	"sync"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/id"
)

// Circle answers the policy with what patients have granted. It remembers each answer for a few
// seconds, and forgets a patient's at once when one of their grants changes.
type Circle struct {
	clock  clock.Clock
	grants *docstore.Collection[Grant, *Grant]

	mu    sync.Mutex // guards known, drops
	known map[pair]remembered
	drops uint64
}

type pair struct {
	patient id.Patient
	holder  id.Account
}

type remembered struct {
	grants []*Grant
	fresh  time.Time
}

const maxPairs = 50_000

// NewCircle opens the grants. The guard asks it, so it is made before the guard and before Service.
func NewCircle(ctx context.Context, store docstore.Store, clk clock.Clock) (*Circle, error) {
	grants, err := docstore.Open[Grant](ctx, store, clk, grantSpec)
	if err != nil {
		return nil, err
	}
	return &Circle{clock: clk, grants: grants, known: map[pair]remembered{}}, nil
}

// Scopes implements access.Circle.
func (c *Circle) Scopes(ctx context.Context, patient id.Patient, holder id.Account) ([]access.Scope, error) {
	now := c.clock.Now()
	grants, err := c.between(ctx, pair{patient, holder}, now)
	if err != nil {
		return nil, err
	}
	var scopes []access.Scope
	for _, g := range grants {
		if !g.Holds(now) {
			continue
		}
		for _, s := range g.Scopes {
			if !slices.Contains(scopes, s) {
				scopes = append(scopes, s)
			}
		}
	}
	return scopes, nil
}

func (c *Circle) between(ctx context.Context, p pair, now time.Time) ([]*Grant, error) {
	c.mu.Lock()
	known, found := c.known[p]
	drops := c.drops
	c.mu.Unlock()
	if found && now.Before(known.fresh) {
		return known.grants, nil
	}
	grants, err := c.grants.All(ctx, docstore.Query{Index: "pair", Equal: docstore.Eq(string(p.patient), string(p.holder))}, 20)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.drops != drops { // changed while it was being read
		return grants, nil
	}
	if len(c.known) >= maxPairs {
		clear(c.known)
	}
	c.known[p] = remembered{grants, now.Add(believed)}
	return grants, nil
}

// Forget drops what is remembered of a patient.
func (c *Circle) Forget(patient id.Patient) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	for p := range c.known {
		if p.patient == patient {
			delete(c.known, p)
		}
	}
}
