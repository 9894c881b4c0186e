package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

var (
	// ErrUnreachable says that nobody answered, or that the engine is not ready yet: what was asked may be
	// right. Try again later.
	ErrUnreachable = errors.New("nobody answered")
	// ErrForeign says that another service keeps its events here.
	ErrForeign = errors.New("another housecall")
)

// What the engine answers when a stream can't have its copies.
const (
	codeNoPeers    = 10005 // fewer servers are up than copies are asked for
	codeNoCluster  = 10074 // one server alone
	codeNotCurrent = 10008 // it is starting
)

// explain says what an operator can do about an engine that can't be used.
func (b *Bus) explain(what string, err error) error {
	if b.cfg.URL == "" {
		return fmt.Errorf("start the event engine: %s: %w", what, err)
	}
	var refused *jetstream.APIError
	errors.As(err, &refused)
	switch {
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount),
		refused != nil && refused.ErrorCode == jetstream.JSErrCodeJetStreamNotEnabledForAccount:
		return fmt.Errorf("NATS at %s has no JetStream for this account, and events must be kept: "+
			"turn it on in the server (jetstream {}) and in the account's limits: %w", b.cfg.URL, err)
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked),
		strings.Contains(strings.ToLower(err.Error()), "authorization violation"), strings.Contains(err.Error(), "nkeys:"):
		return fmt.Errorf("NATS at %s refuses these credentials: correct bus_creds: %w", b.cfg.URL, err)
	case refused != nil && refused.ErrorCode == codeNoCluster:
		return fmt.Errorf("NATS at %s is one server alone and can't keep %d copies: make it a cluster of three, "+
			"or say bus_replicas: 1 where events may be lost with that server: %w", b.cfg.URL, b.cfg.Replicas, err)
	case strings.Contains(err.Error(), "x509:"), strings.Contains(err.Error(), "tls:"):
		return fmt.Errorf("the certificate of NATS at %s is not trusted: name the file with its authority by bus_ca: %w", b.cfg.URL, err)
	case errors.Is(err, nats.ErrNoServers), errors.Is(err, nats.ErrTimeout), errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrNoResponders),
		errors.Is(err, jetstream.ErrNoStreamResponse), refused != nil && (refused.ErrorCode == codeNoPeers || refused.ErrorCode == codeNotCurrent):
		return fmt.Errorf("%w for events at NATS %s (%s): start it, or correct bus: %w", ErrUnreachable, b.cfg.URL, what, err)
	}
	return fmt.Errorf("%s at NATS %s: %w", what, b.cfg.URL, err)
}

// serviceMark stands in the metadata of the events: whose they are.
const serviceMark = "housecall-service"

// makeEvents makes the stream of events, or finds it and looks whose it is before it touches anything.
func (b *Bus) makeEvents(ctx context.Context) error {
	cfg := jetstream.StreamConfig{
		Name: eventsStream, Subjects: []string{"ev.>", "again.*"}, Storage: jetstream.FileStorage, Replicas: b.cfg.Replicas,
		MaxAge: eventsKept, Duplicates: doublesKnown,
	}
	if b.cfg.Service != "" {
		cfg.Metadata = map[string]string{serviceMark: b.cfg.Service}
	}
	var err error
	b.events, err = b.js.CreateStream(ctx, cfg)
	if err == nil {
		return nil
	}
	if !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return b.explain("make stream "+eventsStream, err)
	}
	if b.events, err = b.js.Stream(ctx, eventsStream); err != nil {
		return b.explain("look up stream "+eventsStream, err)
	}
	there := b.events.CachedInfo().Config.Metadata
	if whose := there[serviceMark]; whose != "" && b.cfg.Service != "" && whose != b.cfg.Service {
		return fmt.Errorf("the events at %s are those of %w (its documents are in another database): "+
			"give this one an account of its own there (bus_creds), or correct store", b.where(), ErrForeign)
	}
	if cfg.Metadata == nil {
		cfg.Metadata = maps.Clone(there)
	}
	if b.events, err = b.js.UpdateStream(ctx, cfg); err != nil {
		return b.explain("set up stream "+eventsStream, err)
	}
	return nil
}

func (b *Bus) where() string {
	if b.cfg.URL != "" {
		return "NATS " + b.cfg.URL
	}
	return b.cfg.Dir
}
