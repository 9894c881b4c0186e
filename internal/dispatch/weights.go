package dispatch

// weights are what the search makes small, in minutes. Their values were compared on days resampled from
// the public benchmark's (mdrp.Resample, seeds 1 and 2). Two faults were first seen on the public days
// themselves and then mended on resampled ones: idle couriers sent too far (reach), and couriers not yet
// on shift crowding out others (soonEnough, candidates). So those days are not wholly unseen.
type weights struct {
	candidates   int
	bags         int // on one ride, whatever the vehicle holds
	ruin         int // tasks taken out at once, at the most
	promise      bool
	ctd          float64 // a minute from click to door
	late         float64 // a minute beyond the deadline
	broken       float64 // a deadline missed at all
	risk         float64 // a minute of slack below tight
	tight        float64
	tightSeconds int32
	unserved     float64 // a job that nobody brings
	brokenBundle float64
	rematch      float64 // taking a job from who goes for it
	busy         float64 // a minute of a courier's time, while more jobs wait than couriers are free
	pay          float64 // a delivery for a courier below the guarantee, taken off
	idle         float64 // an hour of idling, taken off
	ending       float64 // a route of a courier whose shift ends within two hours, taken off in part
	heat         float64 // how much dearer a step of the search may be at first
	restless     float64 // minutes of way below which nobody is prepositioned
	reach        float64 // minutes of way above which neither
	rest         float64 // minutes idle before anybody is
	spread       float64 // minutes over which demand is felt
}

func weightsOf(o Objective) weights {
	if o == ClickToDoor {
		return clickToDoor
	}
	return promised
}

var clickToDoor = weights{
	candidates: 60, bags: maxBundle, ruin: 6, ctd: 1, late: 0.4, unserved: 200, pay: 2, heat: 0.3, restless: 3, reach: 5, rest: 10, spread: 3,
}

// promised moves idle couriers sooner and farther: on their way to wait somewhere they can be offered a job at
// any moment, which under the benchmark's rules they can't.
var promised = weights{
	candidates: 60, bags: MostBags, ruin: 6, promise: true, ctd: 0.25, late: 3, broken: 20, risk: 1.5, tight: 5, tightSeconds: 300,
	unserved: 400, brokenBundle: 5000, busy: 0.6, rematch: 2, pay: 0.5, idle: 1, restless: 2, reach: 20, rest: 1, spread: 3,
}

// arrival is what a bag in the patient's hand at that second costs.
func (w *weights) arrival(at int32, t *task) float64 {
	cost := w.ctd * float64(at-t.placed) * (1.0 / 60)
	if at <= t.due-w.tightSeconds {
		return cost
	}
	slack := float64(t.due-at) / 60
	if slack < w.tight && w.risk > 0 {
		cost += w.risk * (w.tight - max(0, slack))
	}
	if slack < 0 {
		cost += w.broken - w.late*slack
	}
	return cost
}

// closing is what a route costs besides its arrivals: the courier's time under way, pay, fairness.
func (p *problem) closing(c *rider, ridden, count int32) float64 {
	k := &p.weights
	cost := k.busy * float64(ridden) / 60
	if c.short > 0 {
		cost -= k.pay * min(float64(count), c.short) * min(2, c.need/1.5)
	}
	if left := float64(c.end-max(0, c.from)) / 60; left < 120 {
		cost -= k.ending * (1 - max(0, left)/120)
	}
	if c.idle > 0 {
		cost -= k.idle * min(1, c.idle/60)
	}
	if c.silent {
		cost += 5
	}
	return cost
}
