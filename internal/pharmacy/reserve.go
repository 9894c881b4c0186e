package pharmacy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
)

// Reservation asks for the stock of one order at one pharmacy.
type Reservation struct {
	Fill         id.Fill
	Order        id.Order
	Attempt      int
	Pharmacy     id.Pharmacy
	Prescription id.Prescription
	Part         id.Part
	Patient      id.Patient
	Lines        []Line
	Fulfilment   string
	Slot         *Appointment // nil: as soon as it can be
	Within       money.Amount // the medicine may cost no more; zero: whatever it costs
}

// Line is a quantity of a product, in its units.
type Line struct {
	Product  string `json:"product"`
	Quantity int    `json:"quantity"`
}

func unavailable() *fault.Error {
	return fault.New(fault.Conflict, "This pharmacy can't take the order. Choose another.").Coded("pharmacy-unavailable")
}

// stalled is after how long a half done change of stock is taken up again.
const stalled = time.Minute

// Reserve holds the stock of an order at a pharmacy: the fill is `reserved` and fill.reserved is
// announced with its price. With too little on the shelf nothing is kept and the answer is a Conflict coded
// "out-of-stock"; "price-changed" when it costs more than Within, "pharmacy-unavailable" when the
// pharmacy is not vetted or does not hand over so. Asked twice it does the same once.
func (s *Service) Reserve(ctx context.Context, a access.Actor, r Reservation) error {
	if err := s.Guard.Check(ctx, a, "fill.advance", access.Facts{Record: string(r.Fill), Patient: r.Patient}); err != nil {
		return err
	}
	f, err := s.fills.Get(ctx, string(r.Fill))
	if fault.Is(err, fault.NotFound) {
		f, err = s.begin(ctx, a, r)
	}
	if err != nil {
		return err
	}
	if f.Order != "" && (f.Order != r.Order || f.Pharmacy != r.Pharmacy || f.Part != r.Part) {
		return fault.New(fault.Conflict, "Another order has this fill.").Coded("exists")
	}
	return s.holdAll(ctx, a, f)
}

// begin writes the fill that says which stock is about to be held.
func (s *Service) begin(ctx context.Context, a access.Actor, r Reservation) (*Fill, error) {
	ph, err := s.pharmacies.Get(ctx, string(r.Pharmacy))
	if err != nil {
		return nil, fmt.Errorf("reserve %s: %w", r.Fill, err)
	}
	if err := s.vetted(ctx, string(ph.ID), unavailable()); err != nil {
		return nil, err
	}
	if !slices.Contains(ph.Fulfilments, r.Fulfilment) {
		return nil, unavailable()
	}
	lines, err := s.itemise(ctx, ph, r.Lines)
	if err != nil {
		return nil, err
	}
	f := &Fill{
		ID: r.Fill, State: Reserved, Order: r.Order, Attempt: r.Attempt, Pharmacy: r.Pharmacy, Zone: ph.Zone,
		Prescription: r.Prescription, Part: r.Part, Patient: r.Patient, Fulfilment: r.Fulfilment, Slot: r.Slot, Lines: lines, Shelf: ShelfPending,
	}
	f.Price = f.total()
	if !r.Within.IsZero() && (f.Price.Currency != r.Within.Currency || f.Price.Minor > r.Within.Minor) {
		return nil, fault.New(fault.Conflict, "The price has changed since you saw it. Look at the new price before you order.").Coded("price-changed")
	}
	f.SetTimer(TimerReserveStalled, s.Clock.Now().Add(stalled))
	err = s.fills.Insert(ctx, a.Request, f)
	if errors.Is(err, docstore.ErrExists) { // somebody else repeated it in this moment
		return s.fills.Get(ctx, string(r.Fill))
	}
	return f, err
}

// itemise prices lines at a pharmacy; a product that it does not keep is out of stock.
func (s *Service) itemise(ctx context.Context, ph *Pharmacy, lines []Line) ([]Item, error) {
	if len(lines) == 0 {
		return nil, fault.InvalidField("/lines", "Say what is to be reserved.")
	}
	items := make([]Item, 0, len(lines))
	for i, l := range lines {
		if l.Quantity <= 0 {
			return nil, fault.InvalidField(fmt.Sprintf("/lines/%d/quantity", i), "A quantity is 1 or more.")
		}
		st, err := s.stock.Get(ctx, string(StockOf(ph.ID, l.Product)))
		if fault.Is(err, fault.NotFound) {
			return nil, outOfStock()
		}
		if err != nil {
			return nil, err
		}
		items = append(items, st.item(l))
	}
	return items, nil
}

