package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"housecall/internal/sim"
)

func simulateWeekCommand() *cobra.Command {
	var to string
	var asJSON bool
	hours := 7 * 24
	week := sim.Week{OrdersPerHour: 20, Seed: 1}
	c := &cobra.Command{
		Use: "week", Args: cobra.NoArgs,
		Short: "Send a week's patients to a running demo, so that the operator's screens can be watched under load",
		Long: "Enrols patients at a running `housecall demo --speed N` and has each be seen, order and wait, over the public API. Doctors, pharmacies\n" +
			"and couriers are the demo's own. Any other server is refused before anybody signs in. Stop it with Ctrl-C; it tells what it has seen.",
	}
	f := c.Flags()
	f.StringVar(&to, "to", "", "address of the demo, like http://localhost:8080 (required)")
	f.Float64Var(&week.OrdersPerHour, "orders-per-hour", week.OrdersPerHour, "patients in the mean, by the demo's clock; at 11 to 13 and 18 to 21 there are 1.8 times as many")
	f.IntVar(&hours, "hours", hours, "how long, by the demo's clock")
	f.Uint64Var(&week.Seed, "seed", week.Seed, "which of all possible weeks")
	f.BoolVar(&asJSON, "json", false, "write the sums as JSON, and nothing else")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if to == "" {
			return errors.New("name a running demo by --to, like --to http://localhost:8080")
		}
		week.Lasts = time.Duration(hours) * time.Hour
		if !asJSON {
			week.Out = c.OutOrStdout()
		}
		client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
		sums, err := week.Run(c.Context(), strings.TrimRight(to, "/"), client)
		if err != nil {
			return err
		}
		if asJSON {
			return json.NewEncoder(c.OutOrStdout()).Encode(sums)
		}
		if sums.Why != "" {
			_, _ = fmt.Fprintln(c.OutOrStdout(), "\nThe first that failed:", sums.Why)
		}
		_, err = fmt.Fprintf(c.OutOrStdout(), "\n%d patients: %d delivered, %d of them in time; %d cancelled, %d failed, %d turned away, %d left under way.\n",
			sums.Patients, sums.Delivered, sums.InTime, sums.Cancelled, sums.Failed, sums.TurnedOff, sums.Left)
		return err
	}
	return c
}
