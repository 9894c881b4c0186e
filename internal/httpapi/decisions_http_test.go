package httpapi_test

import (
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"housecall/internal/access"
	"housecall/internal/httpapi"
)

var parameter = regexp.MustCompile(`\{\w+\}`)

// The role is judged before anything of the request is read: nobody serves behind these routes, and
// whoever got past the door would bring the server down.
func TestServerRefusesWrongRolesAtTheDoorOfEveryRoute(t *testing.T) {
	t.Parallel()
	server := wholeServer(t)
	for _, d := range decisions(t) {
		if d.situation != "any" || d.expected == "ok" {
			continue
		}
		method, path, _ := strings.Cut(d.route, " ")
		r := httptest.NewRequestWithContext(t.Context(), method, httpapi.Base+parameter.ReplaceAllString(path, "x1"), strings.NewReader("no JSON"))
		if d.role != access.Nobody {
			r.Header.Set("Authorization", "Bearer "+string(d.role))
		}
		w := httptest.NewRecorder()

		server.ServeHTTP(w, r)

		if got := strconv.Itoa(w.Code); got != d.expected {
			t.Errorf("%s: the server answers %s, want %s", d, got, d.expected)
		}
		if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("%s: content type %q, want a problem", d, got)
		}
	}
}
