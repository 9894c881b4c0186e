package order

import (
	"maps"
	"time"

	"housecall/internal/access"
	"housecall/internal/event"
	"housecall/internal/lifecycle"
)

// State is where an order is.
type State string

// The states of an order.
const (
	Unpaid      State = "unpaid"
	Placed      State = "placed"
	Reviewing   State = "reviewing"
	Preparing   State = "preparing"
	Ready       State = "ready"
	Collected   State = "collected"
	Delivered   State = "delivered"
	Undelivered State = "undelivered"
	Cancelled   State = "cancelled"
)

// Event is what moves an order.
type Event string

// The events of an order.
const (
	pay       Event = "pay"
	expire    Event = "expire"
	move      Event = "move"
	review    Event = "review"
	accept    Event = "accept"
	pack      Event = "pack"
	collect   Event = "collect"
	deliver   Event = "deliver"
	bringBack Event = "bring_back"
	reroute   Event = "reroute"
	reattempt Event = "reattempt"
	cancel    Event = "cancel"
)

// Moves is the life of an order.
var Moves = lifecycle.Table[State, Event]{
	Unpaid:      {pay: Placed, cancel: Cancelled, expire: Cancelled},
	Placed:      {move: Placed, review: Reviewing, reroute: Placed, cancel: Cancelled},
	Reviewing:   {accept: Preparing, reroute: Placed, cancel: Cancelled},
	Preparing:   {pack: Ready, reroute: Placed, cancel: Cancelled},
	Ready:       {collect: Collected, deliver: Delivered, reroute: Placed, cancel: Cancelled},
	Collected:   {deliver: Delivered, bringBack: Undelivered},
	Undelivered: {reattempt: Placed, cancel: Cancelled},
	Delivered:   {},
	Cancelled:   {},
}

// whys says why an order moves when nobody says otherwise.
var whys = lifecycle.MustExplain(lifecycle.Whys[Event]{
	pay:       "paid",
	expire:    "unpaid",
	move:      "time_changed",
	review:    "pharmacy_began",
	accept:    "pharmacy_accepted",
	pack:      "packed",
	collect:   "left_the_pharmacy",
	deliver:   "handed_over",
	bringBack: "brought_back",
	reroute:   "pharmacy_lost",
	reattempt: "again",
	cancel:    "own_wish",
}, Moves)

// announced is the event that each state is entered with.
var announced = map[State]event.Kind{ //nolint:exhaustive // an order is made unpaid, never moved there
	Placed: EventPlaced, Reviewing: EventReviewing, Preparing: EventPreparing, Ready: EventReady, Collected: EventCollected,
	Delivered: EventDelivered, Undelivered: EventUndelivered, Cancelled: EventCancelled,
}

// apply makes a move and announces it. It is the only place that sets State.
func (o *Order) apply(now time.Time, a access.Actor, e Event, why string) error {
	to, err := Moves.Next(o.State, e)
	if err != nil {
		return err
	}
	from := o.State
	o.State = to
	o.History = append(o.History, lifecycle.Step[State, Event]{Event: e, From: from, To: to, By: string(a.Account), At: now, Why: whys.Of(e, why, a.Cause)})
	kind := announced[to]
	data := map[string]string{"from": string(from), "reason": why}
	switch e {
	case reroute, reattempt:
		kind = EventRerouted
		data["again"] = o.atTheSame()
	case move:
		kind = EventSlotMoved
		maps.Copy(data, o.movedFacts())
	case pay, expire, review, accept, pack, collect, deliver, bringBack, cancel:
	}
	if to == Delivered || to == Undelivered {
		maps.Copy(data, o.outcome(now))
	}
	o.announce(a, kind, data)
	if Moves.Ended(to) || to == Undelivered {
		o.stopClock(now)
		return nil
	}
	if stages[from] != stages[to] || e == reroute {
		o.watchClock()
	}
	return nil
}

// atTheSame says that the pharmacy of a new attempt is the one before; "" when it is another.
func (o *Order) atTheSame() string {
	if n := len(o.Tried); n > 0 && o.History[len(o.History)-1].Event == reroute && o.Tried[n-1] != o.Pharmacy {
		return ""
	}
	return "same_pharmacy"
}

// announce emits an event that everybody who has to do with the order can place.
func (o *Order) announce(a access.Actor, kind event.Kind, data map[string]string) {
	all := o.facts()
	for k, v := range data {
		if v != "" {
			all[k] = v
		}
	}
	o.Emit(event.Event{
		Kind: kind, By: string(a.Account), Data: all,
		To: []string{string(o.Patient), string(o.PlacedBy), event.ToOperators},
	})
}
