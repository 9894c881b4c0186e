package mdrp

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Solution is what came of a day, as the evaluator reads it.
type Solution struct {
	Assignments []Assignment
	Deliveries  []Delivery
	Movements   []Movement // in blocks by courier, in sequence
}

// Assignment is the final one of a bundle: who collected what, and when.
type Assignment struct {
	At, Pickup int
	Courier    string
	Orders     []string
}

// Delivery is a delivered order.
type Delivery struct {
	Order                          string
	Placed, Ready, Pickup, Dropoff int
	Courier                        string
}

// Movement is a ride; From is "0" at the start of a shift.
type Movement struct {
	Courier  string
	At       int
	From, To string
}

// The evaluator's files, with their heading lines.
const (
	assignmentsFile = "solution_info_assignments.txt"
	ordersFile      = "solution_info_orders.txt"
	couriersFile    = "solution_info_couriers.txt"

	assignmentsHeading = "assignment_time pickup_time courier order"
	ordersHeading      = "order placement_time ready_time pickup_time dropoff_time courier"
	couriersHeading    = "courier departure_time origin destination"
)

// Write writes the three files into dir, which it makes.
func (s *Solution) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	var a, o, c strings.Builder
	fmt.Fprintln(&a, assignmentsHeading)
	for _, x := range s.Assignments {
		fmt.Fprintln(&a, x.At, x.Pickup, x.Courier, strings.Join(x.Orders, " "))
	}
	fmt.Fprintln(&o, ordersHeading)
	for _, x := range s.Deliveries {
		fmt.Fprintln(&o, x.Order, x.Placed, x.Ready, x.Pickup, x.Dropoff, x.Courier)
	}
	fmt.Fprintln(&c, couriersHeading)
	for _, x := range s.Movements {
		fmt.Fprintln(&c, x.Courier, x.At, x.From, x.To)
	}
	for name, text := range map[string]string{assignmentsFile: a.String(), ordersFile: o.String(), couriersFile: c.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}
