package pharmacy

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Expect tells a pharmacy of an order that is paid for and comes by appointment, before its work begins; again with
// another appointment when the order was moved: of two the later choice holds, whichever is told first. It announces
// fill.coming. For housecall itself; of a fill that is past it nothing is changed.
func (s *Service) Expect(ctx context.Context, a access.Actor, fill id.Fill, at Appointment) error {
	_, err := s.step(ctx, a, fill, "fill.advance", func(f *Fill, _ time.Time) error {
		if f.State != Reserved || f.Slot != nil && f.Slot.Choice > at.Choice || f.Coming && *f.Slot == at {
			return nil
		}
		if f.Shelf == ShelfPending {
			return fault.New(fault.Conflict, "Its stock is not held yet. Try again in a moment.").Coded("not-held")
		}
		f.Slot, f.Coming = &at, true
		f.tell(KindComing, a, map[string]string{"starts_at": at.From.Format(time.RFC3339), "begins_at": at.Begins.Format(time.RFC3339)})
		return nil
	})
	return err
}

// Coming is one page of the orders that are paid for and wait for their time, the soonest first: so that a pharmacy
// knows beforehand. They are on no clock, and nothing of the person is told.
func (s *Service) Coming(ctx context.Context, a access.Actor, ph id.Pharmacy, cursor string, limit int) (docstore.Page[Fill], error) {
	if err := s.Guard.Read(ctx, a, "fill.list", access.Facts{Record: string(ph), Pharmacy: ph}); err != nil {
		return docstore.Page[Fill]{}, err
	}
	return s.fills.Find(ctx, docstore.Query{Index: "coming", Equal: string(ph), Cursor: cursor, Limit: limit})
}

// OpenAt tells whether the counter of a pharmacy is open at a moment. For other capabilities that ask when it can
// begin; it is not asked of the policy.
func (s *Service) OpenAt(ctx context.Context, ph id.Pharmacy, at time.Time) (bool, error) {
	p, err := s.pharmacies.Get(ctx, string(ph))
	if err != nil {
		return false, err
	}
	return p.openAt(at), nil
}
