package pharmacy

import (
	"fmt"
	"time"
	_ "time/tzdata" // opening hours must not depend on what the machine has installed

	"housecall/internal/fault"
)

// Timetable is when the counter is open, in the pharmacy's own time zone. A holiday takes the place
// of its weekday. No hours at all means closed.
type Timetable struct {
	Hours    []Opening `json:"hours,omitempty" maxItems:"28"`
	Holidays []Holiday `json:"holidays,omitempty" maxItems:"200"`
}

// Opening is one stretch of a weekday. Until 24:00 goes to midnight; a stretch over midnight is two.
type Opening struct {
	Day   int    `json:"day" minimum:"0" maximum:"6" doc:"0 is Sunday."`
	From  string `json:"from" doc:"08:00"`
	Until string `json:"until" doc:"22:00, at most 24:00"`
}

// Holiday is a day with other hours; without From it is closed.
type Holiday struct {
	Date  string `json:"date" doc:"2026-12-25"`
	From  string `json:"from,omitempty"`
	Until string `json:"until,omitempty"`
}

// AllDay is a timetable that never closes.
func AllDay() Timetable {
	var t Timetable
	for day := range 7 {
		t.Hours = append(t.Hours, Opening{day, "00:00", "24:00"})
	}
	return t
}

// lookAhead is how many days are searched for the next opening.
const lookAhead = 15

// OpensAt is the first moment from now on at which the pharmacy is open and not paused: now itself
// when it is. False when it does not open within two weeks.
func (p *Pharmacy) OpensAt(now time.Time) (time.Time, bool) {
	from := now
	if p.Pause != nil && p.Pause.Until.After(now) {
		from = p.Pause.Until
	}
	where, err := time.LoadLocation(p.TimeZone)
	if err != nil {
		return time.Time{}, false // a zone that this machine does not know: never quoted rather than wrong
	}
	local := from.In(where)
	for ahead := range lookAhead {
		day := time.Date(local.Year(), local.Month(), local.Day()+ahead, 0, 0, 0, 0, where)
		var first time.Time
		for _, o := range p.on(day) {
			opens, closes := at(day, o.From), at(day, o.Until)
			if !from.Before(closes) {
				continue
			}
			if opens.Before(from) {
				opens = from
			}
			if first.IsZero() || opens.Before(first) {
				first = opens
			}
		}
		if !first.IsZero() {
			return first.UTC(), true
		}
	}
	return time.Time{}, false
}

// openAt tells whether the counter is open at a moment.
func (p *Pharmacy) openAt(t time.Time) bool {
	opens, known := p.OpensAt(t)
	return known && opens.Equal(t)
}

// on lists the stretches of a day.
func (t Timetable) on(day time.Time) []Opening {
	date := day.Format(time.DateOnly)
	var out []Opening
	for _, h := range t.Holidays {
		if h.Date != date {
			continue
		}
		if h.From != "" {
			return []Opening{{int(day.Weekday()), h.From, h.Until}}
		}
		return nil
	}
	for _, o := range t.Hours {
		if o.Day == int(day.Weekday()) {
			out = append(out, o)
		}
	}
	return out
}

// at is a time of the wall clock on a day, also on the days when clocks change.
func at(day time.Time, hhmm string) time.Time {
	minutes, _ := minutesOf(hhmm)
	return time.Date(day.Year(), day.Month(), day.Day(), minutes/60, minutes%60, 0, 0, day.Location())
}

func minutesOf(hhmm string) (int, bool) {
	if hhmm == "24:00" {
		return 24 * 60, true
	}
	t, err := time.Parse("15:04", hhmm)
	return t.Hour()*60 + t.Minute(), err == nil && len(hhmm) == 5
}

// check lists all that is wrong with a timetable.
func (t Timetable) check() error {
	bad := fault.New(fault.Invalid, "Some opening hours need another look.")
	for i, o := range t.Hours {
		if o.Day < 0 || o.Day > 6 || !stretch(o.From, o.Until) {
			bad = bad.With(fmt.Sprintf("/hours/%d", i), "Give a day from 0 (Sunday) to 6 and times like 08:00 to 22:00.")
		}
	}
	for i, h := range t.Holidays {
		_, err := time.Parse(time.DateOnly, h.Date)
		if err != nil || (h.From+h.Until != "" && !stretch(h.From, h.Until)) {
			bad = bad.With(fmt.Sprintf("/holidays/%d", i), "Give a date like 2026-12-25, and no times or both.")
		}
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

func stretch(from, until string) bool {
	a, okA := minutesOf(from)
	b, okB := minutesOf(until)
	return okA && okB && a < b
}
