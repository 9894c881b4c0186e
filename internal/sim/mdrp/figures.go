package mdrp

import (
	"slices"
)

// Figures are those of one instance, as the literature defines them.
type Figures struct {
	Instance         string  `json:"instance"`
	Orders           int     `json:"orders"`
	Delivered        int     `json:"delivered"`
	Undelivered      float64 `json:"undelivered_pct"`
	ClickToDoor      float64 `json:"ctd"`
	ClickToDoorPlus  float64 `json:"ctd_plus"` // an undelivered order counts as Instance.Unserved
	P90              float64 `json:"ctd_p90"`
	Overage          float64 `json:"overage"`
	ReadyToPickup    float64 `json:"ready_to_pickup"`
	Within30         float64 `json:"within30_pct"`
	Within40         float64 `json:"within40_pct"`
	Cost             float64 `json:"cost_per_order"`
	IdealClickToDoor float64 `json:"ideal_courier_bound_ctd"`

	Decisions Decisions `json:"decisions"`
}

// Measure computes the figures of a solution that Check has let pass.
func Measure(in *Instance, s *Solution) Figures {
	f := Figures{Instance: in.Name, Orders: len(in.Orders), Delivered: len(s.Deliveries)}
	ctd := make([]float64, 0, len(s.Deliveries))
	by := map[string]int{}
	for _, d := range s.Deliveries {
		took := float64(d.Dropoff - d.Placed)
		ctd = append(ctd, took)
		f.ClickToDoor += took
		f.Overage += max(0, took-float64(in.Target))
		f.ReadyToPickup += float64(d.Pickup - d.Ready)
		f.Within30 += one(took <= 30)
		f.Within40 += one(took <= 40)
		by[d.Courier]++
	}
	placed, delivered := float64(max(1, f.Orders)), float64(max(1, f.Delivered))
	lost := float64(f.Orders - f.Delivered)
	f.ClickToDoorPlus = (f.ClickToDoor + lost*float64(in.Unserved)) / placed
	f.ClickToDoor /= delivered
	f.Overage /= delivered
	f.ReadyToPickup /= delivered
	f.Undelivered = 100 * lost / placed
	f.Within30 *= 100 / placed
	f.Within40 *= 100 / placed
	for _, c := range in.Couriers {
		f.Cost += max(in.PerOrder*float64(by[c.ID]), in.PerHour*float64(c.Off-c.On)/60)
	}
	f.Cost /= delivered
	f.P90 = percentile(ctd, 0.9)
	for _, o := range in.Orders {
		s := in.Shops[o.Shop]
		f.IdealClickToDoor += float64(o.Ready-o.Placed+in.HalfPick+in.HalfDrop+in.Minutes(s.X, s.Y, o.X, o.Y)) / placed
	}
	return f
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// percentile interpolates between the two nearest values.
func percentile(values []float64, share float64) float64 {
	if len(values) == 0 {
		return 0
	}
	v := slices.Clone(values)
	slices.Sort(v)
	at := share * float64(len(v)-1)
	low := int(at)
	if low+1 == len(v) {
		return v[low]
	}
	return v[low] + (at-float64(low))*(v[low+1]-v[low])
}

// Mean is the mean over instances of each instance's own figure.
func Mean(all []Figures) Figures {
	m := Figures{Instance: "mean"}
	for _, f := range all {
		m.Orders += f.Orders
		m.Delivered += f.Delivered
		m.Undelivered += f.Undelivered
		m.ClickToDoor += f.ClickToDoor
		m.ClickToDoorPlus += f.ClickToDoorPlus
		m.P90 += f.P90
		m.Overage += f.Overage
		m.ReadyToPickup += f.ReadyToPickup
		m.Within30 += f.Within30
		m.Within40 += f.Within40
		m.Cost += f.Cost
		m.IdealClickToDoor += f.IdealClickToDoor
	}
	n := float64(max(1, len(all)))
	for _, x := range []*float64{
		&m.Undelivered, &m.ClickToDoor, &m.ClickToDoorPlus, &m.P90, &m.Overage, &m.ReadyToPickup,
		&m.Within30, &m.Within40, &m.Cost, &m.IdealClickToDoor,
	} {
		*x /= n
	}
	return m
}
