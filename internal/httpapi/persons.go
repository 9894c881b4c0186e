package httpapi

import (
	"context"

	"housecall/internal/access"
	"housecall/internal/id"
	"housecall/internal/identity"
	"housecall/internal/phi"
)

// Persons are the routes of the people that records are about.
func Persons(people *identity.Service) []Route {
	r := personRoutes{people}
	return []Route{
		get("/patients", "person.read", "List the dependants in one's care", r.dependants),
		post("/patients", "person.add", "Add a dependant without an account", r.add).created(),
		get("/patients/{id}", "person.read", "Read who a record is about", r.read),
		put("/patients/{id}", "person.edit", "Correct who a record is about", r.edit),
	}
}

type personRoutes struct{ people *identity.Service }

// PersonView is a person as it is answered.
type PersonView struct {
	ID        id.Patient   `json:"id"`
	Name      phi.Text     `json:"name"`
	BirthDate phi.Text     `json:"birth_date" format:"date"`
	Sex       phi.Text     `json:"sex" enum:"female,male,other,unknown"`
	Language  string       `json:"language"`
	Owner     id.Account   `json:"owner,omitempty"`
	Guardians []id.Account `json:"guardians,omitempty" doc:"Of a dependant."`
}

func personView(p *identity.Person) PersonView {
	return PersonView{ID: p.ID, Name: p.Name, BirthDate: p.BirthDate, Sex: p.Sex, Language: p.Language, Owner: p.Owner, Guardians: p.Guardians}
}

func (r personRoutes) answered(p *identity.Person, err error) (*Reply[PersonView], error) {
	if err != nil {
		return nil, err
	}
	return reply(p.Version, personView(p)), nil
}

func (r personRoutes) read(ctx context.Context, a access.Actor, in *ByID) (*Reply[PersonView], error) {
	return r.answered(r.people.Person(ctx, a, id.Patient(in.ID)))
}

func (r personRoutes) dependants(ctx context.Context, a access.Actor, _ *none) (*Reply[ListOf[PersonView]], error) {
	all, err := r.people.Dependants(ctx, a)
	if err != nil {
		return nil, err
	}
	return listed(all, "", personView), nil
}

// PersonIn is who a record is about, as somebody tells it.
type PersonIn struct {
	Name      phi.Text `json:"name" minLength:"1" maxLength:"480"`
	BirthDate phi.Text `json:"birth_date" format:"date"`
	Sex       phi.Text `json:"sex" enum:"female,male,other,unknown"`
	Language  string   `json:"language,omitempty" enum:"en,zh" default:"en"`
}

func (p PersonIn) profile() identity.Profile {
	return identity.Profile{Name: p.Name, BirthDate: p.BirthDate, Sex: p.Sex, Language: p.Language}
}

type addPersonIn struct{ Body PersonIn }

func (r personRoutes) add(ctx context.Context, a access.Actor, in *addPersonIn) (*Reply[PersonView], error) {
	return r.answered(r.people.AddDependant(ctx, a, in.Body.profile()))
}

type editPersonIn struct {
	ByID
	Edit
	Body PersonIn
}

func (r personRoutes) edit(ctx context.Context, a access.Actor, in *editPersonIn) (*Reply[PersonView], error) {
	return r.answered(r.people.EditPerson(ctx, a, id.Patient(in.ID), in.Version(), in.Body.profile()))
}
