package httpapi_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"housecall/internal/access"
	"housecall/internal/blob"
	"housecall/internal/blob/blobtest"
	"housecall/internal/clock"
	"housecall/internal/httpapi"
	"housecall/internal/notify"
	"housecall/policies"
)

func mounted(t *testing.T, mounts []httpapi.Mount, resources ...[]httpapi.Route) *httpapi.Server {
	t.Helper()
	rules, err := access.NewRules(policies.Model, policies.Rules)
	if err != nil {
		t.Fatal(err)
	}
	return httpapi.New(httpapi.Deps{
		Auth: tokens{}, Guard: access.NewGuard(rules, noGrants{}, noGrants{}), Clock: clock.NewReal(),
		Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Timeout: time.Second,
		Ready: func(context.Context) map[string]string { return nil }, Mounts: mounts,
	}, resources...)
}

func TestFilesBySignedAddress(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T, c *clock.Fake) blobtest.Kept {
		t.Helper()
		f, err := blob.New(t.TempDir(), bytes.Repeat([]byte("k"), 32), c, "")
		if err != nil {
			t.Fatal(err)
		}
		s := mounted(t, httpapi.FileMounts(f))
		return blobtest.Kept{Store: f, Pass: c.Advance, Do: func(r *http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			return w.Result(), nil
		}}
	})
}

func TestFileIsNeverAPageOfOursAndItsRefusalIsAProblem(t *testing.T) {
	t.Parallel()
	f, err := blob.New(t.TempDir(), bytes.Repeat([]byte("k"), 32), clock.NewReal(), "")
	if err != nil {
		t.Fatal(err)
	}
	s := mounted(t, httpapi.FileMounts(f))
	if _, err := f.Put(t.Context(), "attachments/a", "application/pdf", strings.NewReader("%PDF")); err != nil {
		t.Fatal(err)
	}
	url, err := f.SignGet(t.Context(), "attachments/a", "", time.Minute)
	if err != nil {
		t.Fatal(err)
	}

	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody))
	h := w.Header()
	if w.Code != 200 || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") ||
		h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Cache-Control"), "no-store") {
		t.Errorf("%d %v", w.Code, h)
	}

	for _, bad := range []string{url + "x", "/blob/attachments/a", "/blob/../../etc/passwd", "/blob/%2e%2e/x?e=1&s=2"} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, bad, http.NoBody))
		if w.Code != http.StatusNotFound || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", bad, w.Code, w.Header().Get("Content-Type"))
		}
	}
}

func TestOutboxOfTheDemoShowsMessagesToPeopleAndPrograms(t *testing.T) {
	t.Parallel()
	box := notify.NewOutbox(clock.NewReal())
	s := mounted(t, httpapi.OutboxMounts(box), httpapi.Outbox(box, clock.NewReal()))
	_ = box.Mail(t.Context(), notify.Mail{ID: "msg_1", To: "ann@example.org", Subject: "Your sign-in code", Text: "Your code is 493021 <script>"})
	_ = box.Text(t.Context(), notify.SMS{ID: "msg_2", To: "+1", Text: "other"})

	for path, want := range map[string]string{"/outbox": "493021 &lt;script&gt;", "/api/v1/outbox?to=ann@example.org": "493021", "/api/v1/demo": `"speed":1`} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		if strings.HasPrefix(path, "/api") && strings.Contains(w.Body.String(), "other") {
			t.Errorf("%s shows another address: %s", path, w.Body)
		}
	}
}
