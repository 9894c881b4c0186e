package journey

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"housecall/internal/access"
	"housecall/internal/billing"
	"housecall/internal/bus"
	"housecall/internal/consult"
	"housecall/internal/delivery"
	"housecall/internal/estimate"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/intake"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
	"housecall/internal/prescribing"
	"housecall/internal/support"
)

// Deps are the capabilities that the journeys connect.
type Deps struct {
	Intake      *intake.Service
	Consult     *consult.Service
	Prescribing *prescribing.Service
	Pharmacy    *pharmacy.Service
	Order       *order.Service
	Delivery    *delivery.Service
	Billing     *billing.Service
	Support     *support.Service
	Paces       Paces
	Limits      Limits
	Log         *slog.Logger
}

// Paces knows how long a pharmacy takes, from what it has needed before.
type Paces interface {
	Preparation(ctx context.Context, ph id.Pharmacy, q estimate.Question) (time.Duration, error)
	Packing(ctx context.Context, ph id.Pharmacy, budget time.Duration) (time.Duration, error)
}

// Limits knows what the law lets one person have over days. Within is a Conflict coded "rule-forbids" for an order
// that, with all its patient had and has ordered, is too much; the order has claimed its part.
type Limits interface {
	Within(ctx context.Context, a access.Actor, o *order.Order) error
}

// Journeys connects the capabilities.
type Journeys struct{ Deps }

// New returns the journeys; Subscribe sets them going.
func New(d Deps) *Journeys { return &Journeys{d} }

// step is one line of a journey: on this event, this call.
type step struct {
	on event.Kind
	do func(ctx context.Context, a access.Actor, e event.Event) error
}

// tables lists the journeys by name; the name keeps the place in the stream.
func (j *Journeys) tables() map[string][]step {
	return map[string][]step{
		"visit":    j.visit(),
		"placing":  j.placing(),
		"filling":  j.filling(),
		"riding":   j.riding(),
		"ending":   j.ending(),
		"question": j.question(),
		"cases":    j.cases(),
		"staff":    j.staff(),
	}
}

// Subscriber is who brings events.
type Subscriber interface {
	Subscribe(c bus.Consumer) error
}

// Subscribe starts a consumer for each journey.
func (j *Journeys) Subscribe(s Subscriber) error {
	for name, steps := range j.tables() {
		if err := s.Subscribe(consumer("journey_"+name, steps)); err != nil {
			return fmt.Errorf("start journey %s: %w", name, err)
		}
	}
	return nil
}

// Steps lists every event that a journey follows, for the drawing and for tests.
func (j *Journeys) Steps() map[string][]event.Kind {
	out := map[string][]event.Kind{}
	for name, steps := range j.tables() {
		for _, s := range steps {
			out[name] = append(out[name], s.on)
		}
	}
	return out
}

func consumer(name string, steps []step) bus.Consumer {
	c := bus.Consumer{Name: name, AtOnce: atOnce}
	calls := map[event.Kind]func(context.Context, access.Actor, event.Event) error{}
	for _, s := range steps {
		if calls[s.on] != nil {
			panic("journey: two steps for " + string(s.on) + " in " + name)
		}
		calls[s.on] = s.do
		c.Kinds = append(c.Kinds, s.on)
	}
	c.Handle = func(ctx context.Context, e event.Event) error {
		err := calls[e.Kind](ctx, access.Part("journey", id.CausedBy(e.ID, name)).On(e.Kind), e)
		if err == nil {
			return nil
		}
		err = fmt.Errorf("%s of %s: %w", e.Kind, e.Doc, err)
		if fault.Is(err, fault.Conflict) { // word of the door may overtake word of the counter
			return bus.Early(err)
		}
		return err
	}
	return c
}

// atOnce is how many documents of one journey are led at once. A step is a few writes, one after the other, each
// of which waits for the disk together with others': with eight, orders that came together stood in line for
// seconds behind the holding of stock for others.
const atOnce = 32

// What an event's data says, in types.
func orderOf(e event.Event) id.Order { return id.Order(e.Data["order"]) }
func jobOf(e event.Event) id.Job     { return id.Job(e.Doc) }

// fillOf is the fill that an event of an order or a job is about.
func fillOf(e event.Event) id.Fill { return id.FillOf(orderOf(e), attemptOf(e)) }

func attemptOf(e event.Event) int {
	n, _ := strconv.Atoi(e.Data["attempt"])
	return n
}

// apart is for the second step that one event makes on one document: the same request changes a
// document once, so that the second would be taken for the first told again.
func apart(a access.Actor, e event.Event, act string) access.Actor {
	a.Request = id.CausedBy(e.ID, act)
	return a
}

// overtaken makes nil of the refusals that say life has gone on: the thing is done, ended, or was
// never begun. It is for undoing; a step forward that is refused must be told again.
func overtaken(err error) error {
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
