package httpapi_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/fault"
	"housecall/internal/httpapi"
	"housecall/internal/id"
	"housecall/policies"
)

type tokens map[string]access.Actor

func (t tokens) Authenticate(_ context.Context, token string) (access.Actor, error) {
	a, known := t[token]
	if !known {
		return a, fault.New(fault.Unauthenticated, "Sign in to go on.")
	}
	return a, nil
}

type noGrants struct{}

func (noGrants) Scopes(context.Context, id.Patient, id.Account) ([]access.Scope, error) {
	return nil, nil
}

func (noGrants) Seen(context.Context, access.Actor, access.Action, access.Facts) error {
	return nil
}
func (noGrants) Denied(context.Context, access.Actor, access.Action, access.Facts) {}

const coreRules = `
p, nobody, door.knock, any
p, patient, door.knock, any
p, patient, door.open, any
p, patient, door.paint, any
`

func coreServer(t *testing.T) *httpapi.Server {
	t.Helper()
	rules, err := access.NewRules(policies.Model, coreRules)
	if err != nil {
		t.Fatal(err)
	}
	return httpapi.New(httpapi.Deps{
		Auth:  tokens{"ann": {Account: "acc_ann", Role: access.Patient}, "dan": {Account: "acc_dan", Role: access.Doctor}},
		Guard: access.NewGuard(rules, noGrants{}, noGrants{}), Clock: clock.NewReal(),
		Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Timeout: time.Second,
		Ready: func(context.Context) map[string]string { return map[string]string{"store": "no room left"} },
	}, httpapi.Doors())
}

// asking is a request and what is to come of it.
type asking struct {
	name, method, path, token, key, match, kind, body string
	status                                            int
	has, hasNot                                       string
}

// askings are what people and programs get wrong.
var askings = []asking{
	{name: "nobody may knock without a key to do so", method: "GET", path: "/doors/d1", status: 200},
	{name: "nobody may not open", method: "POST", path: "/doors/d1/open", key: "k", body: `{"name":"x"}`, status: 401, has: "Sign in"},
	{name: "a doctor may never open", method: "POST", path: "/doors/d1/open", token: "dan", key: "k", status: 403},
	{name: "an unknown session is told to sign in", method: "POST", path: "/doors/d1/open", token: "eve", key: "k", status: 401},
	{name: "a post without a key", method: "POST", path: "/doors/d1/open", token: "ann", body: `{"name":"x"}`, status: 400, has: "Idempotency-Key"},
	{name: "broken json", method: "POST", path: "/doors/d1/open", token: "ann", key: "k", body: `{"name":`, status: 400, has: "JSON"},
	{name: "a field said twice", method: "POST", path: "/doors/d1/open", token: "ann", key: "k", body: `{"name":"x","name":"y"}`, status: 400, has: `"/name"`},
	{name: "bytes that are no UTF-8", method: "POST", path: "/doors/d1/open", token: "ann", key: "k", body: "{\"name\":\"\xff\"}", status: 400},
	{name: "two values in one body", method: "POST", path: "/doors/d1/open", token: "ann", key: "k", body: `{"name":"x"} {}`, status: 400},
	{name: "a wrong type is named by its pointer and not repeated", method: "POST", path: "/doors/d1/open", token: "ann", key: "k", body: `{"name":4711}`, status: 422, has: `"/name"`, hasNot: "4711"},
	{name: "an unknown field", method: "POST", path: "/doors/d1/open", token: "ann", key: "k", body: `{"name":"x","nick":"secret"}`, status: 422, hasNot: "secret"},
	{name: "a field in other case", method: "POST", path: "/doors/d1/open", token: "ann", key: "k", body: `{"Name":"x"}`, status: 422},
	{name: "no body where one is needed", method: "POST", path: "/doors/d1/open", token: "ann", key: "k", status: 400},
	{name: "a body that is no JSON by its own word", method: "POST", path: "/doors/d1/open", token: "ann", key: "k", kind: "text/plain", body: `{"name":"x"}`, status: 415},
	{name: "a body too large", method: "POST", path: "/doors/d1/open", token: "ann", key: "k", body: `{"name":"` + strings.Repeat("x", 70<<10) + `"}`, status: 413, hasNot: "xxxx"},
	{name: "an edit without a version", method: "PUT", path: "/doors/d1", token: "ann", body: `{"colour":"red"}`, status: 428, has: "If-Match"},
	{name: "an edit with an unreadable version", method: "PUT", path: "/doors/d1", token: "ann", match: `W/"x"`, body: `{"colour":"red"}`, status: 400},
	{name: "an edit of another version", method: "PUT", path: "/doors/d1", token: "ann", match: `"7"`, body: `{"colour":"red"}`, status: 412},
	{name: "an edit of this version", method: "PUT", path: "/doors/d1", token: "ann", match: `"3"`, body: `{"colour":"red"}`, status: 200},
	{name: "what breaks inside tells nothing", method: "POST", path: "/doors/broken/open", token: "ann", key: "k", body: `{"name":"x"}`, status: 500, has: "HC-", hasNot: "boom"},
	{name: "a panic tells nothing", method: "POST", path: "/doors/panic/open", token: "ann", key: "k", body: `{"name":"x"}`, status: 500, has: "HC-", hasNot: "boom"},
	{name: "busy says when to come back", method: "POST", path: "/doors/busy/open", token: "ann", key: "k", body: `{"name":"x"}`, status: 429},
	{name: "an unknown question", method: "GET", path: "/doors/d1?colour=red", status: 422},
	{name: "no such address", method: "GET", path: "/windows", status: 404, has: "/docs"},
	{name: "no such method", method: "DELETE", path: "/doors/d1", token: "ann", status: 405, has: "/docs"},
}

