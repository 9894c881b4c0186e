package dispatcher

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"housecall/internal/dispatch"
	"housecall/internal/geo"
	"housecall/internal/id"
)

// demand is what was ordered of late at each pharmacy, so that couriers with nothing to do wait where the
// next job is likely.
type demand struct {
	at    map[id.Pharmacy]geo.Point
	jobs  map[id.Pharmacy]float64 // half of it is forgotten within halfLife
	seen  map[id.Job]time.Time
	faded time.Time
}

const halfLife = 40 * time.Minute

// see counts jobs, each once.
func (d *demand) see(jobs []dispatch.Job, now time.Time) {
	if d.seen == nil {
		d.at, d.jobs, d.seen = map[id.Pharmacy]geo.Point{}, map[id.Pharmacy]float64{}, map[id.Job]time.Time{}
	}
	d.fade(now)
	for _, j := range jobs {
		if _, known := d.seen[j.ID]; !known {
			d.jobs[j.From]++
		}
		d.seen[j.ID], d.at[j.From] = now, j.Pharmacy
	}
	maps.DeleteFunc(d.seen, func(_ id.Job, last time.Time) bool { return now.Sub(last) > 24*time.Hour })
}

func (d *demand) fade(now time.Time) {
	left := math.Exp2(-float64(now.Sub(d.faded)) / float64(halfLife))
	if d.faded.IsZero() || left > 1 {
		left = 1
	}
	d.faded = now
	for ph := range d.jobs {
		d.jobs[ph] *= left
	}
}

// places are the pharmacies where something was ordered of late.
func (d *demand) places(now time.Time) []dispatch.Place {
	d.fade(now)
	var out []dispatch.Place
	for ph, n := range d.jobs {
		if n > 0.05 {
			out = append(out, dispatch.Place{ID: ph, At: d.at[ph], Demand: n})
		}
	}
	slices.SortFunc(out, func(a, b dispatch.Place) int { return cmp.Compare(a.ID, b.ID) })
	return out
}
