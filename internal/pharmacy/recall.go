package pharmacy

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Lot says that a batch went into the bag of a fill. It is written before the fill notes it, so a
// recall looks at the fill again.
type Lot struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
	Product       string      `json:"product"`
	Batch         string      `json:"batch"`
	Pharmacy      id.Pharmacy `json:"pharmacy"`
	Fill          id.Fill     `json:"fill"`
}

// DocID implements docstore.Document.
func (l *Lot) DocID() string { return l.ID }

var lotSpec = docstore.Spec[Lot]{
	Name: "lots",
	Indexes: map[string]func(*Lot) (docstore.Key, bool){
		"batch": func(l *Lot) (docstore.Key, bool) {
			return docstore.Key{Equal: docstore.Eq(l.Product, l.Batch), Order: docstore.ByTime(l.CreatedAt)}, true
		},
		"pharmacy": func(l *Lot) (docstore.Key, bool) {
			return docstore.Key{Equal: docstore.Eq(string(l.Pharmacy), l.Product, l.Batch), Order: docstore.ByTime(l.CreatedAt)}, true
		},
	},
}

// trace writes which batches are in the bag, each once.
func (s *Service) trace(ctx context.Context, f *Fill) error {
	for _, p := range f.Packed {
		doc := &Lot{ID: lotOf(p.Product, p.Batch, f.ID), Product: p.Product, Batch: p.Batch, Pharmacy: f.Pharmacy, Fill: f.ID}
		err := s.lots.Insert(ctx, id.Request{}, doc)
		if err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return nil
}

// lotOf is the one id of a batch in a bag.
func lotOf(product, batch string, fill id.Fill) string {
	return "lot_" + string(id.Derive[id.Stock](product, batch, string(fill)))
}

// Recipient is who got, or is about to get, something of a recalled batch.
type Recipient struct {
	Fill     id.Fill
	Order    id.Order
	Patient  id.Patient
	Pharmacy id.Pharmacy
	Part     id.Part
	State    State
	Units    int
	PackedAt time.Time
}

// Recall answers who got a batch of a product: for a pharmacy from its own counter, for an operator from all of
// them. Each record shown is in the audit as read. The second answer is the next cursor.
func (s *Service) Recall(ctx context.Context, a access.Actor, product, batch, cursor string) ([]Recipient, string, error) {
	if err := s.Guard.Check(ctx, a, "recall.read", access.Facts{Record: "recall", Pharmacy: a.Pharmacy}); err != nil {
		return nil, "", err
	}
	if product == "" || batch == "" {
		return nil, "", fault.InvalidField("/batch", "Say which batch of which product.")
	}
	q := docstore.Query{Index: "batch", Equal: docstore.Eq(product, batch), Cursor: cursor, Limit: 200}
	if a.Pharmacy != "" {
		q.Index, q.Equal = "pharmacy", docstore.Eq(string(a.Pharmacy), product, batch)
	}
	page, err := s.lots.Find(ctx, q)
	if err != nil {
		return nil, "", err
	}
	out := make([]Recipient, 0, len(page.Items))
	for _, lot := range page.Items {
		r, err := s.recipient(ctx, a, lot)
		if err != nil {
			return nil, "", err
		}
		if r.Units > 0 {
			out = append(out, r)
		}
	}
	return out, page.Next, nil
}

func (s *Service) recipient(ctx context.Context, a access.Actor, lot *Lot) (Recipient, error) {
	f, err := s.fills.Get(ctx, string(lot.Fill))
	if err != nil {
		return Recipient{}, err
	}
	r := Recipient{Fill: f.ID, Order: f.Order, Patient: f.Patient, Pharmacy: f.Pharmacy, Part: f.Part, State: f.State, PackedAt: lot.CreatedAt}
	for _, p := range f.Packed {
		if p.Product == lot.Product && p.Batch == lot.Batch {
			r.Units += p.Units
		}
	}
	if r.Units == 0 { // taken out of the bag again before it was closed
		return r, nil
	}
	return r, s.Guard.Read(ctx, a, "recall.read", f.facts())
}
