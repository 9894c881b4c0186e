package app

import (
	"context"
	"strings"

	"housecall/internal/billing"
	"housecall/internal/delivery"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/onboarding"
	"housecall/internal/phi"
)

// forBilling is what receipts and tips ask of the others.
type forBilling struct{ *Services }

// Patient implements billing.Parties.
func (f forBilling) Patient(ctx context.Context, patient id.Patient) (phi.Text, error) {
	p, err := f.Identity.Person(ctx, house, patient)
	if err != nil {
		return "", err
	}
	return p.Name, nil
}

// Payee implements billing.Parties.
func (f forBilling) Payee(ctx context.Context, payee string) (billing.Party, error) {
	if strings.HasPrefix(payee, "phm_") {
		ph, err := f.Pharmacy.Pharmacy(ctx, house, id.Pharmacy(payee))
		if err != nil {
			return billing.Party{}, err
		}
		return billing.Party{Name: phi.Text(ph.Name), Licence: f.licence(ctx, payee)}, nil
	}
	acc, err := f.Identity.Account(ctx, id.Account(payee))
	if err != nil {
		return billing.Party{}, err
	}
	return billing.Party{Name: acc.Name, Licence: f.licence(ctx, payee)}, nil
}

// licence is the number on a receipt; one that can't be read is left out, the receipt stands without.
func (f forBilling) licence(ctx context.Context, subject string) string {
	app, err := f.Onboarding.Application(ctx, house, onboarding.IDOf(subject))
	if err != nil {
		return ""
	}
	return app.Licence.Reveal()
}

// Diagnosis implements billing.Parties.
func (f forBilling) Diagnosis(ctx context.Context, subject string) (phi.Text, error) {
	if !strings.HasPrefix(subject, "vis_") {
		return "", nil
	}
	note, err := f.Consult.Note(ctx, house, id.Visit(subject))
	if fault.Is(err, fault.NotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var codes []string
	for _, d := range note.Diagnoses {
		codes = append(codes, strings.TrimSpace(d.Code+" "+d.Title))
	}
	return phi.Text(strings.Join(codes, "; ")), nil
}

// TipFor implements billing.Tippable.
func (f forBilling) TipFor(ctx context.Context, oid id.Order) (billing.TipTarget, error) {
	jobs, err := f.Delivery.OfOrder(ctx, house, oid)
	if err != nil {
		return billing.TipTarget{}, err
	}
	for _, j := range jobs {
		if j.State == delivery.Delivered {
			return billing.TipTarget{Patient: j.Patient, Courier: j.Courier, Currency: j.Pay.Currency, Zone: string(j.Zone)}, nil
		}
	}
	return billing.TipTarget{}, fault.New(fault.NotFound, "No courier has delivered this order.")
}
