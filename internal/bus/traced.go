package bus

import (
	"context"
	"encoding/hex"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"housecall/internal/event"
)

// span begins the handling of an event, within the trace of the change that announced it. A timer begins
// nothing: what set it is long over.
func (c *consumer) span(ctx context.Context, e event.Event) (context.Context, trace.Span) {
	from, ok := spanContextOf(e.Trace)
	if c.bus.tracer == nil || !ok || e.Due != nil {
		return ctx, nil
	}
	return c.bus.tracer.Start(trace.ContextWithRemoteSpanContext(ctx, from), "handle "+string(e.Kind), trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithAttributes(attribute.String("messaging.consumer.group.name", c.name), attribute.String("event.kind", string(e.Kind))))
}

func ended(span trace.Span, err error) {
	if span == nil {
		return
	}
	if err != nil {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// spanContextOf reads a traceparent.
func spanContextOf(parent string) (trace.SpanContext, bool) {
	parts := strings.Split(parent, "-")
	if len(parts) != 4 {
		return trace.SpanContext{}, false
	}
	id, err := trace.TraceIDFromHex(parts[1])
	if err != nil {
		return trace.SpanContext{}, false
	}
	span, err := trace.SpanIDFromHex(parts[2])
	if err != nil {
		return trace.SpanContext{}, false
	}
	flags, err := hex.DecodeString(parts[3])
	if err != nil || len(flags) != 1 {
		return trace.SpanContext{}, false
	}
	c := trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: span, TraceFlags: trace.TraceFlags(flags[0]), Remote: true})
	return c, c.IsValid()
}
