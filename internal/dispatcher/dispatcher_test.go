package dispatcher_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/apptest/engine"
	"housecall/internal/apptest/scratch"
	"housecall/internal/bus"
	"housecall/internal/bus/bustest"
	"housecall/internal/clock"
	"housecall/internal/delivery"
	"housecall/internal/dispatch"
	"housecall/internal/dispatcher"
	"housecall/internal/docstore"
	"housecall/internal/docstore/mongo"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/event"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/phi"
	"housecall/internal/roads"
	"housecall/policies"
)

var (
	operator = access.Actor{Account: "acc_op", Role: access.Operator}
	house    = access.Actor{Account: "journey", Role: access.System}
	counter  = geo.Point{Lat: 1, Lon: 2}
)

// city is a zone over a real store and bus.
type city struct {
	*delivery.Service
	clock *clock.Fake
	wrong clock.Clock // what delivery and dispatcher go by in place of it; nil: by it
	bus   *bus.Bus
	zone  id.Zone
	seen  atomic.Int32
	nodes atomic.Int32
}

// everybody is vetted, known and granted nothing.
type everybody struct{}

func (everybody) Vetted(context.Context, id.Account) (bool, error)        { return true, nil }
func (everybody) FirstName(context.Context, id.Account) (phi.Text, error) { return "Ann", nil }
func (everybody) Scopes(context.Context, id.Patient, id.Account) ([]access.Scope, error) {
	return nil, nil
}

func (everybody) Seen(context.Context, access.Actor, access.Action, access.Facts) error { return nil }
func (everybody) Denied(context.Context, access.Actor, access.Action, access.Facts)     {}

func newCity(t *testing.T) *city {
	t.Helper()
	return newCityOn(t, openSQLite(t))
}

func openSQLite(t *testing.T) docstore.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), scratch.Folder(t)+"/housecall.db")
	must(t, err)
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func newCityOn(t *testing.T, store docstore.Store) *city {
	t.Helper()
	c := &city{clock: clock.NewFake(time.Date(2026, 11, 22, 21, 0, 0, 0, time.UTC))}
	c.Service = c.node(t, store)
	c.bus = bustest.Start(t, store, c.clock)
	must(t, c.bus.Subscribe(bus.Consumer{
		Name: "timers", Kinds: []event.Kind{delivery.JobOfferExpired},
		Handle: func(ctx context.Context, e event.Event) error { return c.TimerFired(ctx, house, e.Doc, e.Kind) },
	}))
	z, err := c.DrawZone(t.Context(), operator, lantern())
	must(t, err)
	c.zone = z.ID
	return c
}

func (c *city) time() clock.Clock {
	if c.wrong != nil {
		return c.wrong
	}
	return c.clock
}

// node is delivery as one node runs it, over a connection of its own.
func (c *city) node(t *testing.T, store docstore.Store) *delivery.Service {
	t.Helper()
	rules, err := access.NewRules(policies.Model, policies.Rules)
	must(t, err)
	s, err := delivery.New(t.Context(), delivery.Deps{
		Store: store, Clock: c.time(),
		Guard: access.NewGuard(rules, everybody{}, everybody{}), Vetting: everybody{}, Names: everybody{}, Secret: make([]byte, 32),
	})
	must(t, err)
	return s
}

