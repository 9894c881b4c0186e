package consult

import (
	"math"
	"slices"
	"time"
)

// pace is how long visits take: mean and spread in seconds, and how many it was measured on.
type pace struct {
	mean, sd float64
	n        int
}

// What is usual before anything has been measured: ten minutes, give or take five, worth as much as
// four visits. Each visit measured takes weight from it.
const (
	usualMean   = 600.0
	usualSD     = 300.0
	usualWeight = 4.0
)

func paceOf(took []time.Duration) pace {
	sum, squares := usualMean*usualWeight, (usualSD*usualSD+usualMean*usualMean)*usualWeight
	for _, d := range took {
		seconds := d.Seconds()
		sum += seconds
		squares += seconds * seconds
	}
	n := usualWeight + float64(len(took))
	mean := sum / n
	return pace{mean: mean, sd: math.Sqrt(math.Max(squares/n-mean*mean, 0)), n: len(took)}
}

// server is a doctor on duty: when they are free (seconds from now), and how many visits of uncertain
// length lie before that.
type server struct {
	standing Standing
	doctor   string
	free     float64
	jobs     int
}

// simulate sees everybody ahead in turn, each by the first doctor free who may see them, and answers
// when the turn of v comes. The error grows with the visits that lie in between and with how little
// has been measured.
func simulate(v *Visit, line []*Visit, on []*Duty, busy []*Visit, p pace, now time.Time) Wait {
	w := Wait{Position: 1, Measured: p.n}
	doctors := make([]*server, 0, len(on))
	for _, d := range on {
		doctors = append(doctors, &server{standing: d.Standing, doctor: string(d.Doctor)})
		if d.Standing.fits(v) {
			w.Doctors++
		}
	}
	for _, b := range busy {
		for _, d := range doctors {
			if d.doctor == string(b.Doctor) && b.AdmittedAt != nil {
				d.free, d.jobs = math.Max(p.mean-now.Sub(*b.AdmittedAt).Seconds(), p.mean/4), 1
			}
		}
	}
	for _, other := range line {
		if other.ID == v.ID || (v.State == Waiting && other.rank() > v.rank()) {
			break
		}
		if other.Away {
			continue
		}
		if other.Language == v.Language && other.licence() == v.licence() {
			w.Position++
		}
		if d := first(doctors, other); d != nil {
			d.free += p.mean
			d.jobs++
		}
	}
	mine := first(doctors, v)
	if mine == nil {
		return w
	}
	w.Known = true
	jobs := float64(mine.jobs)
	spread := 1.645 * p.sd * math.Sqrt(jobs+jobs*jobs/(usualWeight+float64(p.n)))
	w.Median, w.Low, w.High = seconds(mine.free), seconds(math.Max(mine.free-spread, 0)), seconds(mine.free+spread)
	return w
}

// first is the doctor who is free first among those who may see v.
func first(doctors []*server, v *Visit) *server {
	var fit []*server
	for _, d := range doctors {
		if d.standing.fits(v) && (v.Doctor == "" || string(v.Doctor) == d.doctor) {
			fit = append(fit, d)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return slices.MinFunc(fit, func(a, b *server) int { return int(a.free - b.free) })
}

func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(time.Second)
}
