package order

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/id"
	"housecall/internal/promise"
)

// How many orders one report reads at the most; a day of a large city is less.
const mostRead = 20_000

// Period is the time that a report is about, by when an order was made: From is included, Until is not.
type Period struct{ From, Until time.Time }

// StageTimes is how long delivered orders stood in each part of the promise.
type StageTimes struct {
	Hours []StageHour
	Whole StageHour
	// Cut tells that there were more orders than one report reads; the newest are in it.
	Cut bool
}

// StageHour is what the orders placed in one hour took. Its stages are in the order of promise.Stage.
type StageHour struct {
	At      time.Time
	Orders  int
	InTime  int
	ToDoor  Spread
	Stages  [promise.Done]Spread
	Budgets promise.Budgets // the median of what these orders were allowed
}

// Spread is what half took at the most, and nine of ten.
type Spread struct{ P50, P90 time.Duration }

// Stages reports how long the delivered orders of a period stood in each part of the promise, hour by
// hour; of one zone, or of all. For the operator.
func (s *Service) Stages(ctx context.Context, a access.Actor, zone id.Zone, p Period) (StageTimes, error) {
	if err := s.guard.Check(ctx, a, "order.list", access.Facts{Record: "orders"}); err != nil {
		return StageTimes{}, err
	}
	all, cut, err := s.made(ctx, Delivered, p)
	if err != nil {
		return StageTimes{}, err
	}
	hours := map[time.Time][]*Order{}
	var counted []*Order
	for _, o := range all {
		if o.Fulfilment != Courier || (zone != "" && o.Zone != zone) {
			continue
		}
		at := o.Promise.Started.UTC().Truncate(time.Hour)
		hours[at] = append(hours[at], o)
		counted = append(counted, o)
	}
	out := StageTimes{Whole: hourOf(p.From, counted), Cut: cut}
	for _, at := range slices.SortedFunc(maps.Keys(hours), time.Time.Compare) {
		out.Hours = append(out.Hours, hourOf(at, hours[at]))
	}
	return out, nil
}

// Export lists every order of a period, oldest first, whatever became of it; true when there were more
// than are listed. For the operator; the audit has it before the answer leaves.
func (s *Service) Export(ctx context.Context, a access.Actor, p Period) ([]*Order, bool, error) {
	if err := s.guard.Read(ctx, a, "order.list", access.Facts{Record: "orders"}); err != nil {
		return nil, false, err
	}
	var all []*Order
	var cut bool
	for _, state := range slices.Sorted(maps.Keys(Moves)) {
		some, more, err := s.made(ctx, state, p)
		if err != nil {
			return nil, false, err
		}
		all, cut = append(all, some...), cut || more
	}
	slices.SortFunc(all, func(a, b *Order) int { return a.CreatedAt.Compare(b.CreatedAt) })
	if len(all) > mostRead {
		all, cut = all[len(all)-mostRead:], true
	}
	return all, cut, nil
}

// made reads the orders of a period that are in a state now, the newest first.
func (s *Service) made(ctx context.Context, state State, p Period) ([]*Order, bool, error) {
	all, err := s.orders.All(ctx, docstore.Query{
		Index: "state", Equal: docstore.Eq(state), From: docstore.ByTime(p.From), Until: docstore.ByTime(p.Until), Descending: true,
	}, mostRead+1)
	if err != nil {
		return nil, false, fmt.Errorf("read the %s orders of a period: %w", state, err)
	}
	if len(all) > mostRead {
		return all[:mostRead], true, nil
	}
	return all, false, nil
}

// Took is how long an order stood in each part of the promise, over all its attempts. Where the patient
// owed an answer the clock stood still; that time is in none of them.
func (o *Order) Took() [promise.Done]time.Duration {
	var took [promise.Done]time.Duration
	began, in := o.Promise.Started, promise.Review
	for _, step := range o.History {
		if step.At.Before(began) || step.From == Unpaid {
			continue
		}
		if in < promise.Done {
			took[in] += step.At.Sub(began)
		}
		began, in = step.At, stages[step.To]
	}
	took[promise.Review] = max(0, took[promise.Review]-o.Promise.Pauses) // only who checks asks the patient
	return took
}

func hourOf(at time.Time, orders []*Order) StageHour {
	h := StageHour{At: at, Orders: len(orders)}
	var stage [promise.Done][]time.Duration
	var door, review, pack, ride []time.Duration
	for _, o := range orders {
		if !o.Promise.Stopped.After(o.Promise.Due) {
			h.InTime++
		}
		door = append(door, o.Promise.Stopped.Sub(o.Promise.Started)-o.Promise.Pauses)
		for i, d := range o.Took() {
			stage[i] = append(stage[i], d)
		}
		b := o.Quote.Budgets
		review, pack, ride = append(review, b.Review), append(pack, b.Pack), append(ride, b.Ride)
	}
	h.ToDoor = spreadOf(door)
	for i := range stage {
		h.Stages[i] = spreadOf(stage[i])
	}
	h.Budgets = promise.Budgets{Review: spreadOf(review).P50, Pack: spreadOf(pack).P50, Ride: spreadOf(ride).P50}
	return h
}

// spreadOf takes the nearest rank: a time that some order really took.
func spreadOf(all []time.Duration) Spread {
	if len(all) == 0 {
		return Spread{}
	}
	slices.Sort(all)
	rank := func(percent int) time.Duration { return all[(len(all)*percent+99)/100-1] }
	return Spread{P50: rank(50), P90: rank(90)}
}
