package web

import (
	"encoding/json"

	"housecall/internal/geo"
)

// Ground is what maps are drawn on: the streets of a town, a tile server, or nothing, which is land alone.
type Ground struct {
	// Tiles is the address of a tile server, with {z}, {x} and {y}; its origin is let through by the policy.
	Tiles       string
	Attribution string // of the tiles, as their owner wants it
	Streets     [][]geo.Point
	Main        [][]geo.Point
	Water       [][]geo.Point // lines, drawn wide
	Green       [][]geo.Point // rings
	Blocks      [][]geo.Point // rings of what is built close
	Labels      []Label       // at most six are shown
}

// Label is the name of a part of town.
type Label struct {
	At     geo.Point
	EN, ZH string
}

// JSON is the ground as the app reads it, longitude first as maps have it.
func (g Ground) JSON() []byte {
	type label struct {
		At [2]float64 `json:"at"`
		EN string     `json:"en"`
		ZH string     `json:"zh"`
	}
	out := struct {
		Tiles       string         `json:"tiles,omitempty"`
		Attribution string         `json:"attribution,omitempty"`
		Streets     [][][2]float64 `json:"streets,omitempty"`
		Main        [][][2]float64 `json:"main,omitempty"`
		Water       [][][2]float64 `json:"water,omitempty"`
		Green       [][][2]float64 `json:"green,omitempty"`
		Blocks      [][][2]float64 `json:"blocks,omitempty"`
		Labels      []label        `json:"labels,omitempty"`
	}{g.Tiles, g.Attribution, pairs(g.Streets), pairs(g.Main), pairs(g.Water), pairs(g.Green), pairs(g.Blocks), nil}
	for _, l := range g.Labels {
		out.Labels = append(out.Labels, label{[2]float64{l.At.Lon, l.At.Lat}, l.EN, l.ZH})
	}
	raw, err := json.Marshal(out)
	if err != nil {
		panic("web: ground: " + err.Error())
	}
	return raw
}

func pairs(lines [][]geo.Point) [][][2]float64 {
	out := make([][][2]float64, 0, len(lines))
	for _, line := range lines {
		var turned [][2]float64
		for _, p := range line {
			turned = append(turned, [2]float64{p.Lon, p.Lat})
		}
		out = append(out, turned)
	}
	return out
}
