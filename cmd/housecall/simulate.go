package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"housecall/internal/city"
	"housecall/internal/dispatch"
)

func simulateCommand() *cobra.Command {
	c := &cobra.Command{Use: "simulate", Short: "Try the plans out before anybody rides by them"}
	c.AddCommand(simulateCityCommand(), simulateMDRPCommand(), simulateStaffingCommand(), simulateEstimatesCommand(), simulateWeekCommand())
	return c
}

func simulateStaffingCommand() *cobra.Command {
	var budget int
	c := &cobra.Command{
		Use: "staffing", Args: cobra.NoArgs,
		Short: "How many orders are in time with so many couriers, as the table that the operators' forecast reads",
		RunE:  func(c *cobra.Command, _ []string) error { return city.Staffing(c.OutOrStdout(), budget) },
	}
	c.Flags().IntVar(&budget, "budget", 0, "iterations that a plan may search; 0 as in the product")
	return c
}

func simulateEstimatesCommand() *cobra.Command {
	o, seeds := city.Default(), 3
	c := &cobra.Command{
		Use: "estimates", Args: cobra.NoArgs,
		Short: "How often the bound told before paying holds: weeks of the default city, and after a night that makes pharmacies slower",
		RunE: func(c *cobra.Command, _ []string) error {
			if seeds < 1 || seeds > 1000 {
				return fmt.Errorf("seeds: %d; say 1 to 1000", seeds)
			}
			return city.Estimates(c.OutOrStdout(), o, seeds)
		},
	}
	c.Flags().Uint64Var(&o.Seed, "seed", o.Seed, "which of all possible weeks")
	c.Flags().IntVar(&seeds, "seeds", seeds, "how many of them, from that seed on")
	c.Flags().IntVar(&o.Budget, "budget", 0, "iterations that a plan may search; 0 as in the product")
	return c
}

// cityRun is what `simulate city` is told.
type cityRun struct {
	city.Config
	seeds int
	json  bool
	plot  string
}

func simulateCityCommand() *cobra.Command {
	o := cityRun{Config: city.Default()}
	c := &cobra.Command{
		Use: "city", Args: cobra.NoArgs,
		Short: "A day in an invented city: this housecall's plans beside the nearest free courier and the ideal one",
		Long: "Lives through a day of orders with this housecall's own plans, clock and estimates, and prints how it went beside the nearest free courier and\n" +
			"the ideal one, who collects every order the minute it is ready and rides straight. Decisions are timed by the processor.\n\n" +
			"--json writes a list with one object for each way of planning: name, orders, delivered, on_time, ideal_time and of_ideal (shares, 0 to 1),\n" +
			"median_minutes, p90_minutes, slack_minutes, declines and km_an_order (an order), cost_an_order, idle_share, bundled_share, rematches,\n" +
			"decision_ms_median, _p99 and _worst, and bound_held: for each day its thirds as {of, good}.",
	}
	f := c.Flags()
	f.IntVar(&o.Couriers, "couriers", o.Couriers, "couriers on shift all the time")
	f.IntVar(&o.Pharmacies, "pharmacies", o.Pharmacies, "pharmacies of the city")
	f.IntVar(&o.Counters, "counters", o.Counters, "at how many counters a ride may collect; 1: at one, and nothing more on the way")
	f.Float64Var(&o.OrdersPerHour, "orders-per-hour", o.OrdersPerHour, "orders in the mean; at 11 to 13 and 18 to 21 there are 1.8 times as many")
	f.IntVar(&o.Hours, "hours", o.Hours, "how long, from midnight")
	f.Uint64Var(&o.Seed, "seed", o.Seed, "which of all possible days")
	f.IntVar(&o.seeds, "seeds", 1, "how many days, from that seed on, together")
	f.BoolVar(&o.Rain, "rain", false, "it rains: 0.75 of the speed")
	f.IntVar(&o.Budget, "budget", 0, "iterations that a plan may search; 0 as in the product")
	f.BoolVar(&o.json, "json", false, "write the figures as JSON")
	f.StringVar(&o.plot, "plot", "", "also write a page with the city moving and the day as curves")
	c.RunE = func(c *cobra.Command, _ []string) error { return o.run(c) }
	return c
}

func (o cityRun) run(c *cobra.Command) error {
	if o.seeds < 1 || o.seeds > 1000 {
		return fmt.Errorf("seeds: %d; say 1 to 1000", o.seeds)
	}
	o.Film = o.plot != ""
	if o.Film && o.seeds > 1 {
		return errors.New("one plot shows one day: leave --seeds away")
	}
	o.Watch = processorTime
	rows, err := city.Compare(o.Config, o.seeds, map[string]city.Planner{"nearest free": dispatch.NearestFree, "housecall": dispatch.Plan})
	if err != nil {
		return err
	}
	if o.plot != "" {
		if err := writePlot(o.plot, o.Config, rows); err != nil {
			return err
		}
	}
	if o.json {
		out := json.NewEncoder(c.OutOrStdout())
		out.SetIndent("", "  ")
		return out.Encode(rows)
	}
	return city.WriteTable(c.OutOrStdout(), rows)
}

func writePlot(name string, c city.Config, rows []city.Row) error {
	f, err := os.Create(name) //nolint:gosec // where the operator said
	if err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	return errors.Join(city.WritePlot(f, c, rows), f.Close())
}
