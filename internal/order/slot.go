package order

import "time"

func (s *Slot) begins() time.Time {
	if s == nil {
		return time.Time{}
	}
	return s.Begins
}

// Waits tells whether the order is paid and waits for its slot: no pharmacy has seen it yet.
func (o *Order) Waits() bool {
	for _, t := range o.Timers {
		if t.Kind == TimerSlot {
			return true
		}
	}
	return false
}

// RideFrom is when a courier may leave the counter with a bag that is ready at a moment.
func (o *Order) RideFrom(ready time.Time) time.Time {
	if o.Slot == nil {
		return ready
	}
	return later(ready, o.Slot.Leaves)
}

// WorkFrom is when the work on the order began or begins: with its payment, or in time for its slot.
func (o *Order) WorkFrom() time.Time { return later(o.Promise.Started, o.Slot.begins()) }

// startSlot starts the clock of an order that comes by appointment: the end of the slot is what is promised.
func (o *Order) startSlot(now time.Time) {
	o.Promise = Promise{Started: now, For: o.Slot.Until.Sub(now), Due: o.Slot.Until}
	if o.Slot.Begins.After(now) {
		o.SetTimer(TimerSlot, o.Slot.Begins)
	}
	o.watchClock()
}
