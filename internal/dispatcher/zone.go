package dispatcher

import (
	"context"
	"slices"
	"time"

	"housecall/internal/clock"
	"housecall/internal/delivery"
	"housecall/internal/dispatch"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// zone plans one zone while its lease holds.
type zone struct {
	d      *Dispatcher
	name   id.Zone
	lease  Lease
	kicked chan struct{}

	standing []dispatch.Sequence // of the plan before
	behind   []*delivery.Job     // as of the picture: not to be waited for
	unasked  map[ask]bool        // as of the picture: whom it makes no sense to ask for what
	demand   demand
}

// kick has the zone planned soon; many kicks are one plan.
func (z *zone) kick() {
	select {
	case z.kicked <- struct{}{}:
	default:
	}
}

func (z *zone) loop(ctx context.Context) {
	var planned, swept time.Time
	for z.wait(ctx, planned) {
		now := z.d.Clock.Now()
		if now.Sub(swept) >= inAnyCase {
			swept = now
			z.failed(ctx, "couriers not freed", z.d.Delivery.Sweep(ctx, z.d.actor, z.name))
			z.failed(ctx, "silent couriers not looked after", z.watch(ctx))
		}
		planned = now
		z.failed(ctx, "zone not planned", z.plan(ctx))
	}
}

func (z *zone) failed(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		z.d.Log.ErrorContext(ctx, "zone in trouble", "kind", what, "zone", string(z.name), "error", err)
	}
}

// wait tells whether to plan: after a kick, but not within a second of the last plan, and after ten
// seconds in any case. False: the zone is no longer ours.
func (z *zone) wait(ctx context.Context, planned time.Time) bool {
	wait, letGo := context.WithCancel(ctx)
	defer letGo()
	select {
	case <-ctx.Done():
		return false
	case <-z.lease.Lost():
		return false
	case <-z.kicked:
	case <-clock.At(wait, z.d.Clock, planned.Add(inAnyCase)):
		return true
	}
	select {
	case <-ctx.Done():
		return false
	case <-z.lease.Lost():
		return false
	case <-clock.At(wait, z.d.Clock, planned.Add(atMost)):
	}
	select {
	case <-z.kicked: // what came meanwhile is in this plan
	default:
	}
	return true
}

// plan asks dispatch and carries out what it says.
func (z *zone) plan(ctx context.Context) error {
	now := z.d.Clock.Now()
	state, err := z.picture(ctx, now)
	if err != nil || len(state.Jobs) == 0 {
		return err
	}
	if len(z.behind) > 0 {
		return z.leaveBehind(ctx, z.behind)
	}
	decision := dispatch.Plan(state, now)
	z.standing = decision.Standing
	z.explain(ctx, decision)
	return z.carryOut(ctx, decision)
}

// watch looks after couriers of whom nothing is heard.
func (z *zone) watch(ctx context.Context) error {
	shifts, err := z.d.Delivery.Shifts(ctx, z.d.actor, z.name)
	if err != nil {
		return err
	}
	for _, h := range shifts {
		if len(h.Held) == 0 {
			continue
		}
		if err := z.d.Delivery.WatchSilent(ctx, z.d.actor, h); err != nil {
			return err
		}
	}
	return nil
}

// carryOut does what a plan says. What life has overtaken is no mistake: the zone is planned again.
func (z *zone) carryOut(ctx context.Context, d dispatch.Decision) error {
	for _, r := range d.Rematches {
		if err := z.overtaken(z.d.Delivery.RematchFrom(ctx, z.d.actor, r.Job, r.From, "rematched")); err != nil {
			return err
		}
	}
	for _, p := range slices.Concat(d.Bundles, d.Offers) {
		if len(p.Ask) == 0 || z.unasked[ask{p.Ask[0], p.Courier}] {
			continue
		}
		// One offer at a time: what else is in a bundle follows once this is answered.
		if err := z.overtaken(z.d.Delivery.Offer(ctx, z.d.actor, p.Ask[0], p.Courier)); err != nil {
			return err
		}
	}
	for _, p := range d.Prepositions {
		if err := z.overtaken(z.d.Delivery.Suggest(ctx, z.d.actor, p.Courier, p.At)); err != nil {
			return err
		}
	}
	return nil
}

// overtaken is nil for what was taken meanwhile: look again.
func (z *zone) overtaken(err error) error {
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.NotFound) {
		z.kick()
		return nil
	}
	return err
}

// explain logs why each decision was taken.
func (z *zone) explain(ctx context.Context, d dispatch.Decision) {
	zone := string(z.name)
	for _, p := range slices.Concat(d.Bundles, d.Offers) {
		if len(p.Ask) == 0 || z.unasked[ask{p.Ask[0], p.Courier}] {
			continue
		}
		z.d.Log.InfoContext(ctx, "job offered", "job", string(p.Ask[0]), "courier", string(p.Courier), "zone", zone, "why", p.Why)
	}
	for _, r := range d.Rematches {
		z.d.Log.InfoContext(ctx, "job matched anew", "job", string(r.Job), "courier", string(r.From), "zone", zone, "why", r.Why)
	}
	for _, h := range slices.Concat(d.Holds, d.Nothing) {
		z.d.Log.DebugContext(ctx, "job held", "job", string(h.Job), "zone", zone, "why", h.Why)
	}
}
