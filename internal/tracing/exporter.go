package tracing

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// exporter writes OTLP in JSON. The library's own brings gRPC and protobuf with it, several megabytes for
// one POST.
type exporter struct {
	url, token string
	http       *http.Client
}

// The parts of an ExportTraceServiceRequest that are used.
type (
	request struct {
		ResourceSpans []resourceSpans `json:"resourceSpans"`
	}
	resourceSpans struct {
		Resource   attributes   `json:"resource"`
		ScopeSpans []scopeSpans `json:"scopeSpans"`
	}
	attributes struct {
		Attributes []keyValue `json:"attributes"`
	}
	scopeSpans struct {
		Scope struct {
			Name string `json:"name"`
		} `json:"scope"`
		Spans []span `json:"spans"`
	}
	span struct {
		TraceID      string     `json:"traceId"`
		SpanID       string     `json:"spanId"`
		ParentSpanID string     `json:"parentSpanId,omitempty"`
		Name         string     `json:"name"`
		Kind         int        `json:"kind"`
		Start        string     `json:"startTimeUnixNano"`
		End          string     `json:"endTimeUnixNano"`
		Attributes   []keyValue `json:"attributes,omitempty"`
		Status       status     `json:"status"`
	}
	status struct {
		Code int `json:"code,omitempty"`
	}
	keyValue struct {
		Key   string `json:"key"`
		Value value  `json:"value"`
	}
	value struct {
		String *string `json:"stringValue,omitempty"`
		Int    *string `json:"intValue,omitempty"`
		Bool   *bool   `json:"boolValue,omitempty"`
	}
)

// failed is the code of a span that ended in an error.
const failed = 2

// ExportSpans implements sdk.SpanExporter.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if len(spans) == 0 {
		return nil
	}
	body, err := json.Marshal(requestOf(spans))
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if e.token != "" {
		r.Header.Set("Authorization", "Bearer "+e.token)
	}
	w, err := e.http.Do(r)
	if err != nil {
		return err
	}
	defer w.Body.Close() //nolint:errcheck // read to its end
	_, _ = io.Copy(io.Discard, io.LimitReader(w.Body, 1<<20))
	if w.StatusCode/100 != 2 {
		return fmt.Errorf("the collector of traces answered %d", w.StatusCode)
	}
	return nil
}

// Shutdown implements sdk.SpanExporter.
func (e *exporter) Shutdown(context.Context) error { return nil }

func requestOf(spans []sdk.ReadOnlySpan) request {
	group := scopeSpans{Spans: make([]span, 0, len(spans))}
	group.Scope.Name = name
	for _, s := range spans {
		one := span{
			TraceID: s.SpanContext().TraceID().String(), SpanID: s.SpanContext().SpanID().String(), Name: s.Name(),
			Kind: kinds[s.SpanKind()], Start: strconv.FormatInt(s.StartTime().UnixNano(), 10), End: strconv.FormatInt(s.EndTime().UnixNano(), 10),
			Attributes: keyValues(s.Attributes()),
		}
		if s.Parent().IsValid() {
			one.ParentSpanID = s.Parent().SpanID().String()
		}
		if s.Status().Code == codes.Error {
			one.Status.Code = failed
		}
		group.Spans = append(group.Spans, one)
	}
	return request{[]resourceSpans{{Resource: attributes{keyValues(spans[0].Resource().Attributes())}, ScopeSpans: []scopeSpans{group}}}}
}

// kinds are the numbers of OTLP.
var kinds = map[trace.SpanKind]int{
	trace.SpanKindUnspecified: 0, trace.SpanKindInternal: 1, trace.SpanKindServer: 2, trace.SpanKindClient: 3, trace.SpanKindProducer: 4, trace.SpanKindConsumer: 5,
}

func keyValues(all []attribute.KeyValue) []keyValue {
	out := make([]keyValue, 0, len(all))
	for _, a := range all {
		kv := keyValue{Key: string(a.Key)}
		switch a.Value.Type() {
		case attribute.BOOL:
			b := a.Value.AsBool()
			kv.Value.Bool = &b
		case attribute.INT64:
			n := strconv.FormatInt(a.Value.AsInt64(), 10)
			kv.Value.Int = &n
		default:
			s := a.Value.AsString()
			kv.Value.String = &s
		}
		out = append(out, kv)
	}
	return out
}
