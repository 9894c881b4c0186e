package dispatcher

import (
	"context"

	"housecall/internal/delivery"
	"housecall/internal/dispatch"
	"housecall/internal/geo"
	"housecall/internal/roads"
)

// travel is how couriers move in this plan: by road where a server tells, else by distance, at the day's pace.
func (z *zone) travel(ctx context.Context, pace float64, jobs []dispatch.Job, shifts []*delivery.Shift) dispatch.Travel {
	travel, err := z.d.Roads.Travel(ctx, pace, questions(jobs, shifts))
	z.failed(ctx, "travel times by road not known", err)
	return travel
}

// questions are the ways that a plan is going to look at: from where couriers are to the counters, from each
// counter to its doors, between those doors, and back from doors to counters.
func questions(jobs []dispatch.Job, shifts []*delivery.Shift) []roads.Question {
	var counters, doors []geo.Point
	ofCounter := map[geo.Point][]geo.Point{}
	for _, j := range jobs {
		counters, doors = append(counters, j.Pharmacy), append(doors, j.Door)
		ofCounter[j.Pharmacy] = append(ofCounter[j.Pharmacy], j.Door)
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
		out = append(out, roads.Question{Vehicle: v, From: roads.Distinct(couriers[v]), To: counters}, roads.Question{Vehicle: v, From: doors, To: counters})
		for _, c := range counters {
			own := roads.Distinct(ofCounter[c])
			out = append(out, roads.Question{Vehicle: v, From: append([]geo.Point{c}, own...), To: own})
		}
	}
	return out
}
