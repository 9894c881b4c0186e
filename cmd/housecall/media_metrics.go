package main

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"housecall/signaling"
)

// mediaMetrics are what a media node measures, under the names that `serve` has for them.
type mediaMetrics struct {
	registry *prometheus.Registry
	seconds  *prometheus.HistogramVec
}

func newMediaMetrics() *mediaMetrics {
	m := &mediaMetrics{registry: prometheus.NewRegistry(), seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "housecall_call_seconds", Help: "Of calls: join to first keyframe, reconnect to media, delay of forwarding.",
		Buckets: prometheus.ExponentialBuckets(.0001, 2.5, 13),
	}, []string{"what"})}
	m.registry.MustRegister(m.seconds)
	return m
}

// Observe implements signaling.Meter.
func (m *mediaMetrics) Observe(what string, d time.Duration) {
	m.seconds.WithLabelValues(what).Observe(d.Seconds())
}

// serve is the page of metrics, with the rooms of now.
func (m *mediaMetrics) serve(rooms *signaling.Server) http.Handler {
	gauge := func(name, help string, value func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	gauge("housecall_call_rooms", "Rooms of calls on this node.", func() float64 { n, _ := rooms.Rooms(); return float64(n) })
	gauge("housecall_call_seats", "Seats taken on this node.", func() float64 { _, n := rooms.Rooms(); return float64(n) })
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
