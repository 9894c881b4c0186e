package httpapi

import (
	"context"

	"housecall/internal/access"
	"housecall/internal/consult"
)

// Lab is the demo's room for trying calls. Nobody else may have it: it lets anybody be anybody.
func Lab(visits *consult.Service, rooms Rooms) []Route {
	r := callRoutes{visits, rooms}
	return []Route{
		post("/call-lab/tickets", "call.lab", "Get a ticket to a room of the demo for trying calls", r.lab).keyless(),
	}
}

type labIn struct {
	Body struct {
		Room string `json:"room" pattern:"^[a-z0-9]{1,20}$"`
		Role string `json:"role" enum:"doctor,patient,caregiver,guest"`
	}
}

func (r callRoutes) lab(ctx context.Context, a access.Actor, in *labIn) (*Reply[CallTicket], error) {
	t, err := r.visits.LabTicket(ctx, a, in.Body.Room, in.Body.Role)
	if err != nil {
		return nil, err
	}
	return r.ticketed(ctx, t)
}
