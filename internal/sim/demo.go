package sim

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"housecall/internal/app"
	"housecall/internal/clock"
	"housecall/internal/config"
	"housecall/internal/notify"
)

// DemoOptions are what a demo is told. The zero value is a demo on localhost:8080 that leaves nothing behind.
type DemoOptions struct {
	Data         string          // folder that is kept; empty: one that is removed at the end
	Listen       string          // empty: localhost:8080; port 0 takes a free one
	Store        string          // empty: a file in the data folder; or mongodb://...
	Speed        int             // of the service's clock; 0 is 1
	TLS          bool            // with a certificate of its own making
	Jurisdiction string          // empty: house
	Quiet        bool            // nobody acts by themselves, and every counter is open all night: nothing depends on the hour
	Backoff      []time.Duration // pauses between the tries of a part that fails; nil: the usual ones
	OpenAllNight bool            // every counter, though its people act by themselves
	Log          *slog.Logger
}

// Demo is an invented town on a running housecall. Stop it.
type Demo struct {
	App    *app.App
	URL    string // without a slash at the end
	People []*Person
	Took   time.Duration // from nothing to ready

	http   *http.Client // takes the town's own certificate
	dir    string       // to be removed; empty: kept
	clock  clock.Clock  // of the service
	outbox *notify.Outbox
	town   *town
	late   bool // every counter is open all night
}

// StartDemo starts housecall with the town of Lampford in it and answers once people can sign in.
func StartDemo(ctx context.Context, o DemoOptions) (*Demo, error) {
	wall := clock.NewReal()
	begun := wall.Now()
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	d := &Demo{People: townspeople(), clock: wall, http: trusting(), late: o.Quiet || o.OpenAllNight}
	if o.Speed > 1 {
		d.clock = clock.NewScaled(wall, o.Speed)
	}
	if err := d.open(ctx, o); err != nil {
		return nil, errors.Join(err, d.Stop(context.WithoutCancel(ctx)))
	}
	if err := d.seed(ctx, o.Jurisdiction); err != nil {
		return nil, errors.Join(fmt.Errorf("people the town: %w", err), d.Stop(context.WithoutCancel(ctx)))
	}
	if !o.Quiet {
		d.town = newTown(d, o, wall)
		d.town.start(context.WithoutCancel(ctx))
	}
	d.Took = wall.Now().Sub(begun)
	return d, nil
}

func (o DemoOptions) filled() (DemoOptions, error) {
	if o.Listen == "" {
		o.Listen = "localhost:8080"
	}
	if o.Jurisdiction == "" {
		o.Jurisdiction = "house"
	}
	if _, known := lands[o.Jurisdiction]; !known {
		return o, fmt.Errorf("jurisdiction is %q: say house, cn, us, eu or de", o.Jurisdiction)
	}
	if o.Store != "" && o.Data == "" {
		return o, errors.New("a store outlives a temporary folder, and the keys of its people are in the folder: name one that is kept, too, with --data town")
	}
	if o.Speed < 0 || o.Speed > 3600 {
		return o, fmt.Errorf("speed is %d: say 1 to 3600", o.Speed)
	}
	o.Speed = max(1, o.Speed)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	var err error
	o.Listen, err = freeAddress(o.Listen)
	return o, err
}

// freeAddress finds out whether the address can be listened on, and turns port 0 into a free one: the
// links in messages need to know it before anything runs.
func freeAddress(listen string) (string, error) {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("listen is %q: say it like localhost:8080 (%w)", listen, err)
	}
	l, err := net.Listen("tcp", listen) //nolint:noctx // closed at once
	if err != nil {
		return "", fmt.Errorf("can't listen on %s: %w. Is another housecall running there? Choose another with --listen localhost:8081", listen, err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return net.JoinHostPort(host, port), errors.Join(err, l.Close())
}

// open starts housecall on the demo's folder.
func (d *Demo) open(ctx context.Context, o DemoOptions) error {
	c := config.Default()
	c.Listen, c.Store, c.Jurisdiction, c.Currency, c.Node = o.Listen, o.Store, o.Jurisdiction, demoCurrency, "demo"
	c.Emergency, c.StopWithin = lands[o.Jurisdiction].emergency, 5*time.Second
	if c.Data = o.Data; c.Data == "" {
		dir, err := os.MkdirTemp("", "housecall-demo-")
		if err != nil {
			return fmt.Errorf("make a folder for the demo: %w", err)
		}
		d.dir, c.Data = dir, dir
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("can't make the folder %s, name another with --data: %w", c.Data, err)
	}
	scheme := "http"
	if o.TLS {
		scheme = "https"
		var err error
		if c.TLS.Cert, c.TLS.Key, err = selfSigned(c.Data); err != nil {
			return fmt.Errorf("make a certificate: %w", err)
		}
	}
	d.URL = scheme + "://" + reach(o.Listen, &c)
	c.PublicURL = d.URL
	secret, err := demoSecret(filepath.Join(c.Data, "secret"))
	if err != nil {
		return err
	}
	d.outbox = notify.NewOutbox(d.clock)
	d.App, err = app.Start(ctx, app.Options{Config: c, Log: o.Log, Clock: d.clock, Demo: true, Ground: lampfordGround(), Outbox: d.outbox, Secret: secret, Backoff: o.Backoff})
	return err
}

// reach is the host and port that the town is opened by. Where it listens for others than this machine,
// so do its calls and their relay.
func reach(listen string, c *config.Config) string {
	host, port, _ := net.SplitHostPort(listen)
	at := net.ParseIP(host)
	if host == "localhost" || at.IsLoopback() {
		return net.JoinHostPort("localhost", port)
	}
	c.Media.Listen, c.Turn.Listen = net.JoinHostPort(host, "0"), net.JoinHostPort(host, "0")
	if at != nil && !at.IsUnspecified() {
		return net.JoinHostPort(host, port)
	}
	for _, own := range ownAddresses() {
		if own.IsGlobalUnicast() {
			c.Turn.Host = own.String()
			break
		}
	}
	return net.JoinHostPort("localhost", port)
}

// demoSecret reads the secret of a kept folder, or makes one.
func demoSecret(file string) ([]byte, error) {
	raw, err := os.ReadFile(file) //nolint:gosec // in the folder that was named
	if err == nil && len(raw) >= 64 {
		return raw[:64], nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read the demo's secret: %w", err)
	}
	var b [32]byte
	_, _ = rand.Read(b[:])
	secret := []byte(hex.EncodeToString(b[:]))
	if err := os.WriteFile(file, secret, 0o600); err != nil {
		return nil, fmt.Errorf("keep the demo's secret: %w", err)
	}
	return secret, nil
}

// Stop sends everybody home, stops housecall and removes what was not to be kept.
func (d *Demo) Stop(ctx context.Context) error {
	var all []error
	if d.town != nil {
		d.town.stop()
	}
	if d.App != nil {
		all = append(all, d.App.Stop(ctx))
	}
	if d.dir != "" {
		all = append(all, os.RemoveAll(d.dir))
	}
	return errors.Join(all...)
}

// SignInDemoOperator signs in as the operator of a demo, with what every demo prints.
func SignInDemoOperator(ctx context.Context, url string, client *http.Client) (*Client, error) {
	c := &Client{Base: url, HTTP: client}
	a := &authenticator{secret: DemoOperatorSecret(), wall: clock.NewReal()}
	return c, signInStaff(ctx, c, DemoOperator, DemoPassword, a)
}
