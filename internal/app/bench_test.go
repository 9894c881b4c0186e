package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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
	r, _ := http.NewRequestWithContext(context.Background(), method, "/api/v1"+path, bytes.NewReader(body))
	r.RemoteAddr = "192.0.2.1:1234"
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", uuid.Must(uuid.NewV7()).String()) // as the web app does
	r.Header.Set("Authorization", "Bearer "+token)
	if token == "" {
		r.Header.Del("Authorization")
	}
	w := &answer{header: http.Header{}, body: make([]byte, 0, 2048)}
	h.API.ServeHTTP(w, r)
	return w
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

// from16 has 16 callers do the same at once.
func from16(b *testing.B, do func() error) {
	b.Helper()
	b.SetParallelism(max(1, 16/runtime.GOMAXPROCS(0)))
	b.RunParallel(func(p *testing.PB) {
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
		from16(b, func() error {
			return h.Store.Insert(b.Context(), "bare", docstore.Record{
				ID: string(id.New[id.Intake]()), Version: 1, Body: stored.Body,
				Keys: map[string]docstore.Key{"patient": {Equal: h.patient, Order: "1"}},
			})
		})
	})
	b.Run("write=api", func(b *testing.B) {
		from16(b, func() error { return created(h.ask(h.token, "POST", "/intakes", body)) })
	})
	bare := bareGin(b, h.Store)
	b.Run("read=bare", func(b *testing.B) {
		from16(b, func() error {
			w := &answer{header: http.Header{}}
			r, _ := http.NewRequestWithContext(b.Context(), http.MethodGet, "/intakes/"+begun, nil)
			bare.ServeHTTP(w, r)
			return fine(w)
		})
	})
	b.Run("read=api", func(b *testing.B) {
		from16(b, func() error { return fine(h.ask(h.token, "GET", "/intakes/"+begun, nil)) })
	})
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
	g.GET("/intakes/:id", func(c *gin.Context) {
		doc, err := intakes.Get(c.Request.Context(), c.Param("id"))
		if err != nil {
			c.Status(http.StatusNotFound)
			return
		}
		c.JSON(http.StatusOK, doc)
	})
	return g
}

func created(w *answer) error { return status(w, http.StatusCreated) }
func fine(w *answer) error    { return status(w, http.StatusOK) }

func status(w *answer, want int) error {
	if w.status != want {
		return fmt.Errorf("status = %d, want %d: %s", w.status, want, w.body)
	}
	return nil
}
