package consult

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Hours is when a doctor can be booked; one document for each doctor.
type Hours struct {
	Doctor        id.Account `json:"doctor"`
	docstore.Meta `json:"meta"`
	Name          string      `json:"name"` // as patients read it
	TimeZone      string      `json:"time_zone"`
	Weekly        []Span      `json:"weekly"`
	Exceptions    []Exception `json:"exceptions,omitempty"`
}

// Span is hours of a weekday, local time: From 09:00 until 12:00.
type Span struct {
	Day   int    `json:"day" minimum:"0" maximum:"6" doc:"0 is Sunday."`
	From  string `json:"from"`
	Until string `json:"until"`
}

// Exception takes the place of the weekly hours on one day; without hours, the doctor is away.
type Exception struct {
	On    string `json:"on"` // YYYY-MM-DD
	From  string `json:"from,omitempty"`
	Until string `json:"until,omitempty"`
}

// DocID implements docstore.Document.
func (h *Hours) DocID() string { return string(h.Doctor) }

var hours = docstore.Spec[Hours]{
	Name: "hours",
	Indexes: map[string]func(*Hours) (docstore.Key, bool){
		"all": func(h *Hours) (docstore.Key, bool) { return docstore.Key{Equal: "all", Order: string(h.Doctor)}, true },
	},
}

// starts lists every slot between two moments, taken or not.
func (h *Hours) starts(from, until time.Time) []time.Time {
	zone, err := time.LoadLocation(h.TimeZone)
	if err != nil {
		return nil
	}
	var out []time.Time
	first := from.In(zone)
	for n := -1; ; n++ {
		day := time.Date(first.Year(), first.Month(), first.Day()+n, 0, 0, 0, 0, zone)
		if !day.Before(until) {
			break
		}
		for _, span := range h.on(day) {
			out = append(out, span.starts(day, from, until)...)
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return slices.CompactFunc(out, time.Time.Equal)
}

// on lists the hours of one day.
func (h *Hours) on(day time.Time) []Span {
	var special []Span
	excepted := false
	for _, x := range h.Exceptions {
		if x.On == day.Format(time.DateOnly) {
			excepted = true
			if x.From != "" {
				special = append(special, Span{From: x.From, Until: x.Until})
			}
		}
	}
	if excepted {
		return special
	}
	return slices.DeleteFunc(slices.Clone(h.Weekly), func(s Span) bool { return s.Day != int(day.Weekday()) })
}

// starts walks from the first to the last moment of the span in real time, so that the hour which a
// change of the clocks takes away or gives twice is counted as it is.
func (s Span) starts(day, from, until time.Time) []time.Time {
	var out []time.Time
	end := s.at(day, s.Until)
	for t := s.at(day, s.From).UTC().Truncate(SlotLength); !t.Add(SlotLength).After(end); t = t.Add(SlotLength) {
		if t.Before(s.at(day, s.From)) || t.Before(from) || !t.Before(until) {
			continue
		}
		out = append(out, t)
	}
	return out
}

func (s Span) at(day time.Time, clock string) time.Time {
	if clock == "24:00" {
		return time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, day.Location())
	}
	t, err := time.Parse("15:04", clock)
	if err != nil {
		return day
	}
	return time.Date(day.Year(), day.Month(), day.Day(), t.Hour(), t.Minute(), 0, 0, day.Location())
}

var clockForm = regexp.MustCompile(`^(([01][0-9]|2[0-3]):(00|15|30|45)|24:00)$`)

func (h *Hours) wrong() error {
	if _, err := time.LoadLocation(h.TimeZone); err != nil || h.TimeZone == "" || h.TimeZone == "Local" {
		return invalid("/time_zone", "Choose a time zone such as Europe/Berlin.")
	}
	if n := utf8.RuneCountInString(h.Name); n == 0 || n > 100 {
		return invalid("/name", "Write the name that patients read, of at most 100 characters.")
	}
	if len(h.Weekly) > 50 || len(h.Exceptions) > 400 {
		return invalid("/weekly", "That is more than fits here.")
	}
	for i, s := range h.Weekly {
		if s.Day < 0 || s.Day > 6 || !clockForm.MatchString(s.From) || !clockForm.MatchString(s.Until) || s.From >= s.Until {
			return invalid(fmt.Sprintf("/weekly/%d", i), "Write hours on the quarter, such as 09:00 to 12:30.")
		}
	}
	for i, x := range h.Exceptions {
		_, err := time.Parse(time.DateOnly, x.On)
		away := x.From == "" && x.Until == ""
		if err != nil || (!away && (!clockForm.MatchString(x.From) || !clockForm.MatchString(x.Until) || x.From >= x.Until)) {
			return invalid(fmt.Sprintf("/exceptions/%d", i), "Write a day such as 2026-12-24, and hours on the quarter or none.")
		}
	}
	return nil
}

func invalid(pointer, message string) error { return fault.InvalidField(pointer, message) }

// HoursOf reads when a doctor can be booked. One who never said has none.
func (s *Service) HoursOf(ctx context.Context, a access.Actor, doctor id.Account) (*Hours, error) {
	if err := s.Guard.Check(ctx, a, "hours.read", access.Facts{Record: string(doctor), Owner: doctor}); err != nil {
		return nil, err
	}
	h, err := s.hours.Get(ctx, string(doctor))
	if fault.Is(err, fault.NotFound) {
		return &Hours{Doctor: doctor}, nil
	}
	return h, err
}

// SetHours keeps when a doctor can be booked, by the doctor alone, on the version they saw; 0 is whatever
// stands there, or nothing yet.
// What is booked already stays booked.
func (s *Service) SetHours(ctx context.Context, a access.Actor, doctor id.Account, version int64, h Hours) (*Hours, error) {
	if err := s.Guard.Check(ctx, a, "hours.set", access.Facts{Record: string(doctor), Owner: doctor}); err != nil {
		return nil, err
	}
	if err := h.wrong(); err != nil {
		return nil, err
	}
	set := func(to *Hours) error {
		to.Doctor, to.Name, to.TimeZone, to.Weekly, to.Exceptions = doctor, h.Name, h.TimeZone, h.Weekly, h.Exceptions
		to.Emit(event.Event{Kind: HoursSet, By: string(a.Account), To: []string{string(doctor)}, Data: map[string]string{"doctor": string(doctor)}})
		return nil
	}
	if version == 0 {
		first := &Hours{}
		_ = set(first)
		err := s.hours.Insert(ctx, a.Request, first)
		if !errors.Is(err, docstore.ErrExists) {
			return first, err
		}
	}
	return s.hours.Update(ctx, string(doctor), docstore.On{Request: a.Request, Version: version}, set)
}
