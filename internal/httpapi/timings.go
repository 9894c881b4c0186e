package httpapi

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// timings is the histogram of how long requests took, by method, route and status. It remembers each of its series,
// as looking one up by its labels takes as long as a question of access.
type timings struct {
	*prometheus.HistogramVec

	mu    sync.RWMutex
	known map[timing]prometheus.Observer
}

type timing struct {
	method, route string
	status        int
}

func newTimings() *timings {
	return &timings{
		HistogramVec: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "housecall_http_request_seconds", Help: "Time to answer, by route and status.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route", "status"}),
		known: map[timing]prometheus.Observer{},
	}
}

func (t *timings) observe(method, route string, status int, took time.Duration) {
	at := timing{method, route, status}
	if route == "" { // anybody can make up paths, and methods, as many as they like
		at.route = "none"
		if method != http.MethodGet {
			at.method = "other"
		}
	}
	t.mu.RLock()
	series, known := t.known[at]
	t.mu.RUnlock()
	if !known {
		series = t.WithLabelValues(at.method, at.route, strconv.Itoa(at.status))
		t.mu.Lock()
		t.known[at] = series
		t.mu.Unlock()
	}
	series.Observe(took.Seconds())
}
