package dispatcher

import (
	"context"
	"time"

	"housecall/internal/delivery"
	"housecall/internal/dispatch"
	"housecall/internal/id"
)

// picture is what dispatch may look at: every job not collected, what is on board where more may be collected on
// the way, and who is on shift.
func (z *zone) picture(ctx context.Context, now time.Time) (dispatch.State, error) {
	z.behind, z.unasked = nil, map[ask]bool{}
	state := dispatch.State{Zone: z.name, Standing: z.standing, Margin: dispatch.Margin}
	jobs, err := z.d.Delivery.LiveJobs(ctx, z.d.actor, z.name)
	if err != nil {
		return state, err
	}
	held := map[id.Account][]*delivery.Job{}
	for _, j := range jobs {
		if j.Courier != "" {
			held[j.Courier] = append(held[j.Courier], j)
		}
		if stage, live := firmly[j.State]; live && stage != dispatch.Aboard {
			state.Jobs = append(state.Jobs, jobOf(j, now))
		}
	}
	if len(state.Jobs) == 0 {
		return state, nil
	}
	z.demand.see(state.Jobs, now)
	state.Places = z.demand.places(now)
	shifts, err := z.d.Delivery.Shifts(ctx, z.d.actor, z.name)
	if err != nil {
		return state, err
	}
	here, err := z.d.Delivery.Zone(ctx, z.name)
	if err != nil {
		return state, err
	}
	state.Counters = here.Counters()
	hands := map[id.Account]inHand{}
	for _, h := range shifts {
		in := inHandOf(h, held[h.Courier])
		hands[h.Courier] = in
		for _, j := range in.aboard(h, state.Counters) {
			state.Jobs = append(state.Jobs, jobOf(j, now))
		}
	}
	state.Travel = z.travel(ctx, here.Pace(), state.Jobs, shifts, state.Counters)
	for _, h := range shifts {
		state.Couriers = append(state.Couriers, courierOf(h, hands[h.Courier], state, now))
		z.atCounter(h, hands[h.Courier], jobs, state.Travel, now)
	}
	state.Ahead = dispatch.Ahead(count(state))
	return state, nil
}

// count answers who holds nothing, and the jobs that nobody holds.
func count(s dispatch.State) (free, open int) {
	for _, c := range s.Couriers {
		if c.Phase == dispatch.Free {
			free++
		}
	}
	for _, j := range s.Jobs {
		if j.Stage == dispatch.Open {
			open++
		}
	}
	return free, open
}

// firmly is how firmly a job is a courier's.
var firmly = map[delivery.State]dispatch.Stage{ //nolint:exhaustive // the others are at a door, or over
	delivery.Planned: dispatch.Open, delivery.Offered: dispatch.Offered, delivery.Accepted: dispatch.Accepted,
	delivery.AtPharmacy: dispatch.Accepted, delivery.Collected: dispatch.Aboard,
}

func jobOf(j *delivery.Job, now time.Time) dispatch.Job {
	out := dispatch.Job{
		ID: j.ID, From: j.Pharmacy, Pharmacy: j.PharmacyAt, Door: j.Door.Point, PlacedAt: j.Placed, ReadyAt: j.Expected(now),
		Deadline: j.Deadline.Add(-dispatch.Margin), ColdChain: j.ColdChain, Controlled: j.Controlled, Courier: j.Courier, Stage: firmly[j.State],
	}
	for _, l := range j.Left {
		long := dispatch.ShunDeclined
		if l.Event == delivery.Expire {
			long = dispatch.ShunSilent
		}
		// What lies further ahead than it could count was written before the clock was set back: it is past.
		if now.Sub(l.At).Abs() < long && l.Event != delivery.Rematch || l.Why == "silent" {
			out.Shuns = append(out.Shuns, l.Courier)
		}
	}
	return out
}
