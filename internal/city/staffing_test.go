package city_test

import (
	"testing"

	"housecall/internal/city"
)

func TestMoreOrdersAndMoreInTimeTakeMoreCouriers(t *testing.T) {
	t.Parallel()
	last := 0.0
	for _, rate := range []float64{0, 5, 10, 25, 30, 45, 60, 120} {
		n := city.CouriersFor(rate, 0.9)
		if n < last || rate > 0 && n <= 0 {
			t.Errorf("%v orders an hour take %.1f couriers, fewer take %.1f", rate, n, last)
		}
		last = n
	}
	if some, most := city.CouriersFor(40, 0.8), city.CouriersFor(40, 0.94); some >= most {
		t.Errorf("80%% in time takes %.1f couriers, 94%% %.1f", some, most)
	}
	if a, b := city.CouriersFor(60, 0.9), city.CouriersFor(600, 0.9); b < 9.99*a || b > 10.01*a {
		t.Errorf("ten times as many orders take %.1f couriers, not ten times %.1f", b, a)
	}
}
