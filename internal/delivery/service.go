package delivery

import (
	"context"
	"errors"
	"fmt"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
	"housecall/internal/roads"
)

// Vetting knows whether a courier may act at all: identity, background check and insurance in force.
type Vetting interface {
	Vetted(ctx context.Context, courier id.Account) (bool, error)
}

// Names knows the first name that a patient may call a courier by.
type Names interface {
	FirstName(ctx context.Context, courier id.Account) (phi.Text, error)
}

// Deps is what delivery needs.
type Deps struct {
	Store   docstore.Store
	Clock   clock.Clock
	Guard   *access.Guard
	Vetting Vetting
	Names   Names
	// Secret makes the codes of hand-overs and the tokens of tracking; at least 32 bytes, the same
	// on every node.
	Secret []byte
	// Tickets signs tickets to the sound rooms of orders; nil: there are none here.
	Tickets Tickets
	// Photos knows the photos of failed deliveries; nil: none can be sent here.
	Photos Photos
	// Roads are travel times by road for arrival times that are shown; nil: by distance.
	Roads *roads.Book
}

// Photos tells whether a photo was looked at and sent by who names it.
type Photos interface {
	Handed(ctx context.Context, photo id.Attachment, by id.Account) error
}

// Service is deliveries, shifts, zones and addresses.
type Service struct {
	clock   clock.Clock
	guard   *access.Guard
	vetting Vetting
	names   Names
	secret  []byte
	tickets Tickets
	photos  Photos
	roads   *roads.Book

	zones     *docstore.Collection[Zone, *Zone]
	jobs      *docstore.Collection[Job, *Job]
	shifts    *docstore.Collection[Shift, *Shift]
	tracks    *docstore.Collection[Track, *Track]
	addresses *docstore.Collection[Address, *Address]
	talks     *docstore.Collection[Talk, *Talk]
	booked    *docstore.Collection[Booked, *Booked]
	known     zoneMap
}

// advance is what housecall itself does to deliveries.
const advance access.Action = "delivery.advance"

// New opens the collections of delivery.
func New(ctx context.Context, d Deps) (*Service, error) {
	if d.Store == nil || d.Clock == nil || d.Guard == nil || d.Vetting == nil || d.Names == nil {
		return nil, errors.New("delivery: a dependency is missing")
	}
	if len(d.Secret) < 32 {
		return nil, errors.New("delivery: the secret has fewer than 32 bytes")
	}
	s := &Service{clock: d.Clock, guard: d.Guard, vetting: d.Vetting, names: d.Names, secret: d.Secret, tickets: d.Tickets, photos: d.Photos, roads: d.Roads}
	var err error
	if s.zones, err = docstore.Open(ctx, d.Store, d.Clock, zoneSpec()); err != nil {
		return nil, fmt.Errorf("open zones: %w", err)
	}
	if s.jobs, err = docstore.Open(ctx, d.Store, d.Clock, jobSpec()); err != nil {
		return nil, fmt.Errorf("open jobs: %w", err)
	}
	if s.shifts, err = docstore.Open(ctx, d.Store, d.Clock, shiftSpec()); err != nil {
		return nil, fmt.Errorf("open shifts: %w", err)
	}
	if s.tracks, err = docstore.Open(ctx, d.Store, d.Clock, trackSpec()); err != nil {
		return nil, fmt.Errorf("open tracks: %w", err)
	}
	if s.addresses, err = docstore.Open(ctx, d.Store, d.Clock, addressSpec()); err != nil {
		return nil, fmt.Errorf("open addresses: %w", err)
	}
	if s.talks, err = docstore.Open(ctx, d.Store, d.Clock, talkSpec()); err != nil {
		return nil, fmt.Errorf("open talks: %w", err)
	}
	if s.booked, err = docstore.Open(ctx, d.Store, d.Clock, bookedSpec); err != nil {
		return nil, fmt.Errorf("open delivery slots: %w", err)
	}
	return s, nil
}

func zoneSpec() docstore.Spec[Zone] {
	return docstore.Spec[Zone]{Name: "zones", Indexes: map[string]func(*Zone) (docstore.Key, bool){
		"active": func(z *Zone) (docstore.Key, bool) {
			return docstore.Key{Order: docstore.ByTime(z.CreatedAt)}, !z.Withdrawn
		},
	}}
}

func talkSpec() docstore.Spec[Talk] {
	return docstore.Spec[Talk]{Name: "talks", Indexes: map[string]func(*Talk) (docstore.Key, bool){
		"kept": func(t *Talk) (docstore.Key, bool) {
			if t.ClosedAt == nil || len(t.Said) == 0 {
				return docstore.Key{}, false
			}
			return docstore.Key{Equal: "kept", Order: docstore.ByTime(*t.ClosedAt)}, true
		},
	}}
}

