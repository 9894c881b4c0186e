package delivery_test

import (
	"math"
	"testing"
	"time"

	"housecall/internal/delivery"
	"housecall/internal/dispatch"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/money"
)

func TestOutsideEveryZoneIsSaidUpFront(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()

	in, err := w.Coverage(ctx, doorAt)
	must(t, err)
	out, err := w.Coverage(ctx, outside)
	must(t, err)
	_, off := w.Coverage(ctx, geo.Point{Lat: math.NaN()})
	_, none := w.ZoneAt(ctx, outside)

	if !in.Covered || in.Zone.Promise.Duration() != 30*time.Minute || out.Covered || out.Otherwise == "" {
		t.Errorf("inside %+v, outside %+v", in, out)
	}
	refused(t, off, fault.Invalid, "")
	refused(t, none, fault.NotFound, "outside-zones")
}

func TestZoneIsChangedByOneOperatorAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	z, err := w.Zone(ctx, w.zone)
	must(t, err)
	c := content()
	c.DeliveryFee = money.Of(900, "CNY")

	_, err = w.ChangeZone(ctx, w.as(operator), w.zone, z.Version, c)
	must(t, err)
	_, err = w.ChangeZone(ctx, w.as(operator), w.zone, z.Version, c)
	refused(t, err, fault.Stale, "")
	_, err = w.ChangeZone(ctx, w.as(support), w.zone, 0, c)
	refused(t, err, fault.NotFound, "")

	z, err = w.ZoneAt(ctx, doorAt) // at once, not after the memory's time
	must(t, err)
	if z.DeliveryFee.Minor != 900 {
		t.Errorf("fee = %s, want CNY 9.00", z.DeliveryFee)
	}
}

func TestWithdrawnZoneCoversNothingHereAtOnceAndElsewhereInSeconds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	elsewhere := w.another(t)
	_, err := elsewhere.ZoneAt(ctx, doorAt)
	must(t, err)
	z, err := w.Zone(ctx, w.zone)
	must(t, err)

	must(t, w.WithdrawZone(ctx, w.as(operator), w.zone, z.Version))

	_, err = w.ZoneAt(ctx, doorAt)
	refused(t, err, fault.NotFound, "outside-zones")
	w.clock.Advance(5 * time.Second)
	_, err = elsewhere.ZoneAt(ctx, doorAt)
	refused(t, err, fault.NotFound, "outside-zones")
	if _, err := w.Zone(ctx, w.zone); err != nil {
		t.Errorf("jobs under way lost their zone: %v", err)
	}
}

func TestZoneDrawnAtAnotherNodeIsThereForWhoStandsInIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	elsewhere := w.another(t)
	_, err := elsewhere.ZoneAt(ctx, outside)
	refused(t, err, fault.NotFound, "outside-zones")
	c := content()
	c.Polygon = geo.Polygon{
		{Lat: outside.Lat - .1, Lon: outside.Lon - .1},
		{Lat: outside.Lat - .1, Lon: outside.Lon + .1},
		{Lat: outside.Lat + .1, Lon: outside.Lon + .1},
		{Lat: outside.Lat + .1, Lon: outside.Lon - .1},
	}
	z, err := w.DrawZone(ctx, w.as(operator), c)
	must(t, err)
	w.clock.Advance(250 * time.Millisecond) // a request later

	seen, err := elsewhere.ZoneAt(ctx, outside)

	must(t, err)
	if seen.ID != z.ID {
		t.Errorf("zone = %s, want %s", seen.ID, z.ID)
	}
}

