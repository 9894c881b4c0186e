package pharmacy

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
)

// Arrival is a batch that came in, with the price at which its product is sold from now on.
type Arrival struct {
	Product   string       `json:"product"`
	PackUnits int          `json:"pack_units" minimum:"1"`
	Price     money.Amount `json:"price"`
	Batch     Batch        `json:"batch"`
}

// Count is what a pharmacy says of one product: its price and what is really on the shelf.
type Count struct {
	PackUnits int          `json:"pack_units" minimum:"1"`
	Price     money.Amount `json:"price"`
	Batches   []Batch      `json:"batches"`
}

const (
	maxBatches   = 100
	maxPackUnits = 10_000
	maxUnits     = 10_000_000
	maxPrice     = 100_000_000 // minor units of a pack
)

var batchNumber = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9./_-]{0,39}$`)

// check lists all that is wrong with a count.
func (c Count) check(bad *fault.Error, currency string) *fault.Error {
	if c.PackUnits < 1 || c.PackUnits > maxPackUnits {
		bad = bad.With("/pack_units", "Say how many units are in a pack.")
	}
	if c.Price.Currency != currency {
		bad = bad.With("/price/currency", "Prices of this pharmacy are in "+currency+".")
	}
	if c.Price.Minor < 0 || c.Price.Minor > maxPrice {
		bad = bad.With("/price/minor", "A price is 0 or more, in minor units.")
	}
	if len(c.Batches) > maxBatches {
		bad = bad.With("/batches", "At most 100 batches.")
	}
	for i, b := range c.Batches {
		where := fmt.Sprintf("/batches/%d", i)
		if !batchNumber.MatchString(b.Batch) {
			bad = bad.With(where+"/batch", "Give the batch number as it stands on the pack.")
		}
		if _, err := time.Parse(time.DateOnly, b.Expiry); err != nil {
			bad = bad.With(where+"/expiry", "Give the last good day, for example 2027-03-31.")
		}
		if b.Units < 0 || b.Units > maxUnits {
			bad = bad.With(where+"/units", "A count is 0 or more.")
		}
		if slices.ContainsFunc(c.Batches[:i], func(o Batch) bool { return o.Batch == b.Batch }) {
			bad = bad.With(where+"/batch", "This batch is counted twice.")
		}
	}
	return bad
}

func refused(bad *fault.Error) error {
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

// mine loads a pharmacy for work on its stock.
func (s *Service) mine(ctx context.Context, a access.Actor, ph id.Pharmacy, action access.Action) (*Pharmacy, error) {
	doc, err := s.pharmacies.Get(ctx, string(ph))
	if err != nil {
		return nil, err
	}
	return doc, s.Guard.Check(ctx, a, action, doc.facts())
}

// StockList is one page of a pharmacy's stock, by product.
func (s *Service) StockList(ctx context.Context, a access.Actor, ph id.Pharmacy, cursor string, limit int) (docstore.Page[Stock], error) {
	if _, err := s.mine(ctx, a, ph, "stock.read"); err != nil {
		return docstore.Page[Stock]{}, err
	}
	return s.stock.Find(ctx, docstore.Query{Index: "pharmacy", Equal: string(ph), Cursor: cursor, Limit: limit})
}

// StockItem is one product on the shelf of a pharmacy.
func (s *Service) StockItem(ctx context.Context, a access.Actor, st id.Stock) (*Stock, error) {
	doc, err := s.stock.Get(ctx, string(st))
	if err != nil {
		return nil, err
	}
	return doc, s.Guard.Check(ctx, a, "stock.read", doc.facts())
}

// Receive puts a batch that came in on the shelf, once for the request. A product new to the
// pharmacy is added to its stock.
func (s *Service) Receive(ctx context.Context, a access.Actor, ph id.Pharmacy, in Arrival) (*Stock, error) {
	doc, err := s.mine(ctx, a, ph, "stock.edit")
	if err != nil {
		return nil, err
	}
	bad := fault.New(fault.Invalid, "Some details of the delivery need another look.")
	bad = Count{in.PackUnits, in.Price, []Batch{in.Batch}}.check(bad, doc.Currency)
	if in.Batch.Units < 1 {
		bad = bad.With("/batch/units", "Say how many units came in.")
	}
	if err := refused(bad); err != nil {
		return nil, err
	}
	if err := s.knownProduct(ctx, in.Product); err != nil {
		return nil, err
	}
	return s.stocked(ctx, a, ph, in.Product, func(st *Stock) error {
		have := slices.IndexFunc(st.Batches, func(b Batch) bool { return b.Batch == in.Batch.Batch })
		if have >= 0 && st.Batches[have].Expiry != in.Batch.Expiry {
			return fault.InvalidField("/batch/expiry", "This batch is in stock with another expiry date. Look at the pack.")
		}
		st.PackUnits, st.Price = in.PackUnits, in.Price
		st.add(in.Batch)
		return nil
	})
}

func (s *Service) knownProduct(ctx context.Context, product string) error {
	_, err := s.Formulary.Label(ctx, product)
	if fault.Is(err, fault.NotFound) {
		return fault.InvalidField("/product", "No such product is in the formulary.")
	}
	if err != nil {
		return fmt.Errorf("look a product up: %w", err)
	}
	return nil
}

// EditStock replaces price and count of a product as somebody saw them (version). Less than what is
// promised to orders is refused, coded "held": those orders come first.
func (s *Service) EditStock(ctx context.Context, a access.Actor, st id.Stock, version int64, c Count) (*Stock, error) {
	doc, err := s.stock.Get(ctx, string(st))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Check(ctx, a, "stock.edit", doc.facts()); err != nil {
		return nil, err
	}
	bad := fault.New(fault.Invalid, "Some details of the stock need another look.")
	if err := refused(c.check(bad, doc.Price.Currency)); err != nil {
		return nil, err
	}
	day, err := s.dayAt(ctx, doc.Pharmacy)
	if err != nil {
		return nil, err
	}
	return s.stock.Update(ctx, string(st), docstore.On{Request: a.Request, Version: version}, func(doc *Stock) error {
		doc.tell(a)
		return doc.count(c, day)
	})
}

// count sets price and batches; a nil list of batches leaves them.
func (s *Stock) count(c Count, day string) error {
	s.PackUnits, s.Price = c.PackUnits, c.Price
	if c.Batches == nil {
		return nil
	}
	s.Batches = nil
	for _, b := range c.Batches {
		if b.Units > 0 {
			s.add(b)
		}
	}
	if s.short(day) {
		return fault.New(fault.Conflict, "More than this is promised to orders. Refuse those first, then count again.").Coded("held")
	}
	return nil
}

// short tells whether something is promised that is not there.
func (s *Stock) short(day string) bool {
	promised := 0
	packed := map[string]int{}
	for _, h := range s.Held {
		if len(h.Batches) == 0 {
			promised += h.Units
		}
		for _, b := range h.Batches {
			packed[b.Batch] += b.Units
		}
	}
	for _, b := range s.Batches {
		if b.Units < packed[b.Batch] {
			return true
		}
		if b.good(day) {
			promised -= b.Units - packed[b.Batch]
		}
		delete(packed, b.Batch)
	}
	return promised > 0 || len(packed) > 0
}

// stocked changes the stock of a product, which is made where there is none, once for the request.
func (s *Service) stocked(ctx context.Context, a access.Actor, ph id.Pharmacy, product string, change func(*Stock) error) (*Stock, error) {
	doc := &Stock{ID: StockOf(ph, product), Pharmacy: ph, Product: product}
	if err := change(doc); err != nil {
		return nil, err
	}
	doc.tell(a)
	err := s.stock.Insert(ctx, a.Request, doc)
	if !errors.Is(err, docstore.ErrExists) {
		return doc, err
	}
	return s.stock.Update(ctx, string(StockOf(ph, product)), docstore.On{Request: a.Request}, func(st *Stock) error {
		st.tell(a)
		return change(st)
	})
}

func (s *Stock) tell(a access.Actor) {
	s.Emit(event.Event{
		Kind: KindStockChanged, By: string(a.Account), To: []string{string(s.Pharmacy)},
		Data: map[string]string{"pharmacy": string(s.Pharmacy)},
	})
}
