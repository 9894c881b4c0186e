package sqlite

import (
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/go-json-experiment/json/v1"

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
	if err := s.encodeKeys(&out, r); err != nil {
		return row{}, err
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

// encodeKeys writes the keys as keyed is read, sorted: the same keys are the same text. A string that is not
// UTF-8 is written with the marks that encoding/json puts there.
func (s *Store) encodeKeys(out *row, r docstore.Record) error {
	if len(r.Keys) == 0 {
		return nil
	}
	names := make([]string, 0, len(r.Keys))
	for name := range r.Keys {
		names = append(names, name)
	}
	slices.Sort(names)
	out.places = make([]place, 0, len(names))
	text := make([]byte, 0, 128*len(names))
	for _, name := range names {
		n, err := s.index(out.collection, name)
		if err != nil {
			return err
		}
		k := r.Keys[name]
		out.places = append(out.places, place{n, k.Equal, k.Order})
		text = quoted(quoted(quoted(text, between(len(text)), name), ":[", k.Equal), ",", k.Order)
		text = append(text, ']')
	}
	out.keys = string(append(text, '}'))
	return nil
}

func between(written int) string {
	if written == 0 {
		return "{"
	}
	return ","
}

// quoted appends mark and s as JSON. AppendQuote complains of what is not UTF-8, and writes it readably all the same.
func quoted(to []byte, mark, s string) []byte {
	to, _ = jsontext.AppendQuote(append(to, mark...), s)
	return to
}

func liveTimer(collection, doc, kind string, due int64) docstore.LiveTimer {
	return docstore.LiveTimer{
		Collection: collection, Doc: doc,
		Timer: docstore.Timer{Kind: event.Kind(kind), Due: time.UnixMilli(due).UTC()},
	}
}
