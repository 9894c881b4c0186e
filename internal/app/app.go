package app

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"housecall/internal/billing"
	"housecall/internal/bus"
	"housecall/internal/clock"
	"housecall/internal/config"
	"housecall/internal/dispatcher"
	"housecall/internal/docstore"
	"housecall/internal/httpapi"
	"housecall/internal/identity"
	"housecall/internal/journey"
	"housecall/internal/notify"
	"housecall/internal/tlsport"
	"housecall/internal/tracing"
	"housecall/internal/web"
)

// Options are what a run is told beside the configuration.
type Options struct {
	Config config.Config
	Log    *slog.Logger
	Clock  clock.Clock // of the service; nil: the machine's
	Demo   bool        // light passwords, no limits, messages to an outbox page
	Outbox *notify.Outbox
	Secret []byte // nil: read from the configuration's file
	// Gateway, Mailer and Texter are the outside; nil: as configured.
	Gateway billing.Gateway
	Mailer  notify.Mailer
	Texter  notify.Texter
	// Ground is what maps are drawn on, where the configuration names no tile server.
	Ground web.Ground
	// TestTimers is the only clock of a test, and timers fire when it is advanced.
	TestTimers *clock.Fake
	// Backoff lists the pauses between the tries of a part that fails; nil: the usual nine, over half an hour.
	Backoff []time.Duration

	adminToken []byte
	tool       bool // nothing is relayed, forwarded or sent
}

func (o Options) identityLimits() identity.Limits {
	if !o.Demo {
		return identity.UsualLimits()
	}
	return identity.Limits{CodesPerAddress: 1000, CodesPerRemote: 100_000, TextsPerRemote: 100_000, TriesPerRemote: 100_000}
}

// App is a running housecall. Stop it.
type App struct {
	*Services
	Store   docstore.Store
	Bus     *bus.Bus
	Files   files
	API     *httpapi.Server
	Metrics *prometheus.Registry

	log        *slog.Logger
	tracing    *tracing.Tracing
	dispatcher *dispatcher.Dispatcher
	server     *http.Server
	listener   net.Listener
	port       *tlsport.Port // nil where somebody else ends TLS
	calls      *calls
	served     chan error
	stopWithin time.Duration
	drain      time.Duration
	leaving    atomic.Bool // it stops: whoever balances should turn to others
	stopOnce   sync.Once
	stopped    error // what the one stop came to
}

// Start opens the engines, starts every loop and listens. What was opened before something failed is
// closed again.
func Start(ctx context.Context, o Options) (*App, error) {
	a := newApp(o)
	e, err := a.assemble(ctx, &o)
	if err == nil {
		err = a.run(ctx, o, e)
	}
	if err == nil {
		err = a.listen(ctx, o, e)
	}
	collectLess()
	return a.orClose(ctx, err)
}

// Open opens the engines and builds the services, for a tool; no loop runs and nobody is served.
func Open(ctx context.Context, o Options) (*App, error) {
	o.Outbox, o.tool = notify.NewOutbox(clock.NewReal()), true
	a := newApp(o)
	_, err := a.assemble(ctx, &o)
	return a.orClose(ctx, err)
}

func newApp(o Options) *App {
	return &App{log: o.Log, Metrics: prometheus.NewRegistry(), served: make(chan error, 1), stopWithin: o.Config.StopWithin, drain: o.Config.Drain}
}

func (a *App) orClose(ctx context.Context, err error) (*App, error) {
	if err == nil {
		return a, nil
	}
	return nil, errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
}

func (a *App) assemble(ctx context.Context, o *Options) (engines, error) {
	e, err := a.open(ctx, o)
	if err != nil {
		return e, err
	}
	if a.Services, err = build(ctx, o.Config, *o, e); err != nil {
		return e, fmt.Errorf("start the services: %w", err)
	}
	return e, nil
}

