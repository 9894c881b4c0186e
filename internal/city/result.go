package city

import (
	"slices"
	"time"

	"housecall/internal/dispatch"
	"housecall/internal/geo"
	"housecall/internal/promise"
)

// Result is what came of a simulation.
type Result struct {
	Orders      int     `json:"orders"`
	Delivered   int     `json:"delivered"`
	OnTime      float64 `json:"on_time"`    // share of all orders that were there within the promise
	IdealTime   float64 `json:"ideal_time"` // the same with a courier at the counter the minute it is ready
	OfIdeal     float64 `json:"of_ideal"`
	Median      float64 `json:"median_minutes"`
	P90         float64 `json:"p90_minutes"`
	IdealMedian float64 `json:"ideal_median_minutes"`
	IdealP90    float64 `json:"ideal_p90_minutes"`
	Slack       float64 `json:"slack_minutes"` // left at the door, the median
	Declines    float64 `json:"declines"`      // offers refused or not answered, an order
	Km          float64 `json:"km_an_order"`
	Cost        float64 `json:"cost_an_order"`
	Idle        float64 `json:"idle_share"` // of the couriers' time with nothing in hand
	Foreseen    float64 `json:"late_foreseen"`
	Rematches   int     `json:"rematches"`
	Bundled     float64 `json:"bundled_share"`
	DecisionP50 float64 `json:"decision_ms_median"`
	DecisionP99 float64 `json:"decision_ms_p99"`
	DecisionMax float64 `json:"decision_ms_worst"`
	Plans       int     `json:"plans"`
	// Held is how often the bound that the patient was told held, for each third of each day.
	Held [][3]Share `json:"bound_held"`

	All       []*Order   `json:"-"`
	Film      *Film      `json:"-"`
	Learned   *Knowledge `json:"-"`
	Horizon   time.Time  `json:"-"`
	Beginning time.Time  `json:"-"`
}

// Share is so many of so many.
type Share struct {
	Of   int `json:"of"`
	Good int `json:"good"`
}

// Percent is the share in hundredths.
func (s Share) Percent() float64 {
	if s.Of == 0 {
		return 0
	}
	return 100 * float64(s.Good) / float64(s.Of)
}

// Plus adds two shares.
func (s Share) Plus(t Share) Share { return Share{s.Of + t.Of, s.Good + t.Good} }

func (s *sim) result() *Result {
	r := &Result{
		Orders: len(s.orders), All: s.orders, Film: s.film, Learned: s.book, Beginning: begin,
		Horizon: begin.Add(time.Duration(s.Hours) * time.Hour), Rematches: s.words["rematch"], Plans: len(s.took),
	}
	var took, ideal, slack []float64
	var onTime, idealTime, late, foreseen, declines, bundled int
	r.Held = make([][3]Share, (s.Hours+23)/24)
	for _, o := range s.orders {
		declines += o.Declines
		ideal = append(ideal, o.Ideal.Minutes())
		if o.Ideal <= Promised && o.Ideal > 0 && !o.wrong {
			idealTime++
		}
		if o.bundled {
			bundled++
		}
		r.hold(o)
		if o.Delivered {
			r.Delivered++
			took = append(took, o.Took().Minutes())
			slack = append(slack, (Promised - o.Took()).Minutes())
		}
		if o.InTime() {
			onTime++
			continue
		}
		late++
		if o.riskSeen {
			foreseen++
		}
	}
	n := float64(max(1, len(s.orders)))
	r.OnTime, r.IdealTime = float64(onTime)/n, float64(idealTime)/n
	r.OfIdeal = r.OnTime / max(r.IdealTime, 1e-9)
	r.Median, r.P90, r.Slack = quantile(took, 0.5), quantile(took, 0.9), quantile(slack, 0.5)
	r.IdealMedian, r.IdealP90 = quantile(ideal, 0.5), quantile(ideal, 0.9)
	r.Declines, r.Bundled = float64(declines)/n, float64(bundled)/n
	r.Foreseen = float64(foreseen) / float64(max(1, late))
	s.effort(r)
	return r
}

