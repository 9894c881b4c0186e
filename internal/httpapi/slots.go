package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/consult"
	"housecall/internal/id"
)

// Slots are the routes of times that can be booked, and of the hours that they come from.
func Slots(visits *consult.Service) []Route {
	r := slotRoutes{visits}
	return []Route{
		get("/slots", "slot.list", "List free times of doctors who fit, the earliest first", r.list),
		get("/doctors/{id}/hours", "hours.read", "Read when a doctor can be booked", r.hours),
		put("/doctors/{id}/hours", "hours.set", "Set when one can be booked oneself", r.set),
	}
}

type slotRoutes struct{ visits *consult.Service }

// SlotView is a time that can be booked.
type SlotView struct {
	Doctor id.Account `json:"doctor"`
	Name   string     `json:"name"`
	Start  time.Time  `json:"start"`
	End    time.Time  `json:"end"`
}

type slotsIn struct {
	Specialty    string     `query:"specialty" required:"true" maxLength:"80"`
	Language     string     `query:"language" required:"true" maxLength:"20"`
	Jurisdiction string     `query:"jurisdiction" required:"true" maxLength:"20"`
	Doctor       id.Account `query:"doctor" maxLength:"96"`
	From         time.Time  `query:"from"`
	Until        time.Time  `query:"until" doc:"A week after from, when absent."`
}

func (r slotRoutes) list(ctx context.Context, a access.Actor, in *slotsIn) (*Reply[ListOf[SlotView]], error) {
	free, err := r.visits.Slots(ctx, a, consult.SlotQuery{
		Doctor: in.Doctor, Specialty: in.Specialty, Language: in.Language,
		Jurisdiction: in.Jurisdiction, From: in.From, Until: in.Until,
	})
	if err != nil {
		return nil, err
	}
	return reply(0, ListOf[SlotView]{Items: each(free, func(f consult.Free) SlotView { return SlotView(f) })}), nil
}

// HoursSpan is hours of a weekday, local time.
type HoursSpan struct {
	Day   int    `json:"day" minimum:"0" maximum:"6" doc:"0 is Sunday."`
	From  string `json:"from" maxLength:"5" doc:"On the quarter: 09:00."`
	Until string `json:"until" maxLength:"5"`
}

// HoursException takes the place of the weekly hours on one day.
type HoursException struct {
	On    string `json:"on" maxLength:"10" doc:"2026-12-24."`
	From  string `json:"from,omitempty" maxLength:"5" doc:"Absent: away all day."`
	Until string `json:"until,omitempty" maxLength:"5"`
}

// DoctorHours is when a doctor can be booked.
type DoctorHours struct {
	Name       string           `json:"name" maxLength:"100" doc:"As patients read it."`
	TimeZone   string           `json:"time_zone" maxLength:"60" doc:"IANA."`
	Weekly     []HoursSpan      `json:"weekly" nullable:"false" maxItems:"50"`
	Exceptions []HoursException `json:"exceptions" nullable:"false" maxItems:"400"`
}

func hoursReply(h *consult.Hours, err error) (*Reply[DoctorHours], error) {
	if err != nil {
		return nil, err
	}
	return reply(h.Version, DoctorHours{
		h.Name, h.TimeZone, each(h.Weekly, func(s consult.Span) HoursSpan { return HoursSpan(s) }),
		each(h.Exceptions, func(x consult.Exception) HoursException { return HoursException(x) }),
	}), nil
}

func (r slotRoutes) hours(ctx context.Context, a access.Actor, in *ByID) (*Reply[DoctorHours], error) {
	return hoursReply(r.visits.HoursOf(ctx, a, id.Account(in.ID)))
}

type setHoursIn struct {
	ByID
	Edit
	Body DoctorHours
}

func (r slotRoutes) set(ctx context.Context, a access.Actor, in *setHoursIn) (*Reply[DoctorHours], error) {
	b := in.Body
	return hoursReply(r.visits.SetHours(ctx, a, id.Account(in.ID), in.Version(), consult.Hours{
		Name: b.Name, TimeZone: b.TimeZone,
		Weekly:     each(b.Weekly, func(s HoursSpan) consult.Span { return consult.Span(s) }),
		Exceptions: each(b.Exceptions, func(x HoursException) consult.Exception { return consult.Exception(x) }),
	}))
}
