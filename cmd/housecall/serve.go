package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"housecall/internal/app"
	"housecall/internal/config"
)

func serveCommand() *cobra.Command {
	c := &cobra.Command{Use: "serve", Short: "Serve people; nothing is seeded", Args: cobra.NoArgs}
	read := settings(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		conf, err := read()
		if err != nil {
			return err
		}
		if err := conf.Check(); err != nil {
			return fmt.Errorf("can't serve with this configuration:\n%w", err)
		}
		return serve(c.Context(), conf)
	}
	return c
}

// serve runs until the context ends or serving does.
func serve(ctx context.Context, conf config.Config) error {
	log, err := logger(conf)
	if err != nil {
		return err
	}
	a, err := app.Start(ctx, app.Options{Config: conf, Log: log})
	if err != nil {
		return err
	}
	log.InfoContext(ctx, "serving began", "address", a.Addr(), "version", app.Version)
	return await(ctx, a)
}

// await stops the app when the context ends, and answers what serving ended with.
func await(ctx context.Context, a *app.App) error {
	ended := make(chan error, 1)
	go func() { ended <- a.Wait() }()
	var err error
	select {
	case <-ctx.Done():
	case err = <-ended:
	}
	if stopped := a.Stop(context.WithoutCancel(ctx)); err == nil {
		err = stopped
	}
	return err
}
