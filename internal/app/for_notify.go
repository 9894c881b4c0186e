package app

import (
	"context"
	"strings"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/identity"
	"housecall/internal/notify"
)

// forNotify knows how people are reached.
type forNotify struct{ *Services }

// Contacts implements notify.Directory.
func (f forNotify) Contacts(ctx context.Context, who string) ([]notify.Contact, error) {
	switch {
	case strings.HasPrefix(who, "acc_"):
		return f.contact(ctx, id.Account(who))
	case strings.HasPrefix(who, "pat_"):
		return f.patient(ctx, id.Patient(who))
	case strings.HasPrefix(who, "phm_"):
		return f.staff(ctx, id.Pharmacy(who))
	}
	return nil, nil
}

func (f forNotify) contact(ctx context.Context, account id.Account) ([]notify.Contact, error) {
	to, language, err := f.Identity.Contact(ctx, account)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil || to.Text == "" {
		return nil, err
	}
	channel := notify.ByMail
	if to.Channel != identity.Mail {
		channel = notify.ByText
	}
	return []notify.Contact{{Channel: channel, To: to.Text, Language: language}}, nil
}

// patient reaches the owner of the record, or who cares for a dependant.
func (f forNotify) patient(ctx context.Context, patient id.Patient) ([]notify.Contact, error) {
	person, err := f.Identity.Person(ctx, house, patient)
	if err != nil {
		return nil, err
	}
	accounts := person.Guardians
	if person.Owner != "" {
		accounts = []id.Account{person.Owner}
	}
	return f.all(ctx, accounts)
}

// Helpers implements notify.Directory.
func (f forNotify) Helpers(ctx context.Context, patient string) ([]notify.Contact, error) {
	accounts, err := f.Identity.Helpers(ctx, id.Patient(patient))
	if err != nil {
		return nil, err
	}
	return f.all(ctx, accounts)
}

func (f forNotify) staff(ctx context.Context, pharmacy id.Pharmacy) ([]notify.Contact, error) {
	ph, err := f.Pharmacy.Pharmacy(ctx, house, pharmacy)
	if err != nil {
		return nil, err
	}
	var accounts []id.Account
	for _, s := range ph.Staff {
		if s.Role == access.Pharmacist {
			accounts = append(accounts, s.Account)
		}
	}
	return f.all(ctx, accounts)
}

func (f forNotify) all(ctx context.Context, accounts []id.Account) ([]notify.Contact, error) {
	var out []notify.Contact
	for _, account := range accounts {
		one, err := f.contact(ctx, account)
		if err != nil {
			return nil, err
		}
		out = append(out, one...)
	}
	return out, nil
}
