package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"housecall/internal/backup"
	"housecall/internal/billing"
	"housecall/internal/blob"
	"housecall/internal/bus"
	"housecall/internal/clock"
	"housecall/internal/config"
	"housecall/internal/delivery"
	"housecall/internal/docstore"
	"housecall/internal/docstore/mongo"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/event"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
	"housecall/internal/tracing"
)

// files is what the app wants of a keeper of files.
type files interface {
	blob.Store
	backup.Files
	Ping(ctx context.Context) error
}

// openEngines opens documents, events and files, and makes sure that all of them are this service's.
func (a *App) openEngines(ctx context.Context, o *Options, e *engines) error {
	c := o.Config
	wait := patience{c.StartWithin, o.Log}
	err := wait.until(ctx, "store", func() (err error) { a.Store, err = openStore(ctx, c); return err })
	if err != nil {
		return err
	}
	if a.tracing.On() {
		a.Store = docstore.Traced(a.Store, a.tracing)
	}
	service, err := docstore.Service(ctx, a.Store)
	if err != nil {
		return fmt.Errorf("ask whose documents these are: %w", err)
	}
	err = wait.until(ctx, "bus", func() (err error) {
		a.Bus, err = bus.Start(ctx, busConfig(*o, e, service), bus.Deps{Store: a.Store, Clock: e.clock, Log: o.Log, Tracer: a.tracing})
		return err
	})
	if err != nil {
		return fmt.Errorf("start events: %w", err)
	}
	err = wait.until(ctx, "files", func() (err error) { a.Files, err = openFiles(ctx, c, e); return err })
	if err != nil {
		return fmt.Errorf("open files: %w", err)
	}
	if err := claim(ctx, a.Files, service); err != nil {
		return err
	}
	e.store, e.bus, e.files = a.Store, a.Bus, a.Files
	return nil
}

// busConfig says where events are, and whose.
func busConfig(o Options, e *engines, service string) bus.Config {
	c, node := o.Config, e.node
	if o.tool {
		node += "-tool" // the node itself may be running, and its leases are its own
	}
	return bus.Config{
		Dir: busDir(c), URL: c.Bus, Creds: c.BusCreds, CA: c.BusCA, Replicas: c.Replicas, Node: node, Service: service, Idle: o.tool, ClockTimers: o.TestTimers, Backoff: o.Backoff,
		Ahead: ahead(),
	}
}

// ahead lists what stands between paying for an order and a courier who is asked.
func ahead() []event.Kind {
	return []event.Kind{
		order.EventPlacing, order.EventPaying, order.EventPlaced, billing.PaymentAuthorised, pharmacy.KindOffered,
		delivery.JobPlanned, delivery.JobReadied, delivery.JobOffered, delivery.JobAccepted, delivery.JobDeclined,
	}
}

// claim marks a bucket as this service's. The folder is in the data folder, with which it belongs together.
func claim(ctx context.Context, f files, service string) error {
	b, shared := f.(*blob.Bucket)
	if !shared {
		return nil
	}
	return b.Claim(ctx, service)
}

// openFiles opens a bucket, or the folder in the data folder.
func openFiles(ctx context.Context, c config.Config, e *engines) (files, error) {
	if c.Files.URL == "" {
		f, err := blob.New(filepath.Join(c.Data, "files"), config.Key(e.secret, "files"), e.wall, c.PublicURL)
		if err != nil {
			return nil, err
		}
		return f, nil
	}
	secret, err := config.ReadSecret(c.Files.SecretFile)
	if err != nil {
		return nil, fmt.Errorf("files.secret_file: %w", err)
	}
	b, err := blob.OpenBucket(ctx, blob.BucketConfig{
		URL: c.Files.URL, PublicURL: c.Files.PublicURL, Name: c.Files.Bucket, AccessKey: c.Files.AccessKey, Secret: secret,
		CA: c.Files.CA, Region: c.Files.Region, Plain: c.Files.Encryption == "disk", Keep: c.Files.Keep,
	}, e.wall)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// ErrUnreachable says that an engine did not answer for as long as the start waits. Nothing was begun.
var ErrUnreachable = errors.New("an engine can't be reached")

// patience waits for engines that start beside this node.
type patience struct {
	within time.Duration
	log    *slog.Logger
}

// until tries again, with growing pauses, while nobody answers; any other refusal is final.
func (p patience) until(ctx context.Context, engine string, open func() error) error {
	end := clock.NewReal().Now().Add(p.within)
	for pause := 250 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := open()
		if !errors.Is(err, mongo.ErrUnreachable) && !errors.Is(err, bus.ErrUnreachable) && !errors.Is(err, blob.ErrUnreachable) {
			return err
		}
		if left := end.Sub(clock.NewReal().Now()); left < pause {
			return fmt.Errorf("%w, asked for %s: %w", ErrUnreachable, p.within, err)
		}
		p.log.WarnContext(ctx, "engine did not answer", "engine", engine, "error", err, "pause", pause)
		again := time.NewTimer(pause) //nolint:forbidigo // engines start in real time
		select {
		case <-ctx.Done():
			again.Stop()
			return ctx.Err()
		case <-again.C:
		}
	}
}

// openTracing begins to send traces, where a collector is configured.
func openTracing(c config.Config, node string) (*tracing.Tracing, error) {
	token, err := config.ReadSecret(c.Trace.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("trace.token_file: %w", err)
	}
	return tracing.Start(tracing.Options{URL: c.Trace.URL, Token: token, Part: c.Trace.Part, Node: node, Version: Version})
}

// openStore opens the documents: a file in the data folder, or a MongoDB.
func openStore(ctx context.Context, c config.Config) (docstore.Store, error) {
	switch {
	case c.Store == "":
		s, err := sqlite.Open(ctx, filepath.Join(c.Data, "housecall.db"))
		if err != nil {
			return nil, err
		}
		return s, nil
	case strings.HasPrefix(c.Store, "mongodb://"), strings.HasPrefix(c.Store, "mongodb+srv://"):
		s, err := mongo.Open(ctx, c.Store)
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	return nil, fmt.Errorf("store is %q: leave it empty for a file in the data folder, or say mongodb://host/database", c.Store)
}
