package pharmacy

import (
	"context"
	"io"

	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// ParseFile lets the fuzz test read files without a store.
func ParseFile(file io.Reader, currency string) ([]string, *fault.Error, error) {
	products, bad, err := parseFile(file, currency)
	names := make([]string, 0, len(products))
	for _, p := range products {
		names = append(names, p.product)
	}
	return names, bad, err
}

// Stalled is after how long a half done change is taken up again.
const Stalled = stalled

// Begin writes the fill of a reservation and stops there, as a crash would.
var Begin = (*Service).begin

// LeakHold holds stock that the fill no longer knows of, as a late holder would.
func (s *Service) LeakHold(ctx context.Context, ph id.Pharmacy, product string, fill id.Fill) error {
	_, err := s.stock.Update(ctx, string(StockOf(ph, product)), docstore.On{}, func(st *Stock) error {
		return st.hold(fill, 20, "2026-11-23")
	})
	return err
}

// CodeOf is the code that a patient would read at the counter.
func (s *Service) CodeOf(f *Fill) string { return s.code(f) }
