package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"housecall/internal/app"
	"housecall/internal/clock"
	"housecall/internal/config"
	"housecall/internal/docstore"
	"housecall/internal/id"
	"housecall/internal/intake"
	"housecall/internal/notify"
)

const benchToken = "a token of a benchmark, long enough to be one"

// bench is a whole housecall with one patient.
type bench struct {
	*app.App
	b       *testing.B
	token   string
	patient string
}

func newBench(b *testing.B) *bench {
	b.Helper()
	c := config.Default()
	c.Data, c.Listen, c.AdminTokenFile = b.TempDir(), "localhost:0", filepath.Join(b.TempDir(), "token")
	if err := os.WriteFile(c.AdminTokenFile, []byte(benchToken), 0o600); err != nil {
		b.Fatal(err)
	}
	a, err := app.Start(b.Context(), app.Options{
		Config: c, Log: slog.New(slog.DiscardHandler), Demo: true,
		Outbox: notify.NewOutbox(clock.NewReal()), Secret: []byte("a secret of a benchmark, of more than 32 bytes"),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = a.Stop(context.WithoutCancel(b.Context())) })
	h := &bench{App: a, b: b}
	invite := h.made(benchToken, "POST", "/invites", map[string]any{
		"role": "patient", "address": "ann@bench.example", "name": "Ann", "birth_date": "1950-05-05", "sex": "female",
	})
	taken := h.made("", "POST", "/enrolment/accept", map[string]any{"token": invite["token"]})
	h.token, _ = taken["session"].(map[string]any)["token"].(string)
	h.patient, _ = h.made(h.token, "GET", "/me", nil)["patient"].(string)
	return h
}

// ask sends a request to the whole server, from its first middleware on; there is no network between.
func (h *bench) ask(token, method, path string, body []byte) *answer {
	return newCaller(h.API, token, method, "/api/v1"+path, body).ask()
}

// caller asks the same again and again. What it needs is made once, as the measured thing is the server.
type caller struct {
	to      http.Handler
	request *http.Request
	body    bytes.Reader
	sent    []byte
	key     []string
	answer  answer
}

func newCaller(to http.Handler, token, method, path string, body []byte) *caller {
	r, _ := http.NewRequestWithContext(context.Background(), method, path, nil)
	r.RemoteAddr = "192.0.2.1:1234"
	c := &caller{to: to, request: r, sent: body, key: []string{""}, answer: answer{header: http.Header{}, body: make([]byte, 0, 4096)}}
	r.Header["Idempotency-Key"] = c.key
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		r.Body, r.ContentLength = io.NopCloser(&c.body), int64(len(body))
	}
	return c
}

// ask sends the request once more, under a key of its own as the web app does. The answer holds until the next.
func (c *caller) ask() *answer {
	c.key[0] = uuid.Must(uuid.NewV7()).String()
	c.body.Reset(c.sent)
	clear(c.answer.header)
	c.answer.status, c.answer.body = 0, c.answer.body[:0]
	c.to.ServeHTTP(&c.answer, c.request)
	return &c.answer
}

func (h *bench) made(token, method, path string, body map[string]any) map[string]any {
	h.b.Helper()
	var raw []byte
	if body != nil {
		raw, _ = json.Marshal(body)
	}
	w := h.ask(token, method, path, raw)
	told := map[string]any{}
	if err := json.Unmarshal(w.body, &told); err != nil || w.status >= http.StatusBadRequest {
		h.b.Fatalf("%s %s: %d %s %v", method, path, w.status, w.body, err)
	}
	return told
}

// answer is a ResponseWriter that costs next to nothing, as the measured thing is the server.
type answer struct {
	header http.Header
	status int
	body   []byte
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) { a.status = status }

func (a *answer) Write(p []byte) (int, error) {
	a.body = append(a.body, p...)
	return len(p), nil
}

// from16 has 16 callers do the same at once, each with what it makes for itself.
func from16(b *testing.B, caller func() func() error) {
	b.Helper()
	b.SetParallelism(max(1, 16/runtime.GOMAXPROCS(0)))
	b.RunParallel(func(p *testing.PB) {
		do := caller()
		for p.Next() {
			if err := do(); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkIntake compares a write and a read of an intake over the API (session, policy, decoding, rules,
// audit, encoding) with the bare write and read of the same document in the same store.
func BenchmarkIntake(b *testing.B) {
	h := newBench(b)
	begun, _ := h.made(h.token, "POST", "/intakes", map[string]any{"patient": h.patient})["id"].(string)
	stored, err := h.Store.Get(b.Context(), "intakes", begun)
	if err != nil {
		b.Fatal(err)
	}
	if err := h.Store.Declare(b.Context(), "bare", []string{"patient"}); err != nil {
		b.Fatal(err)
	}
	body, _ := json.Marshal(map[string]any{"patient": h.patient})

	b.Run("write=bare", func(b *testing.B) {
		from16(b, func() func() error {
			return func() error {
				return h.Store.Insert(b.Context(), "bare", docstore.Record{
					ID: string(id.New[id.Intake]()), Version: 1, Body: stored.Body,
					Keys: map[string]docstore.Key{"patient": {Equal: h.patient, Order: "1"}},
				})
			}
		})
	})
	b.Run("write=api", func(b *testing.B) {
		from16(b, func() func() error {
			c := newCaller(h.API, h.token, "POST", "/api/v1/intakes", body)
			return func() error { return status(c.ask(), http.StatusCreated) }
		})
	})
	read := func(from http.Handler) func(*testing.B) {
		return func(b *testing.B) {
			b.Helper()
			from16(b, func() func() error {
				c := newCaller(from, h.token, "GET", "/api/v1/intakes/"+begun, nil)
				return func() error { return status(c.ask(), http.StatusOK) }
			})
		}
	}
	b.Run("read=bare", read(bareGin(b, h.Store)))
	b.Run("read=api", read(h.API))
}

// bareGin is what somebody would write who had nothing but Gin and the collection.
func bareGin(b *testing.B, store docstore.Store) http.Handler {
	b.Helper()
	intakes, err := docstore.Open[intake.Intake](b.Context(), store, clock.NewReal(), docstore.Spec[intake.Intake]{Name: "intakes"})
	if err != nil {
		b.Fatal(err)
	}
	gin.SetMode(gin.ReleaseMode)
	g := gin.New()
	g.GET("/api/v1/intakes/:id", func(c *gin.Context) {
		doc, err := intakes.Get(c.Request.Context(), c.Param("id"))
		if err != nil {
			c.Status(http.StatusNotFound)
			return
		}
		c.JSON(http.StatusOK, doc)
	})
	return g
}

func status(w *answer, want int) error {
	if w.status != want {
		return fmt.Errorf("status = %d, want %d: %s", w.status, want, w.body)
	}
	return nil
}
