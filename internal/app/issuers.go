package app

import (
	"cmp"
	"context"
	"strings"

	"housecall/internal/billing"
	"housecall/internal/config"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// issuers tells billing who stands on an invoice.
type issuers struct {
	*Services
	clinic config.Clinic
	taxID  string
}

// Issuer implements billing.Issuers.
func (f issuers) Issuer(ctx context.Context, payee, zone string) (billing.Issuer, error) {
	if strings.HasPrefix(payee, "phm_") {
		ph, err := f.Pharmacy.Pharmacy(ctx, house, id.Pharmacy(payee))
		if err != nil {
			return billing.Issuer{}, err
		}
		return billing.Issuer{
			ID: payee, Name: ph.Name, Address: ph.Address, Phone: ph.Phone, Licence: forBilling{f.Services}.licence(ctx, payee), TimeZone: ph.TimeZone,
		}, nil
	}
	c := f.clinic
	out := billing.Issuer{
		ID: "house", Name: cmp.Or(c.Name, "housecall"), Address: c.Address, Country: c.Country, Mail: c.Mail, Phone: c.Phone, TaxID: f.taxID,
	}
	if zone == "" {
		return out, nil
	}
	if z, err := f.Delivery.Zone(ctx, id.Zone(zone)); err == nil { // a zone that is gone leaves the dates in UTC
		out.TimeZone = z.TimeZone
	}
	return out, nil
}

// Payer implements billing.Issuers.
func (f issuers) Payer(ctx context.Context, account id.Account) (phi.Text, error) {
	return f.Identity.NameOf(ctx, account)
}
