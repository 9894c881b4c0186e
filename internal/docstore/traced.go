package docstore

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Traced is the store with a span for each read and write that is part of a trace. Spans name the
// collection, never the document.
func Traced(s Store, t trace.Tracer) Store { return traced{s, t} }

type traced struct {
	Store
	tracer trace.Tracer
}

// span begins one within a trace; outside of one, as in the relay, nothing is traced.
func (s traced) span(ctx context.Context, what, collection string) (context.Context, trace.Span) {
	if !trace.SpanContextFromContext(ctx).IsSampled() {
		return ctx, nil
	}
	return s.tracer.Start(ctx, "store "+what, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("db.operation.name", what), attribute.String("db.collection.name", collection)))
}

func end(span trace.Span, err error) {
	if span == nil {
		return
	}
	if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrExists) && !errors.Is(err, ErrStale) {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// Insert implements Store.
func (s traced) Insert(ctx context.Context, collection string, r Record) error {
	ctx, span := s.span(ctx, "insert", collection)
	err := s.Store.Insert(ctx, collection, r)
	end(span, err)
	return err
}

// Replace implements Store.
func (s traced) Replace(ctx context.Context, collection string, r Record) error {
	ctx, span := s.span(ctx, "replace", collection)
	err := s.Store.Replace(ctx, collection, r)
	end(span, err)
	return err
}

// Get implements Store.
func (s traced) Get(ctx context.Context, collection, id string) (Record, error) {
	ctx, span := s.span(ctx, "get", collection)
	r, err := s.Store.Get(ctx, collection, id)
	end(span, err)
	return r, err
}

// Find implements Store.
func (s traced) Find(ctx context.Context, collection string, q Query) (Found, error) {
	ctx, span := s.span(ctx, "find", collection)
	f, err := s.Store.Find(ctx, collection, q)
	end(span, err)
	return f, err
}

// traceOf is the trace that an event is part of, as W3C writes it; "" when nothing is traced.
func traceOf(ctx context.Context) string {
	c := trace.SpanContextFromContext(ctx)
	if !c.IsSampled() {
		return ""
	}
	return "00-" + c.TraceID().String() + "-" + c.SpanID().String() + "-" + c.TraceFlags().String()
}
