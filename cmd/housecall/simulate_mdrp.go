package main

import (
	"encoding/json"
	"errors"

	"github.com/spf13/cobra"

	"housecall/internal/dispatch"
	"housecall/internal/sim/mdrp"
)

// mdrpRun is what `simulate mdrp` is told.
type mdrpRun struct {
	out                   string
	noisy, json, baseline bool
	resample, seed        uint64
	budget                int
}

func simulateMDRPCommand() *cobra.Command {
	var o mdrpRun
	c := &cobra.Command{
		Use: "mdrp DIR...", Args: cobra.MinimumNArgs(1),
		Short: "This housecall's plans on days of the public Meal Delivery Routing Problem benchmark",
		Long: "Plays each instance (a folder of github.com/grubhub/mdrplib) minute by minute under the benchmark's rules, writes the three\n" +
			"files that its evaluator reads into a folder of its own below --out, checks them, and prints the figures.",
	}
	f := c.Flags()
	f.StringVar(&o.out, "out", "", "folder for the evaluator's files (required)")
	f.BoolVar(&o.noisy, "noisy-ready", false, "until an order is ready only its shop's mean preparation time is known")
	f.BoolVar(&o.json, "json", false, "write the figures as JSON")
	f.BoolVar(&o.baseline, "nearest-free", false, "the plain rule in place of the engine: the nearest free courier, every 5 minutes")
	f.Uint64Var(&o.resample, "resample", 0, "play other days of the same kind in place of these: each resampled with this seed")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the engine's search")
	f.IntVar(&o.budget, "budget", 0, "iterations that a plan may search; 0 as in the product")
	c.RunE = func(c *cobra.Command, dirs []string) error { return o.run(c, dirs) }
	return c
}

func (o mdrpRun) run(c *cobra.Command, dirs []string) error {
	if o.out == "" {
		return errors.New("name a folder for the evaluator's files by --out")
	}
	var days []*mdrp.Instance
	for _, dir := range dirs {
		in, err := mdrp.Read(dir)
		if err != nil {
			return err
		}
		if o.resample > 0 {
			in = mdrp.Resample(in, o.resample)
		}
		days = append(days, in)
	}
	rules := mdrp.Rules{Plan: dispatch.Plan, Every: 1, NoisyReady: o.noisy, Budget: o.budget, Seed: o.seed, Watch: processorTime}
	if o.baseline {
		rules.Plan, rules.Every = dispatch.NearestFree, 5
	}
	report, err := mdrp.Run(days, rules, o.out)
	if err != nil {
		return err
	}
	if o.json {
		out := json.NewEncoder(c.OutOrStdout())
		out.SetIndent("", "  ")
		return out.Encode(report)
	}
	return report.WriteTable(c.OutOrStdout())
}
