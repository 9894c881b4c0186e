package delivery

import (
	"context"
	"time"

	"housecall/internal/dispatch"
	"housecall/internal/geo"
	"housecall/internal/roads"
)

// arrival is when the bag is in a hand, from where the courier was seen last: after the doors that come
// before this one.
func arrival(j *Job, h *Shift, held []*Job, travel dispatch.Travel, now time.Time) time.Time {
	way := func(from, to geo.Point) time.Duration { return travel.Time(h.Vehicle, from, to) }
	counter := time.Duration(0)
	if j.State == Accepted {
		counter = way(h.Last.Point, j.PharmacyAt)
	}
	if j.State == Accepted || j.State == AtPharmacy {
		return dispatch.Arrival(now, counter, way(j.PharmacyAt, j.Door.Point), j.Expected(now))
	}
	at, from := now, h.Last.Point
	for _, before := range held {
		if before.State != Collected && before.State != AtDoor {
			continue
		}
		if before.State == Collected {
			at = at.Add(way(from, before.Door.Point))
		}
		at, from = at.Add(dispatch.DoorTime()), before.Door.Point
		if before.ID == j.ID {
			break
		}
	}
	return at
}

// roadsWithin is how long one who looks is kept waiting for a way by road.
const roadsWithin = 500 * time.Millisecond

// travel is how the courier moves on the way that is left, by road where that is known. Nobody is refused a
// look because a server of travel times is silent: then it is by distance.
func (s *Service) travel(ctx context.Context, zone *Zone, j *Job, h *Shift, held []*Job) dispatch.Travel {
	limited, done := context.WithTimeout(ctx, roadsWithin)
	defer done()
	way := wayLeft{at: h.Last.Point, near: roads.Near(h.Last.Point)}
	stops := []geo.Point{way.near}
	if j.State == Accepted || j.State == AtPharmacy {
		stops = append(stops, j.PharmacyAt)
	} else {
		for _, before := range held {
			if before.State == Collected {
				stops = append(stops, before.Door.Point)
			}
		}
	}
	stops = append(stops, j.Door.Point)
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
