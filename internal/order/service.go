package order

import (
	"context"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/money"
)

// Script is what an order needs to know of the part of a prescription that it fills.
type Script struct {
	Prescription id.Prescription
	Patient      id.Patient
	Lines        []Line // products and quantities; without prices
	Warned       bool   // the risk of a prescription medicine was shown to who orders
}

// Scripts tells what can be ordered. Fillable answers NotFound for a part that is not this actor's
// to fill, Conflict for one that is claimed, dispensed, cancelled, expired or not due yet.
type Scripts interface {
	Fillable(ctx context.Context, a access.Actor, part id.Part) (Script, error)
}

// Quotes asks one pharmacy for its price and its honest time.
type Quotes interface {
	// at is when the pharmacy has to begin; zero is at once.
	Quote(ctx context.Context, a access.Actor, w Wanted, s Script, at time.Time) (Quote, error)
}

// Zones tells which zone covers a door; "" where none does.
type Zones interface {
	ZoneOf(ctx context.Context, door geo.Point) (id.Zone, error)
}

// Slots tells when couriers come by appointment. Slot is a Conflict for a time that can't be had.
type Slots interface {
	Slot(ctx context.Context, zone id.Zone, from time.Time) (Slot, error)
	// AtOnce tells whether couriers ride there without an appointment too.
	AtOnce(ctx context.Context, zone id.Zone) (bool, error)
	// Keeping lists those with a free place that a pharmacy is open in time for, the soonest first.
	Keeping(ctx context.Context, zone id.Zone, ph id.Pharmacy) ([]Slot, error)
}

// Coupons says what a coupon takes off the fees; never off medicine.
type Coupons interface {
	Discount(ctx context.Context, a access.Actor, code string, fees money.Amount) (money.Amount, error)
}

// Deps is what the service stands on; all are required.
type Deps struct {
	Store   docstore.Store
	Clock   clock.Clock
	Guard   *access.Guard
	Scripts Scripts
	Quotes  Quotes
	Zones   Zones
	Slots   Slots
	Coupons Coupons
}

// Service places orders and follows them.
type Service struct {
	Deps
	guard  *access.Guard
	orders *docstore.Collection[Order, *Order]
}

// New opens the collection of orders.
func New(ctx context.Context, d Deps) (*Service, error) {
	orders, err := docstore.Open[Order](ctx, d.Store, d.Clock, spec)
	if err != nil {
		return nil, err
	}
	return &Service{Deps: d, guard: d.Guard, orders: orders}, nil
}

// Wanted is what a patient orders.
type Wanted struct {
	Part       id.Part
	Pharmacy   id.Pharmacy
	Fulfilment Fulfilment
	Address    Address // not for a pick-up
	Coupon     string
	Warned     bool      // the risk of a prescription medicine was shown; some places ask for that
	Slot       time.Time // when the slot begins that a courier is to come in; zero: as soon as it can be
}

// unpaidFor is how long prescription and stock are held for an order that nobody has paid.
const unpaidFor = 10 * time.Minute

// Place makes an unpaid order: the prescription is claimed and the stock reserved next. Announces
// order.placing. Asked again by the same request it answers the same order.
func (s *Service) Place(ctx context.Context, a access.Actor, w Wanted) (*Order, error) {
	script, err := s.Scripts.Fillable(ctx, a, w.Part)
	if err != nil {
		if o := s.placedBefore(ctx, a); o != nil {
			return o, nil
		}
		return nil, err
	}
	if err := s.guard.Check(ctx, a, "order.place", access.Facts{Record: string(w.Part), Patient: script.Patient}); err != nil {
		return nil, err
	}
	o, err := s.draw(ctx, a, w, script)
	if err != nil {
		return nil, err
	}
	if err := s.orders.Insert(ctx, a.Request, o); err != nil {
		return nil, err
	}
	return o, nil
}

// placedBefore is the order that this very request has made: its claim is why the part can't be
// ordered any more.
func (s *Service) placedBefore(ctx context.Context, a access.Actor) *Order {
	if a.Request.Key == "" {
		return nil
	}
	o, err := s.orders.Get(ctx, string(id.Of[id.Order](a.Request)))
	if err != nil || o.Made != a.Request {
		return nil
	}
	return o
}

