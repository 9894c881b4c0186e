package sqlite

import (
	"encoding/json"
	"fmt"
	"time"

	"housecall/internal/docstore"
	"housecall/internal/event"
)

// row is a record as the tables hold it, made by the caller's goroutine so that the writer's only writes.
type row struct {
	collection, id string
	version        int64
	body           []byte
	keys, timers   string
	places         []place
	live           []timer
	events         []outgoing
}

// place is one row of an index.
type place struct {
	index      int64
	equal, ord string
}

// timer is one row of timers.
type timer struct {
	kind string
	due  int64
}

// outgoing is one row of the outbox.
type outgoing struct{ id, event string }

// keyed is how docs.keys is written.
type keyed map[string][2]string

func (s *Store) encode(collection string, r docstore.Record) (row, error) {
	out := row{collection: collection, id: r.ID, version: r.Version, body: r.Body, keys: "{}"}
	keys := make(keyed, len(r.Keys))
	for name, k := range r.Keys {
		n, err := s.index(collection, name)
		if err != nil {
			return row{}, err
		}
		keys[name] = [2]string{k.Equal, k.Order}
		out.places = append(out.places, place{n, k.Equal, k.Order})
	}
	if len(keys) > 0 {
		text, err := json.Marshal(keys) // sorted: the same keys are the same text
		if err != nil {
			return row{}, fmt.Errorf("encode keys of %s: %w", r.ID, err)
		}
		out.keys = string(text)
	}
	if len(r.Timers) > 0 {
		text, err := json.Marshal(r.Timers)
		if err != nil {
			return row{}, fmt.Errorf("encode timers of %s: %w", r.ID, err)
		}
		out.timers = string(text)
	}
	for _, t := range r.Timers {
		out.live = append(out.live, timer{string(t.Kind), t.Due.UnixMilli()})
	}
	for _, e := range r.Outbox {
		text, err := json.Marshal(e)
		if err != nil {
			return row{}, fmt.Errorf("encode event of %s: %w", r.ID, err)
		}
		out.events = append(out.events, outgoing{e.ID, string(text)})
	}
	return out, nil
}

func liveTimer(collection, doc, kind string, due int64) docstore.LiveTimer {
	return docstore.LiveTimer{
		Collection: collection, Doc: doc,
		Timer: docstore.Timer{Kind: event.Kind(kind), Due: time.UnixMilli(due).UTC()},
	}
}