// open reads the secrets and opens documents, events and files.
func (a *App) open(ctx context.Context, o *Options) (engines, error) {
	e, err := a.keys(o)
	if err != nil {
		return e, err
	}
	if err := a.openEngines(ctx, o, &e); err != nil {
		return e, err
	}
	return e, outside(ctx, o.Config, o, &e)
}

// keys reads the secrets, and what the run is told of clocks and names.
func (a *App) keys(o *Options) (engines, error) {
	c := o.Config
	e := engines{clock: o.Clock, wall: clock.NewReal(), log: o.Log, mailer: o.Mailer, texter: o.Texter, gateway: o.Gateway, secret: o.Secret, node: c.Node}
	if o.TestTimers != nil {
		e.clock, e.wall = o.TestTimers, o.TestTimers
	}
	if e.clock == nil {
		e.clock = e.wall
	}
	if c.Drill.ClockJump != 0 {
		o.Log.Warn("the clock of this node will jump, as the fault drill asked", "duration", c.Drill.ClockJump)
		e.clock = clock.NewJump(e.clock, c.Drill.ClockJump, 5*time.Second)
	}
	if e.node == "" {
		e.node, _ = os.Hostname()
	}
	var err error
	if e.secret == nil {
		if e.secret, err = c.Secret(); err != nil {
			return e, err
		}
	}
	if token, err := config.ReadSecret(c.AdminTokenFile); err != nil {
		return e, fmt.Errorf("admin_token_file: %w", err)
	} else if token != "" {
		sum := sha256.Sum256([]byte(token))
		o.adminToken = sum[:]
	}
	if e.carriers, err = carrierSecret(c); err != nil {
		return e, err
	}
	if e.proxies, err = c.TrustedProxies(); err != nil {
		return e, err
	}
	if a.tracing, err = openTracing(c, e.node); err != nil {
		return e, err
	}
	return e, nil
}

func busDir(c config.Config) string {
	if c.Bus != "" {
		return ""
	}
	return filepath.Join(c.Data, "events")
}

// run sets journeys, timers and loops going.
func (a *App) run(ctx context.Context, o Options, e engines) error {
	j := journey.New(journey.Deps{
		Intake: a.Intake, Consult: a.Consult, Prescribing: a.Prescribing, Pharmacy: a.Pharmacy, Order: a.Order,
		Delivery: a.Delivery, Billing: a.Billing, Support: a.Support, Paces: a.Forecast, Limits: forOrder{a.Services}, Log: e.log,
	})
	if err := j.Subscribe(a.Bus); err != nil {
		return err
	}
	if err := a.timers(a.Bus); err != nil {
		return err
	}
	if err := a.listeners(a.Bus); err != nil {
		return err
	}
	if err := a.measure(a.Bus); err != nil {
		return err
	}
	if err := a.startHousekeeping(ctx, a.Bus, o.Config, e); err != nil {
		return err
	}
	seen := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "housecall_job_seen_seconds",
		Help: "From order placed to its job seen by the dispatcher.", Buckets: prometheus.ExponentialBuckets(.001, 2, 14),
	})
	a.Metrics.MustRegister(seen)
	leases, news := dispatcher.OverBus(a.Bus, e.node)
	a.dispatcher = dispatcher.New(dispatcher.Deps{
		Delivery: a.Delivery, Clock: e.clock, Leases: leases, News: news, Log: e.log, Roads: e.roads,
		Seen: func(d time.Duration) { seen.Observe(d.Seconds()) },
	})
	return a.dispatcher.Start(ctx)
}

