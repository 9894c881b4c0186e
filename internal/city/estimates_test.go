package city_test

import (
	"testing"

	"housecall/internal/city"
	"housecall/internal/dispatch"
)

// quiet is a city that the plain rule can serve, so that weeks of it are lived through within seconds.
func quiet(seed uint64) city.Config {
	c := city.Default()
	c.Couriers, c.OrdersPerHour, c.Seed, c.Plan = 40, 30, seed, dispatch.NearestFree
	return c
}

func TestNineOfTenOrdersComeWithinTheBoundThatWasToldAtEveryTimeOfDay(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{1001, 1002} {
		k, err := city.Calibrate(quiet(seed))
		if err != nil {
			t.Fatal(err)
		}

		for i, s := range k.Thirds {
			if p := s.Percent(); p < 88 || p > 92 {
				t.Errorf("seed %d: in third %d of the day the bound held for %.1f %% of %d orders, want 88 to 92", seed, i+1, p, s.Of)
			}
		}
		if p := k.Evening.Percent(); p < 85 || p > 95 {
			t.Errorf("seed %d: the evening after the pharmacies turned slower it held for %.1f %%, want 85 to 95", seed, p)
		}
		if k.Before.Of == 0 || k.Day.Of == 0 {
			t.Errorf("seed %d: nobody ordered: %+v", seed, k)
		}
	}
}
