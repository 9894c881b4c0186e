package dispatcher

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"housecall/internal/access"
	"housecall/internal/bus"
	"housecall/internal/clock"
	"housecall/internal/delivery"
	"housecall/internal/dispatch"
	"housecall/internal/event"
	"housecall/internal/id"
	"housecall/internal/roads"
)

// Lease is the right to run a zone, until it is lost or released.
type Lease interface {
	Lost() <-chan struct{}
	Release()
}

// Leases hands out leases by name; a nil Lease: another node holds it.
type Leases interface {
	Take(ctx context.Context, name string) (Lease, error)
}

// News is the operators' live feed: every node hears it.
type News interface {
	Follow(ctx context.Context) (<-chan bus.FeedItem, error)
}

// Deps is what the dispatcher needs.
type Deps struct {
	Delivery *delivery.Service
	Clock    clock.Clock
	Leases   Leases
	News     News
	Log      *slog.Logger
	// Seen is told how long after its order was placed a job reached the node that runs its zone.
	// It may be nil.
	Seen func(time.Duration)
	// Roads are travel times by road; nil: by distance.
	Roads *roads.Book
}

const (
	// inAnyCase is how often a zone is planned though nothing was heard.
	inAnyCase = dispatch.InAnyCase
	// atMost is the least time between two plans of a zone.
	atMost = dispatch.AtMost
)

// Dispatcher plans the zones of this node. Stop it.
type Dispatcher struct {
	Deps
	actor access.Actor

	cancel  context.CancelFunc
	drawn   chan struct{} // a zone was drawn: look who runs it
	running sync.WaitGroup
	mu      sync.Mutex // guards zones
	zones   map[id.Zone]*zone
}

// New returns a dispatcher that does nothing before Start.
func New(d Deps) *Dispatcher {
	if d.Delivery == nil || d.Clock == nil || d.Leases == nil || d.News == nil || d.Log == nil {
		panic("dispatcher: a dependency is missing")
	}
	if d.Seen == nil {
		d.Seen = func(time.Duration) {}
	}
	d.Log = d.Log.With("component", "dispatcher")
	return &Dispatcher{Deps: d, actor: access.Part("dispatcher", id.Request{}), drawn: make(chan struct{}, 1), zones: map[id.Zone]*zone{}}
}

// Start takes what zones it can and plans them until Stop.
func (d *Dispatcher) Start(ctx context.Context) error {
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	news, err := d.News.Follow(life)
	if err != nil {
		cancel()
		return err
	}
	d.cancel = cancel
	d.look(life) // before the first news, so that no job passes by unseen
	d.running.Go(func() { d.hear(life, news) })
	d.running.Go(func() { d.gather(life) })
	return nil
}

// Stop ends every plan, waits for the one that runs, and gives the leases back.
func (d *Dispatcher) Stop() {
	if d.cancel != nil {
		d.cancel()
	}
	d.running.Wait()
}

// gather looks for zones that nobody runs, every ten seconds and when one is drawn.
func (d *Dispatcher) gather(ctx context.Context) {
	for ctx.Err() == nil {
		wait, letGo := context.WithCancel(ctx)
		select {
		case <-ctx.Done():
		case <-d.drawn:
			d.look(ctx)
		case <-clock.At(wait, d.Clock, d.Clock.Now().Add(inAnyCase)):
			d.look(ctx)
		}
		letGo()
	}
}

func (d *Dispatcher) look(ctx context.Context) {
	if err := d.take(ctx); err != nil && ctx.Err() == nil {
		d.Log.ErrorContext(ctx, "zones not gathered", "error", err)
	}
}

// take tries for the lease of every zone that does not run here.
func (d *Dispatcher) take(ctx context.Context) error {
	zones, err := d.Delivery.Zones(ctx)
	if err != nil {
		return err
	}
	var all error
	for _, z := range zones {
		if d.runs(z.ID) != nil {
			continue
		}
		lease, err := d.Leases.Take(ctx, "dispatch."+string(z.ID))
		if err != nil {
			all = errors.Join(all, err)
			continue
		}
		if lease != nil {
			d.run(ctx, z.ID, lease)
		}
	}
	return all
}

func (d *Dispatcher) run(ctx context.Context, name id.Zone, lease Lease) {
	z := &zone{d: d, name: name, lease: lease, kicked: make(chan struct{}, 1)}
	d.mu.Lock()
	d.zones[name] = z
	d.mu.Unlock()
	z.kick()
	d.running.Go(func() {
		z.loop(ctx)
		d.mu.Lock()
		delete(d.zones, name)
		d.mu.Unlock()
		lease.Release()
	})
}

func (d *Dispatcher) runs(name id.Zone) *zone {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.zones[name]
}

// orderAtRisk is announced by orders: the promise is in danger.
const orderAtRisk event.Kind = "order.at_risk"

// stirs lists what changes a zone's picture, so that it is planned at once.
var stirs = map[event.Kind]bool{
	delivery.JobPlanned: true, delivery.JobDeclined: true, delivery.JobUnanswered: true, delivery.JobRematched: true,
	delivery.JobReadied: true, delivery.JobRedirected: true, delivery.JobAccepted: true, delivery.JobArrived: true,
	delivery.JobCollected: true, delivery.JobDelivered: true, delivery.JobFailed: true, delivery.JobReturned: true, delivery.JobCancelled: true,
	delivery.JobStillOn: true, orderAtRisk: true,
	delivery.ShiftStarted: true, delivery.ShiftFreed: true, delivery.ZoneChanged: true,
}

// hear follows the news until ctx ends; a feed that breaks off is followed anew.
func (d *Dispatcher) hear(ctx context.Context, news <-chan bus.FeedItem) {
	for {
		for item := range news {
			d.heard(item)
		}
		wait, letGo := context.WithCancel(ctx)
		select {
		case <-ctx.Done():
			letGo()
			return
		case <-clock.At(wait, d.Clock, d.Clock.Now().Add(atMost)):
		}
		letGo()
		again, err := d.News.Follow(ctx)
		if err != nil {
			d.Log.ErrorContext(ctx, "news not followed", "error", err)
			continue
		}
		news = again
	}
}

func (d *Dispatcher) heard(item bus.FeedItem) {
	e := item.Event
	switch {
	case item.Reset:
		d.kickAll()
	case e.Kind == delivery.ZoneDrawn:
		select {
		case d.drawn <- struct{}{}:
		default: // it will look anyway
		}
	case stirs[e.Kind]:
		z := d.runs(id.Zone(e.Data["zone"]))
		if z == nil {
			return
		}
		if placed, err := time.Parse(time.RFC3339Nano, e.Data["placed"]); err == nil {
			d.Seen(max(0, d.Clock.Now().Sub(placed)))
		}
		z.kick()
	}
}

func (d *Dispatcher) kickAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, z := range d.zones {
		z.kick()
	}
}
