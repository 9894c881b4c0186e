package journey

import (
	"context"

	"housecall/internal/access"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/order"
	"housecall/internal/prescribing"
)

// ending: a prescription that is cancelled while somebody works on it, and what closes with an order.
func (j *Journeys) ending() []step {
	return []step{
		{prescribing.KindCancelWanted, j.callBack},
		{order.EventDelivered, j.fallSilent},
		{order.EventCancelled, j.fallSilent},
	}
}

// fallSilent closes what those of an order had to say to each other. A pick-up or a parcel has no such talk.
func (j *Journeys) fallSilent(ctx context.Context, a access.Actor, e event.Event) error {
	return overtaken(j.Delivery.CloseTalk(ctx, a, id.Order(e.Doc)))
}

// callBack stops the order; a bag that has left the counter is called back first.
func (j *Journeys) callBack(ctx context.Context, a access.Actor, e event.Event) error {
	o, err := j.Order.Get(ctx, a, orderOf(e))
	if err != nil {
		return err
	}
	if o.State != order.Collected {
		err := j.Order.GiveUp(ctx, a, o.ID, "prescription_cancelled")
		if fault.Is(err, fault.Conflict) { // collected in between: told again, it is called back
			return fault.New(fault.Unavailable, "The order is changing hands just now.").Because(err)
		}
		return err
	}
	if o.Fulfilment != order.Courier {
		return nil // with the carrier or the patient: the doctor is told that it was not called back
	}
	return overtaken(j.Delivery.Recall(ctx, a, o.Job(), "prescription_cancelled"))
}

// calledOff tells whether the prescription of a part has been ended while it was claimed.
func (j *Journeys) calledOff(ctx context.Context, a access.Actor, part id.Part) (bool, error) {
	rx, _, err := j.Prescribing.Part(ctx, a, part)
	if err != nil {
		return false, err
	}
	return rx.Ended != nil, nil
}
