package pharmacy

import (
	"context"
	"fmt"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/estimate"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/phi"
)

// Vetting knows who may act. The subject is the id of a pharmacy or of an account.
type Vetting interface {
	Standing(ctx context.Context, subject string) (bool, error)
}

// Scripts knows prescriptions. It asks its own policy for the actor.
type Scripts interface {
	// Script is what a part says.
	Script(ctx context.Context, a access.Actor, part id.Part) (Script, error)
	// Dispensable answers nil when the part is claimed by this order and nobody has called it off.
	Dispensable(ctx context.Context, a access.Actor, part id.Part, order id.Order) error
	// Recheck runs the safety engine over the part with what is known today.
	Recheck(ctx context.Context, a access.Actor, part id.Part) ([]Finding, error)
	// Barred says, by the way of handing over, which rule of the place forbids it for a part, in a sentence.
	Barred(ctx context.Context, a access.Actor, part id.Part, door geo.Point) (map[string]string, error)
}

// Script is a prescription's part as the pharmacist reads it.
type Script struct {
	Prescription id.Prescription
	Patient      id.Patient
	PatientName  phi.Text
	BornOn       phi.Text
	Doctor       id.Account
	DoctorName   phi.Text // as the paper names them
	SignedAt     time.Time
	Lines        []ScriptLine
}

// ScriptLine is one medicine of a part.
type ScriptLine struct {
	Product      string
	Quantity     int
	Dosage       phi.Text // the structured dosage as a sentence
	DosageZH     phi.Text // the same in Chinese
	NoSubstitute bool     // the doctor forbade another product
}

// Finding is what the safety engine says. Known: it stood there at signing and the doctor wrote why
// the prescription holds all the same.
type Finding struct {
	ID       string   `json:"id"`
	Severity string   `json:"severity" enum:"hard_stop,warning,info"`
	Text     phi.Text `json:"text"`
	TextZH   phi.Text `json:"text_zh,omitempty"` // the same in Chinese, where it is known
	Source   string   `json:"source,omitempty"`
	Known    bool     `json:"known,omitempty"`
	Reason   phi.Text `json:"reason,omitempty"` // the pharmacist's, for a warning that is new
}

// Severities of a finding.
const (
	HardStop = "hard_stop"
	Warning  = "warning"
	Info     = "info"
)

// Formulary knows products; to this package a product is a code.
type Formulary interface {
	Label(ctx context.Context, product string) (string, error) // a NotFound fault for an unknown product
	// Alike tells whether two products have the same ingredient and strength.
	Alike(ctx context.Context, a, b string) (bool, error)
}

// Zones knows what a zone asks and costs.
type Zones interface {
	Terms(ctx context.Context, zone id.Zone) (Terms, error)
	ZoneOf(ctx context.Context, door geo.Point) (id.Zone, error) // "" where none covers the door
}

// Slot is when a courier comes by appointment, and when the pharmacy begins for it.
type Slot struct{ From, Until, Begins time.Time }

// Terms of a zone. Without Couriers there is pick-up and parcel only, and the slots.
type Terms struct {
	Review, Pack, Promise time.Duration
	DeliveryFee           money.Amount
	Couriers              bool
	Slots                 []Slot
}

// Estimates says honestly how long an order takes from its payment: to the door by courier, else until
// the bag is ready. It learns from what pharmacies and couriers announce.
type Estimates interface {
	Estimate(ctx context.Context, ph id.Pharmacy, zone id.Zone, q estimate.Question) (estimate.Span, error)
}

// Deps are what the service needs; all are required.
type Deps struct {
	Store     docstore.Store
	Clock     clock.Clock
	Guard     *access.Guard
	Vetting   Vetting
	Scripts   Scripts
	Formulary Formulary
	Zones     Zones
	Estimates Estimates
	Secret    []byte // codes at the counter are derived from it; 32 bytes or more
}

// Service is what people and journeys ask of pharmacies.
type Service struct {
	Deps
	pharmacies *docstore.Collection[Pharmacy, *Pharmacy]
	stock      *docstore.Collection[Stock, *Stock]
	fills      *docstore.Collection[Fill, *Fill]
	lots       *docstore.Collection[Lot, *Lot]
}

// New opens the collections of the package.
func New(ctx context.Context, d Deps) (*Service, error) {
	if d.Store == nil || d.Clock == nil || d.Guard == nil || d.Vetting == nil || d.Scripts == nil ||
		d.Formulary == nil || d.Zones == nil || d.Estimates == nil || len(d.Secret) < 32 {
		return nil, fmt.Errorf("pharmacy: a dependency is missing")
	}
	s := &Service{Deps: d}
	var err error
	if s.pharmacies, err = docstore.Open[Pharmacy](ctx, d.Store, d.Clock, pharmacySpec); err != nil {
		return nil, err
	}
	if s.stock, err = docstore.Open[Stock](ctx, d.Store, d.Clock, stockSpec); err != nil {
		return nil, err
	}
	if s.fills, err = docstore.Open[Fill](ctx, d.Store, d.Clock, fillSpec); err != nil {
		return nil, err
	}
	if s.lots, err = docstore.Open[Lot](ctx, d.Store, d.Clock, lotSpec); err != nil {
		return nil, err
	}
	return s, nil
}

// step is how a fill changes: found, asked of the policy, then changed once for the request.
func (s *Service) step(ctx context.Context, a access.Actor, fill id.Fill, action access.Action, change func(f *Fill, now time.Time) error) (*Fill, error) {
	f, err := s.fills.Get(ctx, string(fill))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Check(ctx, a, action, f.facts()); err != nil {
		return nil, err
	}
	return s.fills.Update(ctx, string(fill), docstore.On{Request: a.Request}, func(f *Fill) error { return change(f, s.Clock.Now()) })
}

// vetted refuses a subject that nobody has vetted, or whose standing can't be read.
func (s *Service) vetted(ctx context.Context, subject string, refusal *fault.Error) error {
	active, err := s.Vetting.Standing(ctx, subject)
	switch {
	case err != nil:
		return fmt.Errorf("read standing of %s: %w", subject, err)
	case !active:
		return refusal
	}
	return nil
}
