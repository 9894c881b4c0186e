package sim

import (
	"math"

	"housecall/internal/geo"
	"housecall/internal/web"
)

// The town's streets are a lattice that is a little out of true, as streets are: one every 200 metres,
// every third of them a main street, reaching beyond the zone. Here and there a street is missing, and
// some blocks are built closer than others. Nothing is drawn by lot: the town looks the same every time.
const (
	streetEvery = 200
	streetsOut  = 22 // each way from the middle
	mainEvery   = 3
)

// bent is where a crossing of the lattice really lies.
func bent(i, j int) geo.Point {
	x, y := float64(i*streetEvery), float64(j*streetEvery)
	east := x + 0.11*y + 45*math.Sin(y/620) + 18*math.Sin(x/410)
	north := y - 0.09*x + 40*math.Sin(x/740) + 16*math.Sin(y/380)
	return inTown(east, north)
}

// lot is a number from 0 to 99 that a crossing always has.
func lot(i, j, salt int) int {
	h := uint32(i*7919) ^ uint32(j*104729) ^ uint32(salt*15485863) //nolint:gosec // overflow is what mixes
	h = (h ^ h>>15) * 2246822519
	h = (h ^ h>>13) * 3266489917
	return int((h ^ h>>16) % 100)
}

// park is a green by the crossings at its corners.
type park struct{ west, south, east, north int }

var parks = []park{{-7, 3, -4, 6}, {6, -7, 8, -4}, {-12, -9, -10, -7}}

func (p park) ring() []geo.Point {
	var ring []geo.Point
	for i := p.west; i < p.east; i++ {
		ring = append(ring, bent(i, p.south))
	}
	for j := p.south; j < p.north; j++ {
		ring = append(ring, bent(p.east, j))
	}
	for i := p.east; i > p.west; i-- {
		ring = append(ring, bent(i, p.north))
	}
	for j := p.north; j > p.south; j-- {
		ring = append(ring, bent(p.west, j))
	}
	return ring
}

// crosses tells whether the piece of street between two neighbouring crossings lies within the park.
func (p park) crosses(i, j, toI, toJ int) bool {
	x, y := float64(i+toI)/2, float64(j+toJ)/2
	return x > float64(p.west) && x < float64(p.east) && y > float64(p.south) && y < float64(p.north)
}

// lampfordGround is the town as maps show it.
func lampfordGround() web.Ground {
	g := web.Ground{
		Water: [][]geo.Point{{inTown(-5200, -1500), inTown(-3400, -900), inTown(-1900, -350), inTown(-900, -480), inTown(100, -250), inTown(1000, -420), inTown(1900, 150), inTown(3400, 420), inTown(5200, 900)}},
		Labels: []web.Label{
			{At: inTown(0, 260), EN: "Market Place", ZH: "集市广场"},
			{At: inTown(1850, -1300), EN: "Harbour", ZH: "港口"},
			{At: inTown(-1010, 1000), EN: "Larkhill Park", ZH: "云雀山公园"},
			{At: inTown(-1700, -700), EN: "Old Mill", ZH: "老磨坊"},
			{At: inTown(1950, 1500), EN: "Bellfield", ZH: "钟田"},
			{At: inTown(900, -520), EN: "Lamp Ford", ZH: "灯渡河"},
		},
	}
	for _, p := range parks {
		g.Green = append(g.Green, p.ring())
	}
	for i := -streetsOut; i <= streetsOut; i++ {
		street(&g, i, func(n int) (int, int) { return i, n })
		street(&g, i, func(n int) (int, int) { return n, i })
		for j := -streetsOut; i < streetsOut && j < streetsOut; j++ {
			if lot(i, j, 3) < 24 && !inPark(i, j, i+1, j+1) {
				g.Blocks = append(g.Blocks, []geo.Point{bent(i, j), bent(i+1, j), bent(i+1, j+1), bent(i, j+1)})
			}
		}
	}
	return g
}

// street lays one street of the lattice through its crossings, in pieces where it is missing.
func street(g *web.Ground, n int, at func(int) (int, int)) {
	wide := n%mainEvery == 0
	var piece []geo.Point
	end := func() {
		if len(piece) > 1 && wide {
			g.Main = append(g.Main, piece)
		} else if len(piece) > 1 {
			g.Streets = append(g.Streets, piece)
		}
		piece = nil
	}
	for k := -streetsOut; k <= streetsOut; k++ {
		i, j := at(k)
		piece = append(piece, bent(i, j))
		toI, toJ := at(k + 1)
		if inPark(i, j, toI, toJ) || (!wide && lot(i, j, n) < 16) {
			end()
		}
	}
	end()
}

func inPark(i, j, toI, toJ int) bool {
	for _, p := range parks {
		if p.crosses(i, j, toI, toJ) {
			return true
		}
	}
	return false
}
