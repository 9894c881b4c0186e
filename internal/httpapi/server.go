package httpapi

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/fault"
)

// Deps is what the server stands on. All are required but Mounts.
type Deps struct {
	Auth    Authenticator
	Guard   *access.Guard
	Clock   clock.Clock
	Log     *slog.Logger
	Metrics *prometheus.Registry
	Limits  Limits
	Proxies Proxies // in front; their word is taken for where a request came from
	Version string
	// Tracer makes a span of each request; nil: none. What a caller says of a trace is not believed.
	Tracer trace.Tracer
	// Ready names what is missing, by part; empty: every request would be answered.
	Ready func(ctx context.Context) map[string]string
	// Timeout is how long one request may take; streams and files set their own.
	Timeout time.Duration
	// BodyTime is how long a body may take to arrive; 0: half a minute. Files set their own.
	BodyTime time.Duration
	// Mounts are the handlers beside the API: "GET /blob/*key". They get the actor from their own route.
	Mounts []Mount
	// Fallback serves the web app for every other path; nil: not found.
	Fallback http.Handler
}

// Mount is a handler that speaks for itself: a stream, a file. It is judged like a route.
type Mount struct {
	Method, Path string
	Action       access.Action
	Handle       func(w http.ResponseWriter, r *http.Request, a access.Actor)
	Limited      bool // counts like a request of the API
}

// Server answers HTTP.
type Server struct {
	guard    *access.Guard
	auth     Authenticator
	clock    clock.Clock
	log      *slog.Logger
	limiter  *limiter
	proxies  Proxies
	timeout  time.Duration
	bodyTime time.Duration
	tracer   trace.Tracer
	gin      *gin.Engine
	api      huma.API
	formats  map[string]huma.Format
	routes   []Route
	seconds  *timings
}

// New builds the server from its resources. Two routes with one method and path are a mistake that panics.
func New(d Deps, resources ...[]Route) *Server {
	gin.SetMode(gin.ReleaseMode)
	s := &Server{
		guard: d.Guard, auth: d.Auth, clock: d.Clock, log: d.Log, timeout: d.Timeout, bodyTime: cmp.Or(d.BodyTime, 30*time.Second),
		limiter: newLimiter(d.Limits, d.Clock), proxies: d.Proxies, gin: gin.New(), tracer: d.Tracer,
	}
	s.seconds = newTimings()
	d.Metrics.MustRegister(s.seconds)
	s.gin.HandleMethodNotAllowed = true
	_ = s.gin.SetTrustedProxies(nil) // Proxies alone say where a request came from, never gin
	s.gin.Use(s.watch, s.recover)
	s.gin.NoMethod(func(c *gin.Context) {
		c.AbortWithStatus(http.StatusMethodNotAllowed)
		writeProblem(c, newProblem(http.StatusMethodNotAllowed, "This address does not take that method. Look at /docs."))
	})
	s.gin.NoRoute(s.fallback(d.Fallback))
	s.health(d)
	config := humaConfig(d.Version)
	s.formats, s.api = config.Formats, humagin.New(s.gin, config)
	for _, routes := range resources {
		for _, r := range routes {
			s.add(r)
		}
	}
	for _, m := range d.Mounts {
		s.mount(m)
	}
	s.document()
	return s
}

// humaConfig leaves out what huma adds that we do ourselves: its documentation page loads from
// elsewhere, its links and $schema fields tell nobody anything.
func humaConfig(version string) huma.Config {
	config := huma.DefaultConfig("housecall", version)
	config.CreateHooks = nil
	config.Formats = formats()
	config.DocsPath, config.SchemasPath, config.OpenAPIPath = "", "", ""
	config.RejectUnknownQueryParameters = true
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	config.Info.Description = "Telemedicine with medicine at the door. Every refusal is application/problem+json; " +
		"every POST takes an Idempotency-Key; every edit takes If-Match."
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "http", Scheme: "bearer", Description: "The token that signing in answered."},
	}
	config.Security = []map[string][]string{{"session": {}}}
	setHuma()
	return config
}

// setHuma sets what huma keeps for the whole process, once: servers may be built side by side.
var setHuma = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true
	huma.NewErrorWithContext = humaProblem
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return humaProblem(nil, status, msg, errs...)
	}
})

// schemaName names a type in the description: those of a capability with its package before them,
// since two may call their own thing a line.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	pkg := path.Base(t.PkgPath())
	if !strings.HasPrefix(t.PkgPath(), "housecall/") || pkg == "httpapi" || strings.HasPrefix(strings.ToLower(name), pkg) {
		return name
	}
	return strings.ToUpper(pkg[:1]) + pkg[1:] + name
}

// add registers a route: Gin runs the core's checks first, then huma decodes and calls the handler.
func (s *Server) add(r Route) {
	op := r.operation()
	if s.guard.Route(access.Actor{Role: access.Nobody}, r.Action) == nil {
		op.Security = []map[string][]string{}
	}
	group := s.gin.Group("", s.admit(r))
	api := humagin.NewWithGroup(s.gin, group, huma.Config{
		OpenAPI: s.api.OpenAPI(), Formats: s.formats,
		DefaultFormat: "application/json", RejectUnknownQueryParameters: true,
	})
	r.register(api, op)
	s.routes = append(s.routes, r)
}

