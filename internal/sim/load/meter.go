package load

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// meter carries everybody's requests: so many at once, each to one of the nodes, measured, and asked
// again with the same key where no answer came. What it is told is an http.Client's transport.
type meter struct {
	nodes    []*url.URL
	base     http.RoundTripper
	slots    chan struct{}
	patience time.Duration // how long a request is asked again
	// repeatOneIn so many POSTs are sent again though they were answered.
	repeatOneIn int

	turn    atomic.Uint64 // which node is next
	retried atomic.Int64
	repeats atomic.Int64

	mu        sync.Mutex // guards what follows
	rand      *rand.Rand
	endpoints map[string]*times
	differing []string // repeated requests that were answered otherwise than the first time
}

const (
	streams   = "text/event-stream"
	keyHeader = "Idempotency-Key"
	largest   = 8 << 20
)

func newMeter(o Options) (*meter, error) {
	m := &meter{
		base: o.Transport, slots: make(chan struct{}, o.Callers), patience: o.Patience, repeatOneIn: o.RepeatOneIn,
		rand: rand.New(rand.NewPCG(o.Seed, 1)), endpoints: map[string]*times{}, //nolint:gosec // chance for a test, not a secret
	}
	for _, one := range o.URLs {
		u, err := url.Parse(strings.TrimSuffix(one, "/"))
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("%q is no address of a node: say it like http://localhost:8080", one)
		}
		m.nodes = append(m.nodes, u)
	}
	if len(m.nodes) == 0 {
		return nil, errors.New("no node to put a load on")
	}
	return m, nil
}

// RoundTrip implements http.RoundTripper.
func (m *meter) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Accept") == streams {
		return m.base.RoundTrip(m.to(r, m.node()))
	}
	begun, node := now(), m.node()
	for tries := 0; ; tries++ {
		w, err := m.once(r, node)
		if err == nil && !asksAgain(w.StatusCode) {
			return w, m.repeat(r, w)
		}
		pause := pauseOf(w, tries)
		if r.Context().Err() != nil || now().Sub(begun)+pause > m.patience {
			return w, err
		}
		m.retried.Add(1)
		node = m.node()
		if !rest(r.Context(), pause) {
			return w, err
		}
	}
}

// once sends the request to one node within its slot, and reads the whole answer.
func (m *meter) once(r *http.Request, node *url.URL) (*http.Response, error) {
	select {
	case m.slots <- struct{}{}:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	defer func() { <-m.slots }()
	sent := m.to(r, node)
	if r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		sent.Body = body
	}
	begun := now()
	w, err := m.base.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(w.Body, largest))
	err = errors.Join(err, w.Body.Close())
	if err != nil {
		return nil, err
	}
	w.Body = io.NopCloser(bytes.NewReader(body))
	m.took(r.Method+" "+endpointOf(r.URL.Path), now().Sub(begun))
	return w, nil
}

// to is the request as it goes to a node.
func (m *meter) to(r *http.Request, node *url.URL) *http.Request {
	sent := r.Clone(r.Context())
	sent.URL.Scheme, sent.URL.Host, sent.Host = node.Scheme, node.Host, ""
	return sent
}

func (m *meter) node() *url.URL { return m.nodes[m.turn.Add(1)%uint64(len(m.nodes))] }

func (m *meter) took(endpoint string, d time.Duration) {
	m.mu.Lock()
	t := m.endpoints[endpoint]
	if t == nil {
		t = &times{}
		m.endpoints[endpoint] = t
	}
	m.mu.Unlock()
	t.add(d)
}

// repeat sends one in so many POSTs again with its key: done once, and answered as before.
func (m *meter) repeat(r *http.Request, w *http.Response) error {
	if r.Method != http.MethodPost || r.Header.Get(keyHeader) == "" || w.StatusCode >= http.StatusBadRequest || !m.chance(m.repeatOneIn) {
		return nil
	}
	first, err := io.ReadAll(w.Body)
	if err != nil {
		return err
	}
	w.Body = io.NopCloser(bytes.NewReader(first))
	again, err := m.once(r, m.node())
	if err != nil {
		return nil
	}
	defer func() { _ = again.Body.Close() }()
	if asksAgain(again.StatusCode) {
		return nil
	}
	m.repeats.Add(1)
	second, err := io.ReadAll(again.Body)
	if err != nil {
		return err
	}
	if again.StatusCode != w.StatusCode || idOf(first) != idOf(second) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.differing = append(m.differing, fmt.Sprintf("%s was answered %d %s, and with the same key %d %s",
			r.Method+" "+endpointOf(r.URL.Path), w.StatusCode, idOf(first), again.StatusCode, idOf(second)))
	}
	return nil
}

func (m *meter) chance(oneIn int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rand.IntN(oneIn) == 0
}

// asksAgain tells an answer that says: later, or elsewhere.
func asksAgain(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// pauseOf is how long to wait before asking again: what the answer says, else ever longer.
func pauseOf(w *http.Response, tries int) time.Duration {
	if w != nil {
		if s, err := strconv.Atoi(w.Header.Get("Retry-After")); err == nil {
			return time.Duration(s) * time.Second
		}
	}
	return min(50*time.Millisecond<<min(tries, 5), time.Second)
}

// endpointOf is the path with ids taken out: those have an underscore or are long.
func endpointOf(path string) string {
	parts := strings.Split(strings.TrimPrefix(path, "/api/v1"), "/")
	for i, p := range parts {
		if strings.Contains(p, "_") || len(p) > 24 {
			parts[i] = "{id}"
		}
	}
	return strings.Join(parts, "/")
}
