package httpapi

import (
	"context"

	"housecall/internal/access"
	"housecall/internal/delivery"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Addresses are the routes of a patient's address book.
func Addresses(deliveries *delivery.Service) []Route {
	r := addressRoutes{deliveries}
	return []Route{
		get("/patients/{id}/addresses", "address.read", "List a patient's address book", r.list),
		post("/patients/{id}/addresses", "address.add", "Write a place into the book", r.add).created(),
		get("/addresses/{id}", "address.read", "Read a place", r.read),
		put("/addresses/{id}", "address.edit", "Change a place", r.edit),
		post("/addresses/{id}/remove", "address.remove", "Take a place out of the book", r.remove),
	}
}

type addressRoutes struct{ deliveries *delivery.Service }

// PlaceBody is what somebody writes into the book.
type PlaceBody struct {
	Label phi.Text  `json:"label,omitempty" maxLength:"60" doc:"What the family calls it: home, grandma."`
	Point geo.Point `json:"point"`
	WhereView
}

// PlaceView is a place of the book.
type PlaceView struct {
	ID      id.Address `json:"id"`
	Patient id.Patient `json:"patient"`
	PlaceBody
}

func placeView(d *delivery.Address) PlaceView {
	return PlaceView{ID: d.ID, Patient: d.Patient, PlaceBody: PlaceBody{Label: d.Label, Point: d.Point, WhereView: WhereView(d.Where)}}
}

func (b PlaceBody) content() delivery.AddressContent {
	return delivery.AddressContent{Label: b.Label, Point: b.Point, Where: delivery.Where(b.WhereView)}
}

func placeAnswered(d *delivery.Address, err error) (*Reply[PlaceView], error) {
	if err != nil {
		return nil, err
	}
	return reply(d.Version, placeView(d)), nil
}

func (r addressRoutes) list(ctx context.Context, a access.Actor, in *ByID) (*Reply[ListOf[PlaceView]], error) {
	book, err := r.deliveries.Addresses(ctx, a, id.Patient(in.ID))
	if err != nil {
		return nil, err
	}
	return listed(book, "", placeView), nil
}

type addPlaceIn struct {
	ByID
	Body PlaceBody
}

func (r addressRoutes) add(ctx context.Context, a access.Actor, in *addPlaceIn) (*Reply[PlaceView], error) {
	return placeAnswered(r.deliveries.AddAddress(ctx, a, id.Patient(in.ID), in.Body.content()))
}

func (r addressRoutes) read(ctx context.Context, a access.Actor, in *ByID) (*Reply[PlaceView], error) {
	return placeAnswered(r.deliveries.Address(ctx, a, id.Address(in.ID)))
}

type editPlaceIn struct {
	ByID
	Edit
	Body PlaceBody
}

func (r addressRoutes) edit(ctx context.Context, a access.Actor, in *editPlaceIn) (*Reply[PlaceView], error) {
	return placeAnswered(r.deliveries.EditAddress(ctx, a, id.Address(in.ID), in.Version(), in.Body.content()))
}

func (r addressRoutes) remove(ctx context.Context, a access.Actor, in *ByID) (*none, error) {
	return &none{}, r.deliveries.RemoveAddress(ctx, a, id.Address(in.ID), 0)
}
