package dispatch

import (
	"time"

	"housecall/internal/geo"
)

// RainPace is the speed in rain against that of a dry day.
const RainPace = 0.75

// Travel tells how long a way takes. It must answer the same for the same question.
type Travel interface {
	Time(v Vehicle, from, to geo.Point) time.Duration
}

// Crow travels by great circle, the vehicle's circuity and its speed; Pace makes every way slower or
// faster (rain: 0.75 of the speed). The zero Pace is 1.
type Crow struct{ Pace float64 }

// Time implements Travel.
func (c Crow) Time(v Vehicle, from, to geo.Point) time.Duration {
	t := Of(v)
	speed := t.Speed
	if c.Pace > 0 {
		speed *= c.Pace
	}
	return time.Duration(geo.Metres(from, to) * t.Circuity / speed * float64(time.Second)).Truncate(time.Millisecond)
}

// Table is travel times measured beforehand, between the points that a plan is going to ask about.
// What it does not hold is answered by Else.
type Table struct {
	Times map[Leg]time.Duration
	Else  Travel  // nil: Crow
	Pace  float64 // makes the measured ways slower or faster, as in Crow; 0 is 1
}

// Leg is a way from one point to another by one vehicle.
type Leg struct {
	Vehicle  Vehicle
	From, To geo.Point
}

// Time implements Travel.
func (t Table) Time(v Vehicle, from, to geo.Point) time.Duration {
	if d, ok := t.Times[Leg{v, from, to}]; ok {
		if t.Pace > 0 {
			d = time.Duration(float64(d) / t.Pace).Truncate(time.Millisecond)
		}
		return d
	}
	if from == to {
		return 0
	}
	if t.Else == nil {
		return Crow{}.Time(v, from, to)
	}
	return t.Else.Time(v, from, to)
}
