package forecast

import (
	"context"
	"slices"
	"time"

	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/id"
)

const orderPlaced event.Kind = "order.placed"

// Hour is how many orders were placed in a zone in one hour.
type Hour struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
	Zone          id.Zone   `json:"zone"`
	At            time.Time `json:"at"`               // its beginning
	Orders        []string  `json:"orders,omitempty"` // so that none counts twice
}

// DocID implements docstore.Document.
func (h *Hour) DocID() string { return h.ID }

var hourSpec = docstore.Spec[Hour]{Name: "forecast_hours", Indexes: map[string]func(*Hour) (docstore.Key, bool){
	"zone": func(h *Hour) (docstore.Key, bool) {
		return docstore.Key{Equal: string(h.Zone), Order: docstore.ByTime(h.At)}, true
	},
}}

// count notes an order in the hour it was placed in, once.
func (s *Service) count(ctx context.Context, e event.Event) error {
	zone := e.Data["zone"]
	if zone == "" || e.Data["fulfilment"] != "courier" {
		return nil
	}
	at := e.At.UTC().Truncate(time.Hour)
	h := &Hour{ID: zone + "_" + at.Format("2006010215"), Zone: id.Zone(zone), At: at}
	return learn(ctx, s.hours, h, func(h *Hour) {
		if !slices.Contains(h.Orders, e.Doc) {
			h.Orders = append(h.Orders, e.Doc)
		}
	})
}
