package dispatcher

import (
	"context"
	"slices"

	"housecall/internal/delivery"
	"housecall/internal/dispatch"
	"housecall/internal/geo"
	"housecall/internal/roads"
)

// travel is how couriers move in this plan: by road where a server tells, else by distance, at the day's pace.
func (z *zone) travel(ctx context.Context, pace float64, jobs []dispatch.Job, shifts []*delivery.Shift, counters int) dispatch.Travel {
	travel, err := z.d.Roads.Travel(ctx, pace, questions(jobs, shifts, counters > 1))
	z.failed(ctx, "travel times by road not known", err)
	return travel
}

// mostAcross is up to how many doors each is asked about with each: beyond, ways across are by distance.
const mostAcross = 100

// questions are the ways that a plan is going to look at: from where couriers are to the counters, from each
// counter to its doors, between those doors, and back from doors to counters; where a ride is over several counters
// also between them, and from each place to each door.
func questions(jobs []dispatch.Job, shifts []*delivery.Shift, several bool) []roads.Question {
	var counters, doors, aboard []geo.Point
	ofCounter := map[geo.Point][]geo.Point{}
	for _, j := range jobs {
		counters, doors = append(counters, j.Pharmacy), append(doors, j.Door)
		ofCounter[j.Pharmacy] = append(ofCounter[j.Pharmacy], j.Door)
		if j.Stage == dispatch.Aboard {
			aboard = append(aboard, j.Door)
		}
	}
	counters, doors = roads.Distinct(counters), roads.Distinct(doors)
	couriers := make(map[dispatch.Vehicle][]geo.Point, len(dispatch.Vehicles))
	for _, h := range shifts {
		couriers[h.Vehicle] = append(couriers[h.Vehicle], h.Last.Point)
	}
	var out []roads.Question
	for _, v := range dispatch.Vehicles {
		if len(couriers[v]) == 0 {
			continue
		}
		out = append(out, roads.Question{Vehicle: v, From: roads.Distinct(couriers[v]), To: roads.Distinct(slices.Concat(counters, aboard))})
		if several && len(doors) <= mostAcross {
			all := roads.Distinct(slices.Concat(counters, doors))
			out = append(out, roads.Question{Vehicle: v, From: all, To: all})
			continue
		}
		out = append(out, roads.Question{Vehicle: v, From: doors, To: counters})
		for _, c := range counters {
			own := roads.Distinct(ofCounter[c])
			out = append(out, roads.Question{Vehicle: v, From: append([]geo.Point{c}, own...), To: own})
		}
	}
	return out
}
