package identity

import (
	"context"
	"strconv"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Confirm takes a code from who is signed in, for one purpose, once: staff show one of their
// authenticator that no sign-in and no other purpose has used, patients the one that
// RequestConfirmation has sent for this purpose.
func (s *Service) Confirm(ctx context.Context, a access.Actor, purpose, code string) error {
	if a.Role == access.Patient {
		return s.checkCode(ctx, string(a.Account), Purpose("confirm:"+purpose), phi.Text(code), spendIt)
	}
	return s.spend(ctx, a.Account, phi.Text(code))
}

// RequestConfirmation sends a patient a code for one purpose, to the first address of the account.
// Staff need none: their authenticator makes it.
func (s *Service) RequestConfirmation(ctx context.Context, a access.Actor, purpose string) error {
	if err := s.d.Guard.Check(ctx, a, "session.confirm", access.Facts{Owner: a.Account, Record: string(a.Session)}); err != nil {
		return err
	}
	account, err := s.accounts.Get(ctx, string(a.Account))
	if err != nil {
		return err
	}
	to, found := account.Contact()
	if !found || account.Staff() {
		return fault.New(fault.Conflict, "Use a code of your authenticator.").Coded("authenticator-needed")
	}
	return s.sendCode(ctx, to, Purpose("confirm:"+purpose), string(a.Account), account.Language, "confirm-code")
}

// ConfirmSecondFactor marks the session as having shown its second factor now. What asks for a
// fresh one reads Actor.SecondFactor.
func (s *Service) ConfirmSecondFactor(ctx context.Context, a access.Actor, code phi.Text) error {
	if err := s.d.Guard.Check(ctx, a, "session.confirm", access.Facts{Owner: a.Account, Record: string(a.Session)}); err != nil {
		return err
	}
	if err := s.Confirm(ctx, a, "second-factor", code.Reveal()); err != nil {
		return err
	}
	now := s.d.Clock.Now()
	_, err := s.sessions.Update(ctx, string(a.Session), docstore.On{}, func(d *Session) error {
		d.SecondFactor = now
		return nil
	})
	if err != nil {
		return err
	}
	return s.forget(ctx, string(a.Session))
}

// spend uses up a code of an authenticator. Judging, counting and using it are one write of the
// account, so that of two who show one code at once a single one passes.
func (s *Service) spend(ctx context.Context, acc id.Account, code phi.Text) error {
	now := s.d.Clock.Now()
	var refusal error
	_, err := s.accounts.Update(ctx, string(acc), docstore.On{}, func(d *Account) error {
		refusal = nil
		if d.TOTP == nil {
			return fault.InvalidField("/code", "This account has no authenticator.").Coded("no-authenticator")
		}
		if err := d.Wrong.refuse(now); err != nil {
			return err
		}
		step, err := s.match(d.TOTP, string(d.ID), code, now)
		if err != nil {
			return err
		}
		if step == 0 {
			refusal = d.missed(now)
			return nil
		}
		d.TOTP.Step, d.Wrong = step, Wrong{}
		return nil
	})
	if fault.Is(err, fault.NotFound) {
		return fault.InvalidField("/code", "This account has no authenticator.").Coded("no-authenticator")
	}
	if err != nil {
		return err
	}
	return refusal
}

// missed counts a wrong code and tells the owner once too many were wrong.
func (a *Account) missed(now time.Time) error {
	a.Wrong.miss(now)
	if a.Wrong.left() > 0 {
		return fault.InvalidField("/code", "This code is not right, or was used already: each is good once. You have "+
			strconv.Itoa(a.Wrong.left())+" tries left.").Coded("code-wrong")
	}
	a.Emit(event.Event{
		Kind: CodesGuessed, Data: map[string]string{"count": strconv.Itoa(a.Wrong.Count)},
		To: []string{string(a.ID), event.ToOperators},
	})
	return fault.InvalidField("/code", "This code is not right. Wait a little before the next try.").Coded("code-wrong")
}
