package pharmacy

import (
	"context"

	"housecall/internal/docstore"
	"housecall/internal/id"
)

// queue is how many orders a pharmacy has before the next, counted up to a page of each state.
func (s *Service) queue(ctx context.Context, ph id.Pharmacy) (int, error) {
	n := 0
	for _, state := range []State{Offered, Reviewing, Preparing} {
		page, err := s.fills.Find(ctx, docstore.Query{Index: "work", Equal: docstore.Eq(string(ph), string(state)), Limit: 20})
		if err != nil {
			return 0, err
		}
		n += len(page.Items)
	}
	return n, nil
}
