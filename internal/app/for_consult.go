package app

import (
	"context"
	"strings"

	"housecall/internal/access"
	"housecall/internal/consult"
	"housecall/internal/id"
	"housecall/internal/intake"
)

// forConsult is what consult asks of intakes and vetting.
type forConsult struct{ *Services }

// Asked implements consult.Intakes. Intake asks its own policy for the actor.
func (f forConsult) Asked(ctx context.Context, a access.Actor, in id.Intake) (consult.Asked, error) {
	i, err := f.Intake.Intake(ctx, a, in)
	if err != nil {
		return consult.Asked{}, err
	}
	// Who may ask for the visit was judged above; the name is for the doctor who will see the person.
	person, err := f.Identity.Person(ctx, house, i.Patient)
	if err != nil {
		return consult.Asked{}, err
	}
	out := consult.Asked{
		Patient: i.Patient, Name: person.Name, Submitted: i.State == intake.Submitted, Born: i.Born, Specialty: i.Specialty, Language: i.Language,
		Complaint: i.Complaint, CallBack: i.CallBack,
	}
	if i.Place != nil {
		out.Jurisdiction, out.EmergencyNumber = i.Place.Jurisdiction, i.Place.EmergencyNumber
		out.Region = strings.ToLower(i.Place.State)
		out.TimeZone, out.Currency = i.Place.TimeZone, i.Place.Currency
	}
	return out, nil
}

// Standing implements consult.Vetting.
func (f forConsult) Standing(ctx context.Context, doctor id.Account) (consult.Standing, error) {
	st, err := f.Onboarding.Standing(ctx, string(doctor))
	return consult.Standing{Active: st.Active, Specialties: st.Specialties, Jurisdictions: st.Jurisdictions, Languages: st.Languages}, err
}
