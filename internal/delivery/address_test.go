package delivery_test

import (
	"testing"

	"housecall/internal/access"
	"housecall/internal/delivery"
	"housecall/internal/fault"
	"housecall/internal/phi"
)

func home() delivery.AddressContent {
	return delivery.AddressContent{Label: "home", Point: doorAt, Where: delivery.Where{Street: "7 Lamp Street", Entrance: "B", Floor: "3", Receiver: "Ms Lin"}}
}

func TestPatientKeepsABookOfAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	first := w.as(mum)
	d, err := w.AddAddress(ctx, first, mum.Patient, home())
	must(t, err)
	again, err := w.AddAddress(ctx, first, mum.Patient, home())
	must(t, err)
	if again.ID != d.ID {
		t.Error("asked twice, written twice")
	}

	c := home()
	c.Floor = "4"
	_, err = w.EditAddress(ctx, w.as(mum), d.ID, d.Version, c)
	must(t, err)
	_, err = w.EditAddress(ctx, w.as(mum), d.ID, d.Version, c)
	refused(t, err, fault.Stale, "")
	book, err := w.Addresses(ctx, mum, mum.Patient)
	must(t, err)
	if len(book) != 1 || book[0].Floor != "4" {
		t.Errorf("book has %d places", len(book))
	}

	must(t, w.RemoveAddress(ctx, w.as(mum), d.ID, 0))
	book, err = w.Addresses(ctx, mum, mum.Patient)
	must(t, err)
	if len(book) != 0 {
		t.Error("the removed place is still there")
	}
	_, err = w.Address(ctx, mum, d.ID)
	refused(t, err, fault.NotFound, "")
}

func TestBookIsForThePatientAndWhomTheyGranted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	d, err := w.AddAddress(ctx, w.as(mum), mum.Patient, home())
	must(t, err)

	_, err = w.Addresses(ctx, daughter, mum.Patient) // she may receive
	must(t, err)
	_, err = w.AddAddress(ctx, w.as(daughter), mum.Patient, home())
	refused(t, err, fault.NotFound, "")
	for _, a := range []access.Actor{stranger, ann, clerk, support, nobody} {
		_, err = w.Address(ctx, a, d.ID)
		refused(t, err, fault.NotFound, "")
		_, err = w.EditAddress(ctx, a, d.ID, 0, home())
		refused(t, err, fault.NotFound, "")
	}
}

func TestDoorComesFromThePatientsOwnBookAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	own, err := w.AddAddress(ctx, w.as(mum), mum.Patient, home())
	must(t, err)
	theirs, err := w.AddAddress(ctx, w.as(stranger), stranger.Patient, home())
	must(t, err)
	ask := delivery.Request{Order: order1, Attempt: 1, Pharmacy: "phm_a", PharmacyAt: counterAt, Patient: mum.Patient, Address: theirs.ID}

	refused(t, w.Plan(ctx, w.as(house), ask), fault.NotFound, "")
	ask.Address = own.ID
	must(t, w.Plan(ctx, w.as(house), ask))
	refused(t, w.Redirect(ctx, w.as(house), "job_ord_1_1", delivery.Door{Address: theirs.ID}), fault.NotFound, "")

	if got := w.job(t, "job_ord_1_1").Door; got.Entrance != "B" || got.Point != doorAt {
		t.Error("the door is not what the book says")
	}
}

func TestAddressThatCantBeFoundIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tests := []struct {
		name  string
		spoil func(*delivery.AddressContent)
	}{
		{"no place on the map", func(c *delivery.AddressContent) { c.Point.Lat, c.Point.Lon = 0, 0 }},
		{"no street", func(c *delivery.AddressContent) { c.Street = "" }},
		{"a floor like a novel", func(c *delivery.AddressContent) { c.Floor = phi.Text(make([]byte, 500)) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := home()
			tt.spoil(&c)

			_, err := w.AddAddress(t.Context(), w.as(mum), mum.Patient, c)

			refused(t, err, fault.Invalid, "")
		})
	}
}
