package dispatcher_test

import (
	"sync"
	"testing"
	"time"

	"housecall/internal/clock"
	"housecall/internal/delivery"
)

// machine is one whose clock is off by so much, until somebody sets it.
type machine struct {
	start time.Time

	mu  sync.Mutex // guards off
	off time.Duration
}

func (m *machine) Read() (time.Time, time.Duration) {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	return now.Add(m.off), now.Sub(m.start)
}

func (m *machine) set(off time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.off = off
}

func TestMachineThatIsSetBackTwentyMinutesDoesNotHoldUpOffers(t *testing.T) {
	t.Parallel()
	m := &machine{start: time.Now(), off: 20 * time.Minute}
	store := openSQLite(t)
	c := newCityOn(t, store)
	c.wrong = clock.NewRealOn(m)
	c.Service = c.node(t, store)
	first := c.courier(t, 1)
	c.dispatch(t, open{})
	before := c.order(t, 1)
	c.until(t, "an offer before", func() bool { return c.job(t, before).Courier == first.Account })

	m.set(0)
	second := c.courier(t, 2)
	after := c.order(t, 2)

	c.until(t, "an offer after the clock was set back", func() bool { return c.job(t, after).Courier == second.Account })
}

func TestOfferMadeBeforeTheClockWasSetBackEndsThoughTheNodeWasStartedAnew(t *testing.T) {
	t.Parallel()
	store := openSQLite(t)
	c := newCityOn(t, store)
	first := c.courier(t, 1)
	ahead := &city{clock: clock.NewFake(c.clock.Now().Add(20 * time.Minute))}
	job := c.order(t, 1)
	must(t, ahead.node(t, store).Offer(t.Context(), house, job, first.Account))

	must(t, c.Sweep(t.Context(), house, c.zone)) // as the started dispatcher does

	if j := c.job(t, job); j.State != delivery.Planned || len(j.Left) != 1 {
		t.Fatalf("the job is %s, left by %v; want planned again", j.State, j.Left)
	}
}

func TestOfferThatHasItsTimeIsNotSweptAway(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	first := c.courier(t, 1)
	job := c.order(t, 1)
	must(t, c.Offer(t.Context(), house, job, first.Account))

	must(t, c.Sweep(t.Context(), house, c.zone))

	if j := c.job(t, job); j.State != delivery.Offered || j.Courier != first.Account {
		t.Errorf("the job is %s with %q, want offered still", j.State, j.Courier)
	}
}
