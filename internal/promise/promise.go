// Package promise is the arithmetic of the thirty minutes: what a stage may take, when the bag will be
// at the door if every stage that is left takes no more, and how much time is then to spare. Orders,
// the runtime of couriers and the simulated city all count with it.
package promise

import "time"

// Risk is the slack below which a promise is in danger.
const Risk = 4 * time.Minute

// Stage is how far an order is on its way, in the steps that the promise is divided into.
type Stage int

// The stages, in the order of life.
const (
	Review  Stage = iota // the pharmacist has not said yes
	Pack                 // the bag is not ready
	Collect              // the bag waits for a courier
	Ride                 // the courier has it
	Done
)

// Budgets are what each stage may take. Ride is from the courier's arrival at the counter to the
// patient's hand: the hand-overs at both ends and the way between them.
type Budgets struct {
	Review time.Duration `json:"review"`
	Pack   time.Duration `json:"pack"`
	Ride   time.Duration `json:"ride"`
}

// of is what a stage may take by itself. A courier is sent before the bag is ready, so that waiting
// for one has no time of its own.
func (b Budgets) of(s Stage) time.Duration {
	switch s {
	case Review:
		return b.Review
	case Pack:
		return b.Pack
	case Ride:
		return b.Ride
	case Collect, Done:
	}
	return 0
}

// After is what the stages after this one may take together.
func (b Budgets) After(s Stage) time.Duration {
	var sum time.Duration
	for next := s + 1; next < Done; next++ {
		sum += b.of(next)
	}
	return sum
}

// Arrival is when the bag is in the patient's hand if the present stage, which began at a moment, and
// all after it take no more than their budget. A stage that has overrun is taken to end now.
func (b Budgets) Arrival(now time.Time, s Stage, since time.Time) time.Time {
	end := since.Add(b.of(s))
	if end.Before(now) {
		end = now
	}
	return end.Add(b.After(s))
}

// Slack is how much time there is to spare at now before the promise can't be kept any more.
func (b Budgets) Slack(now, due time.Time, s Stage, since time.Time) time.Duration {
	return due.Sub(b.Arrival(now, s, since))
}

// RiskAt is when slack falls below Risk if the present stage does not end before; no sooner than the
// stage began.
func (b Budgets) RiskAt(due time.Time, s Stage, since time.Time) time.Time {
	at := due.Add(-Risk - b.After(s))
	if first := since.Add(b.of(s)); at.Before(first) {
		return since // its own budget is more than there is: in danger from the start
	}
	return at
}
