package dispatcher

import (
	"context"
	"time"

	"housecall/internal/delivery"
	"housecall/internal/dispatch"
	"housecall/internal/geo"
	"housecall/internal/id"
)

// picture is what dispatch may look at: every job not collected, and who is on shift.
func (z *zone) picture(ctx context.Context, now time.Time) (dispatch.State, error) {
	state := dispatch.State{Zone: z.name, Standing: z.standing}
	jobs, err := z.d.Delivery.LiveJobs(ctx, z.d.actor, z.name)
	if err != nil {
		return state, err
	}
	held := map[id.Account][]*delivery.Job{}
	for _, j := range jobs {
		if j.Courier != "" {
			held[j.Courier] = append(held[j.Courier], j)
		}
		if _, before := firmly[j.State]; before {
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
	state.Travel = z.travel(ctx, here.Pace(), state.Jobs, shifts)
	for _, h := range shifts {
		state.Couriers = append(state.Couriers, courierOf(h, held[h.Courier], state.Travel, now))
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

// firmly is how firmly a job that is not collected is a courier's.
var firmly = map[delivery.State]dispatch.Stage{ //nolint:exhaustive // the others are collected, or over
	delivery.Planned: dispatch.Open, delivery.Offered: dispatch.Offered, delivery.Accepted: dispatch.Accepted,
	delivery.AtPharmacy: dispatch.Accepted,
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

// courierOf is a courier as dispatch sees one. A silent one gets no new offers while others are heard,
// which is for dispatch to weigh by SeenAt.
func courierOf(h *delivery.Shift, held []*delivery.Job, travel dispatch.Travel, now time.Time) dispatch.Courier {
	c := dispatch.Courier{ID: h.Courier, At: h.Last.Point, SeenAt: h.HeardAt, Vehicle: h.Vehicle, IdleSince: h.IdleSince}
	way := func(from, to geo.Point) time.Duration { return travel.Time(h.Vehicle, from, to) }
	free, at := now, h.Last.Point
	for _, j := range held {
		switch j.State {
		case delivery.Offered:
			if c.Phase == dispatch.Free {
				c.Phase = dispatch.Asked
			}
		case delivery.Accepted, delivery.AtPharmacy:
			if c.Phase == dispatch.Riding {
				continue
			}
			c.Phase, c.To, c.ArriveAt = dispatch.Bound, j.Pharmacy, now.Add(way(at, j.PharmacyAt))
		case delivery.Collected:
			free, at = free.Add(way(at, j.Door.Point)+dispatch.DoorTime()), j.Door.Point
			c.Phase = dispatch.Riding
		case delivery.AtDoor:
			free, at = free.Add(dispatch.DoorTime()), j.Door.Point
			c.Phase = dispatch.Riding
		case delivery.Failed, delivery.Returning:
			free, at = free.Add(way(at, j.PharmacyAt)+time.Minute), j.PharmacyAt
			c.Phase = dispatch.Riding
		case delivery.Planned, delivery.Delivered, delivery.Cancelled, delivery.Returned:
		}
	}
	if c.Phase == dispatch.Riding {
		c.At, c.FreeAt = at, free
	}
	if h.State != delivery.On && c.Phase == dispatch.Free || len(held) == 0 && len(h.Held) > 0 {
		c.Phase = dispatch.Away // finishing, or a claim that no job answers for yet
	}
	return c
}
