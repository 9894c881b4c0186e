package dispatcher

import (
	"cmp"
	"context"
	"slices"
	"time"

	"housecall/internal/delivery"
	"housecall/internal/dispatch"
	"housecall/internal/geo"
)

// ways remembers travel times by road from plan to plan: doors and pharmacies stay where they are.
type ways struct {
	known map[dispatch.Leg]time.Duration
	quiet time.Time // no question before: the server did not answer
}

const (
	// quietFor is how long a server that did not answer is left alone.
	quietFor = 30 * time.Second
	// mostKnown is how many ways are remembered before all are forgotten.
	mostKnown = 200_000
)

// travel is how couriers move in this plan: by road where a server tells, else by distance, at the day's pace.
func (z *zone) travel(ctx context.Context, pace float64, jobs []dispatch.Job, shifts []*delivery.Shift, now time.Time) dispatch.Travel {
	crow := dispatch.Crow{Pace: pace}
	if z.d.Roads == nil {
		return crow
	}
	if len(z.ways.known) > mostKnown || z.ways.known == nil {
		z.ways.known = map[dispatch.Leg]time.Duration{}
	}
	table := dispatch.Table{Times: z.ways.known, Else: crow, Pace: pace}
	if now.Before(z.ways.quiet) {
		return table
	}
	for _, q := range questions(jobs, shifts) {
		if q = z.ways.unknown(q); len(q.from) == 0 {
			continue
		}
		got, err := z.d.Roads.Table(ctx, q.vehicle, q.from, q.to)
		for leg, took := range got.Times {
			z.ways.known[leg] = took
		}
		if err != nil {
			z.ways.quiet = now.Add(quietFor)
			z.failed(ctx, "travel times by road not known", err)
			break
		}
	}
	return table
}

// question asks for the ways of one vehicle.
type question struct {
	vehicle  dispatch.Vehicle
	from, to []geo.Point
}

// questions are the ways that a plan is going to look at: from where couriers are to the counters, from each
// counter to its doors, between those doors, and back from doors to counters.
func questions(jobs []dispatch.Job, shifts []*delivery.Shift) []question {
	var counters, doors []geo.Point
	ofCounter := map[geo.Point][]geo.Point{}
	for _, j := range jobs {
		counters, doors = append(counters, j.Pharmacy), append(doors, j.Door)
		ofCounter[j.Pharmacy] = append(ofCounter[j.Pharmacy], j.Door)
	}
	counters, doors = distinct(counters), distinct(doors)
	couriers := make(map[dispatch.Vehicle][]geo.Point, len(dispatch.Vehicles))
	for _, h := range shifts {
		couriers[h.Vehicle] = append(couriers[h.Vehicle], h.Last.Point)
	}
	var out []question
	for _, v := range dispatch.Vehicles {
		if len(couriers[v]) == 0 {
			continue
		}
		out = append(out, question{v, distinct(couriers[v]), counters}, question{v, doors, counters})
		for _, c := range counters {
			own := distinct(ofCounter[c])
			out = append(out, question{v, append([]geo.Point{c}, own...), own})
		}
	}
	return out
}

func distinct(points []geo.Point) []geo.Point {
	out := slices.Clone(points)
	slices.SortFunc(out, func(a, b geo.Point) int { return cmp.Or(cmp.Compare(a.Lat, b.Lat), cmp.Compare(a.Lon, b.Lon)) })
	return slices.Compact(out)
}

// unknown leaves of a question the rows and columns of which something is not known yet.
func (w *ways) unknown(q question) question {
	missing := func(from, to geo.Point) bool {
		_, known := w.known[dispatch.Leg{Vehicle: q.vehicle, From: from, To: to}]
		return !known && from != to
	}
	out := question{vehicle: q.vehicle}
	for _, a := range q.from {
		if slices.ContainsFunc(q.to, func(b geo.Point) bool { return missing(a, b) }) {
			out.from = append(out.from, a)
		}
	}
	for _, b := range q.to {
		if slices.ContainsFunc(q.from, func(a geo.Point) bool { return missing(a, b) }) {
			out.to = append(out.to, b)
		}
	}
	return out
}
