package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"housecall/internal/apptest/engine"
	"housecall/internal/sim"
)

const adminToken = "a token of a test, long enough to be one"

// cluster is a service on real engines, and a balancer before its nodes.
type cluster struct {
	t       *testing.T
	mongo   *engine.MongoSet
	nats    *engine.NATSCluster
	creds   string
	minio   *engine.MinioServer
	common  []string // settings of every node
	program string   // of nodes that are added; empty: this one
	nodes   []*node
	balance *balancer
}

// node is one `housecall serve`, which may be gone and come back.
type node struct {
	*served
	clinic *clinic
}

// openCluster starts MongoDB, NATS and MinIO, or skips the test where they were not asked for, and so many nodes.
func openCluster(t *testing.T, nodes int) *cluster {
	t.Helper()
	c := &cluster{t: t, minio: engine.Minio(t), nats: engine.NATS(t), mongo: engine.MongodSet(t), balance: newBalancer(t)}
	c.creds = c.nats.Credentials(t)
	files := newClinic(t)
	c.common = []string{
		"--store", c.mongo.Database("housecall"), "--bus", c.nats.URL, "--bus-ca", c.nats.CA, "--bus-creds", c.creds,
		"--files-url", c.minio.URL, "--files-bucket", c.minio.Bucket(t), "--files-access-key", c.minio.AccessKey,
		"--files-secret-file", files.file("minio", c.minio.Secret), "--admin-token-file", files.file("token", adminToken),
		"--limit-per-second", "0", "--limit-nobody-per-second", "0", "--drain", "1s", "--stop-within", "1m",
	}
	for i := range nodes {
		c.add(fmt.Sprint("n", i))
	}
	t.Cleanup(c.complain)
	return c
}

// complain shows what the nodes could not deal with, where a test has failed.
func (c *cluster) complain() {
	if !c.t.Failed() {
		return
	}
	for i, n := range c.nodes {
		var bad []string
		for line := range strings.Lines(n.log.String()) {
			if strings.Contains(line, `"level":"ERROR"`) {
				bad = append(bad, line)
			}
		}
		c.t.Logf("node %d had %d errors, at last:\n%s", i, len(bad), strings.Join(bad[max(0, len(bad)-10):], ""))
	}
}

// add starts another node and has the balancer use it.
func (c *cluster) add(name string, more ...string) *node {
	c.t.Helper()
	home := newClinic(c.t)
	home.program = c.program
	if os.Getenv(firewalled) != "" {
		home.group = cutGroup + uint32(len(c.nodes)) //nolint:gosec // a few
	}
	home.args = slices.Concat(home.args, c.common, []string{"--node", name, "--media-node-url", "http://" + name + ".localhost"}, more)
	n := &node{served: home.serve(), clinic: home}
	c.nodes = append(c.nodes, n)
	c.balance.use(n.address)
	return n
}

// operator is a program with the administrator's token, by way of the balancer.
func (c *cluster) operator(how *http.Client) *sim.Client {
	return &sim.Client{Base: c.balance.url, Token: adminToken, HTTP: how}
}

// replace stops a node as a service manager does, and starts another of its name in its place.
func (c *cluster) replace(i int) {
	c.t.Helper()
	old := c.nodes[i]
	old.stop()
	c.balance.leave(old.address)
	c.revive(i)
}

// kill ends a node as the death of its machine does.
func (c *cluster) kill(i int) {
	c.t.Helper()
	old := c.nodes[i]
	_ = old.cmd.Process.Kill()
	old.ended.Wait()
	_ = old.cmd.Wait()
}

// revive starts a node again, on another port.
func (c *cluster) revive(i int) {
	c.t.Helper()
	old := c.nodes[i]
	c.balance.leave(old.address)
	begun := time.Now()
	old.served = old.clinic.serve()
	if took := time.Since(begun); took > 20*time.Second {
		c.t.Logf("a node began to serve only after %s: %s", took, tail(old.log.String(), 3000))
	}
	c.balance.use(old.address)
}

// balancer hands each request to the next node that says it is ready, and on to another when a node takes no
// connection; a request that was taken and not answered is a bad gateway, as with any balancer.
type balancer struct {
	url   string
	next  atomic.Int64
	inner http.RoundTripper

	mu    sync.Mutex // guards what follows
	nodes map[string]bool
	order []string
	count map[string]int // of the requests that each was handed
}

