package tracing

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Options say where spans go.
type Options struct {
	URL     string // of the collector, "http://localhost:4318"; empty: nothing is traced
	Token   string // bearer token for it; may be empty
	Part    float64
	Node    string
	Version string
}

// Tracing makes spans. Stop it.
type Tracing struct {
	trace.Tracer
	provider *sdk.TracerProvider // nil: off
}

// name is what the tracer is called by.
const name = "housecall"

// Off traces nothing.
func Off() *Tracing { return &Tracing{Tracer: noop.NewTracerProvider().Tracer(name)} }

// Start begins to send spans, so many of a hundred requests as Options say. Nobody waits for the collector:
// what it does not take is dropped.
func Start(o Options) (*Tracing, error) {
	if o.URL == "" {
		return Off(), nil
	}
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("trace.url is %q: say the collector's address for OTLP over HTTP, like http://localhost:4318", o.URL)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/v1/traces"
	}
	out := &exporter{url: u.String(), token: strings.TrimSpace(o.Token), http: &http.Client{Timeout: 10 * time.Second}}
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(out, sdk.WithBatchTimeout(2*time.Second)),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(o.Part))),
		sdk.WithResource(resource.NewSchemaless(
			attribute.String("service.name", name), attribute.String("service.version", o.Version), attribute.String("service.instance.id", o.Node),
		)),
	)
	return &Tracing{Tracer: provider.Tracer(name), provider: provider}, nil
}

// On tells whether anything is traced.
func (t *Tracing) On() bool { return t.provider != nil }

// Stop sends what is left.
func (t *Tracing) Stop(ctx context.Context) error {
	if t.provider == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	return t.provider.Shutdown(ctx)
}
