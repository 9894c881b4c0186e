package consult

import (
	"context"
	"fmt"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
)

// Wish is what is asked for. Specialty and Language are the intake's when empty. Agreed is the fee
// that was on screen: when it is no longer the fee, nobody is queued.
type Wish struct {
	Intake    id.Intake
	Specialty string
	Language  string
	Agreed    money.Amount
	Method    string // of payment
}

// Offer is what is said before anybody queues or books: the fee, and how long it takes now.
type Offer struct {
	Terms           Terms
	Specialty       string
	Language        string
	Wait            Wait
	EmergencyNumber string
}

// Offered says what a visit for this intake costs and how long the wait is.
func (s *Service) Offered(ctx context.Context, a access.Actor, w Wish) (Offer, error) {
	v, err := s.draft(ctx, a, w)
	if err != nil {
		return Offer{}, err
	}
	wait, err := s.estimate(ctx, v)
	return Offer{v.Fee.Terms, v.Specialty, v.Language, wait, v.EmergencyNumber}, err
}

// Request queues on demand. An intake leads to one visit: asked twice, it is the same one.
func (s *Service) Request(ctx context.Context, a access.Actor, w Wish) (*Visit, error) {
	v, err := s.draft(ctx, a, w)
	if err != nil {
		return nil, err
	}
	if err := v.agree(w.Agreed); err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	v.State, v.QueuedAt = Waiting, now
	v.wantFee(a, now)
	v.announce(a, Queued, nil)
	if err := s.visits.Insert(ctx, a.Request, v); err != nil {
		return nil, err
	}
	return v, nil
}

// draft checks the right to ask and copies what the visit takes over from the intake.
func (s *Service) draft(ctx context.Context, a access.Actor, w Wish) (*Visit, error) {
	asked, err := s.Intakes.Asked(ctx, a, w.Intake)
	if err != nil {
		return nil, fmt.Errorf("read intake %s: %w", w.Intake, err)
	}
	if err := s.Guard.Check(ctx, a, "visit.request", access.Facts{Record: string(w.Intake), Patient: asked.Patient}); err != nil {
		return nil, err
	}
	if !asked.Submitted {
		return nil, conflict("intake-not-submitted", "Hand in the intake first.")
	}
	licence, rule := s.Rules.Licence(asked.Jurisdiction, asked.Region, s.Clock.Now())
	if licence == "" {
		return nil, conflict("state-not-known", "Where are you right now? The law there goes by the state (rule "+rule+"): give the place where you are in the intake.")
	}
	v := &Visit{
		Region: asked.Region, Licence: licence,
		ID: id.Derive[id.Visit](string(w.Intake)), Intake: w.Intake, Patient: asked.Patient, By: a.Account, Name: asked.Name, Born: asked.Born,
		Specialty: or(w.Specialty, asked.Specialty), Language: or(w.Language, asked.Language), Complaint: asked.Complaint,
		Jurisdiction: asked.Jurisdiction, EmergencyNumber: asked.EmergencyNumber, TimeZone: asked.TimeZone, CallBack: asked.CallBack,
	}
	v.Fee = Fee{Terms: s.Fees.Terms(v.Specialty, asked.Currency), Method: w.Method}
	return v, nil
}

func (v *Visit) agree(fee money.Amount) error {
	if fee != v.Fee.Terms.Fee {
		return fault.New(fault.Conflict, fmt.Sprintf("This visit costs %s. Agree to that and try again.", v.Fee.Terms.Fee)).Coded("fee-not-agreed")
	}
	return nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
