package dispatcher_test

import (
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/delivery"
	"housecall/internal/geo"
	"housecall/internal/id"
)

// twoAtACounter has a courier stand at the counter for two bags, of which the first is packed.
func (c *city) twoAtACounter(t *testing.T) (courier access.Actor, packed, waited id.Job) {
	t.Helper()
	courier = c.courier(t, 1)
	c.dispatch(t, nil)
	packed, waited = c.order(t, 1), id.JobOf("ord_beyond", 1)
	c.accept(t, courier, packed)
	must(t, c.Plan(t.Context(), house, delivery.Request{
		Order: "ord_beyond", Attempt: 1, Pharmacy: "phm_a", PharmacyAt: counter, Door: geo.Point{Lat: 1.012, Lon: 2.012}, Patient: "pat_mum",
	}))
	c.accept(t, courier, waited)
	_, err := c.Arrive(t.Context(), courier, packed, delivery.Step{Sequence: c.job(t, packed).Sequence})
	must(t, err)
	must(t, c.Ready(t.Context(), house, packed, "A100001", c.clock.Now()))
	return courier, packed, waited
}

// elsewhere is an order far from the counter, so that the zone is planned.
func (c *city) elsewhere(t *testing.T) {
	t.Helper()
	must(t, c.Plan(t.Context(), house, delivery.Request{
		Order: "ord_elsewhere", Attempt: 1, Pharmacy: "phm_c", PharmacyAt: geo.Point{Lat: 1.05, Lon: 2.05}, Door: geo.Point{Lat: 1.06, Lon: 2.06}, Patient: "pat_mum",
	}))
}

func TestABagThatIsNotReadyIsLeftBehindBeforeAnotherIsLate(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	courier, packed, waited := c.twoAtACounter(t)

	must(t, c.Ready(t.Context(), house, waited, "", c.clock.Now().Add(26*time.Minute)))
	c.until(t, "the bag left behind", func() bool { return c.job(t, waited).Courier == "" })

	left := c.job(t, waited)
	if n := len(left.Left); left.State != delivery.Planned || n == 0 || left.Left[n-1].Why != "not_ready" || left.Left[n-1].Courier != courier.Account {
		t.Errorf("left behind: %s, %+v; want it planned again, and the reason", left.State, left.Left)
	}
	if got := c.job(t, packed); got.State != delivery.AtPharmacy || got.Courier != courier.Account {
		t.Errorf("the packed bag is %s of %q, want it still %s's", got.State, got.Courier, courier.Account)
	}
	planned := c.seen.Load()
	c.elsewhere(t)
	c.until(t, "a plan that knows of one more", func() bool { return c.seen.Load() > planned })
	if got := c.job(t, waited); got.State != delivery.Planned {
		t.Errorf("the bag is %s of %q, want nobody asked for it who would be told to leave it", got.State, got.Courier)
	}
	c.courier(t, 2)
	c.courier(t, 3) // for the order elsewhere
	c.clock.Advance(12 * time.Minute)
	must(t, c.Ready(t.Context(), house, waited, "A100002", c.clock.Now()))
	c.until(t, "the offer", func() bool { return c.job(t, waited).State == delivery.Offered })
	if got := c.job(t, waited); got.Courier == courier.Account {
		t.Errorf("once packed it is offered to %q, want one of those who are free", got.Courier)
	}
}

func TestABagThatIsReadySoonIsWaitedFor(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	courier, _, waited := c.twoAtACounter(t)

	must(t, c.Ready(t.Context(), house, waited, "", c.clock.Now().Add(time.Minute)))
	planned := c.seen.Load()
	c.elsewhere(t)
	c.until(t, "a plan that knows of one more", func() bool { return c.seen.Load() > planned })

	if got := c.job(t, waited); got.Courier != courier.Account || got.State != delivery.Accepted {
		t.Errorf("the bag is %s of %q, want it waited for by %s", got.State, got.Courier, courier.Account)
	}
}
