package app

import (
	"bufio"
	"os"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// ownMemory is the part of the resident memory that belongs to no file. The rest is pages of the database and of
// the binary that are mapped: they grow with what is read, and the system takes them back when it wants them.
var ownMemory = prometheus.NewDesc("housecall_own_memory_bytes", "Resident memory that belongs to no file.", nil, nil)

// memoryCollector reads it where the system tells it; elsewhere there is no such figure.
type memoryCollector struct{ status string }

// Describe implements prometheus.Collector.
func (memoryCollector) Describe(to chan<- *prometheus.Desc) { to <- ownMemory }

// Collect implements prometheus.Collector.
func (c memoryCollector) Collect(to chan<- prometheus.Metric) {
	f, err := os.Open(c.status)
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		rest, found := strings.CutPrefix(lines.Text(), "RssAnon:")
		if !found {
			continue
		}
		kilobytes, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 64)
		if err == nil {
			to <- prometheus.MustNewConstMetric(ownMemory, prometheus.GaugeValue, kilobytes*1024)
		}
		return
	}
}