// effort is what it took: ways, pay, idle time, thinking.
func (s *sim) effort(r *Result) {
	hours := float64(s.Hours)
	var km, pay, busy float64
	for _, c := range s.couriers {
		km += c.metres / 1000
		pay += max(payJob*float64(c.done), payHour*hours)
		busy += c.busy.Hours()
	}
	done := float64(max(1, r.Delivered))
	r.Km, r.Cost = km/done, pay/done
	if len(s.couriers) > 0 {
		r.Idle = max(0, 1-busy/(hours*float64(len(s.couriers))))
	}
	var ms []float64
	for _, d := range s.took {
		ms = append(ms, float64(d.Microseconds())/1000)
	}
	r.DecisionP50, r.DecisionP99, r.DecisionMax = quantile(ms, 0.5), quantile(ms, 0.99), quantile(ms, 1)
}

// hold notes whether the bound that was told held.
func (r *Result) hold(o *Order) {
	day := int(o.Placed.Sub(begin) / (24 * time.Hour))
	third := &r.Held[day][o.Placed.Hour()/8]
	third.Of++
	if o.Delivered && o.Took() <= o.Told.P90 {
		third.Good++
	}
}

// HeldBy is how often the bound held in each third of the days, from a day on.
func (r *Result) HeldBy(from int) [3]Share {
	var all [3]Share
	for _, day := range r.Held[min(from, len(r.Held)):] {
		for i, s := range day {
			all[i] = all[i].Plus(s)
		}
	}
	return all
}

// Took is how long an order took from placing to the hand.
func (o *Order) Took() time.Duration { return o.Ended.Sub(o.Placed) }

// InTime tells whether the promise was kept.
func (o *Order) InTime() bool { return o.Delivered && o.Took() <= Promised }

// quantile is the value that a share of all are not above; 0 of none.
func quantile(x []float64, share float64) float64 {
	if len(x) == 0 {
		return 0
	}
	slices.Sort(x)
	return x[min(len(x)-1, int(share*float64(len(x))))]
}

// watch looks which promises are in danger, by the arithmetic of the product's clock.
func (s *sim) watch() {
	for o := range s.live {
		if o.riskSeen {
			continue
		}
		b := promise.Budgets{Review: reviewBudget, Pack: packBudget, Ride: dispatch.Arrival(begin, 0,
			s.travel().Time(dispatch.Scooter, s.pharmacies[o.Pharmacy].at, o.Home), begin).Sub(begin)}
		stage, since := o.part()
		o.riskSeen = b.Slack(s.now, o.Placed.Add(Promised), stage, since) < promise.Risk
	}
}

// part is where an order is in its promise, and since when.
func (o *Order) part() (promise.Stage, time.Time) {
	switch {
	case !o.Collected.IsZero():
		return promise.Ride, o.Collected
	case !o.Ready.IsZero():
		return promise.Collect, o.Ready
	case !o.Accepted.IsZero():
		return promise.Pack, o.Accepted
	}
	return promise.Review, o.Placed
}

// Film is where everybody was, now and then.
type Film struct {
	Every      time.Duration
	Pharmacies [][2]int // metres east and north of the corner
	Frames     []Frame
}

// Frame is one moment: for each courier where they are and what they do.
type Frame struct {
	At       time.Time
	Couriers [][3]int // east, north, state
	Open     int      // jobs without a courier
	Free     int
}

const mostFrames = 3000

func newFilm(s *sim) *Film {
	f := &Film{Every: max(20*time.Second, time.Duration(s.Hours)*time.Hour/mostFrames).Truncate(time.Second)}
	for _, p := range s.pharmacies {
		f.Pharmacies = append(f.Pharmacies, spot(p.at))
	}
	return f
}

func spot(p geo.Point) [2]int {
	east, north := metres(p)
	return [2]int{int(east), int(north)}
}

func (s *sim) frame() {
	f := Frame{At: s.now}
	for _, c := range s.couriers {
		at := spot(c.at())
		f.Couriers = append(f.Couriers, [3]int{at[0], at[1], int(c.state)})
		if c.free() {
			f.Free++
		}
	}
	for o := range s.open {
		if o.stage == open {
			f.Open++
		}
	}
	s.film.Frames = append(s.film.Frames, f)
	if s.now.Sub(begin) < time.Duration(s.Hours)*time.Hour {
		s.after(s.film.Every, s.frame)
	}
}
