package pharmacy

import (
	"context"
	"slices"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// WorkStates are the states of the work list, the most urgent first.
var WorkStates = []State{Offered, Reviewing, Preparing, Ready}

// WorkList is one page of what a pharmacy has to do in a state, the nearest deadline first; without
// a state, what it has in all of them, up to limit each.
func (s *Service) WorkList(ctx context.Context, a access.Actor, ph id.Pharmacy, state State, cursor string, limit int) (docstore.Page[Fill], error) {
	if err := s.Guard.Read(ctx, a, "fill.list", access.Facts{Record: string(ph), Pharmacy: ph}); err != nil {
		return docstore.Page[Fill]{}, err
	}
	if state != "" {
		if !slices.Contains(WorkStates, state) {
			return docstore.Page[Fill]{}, fault.InvalidField("/state", "Say offered, reviewing, preparing or ready.")
		}
		return s.fills.Find(ctx, docstore.Query{Index: "work", Equal: docstore.Eq(string(ph), string(state)), Cursor: cursor, Limit: limit})
	}
	var all docstore.Page[Fill]
	for _, state := range WorkStates {
		page, err := s.fills.Find(ctx, docstore.Query{Index: "work", Equal: docstore.Eq(string(ph), string(state)), Limit: limit})
		if err != nil {
			return all, err
		}
		all.Items = append(all.Items, page.Items...)
	}
	slices.SortStableFunc(all.Items, func(x, y *Fill) int { return x.Deadline.Compare(y.Deadline) })
	return all, nil
}

// Past is one page of what a pharmacy had and has no longer, the newest first.
func (s *Service) Past(ctx context.Context, a access.Actor, ph id.Pharmacy, cursor string, limit int) (docstore.Page[Fill], error) {
	if err := s.Guard.Read(ctx, a, "fill.list", access.Facts{Record: string(ph), Pharmacy: ph}); err != nil {
		return docstore.Page[Fill]{}, err
	}
	return s.fills.Find(ctx, docstore.Query{Index: "ended", Equal: string(ph), Descending: true, Cursor: cursor, Limit: limit})
}

// Owed lists the fills in which the doctor who asks owes a pharmacist an answer, who waits longest first.
func (s *Service) Owed(ctx context.Context, a access.Actor) ([]*Fill, error) {
	if err := s.Guard.Read(ctx, a, "fill.owed", access.Facts{Record: string(a.Account), Owner: a.Account}); err != nil {
		return nil, err
	}
	page, err := s.fills.Find(ctx, docstore.Query{Index: "owed", Equal: string(a.Account), Limit: 100})
	return page.Items, err
}

// Fill is one fill, for its pharmacy, the doctor asked, the patient and their circle, and support.
func (s *Service) Fill(ctx context.Context, a access.Actor, fill id.Fill) (*Fill, error) {
	f, err := s.fills.Get(ctx, string(fill))
	if err != nil {
		return nil, err
	}
	return f, s.Guard.Read(ctx, a, "fill.read", f.facts())
}

// FillsOf lists the attempts of an order, the first first, for evidence and for journeys.
func (s *Service) FillsOf(ctx context.Context, a access.Actor, order id.Order) ([]*Fill, error) {
	all, err := s.fills.All(ctx, docstore.Query{Index: "order", Equal: string(order)}, 50)
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		if err := s.Guard.Read(ctx, a, "fill.read", f.facts()); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Filling is the pharmacy that works on an order now, "" when none does. For other capabilities that
// decide what this pharmacy may read; it is not asked of the policy.
func (s *Service) Filling(ctx context.Context, order id.Order) (id.Pharmacy, error) {
	page, err := s.fills.Find(ctx, docstore.Query{Index: "order", Equal: string(order), Descending: true, Limit: 1})
	if err != nil || len(page.Items) == 0 || !page.Items[0].live() {
		return "", err
	}
	return page.Items[0].Pharmacy, nil
}
