package identity

import (
	"context"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/id"
)

// Person reads who a record is about, for themselves, their caregivers and guardians, and for the
// service's own parts. The reading is in the audit before it is answered. Who it is hardly ever
// changes and is asked at every step, so it is remembered for a moment; what is answered may not be
// changed.
func (s *Service) Person(ctx context.Context, a access.Actor, pid id.Patient) (*Person, error) {
	person, err := s.recent.Read(pid, func() (*Person, error) { return s.persons.Get(ctx, string(pid)) })
	if err != nil {
		return nil, err
	}
	if err := s.d.Guard.Read(ctx, a, "person.read", person.facts(a)); err != nil {
		return nil, err
	}
	return person, nil
}

// EditPerson changes who a record is about; version is the one that was read.
func (s *Service) EditPerson(ctx context.Context, a access.Actor, pid id.Patient, version int64, p Profile) (*Person, error) {
	person, err := s.persons.Get(ctx, string(pid))
	if err != nil {
		return nil, err
	}
	if err := s.d.Guard.Check(ctx, a, "person.edit", person.facts(a)); err != nil {
		return nil, err
	}
	if err := p.check(s.d.Clock.Now()); err != nil {
		return nil, err
	}
	edited, err := s.persons.Update(ctx, string(pid), docstore.On{Request: a.Request, Version: version}, func(d *Person) error {
		d.Name, d.BirthDate, d.Sex, d.Language = p.Name, p.BirthDate, p.Sex, p.Language
		d.Emit(event.Event{Kind: PersonEdited, By: string(a.Account), To: []string{string(pid)}})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return edited, s.forget(ctx, string(pid))
}

// AddDependant adds a person without an account, in the care of who asks: they hold every right, and
// nobody but they or an operator can take it away.
func (s *Service) AddDependant(ctx context.Context, a access.Actor, p Profile) (*Person, error) {
	if err := s.d.Guard.Check(ctx, a, "person.add", access.Facts{Owner: a.Account}); err != nil {
		return nil, err
	}
	if err := p.check(s.d.Clock.Now()); err != nil {
		return nil, err
	}
	pid := id.New[id.Patient]()
	if a.Request.Key != "" {
		pid = id.Of[id.Patient](a.Request)
	}
	person := newPerson(pid, p)
	person.Guardians = []id.Account{a.Account}
	person.Emit(event.Event{
		Kind: PersonAdded, By: string(a.Account), To: []string{string(a.Account)},
		Data: map[string]string{"guardian": string(a.Account)},
	})
	if err := s.persons.Insert(ctx, a.Request, person); err != nil {
		return nil, err
	}
	return person, s.guardianGrant(ctx, a, pid)
}

// Dependants lists the persons in the care of who asks.
func (s *Service) Dependants(ctx context.Context, a access.Actor) ([]*Person, error) {
	if err := s.d.Guard.Check(ctx, a, "person.read", access.Facts{Owner: a.Account}); err != nil {
		return nil, err
	}
	all, err := s.persons.All(ctx, docstore.Query{Index: "guardian", Equal: string(a.Account)}, 50)
	if err != nil {
		return nil, err
	}
	for _, person := range all {
		if err := s.d.Guard.Read(ctx, a, "person.read", person.facts(a)); err != nil {
			return nil, err
		}
	}
	return all, nil
}
