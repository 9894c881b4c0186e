package app

import (
	"context"
	"strings"

	"housecall/internal/id"
	"housecall/internal/phi"
)

// forDelivery is what deliveries ask of vetting and accounts.
type forDelivery struct{ *Services }

// Vetted implements delivery.Vetting.
func (f forDelivery) Vetted(ctx context.Context, courier id.Account) (bool, error) {
	st, err := f.Onboarding.Standing(ctx, string(courier))
	return st.Active, err
}

// FirstName implements delivery.Names.
func (f forDelivery) FirstName(ctx context.Context, courier id.Account) (phi.Text, error) {
	acc, err := f.Identity.Account(ctx, courier)
	if err != nil {
		return "", err
	}
	first, _, _ := strings.Cut(acc.Name.Reveal(), " ")
	return phi.Text(first), nil
}
