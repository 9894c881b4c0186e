package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"housecall/internal/clock"
	"housecall/signaling/signalingtest"
)

// loadCommand puts synthetic people on a server, and says how it bore them.
func loadCommand() *cobra.Command {
	c := &cobra.Command{Use: "load", Short: "Put synthetic calls on a media node and measure them", Args: cobra.NoArgs}
	url := c.Flags().String("url", "ws://localhost:8090/ws", "the websocket of the media node")
	secret := c.Flags().String("secret-file", "", "file of the secret that tickets are signed with")
	calls := c.Flags().Int("calls", 10, "calls of two people each")
	bitrate := c.Flags().Int("bitrate", 1_000_000, "bit/s of each picture")
	seconds := c.Flags().Int("seconds", 20, "how long to measure")
	_ = c.MarkFlagRequired("secret-file")
	c.RunE = func(c *cobra.Command, _ []string) error {
		key, err := ticketSecret(*secret)
		if err != nil {
			return err
		}
		report, err := signalingtest.Load(c.Context(), signalingtest.LoadOptions{
			URL: *url, Secret: key, Calls: *calls, Bitrate: *bitrate, Duration: time.Duration(*seconds) * time.Second, Now: clock.NewReal().Now,
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprint(c.OutOrStdout(), report)
		return err
	}
	return c
}
