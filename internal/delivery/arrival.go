package delivery

import (
	"context"
	"time"

	"housecall/internal/dispatch"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/roads"
)

// call is one stop of a ride: a counter, or a door.
type call struct {
	job   id.Job // whose door it is; "" for a counter
	at    geo.Point
	ready time.Time // of a counter: when the last bag is expected to be
	here  bool      // the courier stands there
}

// course is where a courier goes until a job is in a hand: the door they stand at, the counters, and the doors in
// their best sequence.
func course(j *Job, h *Shift, held []*Job, now time.Time) []call {
	var out []call
	var doors []*Job
	from := h.Last.Point
	for _, x := range held {
		switch x.State {
		case AtDoor:
			out, from = append(out, call{job: x.ID, at: x.Door.Point, here: true}), x.Door.Point
		case Accepted, AtPharmacy:
			out, from = collecting(out, x, now), x.PharmacyAt
			doors = append(doors, x)
		case Collected:
			doors = append(doors, x)
		case Planned, Offered, Delivered, Cancelled, Failed, Returning, Returned:
		}
	}
	drops := make([]dispatch.Drop, 0, len(doors))
	for _, x := range doors {
		drops = append(drops, dispatch.Drop{Door: x.Door.Point, Deadline: x.Deadline})
	}
	for _, i := range dispatch.DoorOrder(h.Vehicle, nil, from, now, drops) {
		out = append(out, call{job: doors[i].ID, at: doors[i].Door.Point})
	}
	for i, c := range out {
		if c.job == j.ID {
			return out[:i+1]
		}
	}
	return out
}

// collecting adds the counter of a job; bags of one counter are collected together.
func collecting(calls []call, j *Job, now time.Time) []call {
	c := call{at: j.PharmacyAt, ready: j.Expected(now), here: j.State == AtPharmacy}
	for i, before := range calls {
		if before.job == "" && before.at == c.at {
			calls[i].ready, calls[i].here = later(before.ready, c.ready), before.here || c.here
			return calls
		}
	}
	return append(calls, c)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// arrival is when the last bag of a course is in a hand, from where the courier was seen last.
func arrival(course []call, h *Shift, travel dispatch.Travel, now time.Time) time.Time {
	at, from := now, h.Last.Point
	for _, c := range course {
		if !c.here {
			at = at.Add(travel.Time(h.Vehicle, from, c.at))
		}
		if from = c.at; c.job != "" {
			at = at.Add(dispatch.DoorTime())
			continue
		}
		at = later(at.Add(dispatch.DefaultHands.CounterBefore), c.ready).Add(dispatch.DefaultHands.CounterAfter)
	}
	return at
}

// roadsWithin is how long one who looks is kept waiting for a way by road.
const roadsWithin = 500 * time.Millisecond

// travel is how the courier moves on the way that is left, by road where that is known. Nobody is refused a
// look because a server of travel times is silent: then it is by distance.
func (s *Service) travel(ctx context.Context, zone *Zone, h *Shift, course []call) dispatch.Travel {
	limited, done := context.WithTimeout(ctx, roadsWithin)
	defer done()
	way := wayLeft{at: h.Last.Point, near: roads.Near(h.Last.Point)}
	stops := []geo.Point{way.near}
	for _, c := range course {
		stops = append(stops, c.at)
	}
	legs := make([]roads.Question, 0, len(stops))
	for i, to := range stops[1:] {
		legs = append(legs, roads.Question{Vehicle: h.Vehicle, From: []geo.Point{stops[i]}, To: []geo.Point{to}})
	}
	way.Travel, _ = s.roads.Travel(limited, zone.Pace(), legs)
	return way
}

// wayLeft measures the way from where a courier is from the middle of their neighbourhood, until they are close.
type wayLeft struct {
	dispatch.Travel
	at, near geo.Point
}

// closeMetres is from where on a neighbourhood is too coarse.
const closeMetres = 500

func (w wayLeft) Time(v dispatch.Vehicle, from, to geo.Point) time.Duration {
	if from == w.at && geo.Metres(from, to) > closeMetres {
		from = w.near
	}
	return w.Travel.Time(v, from, to)
}
