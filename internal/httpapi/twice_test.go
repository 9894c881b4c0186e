package httpapi_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"housecall/internal/access"
	"housecall/internal/httpapi"
)

// answered asks the server. What was done by a POST with a key is asked for once more with the same one, in
// every story of this package: it must be answered with the same result, and be done once, as the story
// then finds. And once more when the story is over, whatever has become of things by then.
func answered(t *testing.T, s *httpapi.Server, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	ask := func() *httptest.ResponseRecorder {
		again := r.Clone(context.WithoutCancel(r.Context()))
		again.Body = io.NopCloser(bytes.NewReader(body))
		w := httptest.NewRecorder()
		s.ServeHTTP(w, again)
		return w
	}

	before := changesOf(s)
	first := ask()
	unchanged(t, s, r, first.Code, before)

	if first.Code >= http.StatusMultipleChoices || !takesKey(s, r) {
		return first
	}
	if second := ask(); second.Code != first.Code || second.Body.String() != first.Body.String() {
		t.Errorf("%s %s with the same key: %d %s, want %d %s", r.Method, r.URL.Path, second.Code, second.Body, first.Code, first.Body)
	}
	t.Cleanup(func() {
		late := ask()
		if late.Code != first.Code && late.Code != http.StatusUnauthorized && !ends[path.Base(r.URL.Path)] { // 401: signed out by the story
			t.Errorf("%s %s with the same key, when all was over: %d %s, want %d", r.Method, r.URL.Path, late.Code, late.Body, first.Code)
		}
	})
	return first
}

// ends are what opens something for a while: no key opens it again when that is over.
var ends = map[string]bool{"ticket": true, "link": true}

// takesKey tells whether a request is for a route where the key counts.
func takesKey(s *httpapi.Server, r *http.Request) bool {
	return slices.ContainsFunc(s.Routes(), func(route httpapi.Route) bool {
		at := regexp.MustCompile("^" + parameter.ReplaceAllString(route.Path, "[^/]+") + "$")
		return route.Method == r.Method && httpapi.NeedsKey(route) && at.MatchString(strings.TrimPrefix(r.URL.Path, httpapi.Base))
	})
}

// withoutKey are the POSTs that take no key, with why nothing is done twice by them.
var withoutKey = map[string]string{
	"/sign-in": "signing in", "/sign-in/code": "signing in", "/sign-in/staff": "signing in", "/me/addresses/code": "signing in: a code is sent",
	"/session/code": "signing in: a code is sent", "/session/second-factor": "signing in: the code is good once",
	"/sign-in/passkey": "signing in: the answer is good once", "/sign-in/passkey/options": "signing in: a question", "/passkeys/options": "asks", "/signings/{id}/passkey": "asks",
	"/session/unlock": "signing in: the code is good once", "/duty/beat": "a sign of life", "/call-checks": "a ticket to an empty room",
	"/call-lab/tickets": "a ticket of the demo", "/carriers/reports": "signed by the carrier, and told twice is one word",
	"/audit/verify": "asks", "/guests/look": "asks", "/coupons/check": "asks", "/verify": "asks", "/visits/{id}/prescriptions/preview": "asks",
	"/quotes": "asks", "/visits/offer": "asks", "/coverage": "asks",
}

func TestEveryPOSTNeedsAKeyAndEveryEditAVersion(t *testing.T) {
	t.Parallel()
	server := wholeServer(t)
	rules, _ := realGuard(t, noGrants{})
	for _, r := range server.Routes() {
		want, word := http.StatusBadRequest, "key-missing"
		switch r.Method {
		case http.MethodPost:
			if httpapi.NeedsKey(r) == (withoutKey[r.Path] != "") {
				t.Errorf("POST %s takes a key: %v; without one because of %q", r.Path, httpapi.NeedsKey(r), withoutKey[r.Path])
			}
			if !httpapi.NeedsKey(r) {
				continue
			}
		case http.MethodPut, http.MethodPatch:
			want, word = http.StatusPreconditionRequired, "version-missing"
		default:
			continue
		}
		role := askers[slices.IndexFunc(askers, func(role access.Role) bool { return rules.Ever(role, r.Action) })]
		req := httptest.NewRequestWithContext(t.Context(), r.Method, httpapi.Base+parameter.ReplaceAllString(r.Path, "x1"), nil)
		set(req, "Authorization", string(role), "Bearer "+string(role))
		w := httptest.NewRecorder()

		server.ServeHTTP(w, req)

		if w.Code != want || !strings.Contains(w.Body.String(), word) {
			t.Errorf("%s %s as %s = %d %s, want %d %s", r.Method, r.Path, role, w.Code, w.Body, want, word)
		}
	}
}