func newBalancer(t *testing.T) *balancer {
	t.Helper()
	b := &balancer{inner: &http.Transport{MaxIdleConnsPerHost: 16, DisableCompression: true, ResponseHeaderTimeout: 20 * time.Second}, nodes: map[string]bool{}, count: map[string]int{}}
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetXForwarded(); r.Out.URL.Scheme = "http" },
		Transport: b, FlushInterval: -1,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	s := httptest.NewServer(proxy)
	b.url = s.URL
	look, ended := make(chan struct{}), make(chan struct{})
	go func() { defer close(ended); b.watch(look) }()
	t.Cleanup(func() { close(look); <-ended; s.CloseClientConnections(); s.Close() })
	return b
}

// watch asks every node a few times a second whether it is ready.
func (b *balancer) watch(end <-chan struct{}) {
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		for _, address := range b.all() {
			ready := false
			if w, err := client.Get("http://" + address + "/readyz"); err == nil { //nolint:noctx // ends by its time
				ready = w.StatusCode == http.StatusOK
				_ = w.Body.Close()
			}
			b.mu.Lock()
			if _, known := b.nodes[address]; known {
				b.nodes[address] = ready
			}
			b.mu.Unlock()
		}
		select {
		case <-end:
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (b *balancer) all() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.order)
}

func (b *balancer) use(address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.nodes[address] = true
	b.order = append(b.order, address)
}

func (b *balancer) leave(address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.nodes, address)
	b.order = slices.DeleteFunc(b.order, func(a string) bool { return a == address })
}

// ready lists the nodes to try, the next one first; all of them where none says that it is ready.
func (b *balancer) ready() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var good []string
	for _, address := range b.order {
		if b.nodes[address] {
			good = append(good, address)
		}
	}
	if len(good) == 0 {
		good = slices.Clone(b.order)
	}
	if len(good) == 0 {
		return nil
	}
	n := int(b.next.Add(1)) % len(good)
	return append(good[n:], good[:n]...)
}

// answered is how many requests each node has been handed.
func (b *balancer) answered() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.count)
}

// RoundTrip implements http.RoundTripper.
func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	err := errors.New("there is no node")
	for _, address := range b.ready() {
		r.URL.Host = address
		var w *http.Response
		w, err = b.inner.RoundTrip(r)
		var dial *net.OpError
		if err != nil && errors.As(err, &dial) && dial.Op == "dial" && errors.Is(err, syscall.ECONNREFUSED) {
			continue // nobody has seen the request
		}
		b.mu.Lock()
		b.count[address]++
		b.mu.Unlock()
		return w, err
	}
	return nil, err
}

// stubborn sends a request again, with the same key, while the service can't answer it: what the web app and a
// courier's phone do.
type stubborn struct {
	inner   http.RoundTripper
	within  time.Duration
	again   atomic.Int64 // how often something was sent again
	worst   atomic.Int64 // the longest that anybody waited, in nanoseconds
	strange atomic.Value // a refusal that is none of those that may be answered by sending again
}

func (s *stubborn) RoundTrip(r *http.Request) (*http.Response, error) {
	begun := time.Now()
	for {
		try := r.Clone(r.Context())
		if r.GetBody != nil {
			try.Body, _ = r.GetBody()
		}
		w, err := s.inner.RoundTrip(try)
		took := time.Since(begun)
		over := took > s.within || r.Context().Err() != nil
		switch {
		case err == nil && w.StatusCode == http.StatusInternalServerError:
			text, _ := io.ReadAll(w.Body)
			s.strange.Store(fmt.Sprintf("%s %s: %s", r.Method, r.URL.Path, text))
			_ = w.Body.Close()
			return nil, fmt.Errorf("an internal error: %s", text)
		case err == nil && w.StatusCode < 500 && w.StatusCode != http.StatusTooManyRequests, over:
			for was := s.worst.Load(); int64(took) > was && !s.worst.CompareAndSwap(was, int64(took)); was = s.worst.Load() {
			}
			return w, err
		case err == nil:
			_, _ = io.Copy(io.Discard, w.Body)
			_ = w.Body.Close()
		}
		s.again.Add(1)
		select {
		case <-r.Context().Done():
			return nil, context.Cause(r.Context())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// nodeAPI is a person at one node, past the balancer.
func nodeAPI(n *node, token string) *sim.Client {
	return &sim.Client{Base: (&url.URL{Scheme: "http", Host: n.address}).String(), Token: token}
}
