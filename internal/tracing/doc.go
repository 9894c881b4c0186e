// Package tracing sends spans to a collector, as OTLP over HTTP in JSON. It is off unless a collector is
// configured. A span names a route, a collection or a kind of event, with statuses and counts; never an id,
// a path or anything that describes a person, so that a collector may stand anywhere.
package tracing
