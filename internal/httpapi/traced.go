package httpapi

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// traced begins the span of a request, which names the route and never the path. What lasts, a feed or a
// call, and what nobody routed is not traced.
func (s *Server) traced(ctx context.Context, c *gin.Context) (context.Context, func(i *info, status int)) {
	route := c.FullPath()
	if s.tracer == nil || route == "" || lasting(route) {
		return ctx, func(*info, int) {}
	}
	ctx, span := s.tracer.Start(ctx, c.Request.Method+" "+route, trace.WithSpanKind(trace.SpanKindServer))
	return ctx, func(i *info, status int) {
		span.SetAttributes(
			attribute.String("http.request.method", c.Request.Method), attribute.String("http.route", route),
			attribute.Int("http.response.status_code", status), attribute.String("role", string(i.actor.Role)),
		)
		if status >= http.StatusInternalServerError {
			span.SetStatus(otelcodes.Error, "")
		}
		span.End()
	}
}
