package city_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"housecall/internal/city"
	"housecall/internal/dispatch"
)

// small is a city of an evening.
func small() city.Config {
	c := city.Default()
	c.Couriers, c.OrdersPerHour, c.Hours, c.Plan = 12, 25, 3, dispatch.NearestFree
	return c
}

func run(t *testing.T, c city.Config) *city.Result {
	t.Helper()
	r, err := city.Run(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheSameSeedIsTheSameDay(t *testing.T) {
	t.Parallel()
	first, second := run(t, small()), run(t, small())
	other := small()
	other.Seed = 2

	if d := cmp.Diff(first.Held, second.Held); d != "" || first.Median != second.Median || first.Km != second.Km {
		t.Errorf("two runs differ: %s, %v and %v minutes", d, first.Median, second.Median)
	}
	if again := run(t, other); again.Median == first.Median {
		t.Error("another seed is the same day")
	}
}

func TestNobodyIsFasterThanTheIdealCourier(t *testing.T) {
	t.Parallel()
	r := run(t, small())

	for _, o := range r.All {
		if o.Delivered && o.Took() < o.Ideal-time.Second {
			t.Errorf("%s took %v, the ideal courier %v", o.ID, o.Took(), o.Ideal)
		}
	}
	if r.OnTime > r.IdealTime || r.Delivered == 0 {
		t.Errorf("in time %.3f of %d, ideal %.3f", r.OnTime, r.Delivered, r.IdealTime)
	}
}

func TestEveryOrderComesToAnEndAndItsTimesAreInOrder(t *testing.T) {
	t.Parallel()
	c := small()
	c.OrdersPerHour = 80 // far too many
	r := run(t, c)

	for _, o := range r.All {
		if o.Ended.IsZero() && len(r.All) > 0 && r.Horizon.Sub(o.Placed) > 3*time.Hour {
			t.Errorf("%s never ended", o.ID)
		}
		if o.Delivered && (o.Accepted.Before(o.Placed) || o.Ready.Before(o.Accepted) || o.Collected.Before(o.Ready) || o.Ended.Before(o.Collected)) {
			t.Errorf("%s: %v, %v, %v, %v, %v", o.ID, o.Placed, o.Accepted, o.Ready, o.Collected, o.Ended)
		}
	}
}

func TestCityWithoutCouriersOrOrders(t *testing.T) {
	t.Parallel()
	nobody, nothing := small(), small()
	nobody.Couriers = 0
	nothing.OrdersPerHour = 0

	if r := run(t, nobody); r.Delivered != 0 || r.OnTime != 0 || r.Orders == 0 {
		t.Errorf("without couriers %d of %d came", r.Delivered, r.Orders)
	}
	if r := run(t, nothing); r.Orders != 0 {
		t.Errorf("%d orders, want none", r.Orders)
	}
}

func TestCitiesThatCantBeAreRefused(t *testing.T) {
	t.Parallel()
	for name, bend := range map[string]func(*city.Config){
		"fewer than no couriers": func(c *city.Config) { c.Couriers = -1 },
		"no pharmacy":            func(c *city.Config) { c.Pharmacies = 0 },
		"less than no orders":    func(c *city.Config) { c.OrdersPerHour = -1 },
		"no time":                func(c *city.Config) { c.Hours = 0 },
		"a day of three hours":   func(c *city.Config) { c.Profile = []float64{1, 1, 1} },
	} {
		c := small()
		bend(&c)
		if _, err := city.Run(c); err == nil {
			t.Errorf("%s was simulated", name)
		}
	}
}
