package dispatcher

import (
	"context"
	"time"

	"housecall/internal/delivery"
	"housecall/internal/dispatch"
	"housecall/internal/id"
)

// notReady is why a job is taken from a courier who stood at its counter with other bags.
const notReady = "not_ready"

// ask is a job that a courier could be asked for.
type ask struct {
	job     id.Job
	courier id.Account
}

// atCounter notes what a courier who stands at a counter had better not wait for: a bag that is not packed, and for
// which those in hand would have to wait until they are likely to be late. What they have of it is left behind, and
// for what is nobody's they are not asked: they may be once they have left, or it is packed.
func (z *zone) atCounter(h *delivery.Shift, in inHand, jobs []*delivery.Job, travel dispatch.Travel, now time.Time) {
	if in.counter == nil || in.counter.State != delivery.AtPharmacy || in.door != nil {
		return
	}
	here := func(j *delivery.Job) bool {
		return (j.State == delivery.Accepted || j.State == delivery.AtPharmacy) && j.Pharmacy == in.counter.Pharmacy
	}
	var bags []dispatch.Drop
	for _, j := range in.held {
		if j.State == delivery.Collected || here(j) && j.Seal != "" {
			bags = append(bags, dropOf(j))
		}
	}
	for _, j := range jobs {
		mine, nobodys := here(j) && j.Courier == h.Courier, j.State == delivery.Planned && j.Pharmacy == in.counter.Pharmacy
		if j.Seal != "" || !mine && !nobodys || !dispatch.BetterLeave(h.Vehicle, travel, j.PharmacyAt, now, bags, j.Expected(now), dropOf(j)) {
			continue
		}
		if mine {
			z.behind = append(z.behind, j)
			continue
		}
		z.unasked[ask{j.ID, h.Courier}] = true
	}
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
