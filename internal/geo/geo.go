// Package geo holds places on the earth: points in degrees, distances in metres, zones as polygons.
package geo

import (
	"math"

	"github.com/paulmach/orb"
	orbgeo "github.com/paulmach/orb/geo"
	"github.com/paulmach/orb/planar"
)

// Point is a place in WGS 84 degrees.
type Point struct {
	Lat float64 `json:"lat" minimum:"-90" maximum:"90" doc:"Latitude in degrees."`
	Lon float64 `json:"lon" minimum:"-180" maximum:"180" doc:"Longitude in degrees."`
}

// Valid tells whether the point is on the earth; NaN is not.
func (p Point) Valid() bool {
	return math.Abs(p.Lat) <= 90 && math.Abs(p.Lon) <= 180 // false for NaN
}

// IsZero tells whether nobody has given a place. Null Island is not served.
func (p Point) IsZero() bool { return p == Point{} }

// Metres is the great-circle distance between two points.
func Metres(a, b Point) float64 { return orbgeo.DistanceHaversine(a.orb(), b.orb()) }

func (p Point) orb() orb.Point { return orb.Point{p.Lon, p.Lat} }

// Polygon is a closed line of points; the last need not repeat the first.
type Polygon []Point

// Contains tells whether p is inside the polygon or on its line.
func (g Polygon) Contains(p Point) bool {
	if len(g) < 3 || !p.Valid() {
		return false
	}
	ring := make(orb.Ring, 0, len(g)+1)
	for _, q := range g {
		ring = append(ring, q.orb())
	}
	if ring[0] != ring[len(ring)-1] {
		ring = append(ring, ring[0])
	}
	return planar.RingContains(ring, p.orb())
}
