package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"housecall/internal/clock"
	"housecall/internal/config"
	"housecall/signaling"
	"housecall/signaling/sfu"
)

// mediaCommand runs rooms alone: no database, who has a ticket signed with the secret may join.
func mediaCommand() *cobra.Command {
	c := &cobra.Command{Use: "media", Short: "Run a media node: calls by ticket, no database", Args: cobra.NoArgs}
	listen := c.Flags().String("listen", "localhost:8090", "address of the websocket")
	media := c.Flags().String("media-listen", "", "UDP address of media, and of ICE-TCP (default: the port after --listen)")
	addresses := c.Flags().StringSlice("media-address", nil, "IP addresses that clients reach media by (default: those of this machine)")
	origins := c.Flags().StringSlice("origin", nil, "hosts whose pages may open the websocket, besides this one")
	secret := c.PersistentFlags().String("secret-file", "", "file of the secret that tickets are signed with")
	_ = c.MarkPersistentFlagRequired("secret-file")
	c.RunE = func(c *cobra.Command, _ []string) error {
		key, err := ticketSecret(*secret)
		if err != nil {
			return err
		}
		return runMedia(c, *listen, *media, *addresses, *origins, key)
	}
	c.AddCommand(mediaTicketCommand(secret))
	return c
}

// mediaGC trades little work for memory: packets are not allocated, so there is hardly any garbage.
const (
	mediaGC  = 40
	leanPace = 2 // seconds
)

func ticketSecret(file string) ([]byte, error) {
	text, err := config.ReadSecret(file)
	if err != nil {
		return nil, err
	}
	if len(text) < 32 {
		return nil, errors.New("the secret of tickets needs at least 32 characters")
	}
	return []byte(text), nil
}

func mediaTicketCommand(secret *string) *cobra.Command {
	c := &cobra.Command{Use: "ticket", Short: "Print a ticket for one seat in one room", Args: cobra.NoArgs}
	t := signaling.Ticket{}
	c.Flags().StringVar(&t.Room, "room", "", "the room")
	c.Flags().StringVar(&t.Seat, "seat", "", "the seat: one person's place")
	c.Flags().StringVar(&t.Role, "role", "patient", "what the person is called in the room")
	c.Flags().StringSliceVar(&t.Rights, "rights", []string{signaling.Speak, signaling.Chat, signaling.Share, signaling.File}, "what the seat may do")
	c.Flags().BoolVar(&t.Sound, "sound", false, "a room without pictures")
	life := c.Flags().Duration("for", time.Minute, "how long the ticket is good to join with")
	_ = c.MarkFlagRequired("room")
	_ = c.MarkFlagRequired("seat")
	c.RunE = func(c *cobra.Command, _ []string) error {
		key, err := ticketSecret(*secret)
		if err != nil {
			return err
		}
		t.Expiry = clock.NewReal().Now().Add(*life)
		token, err := t.Sign(key)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(c.OutOrStdout(), token)
		return err
	}
	return c
}

// leanly is lean, asked each second: once behind the start, and then at its pace.
func leanly() func() {
	asked := 0
	return func() {
		if asked++; asked == 1 || asked%leanPace == 0 {
			lean()
		}
	}
}

func runMedia(c *cobra.Command, listen, media string, addresses, origins []string, secret []byte) error {
	log := slog.New(slog.NewTextHandler(c.ErrOrStderr(), nil))
	l, err := new(net.ListenConfig).Listen(c.Context(), "tcp", listen)
	if err != nil {
		return err
	}
	if media == "" {
		at := l.Addr().(*net.TCPAddr)
		media = net.JoinHostPort(at.IP.String(), strconv.Itoa(at.Port+1))
	}
	forward, err := sfu.Start(sfu.Config{Listen: media, Addresses: addresses, Log: log})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer forward.Stop()
	wall := clock.NewReal()
	metrics := newMediaMetrics()
	rooms := signaling.New(signaling.Deps{
		Gate: signaling.SecretGate{Secret: secret, Clock: wall}, Media: forward, Clock: wall, Log: log, Origins: origins, Meter: metrics,
	})
	defer rooms.Stop()
	web := http.NewServeMux()
	web.Handle("/ws", rooms)
	web.Handle("/metrics", metrics.serve(rooms))
	web.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		n, seats := rooms.Rooms()
		_, _ = fmt.Fprintf(w, "ok\nrooms %d\nseats %d\n", n, seats)
	})
	server := &http.Server{Handler: web, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	debug.SetGCPercent(mediaGC)
	debug.FreeOSMemory()
	lean()
	defer sfu.Every(time.Second, leanly())()
	_, _ = fmt.Fprintf(c.OutOrStdout(), "websocket ws://%s/ws\nmedia %s\npid %d\n", l.Addr(), forward.Addr(), os.Getpid())
	select {
	case err = <-failed:
	case <-c.Context().Done():
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), time.Second)
		defer cancel()
		rooms.Stop()
		err = server.Shutdown(ctx)
	}
	if errors.Is(err, http.ErrServerClosed) || strings.Contains(fmt.Sprint(err), "deadline") {
		return nil
	}
	return err
}
