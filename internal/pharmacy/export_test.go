package pharmacy

import (
	"context"
	"io"
	"time"

	"housecall/internal/access"
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

// Hold, Allot, Free, Consume, Add and Count change stock as fills and people do.
func (s *Stock) Hold(fill id.Fill, units int, day string) error { return s.hold(fill, units, day) }

func (s *Stock) Allot(fill id.Fill, from []Batch, day string) error { return s.allot(fill, from, day) }
func (s *Stock) GiveBack(fill id.Fill)                              { s.free(fill) }
func (s *Stock) Consume(fill id.Fill)                               { s.consume(fill) }
func (s *Stock) Add(b Batch)                                        { s.add(b) }
func (s *Stock) Recount(c Count, day string) error                  { return s.count(c, day) }

// LeaveOnly writes that the bag left and stops there, as a crash would.
func (s *Service) LeaveOnly(ctx context.Context, a access.Actor, fill id.Fill) error {
	_, err := s.step(ctx, a, fill, "fill.advance", func(f *Fill, now time.Time) error { return f.leave(now, a) })
	return err
}
