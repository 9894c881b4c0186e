package app_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"housecall/internal/app"
	"housecall/internal/apptest/scratch"
	"housecall/internal/clock"
	"housecall/internal/config"
	"housecall/internal/notify"
)

// collector takes traces as a collector does.
type collector struct {
	mu  sync.Mutex // guards raw
	raw []string
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.URL.Path == "/v1/traces" && json.Valid(body) {
		c.raw = append(c.raw, string(body))
	}
	w.WriteHeader(http.StatusOK)
}

func (c *collector) all() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.raw, "\n")
}

const watchToken = "a token of a test, long enough to be one"

// watched is a service with an administrator's token, and what else the test wants.
func watched(t *testing.T, set func(*config.Config)) (a *app.App, stop func()) {
	t.Helper()
	c := config.Default()
	c.Data, c.Listen, c.Node = scratch.Folder(t), "localhost:0", "here"
	c.AdminTokenFile = scratch.Folder(t) + "/token"
	if err := os.WriteFile(c.AdminTokenFile, []byte(watchToken), 0o600); err != nil {
		t.Fatal(err)
	}
	set(&c)
	var err error
	a, err = app.Start(t.Context(), app.Options{
		Config: c, Log: slog.New(slog.DiscardHandler), Demo: true,
		Outbox: notify.NewOutbox(clock.NewReal()), Secret: []byte("a secret of a test, of more than 32 bytes"),
	})
	if err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		if err := a.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return a, stop
}

func asks(t *testing.T, a *app.App, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+a.Addr()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+watchToken)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", "one")
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.StatusCode, string(text)
}

func TestTraceOfARequestGoesThroughStoreAndBusAndNamesNobody(t *testing.T) {
	t.Parallel()
	c := &collector{}
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	a, stop := watched(t, func(c *config.Config) { c.Trace = config.Trace{URL: s.URL, Part: 1} })

	status, answer := asks(t, a, http.MethodPost, "/api/v1/invites", `{"role":"patient","address":"marked-name@walk.example","name":"Marked Name","birth_date":"1950-05-05","sex":"female"}`)
	if status/100 != 2 {
		t.Fatalf("answered %d %s", status, answer)
	}
	if err := a.Bus.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop() // which sends what is left

	sent := c.all()
	for _, want := range []string{`"POST /api/v1/invites"`, `"store insert"`, `"handle `, `"http.response.status_code"`, `"parentSpanId"`, `"here"`} {
		if !strings.Contains(sent, want) {
			t.Errorf("no %s in the traces: %.2000s", want, sent)
		}
	}
	for _, never := range []string{"arked", "walk.example", "1950-05", watchToken} {
		if strings.Contains(sent, never) {
			t.Errorf("the traces hold %q", never)
		}
	}
}

func TestNothingIsTracedUnlessACollectorIsNamed(t *testing.T) {
	t.Parallel()
	a, stop := watched(t, func(*config.Config) {})

	status, _ := asks(t, a, http.MethodGet, "/api/v1/zones", "")

	stop()
	if status != http.StatusOK {
		t.Errorf("answered %d", status)
	}
}

func TestOperatorSeesWhichNodesAreUpAndWhatWaits(t *testing.T) {
	t.Parallel()
	a, _ := watched(t, func(*config.Config) {})

	var v struct {
		Node   string
		Nodes  []struct{ Name string }
		Queues []struct{ Consumer string }
	}
	for range 100 { // the node's own lease is taken a moment after the start
		status, answer := asks(t, a, http.MethodGet, "/api/v1/service", "")
		if status != http.StatusOK {
			t.Fatalf("answered %d %s", status, answer)
		}
		if err := json.Unmarshal([]byte(answer), &v); err != nil {
			t.Fatal(err)
		}
		if len(v.Nodes) > 0 {
			break
		}
		<-time.After(20 * time.Millisecond)
	}

	if v.Node != "here" || len(v.Nodes) != 1 || v.Nodes[0].Name != "here" || len(v.Queues) < 10 {
		t.Errorf("the service is %+v", v)
	}
}

func TestFiguresTellTheStagesOfThePromiseAndWhatWaits(t *testing.T) {
	t.Parallel()
	a, _ := watched(t, func(*config.Config) {})

	_, figures := asks(t, a, http.MethodGet, "/metrics", "")

	for _, want := range []string{`housecall_queue_waiting{consumer="audit"}`, "housecall_events_stuck 0", "housecall_events_unsent", "go_goroutines", "process_open_fds", "housecall_own_memory_bytes"} {
		if !strings.Contains(figures, want) {
			t.Errorf("no %s in the figures", want)
		}
	}
}
