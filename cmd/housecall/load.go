package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"housecall/internal/clock"
	"housecall/internal/config"
	"housecall/internal/sim"
	"housecall/internal/sim/load"
	"housecall/signaling/signalingtest"
)

// loadFlags are what the load command is told.
type loadFlags struct {
	urls, tokenFile, store, mediaURL, secretFile string
	patients, doctors, callers, seconds          int
	calls, bitrate                               int
	seed                                         uint64
	watch                                        time.Duration
	asJSON, insecure                             bool
}

// loadCommand puts synthetic people on a server, and says how it bore them.
func loadCommand() *cobra.Command {
	var f loadFlags
	c := &cobra.Command{
		Use: "load", Short: "Put synthetic people on a server, measure them and check what must hold", Args: cobra.NoArgs,
		Long: "Put synthetic people on a server, measure them and check what must hold.\n\n" +
			"--patients go through the whole chain over the public API; --calls are calls of two people each on a media node, alone or beside them.",
	}
	flags := c.Flags()
	flags.StringVar(&f.urls, "url", "", "servers to load, with commas; empty starts a demo of its own")
	flags.StringVar(&f.tokenFile, "admin-token-file", "", "file with the administrator's token of servers started with serve")
	flags.StringVar(&f.store, "store", "", "where the own demo keeps documents: empty for a file, or an empty database, mongodb://...")
	flags.IntVar(&f.patients, "patients", 0, "patients at once")
	flags.IntVar(&f.doctors, "doctors", 0, "doctors, who sign once in half a minute each; 0: two for each patient")
	flags.IntVar(&f.callers, "callers", 16, "requests under way at once")
	flags.IntVar(&f.seconds, "seconds", 20, "how long to measure")
	flags.Uint64Var(&f.seed, "seed", 1, "of what is left to chance")
	flags.DurationVar(&f.watch, "watch", 0, "how often the nodes are asked for their memory, goroutines and open files, printed as a table; 0: never")
	flags.BoolVar(&f.asJSON, "json", false, "print the result as JSON")
	flags.BoolVar(&f.insecure, "insecure", false, "take a self-signed certificate, of demo --tls")
	flags.IntVar(&f.calls, "calls", 0, "calls of two people each")
	flags.StringVar(&f.mediaURL, "media-url", "ws://localhost:8090/ws", "the websocket of the media node for --calls")
	flags.StringVar(&f.secretFile, "secret-file", "", "file of the secret that tickets of --calls are signed with")
	flags.IntVar(&f.bitrate, "bitrate", 1_000_000, "bit/s of each picture of --calls")
	c.RunE = func(c *cobra.Command, _ []string) error { return f.run(c) }
	return c
}

func (f *loadFlags) run(c *cobra.Command) error {
	if strings.HasPrefix(f.urls, "ws") { // a media node alone
		f.mediaURL, f.urls = f.urls, ""
	}
	if f.secretFile != "" && f.calls == 0 {
		f.calls = 10
	}
	if f.patients < 0 || f.calls < 0 || f.seconds < 1 || f.callers < 1 || f.patients+f.calls == 0 {
		return errors.New("say how large the load is: --patients 200 or --calls 10 or both, --seconds and --callers at least 1")
	}
	called := make(chan error, 1)
	if f.calls > 0 {
		key, err := ticketSecret(f.secretFile)
		if err != nil {
			return err
		}
		go func() { called <- f.call(c, key) }()
	} else {
		called <- nil
	}
	if f.patients == 0 {
		return <-called
	}
	return errors.Join(f.treat(c), <-called)
}

// call puts calls on a media node.
func (f *loadFlags) call(c *cobra.Command, secret []byte) error {
	report, err := signalingtest.Load(c.Context(), signalingtest.LoadOptions{
		URL: f.mediaURL, Secret: secret, Calls: f.calls, Bitrate: f.bitrate, Duration: time.Duration(f.seconds) * time.Second, Now: clock.NewReal().Now,
	})
	if err != nil {
		return err
	}
	out := c.OutOrStdout()
	if f.asJSON && f.patients > 0 {
		out = c.ErrOrStderr() // the one JSON is that of the patients
	}
	_, err = fmt.Fprint(out, report)
	return err
}

// treat has patients go through the chain.
func (f *loadFlags) treat(c *cobra.Command) error {
	transport := &http.Transport{
		MaxIdleConnsPerHost: f.callers + 8, IdleConnTimeout: time.Minute,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: f.insecure}, //nolint:gosec // asked for, for a demo
	}
	urls, token, stop, err := f.servers(c.Context(), &http.Client{Transport: transport, Timeout: 30 * time.Second})
	if err != nil {
		return err
	}
	o := load.Options{
		URLs: urls, Token: token, Patients: f.patients, Doctors: f.doctors, Callers: f.callers,
		For: time.Duration(f.seconds) * time.Second, Seed: f.seed, Transport: transport, Watch: f.watch,
	}
	bar := load.NewBar(os.Stderr)
	if bar.Shown() {
		o.Progress = bar.Show
	}
	report, err := load.Run(c.Context(), o)
	bar.Clear()
	if err != nil {
		return errors.Join(err, stop())
	}
	err = loaded(c, report, f.asJSON)
	if late := stop(); late != nil { // what must hold was looked at before; nothing of this service is kept
		_, _ = fmt.Fprintf(c.ErrOrStderr(), "the service of this run did not stop in time: %v\n", late)
	}
	return err
}

// servers answers where the load goes, with an operator's token, and what stops a demo of our own.
func (f *loadFlags) servers(ctx context.Context, client *http.Client) (urls []string, token string, stop func() error, err error) {
	stop = func() error { return nil }
	if f.urls == "" {
		var url string
		if url, stop, err = ownDemo(ctx, f.store); err != nil {
			return nil, "", stop, err
		}
		f.urls = url
	}
	urls = strings.Split(f.urls, ",")
	if f.tokenFile != "" {
		token, err = config.ReadSecret(f.tokenFile)
		if err != nil {
			return nil, "", stop, fmt.Errorf("--admin-token-file: %w", err)
		}
		return urls, token, stop, nil
	}
	operator, err := sim.SignInDemoOperator(ctx, urls[0], client)
	if err != nil {
		err = fmt.Errorf("%s is no demo, or not there; servers started with serve need --admin-token-file: %w", urls[0], err)
		return nil, "", stop, errors.Join(err, stop())
	}
	return urls, operator.Token, stop, nil
}

// ownDemo starts a quiet demo that leaves nothing behind but what is in its store, if one is named: the keys of
// its people go with its folder.
func ownDemo(ctx context.Context, store string) (url string, stop func() error, err error) {
	o := sim.DemoOptions{Listen: "localhost:0", Store: store, Quiet: true}
	tidy := func() error { return nil }
	if store != "" {
		if o.Data, err = os.MkdirTemp("", "housecall-own-"); err != nil {
			return "", tidy, err
		}
		tidy = func() error { return os.RemoveAll(o.Data) }
	}
	d, err := sim.StartDemo(ctx, o)
	if err != nil {
		return "", func() error { return nil }, errors.Join(err, tidy())
	}
	return d.URL, func() error { return errors.Join(d.Stop(context.WithoutCancel(ctx)), tidy()) }, nil
}

// loaded prints what was found; what is broken makes the command fail.
func loaded(c *cobra.Command, r *load.Report, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(c.OutOrStdout())
		e.SetIndent("", " ")
		if err := e.Encode(r); err != nil {
			return err
		}
	} else {
		r.Print(c.OutOrStdout())
	}
	if !r.OK {
		return errSaid
	}
	return nil
}