// holdAll holds each product of a fill whose shelf is pending, then says so. A shortage gives
// everything back.
func (s *Service) holdAll(ctx context.Context, a access.Actor, f *Fill) error {
	if f.Shelf != ShelfPending || f.State != Reserved {
		return s.standing(f)
	}
	day, err := s.dayAt(ctx, f.Pharmacy)
	if err != nil {
		return err
	}
	for product, units := range f.needs() {
		_, err := s.stock.Update(ctx, string(StockOf(f.Pharmacy, product)), docstore.On{}, func(st *Stock) error {
			return st.hold(f.ID, units, day)
		})
		if fault.Is(err, fault.Conflict) || fault.Is(err, fault.NotFound) {
			return s.giveUp(ctx, a, f.ID)
		}
		if err != nil {
			return fmt.Errorf("hold stock for %s: %w", f.ID, err)
		}
	}
	f, err = s.fills.Update(ctx, string(f.ID), docstore.On{}, func(f *Fill) error {
		if f.Shelf != ShelfPending || f.State != Reserved {
			return nil
		}
		f.Shelf = ShelfHeld
		f.ClearTimer(TimerReserveStalled)
		f.tell(KindReserved, a, priced(f.Price))
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.settle(ctx, f); err != nil { // ended while we held
		return err
	}
	return s.standing(f)
}

// standing is the answer to whoever asks again for a reservation: nil while the stock is held.
func (s *Service) standing(f *Fill) error {
	switch f.State {
	case Released:
		if f.Reason == reasonShort {
			return outOfStock()
		}
		return fault.New(fault.Conflict, "This reservation has been given up.").Coded("released")
	case Refused, Expired, Returned:
		return fault.New(fault.Conflict, "The pharmacy no longer has this order.").Coded("released")
	case Reserved, Offered, Reviewing, Preparing, Ready, Collected:
	}
	return nil
}

// giveUp ends a reservation that found too little and answers so.
func (s *Service) giveUp(ctx context.Context, a access.Actor, fill id.Fill) error {
	f, err := s.fills.Update(ctx, string(fill), docstore.On{}, func(f *Fill) error {
		if f.State != Reserved {
			return nil
		}
		return s.end(f, a, release, reasonShort)
	})
	if err != nil {
		return err
	}
	if err := s.settle(ctx, f); err != nil {
		return err
	}
	return s.standing(f)
}

const reasonShort = "out_of_stock"

// Offer shows a reserved fill to its pharmacy and starts its review budget, at the next opening
// where it is closed. It announces fill.offered.
func (s *Service) Offer(ctx context.Context, a access.Actor, fill id.Fill) error {
	f, err := s.fills.Get(ctx, string(fill))
	if err != nil {
		return err
	}
	ph, err := s.pharmacies.Get(ctx, string(f.Pharmacy))
	if err != nil {
		return err
	}
	terms, err := s.Zones.Terms(ctx, ph.Zone)
	if err != nil {
		return fmt.Errorf("read terms of %s: %w", ph.Zone, err)
	}
	before, err := s.queue(ctx, f.Pharmacy)
	if err != nil {
		return err
	}
	_, err = s.step(ctx, a, fill, "fill.advance", func(f *Fill, now time.Time) error {
		if f.Shelf == ShelfPending {
			return fault.New(fault.Conflict, "Its stock is not held yet. Try again in a moment.").Coded("not-held")
		}
		if err := f.apply(now, a, offer, ""); err != nil {
			return err
		}
		begins, opens := ph.OpensAt(now)
		if !opens {
			begins = now
		}
		f.PackTime, f.Queue = terms.Pack, before
		f.budget(begins, terms.Review)
		f.tell(KindOffered, a, nil)
		return nil
	})
	return err
}

// Release ends a fill before the bag left: not paid, or cancelled. Its stock goes back and
// fill.released is announced. For one that has ended with its stock back it does nothing. One that
// is not there yet is written as released, so that a reservation that comes late finds it given up.
func (s *Service) Release(ctx context.Context, a access.Actor, fill id.Fill, reason string) error {
	f, err := s.step(ctx, a, fill, "fill.advance", func(f *Fill, _ time.Time) error {
		if f.State == Released || f.State == Refused || f.State == Expired {
			return nil
		}
		return s.end(f, a, release, reason)
	})
	if fault.Is(err, fault.NotFound) && a.Role == access.System {
		return s.forestall(ctx, a, fill, reason)
	}
	if err != nil {
		return err
	}
	return s.settle(ctx, f)
}

// forestall writes a fill that was released before it was reserved: events of one order are handled
// at least once, and one that is tried again can come after those that followed it.
func (s *Service) forestall(ctx context.Context, a access.Actor, fill id.Fill, reason string) error {
	f := &Fill{ID: fill, State: Reserved, Shelf: ShelfFreed, Reason: reason}
	if err := f.apply(s.Clock.Now(), a, release, reason); err != nil {
		return err
	}
	err := s.fills.Insert(ctx, id.Request{}, f)
	if errors.Is(err, docstore.ErrExists) { // reserved in this moment
		return s.Release(ctx, a, fill, reason)
	}
	return err
}

func (s *Service) dayAt(ctx context.Context, ph id.Pharmacy) (string, error) {
	doc, err := s.pharmacies.Get(ctx, string(ph))
	if err != nil {
		return "", err
	}
	return doc.day(s.Clock.Now()), nil
}
