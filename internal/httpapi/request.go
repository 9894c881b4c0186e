package httpapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json/jsontext"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// info is what the core knows of a request. It travels in the context from the first middleware to
// the handler, which receives the actor as a parameter.
type info struct {
	reference string
	remote    string
	token     string // of the session, for signing out
	actor     access.Actor
	cause     error // what went wrong inside, for the log
}

type infoKey struct{}

func infoOf(ctx context.Context) *info {
	i, _ := ctx.Value(infoKey{}).(*info)
	return i
}

func actorOf(ctx context.Context) access.Actor {
	if i := infoOf(ctx); i != nil {
		return i.actor
	}
	return access.Actor{Role: access.Nobody}
}

// remoteOf is the address that the request came from, for limits on guessing.
func remoteOf(ctx context.Context) string {
	if i := infoOf(ctx); i != nil {
		return i.remote
	}
	return ""
}

const (
	keyHeader = "Idempotency-Key"
	maxKey    = 200
	plainJSON = "application/json"
)

// admit is the core's work before a route's handler: who asks, whether they ever may, and whether
// the request is whole.
func (s *Server) admit(r Route) gin.HandlerFunc {
	return func(c *gin.Context) {
		i := infoOf(c.Request.Context())
		if err := s.identify(c, r, i); err != nil {
			refuse(c, err)
			return
		}
		if err := s.limiter.allow(i); err != nil {
			refuse(c, err)
			return
		}
		if err := s.guard.Route(i.actor, r.Action); err != nil {
			refuse(c, err)
			return
		}
		body, err := s.readBody(c, r)
		if err == nil {
			err = checkHeaders(c, r)
		}
		if err != nil {
			refuse(c, err)
			return
		}
		if key := c.GetHeader(keyHeader); r.needsKey() && key != "" {
			// The path with its ids is part of what was asked: one key for two orders is two requests.
			i.actor.Request = id.RequestOf(body, whoAsks(i), r.Method, c.Request.URL.Path, key)
		}
		c.Next()
	}
}

// whoAsks tells the keys of one person from another's; nobody is told apart by where they ask from.
func whoAsks(i *info) string {
	if i.actor.Account == "" {
		return "nobody at " + i.remote + string(i.actor.Visit)
	}
	return string(i.actor.Account)
}

func checkHeaders(c *gin.Context, r Route) error {
	if key := c.GetHeader(keyHeader); r.needsKey() && (key == "" || len(key) > maxKey) {
		return fault.New(fault.Malformed, "Send an Idempotency-Key of 1 to 200 characters, new for each thing you want done.").Coded("key-missing")
	}
	if !r.needsVersion() {
		return nil
	}
	match := c.GetHeader("If-Match")
	if match == "" {
		return fault.New(fault.VersionNeeded, "Send If-Match with the ETag of the version you read.").Coded("version-missing")
	}
	_, err := parseMatch(match)
	return err
}

// parseMatch reads an If-Match of one strong ETag, or "*", which is version 0. A list is refused:
// a change is made to the one version that was read.
func parseMatch(header string) (int64, error) {
	header = strings.TrimSpace(header)
	if header == "*" {
		return 0, nil
	}
	v, err := strconv.ParseInt(strings.Trim(header, `"`), 10, 64)
	if err != nil || v < 1 {
		return 0, fault.New(fault.Malformed, "If-Match takes one ETag as it was answered, or *.").Coded("version-unreadable")
	}
	return v, nil
}

// readBody reads the whole body, within the route's limit, and refuses what is not one strict JSON
// value: keys said twice, invalid UTF-8, something after the end. The parsers behind accept those.
func (s *Server) readBody(c *gin.Context, r Route) ([]byte, error) {
	if c.Request.Body == nil || c.Request.Body == http.NoBody || c.Request.ContentLength == 0 {
		return nil, nil
	}
	if c.Request.ContentLength > r.limit() {
		return nil, tooLarge(r)
	}
	_ = huma.SetReadDeadline(c.Writer, time.Now().Add(s.bodyTime)) //nolint:forbidigo // a limit of the connection, whatever time the service shows
	body, err := readWhole(http.MaxBytesReader(c.Writer, c.Request.Body, r.limit()), c.Request.ContentLength)
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, tooLarge(r)
		}
		return nil, fault.New(fault.Malformed, "What you sent did not arrive whole. Send it again.").Because(err)
	}
	if len(body) == 0 {
		return nil, nil
	}
	kind := c.GetHeader("Content-Type")
	if kind != plainJSON { // what nearly everybody sends needs no reading
		if kind, _, err = mime.ParseMediaType(kind); err != nil || (kind != plainJSON && !strings.HasSuffix(kind, "+json") && kind != "text/csv") {
			return nil, fault.New(fault.WrongType, "Send this as application/json.")
		}
	}
	if kind != "text/csv" {
		if err := strictJSON(body); err != nil {
			return nil, err
		}
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	c.Request.ContentLength = int64(len(body))
	return body, nil
}

// readWhole reads to the end. What says how long it is gets a buffer of that size, and a byte to meet the end with.
func readWhole(from io.Reader, length int64) ([]byte, error) {
	if length <= 0 {
		return io.ReadAll(from)
	}
	b := make([]byte, length+1)
	n, err := io.ReadFull(from, b)
	if int64(n) == length && errors.Is(err, io.ErrUnexpectedEOF) {
		return b[:n], nil
	}
	if err == nil {
		err = errors.New("the body is longer than it says")
	}
	return nil, err
}

func strictJSON(body []byte) error {
	if jsontext.Value(body).IsValid() {
		return nil
	}
	d := jsontext.NewDecoder(bytes.NewReader(body))
	_, err := d.ReadValue()
	if err == nil {
		if _, end := d.ReadToken(); errors.Is(end, io.EOF) {
			return nil
		}
	}
	f := fault.New(fault.Malformed, "This is not readable as JSON. Check that it is complete and names no field twice.").Coded("json-unreadable")
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) && syntax.JSONPointer != "" {
		return f.With(string(syntax.JSONPointer), "The text stops being JSON here, or the field stands here twice.")
	}
	return f
}

func tooLarge(r Route) error {
	return fault.New(fault.TooLarge, "This is too large. Send at most "+strconv.FormatInt(r.limit()>>10, 10)+" kB at once.")
}
