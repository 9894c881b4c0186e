package identity

import (
	"context"
	"slices"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

const mostAddresses = 5

// RequestAddress sends a code to an address that somebody wants to add to their account. Who asks
// reads the same, whoever the address belongs to.
func (s *Service) RequestAddress(ctx context.Context, a access.Actor, typed phi.Text, remote string) error {
	if err := s.d.Guard.Check(ctx, a, "account.edit", access.Facts{Owner: a.Account, Record: string(a.Account)}); err != nil {
		return err
	}
	address, err := ParseAddress(typed)
	if err != nil {
		return err
	}
	account, err := s.accounts.Get(ctx, string(a.Account))
	if err != nil {
		return err
	}
	login := s.loginID(address)
	return s.countCode(remote, address, func() error {
		if err := s.countSent(ctx, login); err != nil {
			return err
		}
		return s.sendCode(ctx, address, ForAddress, addressCode(a.Account, login), account.Language, "address-code")
	})
}

// countSent counts codes for adding one address, whichever accounts ask for them: who has many accounts sends no more
// mail to a stranger than who has one.
func (s *Service) countSent(ctx context.Context, l id.Login) error {
	now, cid := s.d.Clock.Now(), challengeID(string(l), ForAddress)
	fresh := func() *Challenge { return &Challenge{ID: cid, Purpose: ForAddress} }
	_, err := change(ctx, s.codes, string(cid), fresh, func(c *Challenge) error {
		c.Expires = now
		return c.send(now, s.d.Limits.CodesPerAddress)
	})
	return err
}

// addressCode: the code is good for this account and this address together.
func addressCode(acc id.Account, l id.Login) string { return string(acc) + " " + string(l) }

// AddAddress adds an address, with the code that was sent to it. One that belongs to another account
// is a Conflict; only who has the address gets so far.
func (s *Service) AddAddress(ctx context.Context, a access.Actor, typed, code phi.Text) (*Account, error) {
	if err := s.d.Guard.Check(ctx, a, "account.edit", access.Facts{Owner: a.Account, Record: string(a.Account)}); err != nil {
		return nil, err
	}
	address, err := ParseAddress(typed)
	if err != nil {
		return nil, err
	}
	login := s.loginID(address)
	account, err := s.accounts.Get(ctx, string(a.Account))
	if err != nil || account.holds(login) {
		return account, err
	}
	if len(account.Logins) >= mostAddresses {
		return nil, fault.New(fault.Conflict, "An account has five addresses at most. Take one away first.").Coded("too-many-addresses")
	}
	if err := s.checkCode(ctx, addressCode(a.Account, login), ForAddress, code, spendIt); err != nil {
		return nil, err
	}
	return s.addLogin(ctx, a, LoginOf{login, address})
}

func (s *Service) addLogin(ctx context.Context, a access.Actor, l LoginOf) (*Account, error) {
	owner, err := s.claim(ctx, l.ID, a.Account)
	if err != nil {
		return nil, err
	}
	if owner != a.Account {
		return nil, fault.New(fault.Conflict, "This address belongs to another account. Sign in with it, or give it up there first.").Coded("address-taken")
	}
	return s.accounts.Update(ctx, string(a.Account), docstore.On{Request: a.Request}, func(d *Account) error {
		if d.holds(l.ID) {
			return nil
		}
		d.Logins = append(d.Logins, l)
		d.Emit(event.Event{Kind: AccountEdited, By: string(a.Account), To: []string{string(a.Account)}})
		return nil
	})
}

// RemoveAddress takes an address away, but never the last one; codes sent to it sign in no more.
func (s *Service) RemoveAddress(ctx context.Context, a access.Actor, l id.Login) (*Account, error) {
	if err := s.d.Guard.Check(ctx, a, "account.edit", access.Facts{Owner: a.Account, Record: string(a.Account)}); err != nil {
		return nil, err
	}
	account, err := s.accounts.Update(ctx, string(a.Account), docstore.On{Request: a.Request}, func(d *Account) error {
		if !d.holds(l) {
			return docstore.NotFound()
		}
		if len(d.Logins) == 1 {
			return fault.New(fault.Conflict, "This is your only address. Add another one first.").Coded("only-address")
		}
		d.Logins = slices.DeleteFunc(d.Logins, func(of LoginOf) bool { return of.ID == l })
		d.Emit(event.Event{Kind: AccountEdited, By: string(a.Account), To: []string{string(a.Account)}})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return account, s.freeLogin(ctx, l)
}

// freeLogin lets an address be somebody else's. Where this is cut off, claim finds it given up.
func (s *Service) freeLogin(ctx context.Context, l id.Login) error {
	err := s.logins.Delete(ctx, string(l))
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
