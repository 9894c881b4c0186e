package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/audit"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// AccessLog is the route by which patients see who accessed their record.
func AccessLog(log *audit.Service) []Route {
	r := accessLogRoutes{log}
	return []Route{
		get("/patients/{id}/access", "audit.looked", "See who accessed the record, newest first", r.list),
	}
}

type accessLogRoutes struct{ log *audit.Service }

// LookView is one access to a record.
type LookView struct {
	At     time.Time   `json:"at"`
	Role   access.Role `json:"role,omitempty"`
	Name   phi.Text    `json:"name,omitempty"`
	Action string      `json:"action"`
	Record string      `json:"record"`
	Own    bool        `json:"own" doc:"It was you."`
}

func (r accessLogRoutes) list(ctx context.Context, a access.Actor, in *pageOfIn) (*Reply[ListOf[LookView]], error) {
	looks, err := r.log.WhoLooked(ctx, a, id.Patient(in.ID), audit.Query{Cursor: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	page := ListOf[LookView]{Items: make([]LookView, 0, len(looks.Items)), Next: looks.Next}
	for _, l := range looks.Items {
		page.Items = append(page.Items, LookView(l))
	}
	return &Reply[ListOf[LookView]]{Body: page}, nil
}