func TestEveryRefusalIsAProblemThatSaysWhatToDo(t *testing.T) {
	s := coreServer(t)
	for _, tt := range askings {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), tt.method, httpapi.Base+tt.path, strings.NewReader(tt.body))
			set(r, "Authorization", tt.token, "Bearer "+tt.token)
			set(r, "Idempotency-Key", tt.key, tt.key)
			set(r, "If-Match", tt.match, tt.match)
			kind := tt.kind
			if kind == "" {
				kind = "application/json"
			}
			set(r, "Content-Type", tt.body, kind)
			w := httptest.NewRecorder()

			s.ServeHTTP(w, r)

			body := w.Body.String()
			if w.Code != tt.status {
				t.Fatalf("status = %d, want %d: %s", w.Code, tt.status, body)
			}
			if tt.status >= 400 {
				if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
					t.Errorf("content type = %q, want a problem", got)
				}
				var p httpapi.Problem
				if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Detail == "" || p.Status != tt.status {
					t.Errorf("not a problem: %v %s", err, body)
				}
			}
			if tt.status == 429 && w.Header().Get("Retry-After") != "2" {
				t.Errorf("Retry-After = %q, want 2", w.Header().Get("Retry-After"))
			}
			if !strings.Contains(body, tt.has) {
				t.Errorf("body lacks %q: %s", tt.has, body)
			}
			if tt.hasNot != "" && strings.Contains(body, tt.hasNot) {
				t.Errorf("body tells %q: %s", tt.hasNot, body)
			}
		})
	}
}

func set(r *http.Request, header, given, value string) {
	if given != "" {
		r.Header.Set(header, value)
	}
}

func TestACookieFromAnotherPageChangesNothing(t *testing.T) {
	s := coreServer(t)
	for origin, want := range map[string]int{"http://evil.example": 403, "": 403, "http://example.com": 200} {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "http://example.com"+httpapi.Base+"/doors/d1/open", strings.NewReader(`{"name":"x"}`))
		r.AddCookie(&http.Cookie{Name: httpapi.SessionCookie, Value: "ann"})
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", "k")
		set(r, "Origin", origin, origin)
		w := httptest.NewRecorder()

		s.ServeHTTP(w, r)

		if w.Code != want {
			t.Errorf("from %q: status = %d, want %d: %s", origin, w.Code, want, w.Body)
		}
	}
}

func TestTheSameKeyIsTheSameRequestAndAnotherPersonsIsNot(t *testing.T) {
	s := coreServer(t)
	ask := func(key, path, body string) string {
		r := httptest.NewRequestWithContext(t.Context(), "POST", httpapi.Base+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer ann")
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", key)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		var v struct{ Key string }
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || v.Key == "" {
			t.Fatalf("no key answered: %s", w.Body)
		}
		return v.Key
	}

	first := ask("k", "/doors/d1/open", `{"name":"x"}`)

	if again := ask("k", "/doors/d1/open", `{"name":"x"}`); again != first {
		t.Errorf("the same request has two keys: %s, %s", first, again)
	}
	if other := ask("k", "/doors/d2/open", `{"name":"x"}`); other == first {
		t.Error("one key for two doors is one request")
	}
}

func TestReadyNamesWhatIsMissing(t *testing.T) {
	w := httptest.NewRecorder()

	coreServer(t).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/readyz", nil))

	if w.Code != 503 || !strings.Contains(w.Body.String(), "no room left") {
		t.Errorf("ready = %d %s, want 503 naming the store", w.Code, w.Body)
	}
}

func TestTheDescriptionNamesEveryRoute(t *testing.T) {
	s := coreServer(t)
	for _, path := range []string{"/openapi.json", "/docs"} {
		w := httptest.NewRecorder()

		s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))

		for _, want := range []string{"/doors/{id}", "door.open"} {
			if w.Code != 200 || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s lacks %s: %d", path, want, w.Code)
			}
		}
	}
}

func TestFilesAreDescribedAsWhatTheyAre(t *testing.T) {
	t.Parallel()
	var file struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct{ Content map[string]any }
		}
	}
	raw, err := os.ReadFile("testdata/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}

	for path, kind := range map[string]string{
		"/exports/orders": "text/csv", "/pharmacies/{id}/stock/export": "text/csv", "/visits/{id}/calendar": "text/calendar",
	} {
		got := file.Paths[httpapi.Base+path]["get"].Responses["200"].Content
		if len(got) != 1 || got[kind] == nil {
			t.Errorf("%s is described as %v, want %s", path, got, kind)
		}
	}
}

func TestListThatMustHoldSomethingIsNeverNull(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var description any
	if err := json.Unmarshal(raw, &description); err != nil {
		t.Fatal(err)
	}
	looked := 0
	var look func(at string, v any)
	look = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if least, _ := v["minItems"].(float64); least > 0 {
				looked++
				if kinds, several := v["type"].([]any); several && slices.Contains(kinds, any("null")) {
					t.Errorf("%s may be null: the least length does not hold for it", at)
				}
			}
			for key, one := range v {
				look(at+"/"+key, one)
			}
		case []any:
			for _, one := range v {
				look(at, one)
			}
		}
	}

	look("", description)

	if looked == 0 {
		t.Error("there is no list that must hold something")
	}
}
