package pharmacy

import (
	"context"
	"fmt"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Shelf says how a fill stands to the stock. The -ing ones are owed: whoever finds one does what
// is left, each stock document once, and marks it.
type Shelf string

// How a fill stands to the stock.
const (
	ShelfPending    Shelf = "pending"    // being held
	ShelfHeld       Shelf = "held"       // nobody else can take it
	ShelfFreeing    Shelf = "freeing"    // to be given back
	ShelfFreed      Shelf = "freed"      // given back
	ShelfConsuming  Shelf = "consuming"  // left the pharmacy, to be taken off
	ShelfConsumed   Shelf = "consumed"   // taken off
	ShelfRestocking Shelf = "restocking" // came back, to be put on the shelf
	ShelfRestocked  Shelf = "restocked"  // on the shelf again
)

// needs is how many units of each product the fill holds.
func (f *Fill) needs() map[string]int {
	n := map[string]int{}
	for _, l := range f.Lines {
		n[l.Product] += l.Units
	}
	return n
}

// touched lists every product of which the fill may hold something, proposals included.
func (f *Fill) touched() map[string]bool {
	t := map[string]bool{}
	for _, l := range f.Lines {
		t[l.Product] = true
		if l.InsteadOf != "" {
			t[l.InsteadOf] = true
		}
	}
	for _, q := range f.Questions {
		if q.Swap != nil {
			t[q.Swap.Product] = true
		}
	}
	return t
}

// end takes a fill out of the pharmacy's hands with its stock owed back.
func (s *Service) end(f *Fill, a access.Actor, e Event, reason string) error {
	now := s.Clock.Now()
	if err := f.apply(now, a, e, reason); err != nil {
		return err
	}
	wasPending := f.Shelf == ShelfPending
	f.Reason, f.Paused, f.Shelf = reason, nil, ShelfFreeing
	f.lapse(now)
	f.ClearTimer(TimerReserveStalled, TimerReviewOverdue, TimerPackOverdue, TimerQuestionOverdue)
	f.SetTimer(TimerShelfUnsettled, now.Add(stalled))
	f.Racing = wasPending && reason != reasonShort
	f.tell(endKinds[e], a, map[string]string{"reason": reason}, event.ToOperators)
	f.foretell(a)
	return nil
}

var endKinds = map[Event]event.Kind{release: KindReleased, refuse: KindRefused, expire: KindExpired}

// settle does what a fill owes to the shelf. It may be repeated at any time.
func (s *Service) settle(ctx context.Context, f *Fill) error {
	switch f.Shelf {
	case ShelfFreeing:
		for product := range f.touched() {
			if err := s.onShelf(ctx, f, product, docstore.On{}, func(st *Stock) { st.free(f.ID) }); err != nil {
				return err
			}
		}
		if f.Racing {
			return nil // whoever was holding may still be at it: the timer frees once more and marks
		}
		return s.mark(ctx, f.ID, ShelfFreeing, ShelfFreed)
	case ShelfConsuming:
		for product := range f.touched() {
			if err := s.onShelf(ctx, f, product, docstore.On{}, func(st *Stock) { st.consume(f.ID) }); err != nil {
				return err
			}
		}
		return s.mark(ctx, f.ID, ShelfConsuming, ShelfConsumed)
	case ShelfRestocking:
		return s.restock(ctx, f)
	case ShelfPending, ShelfHeld, ShelfFreed, ShelfConsumed, ShelfRestocked:
	}
	return nil
}

// restock puts a bag that came back on the shelf again, each product once.
func (s *Service) restock(ctx context.Context, f *Fill) error {
	for product := range f.needs() {
		once := docstore.On{Request: id.RequestOf(nil, "restock", string(f.ID))}
		err := s.onShelf(ctx, f, product, once, func(st *Stock) {
			for _, p := range f.Packed {
				if p.Product == product {
					st.add(Batch{p.Batch, p.Expiry, p.Units})
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return s.mark(ctx, f.ID, ShelfRestocking, ShelfRestocked)
}

func (s *Service) onShelf(ctx context.Context, f *Fill, product string, on docstore.On, change func(*Stock)) error {
	doc := string(StockOf(f.Pharmacy, product))
	_, err := s.stock.Update(ctx, doc, on, func(st *Stock) error {
		change(st)
		return nil
	})
	if err != nil && !fault.Is(err, fault.NotFound) { // what the pharmacy never kept, it never held
		return fmt.Errorf("settle stock of %s: %w", f.ID, err)
	}
	return nil
}

func (s *Service) mark(ctx context.Context, fill id.Fill, from, to Shelf) error {
	_, err := s.fills.Update(ctx, string(fill), docstore.On{}, func(f *Fill) error {
		if f.Shelf == from {
			f.Shelf, f.Racing = to, false
			f.ClearTimer(TimerShelfUnsettled)
		}
		return nil
	})
	return err
}
