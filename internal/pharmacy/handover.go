package pharmacy

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Counter counts wrong codes. Round changes the code when an operator opens a locked one again.
type Counter struct {
	Tries int `json:"tries,omitempty"`
	Round int `json:"round,omitempty"`
}

const maxTries = 5

// Parcel is how a carrier has it.
type Parcel struct {
	Carrier     string    `json:"carrier"`
	Tracking    phi.Text  `json:"tracking"`
	DeliveredAt time.Time `json:"delivered_at,omitzero"`
}

// Disposal says what became of a bag that came back.
type Disposal struct {
	What string     `json:"what" enum:"restock,destroy"`
	By   id.Account `json:"by"`
	At   time.Time  `json:"at"`
}

// What becomes of a returned bag.
const (
	Restock = "restock"
	Destroy = "destroy"
)

// Collected says that the bag left: for a courier's job the journey knows. The stock is taken off
// the shelf and fill.collected is announced.
func (s *Service) Collected(ctx context.Context, a access.Actor, fill id.Fill) error {
	f, err := s.step(ctx, a, fill, "fill.advance", func(f *Fill, now time.Time) error {
		if f.State == Collected {
			return nil
		}
		return f.leave(now, a)
	})
	if err != nil {
		return err
	}
	return s.settle(ctx, f)
}

// leave moves the bag out of the pharmacy.
func (f *Fill) leave(now time.Time, a access.Actor) error {
	if err := f.apply(now, a, collect, ""); err != nil {
		return err
	}
	f.Shelf = ShelfConsuming
	f.SetTimer(TimerShelfUnsettled, now.Add(stalled))
	f.tell(KindCollected, a, nil)
	return nil
}

// code derives the six digits of a pick-up. It is stored nowhere.
func (s *Service) code(f *Fill) string {
	mac := hmac.New(sha256.New, s.Secret)
	_, _ = fmt.Fprintf(mac, "pickup\x1f%s\x1f%d\x1f%d", f.ID, f.Attempt, f.Counter.Round)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(mac.Sum(nil))%1_000_000)
}

// PickupCode shows the patient, or who may receive for them, the code for the counter. The pharmacy
// never sees it: it types it.
func (s *Service) PickupCode(ctx context.Context, a access.Actor, fill id.Fill) (string, error) {
	f, err := s.fills.Get(ctx, string(fill))
	if err != nil {
		return "", err
	}
	if err := s.Guard.Read(ctx, a, "fill.pickup_code", f.facts()); err != nil {
		return "", err
	}
	if f.Fulfilment != ByPickup || f.State != Ready {
		return "", fault.New(fault.Conflict, "There is a code once the bag is ready to be picked up.").Coded("no-code-yet")
	}
	return s.code(f), nil
}

