// Package event is what capabilities announce: something happened to a document, told in ids,
// counts and codes, never in anything that describes a person. Kinds are past tense
// ("order.placed"); a timer is an event with a time ("order.unpaid_expired").
package event

import "time"

// Kind names what happened: "<document>.<past tense>".
type Kind string

// Event is one announcement. It is written with the change that caused it and delivered at least
// once, in order for one document.
type Event struct {
	ID   string    `json:"id"`   // unique; the message id, so that doubles are dropped
	Kind Kind      `json:"kind"` // what happened
	Doc  string    `json:"doc"`  // id of the document it happened to
	At   time.Time `json:"at"`   // when, by the service's clock
	By   string    `json:"by,omitempty"`
	// Data carries ids, counts, codes and states. Never personal data.
	Data map[string]string `json:"data,omitempty"`
	// To lists whose live feed shows it: ids of accounts, patients, pharmacies, or the topics below.
	To []string `json:"to,omitempty"`
	// Due makes it a timer: it is delivered then, by the service's clock. A timer is identified by
	// Doc and Kind; setting it again moves it. Nil for an ordinary event.
	Due *time.Time `json:"due,omitempty"`
	// Trace is the trace that the change was part of, as W3C's traceparent; empty when nothing is traced.
	Trace string `json:"trace,omitempty"`
	// Cancelled takes the timer of this Doc and Kind away.
	Cancelled bool `json:"cancelled,omitempty"`
}

// Topics of the live feed that are not the id of a person or a pharmacy.
const (
	ToOperators = "operators"
	ToSupport   = "support"
	ToDoctors   = "doctors"
)

// TimerID identifies a timer: setting the same again replaces it.
func TimerID(doc string, kind Kind) string { return doc + "." + string(kind) }
