package geo_test

import (
	"math"
	"testing"

	"housecall/internal/geo"
)

func TestDistanceIsThatOfTheGreatCircle(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		a, b geo.Point
		want float64
	}{
		{"to itself", geo.Point{Lat: 31.2, Lon: 121.5}, geo.Point{Lat: 31.2, Lon: 121.5}, 0},
		{"a degree of latitude", geo.Point{}, geo.Point{Lat: 1}, 111_195},
		{"a degree of longitude at 60 degrees", geo.Point{Lat: 60}, geo.Point{Lat: 60, Lon: 1}, 55_597},
		{"across the date line", geo.Point{Lon: 179.5}, geo.Point{Lon: -179.5}, 111_195},
	}
	for _, tt := range tests {
		if got := geo.Metres(tt.a, tt.b); math.Abs(got-tt.want) > tt.want*0.002 {
			t.Errorf("%s = %.0f m, want %.0f m", tt.name, got, tt.want)
		}
	}
}

func TestPointMustBeOnTheEarth(t *testing.T) {
	t.Parallel()
	for _, p := range []geo.Point{{Lat: 90.1}, {Lon: -180.1}, {Lat: math.NaN()}, {Lon: math.NaN()}, {Lat: math.Inf(1)}} {
		if p.Valid() {
			t.Errorf("%v is valid", p)
		}
	}
	if p := (geo.Point{Lat: -90, Lon: 180}); !p.Valid() || p.IsZero() {
		t.Errorf("%v is not valid", p)
	}
}

func TestZoneContainsWhatIsInsideOrOnItsLine(t *testing.T) {
	t.Parallel()
	// An L: the notch is at the upper right.
	zone := geo.Polygon{{Lat: 0, Lon: 0}, {Lat: 0, Lon: 2}, {Lat: 1, Lon: 2}, {Lat: 1, Lon: 1}, {Lat: 2, Lon: 1}, {Lat: 2, Lon: 0}}
	closed := append(append(geo.Polygon{}, zone...), zone[0])
	tests := []struct {
		name string
		p    geo.Point
		want bool
	}{
		{"inside", geo.Point{Lat: 0.5, Lon: 0.5}, true},
		{"in the other arm", geo.Point{Lat: 1.5, Lon: 0.5}, true},
		{"in the notch", geo.Point{Lat: 1.5, Lon: 1.5}, false},
		{"outside", geo.Point{Lat: 3, Lon: 3}, false},
		{"on the line", geo.Point{Lat: 0, Lon: 1}, true},
		{"nowhere", geo.Point{Lat: math.NaN()}, false},
	}
	for _, tt := range tests {
		if open, shut := zone.Contains(tt.p), closed.Contains(tt.p); open != tt.want || shut != tt.want {
			t.Errorf("%s: contains = %v, closed by hand = %v, want %v", tt.name, open, shut, tt.want)
		}
	}
	if (geo.Polygon{{Lat: 0, Lon: 0}, {Lat: 1, Lon: 1}}).Contains(geo.Point{Lat: 0.5, Lon: 0.5}) {
		t.Error("two points are a zone")
	}
}
