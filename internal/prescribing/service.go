package prescribing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/id"
	"housecall/internal/jurisdiction"
	"housecall/internal/paper"
	"housecall/internal/safety"
)

// The actions of this capability.
const (
	WriteAction     access.Action = "prescription.write"
	SignAction      access.Action = "prescription.sign"
	ReadAction      access.Action = "prescription.read"
	CancelAction    access.Action = "prescription.cancel"
	ReviewAction    access.Action = "prescription.review"
	ListAction      access.Action = "prescription.list"
	HistoryAction   access.Action = "prescription.history"
	FavouriteAction access.Action = "favourite.write"
	SearchAction    access.Action = "formulary.search"
	NamesAction     access.Action = "formulary.names"
	DownloadAction  access.Action = "prescription.download"
	VerifyAction    access.Action = "prescription.verify"
	KeysAction      access.Action = "signing_key.manage"
	AdvanceAction   access.Action = "prescribing.advance"
)

// Visits tells what a prescription must know of the visit it belongs to.
type Visits interface {
	Visit(ctx context.Context, visit id.Visit) (VisitFacts, error)
}

// VisitFacts is a visit as prescribing sees it. Open: it is in progress, or completed so lately that
// the rules of the place still let its doctor prescribe.
type VisitFacts struct {
	Doctor       id.Account
	Patient      id.Patient
	State        string
	Open         bool
	Jurisdiction string          // "CN", "US", "EU", or "" where the house rules alone hold
	Zone         string          // IANA name of the time zone where the patient is; "" is UTC
	Told         map[string]bool // what the visit tells the rules of the place
}

// Health knows the lasting facts of a patient.
type Health interface {
	Facts(ctx context.Context, patient id.Patient) (Facts, error)
}

// Facts is what is known of a patient today, and what they say they take.
type Facts struct {
	Subject Subject
	Patient safety.Patient
	Present []safety.Medicine
}

// SecondFactor takes a one-time code that is good once, for one purpose; or a passkey's signature over what is covered.
type SecondFactor interface {
	Confirm(ctx context.Context, a access.Actor, purpose, code string) error
	AskPasskey(ctx context.Context, a access.Actor, purpose string, covered []byte) (json.RawMessage, error)
	ConfirmByPasskey(ctx context.Context, a access.Actor, purpose string, covered, answer []byte) (*Shown, error)
}

// Vetting tells whether a doctor may practise now, there.
type Vetting interface {
	MayPrescribe(ctx context.Context, doctor id.Account, jurisdiction string) error
}

// Fillers knows which pharmacy works on an order now; "" when none does.
type Fillers interface {
	Filling(ctx context.Context, order id.Order) (id.Pharmacy, error)
}

// Prescribers knows how a doctor is named on paper.
type Prescribers interface {
	Prescriber(ctx context.Context, doctor id.Account) (Prescriber, error)
}

// Signer signs for doctors with ES256. Key names what signs for a doctor now; Sign refuses any other.
// KeyBook is the one in the service itself; a hardware module or a key service stands behind the same
// two methods.
type Signer interface {
	Key(ctx context.Context, doctor id.Account) (kid string, since time.Time, err error)
	Sign(ctx context.Context, doctor id.Account, kid string, message []byte) (signature []byte, err error)
}

// PublicKeys knows the public half of every key that ever signed, and whose it is.
type PublicKeys interface {
	Public(ctx context.Context, kid string) (doctor id.Account, key paper.Key, err error)
	Published(ctx context.Context) (paper.Keys, error)
	OfDoctor(ctx context.Context, doctor id.Account) ([]paper.Key, error)
}

// KeyKeeper changes which keys count.
type KeyKeeper interface {
	Rotate(ctx context.Context, a access.Actor, doctor id.Account) error
	Revoke(ctx context.Context, a access.Actor, kid string, from time.Time, reason string) error
}

// Deps is what prescribing needs; all of it.
type Deps struct {
	Store     docstore.Store
	Clock     clock.Clock
	Guard     *access.Guard
	Formulary *Formulary
	Visits    Visits
	Health    Health
	Factor    SecondFactor
	Vetting   Vetting
	Fillers   Fillers
	Signer    Signer
	Public    PublicKeys
	Keeper    KeyKeeper
	Names     Prescribers
	Website   string // the public address, printed on paper; where a prescription is asked after
}

// Service is prescribing.
type Service struct {
	clock         clock.Clock
	guard         *access.Guard
	formulary     *Formulary
	places        *jurisdiction.Book
	visits        Visits
	health        Health
	factor        SecondFactor
	vetting       Vetting
	fillers       Fillers
	signer        Signer
	public        PublicKeys
	keeper        KeyKeeper
	names         Prescribers
	website       string
	prescriptions *docstore.Collection[Prescription, *Prescription]
	challenges    *docstore.Collection[Challenge, *Challenge]
	favourites    *docstore.Collection[Favourites, *Favourites]
}

// New opens the collections of prescribing.
func New(ctx context.Context, d Deps) (*Service, error) {
	if d.Store == nil || d.Clock == nil || d.Guard == nil || d.Formulary == nil || d.Visits == nil ||
		d.Health == nil || d.Factor == nil || d.Vetting == nil || d.Fillers == nil || d.Signer == nil ||
		d.Public == nil || d.Keeper == nil || d.Names == nil {
		return nil, errors.New("prescribing: a dependency is missing")
	}
	s := &Service{
		clock: d.Clock, guard: d.Guard, formulary: d.Formulary, visits: d.Visits, health: d.Health,
		factor: d.Factor, vetting: d.Vetting, fillers: d.Fillers, signer: d.Signer,
		public: d.Public, keeper: d.Keeper, names: d.Names, website: d.Website,
	}
	var err error
	if s.places, err = jurisdiction.Open(); err != nil {
		return nil, fmt.Errorf("load the rules of the places: %w", err)
	}
	s.prescriptions, err = docstore.Open[Prescription](ctx, d.Store, d.Clock, docstore.Spec[Prescription]{
		Name: "prescriptions", Indexes: map[string]func(*Prescription) (docstore.Key, bool){
			"patient": func(rx *Prescription) (docstore.Key, bool) {
				return docstore.Key{Equal: string(rx.Patient), Order: docstore.ByTime(rx.CreatedAt)}, true
			},
			"visit": func(rx *Prescription) (docstore.Key, bool) {
				return docstore.Key{Equal: string(rx.Visit), Order: docstore.ByTime(rx.CreatedAt)}, true
			},
			"fingerprint": func(rx *Prescription) (docstore.Key, bool) {
				return docstore.Key{Equal: rx.fingerprint(), Order: docstore.ByTime(rx.CreatedAt)}, rx.Signature != nil
			},
			"running": func(rx *Prescription) (docstore.Key, bool) {
				return docstore.Key{Equal: string(rx.Patient), Order: docstore.ByTime(rx.runsUntil())}, rx.Signature != nil
			},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("open prescriptions: %w", err)
	}
	s.challenges, err = docstore.Open[Challenge](ctx, d.Store, d.Clock, docstore.Spec[Challenge]{Name: "signing_challenges"})
	if err != nil {
		return nil, fmt.Errorf("open signing challenges: %w", err)
	}
	s.favourites, err = docstore.Open[Favourites](ctx, d.Store, d.Clock, docstore.Spec[Favourites]{Name: "favourites"})
	if err != nil {
		return nil, fmt.Errorf("open favourites: %w", err)
	}
	return s, nil
}
