package identity

import (
	"context"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Give is a grant as a patient (or the guardian of a dependant) gives it: to an address, or to an
// account that they know.
type Give struct {
	Patient id.Patient
	Address phi.Text
	Holder  id.Account
	Label   phi.Text
	Scopes  []access.Scope
	Until   time.Time // zero: until revoked
}

const (
	mostGrants      = 50
	mostInvitations = 30 // given in a quarter of an hour: each may send a message
)

// GiveGrant invites a caregiver, or changes what one already has. Who gives reads the same whether
// or not the address belongs to anybody; the rights hold once the invitation is accepted.
func (s *Service) GiveGrant(ctx context.Context, a access.Actor, give Give) (*Grant, error) {
	person, err := s.persons.Get(ctx, string(give.Patient))
	if err != nil {
		return nil, err
	}
	if err := s.d.Guard.Check(ctx, a, "grant.give", person.facts(a)); err != nil {
		return nil, err
	}
	if err := s.remotes.take("invitation", string(a.Account), mostInvitations); err != nil {
		return nil, err
	}
	grant, err := s.prepare(ctx, a, give)
	if err != nil {
		return nil, err
	}
	stored, err := s.give(ctx, a, grant)
	if err != nil {
		return nil, err
	}
	if err := s.forget(ctx, string(give.Patient)); err != nil {
		return nil, err
	}
	if stored.State == GrantInvited && grant.Address != nil {
		err = s.d.Sender.Send(ctx, Message{
			Key: string(stored.ID) + "." + a.Request.Key, To: grant.Address.Text, Channel: grant.Address.Channel,
			Template: "invitation", Language: person.Language, Data: map[string]phi.Text{"link": phi.Text(s.d.Website + "/circle")},
		})
	}
	return stored, err
}

// prepare checks what was asked and names the one grant it is about.
func (s *Service) prepare(ctx context.Context, a access.Actor, give Give) (*Grant, error) {
	if err := give.check(s.d.Clock.Now()); err != nil {
		return nil, err
	}
	all, err := s.d.Circle.grants.All(ctx, docstore.Query{Index: "patient", Equal: string(give.Patient)}, mostGrants+1)
	if err != nil {
		return nil, err
	}
	grant := &Grant{Patient: give.Patient, Label: give.Label, Scopes: slices.Compact(slices.Sorted(slices.Values(give.Scopes))), Until: give.Until}
	if give.Holder != "" {
		grant.ID, grant.Holder = grantTo(give.Patient, string(give.Holder)), give.Holder
	} else {
		address, err := ParseAddress(give.Address)
		if err != nil {
			return nil, err
		}
		grant.Login, grant.Address = s.loginID(address), &address
		grant.ID = grantTo(give.Patient, string(grant.Login))
	}
	if own, err := s.accounts.Get(ctx, string(a.Account)); err == nil && (own.ID == grant.Holder || own.holds(grant.Login)) {
		return nil, fault.InvalidField("/address", "This is your own address. Name the one who shall help.")
	}
	known := slices.ContainsFunc(all, func(g *Grant) bool { return g.ID == grant.ID })
	if len(all) >= mostGrants && !known {
		return nil, fault.New(fault.Conflict, "Fifty people have been named already. Give one of them other rights instead.").Coded("too-many-grants")
	}
	return grant, nil
}

func grantTo(p id.Patient, to string) id.Grant { return id.Derive[id.Grant](string(p), to) }

func (g Give) check(now time.Time) error {
	if len(g.Scopes) == 0 {
		return fault.InvalidField("/scopes", "Choose at least one right: see, book, attend, pay or receive.")
	}
	for _, scope := range g.Scopes {
		if !slices.Contains(access.Scopes, scope) {
			return fault.InvalidField("/scopes", "Choose from see, book, attend, pay and receive.")
		}
	}
	if !g.Until.IsZero() && !g.Until.After(now) {
		return fault.InvalidField("/until", "This day is over. Choose a later one, or none.")
	}
	if len(g.Label) > 120 {
		return fault.InvalidField("/label", "Use 120 letters at most.")
	}
	return nil
}

func (s *Service) give(ctx context.Context, a access.Actor, grant *Grant) (*Grant, error) {
	now := s.d.Clock.Now()
	fill := func(d *Grant, e GrantEvent) error {
		d.Scopes, d.Until, d.Label = grant.Scopes, grant.Until, grant.Label
		if err := d.apply(now, a.Account, e); err != nil {
			return err
		}
		d.announce(GrantGiven, a)
		return nil
	}
	stored, err := s.d.Circle.grants.Update(ctx, string(grant.ID), docstore.On{Request: a.Request}, func(d *Grant) error {
		if d.Guardian {
			return fault.New(fault.Conflict, "A guardian has every right already.").Coded("guardian")
		}
		return fill(d, RenewGrant)
	})
	if !fault.Is(err, fault.NotFound) {
		return stored, err
	}
	if err := fill(grant, Invited); err != nil {
		return nil, err
	}
	return grant, s.d.Circle.grants.Insert(ctx, a.Request, grant)
}

// announce tells both sides, in ids.
func (g *Grant) announce(kind event.Kind, a access.Actor) {
	to := []string{string(g.Patient)}
	if g.Holder != "" {
		to = append(to, string(g.Holder))
	}
	g.Emit(event.Event{
		Kind: kind, By: string(a.Account), To: to,
		Data: map[string]string{"patient": string(g.Patient), "holder": string(g.Holder), "state": string(g.State)},
	})
}

// guardianGrant gives a guardian every right over their dependant.
func (s *Service) guardianGrant(ctx context.Context, a access.Actor, pid id.Patient) error {
	grant := &Grant{ID: grantTo(pid, string(a.Account)), Patient: pid, Holder: a.Account, Scopes: allScopes(), Guardian: true}
	if err := grant.apply(s.d.Clock.Now(), a.Account, Entrust); err != nil {
		return err
	}
	grant.announce(GrantGiven, a)
	if err := s.d.Circle.grants.Insert(ctx, id.RequestOf(nil, "guardian", string(pid), string(a.Account)), grant); err != nil {
		return err
	}
	return s.forget(ctx, string(pid))
}

// AnswerGrant accepts or declines an invitation, by whoever has the address it was sent to.
func (s *Service) AnswerGrant(ctx context.Context, a access.Actor, gid id.Grant, answer GrantEvent) (*Grant, error) {
	if answer != AcceptGrant && answer != DeclineGrant {
		return nil, fault.InvalidField("/answer", "Accept or decline.")
	}
	grant, err := s.d.Circle.grants.Get(ctx, string(gid))
	if err != nil {
		return nil, err
	}
	own, err := s.invited(ctx, a, grant)
	if err != nil {
		return nil, err
	}
	if err := s.d.Guard.Check(ctx, a, "grant.answer", own); err != nil {
		return nil, err
	}
	now := s.d.Clock.Now()
	stored, err := s.d.Circle.grants.Update(ctx, string(gid), docstore.On{Request: a.Request}, func(d *Grant) error {
		if d.StateAt(now) == GrantExpired {
			return fault.New(fault.Conflict, "This invitation has run out. Ask for a new one.").Coded("invitation-expired")
		}
		if err := d.apply(now, a.Account, answer); err != nil {
			return err
		}
		kind := GrantDeclined
		if answer == AcceptGrant {
			d.Holder, kind = a.Account, GrantAccepted
		}
		d.announce(kind, a)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return stored, s.forget(ctx, string(stored.Patient))
}

// invited tells whether the invitation is to who asks.
func (s *Service) invited(ctx context.Context, a access.Actor, g *Grant) (access.Facts, error) {
	f := access.Facts{Record: string(g.ID), Owner: g.Holder}
	if g.Login == "" {
		return f, nil
	}
	account, err := s.accounts.Get(ctx, string(a.Account))
	if err == nil && account.holds(g.Login) {
		f.Owner = a.Account
	}
	if fault.Is(err, fault.NotFound) {
		err = nil
	}
	return f, err
}

// RevokeGrant ends a grant at once: by the patient who gave it, by who holds it, or by an operator. A guardian's is ended
// by the guardian or an operator alone.
func (s *Service) RevokeGrant(ctx context.Context, a access.Actor, gid id.Grant) (*Grant, error) {
	grant, err := s.d.Circle.grants.Get(ctx, string(gid))
	if err != nil {
		return nil, err
	}
	facts, err := s.grantFacts(ctx, a, grant)
	if err != nil {
		return nil, err
	}
	if err := s.d.Guard.Check(ctx, a, "grant.revoke", facts); err != nil {
		return nil, err
	}
	if grant.Guardian {
		if err := s.dismiss(ctx, a, grant); err != nil {
			return nil, err
		}
	}
	now := s.d.Clock.Now()
	stored, err := s.d.Circle.grants.Update(ctx, string(gid), docstore.On{Request: a.Request}, func(d *Grant) error {
		if err := d.apply(now, a.Account, RevokeGrant); err != nil {
			return err
		}
		d.announce(GrantRevoked, a)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return stored, s.forget(ctx, string(stored.Patient))
}

// dismiss takes a guardian off the person before their grant is revoked: cut off in between, doing it
// again ends it.
func (s *Service) dismiss(ctx context.Context, a access.Actor, g *Grant) error {
	_, err := s.persons.Update(ctx, string(g.Patient), docstore.On{}, func(d *Person) error {
		d.Guardians = slices.DeleteFunc(d.Guardians, func(acc id.Account) bool { return acc == g.Holder })
		d.Emit(event.Event{Kind: PersonEdited, By: string(a.Account), To: []string{string(g.Patient)}})
		return nil
	})
	if err != nil {
		return err
	}
	return s.forget(ctx, string(g.Patient))
}

// grantFacts: what a guardian gave away of a dependant's is the guardian's too.
func (s *Service) grantFacts(ctx context.Context, a access.Actor, g *Grant) (access.Facts, error) {
	person, err := s.persons.Get(ctx, string(g.Patient))
	if err != nil {
		return access.Facts{}, err
	}
	f := g.facts()
	if !g.Guardian && slices.Contains(person.Guardians, a.Account) {
		f.Owner = a.Account
	}
	return f, nil
}

// GrantsGiven lists what a patient has granted, newest first, for them and their guardian.
func (s *Service) GrantsGiven(ctx context.Context, a access.Actor, pid id.Patient) ([]*Grant, error) {
	person, err := s.persons.Get(ctx, string(pid))
	if err != nil {
		return nil, err
	}
	if err := s.d.Guard.Check(ctx, a, "grant.read", person.facts(a)); err != nil {
		return nil, err
	}
	return s.d.Circle.grants.All(ctx, docstore.Query{Index: "patient", Equal: string(pid), Descending: true}, mostGrants)
}

// GrantsHeld lists what who asks may do for others, and the invitations that wait for an answer.
func (s *Service) GrantsHeld(ctx context.Context, a access.Actor) (held, invitations []*Grant, err error) {
	if err := s.d.Guard.Check(ctx, a, "grant.held", access.Facts{Owner: a.Account}); err != nil {
		return nil, nil, err
	}
	account, err := s.accounts.Get(ctx, string(a.Account))
	if err != nil {
		return nil, nil, err
	}
	now := s.d.Clock.Now()
	if held, err = s.liveGrants(ctx, "holder", string(a.Account), now); err != nil {
		return nil, nil, err
	}
	invitees := []string{string(a.Account)}
	for _, l := range account.Logins {
		invitees = append(invitees, string(l.ID))
	}
	for _, invitee := range invitees {
		more, err := s.liveGrants(ctx, "invited", invitee, now)
		if err != nil {
			return nil, nil, err
		}
		invitations = append(invitations, more...)
	}
	return held, invitations, nil
}

func (s *Service) liveGrants(ctx context.Context, index, equal string, now time.Time) ([]*Grant, error) {
	all, err := s.d.Circle.grants.All(ctx, docstore.Query{Index: index, Equal: equal, Descending: true}, mostGrants)
	return slices.DeleteFunc(all, func(g *Grant) bool { return g.StateAt(now) == GrantExpired }), err
}
