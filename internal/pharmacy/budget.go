package pharmacy

import (
	"time"

	"housecall/internal/event"
)

// doctorPause is how long, over all questions of a fill, a doctor's answer may hold the pharmacy's
// budget up. Then the pharmacist decides with what is known.
const doctorPause = 6 * time.Minute

// patientPause is how long a proposal waits for the patient before it lapses. The order asks them and
// closes its question sooner; this is the net below, so that no bag stands on the counter for ever.
const patientPause = 12 * time.Minute

// leastLeft is what a pharmacist has at least after an answer came.
const leastLeft = time.Minute

// budget starts the clock of the present stage. What goes by appointment has until its courier leaves, less
// what is to be done after this stage: nobody is hurried for a bag that then waits.
func (f *Fill) budget(from time.Time, d time.Duration) {
	f.Began, f.PausedFor = from, 0
	f.Deadline = from.Add(d)
	if f.Slot != nil {
		latest := f.Slot.Leaves
		if f.State != Preparing {
			latest = latest.Add(-f.PackTime)
		}
		if latest.After(f.Deadline) {
			f.Deadline = latest
		}
	}
	f.SetTimer(f.stageTimer(), f.Deadline)
}

func (f *Fill) stageTimer() event.Kind {
	if f.State == Preparing {
		return TimerPackOverdue
	}
	return TimerReviewOverdue
}

// pause stops the budget while somebody owes an answer, until then at most.
func (f *Fill) pause(now time.Time, owes string, until time.Time) {
	f.Left = max(f.Deadline.Sub(now), leastLeft)
	f.Paused = &Waiting{Owes: owes, Since: now, Until: until}
	f.Deadline = until.Add(f.Left)
	f.ClearTimer(f.stageTimer())
}

// resume lets the budget run on with what was left of it.
func (f *Fill) resume(now time.Time) {
	if f.Paused == nil {
		return
	}
	waited := now.Sub(f.Paused.Since)
	f.PausedFor += waited
	if f.Paused.Owes == owesDoctor {
		f.DocPaused += waited
	}
	f.Paused = nil
	f.Deadline = now.Add(f.Left)
	f.Left = 0
	f.SetTimer(f.stageTimer(), f.Deadline)
}

// spent is how long the present stage took, without the time that others owed.
func (f *Fill) spent(now time.Time) time.Duration { return max(now.Sub(f.Began)-f.PausedFor, 0) }