func (s *Service) draw(ctx context.Context, a access.Actor, w Wanted, script Script) (*Order, error) {
	if err := checkWanted(w); err != nil {
		return nil, err
	}
	zone, err := s.Zones.ZoneOf(ctx, w.Address.Point)
	if err != nil {
		return nil, err
	}
	slot, err := s.slotOf(ctx, zone, w)
	if err != nil {
		return nil, err
	}
	script.Warned = w.Warned
	quote, err := s.Quotes.Quote(ctx, a, w, script, slot.begins())
	if err != nil {
		return nil, err
	}
	o := &Order{
		ID: newID(a.Request), State: Unpaid, Patient: script.Patient, PlacedBy: a.Account, Prescription: script.Prescription, Part: w.Part,
		Fulfilment: w.Fulfilment, Address: w.Address, Zone: zone, Slot: slot, Pharmacy: w.Pharmacy, Attempt: 1, Quote: quote, Coupon: w.Coupon,
		Discount: money.Of(0, quote.Medicine.Currency),
	}
	if w.Coupon != "" {
		if o.Discount, err = s.Coupons.Discount(ctx, a, w.Coupon, quote.DeliveryFee); err != nil {
			return nil, err
		}
	}
	o.SetTimer(TimerUnpaid, s.Clock.Now().Add(unpaidFor))
	o.announce(a, EventPlacing, nil)
	return o, nil
}

// slotOf is the slot that is wanted, while it can be had; nil when none is.
func (s *Service) slotOf(ctx context.Context, zone id.Zone, w Wanted) (*Slot, error) {
	if w.Slot.IsZero() {
		return nil, nil //nolint:nilnil // most orders have none
	}
	if w.Fulfilment != Courier || zone == "" {
		return nil, fault.InvalidField("/slot", "A time can be chosen where a courier brings it. Leave it out, or choose another way.")
	}
	slot, err := s.Slots.Slot(ctx, zone, w.Slot)
	return &slot, err
}

func newID(r id.Request) id.Order {
	if r.Key == "" {
		return id.New[id.Order]()
	}
	return id.Of[id.Order](r)
}

func checkWanted(w Wanted) error {
	switch w.Fulfilment {
	case Courier, Parcel:
		if w.Address.Text == "" || w.Address.Point.IsZero() || !w.Address.Point.Valid() {
			return fault.InvalidField("/address", "Say where it goes: the address, and the place on the map.")
		}
	case Pickup:
	default:
		return fault.InvalidField("/fulfilment", "Choose courier, pickup or parcel.")
	}
	return nil
}

// Read answers an order to who may see it; the audit has it before.
func (s *Service) Read(ctx context.Context, a access.Actor, order id.Order) (*Order, error) {
	o, err := s.orders.Get(ctx, string(order))
	if err != nil {
		return nil, err
	}
	return o, s.guard.Read(ctx, a, "order.read", o.access())
}

// Of lists the orders of a patient, newest first.
func (s *Service) Of(ctx context.Context, a access.Actor, patient id.Patient, cursor string, limit int) (docstore.Page[Order], error) {
	if err := s.guard.Read(ctx, a, "order.read", access.Facts{Record: string(patient), Patient: patient}); err != nil {
		return docstore.Page[Order]{}, err
	}
	return s.orders.Find(ctx, docstore.Query{Index: "patient", Equal: docstore.Eq(patient), Descending: true, Cursor: cursor, Limit: limit})
}

func (o *Order) access() access.Facts {
	return access.Facts{Record: string(o.ID), Patient: o.Patient}
}

// Extend gives an unpaid order ten more minutes from now.
func (s *Service) Extend(ctx context.Context, a access.Actor, order id.Order) (*Order, error) {
	return s.change(ctx, a, order, "order.extend", docstore.On{Request: a.Request}, func(o *Order, now time.Time) error {
		switch {
		case o.State != Unpaid:
			return settled()
		case o.Slot != nil && !o.Slot.Keepable(now):
			return slotGone()
		}
		o.SetTimer(TimerUnpaid, now.Add(unpaidFor))
		return nil
	})
}

