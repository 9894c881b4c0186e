package httpapi

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"housecall/internal/access"
)

// Base is where the API stands.
const Base = "/api/v1"

// Route is one line of the table of routes: what is asked, the action it is judged by, and how it
// is answered.
type Route struct {
	Method, Path string // the path below Base, with {parameters}
	Action       access.Action
	Summary      string

	withoutKey bool
	status     int
	bodyLimit  int64
	register   func(api huma.API, op huma.Operation)
}

// handler answers one route for one actor.
type handler[In, Out any] func(ctx context.Context, a access.Actor, in *In) (*Out, error)

func route[In, Out any](method, path string, action access.Action, summary string, h handler[In, Out]) Route {
	return Route{
		Method: method, Path: path, Action: action, Summary: summary,
		register: func(api huma.API, op huma.Operation) {
			describeFile[Out](&op)
			huma.Register(api, op, func(ctx context.Context, in *In) (*Out, error) {
				out, err := h(ctx, actorOf(ctx), in)
				if err != nil {
					return nil, problemOf(ctx, err)
				}
				return out, nil
			})
		},
	}
}

// describeFile names what kind of file an answer is, where its body bears a contentType: huma takes every
// body for JSON.
func describeFile[Out any](op *huma.Operation) {
	t := reflect.TypeFor[Out]()
	if t.Kind() != reflect.Struct {
		return
	}
	body, found := t.FieldByName("Body")
	kind := body.Tag.Get("contentType")
	if !found || kind == "" {
		return
	}
	status := op.DefaultStatus
	if status == 0 {
		status = http.StatusOK
	}
	schema := &huma.Schema{Type: "string", Format: "binary"}
	if strings.HasSuffix(kind, "json") { // the format's own, which is described elsewhere
		schema = &huma.Schema{Type: "object", AdditionalProperties: true}
	}
	op.Responses = map[string]*huma.Response{strconv.Itoa(status): {Content: map[string]*huma.MediaType{kind: {Schema: schema}}}}
}

func get[In, Out any](path string, action access.Action, summary string, h handler[In, Out]) Route {
	return route(http.MethodGet, path, action, summary, h)
}

func post[In, Out any](path string, action access.Action, summary string, h handler[In, Out]) Route {
	return route(http.MethodPost, path, action, summary, h)
}

func put[In, Out any](path string, action access.Action, summary string, h handler[In, Out]) Route {
	return route(http.MethodPut, path, action, summary, h)
}

func patch[In, Out any](path string, action access.Action, summary string, h handler[In, Out]) Route {
	return route(http.MethodPatch, path, action, summary, h)
}

func del[In, Out any](path string, action access.Action, summary string, h handler[In, Out]) Route {
	return route(http.MethodDelete, path, action, summary, h)
}

// created answers 201 in place of 200.
func (r Route) created() Route { r.status = http.StatusCreated; return r }

// keyless takes a POST without Idempotency-Key: signing in and asking, where nothing is made twice.
func (r Route) keyless() Route { r.withoutKey = true; return r }

// upTo allows a larger body, in bytes.
func (r Route) upTo(bytes int64) Route { r.bodyLimit = bytes; return r }

// needsKey tells whether the route takes an Idempotency-Key.
func (r Route) needsKey() bool { return r.Method == http.MethodPost && !r.withoutKey }

// needsVersion tells whether the route takes an If-Match.
func (r Route) needsVersion() bool { return r.Method == http.MethodPut || r.Method == http.MethodPatch }

// operation describes the route for OpenAPI.
func (r Route) operation() huma.Operation {
	op := huma.Operation{
		OperationID:   operationID(r.Method, r.Path),
		Method:        r.Method,
		Path:          Base + r.Path,
		Summary:       r.Summary,
		Tags:          []string{strings.Split(strings.TrimPrefix(r.Path, "/"), "/")[0]},
		DefaultStatus: r.status,
		MaxBodyBytes:  r.limit(),
		// The body has been read by then. A deadline of huma's own would pass while the answer is made, and net/http
		// takes that for the end of the connection: every later request on it would be cut short.
		BodyReadTimeout: -1,
		Metadata:        map[string]any{"action": string(r.Action)},
		Extensions:      map[string]any{"x-action": string(r.Action)},
	}
	if r.needsKey() {
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: keyHeader, In: "header", Required: true,
			Description: "Any text of yours, new for each thing you want done: asking again with the same one does it once. A UUIDv7 costs the server least.",
			Schema:      &huma.Schema{Type: "string", MinLength: ptr(1), MaxLength: ptr(maxKey)},
		})
	}
	return op
}

const defaultBodyLimit = 64 << 10

func (r Route) limit() int64 {
	if r.bodyLimit > 0 {
		return r.bodyLimit
	}
	return defaultBodyLimit
}

func operationID(method, path string) string {
	words := strings.FieldsFunc(path, func(c rune) bool { return strings.ContainsRune("/{}_-", c) })
	return strings.ToLower(method) + "-" + strings.Join(words, "-")
}

func ptr[T any](v T) *T { return &v }

// Reply is an answer with the version of the document it shows.
type Reply[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

// reply answers a view of a document that has this version; 0 leaves the ETag out.
func reply[T any](version int64, view T) *Reply[T] {
	r := &Reply[T]{Body: view}
	if version > 0 {
		r.ETag = strconv.Quote(strconv.FormatInt(version, 10))
	}
	return r
}

// ListOf is one page of a list.
type ListOf[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"Cursor of the next page; absent on the last."`
}

// listed answers a page: each document as its view.
func listed[D, V any](docs []*D, next string, view func(*D) V) *Reply[ListOf[V]] {
	page := ListOf[V]{Items: make([]V, 0, len(docs)), Next: next}
	for _, d := range docs {
		page.Items = append(page.Items, view(d))
	}
	return &Reply[ListOf[V]]{Body: page}
}

// ByID is the input of a route that names one document and sends nothing else.
type ByID struct {
	ID string `path:"id" maxLength:"96" doc:"Id of the document."`
}

// PageIn asks for one page of a list.
type PageIn struct {
	Cursor string `query:"cursor" maxLength:"512" doc:"What the page before gave as next."`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// none is the input of a route that takes nothing, or the output of one that answers nothing (204).
type none struct{}

// Edit is embedded in the input of PUT and PATCH.
type Edit struct {
	IfMatch string `header:"If-Match" doc:"ETag of the version you read; * for whatever it is."`
}

// Version is the version that If-Match names; 0 for "*". The core has refused anything else.
func (e Edit) Version() int64 {
	v, _ := parseMatch(e.IfMatch)
	return v
}
