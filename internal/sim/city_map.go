package sim

import (
	"housecall/internal/geo"
	"housecall/internal/web"
)

// lampfordGround is the town as maps show it: a street every 100 metres, every fifth of them a main street,
// a river, two greens.
func lampfordGround() web.Ground {
	const edge, step = 2200, 100
	g := web.Ground{
		Water: [][]geo.Point{{inTown(-3000, -900), inTown(-1900, -350), inTown(-900, -480), inTown(100, -250), inTown(1000, -420), inTown(1900, 150), inTown(3000, 420)}},
		Green: [][]geo.Point{
			{inTown(-1500, 700), inTown(-800, 700), inTown(-800, 1300), inTown(-1500, 1300)},
			{inTown(1200, -1400), inTown(1700, -1400), inTown(1700, -900), inTown(1200, -900)},
		},
		Labels: []web.Label{
			{At: inTown(0, 260), EN: "Market Place", ZH: "集市广场"},
			{At: inTown(1850, -1300), EN: "Harbour", ZH: "港口"},
			{At: inTown(-1150, 1000), EN: "Larkhill Park", ZH: "云雀山公园"},
			{At: inTown(-1700, -700), EN: "Old Mill", ZH: "老磨坊"},
			{At: inTown(1950, 1500), EN: "Bellfield", ZH: "钟田"},
			{At: inTown(900, -520), EN: "Lamp Ford", ZH: "灯渡河"},
		},
	}
	for at := -edge; at <= edge; at += step {
		x, from, to := float64(at), float64(-edge), float64(edge)
		pair := [][]geo.Point{{inTown(x, from), inTown(x, to)}, {inTown(from, x), inTown(to, x)}}
		if at%(5*step) == 0 {
			g.Main = append(g.Main, pair...)
		} else {
			g.Streets = append(g.Streets, pair...)
		}
	}
	return g
}