// Pay authorises the total by a method of the payment gateway. Announces order.paying; the order is
// placed once the authorisation is there, and stays unpaid, saying so, when it is refused.
func (s *Service) Pay(ctx context.Context, a access.Actor, order id.Order, method string) (*Order, error) {
	return s.change(ctx, a, order, "order.pay", docstore.On{Request: a.Request}, func(o *Order, now time.Time) error {
		switch {
		case o.State != Unpaid:
			return settled()
		case !o.Held:
			return fault.New(fault.Conflict, "The pharmacy is still setting your medicine aside. Try again in a moment.").Coded("not-held")
		case o.Paying:
			return fault.New(fault.Conflict, "Your payment is on its way. You don't need to pay again.").Coded("paying")
		case o.Slot != nil && !o.Slot.Keepable(now):
			return slotGone()
		}
		o.startPayment(a, method, o.Total())
		if due := now.Add(time.Minute); o.TimerDue(TimerUnpaid, due) {
			o.SetTimer(TimerUnpaid, due) // a payment under way is not cut off
		}
		return nil
	})
}

func (o *Order) startPayment(a access.Actor, method string, total money.Amount) {
	o.Payments++
	o.Paying, o.PaymentFailed, o.Method, o.Authorised = true, "", method, total
	o.Payment = PaymentOf(o.ID, o.Payments)
	o.announce(a, EventPaying, nil)
}

// PaymentOf is the id of try n of paying an order.
func PaymentOf(order id.Order, n int) id.Payment {
	return id.Derive[id.Payment](string(order), itoa(int64(n)))
}

func settled() error {
	return fault.New(fault.Conflict, "This order is not waiting for payment any more. Look at its present state.").Coded("not-unpaid")
}

// Cancel ends an order that has not left the pharmacy, or one that was brought back. Nothing is charged.
func (s *Service) Cancel(ctx context.Context, a access.Actor, order id.Order, reason string) (*Order, error) {
	return s.change(ctx, a, order, "order.cancel", docstore.On{Request: a.Request}, func(o *Order, now time.Time) error {
		return o.apply(now, a, cancel, reason)
	})
}

// Readdress changes where an order goes; until it is collected, and within reach of its pharmacy.
func (s *Service) Readdress(ctx context.Context, a access.Actor, order id.Order, version int64, to Address) (*Order, error) {
	zone, err := s.Zones.ZoneOf(ctx, to.Point)
	if err != nil {
		return nil, err
	}
	return s.change(ctx, a, order, "order.readdress", docstore.On{Version: version}, func(o *Order, _ time.Time) error {
		if !slices.Contains([]State{Unpaid, Placed, Reviewing, Preparing, Ready}, o.State) {
			return fault.New(fault.Conflict, "It is on its way already. Call the courier from the order.").Coded("collected")
		}
		if err := checkWanted(Wanted{Fulfilment: o.Fulfilment, Address: to}); err != nil {
			return err
		}
		if o.Fulfilment == Courier && zone != o.Zone {
			return fault.InvalidField("/address", "The courier can't go there on this order. Cancel it and order to the new address.")
		}
		o.Address = to
		o.announce(a, EventReaddressed, nil)
		return nil
	})
}

// Rate keeps the patient's thanks for a delivered order, once. A tip is billing's.
func (s *Service) Rate(ctx context.Context, a access.Actor, order id.Order, r Rating) (*Order, error) {
	return s.change(ctx, a, order, "order.rate", docstore.On{Request: a.Request}, func(o *Order, now time.Time) error {
		switch {
		case o.State != Delivered:
			return fault.New(fault.Conflict, "You can thank the courier once the medicine is there.").Coded("not-delivered")
		case o.Rating != nil:
			return fault.New(fault.Conflict, "You have rated this order already. Thank you.").Coded("rated")
		case r.Stars < 1 || r.Stars > 5:
			return fault.InvalidField("/stars", "Give one to five stars.")
		}
		r.At = now
		o.Rating = &r
		o.announce(a, EventRated, map[string]string{"stars": itoa(int64(r.Stars))})
		return nil
	})
}

// change is a step by a person: the record's question first, then the change.
func (s *Service) change(ctx context.Context, a access.Actor, order id.Order, action access.Action, on docstore.On,
	step func(o *Order, now time.Time) error,
) (*Order, error) {
	o, err := s.orders.Get(ctx, string(order))
	if err != nil {
		return nil, err
	}
	if err := s.guard.Check(ctx, a, action, o.access()); err != nil { // whose order it is never changes
		return nil, err
	}
	return s.orders.Update(ctx, string(order), on, func(o *Order) error { return step(o, s.Clock.Now()) })
}
