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

const (
	// shunDeclined and shunSilent are how long a courier is not asked again for a job they declined,
	// or did not answer for. Without penalty: other jobs come at once.
	shunDeclined = 3 * time.Minute
	shunSilent   = time.Minute
)

// zone plans one zone while its lease holds.
type zone struct {
	d      *Dispatcher
	name   id.Zone
	lease  Lease
	kicked chan struct{}
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

// plan asks dispatch and carries its offers out.
func (z *zone) plan(ctx context.Context) error {
	now := z.d.Clock.Now()
	state, err := z.picture(ctx, now)
	if err != nil || len(state.Jobs) == 0 {
		return err
	}
	decision := dispatch.NearestFree(state, now) // until the whole picture is given, Plan would wait for nothing
	for _, o := range decision.Offers {
		err := z.d.Delivery.Offer(ctx, z.d.actor, o.Job(), o.Courier)
		if fault.Is(err, fault.Conflict) || fault.Is(err, fault.NotFound) {
			z.kick() // taken meanwhile: look again
			continue
		}
		if err != nil {
			return err
		}
		z.d.Log.InfoContext(ctx, "job offered", "job", string(o.Job()), "courier", string(o.Courier), "zone", string(z.name), "why", o.Why)
	}
	for _, h := range slices.Concat(decision.Holds, decision.Nothing) {
		z.d.Log.DebugContext(ctx, "job held", "job", string(h.Job), "zone", string(z.name), "why", h.Why)
	}
	return nil
}

// picture is what dispatch may look at.
func (z *zone) picture(ctx context.Context, now time.Time) (dispatch.State, error) {
	state := dispatch.State{Zone: z.name}
	jobs, err := z.d.Delivery.LiveJobs(ctx, z.d.actor, z.name)
	if err != nil {
		return state, err
	}
	for _, j := range jobs {
		if j.State == delivery.Planned {
			state.Jobs = append(state.Jobs, jobOf(j, now))
		}
	}
	if len(state.Jobs) == 0 {
		return state, nil
	}
	shifts, err := z.d.Delivery.Shifts(ctx, z.d.actor, z.name)
	if err != nil {
		return state, err
	}
	for _, h := range shifts {
		state.Couriers = append(state.Couriers, dispatch.Courier{
			ID: h.Courier, At: h.Last.Point, SeenAt: h.HeardAt,
			Phase: phaseOf(h), Vehicle: h.Vehicle, IdleSince: h.IdleSince,
		})
	}
	return state, nil
}

func phaseOf(h *delivery.Shift) dispatch.Phase {
	if h.Free() {
		return dispatch.Free
	}
	return dispatch.Away
}

func jobOf(j *delivery.Job, now time.Time) dispatch.Job {
	out := dispatch.Job{
		ID: j.ID, From: j.Pharmacy, Pharmacy: j.PharmacyAt, Door: j.Door.Point,
		PlacedAt: j.Placed, ReadyAt: j.ReadyAt, Deadline: j.Deadline,
		ColdChain: j.ColdChain, Controlled: j.Controlled,
	}
	for _, l := range j.Left {
		long := shunDeclined
		if l.Event == delivery.Expire {
			long = shunSilent
		}
		if now.Sub(l.At) < long {
			out.Shuns = append(out.Shuns, l.Courier)
		}
	}
	return out
}