func trackSpec() docstore.Spec[Track] {
	return docstore.Spec[Track]{Name: "tracks", Indexes: map[string]func(*Track) (docstore.Key, bool){
		"over": func(t *Track) (docstore.Key, bool) { return docstore.Key{Order: docstore.ByTime(t.UpdatedAt)}, true },
	}}
}

func jobSpec() docstore.Spec[Job] {
	return docstore.Spec[Job]{Name: "jobs", Indexes: map[string]func(*Job) (docstore.Key, bool){
		"zone_live": func(j *Job) (docstore.Key, bool) {
			return docstore.Key{Equal: string(j.Zone), Order: docstore.ByTime(j.Deadline)}, !j.Ended()
		},
		"state": func(j *Job) (docstore.Key, bool) {
			return docstore.Key{Equal: string(j.State), Order: docstore.ByTime(j.Deadline)}, true
		},
		"order": func(j *Job) (docstore.Key, bool) {
			return docstore.Key{Equal: string(j.Order), Order: docstore.ByNumber(int64(j.Attempt))}, true
		},
		"patient": func(j *Job) (docstore.Key, bool) {
			return docstore.Key{Equal: string(j.Patient), Order: docstore.ByTime(j.CreatedAt)}, true
		},
		"pharmacy_live": func(j *Job) (docstore.Key, bool) {
			return docstore.Key{Equal: string(j.Pharmacy), Order: docstore.ByTime(j.ReadyAt)}, !j.Ended()
		},
		"earned": func(j *Job) (docstore.Key, bool) {
			return docstore.Key{Equal: string(j.Courier), Order: docstore.ByTime(j.EndedAt)}, j.earns()
		},
	}}
}

func shiftSpec() docstore.Spec[Shift] {
	return docstore.Spec[Shift]{Name: "shifts", Indexes: map[string]func(*Shift) (docstore.Key, bool){
		"zone_on": func(h *Shift) (docstore.Key, bool) {
			return docstore.Key{Equal: string(h.Zone), Order: string(h.Courier)}, h.State != Off
		},
		"on": func(h *Shift) (docstore.Key, bool) {
			return docstore.Key{Order: string(h.Courier)}, h.State != Off
		},
	}}
}

// made is the id of what an actor makes: the same for the same request.
func made[T id.Kind](a access.Actor) T {
	if a.Request.Key != "" {
		return id.Of[T](a.Request)
	}
	return id.New[T]()
}

// errNothing leaves a document as it is without a fault.
var errNothing = errors.New("nothing to do")

// change is the way of every change of a job: load, ask the guard on the job's facts, write.
func (s *Service) change(ctx context.Context, a access.Actor, job id.Job, action access.Action, on docstore.On, f func(*Job) error) (*Job, error) {
	j, err := s.jobs.Get(ctx, string(job))
	if err != nil {
		return nil, err
	}
	if err := s.guard.Check(ctx, a, whoever(a, action), j.facts()); err != nil {
		return nil, err
	}
	before := j.facts()
	return s.update(ctx, job, on, func(j *Job) error {
		if j.facts() != before {
			if err := s.guard.Check(ctx, a, whoever(a, action), j.facts()); err != nil {
				return err
			}
		}
		return f(j)
	})
}

// update writes a change of a job; errNothing answers the job as it stands.
func (s *Service) update(ctx context.Context, job id.Job, on docstore.On, f func(*Job) error) (*Job, error) {
	stored, err := s.jobs.Update(ctx, string(job), on, f)
	if errors.Is(err, errNothing) {
		return s.jobs.Get(ctx, string(job))
	}
	return stored, err
}

// whoever is the action that is asked for: housecall itself needs one right for all of it.
func whoever(a access.Actor, action access.Action) access.Action {
	if a.Role == access.System {
		return advance
	}
	return action
}

// TimerFired is told that a timer's time has come. Late or twice, it finds the state moved on and
// does nothing.
func (s *Service) TimerFired(ctx context.Context, a access.Actor, doc string, kind event.Kind) error {
	switch kind {
	case JobOfferExpired:
	case ZoneRainOver:
		return s.rainOver(ctx, a, id.Zone(doc))
	default:
		return nil
	}
	job, err := id.Parse[id.Job](doc)
	if err != nil {
		return fmt.Errorf("read timer: %w", err)
	}
	return s.expire(ctx, a, job)
}

func missing(field string) error {
	return fault.InvalidField("/"+field, "This is needed.")
}
