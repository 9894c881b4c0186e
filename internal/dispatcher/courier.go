package dispatcher

import (
	"slices"
	"time"

	"housecall/internal/delivery"
	"housecall/internal/dispatch"
	"housecall/internal/geo"
)

// inHand is what a courier has in hand, in the sequence in which they took it.
type inHand struct {
	held    []*delivery.Job
	counter *delivery.Job // the job at whose counter they stand, or to whose they ride next; nil: none
	door    *delivery.Job // at whose door they stand; nil: at none
	bags    []*delivery.Job
	asked   bool // for a job that they have not answered for
	back    bool // something goes back to its pharmacy
}

func inHandOf(h *delivery.Shift, held []*delivery.Job) inHand {
	taken := func(j *delivery.Job) int {
		return slices.IndexFunc(h.Held, func(c delivery.Claim) bool { return c.Job == j.ID })
	}
	in := inHand{held: slices.Clone(held)}
	slices.SortStableFunc(in.held, func(a, b *delivery.Job) int { return taken(a) - taken(b) })
	for _, j := range in.held {
		switch j.State {
		case delivery.Offered:
			in.asked = true
		case delivery.Accepted:
			if in.counter == nil {
				in.counter = j
			}
		case delivery.AtPharmacy:
			if in.counter == nil || in.counter.State == delivery.Accepted {
				in.counter = j
			}
		case delivery.Collected:
			in.bags = append(in.bags, j)
		case delivery.AtDoor:
			in.door = j
		case delivery.Failed, delivery.Returning:
			in.back = true
		case delivery.Planned, delivery.Delivered, delivery.Cancelled, delivery.Returned:
		}
	}
	return in
}

// aboard are the bags whose doors dispatch plans, with what their courier may collect before: none of who brings
// something back, or is finishing.
func (in inHand) aboard(h *delivery.Shift, counters int) []*delivery.Job {
	if counters < 2 || in.back || h.State != delivery.On {
		return nil
	}
	return in.bags
}

// courierOf is a courier as dispatch sees one. A silent one gets no new offers while others are heard,
// which is for dispatch to weigh by SeenAt.
func courierOf(h *delivery.Shift, in inHand, s dispatch.State, now time.Time) dispatch.Courier {
	c := dispatch.Courier{ID: h.Courier, At: h.Last.Point, SeenAt: h.HeardAt, Vehicle: h.Vehicle, IdleSince: h.IdleSince}
	way := func(from, to geo.Point) time.Duration { return s.Travel.Time(h.Vehicle, from, to) }
	at, free := h.Last.Point, now
	if in.door != nil {
		at, free = in.door.Door.Point, now.Add(dispatch.DoorTime())
	}
	switch {
	case in.counter != nil && !in.back:
		c.Phase, c.To, c.ArriveAt = dispatch.Bound, in.counter.Pharmacy, free.Add(way(at, in.counter.PharmacyAt))
	case len(in.aboard(h, s.Counters)) > 0:
		c.Phase, c.At, c.FreeAt = dispatch.Riding, at, free
	case in.door != nil || len(in.bags) > 0 || in.back:
		c.Phase = dispatch.Riding
		c.At, c.FreeAt = in.done(at, free, way)
	case in.asked:
		c.Phase = dispatch.Asked
	}
	if h.State != delivery.On && c.Phase == dispatch.Free || len(in.held) == 0 && len(h.Held) > 0 {
		c.Phase = dispatch.Away // finishing, or a claim that no job answers for yet
	}
	return c
}

// done is where and when all that is in hand is brought, or brought back.
func (in inHand) done(at geo.Point, t time.Time, way func(from, to geo.Point) time.Duration) (geo.Point, time.Time) {
	for _, j := range in.bags {
		t, at = t.Add(way(at, j.Door.Point)+dispatch.DoorTime()), j.Door.Point
	}
	for _, j := range in.held {
		if j.State == delivery.Failed || j.State == delivery.Returning {
			t, at = t.Add(way(at, j.PharmacyAt)+time.Minute), j.PharmacyAt
		}
	}
	return at, t
}
