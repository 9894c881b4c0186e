package pharmacy

import (
	"maps"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
)

// Stock is one product on the shelf of one pharmacy.
type Stock struct {
	ID            id.Stock `json:"id"`
	docstore.Meta `json:"meta"`
	Pharmacy      id.Pharmacy      `json:"pharmacy"`
	Product       string           `json:"product"`
	Price         money.Amount     `json:"price"` // of a pack
	PackUnits     int              `json:"pack_units"`
	Batches       []Batch          `json:"batches,omitempty"`
	Held          map[id.Fill]Hold `json:"held,omitempty"`
}

// Batch is what one production run left on the shelf. It is good to the end of its expiry day.
type Batch struct {
	Batch  string `json:"batch" minLength:"1" maxLength:"40"`
	Expiry string `json:"expiry" doc:"The last day on which it is good, 2027-03-31."`
	Units  int    `json:"units" minimum:"0"`
}

// Hold is what a fill keeps others from taking. Once packed it names the batches.
type Hold struct {
	Units   int     `json:"units"`
	Batches []Batch `json:"batches,omitempty"`
}

// DocID implements docstore.Document.
func (s *Stock) DocID() string { return string(s.ID) }

// StockOf is the id of a product on the shelf of a pharmacy.
func StockOf(ph id.Pharmacy, product string) id.Stock {
	return id.Derive[id.Stock](string(ph), product)
}

var stockSpec = docstore.Spec[Stock]{
	Name: "stock",
	Indexes: map[string]func(*Stock) (docstore.Key, bool){
		"pharmacy": func(s *Stock) (docstore.Key, bool) {
			return docstore.Key{Equal: string(s.Pharmacy), Order: s.Product}, true
		},
	},
}

// outOfStock is how a shortage is answered.
func outOfStock() error {
	return fault.New(fault.Conflict, "This pharmacy does not have enough of it. Choose another pharmacy.").Coded("out-of-stock")
}

func (s *Stock) facts() access.Facts {
	return access.Facts{Record: string(s.ID), Pharmacy: s.Pharmacy}
}

// good tells whether the batch may still be given out on the day.
func (b Batch) good(day string) bool { return b.Expiry >= day }

// Free is how many units can be promised on the day: those of good batches that nobody holds. A
// hold that was packed from a batch which has expired since does not weigh on the good ones.
func (s *Stock) Free(day string) int {
	n := 0
	for _, b := range s.Batches {
		if b.good(day) {
			n += b.Units
		}
	}
	for h := range maps.Values(s.Held) {
		n -= h.Units
		for _, b := range h.Batches {
			if !b.good(day) {
				n += b.Units
			}
		}
	}
	return max(n, 0)
}

// Packs is how many whole packs cover a quantity.
func (s *Stock) Packs(quantity int) int { return (quantity + s.PackUnits - 1) / s.PackUnits }

// item prices a line in whole packs.
func (s *Stock) item(l Line) Item {
	packs := s.Packs(l.Quantity)
	return Item{Product: s.Product, Quantity: l.Quantity, Packs: packs, Units: packs * s.PackUnits, Price: s.Price.Times(int64(packs))}
}

// hold promises units to a fill, once.
func (s *Stock) hold(fill id.Fill, units int, day string) error {
	if _, done := s.Held[fill]; done {
		return nil
	}
	if s.Free(day) < units {
		return outOfStock()
	}
	if s.Held == nil {
		s.Held = map[id.Fill]Hold{}
	}
	s.Held[fill] = Hold{Units: units}
	return nil
}

// allot says from which batches the fill is packed. What other bags were packed from is gone.
func (s *Stock) allot(fill id.Fill, from []Batch, day string) error {
	h, held := s.Held[fill]
	if !held {
		return fault.New(fault.Conflict, "Nothing of this product is held for the order any more. Look at its present state.").Coded("not-held")
	}
	for _, take := range from {
		have := slices.IndexFunc(s.Batches, func(b Batch) bool { return b.Batch == take.Batch })
		switch {
		case have < 0:
			return fault.New(fault.Conflict, "This batch is not in your stock. Check the pack, or receive the batch first.").Coded("batch-unknown")
		case s.Batches[have].Expiry != take.Expiry:
			return fault.New(fault.Conflict, "The expiry date does not fit this batch. Check the pack.").Coded("expiry-mismatch")
		case !s.Batches[have].good(day):
			return fault.New(fault.Conflict, "Stop: this batch has expired. Put it aside and take another.").Coded("batch-expired")
		case s.Batches[have].Units-s.packedFrom(take.Batch, fill) < take.Units:
			return fault.New(fault.Conflict, "There are not so many units of this batch left. Check the shelf, then count the stock.").Coded("batch-short")
		}
	}
	s.Held[fill] = Hold{Units: h.Units, Batches: from}
	return nil
}

// packedFrom is how many units of a batch are in the sealed or open bags of other fills.
func (s *Stock) packedFrom(batch string, but id.Fill) int {
	n := 0
	for fill, h := range s.Held {
		for _, b := range h.Batches {
			if fill != but && b.Batch == batch {
				n += b.Units
			}
		}
	}
	return n
}

// free gives back what a fill holds. Done before, it changes nothing.
func (s *Stock) free(fill id.Fill) { delete(s.Held, fill) }

// consume takes what a fill was packed from off the shelf, once.
func (s *Stock) consume(fill id.Fill) {
	for _, used := range s.Held[fill].Batches {
		for i := range s.Batches {
			if s.Batches[i].Batch == used.Batch {
				s.Batches[i].Units = max(s.Batches[i].Units-used.Units, 0)
			}
		}
	}
	delete(s.Held, fill)
	s.Batches = slices.DeleteFunc(s.Batches, func(b Batch) bool { return b.Units == 0 })
}

// add puts units of a batch on the shelf.
func (s *Stock) add(b Batch) {
	for i := range s.Batches {
		if s.Batches[i].Batch == b.Batch {
			s.Batches[i].Units += b.Units
			return
		}
	}
	s.Batches = append(s.Batches, b)
	slices.SortFunc(s.Batches, func(a, b Batch) int {
		if a.Expiry != b.Expiry {
			if a.Expiry < b.Expiry {
				return -1
			}
			return 1
		}
		if a.Batch < b.Batch {
			return -1
		}
		return 1
	})
}

// day is the calendar day at the pharmacy's counter: what decides whether a batch has expired.
func (p *Pharmacy) day(now time.Time) string {
	where, err := time.LoadLocation(p.TimeZone)
	if err != nil {
		where = time.UTC
	}
	return now.In(where).Format(time.DateOnly)
}
