package identity

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Origin is where a sign-in comes from.
type Origin struct {
	Device string // what the device calls itself, for the list of sessions
	Remote string // network address, for the limit
}

// SignIn is what a patient shows to come in. Profile is asked of who comes for the first time.
type SignIn struct {
	Address phi.Text
	Code    phi.Text
	Profile *Profile
	Origin
}

// SignIn opens a patient's session with a code that was sent to the address. Whoever is new reads an
// Invalid fault coded "sign-up-needed", keeps the code, and sends it again with a profile, which
// makes the account and its person.
func (s *Service) SignIn(ctx context.Context, in SignIn) (*Opened, error) {
	address, err := ParseAddress(in.Address)
	if err != nil {
		return nil, err
	}
	if in.Profile != nil {
		if err := in.Profile.check(s.d.Clock.Now()); err != nil {
			return nil, err
		}
	}
	var opened *Opened
	err = s.guess(in.Remote, func() error {
		opened, err = s.signIn(ctx, address, in)
		return err
	})
	return opened, err
}

func (s *Service) signIn(ctx context.Context, address Address, in SignIn) (*Opened, error) {
	login := s.loginID(address)
	account, err := s.accountOf(ctx, login)
	if err != nil {
		return nil, err
	}
	then := spendIt
	if account == nil && in.Profile == nil {
		then = keepIt
	}
	if err := s.checkCode(ctx, string(login), ForSignIn, in.Code, then); err != nil {
		return nil, err
	}
	if then == spendIt {
		s.codeUsed(in.Remote, address)
	}
	switch {
	case account != nil && account.Staff():
		return nil, fault.New(fault.Conflict, "This address signs in with a password and an authenticator.").Coded("password-needed")
	case account == nil && in.Profile == nil:
		return nil, fault.New(fault.Invalid, "You are new here. Tell us who you are, then send the code again.").Coded("sign-up-needed").
			With("/profile", "Give a name, a birth date, a sex and a language.")
	case account == nil:
		if account, err = s.signUp(ctx, login, address, *in.Profile); err != nil {
			return nil, err
		}
	}
	if err := account.mayEnter(); err != nil {
		return nil, err
	}
	return s.openSession(ctx, account, newToken(), in.Device, time.Time{})
}

// mayEnter is asked after the code or the password was right, so it tells nothing to a stranger.
func (a *Account) mayEnter() error {
	if a.State == AccountActive {
		return nil
	}
	return fault.New(fault.Denied, "This account is suspended. Call us to find out why.").Coded("account-suspended")
}

