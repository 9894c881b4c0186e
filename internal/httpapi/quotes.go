package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/pharmacy"
)

// Quotes are the routes of offers and of batch recalls.
func Quotes(pharmacies *pharmacy.Service) []Route {
	r := quoteRoutes{pharmacies}
	return []Route{
		// A POST, since the door must not stand in a URL; nothing is made, so no key.
		post("/quotes", "quote.list", "Compare pharmacies for a prescription and a door", r.compare).keyless(),
		get("/recalls", "recall.read", "List who got a batch of a product", r.recall),
	}
}

type quoteRoutes struct{ pharmacies *pharmacy.Service }

// QuoteView is what one pharmacy can do.
type QuoteView struct {
	Pharmacy       id.Pharmacy        `json:"pharmacy"`
	Name           string             `json:"name"`
	Address        string             `json:"address"`
	At             geo.Point          `json:"at"`
	Lines          []FillLine         `json:"lines" nullable:"false"`
	Medicine       money.Amount       `json:"medicine" doc:"In whole packs."`
	DeliveryFee    money.Amount       `json:"delivery_fee" doc:"When it is brought, by courier or carrier."`
	Metres         int                `json:"metres"`
	InStock        bool               `json:"in_stock"`
	Open           bool               `json:"open"`
	OpensAt        *time.Time         `json:"opens_at,omitempty"`
	Fulfilments    []string           `json:"fulfilments" nullable:"false"`
	Slots          []DeliverySlotView `json:"slots" nullable:"false" doc:"When a courier can bring it by appointment."`
	MedianMinutes  int                `json:"median_minutes" doc:"Half of such orders are there sooner."`
	P90Minutes     int                `json:"p90_minutes" doc:"Nine of ten are."`
	PromiseMinutes int                `json:"promise_minutes"`
	Kept           bool               `json:"promise_can_be_kept"`
}

func quoteView(q *pharmacy.Quote) QuoteView {
	v := QuoteView{
		Pharmacy: q.Pharmacy, Name: q.Name, Address: q.Address, At: q.At, Lines: fillLines(q.Lines),
		Medicine: q.Price, DeliveryFee: q.DeliveryFee, Metres: q.Metres, InStock: q.InStock, Open: q.Open,
		Fulfilments: append([]string{}, q.Fulfilments...), MedianMinutes: q.MedianMinutes, P90Minutes: q.P90Minutes,
		PromiseMinutes: q.PromiseMinutes, Kept: q.Kept,
		Slots: each(q.Slots, func(s pharmacy.Slot) DeliverySlotView { return DeliverySlotView{From: s.From, Until: s.Until} }),
	}
	if !q.OpensAt.IsZero() {
		v.OpensAt = &q.OpensAt
	}
	return v
}

type quotesIn struct {
	Body struct {
		Part       id.Part    `json:"part" minLength:"1" maxLength:"96" doc:"What is to be filled."`
		Door       *geo.Point `json:"door,omitempty" doc:"Where it is to go; without it there is pick-up and parcel."`
		Fulfilment string     `json:"fulfilment,omitempty" enum:"courier,pickup,parcel"`
	}
}

func (r quoteRoutes) compare(ctx context.Context, a access.Actor, in *quotesIn) (*Reply[ListOf[QuoteView]], error) {
	q := pharmacy.QuoteRequest{Part: in.Body.Part, Fulfilment: in.Body.Fulfilment}
	if in.Body.Door != nil {
		q.Door = *in.Body.Door
	}
	quotes, err := r.pharmacies.Quotes(ctx, a, q)
	if err != nil {
		return nil, err
	}
	page := ListOf[QuoteView]{Items: make([]QuoteView, 0, len(quotes))}
	for i := range quotes {
		page.Items = append(page.Items, quoteView(&quotes[i]))
	}
	return &Reply[ListOf[QuoteView]]{Body: page}, nil
}

// RecipientView is who got something of a recalled batch.
type RecipientView struct {
	Fill     id.Fill        `json:"fill"`
	Order    id.Order       `json:"order"`
	Patient  id.Patient     `json:"patient"`
	Pharmacy id.Pharmacy    `json:"pharmacy"`
	Part     id.Part        `json:"part"`
	State    pharmacy.State `json:"state"`
	Units    int            `json:"units"`
	PackedAt time.Time      `json:"packed_at"`
}

type recallIn struct {
	Product string `query:"product" required:"true" minLength:"1" maxLength:"120"`
	Batch   string `query:"batch" required:"true" minLength:"1" maxLength:"40"`
	Cursor  string `query:"cursor" maxLength:"512"`
}

func (r quoteRoutes) recall(ctx context.Context, a access.Actor, in *recallIn) (*Reply[ListOf[RecipientView]], error) {
	got, next, err := r.pharmacies.Recall(ctx, a, in.Product, in.Batch, in.Cursor)
	if err != nil {
		return nil, err
	}
	page := ListOf[RecipientView]{Items: make([]RecipientView, 0, len(got)), Next: next}
	for _, g := range got {
		page.Items = append(page.Items, RecipientView(g))
	}
	return &Reply[ListOf[RecipientView]]{Body: page}, nil
}
