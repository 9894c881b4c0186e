package identity

import (
	"context"
	"slices"

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
	recent *docstore.Recent[pair, []*Grant]
}

type pair struct {
	patient id.Patient
	holder  id.Account
}

const maxPairs = 50_000

// NewCircle opens the grants. The guard asks it, so it is made before the guard and before Service.
func NewCircle(ctx context.Context, store docstore.Store, clk clock.Clock) (*Circle, error) {
	grants, err := docstore.Open[Grant](ctx, store, clk, grantSpec)
	if err != nil {
		return nil, err
	}
	return &Circle{clock: clk, grants: grants, recent: docstore.NewRecent[pair, []*Grant](clk, believed, maxPairs)}, nil
}

// Scopes implements access.Circle.
func (c *Circle) Scopes(ctx context.Context, patient id.Patient, holder id.Account) ([]access.Scope, error) {
	now := c.clock.Now()
	grants, err := c.between(ctx, pair{patient, holder})
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

func (c *Circle) between(ctx context.Context, p pair) ([]*Grant, error) {
	return c.recent.Read(p, func() ([]*Grant, error) {
		return c.grants.All(ctx, docstore.Query{Index: "pair", Equal: docstore.Eq(string(p.patient), string(p.holder))}, 20)
	})
}

// Forget drops what is remembered of a patient.
func (c *Circle) Forget(patient id.Patient) {
	c.recent.Forget(func(p pair) bool { return p.patient == patient })
}
