package app

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"housecall/internal/bus"
	"housecall/internal/event"
	"housecall/internal/id"
	"housecall/internal/order"
	"housecall/internal/promise"
)

// measures are the figures of the promise and of what waits.
type measures struct {
	stages   *prometheus.HistogramVec
	promises *prometheus.CounterVec
}

// liveHeap is what the last collection found in use: what grows there, grows.
var liveHeap = collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile("^/gc/heap/live:bytes$")}

// stageBuckets are in seconds: what a budget of four, six or twenty minutes can be seen in.
var stageBuckets = []float64{15, 30, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1500, 1800, 2400, 3600, 7200}

// stageNames are what the stages of the promise are called in figures.
var stageNames = [promise.Done]string{promise.Review: "review", promise.Pack: "pack", promise.Collect: "collect", promise.Ride: "ride"}

// measure registers the figures, and has delivered orders counted.
func (a *App) measure(b *bus.Bus) error {
	m := measures{
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "housecall_stage_seconds", Help: "How long delivered orders took in each stage of the promise, and in all.", Buckets: stageBuckets,
		}, []string{"stage"}),
		promises: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "housecall_promises_total", Help: "Delivered orders, by whether the promise was kept.",
		}, []string{"kept"}),
	}
	a.Metrics.MustRegister(m.stages, m.promises, &queueCollector{b}, memoryCollector{"/proc/self/status"}, collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(liveHeap)),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	err := b.Subscribe(bus.Consumer{Name: "measures", Kinds: []event.Kind{order.EventDelivered}, Handle: func(ctx context.Context, e event.Event) error {
		o, err := a.Order.Get(ctx, house, id.Order(e.Doc))
		if err != nil {
			return err
		}
		m.delivered(o)
		return nil
	}})
	if err != nil {
		return fmt.Errorf("measure delivered orders: %w", err)
	}
	return nil
}

// passedOver counts the documents that housekeeping could not read and has left.
func passedOver(r prometheus.Registerer) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "housecall_housekeeping_passed_over_total", Help: "Documents that housekeeping could not read and has left, again each hour, by collection.",
	}, []string{"collection"})
	r.MustRegister(c)
	return c
}

func (m measures) delivered(o *order.Order) {
	for stage, took := range o.Took() {
		m.stages.WithLabelValues(stageNames[stage]).Observe(took.Seconds())
	}
	m.stages.WithLabelValues("whole").Observe((o.Promise.Stopped.Sub(o.WorkFrom()) - o.Promise.Pauses).Seconds())
	kept := "yes"
	if o.Promise.Broken != "" {
		kept = "no"
	}
	m.promises.WithLabelValues(kept).Inc()
}

// queueCollector asks, each time somebody looks, what waits.
type queueCollector struct{ bus *bus.Bus }

var (
	queueWaiting = prometheus.NewDesc("housecall_queue_waiting", "Events that wait for a consumer.", []string{"consumer"}, nil)
	queueInHand  = prometheus.NewDesc("housecall_queue_in_hand", "Events that a consumer was handed and has not done.", []string{"consumer"}, nil)
	queueAgain   = prometheus.NewDesc("housecall_queue_again", "Events in hand that were handed out more than once.", []string{"consumer"}, nil)
	unsent       = prometheus.NewDesc("housecall_events_unsent", "Events that wait in their documents for the relay, up to a batch.", nil, nil)
	deadLetters  = prometheus.NewDesc("housecall_events_stuck", "Events that no handler could deal with.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c *queueCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{queueWaiting, queueInHand, queueAgain, unsent, deadLetters} {
		to <- d
	}
}

// Collect implements prometheus.Collector. What can't be asked now is left out: alerts look for absence.
func (c *queueCollector) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	if queues, err := c.bus.Queues(ctx); err == nil {
		for _, q := range queues {
			gauge(queueWaiting, float64(q.Waiting), q.Consumer)
			gauge(queueInHand, float64(q.InHand), q.Consumer)
			gauge(queueAgain, float64(q.Again), q.Consumer)
		}
	}
	if n, err := c.bus.Unsent(ctx); err == nil {
		gauge(unsent, float64(n))
	}
	if dead, err := c.bus.Dead(ctx); err == nil {
		gauge(deadLetters, float64(len(dead)))
	}
}
