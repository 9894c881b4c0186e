package identity

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/webauthn"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Deps is all that identity needs. Everything is required but AdminToken.
type Deps struct {
	Store     docstore.Store
	Clock     clock.Clock // of the machine, never a scaled one: codes of authenticators follow the world
	Guard     *access.Guard
	Circle    *Circle // the one that Guard asks
	Sender    Sender
	Broadcast Broadcast // Alone when there is one node
	Key       []byte    // secret of the service, 32 bytes or more; every key used here is derived from it
	Cost      Cost      // of a password's hash: FullCost, or LightCost for tests and the demo
	Limits    Limits
	// AdminToken is the SHA-256 of a bearer token that acts as an operator; nil: there is none.
	AdminToken []byte
	// Website is where links lead, without a slash at the end ("https://clinic.example").
	Website string
}

// Sender brings a message to a person. It must not keep codes anywhere but on their way.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Message is one message to one address. Data holds what the template needs: "code", "link", "minutes".
type Message struct {
	Key      string // the same message has the same key
	To       phi.Text
	Channel  Channel
	Template string // "sign-in-code", "confirm-code", "enrolment", "recovery", "recovery-begun", "invitation", "address-code"
	Language string
	Data     map[string]phi.Text
}

// Broadcast tells the other nodes what to forget; they call Service.Heard with the same word.
type Broadcast interface {
	Tell(ctx context.Context, word string) error
}

// Alone is the Broadcast of a single node.
type Alone struct{}

// Tell implements Broadcast.
func (Alone) Tell(context.Context, string) error { return nil }

// Limits say how often things may be tried. Remote limits are counted in each process.
type Limits struct {
	CodesPerAddress int // codes sent to one address in fifteen minutes
	CodesPerRemote  int // codes sent by mail for one network address in fifteen minutes, and not signed in with there
	TextsPerRemote  int // the same of texts
	TriesPerRemote  int // wrong codes, passwords and links from one network address in fifteen minutes
}

// UsualLimits are those of a service in use.
func UsualLimits() Limits {
	return Limits{CodesPerAddress: 5, CodesPerRemote: 120, TextsPerRemote: 60, TriesPerRemote: 120}
}

// Service is identity at work.
type Service struct {
	d         Deps
	keys      keys
	passwords *hasher
	remotes   *limiter
	live      *liveSessions
	relying   *webauthn.WebAuthn // nil: no passkeys where people come by a bare address

	accounts   *docstore.Collection[Account, *Account]
	logins     *docstore.Collection[Login, *Login]
	guesses    *docstore.Collection[Guesses, *Guesses]
	codes      *docstore.Collection[Challenge, *Challenge]
	sessions   *docstore.Collection[Session, *Session]
	persons    *docstore.Collection[Person, *Person]
	invites    *docstore.Collection[Invite, *Invite]
	recoveries *docstore.Collection[Recovery, *Recovery]
	passkeys   *docstore.Collection[Passkey, *Passkey]
	ceremonies *docstore.Collection[Ceremony, *Ceremony]

	recent *docstore.Recent[id.Patient, *Person]
}

// New opens identity's collections.
func New(ctx context.Context, d Deps) (*Service, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	keys, err := deriveKeys(d.Key)
	if err != nil {
		return nil, err
	}
	s := &Service{d: d, keys: keys, passwords: newHasher(d.Cost), remotes: newLimiter(d.Clock), live: newLiveSessions()}
	if s.relying, err = newRelying(d.Website); err != nil {
		return nil, fmt.Errorf("prepare passkeys: %w", err)
	}
	s.recent = docstore.NewRecent[id.Patient, *Person](d.Clock, believed, maxPairs)
	if err := s.open(ctx); err != nil {
		return nil, fmt.Errorf("open identity: %w", err)
	}
	return s, nil
}

func (d Deps) check() error {
	switch {
	case d.Store == nil, d.Clock == nil, d.Guard == nil, d.Circle == nil, d.Sender == nil, d.Broadcast == nil:
		return errors.New("identity needs a store, a clock, a guard, a circle, a sender and a broadcast")
	case len(d.Key) < 32:
		return errors.New("identity needs a secret key of 32 bytes or more")
	case d.Cost.Time == 0 || d.Cost.MemoryKiB == 0 || d.Cost.Threads == 0:
		return errors.New("identity needs the cost of a password")
	case d.Limits.CodesPerAddress == 0 || d.Limits.CodesPerRemote == 0 || d.Limits.TextsPerRemote == 0 || d.Limits.TriesPerRemote == 0:
		return errors.New("identity needs limits")
	case d.AdminToken != nil && len(d.AdminToken) != 32:
		return errors.New("the admin token is given as its SHA-256")
	}
	return nil
}

func (s *Service) open(ctx context.Context) (err error) {
	if s.accounts, err = docstore.Open[Account](ctx, s.d.Store, s.d.Clock, accountSpec); err != nil {
		return err
	}
	if s.logins, err = docstore.Open[Login](ctx, s.d.Store, s.d.Clock, docstore.Spec[Login]{Name: "logins"}); err != nil {
		return err
	}
	if s.guesses, err = docstore.Open[Guesses](ctx, s.d.Store, s.d.Clock, guessesSpec); err != nil {
		return err
	}
	if s.codes, err = docstore.Open[Challenge](ctx, s.d.Store, s.d.Clock, challengeSpec); err != nil {
		return err
	}
	if s.sessions, err = docstore.Open[Session](ctx, s.d.Store, s.d.Clock, sessionSpec); err != nil {
		return err
	}
	if s.persons, err = docstore.Open[Person](ctx, s.d.Store, s.d.Clock, personSpec); err != nil {
		return err
	}
	if s.invites, err = docstore.Open[Invite](ctx, s.d.Store, s.d.Clock, inviteSpec); err != nil {
		return err
	}
	if s.recoveries, err = docstore.Open[Recovery](ctx, s.d.Store, s.d.Clock, recoverySpec); err != nil {
		return err
	}
	if s.passkeys, err = docstore.Open[Passkey](ctx, s.d.Store, s.d.Clock, passkeySpec); err != nil {
		return err
	}
	s.ceremonies, err = docstore.Open[Ceremony](ctx, s.d.Store, s.d.Clock, ceremonySpec)
	return err
}
