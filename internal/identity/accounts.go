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

// Account reads an account for the service's own parts: what it answers is not for a person's eyes
// as it is. Own and operators' views go through Me and Accounts.
func (s *Service) Account(ctx context.Context, acc id.Account) (*Account, error) {
	return s.accounts.Get(ctx, string(acc))
}

// NameOf is what the one behind an account is called; the admin token has a name, too.
func (s *Service) NameOf(ctx context.Context, acc id.Account) (phi.Text, error) {
	if acc == AdminAccount {
		return "Admin token", nil
	}
	account, err := s.accounts.Get(ctx, string(acc))
	if err != nil {
		return "", err
	}
	return account.Name, nil
}

// Contact is where an account is told things, and in which language, for notify.
func (s *Service) Contact(ctx context.Context, acc id.Account) (Address, string, error) {
	account, err := s.accounts.Get(ctx, string(acc))
	if err != nil {
		return Address{}, "", err
	}
	to, found := account.Contact()
	if !found {
		return Address{}, "", docstore.NotFound()
	}
	return to, account.Language, nil
}

// Followers lists the accounts that are told of a person's affairs: the owner, the guardians, and
// whoever holds a grant to see.
func (s *Service) Followers(ctx context.Context, pid id.Patient) ([]id.Account, error) {
	person, err := s.persons.Get(ctx, string(pid))
	if err != nil {
		return nil, err
	}
	var all []id.Account
	add := func(acc id.Account) {
		for _, known := range all {
			if known == acc {
				return
			}
		}
		if acc != "" {
			all = append(all, acc)
		}
	}
	add(person.Owner)
	for _, guardian := range person.Guardians {
		add(guardian)
	}
	grants, err := s.d.Circle.grants.All(ctx, docstore.Query{Index: "patient", Equal: string(pid)}, mostGrants)
	if err != nil {
		return nil, err
	}
	now := s.d.Clock.Now()
	for _, g := range grants {
		for _, scope := range g.Scopes {
			if scope == access.See && g.Holds(now) {
				add(g.Holder)
			}
		}
	}
	return all, nil
}

// Helpers lists the accounts that order or receive for a person by a grant that holds now, for notify.
func (s *Service) Helpers(ctx context.Context, pid id.Patient) ([]id.Account, error) {
	grants, err := s.d.Circle.grants.All(ctx, docstore.Query{Index: "patient", Equal: string(pid)}, mostGrants)
	if err != nil {
		return nil, err
	}
	var all []id.Account
	now := s.d.Clock.Now()
	for _, g := range grants {
		helps := slices.Contains(g.Scopes, access.Receive) || slices.Contains(g.Scopes, access.Pay)
		if helps && g.Holder != "" && g.Holds(now) && !slices.Contains(all, g.Holder) {
			all = append(all, g.Holder)
		}
	}
	return all, nil
}

// Me reads the account of who asks.
func (s *Service) Me(ctx context.Context, a access.Actor) (*Account, error) {
	if err := s.d.Guard.Check(ctx, a, "account.read", access.Facts{Owner: a.Account, Record: string(a.Account)}); err != nil {
		return nil, err
	}
	if a.Account == AdminAccount { // a token, not somebody: there is no document of it
		return &Account{ID: AdminAccount, State: AccountActive, Role: access.Operator, Name: "Admin token", Language: "en", TypeSize: "normal"}, nil
	}
	return s.accounts.Get(ctx, string(a.Account))
}

// EditMe changes name, language and type size of one's own account; version is the one that was read.
func (s *Service) EditMe(ctx context.Context, a access.Actor, version int64, p Profile) (*Account, error) {
	if err := s.d.Guard.Check(ctx, a, "account.edit", access.Facts{Owner: a.Account, Record: string(a.Account)}); err != nil {
		return nil, err
	}
	bad := fault.New(fault.Invalid, "Something can't be right. Look at the marked fields.")
	if p.checkNaming(&bad); len(bad.Fields) > 0 {
		return nil, bad
	}
	return s.accounts.Update(ctx, string(a.Account), docstore.On{Request: a.Request, Version: version}, func(d *Account) error {
		d.Name, d.Language, d.TypeSize = p.Name, p.Language, p.TypeSize
		d.Emit(event.Event{Kind: AccountEdited, By: string(a.Account), To: []string{string(a.Account)}})
		return nil
	})
}

// Accounts lists accounts of a role (all for ""), newest first, for operators.
func (s *Service) Accounts(ctx context.Context, a access.Actor, role access.Role, cursor string, limit int) (docstore.Page[Account], error) {
	if err := s.d.Guard.Read(ctx, a, "account.list", access.Facts{Record: "accounts"}); err != nil {
		return docstore.Page[Account]{}, err
	}
	q := docstore.Query{Index: "role", Equal: string(role), Descending: true, Cursor: cursor, Limit: limit}
	if role == "" {
		q.Index, q.Equal = "all", "all"
	}
	return s.accounts.Find(ctx, q)
}

// SuspendAccount keeps an account out, with a coded reason, and ends all of its sessions at once.
func (s *Service) SuspendAccount(ctx context.Context, a access.Actor, acc id.Account, reason string) (*Account, error) {
	if err := s.d.Guard.Read(ctx, a, "account.suspend", access.Facts{Record: string(acc)}); err != nil {
		return nil, err
	}
	if err := coded("/reason", reason); err != nil {
		return nil, err
	}
	if acc == a.Account {
		return nil, fault.New(fault.Conflict, "You can't suspend yourself. Ask another operator.").Coded("own-account")
	}
	account, err := s.move(ctx, a, acc, Suspend, AccountSuspended, reason)
	if err != nil {
		return nil, err
	}
	return account, s.forget(ctx, string(acc))
}

// ReinstateAccount lets a suspended account in again. It has to sign in anew.
func (s *Service) ReinstateAccount(ctx context.Context, a access.Actor, acc id.Account) (*Account, error) {
	if err := s.d.Guard.Read(ctx, a, "account.reinstate", access.Facts{Record: string(acc)}); err != nil {
		return nil, err
	}
	return s.move(ctx, a, acc, Reinstate, AccountReinstated, "")
}

func (s *Service) move(ctx context.Context, a access.Actor, acc id.Account, e AccountEvent, kind event.Kind, reason string) (*Account, error) {
	now := s.d.Clock.Now()
	return s.accounts.Update(ctx, string(acc), docstore.On{Request: a.Request}, func(d *Account) error {
		if err := d.apply(now, a.Account, e, reason); err != nil {
			return err
		}
		if e == Suspend {
			d.endSessions(a.Account)
		}
		data := map[string]string{"role": string(d.Role)}
		if reason != "" {
			data["reason"] = reason
		}
		d.Emit(event.Event{Kind: kind, By: string(a.Account), Data: data, To: []string{string(acc), event.ToOperators}})
		return nil
	})
}
