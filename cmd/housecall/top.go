package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"housecall/internal/clock"
	"housecall/internal/config"
	"housecall/internal/sim"
	"housecall/internal/top"
)

// topCommand shows an operator how a running housecall is, until it is ended.
func topCommand() *cobra.Command {
	var url, tokenFile string
	var once, insecure bool
	var every time.Duration
	c := &cobra.Command{Use: "top", Short: "Watch orders by stage, who is late, queues and nodes", Args: cobra.NoArgs}
	c.Flags().StringVar(&url, "url", "http://localhost:8080", "server to watch")
	c.Flags().StringVar(&tokenFile, "admin-token-file", "", "file with the administrator's token; a demo needs none")
	c.Flags().BoolVar(&once, "once", false, "print one picture and end")
	c.Flags().DurationVar(&every, "every", 2*time.Second, "time between two looks")
	c.Flags().BoolVar(&insecure, "insecure", false, "take a self-signed certificate, of demo --tls")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if every < 200*time.Millisecond {
			return errors.New("--every is too short: say 200ms or more")
		}
		client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
			TLSClientConfig: &tls.Config{InsecureSkipVerify: insecure}, //nolint:gosec // asked for, for a demo
		}}
		operator := &sim.Client{Base: strings.TrimSuffix(url, "/"), HTTP: client}
		var err error
		if tokenFile != "" {
			operator.Token, err = config.ReadSecret(tokenFile)
		} else {
			operator, err = sim.SignInDemoOperator(c.Context(), operator.Base, client)
		}
		if err != nil {
			return fmt.Errorf("become an operator of %s; a server started with serve needs --admin-token-file: %w", url, err)
		}
		return watch(c, operator, once, every)
	}
	return c
}

// The terminal's words: another screen without a cursor, the first one again, and from the top anew.
const (
	enterScreen = "\x1b[?1049h\x1b[?25l"
	leaveScreen = "\x1b[?25h\x1b[?1049l"
	fromTheTop  = "\x1b[H\x1b[2J"
)

// watch draws one picture after another. A look that fails is said and tried again: a node may be on its way.
func watch(c *cobra.Command, operator *sim.Client, once bool, every time.Duration) error {
	out := c.OutOrStdout()
	wall := clock.NewReal()
	if once {
		v, err := top.Look(c.Context(), operator, wall.Now())
		if err != nil {
			return err
		}
		return v.Frame(out)
	}
	say := func(text string) { _, _ = io.WriteString(out, text) } // a terminal that is gone is no reason to fail
	say(enterScreen)
	defer say(leaveScreen)
	for {
		v, err := top.Look(c.Context(), operator, wall.Now())
		say(fromTheTop)
		if err != nil {
			say("housecall does not answer: " + err.Error() + "\n")
		} else if err := v.Frame(out); err != nil {
			return err
		}
		say("\nCtrl-C ends it.\n")
		select {
		case <-c.Context().Done():
			return nil
		case <-clock.At(c.Context(), wall, wall.Now().Add(every)):
		}
	}
}
