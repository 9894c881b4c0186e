package delivery

import (
	"context"
	"strings"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Address is a place in a patient's book: where a courier finds them.
type Address struct {
	ID            id.Address `json:"id"`
	docstore.Meta `json:"meta"`
	Patient       id.Patient `json:"patient"`
	AddressContent
	Removed bool `json:"removed,omitempty"`
}

// AddressContent is what somebody writes into the book.
type AddressContent struct {
	Label phi.Text  `json:"label,omitempty" maxLength:"60" doc:"What the family calls it: home, grandma."`
	Point geo.Point `json:"point"`
	Where
}

// DocID implements docstore.Document.
func (d *Address) DocID() string { return string(d.ID) }

func (d *Address) facts() access.Facts {
	return access.Facts{Record: string(d.ID), Patient: d.Patient}
}

func (d *Address) door() Door { return Door{Point: d.Point, Where: d.Where, Address: d.ID} }

// mostAddresses is how many a patient keeps.
const mostAddresses = 50

func addressSpec() docstore.Spec[Address] {
	return docstore.Spec[Address]{Name: "addresses", Indexes: map[string]func(*Address) (docstore.Key, bool){
		"patient": func(d *Address) (docstore.Key, bool) {
			return docstore.Key{Equal: string(d.Patient), Order: docstore.ByTime(d.CreatedAt)}, !d.Removed
		},
	}}
}

func (c *AddressContent) check() error {
	if !c.Point.Valid() || c.Point.IsZero() {
		return fault.InvalidField("/point", "Show the place on the map.")
	}
	limits := []struct {
		pointer string
		text    phi.Text
		most    int
	}{
		{"/label", c.Label, 60},
		{"/street", c.Street, 200},
		{"/entrance", c.Entrance, 80},
		{"/floor", c.Floor, 40},
		{"/flat", c.Flat, 40},
		{"/receiver", c.Receiver, 120},
		{"/note", c.Note, 300},
	}
	for _, l := range limits {
		if len([]rune(l.text.Reveal())) > l.most {
			return fault.InvalidField(l.pointer, "This is too long.")
		}
	}
	if strings.TrimSpace(c.Street.Reveal()) == "" {
		return fault.InvalidField("/street", "Write the street and the house number.")
	}
	return nil
}

// AddAddress writes a place into a patient's book. A place outside every zone can be kept: a parcel
// reaches it.
func (s *Service) AddAddress(ctx context.Context, a access.Actor, patient id.Patient, c AddressContent) (*Address, error) {
	d := &Address{ID: made[id.Address](a), Patient: patient, AddressContent: c}
	if err := s.guard.Check(ctx, a, "address.add", d.facts()); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	book, err := s.addresses.Find(ctx, docstore.Query{Index: "patient", Equal: string(patient), Limit: mostAddresses})
	if err != nil {
		return nil, err
	}
	if len(book.Items) == mostAddresses {
		return nil, fault.New(fault.Conflict, "The book is full. Remove a place you need no more.").Coded("book-full")
	}
	return d, s.addresses.Insert(ctx, a.Request, d)
}

// EditAddress puts new content in place of the old, if version is the one it was read with. A job
// under way keeps the door it has: Redirect changes that.
func (s *Service) EditAddress(ctx context.Context, a access.Actor, address id.Address, version int64, c AddressContent) (*Address, error) {
	d, err := s.addressFor(ctx, a, "address.edit", address)
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return s.addresses.Update(ctx, d.DocID(), docstore.On{Request: a.Request, Version: version}, func(d *Address) error {
		if d.Removed {
			return docstore.NotFound()
		}
		d.AddressContent = c
		return nil
	})
}

// RemoveAddress takes a place out of the book.
func (s *Service) RemoveAddress(ctx context.Context, a access.Actor, address id.Address, version int64) error {
	d, err := s.addressFor(ctx, a, "address.remove", address)
	if err != nil {
		return err
	}
	_, err = s.addresses.Update(ctx, d.DocID(), docstore.On{Request: a.Request, Version: version}, func(d *Address) error {
		d.Removed, d.AddressContent = true, AddressContent{}
		return nil
	})
	return err
}

// Addresses lists a patient's book, the oldest place first.
func (s *Service) Addresses(ctx context.Context, a access.Actor, patient id.Patient) ([]*Address, error) {
	if err := s.guard.Read(ctx, a, whoever(a, "address.read"), access.Facts{Record: string(patient), Patient: patient}); err != nil {
		return nil, err
	}
	return s.addresses.All(ctx, docstore.Query{Index: "patient", Equal: string(patient)}, mostAddresses)
}

// Address answers one place of a book.
func (s *Service) Address(ctx context.Context, a access.Actor, address id.Address) (*Address, error) {
	d, err := s.addresses.Get(ctx, string(address))
	if err != nil {
		return nil, err
	}
	if err := s.guard.Read(ctx, a, whoever(a, "address.read"), d.facts()); err != nil {
		return nil, err
	}
	if d.Removed {
		return nil, docstore.NotFound()
	}
	return d, nil
}

func (s *Service) addressFor(ctx context.Context, a access.Actor, action access.Action, address id.Address) (*Address, error) {
	d, err := s.addresses.Get(ctx, string(address))
	if err != nil {
		return nil, err
	}
	return d, s.guard.Check(ctx, a, action, d.facts())
}