func (s *Server) mount(m Mount) {
	r := Route{Method: m.Method, Path: m.Path, Action: m.Action, withoutKey: true}
	s.gin.Handle(m.Method, m.Path, func(c *gin.Context) {
		i := infoOf(c.Request.Context())
		err := s.identify(c, r, i)
		if err == nil && m.Limited {
			err = s.limiter.allow(i)
		}
		if err == nil {
			err = s.guard.Route(i.actor, m.Action)
		}
		if err != nil {
			refuse(c, err)
			return
		}
		m.Handle(c.Writer, c.Request, i.actor)
	})
}

// Routes lists the table of routes, by path and method.
func (s *Server) Routes() []Route {
	out := slices.Clone(s.routes)
	slices.SortFunc(out, func(a, b Route) int {
		return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
	})
	return out
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.gin.ServeHTTP(w, r) }

// watch gives every request its reference and its time limit, and leaves one line in the log and one
// sample in the histogram. The line names the route, never the path: a path holds ids only, a query may not.
func (s *Server) watch(c *gin.Context) {
	begun := time.Now() //nolint:forbidigo // how long the machine took, whatever time the service shows
	i := &info{reference: reference(), remote: s.proxies.remote(c.Request), actor: access.Actor{Role: access.Nobody}}
	ctx := context.WithValue(c.Request.Context(), infoKey{}, i)
	if s.timeout > 0 && (strings.HasPrefix(c.FullPath(), Base) || strings.HasPrefix(c.FullPath(), FHIRBase)) && !lasting(c.FullPath()) {
		limited := &timeLimit{Context: ctx, until: begun.Add(s.timeout)}
		defer limited.stop()
		ctx = limited
	}
	ctx, ended := s.traced(ctx, c)
	c.Request = c.Request.WithContext(ctx)
	secure(c)
	c.Writer.Header()["X-Request-Id"] = []string{i.reference}
	c.Next()
	took := time.Since(begun) //nolint:forbidigo // as above
	route, status := c.FullPath(), c.Writer.Status()
	ended(i, status)
	s.seconds.observe(c.Request.Method, route, status, took)
	level := slog.LevelDebug
	if i.cause != nil {
		level = slog.LevelError
	}
	if !s.log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request_id", i.reference), slog.String("method", c.Request.Method), slog.String("route", cmp.Or(route, "none")),
		slog.Int("status", status), slog.Int64("duration_ms", took.Milliseconds()), slog.String("role", string(i.actor.Role)),
	}
	if i.cause != nil {
		attrs = append(attrs, logCause(i.cause))
	}
	s.log.LogAttrs(ctx, level, "request answered", attrs...)
}

// lasting tells a route that is answered for as long as somebody follows it.
func lasting(route string) bool {
	return strings.HasSuffix(route, "/feed") || strings.HasSuffix(route, "/ws")
}

func reference() string {
	const digits = "0123456789ABCDEF"
	drawn := rand.Uint64()
	text := [15]byte{'H', 'C', '-'}
	for i := 3; i < len(text); i++ {
		text[i] = digits[drawn&15]
		drawn >>= 4
	}
	return string(text[:])
}

// secure sets what every answer carries.
func secure(c *gin.Context) {
	h := c.Writer.Header()
	h["X-Content-Type-Options"], h["Referrer-Policy"], h["X-Frame-Options"] = nosniff, noReferrer, denied
	if strings.HasPrefix(c.Request.URL.Path, "/api/") {
		h["Cache-Control"] = noStore
	}
}

// Headers that every answer bears, made once; whoever says otherwise sets a list of its own.
var nosniff, noReferrer, denied, noStore = []string{"nosniff"}, []string{"no-referrer"}, []string{"DENY"}, []string{"no-store"}

// recover turns a panic into a 500 that tells nothing.
func (s *Server) recover(c *gin.Context) {
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
				panic(p)
			}
			refuse(c, fmt.Errorf("panic in %s: %v", c.FullPath(), p))
		}
	}()
	c.Next()
}

func (s *Server) fallback(app http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		at := c.Request.URL.Path
		if app == nil || strings.HasPrefix(at, "/api/") || strings.HasPrefix(at, "/blob/") || strings.HasPrefix(at, "/fhir") {
			refuse(c, fault.New(fault.NotFound, "There is nothing at this address. Look at /docs."))
			return
		}
		c.Status(http.StatusOK)
		app.ServeHTTP(c.Writer, c.Request)
	}
}

func writeProblem(c *gin.Context, p *Problem) {
	if i := infoOf(c.Request.Context()); i != nil {
		p.Reference = i.reference
	}
	c.Header("Content-Type", problemType)
	c.JSON(p.Status, p)
}
