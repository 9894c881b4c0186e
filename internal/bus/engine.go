package bus

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The streams; TIMERS is in timers.go.
const (
	eventsStream = "EVENTS"
	feedStream   = "FEED"
	deadStream   = "DEAD"
)

const (
	eventsKept = 14 * 24 * time.Hour // a consumer that was down longer has lost what came before
	feedKept   = 24 * time.Hour
	deadKept   = 90 * 24 * time.Hour
	// doublesKnown is how long the engine remembers message ids: the time a relay may be down between
	// publishing an event and taking it out of its document without the event coming twice.
	doublesKnown = 10 * time.Minute
)

// connect starts the engine in the process, or dials the cluster.
func (b *Bus) connect() error {
	opts := []nats.Option{
		nats.Name("housecall " + b.cfg.Node), nats.MaxReconnects(-1),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			b.log.Error("connection to the engine reported an error", "error", err)
		}),
	}
	url := b.cfg.URL
	if b.cfg.Dir != "" {
		if err := b.startServer(); err != nil {
			return err
		}
		url = ""
		opts = append(opts, nats.InProcessServer(b.server))
	}
	opts, err := b.known(opts)
	if err != nil {
		return err
	}
	if b.conn, err = nats.Connect(url, opts...); err != nil {
		return b.explain("connect", err)
	}
	// A server that dies takes acknowledgements with it: publish again soon, with the same ids.
	b.js, err = jetstream.New(b.conn, jetstream.WithPublishAsyncTimeout(ackSoon))
	return err
}

const (
	ackSoon   = 3 * time.Second
	pullFor   = 5 * time.Second
	signOfUse = time.Second
)

// watched is how a reader finds out that the server it read from is gone: on a cluster another goes on, but
// nobody tells.
func (b *Bus) watched() (expiry jetstream.PullExpiry, heartbeat jetstream.PullHeartbeat) {
	if b.server != nil {
		return jetstream.PullExpiry(30 * time.Second), jetstream.PullHeartbeat(15 * time.Second)
	}
	return jetstream.PullExpiry(pullFor), jetstream.PullHeartbeat(signOfUse)
}

// known adds who we are, and whose certificates we take.
func (b *Bus) known(opts []nats.Option) ([]nats.Option, error) {
	for key, file := range map[string]string{"bus_creds": b.cfg.Creds, "bus_ca": b.cfg.CA} {
		if file == "" {
			continue
		}
		if _, err := os.Stat(file); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	if b.cfg.Creds != "" {
		opts = append(opts, nats.UserCredentials(b.cfg.Creds))
	}
	if b.cfg.CA == "" {
		return opts, nil
	}
	pem, err := os.ReadFile(b.cfg.CA)
	if err != nil {
		return nil, fmt.Errorf("bus_ca: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("bus_ca: no certificate in %s", b.cfg.CA)
	}
	return append(opts, nats.Secure(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})), nil
}

// ErrInUse says that another process runs its engine on this folder.
var ErrInUse = errors.New("another housecall is running on this folder: stop it first, or ask the one that runs")

func (b *Bus) startServer() error {
	var err error
	if b.lock, err = lockFolder(b.cfg.Dir); err != nil {
		return err
	}
	b.server, err = server.NewServer(&server.Options{
		ServerName: "housecall", DontListen: true, NoSigs: true, DisableJetStreamBanner: true,
		JetStream: true, StoreDir: b.cfg.Dir,
	})
	if err != nil {
		return fmt.Errorf("set up the event engine: %w", err)
	}
	b.disk = newDisk(b.cfg.Dir)
	b.server.SetLoggerV2(serverLog{b.log}, false, false, false)
	b.server.Start()
	if !b.server.ReadyForConnections(10 * time.Second) {
		return errors.New("start the event engine: it was not ready after 10 s; see the log above")
	}
	return nil
}

// makeStreams creates what is missing and tells whether the timers must be set again.
func (b *Bus) makeStreams(ctx context.Context) (fresh bool, err error) {
	make := func(into *jetstream.Stream, cfg jetstream.StreamConfig) {
		if err != nil {
			return
		}
		cfg.Storage, cfg.Replicas = jetstream.FileStorage, b.cfg.Replicas
		if *into, err = b.js.CreateOrUpdateStream(ctx, cfg); err != nil {
			err = b.explain("make stream "+cfg.Name, err)
		}
	}
	if err := b.makeEvents(ctx); err != nil {
		return false, err
	}
	make(&b.feed, jetstream.StreamConfig{
		Name: feedStream, Subjects: []string{"feed.*"},
		MaxAge: feedKept, Duplicates: doublesKnown,
	})
	make(&b.dead, jetstream.StreamConfig{Name: deadStream, Subjects: []string{"dead.*"}, MaxAge: deadKept})
	if err != nil {
		return false, err
	}
	if b.leases, err = b.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: "LEASES",
		TTL:    b.cfg.LeaseTTL, Storage: b.leaseStorage(), Replicas: b.cfg.Replicas,
	}); err != nil {
		return false, b.explain("make bucket of leases", err)
	}
	return b.makeTimers(ctx)
}

// leaseStorage is memory in the process, where leases end with it. On a cluster a server that comes back must
// still know them: one that has forgotten can't choose a new leader together with another that has.
func (b *Bus) leaseStorage() jetstream.StorageType {
	if b.cfg.URL == "" {
		return jetstream.MemoryStorage
	}
	return jetstream.FileStorage
}

// serverLog hands what the engine in the process has to say to the log.
type serverLog struct{ log *slog.Logger }

func (l serverLog) Noticef(string, ...any) {}
func (l serverLog) Debugf(string, ...any)  {}
func (l serverLog) Tracef(string, ...any)  {}
func (l serverLog) Warnf(format string, args ...any) {
	l.log.Warn("event engine warned", "error", fmt.Sprintf(format, args...))
}

func (l serverLog) Errorf(format string, args ...any) {
	l.log.Error("event engine failed", "error", fmt.Sprintf(format, args...))
}

func (l serverLog) Fatalf(format string, args ...any) {
	l.log.Error("event engine gave up", "error", fmt.Sprintf(format, args...))
}
