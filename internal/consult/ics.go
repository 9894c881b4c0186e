package consult

import (
	"context"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/id"
)

// Calendar answers a booked visit as a calendar file (RFC 5545), to keep in any calendar. It says no
// more than that there is a visit: calendars are read by others.
func (s *Service) Calendar(ctx context.Context, a access.Actor, visit id.Visit) (string, error) {
	v, err := s.Visit(ctx, a, visit)
	if err != nil {
		return "", err
	}
	if v.StartsAt == nil {
		return "", conflict("not-booked", "This visit has no time.")
	}
	status := "CONFIRMED"
	if v.State == IsCancelled {
		status = "CANCELLED"
	}
	lines := []string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//housecall//visits//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
		"BEGIN:VEVENT", "UID:" + string(v.ID) + "@housecall", "DTSTAMP:" + ical(v.UpdatedAt),
		"DTSTART:" + ical(*v.StartsAt), "DTEND:" + ical(*v.EndsAt), "SUMMARY:housecall", "STATUS:" + status, "CLASS:PRIVATE",
		"BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:housecall", "TRIGGER:-PT15M", "END:VALARM",
		"END:VEVENT", "END:VCALENDAR", "",
	}
	return strings.Join(lines, "\r\n"), nil
}

func ical(t time.Time) string { return t.UTC().Format("20060102T150405Z") }
