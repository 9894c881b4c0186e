package httpapi

import (
	"context"
	"errors"
	"time"

	"housecall/internal/access"
	"housecall/internal/fault"
)

// NeedsKey tells whether a route takes an Idempotency-Key.
func NeedsKey(r Route) bool { return r.needsKey() }

// Doors is a resource for the tests of the core.
func Doors() []Route {
	return []Route{
		get("/doors/{id}", "door.knock", "Knock", knock),
		post("/doors/{id}/open", "door.open", "Open", open),
		put("/doors/{id}", "door.paint", "Paint", paint),
	}
}

type doorView struct {
	ID  string `json:"id"`
	Key string `json:"key"`
}

type openIn struct {
	ByID
	Body struct {
		Name string `json:"name" maxLength:"100000"`
	}
}

type paintIn struct {
	ByID
	Edit
	Body struct {
		Colour string `json:"colour" enum:"red,blue"`
	}
}

func knock(_ context.Context, _ access.Actor, in *ByID) (*Reply[doorView], error) {
	return reply(3, doorView{ID: in.ID}), nil
}

func open(_ context.Context, a access.Actor, in *openIn) (*Reply[doorView], error) {
	switch in.ID {
	case "broken":
		return nil, errors.New("boom")
	case "panic":
		panic("boom")
	case "busy":
		return nil, fault.New(fault.Limited, "Wait.").After(1500 * time.Millisecond)
	}
	return reply(3, doorView{ID: in.ID, Key: a.Request.Key}), nil
}

func paint(_ context.Context, _ access.Actor, in *paintIn) (*Reply[doorView], error) {
	if in.Version() != 3 {
		return nil, fault.New(fault.Stale, "Somebody changed this.")
	}
	return reply(4, doorView{ID: in.ID}), nil
}
