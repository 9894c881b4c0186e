package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
	if b.cfg.Creds != "" {
		opts = append(opts, nats.UserCredentials(b.cfg.Creds))
	}
	var err error
	if b.conn, err = nats.Connect(url, opts...); err != nil {
		return fmt.Errorf("connect to the event engine: %w", err)
	}
	b.js, err = jetstream.New(b.conn)
	return err
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
			err = fmt.Errorf("make stream %s: %w", cfg.Name, err)
		}
	}
	make(&b.events, jetstream.StreamConfig{
		Name: eventsStream, Subjects: []string{"ev.>", "again.*"},
		MaxAge: eventsKept, Duplicates: doublesKnown,
	})
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
		TTL:    b.cfg.LeaseTTL, Storage: jetstream.MemoryStorage, Replicas: b.cfg.Replicas,
	}); err != nil {
		return false, fmt.Errorf("make bucket of leases: %w", err)
	}
	return b.makeTimers(ctx)
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
