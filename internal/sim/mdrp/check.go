package mdrp

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Check reads the three files in dir and answers every breach of the benchmark's rules that they show,
// joined; nil when there is none. It follows each courier's rides by itself and shares nothing with
// the simulation but the instance.
func Check(in *Instance, dir string) error {
	c := checker{in: in, shops: map[string]Shop{}, orders: map[string]Order{}, rows: map[string]deliveryRow{}, drops: map[string]int{}}
	for _, s := range in.Shops {
		c.shops[s.ID] = s
	}
	for _, o := range in.Orders {
		c.orders[o.ID] = o
	}
	c.readOrders(dir)
	bundles := c.readAssignments(dir)
	rides := c.readRides(dir)
	known := map[string]bool{}
	for _, k := range in.Couriers {
		known[k.ID] = true
		c.follow(k, rides[k.ID], bundles[k.ID])
	}
	for who := range rides {
		c.must(known[who], "a ride of %q, who has no shift", who)
	}
	for who := range bundles {
		c.must(known[who], "an assignment of %q, who has no shift", who)
	}
	for o := range c.rows {
		_, ridden := c.drops[o]
		c.must(ridden, "order %s is said delivered and nobody rode to it", o)
	}
	slices.SortFunc(c.breaches, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(c.breaches...)
}

type checker struct {
	in       *Instance
	shops    map[string]Shop
	orders   map[string]Order
	rows     map[string]deliveryRow
	drops    map[string]int // orders seen delivered on a ride
	breaches []error
}

type deliveryRow struct {
	pickup, dropoff int
	courier         string
}

type bundleRow struct {
	assigned, pickup int
	orders           []string
}

type rideRow struct {
	depart   int
	from, to string
}

func (c *checker) must(holds bool, format string, args ...any) {
	if !holds {
		c.breaches = append(c.breaches, fmt.Errorf(format, args...))
	}
}

// table reads the rows below a heading, each of at least so many fields, and its whole numbers.
func (c *checker) table(dir, name, heading string, fields int, row func(f []string, number func(int) int)) {
	raw, err := os.ReadFile(filepath.Join(dir, name)) //nolint:gosec // the folder is the argument of the person at the terminal
	if err != nil {
		c.breaches = append(c.breaches, err)
		return
	}
	lines := strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
	c.must(lines[0] == heading, "%s: heading %q, want %q", name, lines[0], heading)
	for i, line := range lines[1:] {
		f := strings.Split(line, " ")
		if len(f) < fields {
			c.must(false, "%s line %d: %d fields, want %d", name, i+2, len(f), fields)
			continue
		}
		row(f, func(k int) int {
			v, err := strconv.Atoi(f[k])
			c.must(err == nil, "%s line %d: %q is no whole minute", name, i+2, f[k])
			return v
		})
	}
}

func (c *checker) readOrders(dir string) {
	c.table(dir, ordersFile, "order placement_time ready_time pickup_time dropoff_time courier", 6, func(f []string, number func(int) int) {
		o, ok := c.orders[f[0]]
		c.must(ok, "no order %s in this instance", f[0])
		_, twice := c.rows[f[0]]
		c.must(!twice, "order %s is delivered twice", f[0])
		c.must(len(f) == 6, "order %s: a row of %d fields", f[0], len(f))
		c.must(number(1) == o.Placed && number(2) == o.Ready, "order %s: placed and ready are not the instance's", f[0])
		c.rows[f[0]] = deliveryRow{number(3), number(4), f[5]}
	})
}

func (c *checker) readAssignments(dir string) map[string][]bundleRow {
	out := map[string][]bundleRow{}
	c.table(dir, assignmentsFile, assignmentsHeading, 4, func(f []string, number func(int) int) {
		out[f[2]] = append(out[f[2]], bundleRow{number(0), number(1), f[3:]})
	})
	for _, b := range out {
		slices.SortStableFunc(b, func(x, y bundleRow) int { return x.pickup - y.pickup })
	}
	return out
}

func (c *checker) readRides(dir string) map[string][]rideRow {
	out, last := map[string][]rideRow{}, ""
	c.table(dir, couriersFile, "courier departure_time origin destination", 4, func(f []string, number func(int) int) {
		_, before := out[f[0]]
		c.must(!before || last == f[0], "the rides of %s are not in one block", f[0])
		c.must(len(f) == 4, "a ride of %s of %d fields", f[0], len(f))
		out[f[0]], last = append(out[f[0]], rideRow{number(1), f[2], f[3]}), f[0]
	})
	return out
}

// follow rides a shift again, line by line.
func (c *checker) follow(k Courier, rides []rideRow, bundles []bundleRow) {
	at, free, came := "0", k.On, k.On // where, since when nothing is being executed, when the present place was reached
	for len(rides) > 0 {
		ride := rides[0]
		c.must(ride.from == at, "%s leaves from %s and is at %s", k.ID, ride.from, at)
		_, shop := c.shops[ride.to]
		if !shop { // bags are on board: the bundle that comes next
			if len(bundles) == 0 {
				c.must(false, "%s rides to %s and collected nothing", k.ID, ride.to)
				return
			}
			n := len(bundles[0].orders)
			if len(rides) < n {
				c.must(false, "%s does not ride to every door of a bundle", k.ID)
				return
			}
			free = c.bundle(k, bundles[0], rides[:n], came, free)
			at, bundles, rides = rides[n-1].to, bundles[1:], rides[n:]
			came = free
			continue
		}
		c.must(ride.depart >= free, "%s leaves for %s at %d while busy until %d", k.ID, ride.to, ride.depart, free)
		came = ride.depart + c.way(k, ride.from, ride.to)
		at, free, rides = ride.to, came, rides[1:]
	}
	c.must(len(bundles) == 0, "%s is said to collect %d bundles more than were ridden", k.ID, len(bundles))
}

// bundle checks a collection and its doors; it answers when the courier is free again.
func (c *checker) bundle(k Courier, b bundleRow, rides []rideRow, came, free int) int {
	shop := rides[0].from
	_, atShop := c.shops[shop]
	c.must(atShop, "%s collects at %s, which is no shop", k.ID, shop)
	c.must(b.pickup >= came+c.in.HalfPick && b.pickup >= free, "%s collects at %d and came to %s at %d", k.ID, b.pickup, shop, came)
	c.must(b.pickup <= k.Off, "%s collects at %d after the shift's end %d", k.ID, b.pickup, k.Off)
	c.must(b.assigned <= b.pickup && b.assigned >= k.On, "%s: assigned at %d, collected at %d", k.ID, b.assigned, b.pickup)
	depart := b.pickup + c.in.HalfPick
	for i, o := range b.orders {
		order, ok := c.orders[o]
		if !ok {
			c.must(false, "%s carries %s, which is no order", k.ID, o)
			continue
		}
		c.must(c.in.Shops[order.Shop].ID == shop, "%s collects order %s at %s, not its shop", k.ID, o, shop)
		c.must(order.Placed <= b.assigned, "order %s is assigned at %d, before it is placed", o, b.assigned)
		c.must(order.Ready <= b.pickup, "order %s is collected at %d, before it is ready", o, b.pickup)
		c.must(rides[i].to == o, "%s rides to %s in place of %s", k.ID, rides[i].to, o)
		c.must(i == 0 || rides[i].from == b.orders[i-1], "%s leaves from %s inside a bundle", k.ID, rides[i].from)
		c.must(rides[i].depart == depart, "%s leaves for %s at %d, must at %d", k.ID, o, rides[i].depart, depart)
		drop := rides[i].depart + c.way(k, rides[i].from, o) + c.in.HalfDrop
		row, said := c.rows[o]
		c.must(said && row == deliveryRow{b.pickup, drop, k.ID}, "order %s: row %v, ridden %v", o, row, deliveryRow{b.pickup, drop, k.ID})
		_, twice := c.drops[o]
		c.must(!twice, "order %s is ridden to twice", o)
		c.drops[o] = drop
		depart = drop + c.in.HalfDrop
	}
	return depart
}

// way is the minutes between two places of the files.
func (c *checker) way(k Courier, from, to string) int {
	x1, y1, ok1 := c.where(k, from)
	x2, y2, ok2 := c.where(k, to)
	c.must(ok1 && ok2, "%s rides from %s to %s, which are not both places", k.ID, from, to)
	return int(math.Ceil(math.Hypot(float64(x1-x2), float64(y1-y2)) / c.in.Speed))
}

func (c *checker) where(k Courier, name string) (x, y int, known bool) {
	if name == "0" {
		return k.X, k.Y, true
	}
	if s, ok := c.shops[name]; ok {
		return s.X, s.Y, true
	}
	o, ok := c.orders[name]
	return o.X, o.Y, ok
}