// HandOverAtCounter gives the bag to who says the code. A wrong one counts; after five only an
// operator opens it again. It announces fill.collected.
func (s *Service) HandOverAtCounter(ctx context.Context, a access.Actor, fill id.Fill, typed string) (*Fill, error) {
	f, err := s.step(ctx, a, fill, "fill.hand_over", func(f *Fill, now time.Time) error {
		if f.Fulfilment != ByPickup {
			return fault.New(fault.Conflict, "This order is not picked up at the counter.").Coded("not-pickup")
		}
		if _, err := moves.Next(f.State, collect); err != nil {
			return err
		}
		if f.Counter.Tries >= maxTries {
			return codeLocked()
		}
		if subtle.ConstantTimeCompare([]byte(strings.TrimSpace(typed)), []byte(s.code(f))) == 1 {
			return f.leave(now, a)
		}
		f.Counter.Tries++ // written, so that a guess is never free
		if f.Counter.Tries == maxTries {
			f.tell(KindCodeLocked, a, nil, event.ToOperators)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if f.State == Ready {
		if f.Counter.Tries >= maxTries {
			return nil, codeLocked()
		}
		return nil, fault.InvalidField("/code", "This is not the code. Ask the patient to read it again from their screen.").Coded("wrong-code")
	}
	return f, s.settle(ctx, f)
}

func codeLocked() error {
	return fault.New(fault.Limited, "Five wrong codes. An operator has been told and can open the hand-over again.").Coded("code-locked")
}

// UnlockCounter lets the code be typed again, with a new code, by an operator.
func (s *Service) UnlockCounter(ctx context.Context, a access.Actor, fill id.Fill) (*Fill, error) {
	return s.step(ctx, a, fill, "fill.unlock", func(f *Fill, _ time.Time) error {
		if f.Counter.Tries >= maxTries {
			f.Counter = Counter{Round: f.Counter.Round + 1}
			f.tell(KindCodeUnlocked, a, nil, event.ToOperators)
		}
		return nil
	})
}

var trackingNumber = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 -]{3,39}$`)

// Ship hands a parcel to a carrier. It announces fill.collected.
func (s *Service) Ship(ctx context.Context, a access.Actor, fill id.Fill, carrier string, tracking phi.Text) (*Fill, error) {
	f, err := s.step(ctx, a, fill, "fill.ship", func(f *Fill, now time.Time) error {
		if f.Fulfilment != ByParcel {
			return fault.New(fault.Conflict, "This order does not go by parcel.").Coded("not-parcel")
		}
		if carrier = strings.TrimSpace(carrier); carrier == "" || len(carrier) > 60 {
			return fault.InvalidField("/carrier", "Say who carries it.")
		}
		if !trackingNumber.MatchString(tracking.Reveal()) {
			return fault.InvalidField("/tracking", "Type the carrier's tracking number.")
		}
		f.Parcel = &Parcel{Carrier: carrier, Tracking: tracking}
		return f.leave(now, a)
	})
	if err != nil {
		return nil, err
	}
	return f, s.settle(ctx, f)
}

// ParcelDelivered is the carrier's word, typed in or reported. It announces fill.parcel_delivered, once.
func (s *Service) ParcelDelivered(ctx context.Context, a access.Actor, fill id.Fill) (*Fill, error) {
	return s.step(ctx, a, fill, "fill.parcel_delivered", func(f *Fill, now time.Time) error {
		if f.Parcel == nil || f.State != Collected {
			return fault.New(fault.Conflict, "No carrier has this order.").Coded("not-parcel")
		}
		if f.Parcel.DeliveredAt.IsZero() {
			f.Parcel.DeliveredAt = now
			f.tell(KindParcelDelivered, a, nil)
		}
		return nil
	})
}

// Returned says that the bag came back, with its disposition where it is known already (Restock,
// Destroy or ""). It is never sent again. For journeys, and for the pharmacy when a parcel or a
// picked-up bag comes back; a courier's ride ends with the courier's own code. It announces fill.returned.
func (s *Service) Returned(ctx context.Context, a access.Actor, fill id.Fill, disposition string) error {
	f, err := s.step(ctx, a, fill, "fill.return", func(f *Fill, now time.Time) error {
		if f.State == Returned {
			return nil
		}
		if f.Fulfilment == ByCourier && a.Role != access.System {
			return fault.New(fault.Conflict, "Type the courier's code to take the bag back.").Coded("courier-code")
		}
		if err := f.apply(now, a, giveBack, disposition); err != nil {
			return err
		}
		f.tell(KindReturned, a, map[string]string{"disposition": disposition}, event.ToOperators)
		if disposition == "" {
			return nil
		}
		return f.dispose(now, a, disposition)
	})
	if err != nil {
		return err
	}
	return s.settle(ctx, f)
}

// Dispose records, once, what became of a returned bag: Restock or Destroy, and who says so.
func (s *Service) Dispose(ctx context.Context, a access.Actor, fill id.Fill, what string) (*Fill, error) {
	f, err := s.step(ctx, a, fill, "fill.dispose", func(f *Fill, now time.Time) error { return f.dispose(now, a, what) })
	if err != nil {
		return nil, err
	}
	return f, s.settle(ctx, f)
}

func (f *Fill) dispose(now time.Time, a access.Actor, what string) error {
	switch {
	case what != Restock && what != Destroy:
		return fault.InvalidField("/disposition", "Say restock or destroy.")
	case f.State != Returned:
		return fault.New(fault.Conflict, "The bag has not come back.").Coded("illegal-transition")
	case f.Disposed != nil:
		return fault.New(fault.Conflict, "It is recorded already what became of this bag.").Coded("disposed")
	case what == Restock && f.Shelf != ShelfConsumed:
		return fault.New(fault.Unavailable, "The stock is still being counted. Try again in a minute.").After(stalled)
	}
	f.Disposed = &Disposal{What: what, By: a.Account, At: now}
	if what == Restock {
		f.Shelf = ShelfRestocking
		f.SetTimer(TimerShelfUnsettled, now.Add(stalled))
	}
	f.tell(KindDisposed, a, map[string]string{"disposition": what})
	return nil
}
