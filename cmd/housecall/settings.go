package main

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"housecall/internal/app"
	"housecall/internal/config"
	"housecall/internal/logging"
)

// settings adds a flag for every key of the configuration, and answers what reads them.
func settings(c *cobra.Command) func() (config.Config, error) {
	file := c.Flags().String("config", "", "configuration file (YAML)")
	given := map[string]*string{}
	for _, s := range config.Settings() {
		given[s.Key] = c.Flags().String(config.FlagOf(s.Key), s.Default, s.Help)
	}
	return func() (config.Config, error) {
		flags := map[string]string{}
		for key, value := range given {
			if c.Flags().Changed(config.FlagOf(key)) {
				flags[key] = *value
			}
		}
		return config.Load(*file, os.Environ(), flags)
	}
}

func logger(c config.Config) (*slog.Logger, error) {
	level, err := c.Log.SlogLevel()
	if err != nil {
		return nil, err
	}
	return logging.New(os.Stderr, level, c.Log.Format == "text"), nil
}

func checkConfigCommand() *cobra.Command {
	c := &cobra.Command{Use: "check-config", Short: "Print the configuration as it would be used, and what is wrong with it", Args: cobra.NoArgs}
	read := settings(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		conf, err := read()
		if err != nil {
			return err
		}
		if err := conf.Print(c.OutOrStdout()); err != nil {
			return err
		}
		return conf.Check()
	}
	return c
}

func versionCommand() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the version", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		_, err := fmt.Fprintln(c.OutOrStdout(), "housecall", app.Version)
		return err
	}}
}