func TestZoneThatCantWorkIsRefusedFieldByField(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tests := []struct {
		name    string
		spoil   func(*delivery.ZoneContent)
		pointer string
	}{
		{"no name", func(c *delivery.ZoneContent) { c.Name = " " }, "/name"},
		{"two points", func(c *delivery.ZoneContent) { c.Polygon = c.Polygon[:2] }, "/polygon"},
		{"a point off the earth", func(c *delivery.ZoneContent) { c.Polygon[1].Lat = 95 }, "/polygon/1"},
		{"no such time zone", func(c *delivery.ZoneContent) { c.TimeZone = "Moon/Tycho" }, "/time_zone"},
		{"the server's own time zone", func(c *delivery.ZoneContent) { c.TimeZone = "Local" }, "/time_zone"},
		{"no emergency number", func(c *delivery.ZoneContent) { c.Emergency = "" }, "/emergency_number"},
		{"a fee below zero", func(c *delivery.ZoneContent) { c.DeliveryFee.Minor = -1 }, "/delivery_fee"},
		{"a pay in another currency", func(c *delivery.ZoneContent) { c.CourierPay.Currency = "EUR" }, "/courier_pay"},
		{"a promise of a minute", func(c *delivery.ZoneContent) { c.Promise = 1 }, "/promise_minutes"},
		{"budgets beyond the promise", func(c *delivery.ZoneContent) { c.Budgets.Ride = 90 }, "/budgets"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := content()
			tt.spoil(&c)

			_, err := w.DrawZone(t.Context(), w.as(operator), c)

			f, ok := err.(*fault.Error) //nolint:errorlint // the fault itself must come back
			if !ok || f.Kind != fault.Invalid || f.Fields[0].Pointer != tt.pointer {
				t.Errorf("error = %v, want invalid at %s", err, tt.pointer)
			}
		})
	}
}

func TestOperatorSaysThatItRainsAndCouriersAreExpectedLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dry := w.zoneNow(t).Travel().Time(dispatch.Scooter, geo.Point{Lat: 1, Lon: 2}, geo.Point{Lat: 1.01, Lon: 2})

	_, denied := w.Weather(t.Context(), ann, w.zone, true, 0)
	_, err := w.Weather(t.Context(), w.as(operator), w.zone, true, 0)
	must(t, err)

	wet := w.zoneNow(t).Travel().Time(dispatch.Scooter, geo.Point{Lat: 1, Lon: 2}, geo.Point{Lat: 1.01, Lon: 2})
	if !fault.Is(denied, fault.NotFound) {
		t.Errorf("a courier who says that it rains is answered %v, want not found", denied)
	}
	if got := dry.Seconds() / wet.Seconds(); got < 0.74 || got > 0.76 {
		t.Errorf("in rain the speed is %.2f of a dry day's, want 0.75", got)
	}
	_, err = w.ChangeZone(t.Context(), w.as(operator), w.zone, w.zoneNow(t).Version, content())
	must(t, err)
	if !w.zoneNow(t).Rain {
		t.Error("an edit of the zone stopped the rain")
	}
	_, err = w.Weather(t.Context(), w.as(operator), w.zone, false, 0)
	must(t, err)
	if again := w.zoneNow(t).Travel().Time(dispatch.Scooter, geo.Point{Lat: 1, Lon: 2}, geo.Point{Lat: 1.01, Lon: 2}); again != dry {
		t.Errorf("after the rain a way takes %v, want %v as before", again, dry)
	}
}

func (w *world) zoneNow(t *testing.T) *delivery.Zone {
	t.Helper()
	z, err := w.Zone(t.Context(), w.zone)
	must(t, err)
	return z
}

func TestRainEndsByItselfAndSaysWhoSaidSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, long := w.Weather(t.Context(), w.as(operator), w.zone, true, 25*time.Hour)
	z, err := w.Weather(t.Context(), w.as(operator), w.zone, true, time.Hour)
	must(t, err)
	if !fault.Is(long, fault.Invalid) || z.Raining == nil || z.Raining.By != operator.Account || !z.Raining.Until.Equal(w.clock.Now().Add(time.Hour)) {
		t.Fatalf("for more than a day = %v; said by %+v", long, z.Raining)
	}

	must(t, w.TimerFired(t.Context(), house, string(w.zone), delivery.ZoneRainOver)) // too early
	early := w.zoneNow(t).Rain
	w.clock.Advance(30 * time.Minute)
	_, err = w.Weather(t.Context(), w.as(operator), w.zone, true, time.Hour) // said again
	must(t, err)
	w.clock.Advance(31 * time.Minute)
	must(t, w.TimerFired(t.Context(), house, string(w.zone), delivery.ZoneRainOver)) // of the first time
	still := w.zoneNow(t).Rain
	w.clock.Advance(30 * time.Minute)
	must(t, w.TimerFired(t.Context(), house, string(w.zone), delivery.ZoneRainOver))
	must(t, w.TimerFired(t.Context(), house, string(w.zone), delivery.ZoneRainOver))

	if z := w.zoneNow(t); !early || !still || z.Rain || z.Raining != nil || len(z.Timers) != 0 {
		t.Errorf("at once %v, after the first hour %v, at last %v by %+v", early, still, z.Rain, z.Raining)
	}
}
