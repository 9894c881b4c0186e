package dispatcher_test

import (
	"testing"

	"housecall/internal/access"
	"housecall/internal/delivery"
	"housecall/internal/geo"
	"housecall/internal/id"
)

// neighbour is an order of the pharmacy beside the other, for the same street.
func (c *city) neighbour(t *testing.T, order id.Order) id.Job {
	t.Helper()
	must(t, c.Plan(t.Context(), house, delivery.Request{
		Order: order, Attempt: 1, Pharmacy: "phm_b", PharmacyAt: geo.Point{Lat: counter.Lat, Lon: counter.Lon + 0.001},
		Door: geo.Point{Lat: 1.01, Lon: 2.011}, Patient: "pat_mum",
	}))
	return id.JobOf(order, 1)
}

func (c *city) accept(t *testing.T, a access.Actor, job id.Job) {
	t.Helper()
	c.until(t, "the offer", func() bool { return c.job(t, job).State == delivery.Offered })
	_, err := c.Accept(t.Context(), a, job, delivery.Step{Sequence: c.job(t, job).Sequence})
	must(t, err)
}

func TestTheSecondBagOfACounterIsOfferedThoughItsDoorComesLater(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	courier := c.courier(t, 1)
	c.dispatch(t, nil)
	c.accept(t, courier, c.order(t, 1))
	second := id.JobOf("ord_beyond", 1)

	must(t, c.Plan(t.Context(), house, delivery.Request{
		Order: "ord_beyond", Attempt: 1, Pharmacy: "phm_a", PharmacyAt: counter, Door: geo.Point{Lat: 1.012, Lon: 2.012}, Patient: "pat_mum",
	}))

	c.accept(t, courier, second)
}

func TestTheOnlyCourierIsAskedForTheCounterBesideToo(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	courier := c.courier(t, 1)
	c.dispatch(t, nil)
	first := c.order(t, 1)
	c.accept(t, courier, first)

	second := c.neighbour(t, "ord_beside")
	c.accept(t, courier, second)

	for _, job := range []id.Job{first, second} {
		if got := c.job(t, job); got.State != delivery.Accepted || got.Courier != courier.Account {
			t.Errorf("%s is %s of %q, want accepted by %s", job, got.State, got.Courier, courier.Account)
		}
	}
}

func TestWhereRidesKeepToOneCounterTheSecondWaits(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	z, err := c.Zone(t.Context(), c.zone)
	must(t, err)
	one := lantern()
	one.OneCounter = true
	_, err = c.ChangeZone(t.Context(), operator, c.zone, z.Version, one)
	must(t, err)
	courier := c.courier(t, 1)
	c.dispatch(t, nil)
	c.accept(t, courier, c.order(t, 1))

	planned := c.seen.Load()
	second := c.neighbour(t, "ord_beside")
	c.until(t, "a plan that knows of it", func() bool { return c.seen.Load() > planned })

	if got := c.job(t, second); got.State != delivery.Planned || got.Offers != 0 {
		t.Errorf("the second job is %s after %d offers, want it planned", got.State, got.Offers)
	}
}
