package httpapi

import (
	"bytes"
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/pharmacy"
)

// Stock are the routes of what stands on a pharmacy's shelf.
func Stock(pharmacies *pharmacy.Service) []Route {
	r := stockRoutes{pharmacies}
	return []Route{
		get("/pharmacies/{id}/stock", "stock.read", "List a pharmacy's stock by product", r.list),
		post("/pharmacies/{id}/stock", "stock.edit", "Receive a batch", r.receive),
		post("/pharmacies/{id}/stock/import", "stock.import", "Set stock and prices from a CSV file, all or nothing", r.load).upTo(4 << 20),
		get("/pharmacies/{id}/stock/export", "stock.read", "Write the stock as a CSV file", r.export),
		get("/stock/{id}", "stock.read", "Read one product of a pharmacy's stock", r.read),
		put("/stock/{id}", "stock.edit", "Set price and count of a product", r.edit),
	}
}

type stockRoutes struct{ pharmacies *pharmacy.Service }

// StockView is a product on the shelf.
type StockView struct {
	ID        id.Stock     `json:"id"`
	Pharmacy  id.Pharmacy  `json:"pharmacy"`
	Product   string       `json:"product"`
	Price     money.Amount `json:"price" doc:"Of a pack."`
	PackUnits int          `json:"pack_units"`
	Batches   []StockBatch `json:"batches" nullable:"false"`
	Held      int          `json:"held" doc:"Units promised to orders."`
	UpdatedAt time.Time    `json:"updated_at"`
}

func (stockRoutes) view(s *pharmacy.Stock) StockView {
	v := StockView{
		ID: s.ID, Pharmacy: s.Pharmacy, Product: s.Product, Price: s.Price, PackUnits: s.PackUnits,
		Batches: make([]StockBatch, 0, len(s.Batches)), UpdatedAt: s.UpdatedAt,
	}
	for _, b := range s.Batches {
		v.Batches = append(v.Batches, StockBatch(b))
	}
	for _, h := range s.Held {
		v.Held += h.Units
	}
	return v
}

func (r stockRoutes) answered(s *pharmacy.Stock, err error) (*Reply[StockView], error) {
	if err != nil {
		return nil, err
	}
	return reply(s.Version, r.view(s)), nil
}

type pharmacyPageIn struct {
	ByID
	PageIn
}

func (r stockRoutes) list(ctx context.Context, a access.Actor, in *pharmacyPageIn) (*Reply[ListOf[StockView]], error) {
	page, err := r.pharmacies.StockList(ctx, a, id.Pharmacy(in.ID), in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, r.view), nil
}

// StockBatch is what one production run left on the shelf.
type StockBatch pharmacy.Batch

type receiveIn struct {
	ByID
	Body struct {
		Product   string       `json:"product" minLength:"1" maxLength:"120"`
		PackUnits int          `json:"pack_units" minimum:"1"`
		Price     money.Amount `json:"price" doc:"Of a pack, from now on."`
		Batch     StockBatch   `json:"batch"`
	}
}

func (r stockRoutes) receive(ctx context.Context, a access.Actor, in *receiveIn) (*Reply[StockView], error) {
	return r.answered(r.pharmacies.Receive(ctx, a, id.Pharmacy(in.ID), pharmacy.Arrival{
		Product:   in.Body.Product,
		PackUnits: in.Body.PackUnits, Price: in.Body.Price, Batch: pharmacy.Batch(in.Body.Batch),
	}))
}

// StockImported counts what a file changed.
type StockImported pharmacy.Imported

type importIn struct {
	ByID
	RawBody []byte `contentType:"text/csv"`
}

func (r stockRoutes) load(ctx context.Context, a access.Actor, in *importIn) (*Reply[StockImported], error) {
	done, err := r.pharmacies.Import(ctx, a, id.Pharmacy(in.ID), bytes.NewReader(in.RawBody))
	if err != nil {
		return nil, err
	}
	return reply(0, StockImported(done)), nil
}

// csvOut is a file in the answer.
type csvOut struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte `contentType:"text/csv"`
}

func (r stockRoutes) export(ctx context.Context, a access.Actor, in *ByID) (*csvOut, error) {
	var file bytes.Buffer
	if err := r.pharmacies.Export(ctx, a, id.Pharmacy(in.ID), &file); err != nil {
		return nil, err
	}
	return &csvOut{ContentType: "text/csv; charset=utf-8", Disposition: `attachment; filename="stock.csv"`, Body: file.Bytes()}, nil
}

func (r stockRoutes) read(ctx context.Context, a access.Actor, in *ByID) (*Reply[StockView], error) {
	return r.answered(r.pharmacies.StockItem(ctx, a, id.Stock(in.ID)))
}

type countIn struct {
	ByID
	Edit
	Body struct {
		PackUnits int          `json:"pack_units" minimum:"1"`
		Price     money.Amount `json:"price" doc:"Of a pack."`
		Batches   []StockBatch `json:"batches,omitempty" maxItems:"100" doc:"All that is on the shelf; without it only the price changes."`
	}
}

func (r stockRoutes) edit(ctx context.Context, a access.Actor, in *countIn) (*Reply[StockView], error) {
	count := pharmacy.Count{PackUnits: in.Body.PackUnits, Price: in.Body.Price}
	if in.Body.Batches != nil {
		count.Batches = make([]pharmacy.Batch, 0, len(in.Body.Batches))
	}
	for _, b := range in.Body.Batches {
		count.Batches = append(count.Batches, pharmacy.Batch(b))
	}
	return r.answered(r.pharmacies.EditStock(ctx, a, id.Stock(in.ID), in.Version(), count))
}
