package order

import (
	"context"
	"strconv"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// advance is a step by housecall itself, on an event.
func (s *Service) advance(ctx context.Context, a access.Actor, order id.Order, step func(o *Order, now time.Time) error) error {
	if err := s.guard.Check(ctx, a, "order.advance", access.Facts{Record: string(order)}); err != nil {
		return err
	}
	_, err := s.orders.Update(ctx, string(order), docstore.On{Request: a.Request}, func(o *Order) error {
		return step(o, s.Clock.Now())
	})
	return err
}

// Get answers an order to housecall itself.
func (s *Service) Get(ctx context.Context, a access.Actor, order id.Order) (*Order, error) {
	if err := s.guard.Check(ctx, a, "order.advance", access.Facts{Record: string(order)}); err != nil {
		return nil, err
	}
	return s.orders.Get(ctx, string(order))
}

// Hold notes that the prescription is claimed and the stock reserved: the order can be paid.
func (s *Service) Hold(ctx context.Context, a access.Actor, order id.Order) error {
	return s.advance(ctx, a, order, func(o *Order, _ time.Time) error {
		if o.State != Unpaid || o.Held {
			return nil
		}
		o.Held = true
		o.announce(a, EventHeld, nil)
		return nil
	})
}

// PaymentAuthorised notes that the payment is there. The first makes the order placed and starts the clock;
// one for a dearer pharmacy sends the order there.
func (s *Service) PaymentAuthorised(ctx context.Context, a access.Actor, order id.Order, payment id.Payment) error {
	return s.advance(ctx, a, order, func(o *Order, now time.Time) error {
		if o.Payment != payment {
			return nil
		}
		o.Paying = false
		if o.State == Unpaid {
			o.ClearTimer(TimerUnpaid)
			o.startClock(now)
			return o.apply(now, a, pay, "")
		}
		if o.Question != nil && o.Question.Kind == Dearer && o.Question.Accepted {
			quote := *o.Question.Quote
			o.close(now)
			return o.moveTo(now, a, quote, "dearer")
		}
		return nil
	})
}

// PaymentRefused notes that the bank said no. The order stays as it is and can be paid otherwise.
func (s *Service) PaymentRefused(ctx context.Context, a access.Actor, order id.Order, payment id.Payment, reason string) error {
	return s.advance(ctx, a, order, func(o *Order, now time.Time) error {
		if o.Payment != payment {
			return nil
		}
		o.Paying, o.PaymentFailed = false, reason
		if o.State != Unpaid { // the dearer pharmacy can't be paid: there is no other
			return o.apply(now, a, cancel, "payment_refused")
		}
		o.announce(a, EventPaymentRefused, nil)
		return nil
	})
}

// Reviewing notes that the pharmacist has begun.
func (s *Service) Reviewing(ctx context.Context, a access.Actor, order id.Order, attempt int) error {
	return s.follow(ctx, a, order, attempt, review)
}

// Preparing notes that the pharmacist has accepted.
func (s *Service) Preparing(ctx context.Context, a access.Actor, order id.Order, attempt int) error {
	return s.follow(ctx, a, order, attempt, accept)
}

// Ready notes that the bag is packed and sealed.
func (s *Service) Ready(ctx context.Context, a access.Actor, order id.Order, attempt int) error {
	return s.follow(ctx, a, order, attempt, pack)
}

// Collected notes that the bag has left the pharmacy, with the courier or the carrier.
func (s *Service) Collected(ctx context.Context, a access.Actor, order id.Order, attempt int) error {
	return s.follow(ctx, a, order, attempt, collect)
}

// Delivered notes that the patient has it. The clock stops.
func (s *Service) Delivered(ctx context.Context, a access.Actor, order id.Order, attempt int) error {
	return s.follow(ctx, a, order, attempt, deliver)
}

// Undelivered notes that the bag is back at the pharmacy.
func (s *Service) Undelivered(ctx context.Context, a access.Actor, order id.Order, attempt int) error {
	return s.follow(ctx, a, order, attempt, bringBack)
}

// stage is how far along each state is.
var stage = map[State]int{Unpaid: 0, Placed: 1, Reviewing: 2, Preparing: 3, Ready: 4, Collected: 5, Delivered: 6, Undelivered: 6, Cancelled: 7}

// follow makes a move that another part of the chain has made. What belongs to an attempt that is
// over, or has been made, moves nothing; what comes before the move that it stands on is a Conflict,
// to be told again.
func (s *Service) follow(ctx context.Context, a access.Actor, order id.Order, attempt int, e Event) error {
	return s.advance(ctx, a, order, func(o *Order, now time.Time) error {
		if attempt != o.Attempt || stage[o.State] >= stage[leadsTo[e]] {
			return nil
		}
		if e == deliver && o.State == Ready && o.Fulfilment != Pickup {
			return fault.New(fault.Conflict, "It has not left the pharmacy yet.").Coded("not-collected")
		}
		return o.apply(now, a, e, "")
	})
}

var leadsTo = map[Event]State{review: Reviewing, accept: Preparing, pack: Ready, collect: Collected, deliver: Delivered, bringBack: Undelivered}

// Reroute sends the order to the next pharmacy, as a new attempt; dearer than what was authorised,
// it asks the patient first.
func (s *Service) Reroute(ctx context.Context, a access.Actor, order id.Order, attempt int, next Quote, reason string) error {
	return s.advance(ctx, a, order, func(o *Order, now time.Time) error {
		if attempt != o.Attempt || o.State == Unpaid || Moves.Ended(o.State) {
			return nil
		}
		if next.Total().Minus(o.Discount).Minor > o.Authorised.Minor {
			o.ask(now, a, Question{Kind: Dearer, Quote: &next})
			return nil
		}
		return o.moveTo(now, a, next, reason)
	})
}

func (o *Order) moveTo(now time.Time, a access.Actor, next Quote, reason string) error {
	o.Tried = append(o.Tried, o.Pharmacy)
	o.Pharmacy, o.Quote = next.Pharmacy, next
	o.Attempt++
	return o.apply(now, a, reroute, reason)
}

// GiveUp ends an order that can't be filled: no pharmacy is left, the prescription was cancelled.
func (s *Service) GiveUp(ctx context.Context, a access.Actor, order id.Order, reason string) error {
	return s.advance(ctx, a, order, func(o *Order, now time.Time) error {
		if Moves.Ended(o.State) {
			return nil
		}
		return o.apply(now, a, cancel, reason)
	})
}
