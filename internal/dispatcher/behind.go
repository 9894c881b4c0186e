package dispatcher

import (
	"context"
	"time"

	"housecall/internal/delivery"
	"housecall/internal/dispatch"
)

// notReady is why a job is taken from a courier who stood at its counter with other bags.
const notReady = "not_ready"

// behind are the jobs of the counter at which a courier stands whose bags are not packed, and for which those in
// hand would have to wait until they are likely to be late.
func (in inHand) behind(h *delivery.Shift, s dispatch.State, now time.Time) []*delivery.Job {
	if in.counter == nil || in.counter.State != delivery.AtPharmacy || in.door != nil {
		return nil
	}
	var bags []dispatch.Drop
	var waited []*delivery.Job
	for _, j := range in.held {
		here := (j.State == delivery.Accepted || j.State == delivery.AtPharmacy) && j.Pharmacy == in.counter.Pharmacy
		switch {
		case j.State == delivery.Collected || here && j.Seal != "":
			bags = append(bags, dropOf(j))
		case here:
			waited = append(waited, j)
		}
	}
	var out []*delivery.Job
	for _, j := range waited {
		if dispatch.BetterLeave(h.Vehicle, s.Travel, j.PharmacyAt, now, bags, j.Expected(now), dropOf(j)) {
			out = append(out, j)
		}
	}
	return out
}

func dropOf(j *delivery.Job) dispatch.Drop {
	return dispatch.Drop{Door: j.Door.Point, Deadline: j.Deadline.Add(-dispatch.Margin)}
}

// leaveBehind takes jobs from who does better not to wait for them, and has the zone planned again.
func (z *zone) leaveBehind(ctx context.Context, jobs []*delivery.Job) error {
	for _, j := range jobs {
		z.d.Log.InfoContext(ctx, "job left behind", "job", string(j.ID), "courier", string(j.Courier), "zone", string(z.name),
			"why", "the bag is not ready, and those in hand would be late")
		if err := z.overtaken(z.d.Delivery.RematchFrom(ctx, z.d.actor, j.ID, j.Courier, notReady)); err != nil {
			return err
		}
	}
	z.kick()
	return nil
}
