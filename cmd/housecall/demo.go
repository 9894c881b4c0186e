package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"housecall/internal/logging"
	"housecall/internal/sim"
)

func demoCommand() *cobra.Command {
	var o sim.DemoOptions
	var verbose bool
	c := &cobra.Command{Use: "demo", Short: "An invented town where everything works, on this machine alone", Args: cobra.NoArgs}
	f := c.Flags()
	f.StringVar(&o.Data, "data", "", "folder to keep the town in; empty: a temporary one, removed at the end")
	f.StringVar(&o.Listen, "listen", "localhost:8080", "address to listen on")
	f.StringVar(&o.Store, "store", "", "where documents are kept: empty for a file in the data folder, or mongodb://... (with --data)")
	f.IntVar(&o.Speed, "speed", 1, "how many times faster the town's clock runs")
	f.BoolVar(&o.TLS, "tls", false, "serve HTTPS with a self-signed certificate, so that a phone's camera works")
	f.StringVar(&o.Jurisdiction, "jurisdiction", "house", "rules that hold in the town: house, cn, us, eu, de")
	f.BoolVar(&verbose, "verbose", false, "log what happens, not only what fails")
	c.RunE = func(c *cobra.Command, _ []string) error {
		level := slog.LevelWarn
		if verbose {
			level = slog.LevelDebug
		}
		o.Log = logging.New(os.Stderr, level, true)
		if o.Data != "" {
			o.Data = filepath.Clean(o.Data)
		}
		return demo(c, o)
	}
	c.AddCommand(demoCodeCommand())
	return c
}

// demo runs until the context ends or serving does.
func demo(c *cobra.Command, o sim.DemoOptions) error {
	d, err := sim.StartDemo(c.Context(), o)
	if err != nil {
		return err
	}
	stop := func() error { return d.Stop(context.WithoutCancel(c.Context())) }
	if err := d.WriteTable(c.OutOrStdout()); err != nil {
		return errors.Join(err, stop())
	}
	ended := make(chan error, 1)
	go func() { ended <- d.App.Wait() }()
	select {
	case <-c.Context().Done():
	case err = <-ended:
	}
	return errors.Join(err, stop())
}

func demoCodeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "code ADDRESS", Short: "Show what the authenticator of one of the demo's staff shows now", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			code, left, err := sim.DemoCode(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s  (for %d more seconds)\n", code, int(left.Seconds())+1)
			return err
		},
	}
}
