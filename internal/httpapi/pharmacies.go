package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/id"
	"housecall/internal/pharmacy"
)

// Pharmacies are the routes of pharmacies themselves.
func Pharmacies(pharmacies *pharmacy.Service, clk clock.Clock) []Route {
	r := pharmacyRoutes{pharmacies, clk}
	return []Route{
		get("/pharmacies", "pharmacy.list", "List pharmacies by name", r.list),
		post("/pharmacies", "pharmacy.create", "Open a pharmacy", r.create).created(),
		get("/pharmacies/{id}", "pharmacy.read", "Read a pharmacy", r.read),
		put("/pharmacies/{id}", "pharmacy.edit", "Change a pharmacy", r.edit),
		put("/pharmacies/{id}/timetable", "pharmacy.hours", "Change opening hours and holidays", r.timetable),
		post("/pharmacies/{id}/pause", "pharmacy.pause", "Take nothing new for a while", r.pause),
		post("/pharmacies/{id}/resume", "pharmacy.pause", "End a pause", r.resume),
		get("/pharmacies/{id}/staff", "pharmacy.employ", "List who works at a pharmacy", r.staff),
		post("/pharmacies/{id}/staff", "pharmacy.employ", "Note who works at a pharmacy", r.employ),
		del("/pharmacies/{id}/staff/{account}", "pharmacy.employ", "Take somebody off a pharmacy's list", r.dismiss),
	}
}

type pharmacyRoutes struct {
	pharmacies *pharmacy.Service
	clock      clock.Clock
}

// PharmacyProfile is what an operator says of a pharmacy.
type PharmacyProfile pharmacy.Profile

// PharmacyHours is when the counter is open, in the pharmacy's own time zone.
type PharmacyHours pharmacy.Timetable

// PharmacyEmployee is an account that works at a pharmacy.
type PharmacyEmployee pharmacy.Staff

// PharmacyView is a pharmacy as everybody sees it.
type PharmacyView struct {
	ID id.Pharmacy `json:"id"`
	PharmacyProfile
	PharmacyHours
	Open        bool       `json:"open" doc:"Open at this moment and not paused."`
	OpensAt     *time.Time `json:"opens_at,omitempty" doc:"When it opens next, now if it is open; absent when not within two weeks."`
	PausedUntil *time.Time `json:"paused_until,omitempty"`
	PauseReason string     `json:"pause_reason,omitempty"`
}

func (r pharmacyRoutes) view(p *pharmacy.Pharmacy) PharmacyView {
	now := r.clock.Now()
	v := PharmacyView{ID: p.ID, PharmacyProfile: PharmacyProfile(p.Profile), PharmacyHours: PharmacyHours(p.Timetable)}
	if at, ok := p.OpensAt(now); ok {
		v.Open, v.OpensAt = at.Equal(now), &at
	}
	if p.Pause != nil && p.Pause.Until.After(now) {
		v.PausedUntil, v.PauseReason = &p.Pause.Until, p.Pause.Reason
	}
	return v
}

func (r pharmacyRoutes) answered(p *pharmacy.Pharmacy, err error) (*Reply[PharmacyView], error) {
	if err != nil {
		return nil, err
	}
	return reply(p.Version, r.view(p)), nil
}

type pharmaciesIn struct {
	PageIn
	Zone id.Zone `query:"zone" maxLength:"96" doc:"Only pharmacies of this zone."`
}

func (r pharmacyRoutes) list(ctx context.Context, a access.Actor, in *pharmaciesIn) (*Reply[ListOf[PharmacyView]], error) {
	page, err := r.pharmacies.Pharmacies(ctx, a, in.Zone, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, r.view), nil
}

type openPharmacyIn struct {
	Body struct {
		PharmacyProfile
		PharmacyHours
	}
}

func (r pharmacyRoutes) create(ctx context.Context, a access.Actor, in *openPharmacyIn) (*Reply[PharmacyView], error) {
	return r.answered(r.pharmacies.Create(ctx, a, "", pharmacy.Profile(in.Body.PharmacyProfile), pharmacy.Timetable(in.Body.PharmacyHours)))
}

func (r pharmacyRoutes) read(ctx context.Context, a access.Actor, in *ByID) (*Reply[PharmacyView], error) {
	return r.answered(r.pharmacies.Pharmacy(ctx, a, id.Pharmacy(in.ID)))
}

type editPharmacyIn struct {
	ByID
	Edit
	Body PharmacyProfile
}

func (r pharmacyRoutes) edit(ctx context.Context, a access.Actor, in *editPharmacyIn) (*Reply[PharmacyView], error) {
	return r.answered(r.pharmacies.Edit(ctx, a, id.Pharmacy(in.ID), in.Version(), pharmacy.Profile(in.Body)))
}

type timetableIn struct {
	ByID
	Edit
	Body PharmacyHours
}

func (r pharmacyRoutes) timetable(ctx context.Context, a access.Actor, in *timetableIn) (*Reply[PharmacyView], error) {
	return r.answered(r.pharmacies.SetTimetable(ctx, a, id.Pharmacy(in.ID), in.Version(), pharmacy.Timetable(in.Body)))
}

type pauseIn struct {
	ByID
	Body struct {
		Until  time.Time `json:"until"`
		Reason string    `json:"reason" enum:"overload,staff,stocktaking,technical,emergency,other"`
	}
}

func (r pharmacyRoutes) pause(ctx context.Context, a access.Actor, in *pauseIn) (*Reply[PharmacyView], error) {
	return r.answered(r.pharmacies.PauseUntil(ctx, a, id.Pharmacy(in.ID), in.Body.Until, in.Body.Reason))
}

func (r pharmacyRoutes) resume(ctx context.Context, a access.Actor, in *ByID) (*Reply[PharmacyView], error) {
	return r.answered(r.pharmacies.Resume(ctx, a, id.Pharmacy(in.ID)))
}

func (r pharmacyRoutes) staff(ctx context.Context, a access.Actor, in *ByID) (*Reply[ListOf[PharmacyEmployee]], error) {
	staff, err := r.pharmacies.StaffOf(ctx, a, id.Pharmacy(in.ID))
	if err != nil {
		return nil, err
	}
	return staffed(staff), nil
}

func staffed(staff []pharmacy.Staff) *Reply[ListOf[PharmacyEmployee]] {
	page := ListOf[PharmacyEmployee]{Items: make([]PharmacyEmployee, 0, len(staff))}
	for _, m := range staff {
		page.Items = append(page.Items, PharmacyEmployee(m))
	}
	return &Reply[ListOf[PharmacyEmployee]]{Body: page}
}

type employIn struct {
	ByID
	Body struct {
		Account id.Account  `json:"account" maxLength:"96"`
		Role    access.Role `json:"role" enum:"pharmacist,pharmacy_staff"`
	}
}

func (r pharmacyRoutes) employ(ctx context.Context, a access.Actor, in *employIn) (*Reply[ListOf[PharmacyEmployee]], error) {
	p, err := r.pharmacies.Employ(ctx, a, id.Pharmacy(in.ID), in.Body.Account, in.Body.Role)
	if err != nil {
		return nil, err
	}
	return staffed(p.Staff), nil
}

type dismissIn struct {
	ByID
	Account id.Account `path:"account" maxLength:"96"`
}

func (r pharmacyRoutes) dismiss(ctx context.Context, a access.Actor, in *dismissIn) (*Reply[ListOf[PharmacyEmployee]], error) {
	p, err := r.pharmacies.Dismiss(ctx, a, id.Pharmacy(in.ID), in.Account)
	if err != nil {
		return nil, err
	}
	return staffed(p.Staff), nil
}
