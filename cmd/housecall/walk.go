package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"housecall/internal/config"
	"housecall/internal/sim"
)

func walkCommand() *cobra.Command {
	var url, tokenFile, store, until, keep string
	var asJSON, insecure bool
	c := &cobra.Command{Use: "walk", Short: "Take one order through the whole chain over the public API", Args: cobra.NoArgs}
	c.Flags().StringVar(&url, "url", "", "server to walk on; empty starts a demo of its own")
	c.Flags().StringVar(&tokenFile, "admin-token-file", "", "file with the administrator's token of a server started with serve")
	c.Flags().StringVar(&store, "store", "", "where the own demo keeps documents: empty for a file, or an empty database, mongodb://...")
	c.Flags().StringVar(&until, "until", "", "the last step to make, by its words; empty: all")
	c.Flags().StringVar(&keep, "keep", "", "file to write sessions and ids to, for asking the server of --url for more")
	c.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	c.Flags().BoolVar(&insecure, "insecure", false, "take a self-signed certificate, of demo --tls")
	c.RunE = func(c *cobra.Command, _ []string) error {
		out := c.OutOrStdout()
		if asJSON {
			out = io.Discard
		}
		client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
			MaxIdleConnsPerHost: 8,
			TLSClientConfig:     &tls.Config{InsecureSkipVerify: insecure},
		}} //nolint:gosec // asked for, for a demo
		w, stop, err := walker(c.Context(), url, tokenFile, store, client)
		if err != nil {
			return err
		}
		w.Out, w.Until = out, until
		result := w.Run(c.Context())
		if result.OK && keep != "" {
			err = keepWalk(c.Context(), w, keep)
		}
		if err := errors.Join(err, stop()); err != nil && result.OK {
			return err
		}
		return report(c.OutOrStdout(), result, asJSON)
	}
	return c
}

func walker(ctx context.Context, url, tokenFile, store string, client *http.Client) (*sim.Walk, func() error, error) {
	none := func() error { return nil }
	switch {
	case url == "":
		own, stop, err := ownDemo(ctx, store)
		if err != nil {
			return nil, none, err
		}
		operator, err := sim.SignInDemoOperator(ctx, own, client)
		if err != nil {
			return nil, none, errors.Join(err, stop())
		}
		return &sim.Walk{Base: own, Operator: operator}, stop, nil
	case tokenFile != "":
		token, err := config.ReadSecret(tokenFile)
		if err != nil {
			return nil, none, fmt.Errorf("--admin-token-file: %w", err)
		}
		return &sim.Walk{Base: url, Operator: &sim.Client{Base: url, Token: token, HTTP: client}}, none, nil
	}
	operator, err := sim.SignInDemoOperator(ctx, url, client)
	if err != nil {
		return nil, none, fmt.Errorf("%s is no demo, or not there; a server started with serve needs --admin-token-file: %w", url, err)
	}
	return &sim.Walk{Base: url, Operator: operator}, none, nil
}

// keepWalk writes who walked to a file that its owner alone may read: there are sessions in it.
func keepWalk(ctx context.Context, w *sim.Walk, file string) error {
	kept, err := w.Keep(ctx)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(kept, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

func report(w io.Writer, r sim.Result, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		if err := e.Encode(r); err != nil {
			return err
		}
		if !r.OK {
			return errSaid
		}
		return nil
	}
	if !r.OK {
		fmt.Fprintln(os.Stderr, "\nThe walk stopped: "+r.Error)
		return errSaid
	}
	end := "The medicine is at the door."
	if r.Stopped {
		end = "Stopped here, as asked."
	}
	_, err := fmt.Fprintf(w, "\n%s %d steps, all as they should be.\n", end, len(r.Steps))
	return err
}
