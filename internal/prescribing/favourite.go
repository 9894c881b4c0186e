package prescribing

import (
	"context"
	"fmt"
	"slices"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Favourites is what one doctor prescribes often: a name for a product with its steps. It says
// nothing about any patient.
type Favourites struct {
	Doctor        id.Account `json:"doctor"`
	docstore.Meta `json:"meta"`
	List          []Favourite `json:"list"`
}

// DocID implements docstore.Document.
func (f *Favourites) DocID() string { return "fav_" + string(f.Doctor) }

// Favourite is one of them.
type Favourite struct {
	Name    string   `json:"name"`
	Product string   `json:"product"`
	Steps   []Dosage `json:"steps"`
}

const maxFavourites = 200

// Favourites answers a doctor's own list; the empty one has version 0.
func (s *Service) Favourites(ctx context.Context, a access.Actor) (*Favourites, error) {
	if err := s.guard.Check(ctx, a, FavouriteAction, access.Facts{Owner: a.Account}); err != nil {
		return nil, err
	}
	f := &Favourites{Doctor: a.Account, List: []Favourite{}}
	stored, err := s.favourites.Get(ctx, f.DocID())
	if fault.Is(err, fault.NotFound) {
		return f, nil
	}
	return stored, err
}

// KeepFavourites writes a doctor's own list anew, if it is still the version that was read (0: none
// yet).
func (s *Service) KeepFavourites(ctx context.Context, a access.Actor, version int64, list []Favourite) (*Favourites, error) {
	if err := s.guard.Check(ctx, a, FavouriteAction, access.Facts{Owner: a.Account}); err != nil {
		return nil, err
	}
	if len(list) > maxFavourites {
		return nil, fault.InvalidField("/list", fmt.Sprintf("At most %d favourites.", maxFavourites))
	}
	for i, one := range list {
		if _, known := s.formulary.Product(one.Product); !known || one.Name == "" || len(one.Name) > 100 || len(one.Steps) > maxSteps {
			return nil, fault.InvalidField(fmt.Sprintf("/list/%d", i), "A favourite has a name of at most 100 letters and a product of the formulary.")
		}
	}
	f := &Favourites{Doctor: a.Account, List: slices.Clone(list)}
	if version == 0 {
		err := s.favourites.Insert(ctx, a.Request, f)
		if fault.Is(err, fault.Conflict) {
			return nil, fault.New(fault.Stale, "You have favourites already. Look at them, then try again.").Coded("stale")
		}
		return f, err
	}
	return s.favourites.Update(ctx, f.DocID(), docstore.On{Request: a.Request, Version: version}, func(f *Favourites) error {
		f.List = slices.Clone(list)
		return nil
	})
}
