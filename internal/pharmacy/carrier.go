package pharmacy

import (
	"context"
	"strings"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/phi"
)

// tracked finds a parcel by its carrier's number.
func (f *Fill) tracked() (docstore.Key, bool) {
	if f.Parcel == nil {
		return docstore.Key{}, false
	}
	return docstore.Key{Equal: trackedBy(f.Parcel.Carrier, f.Parcel.Tracking), Order: docstore.ByTime(f.CreatedAt)}, true
}

// trackedBy spells carrier and number as one, however each side writes them.
func trackedBy(carrier string, tracking phi.Text) string {
	plain := func(s string) string {
		return strings.Join(strings.Fields(strings.ToLower(strings.ReplaceAll(s, "-", " "))), "")
	}
	return docstore.Eq(plain(carrier), plain(tracking.Reveal()))
}

const mostOfOneNumber = 50

// CarrierDelivered is the carrier's own word that what goes by this number was delivered. A number that
// none of ours goes by is NotFound. Told again it changes nothing.
func (s *Service) CarrierDelivered(ctx context.Context, a access.Actor, carrier string, tracking phi.Text) error {
	fills, err := s.fills.All(ctx, docstore.Query{Index: "tracking", Equal: trackedBy(carrier, tracking)}, mostOfOneNumber)
	if err != nil {
		return err
	}
	var told bool
	for _, f := range fills {
		if f.State != Collected {
			continue // it came back, or left by another way
		}
		if _, err := s.ParcelDelivered(ctx, a, f.ID); err != nil {
			return err
		}
		told = true
	}
	if !told {
		return fault.New(fault.NotFound, "No parcel is under way by this number. Check the number, and the carrier's name as the pharmacy types it.")
	}
	return nil
}
