package journey

import (
	"context"

	"housecall/internal/event"
)

// Tell tells one journey of an event, as the bus does: perhaps late, perhaps again.
func (j *Journeys) Tell(ctx context.Context, name string, e event.Event) error {
	return consumer("journey_"+name, j.tables()[name]).Handle(ctx, e)
}