// listen serves HTTP.
func (a *App) listen(ctx context.Context, o Options, e engines) error {
	c := o.Config
	var err error
	a.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; is another housecall running? choose another with --listen", c.Listen, err)
	}
	web := a.listener
	if c.TLS.Cert != "" {
		pair, err := tls.LoadX509KeyPair(c.TLS.Cert, c.TLS.Key)
		if err != nil {
			return errors.Join(fmt.Errorf("tls.cert, tls.key: %w", err), a.listener.Close())
		}
		a.port = tlsport.Serve(a.listener, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
		web = a.port.Web()
	}
	if err := a.openCalls(ctx, o, e, a.port); err != nil {
		return errors.Join(err, a.closeListener())
	}
	a.API = a.api(o, e)
	silent := &newcomers{silent: map[net.Conn]struct{}{}}
	a.server = &http.Server{
		Handler: tlsport.Handler(a.API), ConnContext: tlsport.ConnContext, ConnState: silent.see,
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	a.server.RegisterOnShutdown(silent.sendAway)
	a.server.RegisterOnShutdown(a.Bus.EndFeeds) // they do not end by themselves, and stopping waits for every request
	go func() { a.served <- a.server.Serve(web) }()
	return nil
}

func (a *App) closeListener() error {
	if a.port != nil {
		return a.port.Close()
	}
	return a.listener.Close()
}

// Addr is where the app listens, "127.0.0.1:8080".
func (a *App) Addr() string { return a.listener.Addr().String() }

// Port is the port that the app listens on.
func (a *App) Port() string {
	_, port, _ := net.SplitHostPort(a.Addr())
	return port
}

// Wait returns when serving has ended by itself.
func (a *App) Wait() error {
	err := <-a.served
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Stop answers what is in flight, then stops the loops, the events and the documents, in that order.
// Nothing acknowledged is lost. Who stops it again waits for the first stop, and hears the same.
func (a *App) Stop(ctx context.Context) error {
	a.stopOnce.Do(func() { a.stopped = a.stop(ctx) })
	return a.stopped
}

func (a *App) stop(ctx context.Context) error {
	a.turnAway(ctx)
	if a.stopWithin > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, a.stopWithin)
		defer cancel()
	}
	var all []error
	if a.server != nil {
		all = append(all, a.stopServing(ctx))
	} else if a.calls != nil {
		a.calls.stop(ctx)
	}
	if a.dispatcher != nil {
		a.dispatcher.Stop()
	}
	if a.Bus != nil {
		all = append(all, a.Bus.Stop(ctx))
	}
	if a.Services != nil {
		all = append(all, a.stopServices(ctx))
	}
	if a.Store != nil {
		all = append(all, a.Store.Close())
	}
	if a.tracing != nil {
		all = append(all, a.tracing.Stop(ctx))
	}
	return errors.Join(all...)
}

// turnAway says on /readyz that this node stops, and still answers for a while.
func (a *App) turnAway(ctx context.Context) {
	if a.leaving.Swap(true) || a.server == nil || a.drain <= 0 {
		return
	}
	over := time.NewTimer(a.drain) //nolint:forbidigo // a balancer looks in real time
	defer over.Stop()
	select {
	case <-ctx.Done():
	case <-over.C:
	}
}

// stopServing lets calls end or move, answers what is in flight, and closes the port.
func (a *App) stopServing(ctx context.Context) error {
	var all []error
	a.calls.stop(ctx)
	if err := a.server.Shutdown(ctx); err != nil {
		all = append(all, a.server.Close())
	}
	if a.port != nil {
		all = append(all, a.port.Close())
	}
	return errors.Join(all...)
}

func (a *App) stopServices(ctx context.Context) error {
	var all []error
	if a.Notify != nil {
		all = append(all, a.Notify.Stop(ctx))
	}
	if a.Trail != nil {
		all = append(all, a.Trail.Stop(ctx))
	}
	return errors.Join(all...)
}

// ready names what is missing.
func (a *App) ready(ctx context.Context) map[string]string {
	missing := map[string]string{}
	if a.leaving.Load() {
		missing["node"] = "it is stopping"
	}
	if err := a.Files.Ping(ctx); err != nil {
		missing["files"] = brief(err)
	}
	if err := a.Store.Ping(ctx); err != nil {
		missing["store"] = brief(err)
	}
	if err := a.Bus.Ping(ctx); err != nil {
		missing["events"] = brief(err)
	}
	if err := a.calls.ready(ctx); err != nil {
		missing["relay"] = brief(err)
	}
	return missing
}

// brief is the first line of an error, for whoever watches.
func brief(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
