package consult

import (
	"context"
	"strconv"
	"time"

	"housecall/internal/access"
	"housecall/internal/id"
	"housecall/internal/money"
)

// Schedule is a plain price list, in minor units of whatever currency the place has.
type Schedule struct {
	BySpecialty map[string]int64
	Otherwise   int64
	NoShow      int64
	LateCancel  time.Duration
}

// Terms implements Fees.
func (f Schedule) Terms(specialty, currency string) Terms {
	minor, listed := f.BySpecialty[specialty]
	if !listed {
		minor = f.Otherwise
	}
	return Terms{Fee: money.Of(minor, currency), NoShow: money.Of(min(f.NoShow, minor), currency), LateCancel: f.LateCancel}
}

// unpaidTime is how long a place in the queue, or a slot, is kept for a fee that is not held.
const unpaidTime = 10 * time.Minute

// wantFee has the fee authorised by who follows the event. A visit that costs nothing needs no hold.
func (v *Visit) wantFee(a access.Actor, now time.Time) {
	v.Fee.State = FeePending
	v.Fee.Attempt++
	v.announce(a, Requested, v.feeData())
	if v.Fee.Terms.Fee.IsZero() {
		v.Fee.State = FeeHeld
		return
	}
	if v.Fee.Attempt == 1 {
		v.SetTimer(UnpaidExpired, now.Add(unpaidTime))
	}
}

func (v *Visit) feeData() map[string]string {
	return map[string]string{
		"fee_minor": strconv.FormatInt(v.Fee.Terms.Fee.Minor, 10), "currency": v.Fee.Terms.Fee.Currency,
		"no_show_fee_minor": strconv.FormatInt(v.Fee.Terms.NoShow.Minor, 10),
		"payer":             string(v.By), "attempt": strconv.Itoa(v.Fee.Attempt), "method": v.Fee.Method,
	}
}

// FeeHeld says that the fee is authorised: from now on the visit can be admitted. For a visit that has
// ended in between, visit.fee_unneeded asks to give it back.
func (s *Service) FeeHeld(ctx context.Context, a access.Actor, visit id.Visit, payment id.Payment) error {
	_, err := s.step(ctx, a, "visit.advance", visit, func(v *Visit, _ time.Time) error {
		if moves.Ended(v.State) {
			v.announce(a, FeeUnneeded, map[string]string{"payment": string(payment)})
			return nil
		}
		if v.Fee.State == FeeHeld {
			return nil
		}
		v.Fee.State, v.Fee.Payment = FeeHeld, payment
		v.ClearTimer(UnpaidExpired)
		v.announce(a, FeeWasHeld, map[string]string{"payment": string(payment)})
		return nil
	})
	return err
}

// FeeRefused says that the fee could not be authorised. The place is kept until the ten minutes are over.
func (s *Service) FeeRefused(ctx context.Context, a access.Actor, visit id.Visit) error {
	_, err := s.step(ctx, a, "visit.advance", visit, func(v *Visit, _ time.Time) error {
		if moves.Ended(v.State) || v.Fee.State != FeePending {
			return nil
		}
		v.Fee.State = FeeRefused
		v.announce(a, FeeWasRefused, nil)
		return nil
	})
	return err
}

// PayAgain has a refused fee authorised anew, with another method of payment.
func (s *Service) PayAgain(ctx context.Context, a access.Actor, visit id.Visit, method string) (*Visit, error) {
	return s.step(ctx, a, "visit.pay", visit, func(v *Visit, now time.Time) error {
		if moves.Ended(v.State) || v.Fee.State != FeeRefused {
			return conflict("fee-not-refused", "There is nothing to pay here now.")
		}
		v.Fee.Method = method
		v.wantFee(a, now)
		return nil
	})
}
