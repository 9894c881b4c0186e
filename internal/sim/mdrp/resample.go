package mdrp

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Resample makes another day of the same kind: as many orders, each a shop and a time drawn from the
// orders of this day and moved by a few minutes, with a door drawn from the same shop's. Shifts begin
// where other couriers of the day began. What was learned about one day's orders is of no use on it.
func Resample(in *Instance, seed uint64) *Instance {
	r := rand.New(rand.NewPCG(seed, uint64(len(in.Orders))))
	out := *in
	out.Name = fmt.Sprintf("%s~%d", in.Name, seed)
	doors := make([][]int, len(in.Shops))
	for i, o := range in.Orders {
		doors[o.Shop] = append(doors[o.Shop], i)
	}
	last := 0
	for _, o := range in.Orders {
		last = max(last, o.Placed)
	}
	out.Orders = make([]Order, 0, len(in.Orders))
	for i := range in.Orders {
		o := in.Orders[r.IntN(len(in.Orders))]
		door := in.Orders[doors[o.Shop][r.IntN(len(doors[o.Shop]))]]
		moved := min(last, max(0, o.Placed+r.IntN(11)-5))
		out.Orders = append(out.Orders, Order{fmt.Sprintf("o%d", i+1), door.X, door.Y, moved, o.Shop, moved + o.Ready - o.Placed})
	}
	out.Couriers = slices.Clone(in.Couriers)
	for i := range out.Couriers {
		from := in.Couriers[r.IntN(len(in.Couriers))]
		out.Couriers[i].X, out.Couriers[i].Y = from.X, from.Y
	}
	return &out
}