// accountOf finds the account of a login, nil when there is none yet.
func (s *Service) accountOf(ctx context.Context, l id.Login) (*Account, error) {
	login, err := s.logins.Get(ctx, string(l))
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	account, err := s.accounts.Get(ctx, string(login.Account))
	if fault.Is(err, fault.NotFound) { // a sign-up that was cut off after its first write: it goes on
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !account.holds(l) { // given up by the account; whoever has the address now may be somebody else
		return nil, nil
	}
	return account, nil
}

// signUp makes login, account and person, in this order: each finds what an earlier try has made.
func (s *Service) signUp(ctx context.Context, l id.Login, address Address, p Profile) (*Account, error) {
	account := &Account{
		ID: id.New[id.Account](), Role: access.Patient, Name: p.Name, Language: p.Language, TypeSize: p.TypeSize,
		Logins: []LoginOf{{l, address}},
	}
	claimed, err := s.claim(ctx, l, account.ID)
	if err != nil {
		return nil, err
	}
	account.ID = claimed
	return s.enrol(ctx, account, claimed, p)
}

// claim gives a login to an account, and answers whose it is: of two who race, both read the same.
func (s *Service) claim(ctx context.Context, l id.Login, acc id.Account) (id.Account, error) {
	err := s.logins.Insert(ctx, id.Request{}, &Login{ID: l, Account: acc})
	if err == nil || !fault.Is(err, fault.Conflict) {
		return acc, err
	}
	login, err := s.logins.Get(ctx, string(l))
	if err != nil {
		return "", err
	}
	owner, err := s.accounts.Get(ctx, string(login.Account))
	if fault.Is(err, fault.NotFound) || err == nil && owner.holds(l) {
		return login.Account, nil
	}
	if err != nil {
		return "", err
	}
	return s.reclaim(ctx, l, owner.ID, acc)
}

// reclaim gives on a login that its account has given up, to the first who asks.
func (s *Service) reclaim(ctx context.Context, l id.Login, from, to id.Account) (id.Account, error) {
	login, err := s.logins.Update(ctx, string(l), docstore.On{}, func(d *Login) error {
		if d.Account == from {
			d.Account = to
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return login.Account, nil
}

// enrol writes a new account whose login is claimed: first its person, then the account itself, each
// once. The account it answers is the one that stands.
func (s *Service) enrol(ctx context.Context, account *Account, by id.Account, p Profile) (*Account, error) {
	// The role is the body: a sign-up and an invitation that race for one address are not one request.
	once := id.RequestOf([]byte(account.Role), "enrol", string(account.ID))
	if account.Role == access.Patient {
		person := newPerson(id.Derive[id.Patient](string(account.ID)), p)
		person.Owner, account.Person = account.ID, person.ID
		person.Emit(event.Event{Kind: PersonAdded, By: string(by), Data: map[string]string{"account": string(account.ID)}})
		if err := s.persons.Insert(ctx, once, person); err != nil {
			return nil, err
		}
	}
	if err := account.apply(s.d.Clock.Now(), by, Enrol, ""); err != nil {
		return nil, err
	}
	account.Emit(event.Event{
		Kind: AccountEnrolled, By: string(by), To: []string{event.ToOperators},
		Data: map[string]string{"role": string(account.Role), "pharmacy": string(account.Pharmacy)},
	})
	return account, s.accounts.Insert(ctx, once, account)
}

// Credentials are what staff show to come in.
type Credentials struct {
	Address  phi.Text
	Password phi.Text
	Code     phi.Text // of the authenticator
	Origin
}

// SignInStaff opens a session with a password and a code of the authenticator. Whatever of the
// three is wrong, also where there is no such account, the answer and the work are the same.
func (s *Service) SignInStaff(ctx context.Context, c Credentials) (*Opened, error) {
	address, err := ParseAddress(c.Address)
	if err != nil {
		return nil, err
	}
	var opened *Opened
	err = s.guess(c.Remote, func() error {
		opened, err = s.signInStaff(ctx, s.loginID(address), c)
		return err
	})
	return opened, err
}

func (s *Service) signInStaff(ctx context.Context, login id.Login, c Credentials) (*Opened, error) {
	if err := s.countGuess(ctx, login); err != nil {
		return nil, err
	}
	account, err := s.accountOf(ctx, login)
	if err != nil {
		return nil, err
	}
	if err := s.checkCredentials(ctx, account, c); err != nil {
		return nil, err
	}
	if err := s.clearGuesses(ctx, login); err != nil {
		return nil, err
	}
	if err := account.mayEnter(); err != nil {
		return nil, err
	}
	return s.openSession(ctx, account, newToken(), c.Device, s.d.Clock.Now())
}

func (s *Service) checkCredentials(ctx context.Context, account *Account, c Credentials) error {
	var password *Password
	if account != nil {
		password = account.Password
	}
	right, err := s.passwords.matches(ctx, password, c.Password)
	if err != nil {
		return err
	}
	if !right {
		return wrongCredentials()
	}
	err = s.spend(ctx, account.ID, c.Code)
	if fault.Is(err, fault.Invalid) {
		return wrongCredentials()
	}
	return err
}

func wrongCredentials() error {
	return fault.New(fault.Unauthenticated, "The address, the password or the code is not right. Each code is good once: wait for the next.").
		Coded("sign-in-failed")
}

// countGuess counts a try before it is judged, so that many at once gain nothing.
func (s *Service) countGuess(ctx context.Context, l id.Login) error {
	now := s.d.Clock.Now()
	fresh := func() *Guesses { return &Guesses{ID: string(l)} }
	_, err := change(ctx, s.guesses, string(l), fresh, func(g *Guesses) error {
		if err := g.refuse(now); err != nil {
			return err
		}
		g.miss(now)
		return nil
	})
	return err
}

func (s *Service) clearGuesses(ctx context.Context, l id.Login) error {
	_, err := s.guesses.Update(ctx, string(l), docstore.On{}, func(g *Guesses) error {
		g.Wrong = Wrong{}
		return nil
	})
	return err
}
