package mdrp

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Instance is one day: shops, shifts and orders, in whole minutes and metres.
type Instance struct {
	Name     string
	Speed    float64 // metres a minute
	HalfPick int     // minutes of service before the bag changes hands at the counter, and after
	HalfDrop int     // the same at the door
	Target   int     // minutes from click to door
	Unserved int     // what an undelivered order counts
	PerOrder float64
	PerHour  float64
	Shops    []Shop
	Couriers []Courier
	Orders   []Order
}

// Shop is a pharmacy.
type Shop struct {
	ID   string
	X, Y int
}

// Courier is one shift.
type Courier struct {
	ID      string
	X, Y    int
	On, Off int
}

// Order is known from Placed on, its Ready time included.
type Order struct {
	ID     string
	X, Y   int
	Placed int
	Shop   int // index in Shops
	Ready  int
}

// Minutes is how long a way takes.
func (in *Instance) Minutes(x1, y1, x2, y2 int) int {
	dx, dy := float64(x1-x2), float64(y1-y2)
	return int(math.Ceil(math.Sqrt(dx*dx+dy*dy) / in.Speed))
}

// Read reads the four files of an instance's folder.
func Read(dir string) (*Instance, error) {
	in := &Instance{Name: filepath.Base(filepath.Clean(dir))}
	if err := in.readParameters(dir); err != nil {
		return nil, err
	}
	shops := map[string]int{}
	err := eachRow(dir, "restaurants.txt", 3, func(f []string, n func(int) int) error {
		shops[f[0]] = len(in.Shops)
		in.Shops = append(in.Shops, Shop{f[0], n(1), n(2)})
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = eachRow(dir, "couriers.txt", 5, func(f []string, n func(int) int) error {
		c := Courier{f[0], n(1), n(2), n(3), n(4)}
		if c.Off < c.On {
			return fmt.Errorf("courier %s ends before beginning", c.ID)
		}
		in.Couriers = append(in.Couriers, c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = eachRow(dir, "orders.txt", 6, func(f []string, n func(int) int) error {
		shop, ok := shops[f[4]]
		if !ok {
			return fmt.Errorf("order %s: no restaurant %s", f[0], f[4])
		}
		o := Order{f[0], n(1), n(2), n(3), shop, n(5)}
		if o.Ready < o.Placed {
			return fmt.Errorf("order %s is ready before it is placed", o.ID)
		}
		in.Orders = append(in.Orders, o)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return in, in.distinct()
}

func (in *Instance) readParameters(dir string) error {
	const name = "instance_parameters.txt"
	return eachRow(dir, name, 7, func(f []string, n func(int) int) error {
		var err error
		if in.Speed, err = strconv.ParseFloat(f[0], 64); err != nil || in.Speed <= 0 {
			return fmt.Errorf("speed %q is no speed", f[0])
		}
		in.HalfPick, in.HalfDrop, in.Target, in.Unserved = n(1)/2, n(2)/2, n(3), n(4)
		in.PerOrder, in.PerHour = float64(n(5)), float64(n(6))
		return nil
	})
}

// distinct refuses an id that stands twice in its file.
func (in *Instance) distinct() error {
	seen := map[string]bool{}
	once := func(kind, id string) error {
		if seen[kind+id] {
			return fmt.Errorf("%s: %s %s stands twice", in.Name, kind, id)
		}
		seen[kind+id] = true
		return nil
	}
	for _, s := range in.Shops {
		if err := once("restaurant", s.ID); err != nil {
			return err
		}
	}
	for _, c := range in.Couriers {
		if err := once("courier", c.ID); err != nil {
			return err
		}
	}
	for _, o := range in.Orders {
		if err := once("order", o.ID); err != nil {
			return err
		}
	}
	return nil
}

// eachRow calls row with the fields of every line below the heading; n reads one as a whole number.
func eachRow(dir, name string, fields int, row func(f []string, n func(int) int) error) error {
	raw, err := os.ReadFile(filepath.Join(dir, name)) //nolint:gosec // the folder is the argument of the person at the terminal
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimRight(string(raw), "\r\n"), "\n")
	for i, line := range lines[1:] {
		f := strings.Split(strings.TrimRight(line, "\r"), "\t")
		if len(f) != fields {
			return fmt.Errorf("%s line %d: %d fields, want %d", filepath.Join(dir, name), i+2, len(f), fields)
		}
		var bad error
		number := func(at int) int {
			v, err := strconv.Atoi(strings.TrimSpace(f[at]))
			if err != nil {
				bad = err
			}
			return v
		}
		if err := row(f, number); err != nil {
			return fmt.Errorf("%s line %d: %w", filepath.Join(dir, name), i+2, err)
		}
		if bad != nil {
			return fmt.Errorf("%s line %d: %w", filepath.Join(dir, name), i+2, bad)
		}
	}
	return nil
}
