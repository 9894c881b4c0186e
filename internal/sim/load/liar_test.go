package load_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"housecall/internal/sim/load"
)

// liar stands before a real service and changes what it answers.
type liar struct {
	url    string
	fails  string // POSTs of this path are answered 500
	judged atomic.Bool
	feed   func(event string, live bool) string

	changes []change

	mu    sync.Mutex // guards asked
	again string
	asked map[string]bool
}

type change struct {
	from, to string
	do       func(load.JSON)
}

// match: what ends in nothing is one document, not what stands below it.
func (c change) match(path string) bool {
	if c.to != "" {
		return strings.HasPrefix(path, c.from) && strings.HasSuffix(path, c.to)
	}
	below, ok := strings.CutPrefix(path, c.from)
	return ok && !strings.Contains(below, "/")
}

func newLiar(t *testing.T, target string) *liar {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	l := &liar{asked: map[string]bool{}}
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(u); r.Out.Header.Del("Accept-Encoding") },
		ModifyResponse: l.answer, FlushInterval: -1, ErrorLog: nil,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/api/v1")
		switch {
		case l.fails != "" && r.Method == http.MethodPost && path == l.fails:
			http.Error(w, "{}", http.StatusInternalServerError)
			return
		case strings.HasPrefix(path, "/patients/") && strings.HasSuffix(path, "/orders"):
			l.judged.Store(true)
		case l.again != "" && r.Method == http.MethodPost && path == l.again && l.before(r.Header.Get("Idempotency-Key")):
			r.Header.Set("Idempotency-Key", r.Header.Get("Idempotency-Key")+"-another")
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	l.url = s.URL
	return l
}

// before tells whether this key was used already.
func (l *liar) before(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.asked[key]
	l.asked[key] = true
	return was
}

// doesAgain has a repeated request of this path done a second time.
func (l *liar) doesAgain(path string) { l.again = path }

// late changes the answers of paths that begin and end so, once the verdict has begun.
func (l *liar) late(from, to string, do func(load.JSON)) {
	l.changes = append(l.changes, change{from, to, do})
}

// list does so with the items of lists.
func (l *liar) list(from, to string, do func([]any) []any) {
	l.late(from, to, func(b load.JSON) {
		if items, ok := b["items"].([]any); ok {
			b["items"] = do(items)
		}
	})
}

func (l *liar) answer(w *http.Response) error {
	path := strings.TrimPrefix(w.Request.URL.Path, "/api/v1")
	if path == "/feed" && l.feed != nil {
		w.Body = l.retell(w.Body, !l.judged.Load())
		return nil
	}
	if !l.judged.Load() || w.Request.Method != http.MethodGet || w.StatusCode != http.StatusOK {
		return nil
	}
	for _, c := range l.changes {
		if c.match(path) {
			if err := rewrite(w, c.do); err != nil {
				return err
			}
		}
	}
	return nil
}

func rewrite(w *http.Response, do func(load.JSON)) error {
	var body load.JSON
	if err := json.NewDecoder(w.Body).Decode(&body); err != nil {
		return err
	}
	do(body)
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	w.Body = io.NopCloser(bytes.NewReader(raw))
	w.ContentLength = int64(len(raw))
	w.Header.Set("Content-Length", strconv.Itoa(len(raw)))
	return nil
}

// retell passes a stream on, message by message, as the liar tells it.
func (l *liar) retell(from io.ReadCloser, live bool) io.ReadCloser {
	r, w := io.Pipe()
	go func() {
		defer from.Close() //nolint:errcheck // read to its end
		lines := bufio.NewScanner(from)
		message := ""
		for lines.Scan() {
			message += lines.Text() + "\n"
			if lines.Text() != "" {
				continue
			}
			if _, err := io.WriteString(w, l.feed(message, live)); err != nil {
				return
			}
			message = ""
		}
		w.CloseWithError(lines.Err())
	}()
	return r
}

func leavesOut(kind string) func(string, bool) string {
	return func(message string, live bool) string {
		if live && strings.Contains(message, kind) {
			return ""
		}
		return message
	}
}

func tellsTwice(kind string) func(string, bool) string {
	return func(message string, live bool) string {
		if live && strings.Contains(message, kind) {
			return message + message
		}
		return message
	}
}

// tellsLater tells it again as if it stood at the next place.
func tellsLater(kind string) func(string, bool) string {
	return func(message string, live bool) string {
		var place int
		if _, err := fmt.Sscanf(message, "id: %d", &place); err != nil || !live || !strings.Contains(message, kind) {
			return message
		}
		return message + strings.Replace(message, strconv.Itoa(place), strconv.Itoa(place+1), 1)
	}
}

func dropFirst(items []any) []any { return items[min(1, len(items)):] }

func repeatFirst(items []any) []any { return append(items, items[:min(1, len(items))]...) }

func inventOne(items []any) []any {
	return append(items, load.JSON{"id": "ord_of_nobody", "state": "delivered"})
}

func setOf(field string, value any) func([]any) []any {
	return func(items []any) []any {
		for _, one := range items {
			if j, ok := one.(load.JSON); ok {
				j[field] = value
			}
		}
		return items
	}
}

// unitsOf has every batch hold so many units.
func unitsOf(n int) func([]any) []any {
	return func(items []any) []any {
		for _, one := range items {
			if j, ok := one.(load.JSON); ok {
				batches, _ := j["batches"].([]any)
				setOf("units", n)(batches)
			}
		}
		return items
	}
}
