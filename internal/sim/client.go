package sim

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Client is one person who uses the public HTTP API.
type Client struct {
	Base  string // "http://localhost:8080", without a slash at the end
	Token string // of their session; empty: nobody
	HTTP  *http.Client
}

// JSON is a body as it is sent and read.
type JSON = map[string]any

// Refused is a refusal of the API.
type Refused struct {
	Status int
	Type   string
	Detail string
	Errors []struct{ Pointer, Message string }
}

// Error implements error.
func (r *Refused) Error() string {
	text := fmt.Sprintf("%d %s (%s)", r.Status, r.Detail, r.Type)
	for _, e := range r.Errors {
		text += "; " + e.Pointer + ": " + e.Message
	}
	return text
}

// StatusOf is the status that the API refused with; 0 when it did not.
func StatusOf(err error) int {
	var r *Refused
	if errors.As(err, &r) {
		return r.Status
	}
	return 0
}

// Answer is what the API answered.
type Answer struct {
	ETag string
	Body JSON
}

// Text is a field of the answer, by its path: "session.token", "items.0.id". Absent reads "".
func (a Answer) Text(path string) string {
	s, _ := a.At(path).(string)
	return s
}

// At is a value of the answer by its path; nil when absent.
func (a Answer) At(path string) any {
	var v any = a.Body
	for _, step := range strings.Split(path, ".") {
		switch x := v.(type) {
		case JSON:
			v = x[step]
		case []any:
			var i int
			if _, err := fmt.Sscan(step, &i); err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// Get reads.
func (c *Client) Get(ctx context.Context, path string) (Answer, error) {
	return c.do(ctx, http.MethodGet, path, nil, "")
}

// Post asks for something once; every call is a new request.
func (c *Client) Post(ctx context.Context, path string, body any) (Answer, error) {
	return c.do(ctx, http.MethodPost, path, body, "")
}

// Edit changes what was read with this ETag by PUT or PATCH.
func (c *Client) Edit(ctx context.Context, method, path, etag string, body any) (Answer, error) {
	return c.do(ctx, method, path, body, etag)
}

func (c *Client) do(ctx context.Context, method, path string, body any, etag string) (Answer, error) {
	r, err := c.request(ctx, method, path, body)
	if err != nil {
		return Answer{}, err
	}
	if method == http.MethodPost {
		r.Header.Set("Idempotency-Key", newKey())
	}
	if etag != "" {
		r.Header.Set("If-Match", etag)
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	w, err := client.Do(r)
	if err != nil {
		return Answer{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer w.Body.Close() //nolint:errcheck // read to its end
	raw, err := io.ReadAll(io.LimitReader(w.Body, 8<<20))
	if err != nil {
		return Answer{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if w.StatusCode >= http.StatusBadRequest {
		refused := &Refused{Status: w.StatusCode}
		_ = json.Unmarshal(raw, refused) // what is no problem has its status alone
		return Answer{}, fmt.Errorf("%s %s: %w", method, path, refused)
	}
	a := Answer{ETag: w.Header.Get("ETag"), Body: JSON{}}
	if len(raw) > 0 && strings.Contains(w.Header.Get("Content-Type"), "json") {
		err = json.Unmarshal(raw, &a.Body)
	}
	return a, err
}

func (c *Client) request(ctx context.Context, method, path string, body any) (*http.Request, error) {
	var payload io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		payload = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.Base+"/api/v1"+path, payload)
	if err != nil {
		return nil, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.Token)
	}
	return r, nil
}

func newKey() string {
	var b [12]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// Until asks again until the answer is as wished, or the time is up.
func Until(ctx context.Context, within time.Duration, ask func() (Answer, error), wished func(Answer) bool) (Answer, error) {
	return untilEvery(ctx, 20*time.Millisecond, within, ask, wished)
}

func untilEvery(ctx context.Context, every, within time.Duration, ask func() (Answer, error), wished func(Answer) bool) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	pause := time.NewTicker(every) //nolint:forbidigo // it watches a server in real time
	defer pause.Stop()
	for {
		a, err := ask()
		if err != nil && StatusOf(err) != http.StatusNotFound {
			return a, err
		}
		if err == nil && wished(a) {
			return a, nil
		}
		select {
		case <-ctx.Done():
			return a, fmt.Errorf("waited %s in vain: it is %s", within, a.Text("state"))
		case <-pause.C:
		}
	}
}
