package identity

import (
	"context"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// SeedAccount is an account with a known password and authenticator.
type SeedAccount struct {
	Enrolment
	Password   phi.Text // of staff
	TOTPSecret phi.Text // of staff, base32; empty: a new one
}

// Seed makes an account without an invitation, for the demo, tests and EnsureOperator alone: it is
// not reachable from outside. The rules for names, addresses and passwords are the usual ones. An
// address that has an account already is answered with it when the role is the same, else refused.
// The secret of the authenticator is answered when the account was made now.
func (s *Service) Seed(ctx context.Context, seed SeedAccount) (*Account, phi.Text, error) {
	address, err := s.checkEnrolment(&seed.Enrolment)
	if err != nil {
		return nil, "", err
	}
	login := s.loginID(address)
	present, err := s.accountOf(ctx, login)
	if err != nil {
		return nil, "", err
	}
	if present != nil {
		if present.Role != seed.Role || present.Pharmacy != seed.Pharmacy {
			return nil, "", accountExists()
		}
		return present, "", nil
	}
	acc, err := s.claim(ctx, login, id.New[id.Account]())
	if err != nil {
		return nil, "", err
	}
	account := &Account{
		ID: acc, Role: seed.Role, Name: seed.Profile.Name, Language: seed.Profile.Language, TypeSize: seed.Profile.TypeSize,
		Pharmacy: seed.Pharmacy, Logins: []LoginOf{{login, address}},
	}
	secret := seed.TOTPSecret
	if seed.Role != access.Patient {
		if secret, err = s.seedSecrets(ctx, account, seed); err != nil {
			return nil, "", err
		}
	}
	account, err = s.enrol(ctx, account, "identity", seed.Profile)
	return account, secret, err
}

func (s *Service) seedSecrets(ctx context.Context, account *Account, seed SeedAccount) (phi.Text, error) {
	if err := checkPassword(seed.Password, account.Logins[0].Address); err != nil {
		return "", err
	}
	var err error
	if account.Password, err = s.passwords.make(ctx, seed.Password); err != nil {
		return "", err
	}
	secret := seed.TOTPSecret
	if secret == "" {
		secret = phi.Text(newTOTPSecret())
	}
	if !validSecret(secret) {
		return "", fault.InvalidField("/totp_secret", "Give the authenticator's secret in base32, 16 letters or more.")
	}
	account.TOTP = &Authenticator{Sealed: s.keys.seal(secret.Reveal(), string(account.ID))}
	return secret, nil
}

// EnsureOperator makes the first operator of a service, who then enrols all others. Asked again for
// the same address it changes nothing and answers no secret.
func (s *Service) EnsureOperator(ctx context.Context, login, password, totpSecret phi.Text) (*Account, phi.Text, error) {
	return s.Seed(ctx, SeedAccount{
		Enrolment: Enrolment{Role: access.Operator, Address: login, Profile: Profile{Name: "Operator", Language: "en"}},
		Password:  password, TOTPSecret: totpSecret,
	})
}
