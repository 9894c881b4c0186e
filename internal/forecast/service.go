package forecast

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/estimate"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Couriers knows who rides in a zone now.
type Couriers interface {
	Riders(ctx context.Context, zone id.Zone) (estimate.Riders, error)
}

// Deps is what the service needs; all are required.
type Deps struct {
	Store    docstore.Store
	Clock    clock.Clock
	Guard    *access.Guard
	Couriers Couriers
}

// Service learns from events and looks ahead.
type Service struct {
	Deps
	paces *docstore.Collection[Pace, *Pace]
	zones *docstore.Collection[Learned, *Learned]
	hours *docstore.Collection[Hour, *Hour]

	mu     sync.Mutex // guards riders
	riders map[id.Zone]counted
}

// counted is who rides, as it was a moment ago.
type counted struct {
	estimate.Riders
	at time.Time
}

// Pace is what was learned of one pharmacy.
type Pace struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
	estimate.Pharmacy
}

// DocID implements docstore.Document.
func (p *Pace) DocID() string { return p.ID }

// Learned is what was learned of one zone.
type Learned struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
	estimate.Zone
}

// DocID implements docstore.Document.
func (l *Learned) DocID() string { return l.ID }

// New opens the collections.
func New(ctx context.Context, d Deps) (*Service, error) {
	if d.Store == nil || d.Clock == nil || d.Guard == nil || d.Couriers == nil {
		return nil, errors.New("forecast: a dependency is missing")
	}
	s := &Service{Deps: d, riders: map[id.Zone]counted{}}
	var err error
	if s.paces, err = docstore.Open(ctx, d.Store, d.Clock, docstore.Spec[Pace]{Name: "forecast_paces"}); err != nil {
		return nil, err
	}
	if s.zones, err = docstore.Open(ctx, d.Store, d.Clock, docstore.Spec[Learned]{Name: "forecast_zones"}); err != nil {
		return nil, err
	}
	s.hours, err = docstore.Open(ctx, d.Store, d.Clock, hourSpec)
	return s, err
}

// Kinds lists the events that Heard is to be told of.
func Kinds() []event.Kind { return append(estimate.Kinds(), orderPlaced) }

// Heard learns from an event. Told again it learns nothing new.
func (s *Service) Heard(ctx context.Context, e event.Event) error {
	if e.Kind == orderPlaced {
		return s.count(ctx, e)
	}
	l, teaches := estimate.Read(e)
	switch {
	case !teaches:
		return nil
	case l.Bag != nil:
		return learn(ctx, s.paces, &Pace{ID: string(l.Pharmacy)}, func(p *Pace) { p.Learn(*l.Bag) })
	case l.Ride != nil:
		return learn(ctx, s.zones, &Learned{ID: string(l.Zone)}, func(z *Learned) { z.LearnRide(*l.Ride) })
	}
	return learn(ctx, s.zones, &Learned{ID: string(l.Zone)}, func(z *Learned) { z.LearnDone(*l.Done) })
}

// learn changes the page of a pharmacy or a zone, and begins one that is not there.
func learn[T any, P docstore.Pointer[T]](ctx context.Context, pages *docstore.Collection[T, P], first *T, take func(*T)) error {
	page := P(first).DocID()
	change := func(t *T) error { take(t); return nil }
	_, err := pages.Update(ctx, page, docstore.On{}, change)
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	take(first)
	if err := pages.Insert(ctx, id.Request{}, first); !fault.Is(err, fault.Conflict) {
		return err
	}
	_, err = pages.Update(ctx, page, docstore.On{}, change)
	return err
}

// Estimate answers how long an order at a pharmacy takes, from the moment that it is paid.
func (s *Service) Estimate(ctx context.Context, ph id.Pharmacy, zone id.Zone, q estimate.Question) (estimate.Span, error) {
	p, err := s.paceOf(ctx, ph)
	if err != nil {
		return estimate.Span{}, err
	}
	z, err := s.zones.Get(ctx, string(zone))
	if zone == "" || fault.Is(err, fault.NotFound) {
		z, err = &Learned{}, nil
	}
	if err != nil {
		return estimate.Span{}, fmt.Errorf("read what was learned of %s: %w", zone, err)
	}
	q.At = s.Clock.Now()
	if q.Courier {
		if q.Riders, err = s.ridersOf(ctx, zone); err != nil {
			return estimate.Span{}, err
		}
	}
	return estimate.Of(&p.Pharmacy, &z.Zone, q), nil
}

// Preparation is the median from an order's placing to the seal at a pharmacy, as it has worked of late.
func (s *Service) Preparation(ctx context.Context, ph id.Pharmacy, q estimate.Question) (time.Duration, error) {
	p, err := s.paceOf(ctx, ph)
	if err != nil {
		return 0, err
	}
	return p.Preparation(q), nil
}

// Packing is the median from the pharmacist's yes to the seal, as it has been of late.
func (s *Service) Packing(ctx context.Context, ph id.Pharmacy, budget time.Duration) (time.Duration, error) {
	p, err := s.paceOf(ctx, ph)
	if err != nil {
		return 0, err
	}
	return p.Packing(budget), nil
}

// paceOf reads what was learned of a pharmacy; nothing yet of a new one.
func (s *Service) paceOf(ctx context.Context, ph id.Pharmacy) (*Pace, error) {
	p, err := s.paces.Get(ctx, string(ph))
	if fault.Is(err, fault.NotFound) {
		return &Pace{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the pace of %s: %w", ph, err)
	}
	return p, nil
}

// ridersFor is how long a count of riders is good for: pharmacies are compared within one request.
const ridersFor = 3 * time.Second

func (s *Service) ridersOf(ctx context.Context, zone id.Zone) (estimate.Riders, error) {
	now := s.Clock.Now()
	s.mu.Lock()
	known, ok := s.riders[zone]
	s.mu.Unlock()
	if ok && now.Sub(known.at) < ridersFor {
		return known.Riders, nil
	}
	r, err := s.Couriers.Riders(ctx, zone)
	if err != nil {
		return r, fmt.Errorf("count the riders of %s: %w", zone, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.riders[zone] = counted{r, now}
	return r, nil
}
