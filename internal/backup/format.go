package backup

import (
	"time"

	"housecall/internal/blob"
	"housecall/internal/bus"
	"housecall/internal/docstore"
	"housecall/internal/event"
)

// Head says whose backup a file is, and of when.
type Head struct {
	Service string    `json:"service"`
	Version string    `json:"version"`
	At      time.Time `json:"at"`
}

// Counts is what a backup holds.
type Counts struct {
	Documents int `json:"documents"`
	Events    int `json:"events"` // announced and not yet handled by everybody
	Dead      int `json:"dead"`   // dead letters
	Files     int `json:"files"`
}

// The names of what is in the archive.
const (
	headName  = "head.json"
	docsName  = "documents/"
	eventName = "events.jsonl"
	deadName  = "dead.jsonl"
	filesName = "files/"
	endName   = "end.json"
	infoKey   = "HOUSECALL.info" // of a file: what is known of it beside its bytes
)

// line is one document.
type line struct {
	Collection string               `json:"c"`
	ID         string               `json:"id"`
	Version    int64                `json:"v"`
	Body       string               `json:"b"` // as it was written, byte for byte
	Keys       map[string][2]string `json:"k,omitempty"`
	Timers     []docstore.Timer     `json:"t,omitempty"`
	Outbox     []event.Event        `json:"o,omitempty"`
}

func lineOf(collection string, r docstore.Record) line {
	l := line{Collection: collection, ID: r.ID, Version: r.Version, Body: string(r.Body), Timers: r.Timers, Outbox: r.Outbox}
	if len(r.Keys) > 0 {
		l.Keys = make(map[string][2]string, len(r.Keys))
	}
	for name, k := range r.Keys {
		l.Keys[name] = [2]string{k.Equal, k.Order}
	}
	return l
}

func (l line) record() docstore.Record {
	r := docstore.Record{ID: l.ID, Version: l.Version, Body: []byte(l.Body), Timers: l.Timers, Outbox: l.Outbox, Keys: map[string]docstore.Key{}}
	for name, k := range l.Keys {
		r.Keys[name] = docstore.Key{Equal: k[0], Order: k[1]}
	}
	return r
}

// pending is an event that somebody has still to handle.
type pending = bus.Pending

// kept is a file with what is known of it.
type kept = blob.Kept