func lantern() delivery.ZoneContent {
	return delivery.ZoneContent{
		Name: "Lantern Quarter", Polygon: geo.Polygon{{Lat: 0.9, Lon: 1.9}, {Lat: 0.9, Lon: 2.1}, {Lat: 1.1, Lon: 2.1}, {Lat: 1.1, Lon: 1.9}},
		Jurisdiction: "house", Country: "CN", TimeZone: "Asia/Shanghai", Emergency: "120", DeliveryFee: money.Of(800, "CNY"),
		CourierPay: money.Of(600, "CNY"), Promise: 30, Budgets: delivery.Budgets{Review: 4, Pack: 6, Ride: 20},
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// open holds every lease for everybody: each node believes that the zone is its own.
type open struct{}

func (open) Take(context.Context, string) (dispatcher.Lease, error) { return mine{}, nil }

type mine struct{}

func (mine) Lost() <-chan struct{} { return nil }
func (mine) Release()              {}

func (c *city) dispatch(t *testing.T, leases dispatcher.Leases) *dispatcher.Dispatcher {
	t.Helper()
	return c.dispatchOn(t, c.Service, leases)
}

func (c *city) dispatchOn(t *testing.T, node *delivery.Service, leases dispatcher.Leases) *dispatcher.Dispatcher {
	t.Helper()
	return c.dispatchBy(t, node, leases, nil)
}

// dispatchBy plans by these roads; nil: by distance.
func (c *city) dispatchBy(t *testing.T, node *delivery.Service, leases dispatcher.Leases, source roads.Source) *dispatcher.Dispatcher {
	t.Helper()
	overBus, news := dispatcher.OverBus(c.bus, fmt.Sprintf("node-%d", c.nodes.Add(1)))
	if leases == nil {
		leases = overBus
	}
	d := dispatcher.New(dispatcher.Deps{
		Delivery: node, Clock: c.time(), Leases: leases, News: news, Roads: c.book(source),
		Log: slog.New(slog.DiscardHandler), Seen: func(time.Duration) { c.seen.Add(1) },
	})
	must(t, d.Start(t.Context()))
	t.Cleanup(d.Stop)
	return d
}

func (c *city) book(source roads.Source) *roads.Book {
	if source == nil {
		return nil
	}
	return roads.NewBook(source, c.clock)
}

func (c *city) courier(t *testing.T, n int) access.Actor {
	t.Helper()
	a := access.Actor{Account: id.Account(fmt.Sprintf("acc_c%d", n)), Role: access.Courier}
	at := counter
	at.Lat += float64(n) * 0.001
	_, err := c.StartShift(t.Context(), a, dispatch.Scooter, at)
	must(t, err)
	return a
}

func (c *city) order(t *testing.T, n int) id.Job {
	t.Helper()
	return c.orderAt(t, c.Service, n)
}

func (c *city) orderAt(t *testing.T, node *delivery.Service, n int) id.Job {
	t.Helper()
	o := id.Order(fmt.Sprintf("ord_%d", n))
	must(t, node.Plan(t.Context(), house, delivery.Request{
		Order: o, Attempt: 1, Pharmacy: "phm_a", PharmacyAt: counter,
		Door: geo.Point{Lat: 1.01, Lon: 2.01}, Patient: "pat_mum",
	}))
	return id.JobOf(o, 1)
}

// mostPassing is how much of the city's time one wait lets pass, however slow the machine is: more than the ten
// seconds within which every zone is planned, and less than an offer stands or a courier may be silent.
const mostPassing = 12 * time.Second

// until follows the operators' feed until the picture is as wished; each look is caused by an event,
// or by a second of the city's clock.
func (c *city) until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	feed, err := c.bus.Feed(ctx, []string{event.ToOperators}, 0)
	must(t, err)
	for left := mostPassing; !holds(); {
		quiet, over := context.WithTimeout(ctx, 150*time.Millisecond) // a busy machine plans slower than a quiet one
		select {
		case <-feed:
		case <-quiet.Done():
			if left > 0 {
				left -= time.Second
				c.clock.Advance(time.Second)
			}
		}
		over()
		if ctx.Err() != nil {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func (c *city) job(t *testing.T, job id.Job) *delivery.Job {
	t.Helper()
	j, err := c.Job(t.Context(), house, job)
	must(t, err)
	return j
}

func TestLoneOrderIsOfferedToTheNearestCourierAtOnce(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.courier(t, 5)
	near := c.courier(t, 1)
	c.dispatch(t, nil)

	job := c.order(t, 1)

	c.until(t, "the offer", func() bool { return c.job(t, job).State == delivery.Offered })
	if got := c.job(t, job).Courier; got != near.Account {
		t.Errorf("offered to %s, want %s", got, near.Account)
	}
	c.until(t, "the hook", func() bool { return c.seen.Load() == 1 })
}

func TestDeclinedAndUnansweredOffersGoToTheNext(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	var asked []id.Account // in which order is for the plan to say: all are there before the bag is ready
	couriers := []access.Actor{c.courier(t, 1), c.courier(t, 2), c.courier(t, 3)}
	c.dispatch(t, nil)
	job := c.order(t, 1)
	next := func() access.Actor {
		c.until(t, "the next offer", func() bool {
			j := c.job(t, job)
			return j.State == delivery.Offered && !slices.Contains(asked, j.Courier)
		})
		asked = append(asked, c.job(t, job).Courier)
		return couriers[slices.IndexFunc(couriers, func(a access.Actor) bool { return a.Account == asked[len(asked)-1] })]
	}

	_, err := c.Decline(t.Context(), next(), job, delivery.Step{Sequence: c.job(t, job).Sequence}, "break")
	must(t, err)
	next()
	c.clock.Advance(delivery.OfferTime) // says nothing
	_, err = c.Accept(t.Context(), next(), job, delivery.Step{Sequence: c.job(t, job).Sequence})
	must(t, err)

	j := c.job(t, job)
	if j.State != delivery.Accepted || len(j.Left) != 2 {
		t.Fatalf("job = %s after %d others, want accepted after 2", j.State, len(j.Left))
	}
	for i, want := range []delivery.Event{delivery.Decline, delivery.Expire} {
		if got := j.Left[i]; got.Courier != asked[i] || got.Event != want {
			t.Errorf("offer %d: %s by %s, want %s by %s", i+1, got.Event, got.Courier, want, asked[i])
		}
	}
}

func TestWaitingJobGoesToWhoComesOnShift(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.dispatch(t, nil)
	job := c.order(t, 1)
	c.until(t, "the job on the board", func() bool { return c.seen.Load() == 1 })

	late := c.courier(t, 1)

	c.until(t, "the offer", func() bool { return c.job(t, job).Courier == late.Account })
}

func TestTwoNodesThatBothHoldTheZoneCantDouble(t *testing.T) {
	t.Parallel()
	stores := map[string]func(t *testing.T) (first, second docstore.Store){
		"on SQLite, which both nodes share": func(t *testing.T) (docstore.Store, docstore.Store) {
			t.Helper()
			store := openSQLite(t)
			return store, store
		},
		"on MongoDB, each by a connection of its own": func(t *testing.T) (docstore.Store, docstore.Store) {
			t.Helper()
			uri := engine.Mongod(t).Database("zones")
			return openMongo(t, uri), openMongo(t, uri)
		},
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := open(t)
			c := newCityOn(t, first)
			bothHold(t, c, c.node(t, second))
		})
	}
}

func openMongo(t *testing.T, uri string) docstore.Store {
	t.Helper()
	store, err := mongo.Open(t.Context(), uri)
	must(t, err)
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// bothHold has two nodes plan one zone while orders come in through both of them.
func bothHold(t *testing.T, c *city, other *delivery.Service) {
	t.Helper()
	const n = 12
	for i := range n {
		c.courier(t, i)
	}
	c.dispatch(t, open{})
	c.dispatchOn(t, other, open{})
	nodes := []*delivery.Service{c.Service, other}

	var jobs []id.Job
	var all sync.WaitGroup
	for i := range n {
		jobs = append(jobs, id.JobOf(id.Order(fmt.Sprintf("ord_%d", i)), 1))
		all.Go(func() { c.orderAt(t, nodes[i%2], i) })
	}
	all.Wait()

	c.until(t, "every job offered", func() bool {
		has := map[id.Account]id.Job{}
		for _, job := range jobs {
			j := c.job(t, job)
			if j.Courier == "" {
				continue
			}
			if before := has[j.Courier]; before != "" {
				t.Fatalf("%s has %s and %s", j.Courier, before, job)
			}
			has[j.Courier] = job
		}
		return len(has) == n
	})
	for _, job := range jobs {
		if got := c.job(t, job).Offers; got != 1 {
			t.Errorf("%s was offered %d times, want once", job, got)
		}
	}
}

func TestAnotherNodeTakesTheZoneOver(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	courier := c.courier(t, 1)
	c.dispatch(t, nil).Stop()

	job := c.order(t, 1)
	c.dispatch(t, nil)

	c.until(t, "the offer", func() bool { return c.job(t, job).Courier == courier.Account })
}

func TestZoneDrawnWhileWeRunIsPlannedToo(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.dispatch(t, nil)
	z := lantern()
	for i := range z.Polygon {
		z.Polygon[i].Lat += 10
	}
	_, err := c.DrawZone(t.Context(), operator, z)
	must(t, err)
	courier := access.Actor{Account: "acc_far", Role: access.Courier}
	_, err = c.StartShift(t.Context(), courier, dispatch.Walk, geo.Point{Lat: 11, Lon: 2})
	must(t, err)

	must(t, c.Plan(t.Context(), house, delivery.Request{
		Order: "ord_far", Attempt: 1, Pharmacy: "phm_far",
		PharmacyAt: geo.Point{Lat: 11, Lon: 2}, Door: geo.Point{Lat: 11.01, Lon: 2}, Patient: "pat_mum",
	}))

	c.until(t, "the offer", func() bool { return c.job(t, "job_ord_far_1").Courier == courier.Account })
}
